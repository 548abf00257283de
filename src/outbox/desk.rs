//! What the outbox has in hand: lanes in which something is on its way, tokens, and what became of deliveries that is not on
//! disk yet.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Outbox;
use super::pace::{Account, Buckets};
use super::passing::word_to;
use crate::message::{Address, ReplyId, Task};
use crate::messenger::Messenger;
use crate::store::{Due, Left, Store, StoreError};

/// What is in hand.
#[derive(Debug, Default)]
pub(super) struct Desk {
    /// Lanes in which a reply is on its way: one at a time.
    busy: Mutex<BTreeSet<String>>,
    /// Lanes in which progress is being told, of what and until when: one at a time.
    telling: Mutex<BTreeMap<String, (Task, CancellationToken)>>,
    buckets: Mutex<Buckets>,
    /// Lanes whose chat has no token: since when and until when, by the house's clock.
    paused: Mutex<BTreeMap<String, (i64, i64)>>,
    /// It is written down before anything else leaves, so that nothing is delivered twice and nobody is asked too early.
    unrecorded: Mutex<BTreeMap<ReplyId, Became>>,
}

/// What became of a part.
#[derive(Debug, Clone)]
pub(super) enum Became {
    /// A messenger confirmed it.
    Sent(Left),
    /// It did not leave, and is tried again.
    PutOff(Duration),
    /// It may have arrived, and is tried again.
    Again(Duration),
    /// It will never leave.
    Refused(String),
    /// It has left several times, and nobody knows whether it arrived.
    Doubtful(String),
    /// What it should have replaced is not there.
    Unreplaced,
    /// Nobody is in its chat any more: messenger and chat.
    NobodyThere(Address),
    /// Its chat has another id.
    Moved(Address, String),
}

impl Became {
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Sent(_) => "delivered",
            Self::PutOff(_) | Self::Again(_) | Self::Unreplaced | Self::Moved(..) => "put_off",
            Self::Refused(_) | Self::Doubtful(_) | Self::NobodyThere(_) => "parked",
        }
    }
}

/// A lane that is ours until this is dropped.
pub(super) struct Lane {
    desk: Arc<Desk>,
    lane: String,
    store: Store,
}

impl Drop for Lane {
    fn drop(&mut self) {
        lock(&self.desk.busy).remove(&self.lane);
        self.store.bells().outbox.notify_one();
    }
}

/// Progress of a lane that is told until this is dropped.
pub(super) struct Telling {
    desk: Arc<Desk>,
    lane: String,
    ended: CancellationToken,
}

