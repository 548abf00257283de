//! Delivering one reply: its parts leave in order, at the service's pace, and what became of each is written down before the
//! next one leaves.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::Outbox;
use super::desk::Became;
use super::parts::Leaving;
use super::passing::word_to;
use crate::message::{Step, measure, millis};
use crate::messenger::{DeliveryError, Messenger, Part, PartBody, RemoteId, backoff};
use crate::store::{Due, Left, StoreError};

/// The longest that a service may have a reply put off at a time.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

/// How long a reply waits for an edit of what it is to take the place of.
const OVERTAKES_AFTER: Duration = Duration::from_secs(3);

/// Something new of which nobody knows whether it arrived is sent so many times more: each may be one too many.
const MOST_UNKNOWN: u32 = 8;

impl Outbox {
    /// Delivers what is left of a reply, as far as it goes; told to stop, not further than the part that is on its way.
    pub(super) async fn deliver(&self, due: Due, stop: &CancellationToken) -> Result<(), StoreError> {
        let Some(messenger) = self.messenger(&due.address) else { return Ok(()) };
        let due = self.after_its_progress(due).await?;
        if self.passes(&due, &**messenger).await {
            self.became(due.reply, Became::Sent(Left::last(0, "")));
            return self.record_one(due.reply).await.map(drop);
        }
        // It was claimed without a token.
        if word_to(&due).is_some() && !self.may_leave(&**messenger, &due.address) {
            return Ok(());
        }
        let parts = self.parts(&due, messenger.dialect());
        let last = parts.len().saturating_sub(1);
        // What comes as a message of its own leaves the placeholder to its last part, which takes it away.
        let stands =
            messenger.dialect().edits && parts.iter().all(|leaving| leaving.part.body != PartBody::Gone);
        if due.parts_sent as usize >= parts.len() {
            // More has left than it has parts now (its sentences are of another version), or it has none (there is nothing
            // to be taken away): there is nothing to come.
            self.became(due.reply, Became::Sent(Left::last(due.parts_sent.saturating_sub(1), "")));
            self.record_one(due.reply).await?;
        }
        for (index, leaving) in parts.iter().enumerate().skip(due.parts_sent as usize) {
            let number = u32::try_from(index).unwrap_or(u32::MAX);
            let key = format!("{}-{number}", due.reply);
            // The first one's token was taken with the claim; what has to wait for another goes on from here then.
            let first = index == due.parts_sent as usize;
            if !first && (stop.is_cancelled() || !self.may_leave(&**messenger, &due.address)) {
                break;
            }
            self.store.reached(Step::Sending, due.reply.get()).await;
            let since = Instant::now();
            let delivered = deliver(&**messenger, leaving, &key).await;
            let left = delivered.is_ok();
            if let Some(key) = due.key.as_deref().filter(|_| left && first) {
                messenger.answer_press(key, None).await;
            }
            measure::step("deliver", since.elapsed());
            let became = match delivered {
                Ok(remote) => Became::Sent(Left {
                    part: number,
                    last: index == last,
                    remote: remote.0,
                    stands,
                    gone: leaving.part.body == PartBody::Gone,
                }),
                Err(error) => self.not_left(&due, leaving, &**messenger, error),
            };
            measure::reply(became.word());
            self.became(due.reply, became);
            if left {
                self.store.reached(Step::Sent, due.reply.get()).await;
            }
            let goes_on = self.record_one(due.reply).await?;
            if left {
                self.store.reached(Step::Confirmed, due.reply.get()).await;
                let lane = due.address.lane();
                tracing::info!(reply = due.reply.get(), part = number, lane, "delivered");
            }
            if !goes_on {
                break;
            }
        }
        Ok(())
    }

    /// The reply, once no progress of it is being told any more: an edit that came later would undo it. One that takes too
    /// long is overtaken: the reply comes as a message of its own, and the other one goes.
    async fn after_its_progress(&self, due: Due) -> Result<Due, StoreError> {
        let Some(told) = self.told_of(&due).filter(|_| due.parts_sent == 0) else { return Ok(due) };
        if tokio::time::timeout(OVERTAKES_AFTER, told.cancelled()).await.is_err() {
            self.store.leaves(due.reply, (self.clock)()).await?;
            tracing::debug!(reply = due.reply.get(), "its progress is slow, and it comes beside");
        }
        Ok(Due { replaces: self.store.replaces(due.reply).await?, ..due })
    }

