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
use crate::messenger::{DeliveryError, Dialect, Messenger, Part, PartBody, RemoteId};
use crate::phrases::Phrases;
use crate::store::{Due, Store, StoreError, attend};

pub use render::text_of;
pub use split::split;

/// Delivers replies and shows notices.
pub struct Outbox {
    store: Store,
    phrases: Arc<Phrases>,
    media: Media,
    messengers: Vec<Arc<dyn Messenger>>,
    clock: fn() -> i64,
    /// Delivered, but the disk has not taken that yet: it is written down before anything else leaves.
    unrecorded: Mutex<Option<Sent>>,
}

/// A part that a messenger confirmed.
#[derive(Debug, Clone)]
struct Sent {
    reply: ReplyId,
    part: u32,
    remote: RemoteId,
    last: bool,
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
            match messenger.deliver(part, &key, None).await {
                Ok(remote) => {
                    let sent = Sent { reply: due.reply, part: number, remote, last: index == last };
                    *self.lock() = Some(sent);
                    self.store.reached(Step::Sent, due.reply.get()).await;
                    self.record().await?;
                    self.store.reached(Step::Confirmed, due.reply.get()).await;
                    tracing::info!(
                        reply = due.reply.get(),
                        part = number,
                        lane = due.address.lane(),
                        "delivered"
                    );
                }
                Err(error) => {
                    self.put_off(&due, error).await?;
                    return Ok(true);
                }
            }
        }
        Ok(true)
    }

    /// Writes down what was delivered. It stays in hand until that works, so that nothing is delivered again.
    async fn record(&self) -> Result<(), StoreError> {
        let sent = self.lock().clone();
        if let Some(Sent { reply, part, remote, last }) = sent {
            self.store.part_sent(reply, part, &remote.0, last, (self.clock)()).await?;
            *self.lock() = None;
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Sent>> {
        self.unrecorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn parts(&self, due: &Due, dialect: Dialect) -> Vec<Part> {
        let part = |body| Part { address: due.address.clone(), reply_to: due.reply_to.clone(), body };
        if let crate::message::Content::Picture(picture) = &due.content {
            let caption: String = self.caption(due, picture).chars().take(dialect.caption_limit).collect();
            return vec![part(PartBody::Picture { path: self.media.path(&picture.file), caption })];
        }
        let text = text_of(&due.content, due.language, &self.phrases);
        split(&text, dialect.text_limit).into_iter().map(|text| part(PartBody::Text(text))).collect()
    }

    fn caption(&self, due: &Due, picture: &PictureReply) -> String {
        render::caption(picture, due.language, &self.phrases)
    }

    async fn put_off(&self, due: &Due, error: DeliveryError) -> Result<(), StoreError> {
        let now = (self.clock)();
        match error {
            DeliveryError::Never { reason } => {
                tracing::error!(reply = due.reply.get(), %reason, "reply parked");
                self.store.park_reply(due.reply, &reason, now).await
            }
            DeliveryError::Later { after, reason } => {
                let wait = after.unwrap_or_else(|| backoff(due.attempt));
                tracing::warn!(reply = due.reply.get(), %reason, wait_ms = millis(wait), "reply put off");
                self.store.reply_later(due.reply, long(wait), now).await
            }
            DeliveryError::Unknown { reason } => {
                tracing::warn!(reply = due.reply.get(), %reason, "reply may have arrived, tried again with the same key");
                self.store.reply_later(due.reply, long(backoff(due.attempt)), now).await
            }
        }
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

fn long(wait: Duration) -> i64 {
    i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)
}

/// 1 s, doubled with each failure, 5 min at most.
fn backoff(attempt: u32) -> Duration {
    Duration::from_secs(1_u64.checked_shl(attempt.min(9)).unwrap_or(u64::MAX).min(300))
}
