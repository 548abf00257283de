//! The outbox: whatever was promised leaves, per lane and in order, until the messenger has confirmed it.
//!
//! [`Outbox::deliver_next`] does one reply: render (phrase keys in the lane's language), split by dialect, deliver at the
//! service's pace, retry later, or park with a reason. A part counts as sent only when the messenger confirmed it. Several
//! lanes at once, each in its order. The outbox also drains the notices: latest wins per task, and nothing of them is kept
//! but the id of the one message that is edited to the end. It knows messengers only by their trait.

mod board;
mod deliver;
mod desk;
mod pace;
mod parts;
mod passing;
mod render;
mod show;
mod split;
mod telegram_html;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::media::Media;
use crate::message::{Address, Notice};
use crate::messenger::Messenger;
use crate::phrases::Phrases;
use crate::store::{Store, StoreError, attend};

use desk::Desk;

pub use render::{quoted, text_of};

/// Replies on their way at once, in different lanes.
const AT_ONCE: usize = 32;

/// How soon a database that refuses is asked again when the house stops.
const AGAIN: Duration = Duration::from_millis(200);

/// Delivers replies and shows notices.
#[derive(Clone)]
pub struct Outbox {
    store: Store,
    phrases: Arc<Phrases>,
    media: Media,
    messengers: Arc<[Arc<dyn Messenger>]>,
    clock: fn() -> i64,
    desk: Arc<Desk>,
}

impl Outbox {
    /// An outbox for the messengers that this process runs. `clock` gives Unix milliseconds.
    #[must_use]
    pub fn new(
        store: Store,
        phrases: Arc<Phrases>,
        media: Media,
        messengers: Vec<Arc<dyn Messenger>>,
        clock: fn() -> i64,
    ) -> Self {
        Self { store, phrases, media, messengers: messengers.into(), clock, desk: Arc::default() }
    }

    /// Delivers until told to stop, and shows notices beside; parts on their way then go to their end, and no other one
    /// begins. A failing database is waited for, not given up on.
    pub async fn run(&self, notices: mpsc::Receiver<Notice>, stop: CancellationToken) {
        let deliveries = TaskTracker::new();
        let deliver = async {
            let begin = || self.begin(&deliveries, &stop);
            attend("delivering", &self.store.bells().outbox, &stop, begin).await;
            deliveries.close();
            deliveries.wait().await;
        };
        tokio::join!(deliver, self.show_all(notices, &stop));
    }

    /// Sends the next reply on its way. False when there is none, or when there are enough on their way.
    async fn begin(&self, deliveries: &TaskTracker, stop: &CancellationToken) -> Result<bool, StoreError> {
        self.record().await?;
        if deliveries.len() >= AT_ONCE {
            return Ok(false);
        }
        let Some((due, lane)) = self.claim().await? else { return Ok(false) };
        let (this, stop) = (self.clone(), stop.clone());
        deliveries.spawn(async move {
            // What could not be written down stays in hand, and is written down before the next reply leaves.
            if let Err(error) = this.deliver(due, &stop).await {
                tracing::debug!(%error, "a delivery is not written down yet");
            }
            drop(lane);
        });
        Ok(true)
    }

    /// Delivers the next reply whose time has come. False when there is none.
    ///
    /// # Errors
    /// When the database fails; the reply stays queued.
    pub async fn deliver_next(&self) -> Result<bool, StoreError> {
        self.deliver_one(&CancellationToken::new()).await
    }

    async fn deliver_one(&self, stop: &CancellationToken) -> Result<bool, StoreError> {
        self.record().await?;
        let Some((due, _lane)) = self.claim().await? else { return Ok(false) };
        self.deliver(due, stop).await?;
        Ok(true)
    }

    /// Delivers what is still to be said, and writes down what is in hand, until told to begin nothing more. The part that
    /// is on its way then goes to its end.
    pub async fn flush(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            match self.deliver_one(stop).await {
                Ok(true) => {}
                Ok(false) => return,
                // What was confirmed already is not yet on disk: a moment later it may be.
                Err(_) => tokio::time::sleep(AGAIN).await,
            }
        }
    }

    fn messenger(&self, address: &Address) -> Option<&Arc<dyn Messenger>> {
        self.messengers.iter().find(|messenger| messenger.name() == address.messenger)
    }
}
