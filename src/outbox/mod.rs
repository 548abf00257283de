//! The outbox: whatever was promised leaves, per lane and in order, until the messenger has confirmed it.
//!
//! [`Outbox::deliver_next`] does one reply: render (phrase keys in the lane's language), split by dialect, deliver,
//! retry later, or park with a reason. A part counts as sent only when the messenger confirmed it. The outbox also
//! drains the notices: latest wins per lane, and nothing of them is kept. It knows messengers only by their trait.

mod render;
mod split;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::media::Media;
use crate::message::{Notice, PictureReply, ReplyId, Show, Step, millis};
use crate::messenger::{DeliveryError, Dialect, Messenger, Part, PartBody, RemoteId, backoff};
use crate::phrases::Phrases;
use crate::store::{Due, Store, StoreError, attend};

pub use render::{quoted, text_of};
pub use split::split;

/// The longest that a service may have a reply put off at a time.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

/// Delivers replies and shows notices.
pub struct Outbox {
    store: Store,
    phrases: Arc<Phrases>,
    media: Media,
    messengers: Vec<Arc<dyn Messenger>>,
    clock: fn() -> i64,
    /// What became of a delivery and is not on disk yet: it is written down before anything else leaves.
    unrecorded: Mutex<Option<Unrecorded>>,
}

/// What became of a part.
#[derive(Debug, Clone)]
enum Unrecorded {
    /// A messenger confirmed it.
    Sent { reply: ReplyId, part: u32, remote: RemoteId, last: bool },
    /// It did not leave, and is tried again.
    PutOff { reply: ReplyId, wait: Duration },
    /// It will never leave.
    Parked { reply: ReplyId, reason: String },
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
        Self { store, phrases, media, messengers, clock, unrecorded: Mutex::default() }
    }

    /// Delivers until told to stop, and shows notices beside. A failing database is waited for, not given up on.
    pub async fn run(&self, mut notices: mpsc::Receiver<Notice>, stop: CancellationToken) {
        let deliver = attend("delivering", &self.store.bells().outbox, &stop, || self.deliver_next());
        let show = async {
            loop {
                tokio::select! {
                    first = notices.recv() => match first {
                        Some(first) => self.show(first, &mut notices).await,
                        None => break,
                    },
                    () = stop.cancelled() => break,
                }
            }
        };
        tokio::join!(deliver, show);
    }

    /// Delivers the next reply whose time has come. False when there is none.
    ///
    /// # Errors
    /// When the database fails; the reply stays queued.
    pub async fn deliver_next(&self) -> Result<bool, StoreError> {
        self.record().await?;
        let names: Vec<&str> = self.messengers.iter().map(|messenger| messenger.name()).collect();
        let now = (self.clock)();
        let Some(due) = self.store.next_reply(&names, now).await? else { return Ok(false) };
        let Some(messenger) =
            self.messengers.iter().find(|messenger| messenger.name() == due.address.messenger)
        else {
            return Ok(false);
        };
        let parts = self.parts(&due, messenger.dialect());
        let last = parts.len().saturating_sub(1);
        for (index, part) in parts.iter().enumerate().skip(due.parts_sent as usize) {
            let number = u32::try_from(index).unwrap_or(u32::MAX);
            let key = format!("{}-{number}", due.reply);
            self.store.reached(Step::Sending, due.reply.get()).await;
            let delivered = messenger.deliver(part, &key, None).await;
            let left = delivered.is_ok();
            let became = match delivered {
                Ok(remote) => {
                    Unrecorded::Sent { reply: due.reply, part: number, remote, last: index == last }
                }
                Err(error) => not_left(&due, error),
            };
            *self.lock() = Some(became);
            if left {
                self.store.reached(Step::Sent, due.reply.get()).await;
            }
            let goes_on = self.record().await?;
            if left {
                self.store.reached(Step::Confirmed, due.reply.get()).await;
                tracing::info!(
                    reply = due.reply.get(),
                    part = number,
                    lane = due.address.lane(),
                    "delivered"
                );
            }
            if !goes_on {
                break;
            }
        }
        Ok(true)
    }

    /// Writes down what became of a delivery. It stays in hand until that works, so that nothing is delivered again, and
    /// nobody is asked again too early. False when nothing more of that reply is to leave now.
    async fn record(&self) -> Result<bool, StoreError> {
        let Some(became) = self.lock().clone() else { return Ok(true) };
        let now = (self.clock)();
        let goes_on = match became {
            Unrecorded::Sent { reply, part, remote, last } => {
                self.store.part_sent(reply, part, &remote.0, last, now).await?
            }
            Unrecorded::PutOff { reply, wait } => {
                let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
                self.store.reply_later(reply, wait, now).await?;
                false
            }
            Unrecorded::Parked { reply, reason } => {
                self.store.park_reply(reply, &reason, now).await?;
                false
            }
        };
        *self.lock() = None;
        Ok(goes_on)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Unrecorded>> {
        self.unrecorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn parts(&self, due: &Due, dialect: Dialect) -> Vec<Part> {
        let part = |body| Part { address: due.address.clone(), reply_to: due.reply_to.clone(), body };
        if let crate::message::Content::Picture(picture) = &due.content {
            let caption: String = self.caption(due, picture).chars().take(dialect.caption_limit).collect();
            return vec![part(PartBody::Picture { path: self.media.path(&picture.file), caption })];
        }
        let text = quoted(due.heard.as_deref(), &text_of(&due.content, due.language, &self.phrases));
        split(&text, dialect.text_limit).into_iter().map(|text| part(PartBody::Text(text))).collect()
    }

    fn caption(&self, due: &Due, picture: &PictureReply) -> String {
        render::caption(picture, due.language, &self.phrases)
    }

    /// Shows the newest notice of each lane among those that have gathered.
    async fn show(&self, first: Notice, more: &mut mpsc::Receiver<Notice>) {
        let mut latest = BTreeMap::new();
        let mut next = Some(first);
        while let Some(notice) = next {
            // Nothing newer may stand in for a word to forget.
            if notice.show == Show::Forget {
                self.show_one(&notice).await;
            } else {
                latest.insert(notice.address.lane(), notice);
            }
            next = more.try_recv().ok();
        }
        for notice in latest.values() {
            self.show_one(notice).await;
        }
    }

    async fn show_one(&self, notice: &Notice) {
        let mut messengers = self.messengers.iter();
        if let Some(messenger) = messengers.find(|one| one.name() == notice.address.messenger) {
            messenger.show(notice).await;
        }
    }
}

/// Why a part did not leave, for the log, and what comes of it.
fn not_left(due: &Due, error: DeliveryError) -> Unrecorded {
    let reply = due.reply;
    match error {
        DeliveryError::Never { reason } => {
            tracing::error!(reply = reply.get(), %reason, "reply parked");
            Unrecorded::Parked { reply, reason }
        }
        DeliveryError::Later { after, reason } => {
            let wait = after.unwrap_or_else(|| backoff(due.attempt)).min(LONGEST_WAIT);
            tracing::warn!(reply = reply.get(), %reason, wait_ms = millis(wait), "reply put off");
            Unrecorded::PutOff { reply, wait }
        }
        DeliveryError::Unknown { reason } => {
            tracing::warn!(reply = reply.get(), %reason, "reply may have arrived, tried again with the same key");
            Unrecorded::PutOff { reply, wait: backoff(due.attempt) }
        }
    }
}
