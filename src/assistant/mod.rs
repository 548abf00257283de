//! The assistant: takes messages lane by lane and turns each into rows.
//!
//! Steps with names: *heed* (pure: is it for us, can we read it), *hear* (recording -> text), *understand* (text ->
//! intent), *act* (intent -> outcome), *settle*. One message at a time per lane, several lanes at once; `/stop`, `/cancel` and `/queue` pass
//! beside their lane. It knows neither messengers nor models, only the seams.

mod anew;
mod hear;
mod heed;
mod journey;
mod made;
mod permit;
mod report;
mod wake;

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use report::Report;
pub use wake::Wake;

use crate::access::Access;
use crate::inbox::is_control;
use crate::intent::Kit;
use crate::media::Media;
use crate::message::{Language, Show, Step};
use crate::speech::Speech;
use crate::store::{Limits, Store, StoreError, Taken, attend, insist};

/// Control messages handled at once.
const BESIDE: usize = 16;

/// What the configuration says about the assistant.
#[derive(Debug, Clone)]
pub struct Options {
    /// Lanes handled at once.
    pub lanes: usize,
    /// Bounds that settling holds people to.
    pub limits: Limits,
    /// The house's language where nothing else tells.
    pub language: Language,
    /// What calls the house in a group that has chosen nothing else.
    pub groups: Groups,
    /// Messengers whose messages this process takes.
    pub messengers: Vec<&'static str>,
}

/// How groups call the house.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    /// By these names.
    pub wake: Wake,
    /// In recordings, too: each one is listened to.
    pub listens: bool,
}

/// A journey that /stop can end.
struct Running {
    token: CancellationToken,
    by_person: Arc<AtomicBool>,
}

impl Running {
    fn stop(&self) {
        self.by_person.store(true, Ordering::SeqCst);
        self.token.cancel();
    }
}

/// Turns messages into rows.
#[derive(Clone)]
pub struct Assistant {
    store: Store,
    media: Media,
    access: Arc<Access>,
    speech: Option<Speech>,
    kit: Kit,
    options: Options,
    clock: fn() -> i64,
    dice: fn() -> u64,
    lanes: Arc<Semaphore>,
    beside: Arc<Semaphore>,
    running: Arc<Mutex<HashMap<String, Running>>>,
}

impl Assistant {
    /// An assistant. `clock` gives Unix milliseconds, `dice` seeds.
    #[must_use]
    pub fn new(
        (store, media, access): (Store, Media, Arc<Access>),
        (kit, speech): (Kit, Option<Speech>),
        options: Options,
        clock: fn() -> i64,
        dice: fn() -> u64,
    ) -> Self {
        let lanes = Arc::new(Semaphore::new(options.lanes));
        let beside = Arc::new(Semaphore::new(BESIDE));
        let running = Arc::default();
        Self { store, media, access, speech, kit, options, clock, dice, lanes, beside, running }
    }

    /// Handles messages until told to stop; messages in hand then go back with their attempt.
    pub async fn run(&self, stop: CancellationToken) {
        let journeys = TaskTracker::new();
        let begin = || self.begin(&journeys, &stop);
        attend("taking messages", &self.store.bells().inbox, &stop, begin).await;
        journeys.close();
        journeys.wait().await;
    }

    /// Begins every message whose turn it is, as far as there are lanes; the bell rings when a lane is free again.
    async fn begin(&self, journeys: &TaskTracker, stop: &CancellationToken) -> Result<bool, StoreError> {
        self.store.close_albums((self.clock)()).await?;
        while let Ok(beside) = self.beside.clone().try_acquire_owned() {
            let lane = self.lanes.clone().try_acquire_owned().ok();
            let taken = match &lane {
                Some(_) => self.store.take(&self.options.messengers).await?,
                None => self.store.take_control(&self.options.messengers).await?,
            };
            let Some(taken) = taken else { break };
            let place = lane.filter(|_| !is_control(&taken.message)).unwrap_or(beside);
            self.send_off(journeys, taken, place, stop);
        }
        Ok(false)
    }

    fn send_off(
        &self,
        journeys: &TaskTracker,
        taken: Taken,
        place: OwnedSemaphorePermit,
        stop: &CancellationToken,
    ) {
        let (this, stop) = (self.clone(), stop.clone());
        journeys.spawn(async move {
            this.see_through(taken, &stop).await;
            drop(place);
            this.store.bells().inbox.notify_one();
        });
    }

    /// Handles one waiting message to its end. False when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn handle_next(&self, stop: &CancellationToken) -> Result<bool, StoreError> {
        self.store.close_albums((self.clock)()).await?;
        let Some(taken) = self.store.take(&self.options.messengers).await? else { return Ok(false) };
        self.see_through(taken, stop).await;
        Ok(true)
    }

    /// One message from heed to settle; a panic on the way is an apology, not the end of the house.
    async fn see_through(&self, taken: Taken, stop: &CancellationToken) {
        let Some((who, met)) = self.who(&taken.message, stop).await else {
            return self.give_back(&taken).await;
        };
        let lane = taken.message.address.lane();
        let token = stop.child_token();
        let by_person = Arc::new(AtomicBool::new(false));
        let beside = is_control(&taken.message);
        if !beside {
            self.lock().insert(lane.clone(), Running { token: token.clone(), by_person: by_person.clone() });
        }
        self.store.reached(Step::Taken, taken.id.get()).await;
        let journey = AssertUnwindSafe(self.journey(&taken, (&who, &met), &token)).catch_unwind().await;
        let made = journey.unwrap_or_else(|_| {
            tracing::error!(message = taken.id.get(), "a journey panicked");
            if journey::is_overheard(&taken.message, &who) {
                made::Made::ignored()
            } else {
                made::Made::apology()
            }
        });
        // However it ended, nothing more is to be shown of it.
        self.show(&taken, Show::Clear);
        if !beside {
            self.lock().remove(&lane);
        }
        if made.waits {
            return self.wait_for_recording(&taken, stop).await;
        }
        // Somebody's own /stop is an answer; only the house's stop puts the message back.
        if stop.is_cancelled() && made.interrupted && !by_person.load(Ordering::SeqCst) {
            return self.give_back(&taken).await;
        }
        let made = self.permitted(&who, made).noting(taken.message.unread());
        self.settle(&taken, &who, made, stop).await;
    }

    /// The message goes back until its recording has come; a message that stayed in hand would hold up its lane.
    async fn wait_for_recording(&self, taken: &Taken, stop: &CancellationToken) {
        let want = || self.store.want_recording(taken.id, (self.clock)());
        insist("asking for a recording", stop, want).await;
    }

    /// The house stops: the message waits for the next one.
    async fn give_back(&self, taken: &Taken) {
        if let Err(error) = self.store.give_back(taken.id).await {
            tracing::warn!(message = taken.id.get(), %error, "not given back; the next start takes it back");
        }
    }

    /// Ends what runs in a lane.
    fn stop_lane(&self, lane: &str) {
        if let Some(running) = self.lock().get(lane) {
            running.stop();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
