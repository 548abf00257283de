//! Bringing recordings: a message names where its messenger has one; the file comes after the row, and then the message
//! is ready. A slow download holds up its own lane, and others when [`AT_ONCE`] are slow; what comes of it is a row before it is anything else.

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::turn::Turn;
use super::{FetchError, Incoming, Intake, Messenger};
use crate::inbox::{StoreError, Wanted};
use crate::message::{MessageId, Phrase};

/// Recordings on their way at once.
const AT_ONCE: usize = 4;

/// Brings recordings.
#[derive(Clone)]
pub struct Fetcher {
    intake: Intake,
    messengers: Vec<Arc<dyn Messenger>>,
    clock: fn() -> i64,
    places: Arc<Semaphore>,
    turns: Arc<Mutex<HashMap<MessageId, Turn>>>,
    /// A disk or the database refuses, and that is in the log.
    trouble: Arc<AtomicBool>,
}

impl Fetcher {
    /// A fetcher for the messengers that this process runs. `clock` gives Unix milliseconds.
    #[must_use]
    pub fn new(intake: Intake, messengers: Vec<Arc<dyn Messenger>>, clock: fn() -> i64) -> Self {
        let (places, turns) = (Arc::new(Semaphore::new(AT_ONCE)), Arc::default());
        Self { intake, messengers, clock, places, turns, trouble: Arc::default() }
    }

    /// Brings until told to stop; what is under way then is brought by the next process.
    pub async fn run(&self, stop: &CancellationToken) {
        let tasks = TaskTracker::new();
        self.intake.inbox.attend_recordings(stop, || self.begin(&tasks, stop)).await;
        tasks.close();
        tasks.wait().await;
    }

    /// Brings everything that can be brought now, one after another. False when there was nothing.
    ///
    /// # Errors
    /// When the database fails; the recordings stay wanted.
    pub async fn fetch_all(&self) -> Result<bool, StoreError> {
        let (due, never) = (self.due().await?, CancellationToken::new());
        for one in &due {
            self.fetch(one, &never).await?;
        }
        Ok(!due.is_empty())
    }

    /// Begins what is due, as far as there are places: one for a lane, so that nobody takes them all.
    async fn begin(&self, tasks: &TaskTracker, stop: &CancellationToken) -> Result<bool, StoreError> {
        let due = self.due().await?;
        let mut busy: HashSet<String> =
            self.lock().values().filter_map(Turn::lane).map(str::to_owned).collect();
        for one in due {
            if busy.contains(&one.lane) {
                continue;
            }
            let Ok(place) = self.places.clone().try_acquire_owned() else { break };
            busy.insert(one.lane.clone());
            let (this, stop) = (self.clone(), stop.child_token());
            self.turn(one.id, |turn, _| turn.begins(&one.lane, stop.clone()));
            tasks.spawn(async move {
                if let Err(error) = this.fetch(&one, &stop).await {
                    this.put_off(one.id, &error);
                }
                drop(place);
                this.intake.inbox.look_for_recordings();
            });
        }
        Ok(false)
    }

    /// What is to be brought now. What is not wanted any more is dropped on its way, and forgotten.
    async fn due(&self) -> Result<Vec<Wanted>, StoreError> {
        let mut wanted = self.intake.inbox.wanted().await?;
        let (mut turns, now) = (self.lock(), (self.clock)());
        let ids: HashSet<MessageId> = wanted.iter().map(|one| one.id).collect();
        turns.extract_if(|id, _| !ids.contains(id)).for_each(|(_, turn)| turn.ends());
        wanted.retain(|one| {
            let turn = turns.entry(one.id).or_insert_with(|| Turn::new(now));
            turn.has_come(now) && (self.of(&one.messenger).is_some() || turn.is_orphan(one, now))
        });
        drop(turns);
        Ok(wanted)
    }

    async fn fetch(&self, wanted: &Wanted, stop: &CancellationToken) -> Result<(), StoreError> {
        // Between the look and now it may have come, or somebody may have said /stop.
        let wants = self.intake.inbox.wants(wanted.id).await?;
        let came = if wants { self.bring(wanted, stop).await? } else { Ok(()) };
        if let Err(error) = came {
            if self.comes_again(wanted, &error) {
                return Ok(());
            }
            tracing::info!(message = wanted.id.get(), %error, "a recording will not come");
            self.intake.inbox.recording_is_missing(wanted.id, &error.phrase()).await?;
        } else {
            self.trouble.store(false, Ordering::SeqCst);
        }
        self.lock().remove(&wanted.id);
        Ok(())
    }

    /// What came of it. A panic of whoever has it is no worse than a service that is away.
    async fn bring(
        &self,
        wanted: &Wanted,
        stop: &CancellationToken,
    ) -> Result<Result<(), FetchError>, StoreError> {
        let bring = self.intake.bring(self.open(wanted), wanted, stop);
        AssertUnwindSafe(bring).catch_unwind().await.unwrap_or_else(|_| {
            Ok(Err(FetchError::Later { after: None, reason: "whoever has it panicked".to_owned() }))
        })
    }

    async fn open(&self, wanted: &Wanted) -> Result<Incoming, FetchError> {
        match self.of(&wanted.messenger) {
            Some(messenger) => messenger.fetch(&wanted.recording).await,
            None => Err(FetchError::Never {
                phrase: Phrase::new("voice-gone"),
                reason: "nobody has it".to_owned(),
            }),
        }
    }

    fn put_off(&self, id: MessageId, error: &StoreError) {
        if self.is_new_trouble() {
            tracing::warn!(message = id.get(), %error, "what came of a recording is not on disk; it is brought again");
        }
        self.turn(id, Turn::put_off);
    }

    /// What befalls every recording alike is said once, until one has come.
    fn is_new_trouble(&self) -> bool {
        !self.trouble.swap(true, Ordering::SeqCst)
    }

    /// Whether it is tried again after this failure.
    fn comes_again(&self, wanted: &Wanted, error: &FetchError) -> bool {
        self.turn(wanted.id, |turn, now| {
            let Some(wait) = turn.wait(wanted, error, now) else { return false };
            // Once; a service that is away, or a full disk, may last.
            let news = match error {
                FetchError::Ours { .. } => self.is_new_trouble(),
                FetchError::Later { .. } | FetchError::Never { .. } => !turn.has_failed(),
            };
            if news {
                tracing::warn!(message = wanted.id.get(), %error, "a recording cannot be brought now, trying again");
            }
            turn.again(wait, now);
            true
        })
    }

    fn of(&self, messenger: &str) -> Option<&Arc<dyn Messenger>> {
        self.messengers.iter().find(|one| one.name() == messenger)
    }

    /// Does something with a recording's turn, now.
    fn turn<T>(&self, id: MessageId, with: impl FnOnce(&mut Turn, i64) -> T) -> T {
        let now = (self.clock)();
        with(self.lock().entry(id).or_insert_with(|| Turn::new(now)), now)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<MessageId, Turn>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