    /// Why a part did not leave, for the log, and what comes of it.
    fn not_left(
        &self,
        due: &Due,
        leaving: &Leaving,
        messenger: &dyn Messenger,
        error: DeliveryError,
    ) -> Became {
        let reply = due.reply;
        match error {
            DeliveryError::Never { reason }
            | DeliveryError::Markup { reason }
            | DeliveryError::Stays { reason } => {
                tracing::error!(reply = reply.get(), %reason, "reply parked");
                Became::Refused(reason)
            }
            DeliveryError::Later { after, reason } => {
                let wait = after.unwrap_or_else(|| backoff(due.attempt)).min(LONGEST_WAIT);
                tracing::warn!(reply = reply.get(), %reason, wait_ms = millis(wait), "reply put off");
                if after.is_some() {
                    self.hold(messenger, &due.address, wait);
                }
                Became::PutOff(wait)
            }
            DeliveryError::Unknown { reason }
                if due.unknown >= MOST_UNKNOWN && leaving.replaces.is_some() =>
            {
                tracing::warn!(reply = reply.get(), %reason, "what it should replace cannot be changed; it comes as a new message");
                Became::Unreplaced
            }
            DeliveryError::Unknown { reason } if due.unknown >= MOST_UNKNOWN => {
                tracing::error!(reply = reply.get(), %reason, "reply may have arrived several times, and is parked");
                Became::Doubtful(reason)
            }
            DeliveryError::Unknown { reason } => {
                tracing::warn!(reply = reply.get(), %reason, "reply may have arrived, tried again with the same key");
                Became::Again(backoff(due.unknown))
            }
            DeliveryError::NothingToReplace { reason } => {
                tracing::info!(reply = reply.get(), %reason, "what it should replace is gone; it comes as a new message");
                Became::Unreplaced
            }
            DeliveryError::NobodyThere { reason } => {
                tracing::warn!(reply = reply.get(), lane = due.address.lane(), %reason, "the chat's replies are parked");
                Became::NobodyThere(due.address.clone())
            }
            DeliveryError::Moved { to } => {
                tracing::info!(lane = due.address.lane(), to, "the chat has moved");
                Became::Moved(due.address.clone(), to)
            }
        }
    }
}

/// Delivers a part; without its markup when the messenger refuses that.
pub(super) async fn deliver(
    messenger: &dyn Messenger,
    leaving: &Leaving,
    key: &str,
) -> Result<RemoteId, DeliveryError> {
    match messenger.deliver(&leaving.part, key, leaving.replaces.as_ref()).await {
        Err(DeliveryError::Markup { reason }) => match bare(&leaving.part) {
            Some(part) => {
                tracing::warn!(%reason, "markup refused, sent without");
                messenger.deliver(&part, key, leaving.replaces.as_ref()).await
            }
            None => Err(DeliveryError::Never { reason }),
        },
        Err(DeliveryError::Stays { reason }) => stay(messenger, leaving, key, reason).await,
        other => other,
    }
}

/// What cannot be taken away says at least that it counts no more.
async fn stay(
    messenger: &dyn Messenger,
    leaving: &Leaving,
    key: &str,
    reason: String,
) -> Result<RemoteId, DeliveryError> {
    let (Some(instead), Some(replaces)) = (&leaving.instead, &leaving.replaces) else {
        return Err(DeliveryError::Stays { reason });
    };
    let body = PartBody::Text { plain: instead.clone(), marked: None };
    let part = Part { body, ..leaving.part.clone() };
    match messenger.deliver(&part, key, Some(replaces)).await {
        Err(DeliveryError::NothingToReplace { .. }) => Ok(replaces.clone()),
        other => other,
    }
}

/// The same part without markup; `None` when it has none.
fn bare(part: &Part) -> Option<Part> {
    match &part.body {
        PartBody::Text { plain, marked: Some(_) } => {
            let body = PartBody::Text { plain: plain.clone(), marked: None };
            Some(Part { body, ..part.clone() })
        }
        _ => None,
    }
}
