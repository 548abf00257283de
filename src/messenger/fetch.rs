//! Bringing recordings: a message names where its messenger has one; the file comes after the row, and then the message
//! is ready. A slow download holds up nobody but its own lane; what comes of it is a row before it is anything else.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{FetchError, Incoming, Messenger, backoff, console};
use crate::inbox::{Inbox, StoreError, Wanted};
use crate::media::Media;
use crate::message::{MessageId, Phrase};

/// The largest recording that is brought, in bytes.
pub const LARGEST: u64 = 64 << 20;

/// Recordings on their way at once.
const AT_ONCE: usize = 4;

/// How long a recording is tried to be brought.
const TRIES_MS: i64 = 24 * 3_600_000;

/// The longest that a service may have a recording put off at a time.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

/// How long a recording may take to come.
const COMES_WITHIN: Duration = Duration::from_secs(10 * 60);

/// After so long nobody brings the recording of an `aisaac ask` any more: that process is gone.
const ASK_GONE_MS: i64 = 60_000;

/// Brings recordings.
#[derive(Clone)]
pub struct Fetcher {
    inbox: Inbox,
    media: Media,
    messengers: Vec<Arc<dyn Messenger>>,
    clock: fn() -> i64,
    places: Arc<Semaphore>,
    tries: Arc<Mutex<HashMap<MessageId, Try>>>,
}

/// How far a recording is.
#[derive(Default)]
struct Try {
    failures: u32,
    /// When it failed first.
    first: Option<i64>,
    /// When it failed, and when it is tried again; `None` while it is under way.
    next: Option<(i64, i64)>,
}

impl Fetcher {
    /// A fetcher for the messengers that this process runs. `clock` gives Unix milliseconds.
    #[must_use]
    pub fn new(inbox: Inbox, media: Media, messengers: Vec<Arc<dyn Messenger>>, clock: fn() -> i64) -> Self {
        Self {
            inbox,
            media,
            messengers,
            clock,
            places: Arc::new(Semaphore::new(AT_ONCE)),
            tries: Arc::default(),
        }
    }

    /// Brings until told to stop; what is under way then is brought by the next process.
    pub async fn run(&self, stop: &CancellationToken) {
        let tasks = TaskTracker::new();
        self.inbox.attend_recordings(stop, || self.begin(&tasks, stop)).await;
        tasks.close();
        tasks.wait().await;
    }

    /// Brings everything that can be brought now, one after another. False when there was nothing.
    ///
    /// # Errors
    /// When the database fails; the recordings stay wanted.
    pub async fn fetch_all(&self) -> Result<bool, StoreError> {
        let wanted = self.due().await?;
        for one in &wanted {
            self.fetch(one).await?;
        }
        Ok(!wanted.is_empty())
    }

    async fn begin(&self, tasks: &TaskTracker, stop: &CancellationToken) -> Result<bool, StoreError> {
        for one in self.due().await? {
            let Ok(place) = self.places.clone().try_acquire_owned() else { break };
            self.lock().entry(one.id).or_default().next = None;
            let (this, stop) = (self.clone(), stop.clone());
            tasks.spawn(async move {
                let fetched = stop.run_until_cancelled(this.fetch(&one)).await;
                if let Some(Err(error)) = fetched {
                    tracing::warn!(message = one.id.get(), %error, "what came of a recording is not on disk; it is brought again");
                    this.again(one.id, backoff(0));
                }
                drop(place);
            });
        }
        Ok(false)
    }

    async fn due(&self) -> Result<Vec<Wanted>, StoreError> {
        let mut wanted = self.inbox.wanted().await?;
        let (tries, now) = (self.lock(), (self.clock)());
        wanted.retain(|one| match tries.get(&one.id) {
            None => self.of(&one.messenger).is_some() || self.is_orphan(one),
            // A clock that was set back does not make anybody wait longer.
            Some(known) => known.next.is_some_and(|(failed, next)| next <= now || now < failed),
        });
        drop(tries);
        Ok(wanted)
    }

    async fn fetch(&self, wanted: &Wanted) -> Result<(), StoreError> {
        // Between the look and now it may have come, or somebody may have said /stop.
        if !self.inbox.wants(wanted.id).await? {
            self.lock().remove(&wanted.id);
            return Ok(());
        }
        let came = match self.of(&wanted.messenger) {
            Some(messenger) => bring(messenger.fetch(&wanted.recording).await, &self.media, wanted).await,
            None => Err(FetchError::Never {
                phrase: Phrase::new("voice-gone"),
                reason: "nobody has it".to_owned(),
            }),
        };
        match came {
            Ok(()) => self.inbox.recording_is_here(wanted.id).await?,
            Err(FetchError::Later { after, reason }) if !self.tried_enough(wanted.id) => {
                let failures = self.lock().get(&wanted.id).map_or(0, |known| known.failures);
                let wait = after.unwrap_or_else(|| backoff(failures)).min(LONGEST_WAIT);
                // Once; a service that is away, or a full disk, may last.
                if failures == 0 {
                    tracing::warn!(message = wanted.id.get(), %reason, "a recording cannot be brought now, trying again");
                }
                self.again(wanted.id, wait);
                return Ok(());
            }
            Err(error) => {
                tracing::info!(message = wanted.id.get(), %error, "a recording will not come");
                self.inbox.recording_is_missing(wanted.id, &error.phrase()).await?;
            }
        }
        self.lock().remove(&wanted.id);
        Ok(())
    }

    /// Whether it has failed for so long that it is given up; a house that was off begins anew.
    fn tried_enough(&self, id: MessageId) -> bool {
        let first = self.lock().get(&id).and_then(|known| known.first);
        first.is_some_and(|first| (self.clock)() - first > TRIES_MS)
    }

    fn again(&self, id: MessageId, wait: Duration) {
        let mut tries = self.lock();
        let known = tries.entry(id).or_default();
        known.failures += 1;
        let now = (self.clock)();
        known.first.get_or_insert(now);
        known.next = Some((now, now.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX))));
    }

    fn of(&self, messenger: &str) -> Option<&Arc<dyn Messenger>> {
        self.messengers.iter().find(|one| one.name() == messenger)
    }

    /// Whether the process that should have brought it is gone.
    fn is_orphan(&self, wanted: &Wanted) -> bool {
        let age = (self.clock)() - wanted.since;
        wanted.messenger == console::ASK && !(0..=ASK_GONE_MS).contains(&age)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<MessageId, Try>> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Brings one recording into its place.
///
/// # Errors
/// When it does not come, or the disk does not take it.
pub async fn bring(
    from: Result<Incoming, FetchError>,
    media: &Media,
    wanted: &Wanted,
) -> Result<(), FetchError> {
    let received = tokio::time::timeout(COMES_WITHIN, media.receive(&wanted.file, from?, LARGEST)).await;
    match received.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            let limit = i64::try_from(LARGEST >> 20).unwrap_or(i64::MAX);
            let phrase = Phrase::new("voice-too-large").with("limit", limit);
            Err(FetchError::Never { phrase, reason: error.to_string() })
        }
        Err(error) => Err(FetchError::Later { after: None, reason: error.to_string() }),
    }
}