impl Drop for Telling {
    fn drop(&mut self) {
        lock(&self.desk.telling).remove(&self.lane);
        self.ended.cancel();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Outbox {
    /// Begins to tell progress in a lane, if no reply is on its way there and nothing is being told: a reply is newer.
    pub(super) fn tell(&self, address: &Address, task: Task) -> Option<Telling> {
        let (lane, ended) = (address.lane(), CancellationToken::new());
        match lock(&self.desk.telling).entry(lane.clone()) {
            Entry::Vacant(free) => free.insert((task, ended.clone())),
            Entry::Occupied(_) => return None,
        };
        let telling = Telling { desk: self.desk.clone(), lane, ended };
        // Whoever takes the lane looks at what is told after that: one of the two sees the other.
        (!lock(&self.desk.busy).contains(&telling.lane)).then_some(telling)
    }

    /// The end of what is being told of what a reply brings.
    pub(super) fn told_of(&self, due: &Due) -> Option<CancellationToken> {
        let of = [due.message.map(Task::Message), due.drawing.map(Task::Drawing)];
        let telling = lock(&self.desk.telling);
        let (_, ended) = telling.get(&due.address.lane()).filter(|(task, _)| of.contains(&Some(*task)))?;
        Some(ended.clone())
    }

    /// The lane, if no reply is on its way there.
    pub(super) fn lane(&self, address: &Address) -> Option<Lane> {
        let lane = address.lane();
        lock(&self.desk.busy).insert(lane.clone()).then(|| Lane {
            desk: self.desk.clone(),
            lane,
            store: self.store.clone(),
        })
    }

    /// The next reply that may leave now, with a token of its chat (but for a word in passing), and its lane.
    pub(super) async fn claim(&self) -> Result<Option<(Due, Lane)>, StoreError> {
        let names: Vec<&str> = self.messengers.iter().map(|messenger| messenger.name()).collect();
        loop {
            let now = (self.clock)();
            let Some(due) = self.store.next_reply(&names, &self.not_now(now), now).await? else {
                return Ok(None);
            };
            // Whoever took the lane meanwhile rings when it is free again.
            let Some(lane) = self.lane(&due.address) else { return Ok(None) };
            let Some(messenger) = self.messenger(&due.address) else { return Ok(None) };
            if self.is_said_later(&due, &**messenger).await? {
                continue;
            }
            if word_to(&due).is_some() || self.may_leave(&**messenger, &due.address) {
                return Ok(Some((due, lane)));
            }
        }
    }

    /// Lanes in which nothing can leave now.
    fn not_now(&self, now: i64) -> Vec<String> {
        let mut paused = lock(&self.desk.paused);
        paused.retain(|_, (since, until)| (*since..*until).contains(&now));
        lock(&self.desk.busy).iter().chain(paused.keys()).cloned().collect()
    }

    /// Keeps in hand what became of a part of a reply.
    pub(super) fn became(&self, reply: ReplyId, became: Became) {
        lock(&self.desk.unrecorded).insert(reply, became);
    }

    /// Writes down whatever is not on disk yet.
    pub(super) async fn record(&self) -> Result<(), StoreError> {
        let open: Vec<ReplyId> = lock(&self.desk.unrecorded).keys().copied().collect();
        for reply in open {
            self.record_one(reply).await?;
        }
        Ok(())
    }

    /// Writes down what became of a part. It stays in hand until that works. False when nothing more of that reply is to
    /// leave now.
    pub(super) async fn record_one(&self, reply: ReplyId) -> Result<bool, StoreError> {
        let Some(became) = lock(&self.desk.unrecorded).get(&reply).cloned() else { return Ok(true) };
        let (store, now) = (&self.store, (self.clock)());
        let goes_on = match &became {
            Became::Sent(left) => store.part_sent(reply, left, now).await?,
            Became::PutOff(wait) | Became::Again(wait) => {
                let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
                store.reply_later(reply, wait, matches!(became, Became::Again(_)), now).await?;
                false
            }
            Became::Refused(reason) | Became::Doubtful(reason) => {
                let not_come = matches!(became, Became::Refused(_));
                store.park_reply(reply, reason, not_come, now).await?;
                false
            }
            Became::Unreplaced => {
                store.nothing_stands(reply).await?;
                false
            }
            Became::NobodyThere(address) => {
                store.nobody_is_there(reply, address, now).await?;
                false
            }
            Became::Moved(address, to) => {
                store.move_chat(&address.messenger, &address.chat, to).await?;
                false
            }
        };
        lock(&self.desk.unrecorded).remove(&reply);
        Ok(goes_on)
    }

    /// Whether something that was promised may leave for a chat now. If not, its lane pauses for as long as it takes.
    pub(super) fn may_leave(&self, messenger: &dyn Messenger, address: &Address) -> bool {
        let now = (self.clock)();
        let taken = self.with_account(messenger, address, |buckets, account, now| buckets.take(account, now));
        if let Err(wait) = taken {
            let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX).saturating_add(1);
            lock(&self.desk.paused).insert(address.lane(), (now, now.saturating_add(wait)));
        }
        taken.is_ok()
    }

    /// Whether a notice may leave for a chat now.
    pub(super) fn may_notice(&self, messenger: &dyn Messenger, address: &Address) -> bool {
        self.with_account(messenger, address, |buckets, account, now| buckets.take_for_notice(account, now))
            .is_ok()
    }

    /// Whether a sign of life may leave for a chat now.
    pub(super) fn may_sign(&self, messenger: &dyn Messenger, address: &Address) -> bool {
        self.with_account(messenger, address, |buckets, account, now| buckets.take_for_sign(account, now))
            .is_ok()
    }

    /// Whether the service wants nothing in a chat now, not even a sign of life.
    pub(super) fn is_held(&self, messenger: &dyn Messenger, address: &Address) -> bool {
        self.with_account(messenger, address, |buckets, account, now| buckets.is_held(account.chat, now))
    }

    /// The service wants nothing more in a chat for a while.
    pub(super) fn hold(&self, messenger: &dyn Messenger, address: &Address, wait: Duration) {
        self.with_account(messenger, address, |buckets, account, now| buckets.hold(account, wait, now));
    }

    fn with_account<T>(
        &self,
        messenger: &dyn Messenger,
        address: &Address,
        act: impl FnOnce(&mut Buckets, Account<'_>, i64) -> T,
    ) -> T {
        let chat = format!("{}/{}", address.messenger, address.chat);
        let (of_chat, overall) = (messenger.pace(address).chat, messenger.dialect().overall);
        let account = Account { messenger: messenger.name(), chat: &chat, of_chat, overall };
        act(&mut lock(&self.desk.buckets), account, (self.clock)())
    }
}
