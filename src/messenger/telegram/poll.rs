//! The poll: updates as raw JSON, each committed before the service is told that it came.
//!
//! Telegram forgets an update when it is asked for a later one. So it is asked for a later one only when every update of
//! the batch is on disk; what was committed already is found by its key. After a restart the service sends again whatever
//! was not confirmed, so that no offset has to be kept.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;
use teloxide_core::requests::{JsonRequest, Payload, Requester as _};
use teloxide_core::types::CallbackQueryId;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::presses::{ANSWER_WITHIN, Waiting};
use super::read::{Me, Offered, read};
use super::trouble::{Trouble, trouble};
use super::{NAME, Telegram, commands};
use crate::inbox::{Inbox, StoreError};
use crate::message::{Body, Event, Message, millis};

/// Kinds of updates that are wanted. The service remembers the last list it was given, so it is given each time.
const WANTED: &[&str] = &["message", "edited_message", "callback_query", "my_chat_member"];

/// Updates of one poll at most.
const MOST: u8 = 100;

/// How long to wait for a database that refuses.
const STORE_AGAIN: Duration = Duration::from_secs(1);

/// `getUpdates`, answered as it came: the library would drop what it does not know.
#[derive(Debug, Clone, Serialize)]
struct GetUpdates {
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<i64>,
    limit: u8,
    timeout: u64,
    allowed_updates: &'static [&'static str],
}

impl Payload for GetUpdates {
    type Output = Vec<Value>;

    const NAME: &'static str = "getUpdates";
}

/// A poll that goes on until it is told to stop.
struct Poll<'a> {
    telegram: &'a Telegram,
    inbox: &'a Inbox,
    me: Me,
    offset: Option<i64>,
    answers: TaskTracker,
}

/// What went wrong, said once.
#[derive(Default)]
struct Failures {
    count: u32,
    said: Option<&'static str>,
}

/// Listens until told to stop. Whatever the service does, it is asked again later.
pub(super) async fn listen(telegram: &Telegram, inbox: &Inbox, stop: &CancellationToken) {
    let mut failures = Failures::default();
    let me = loop {
        match stop.run_until_cancelled(who(telegram)).await {
            None => return,
            Some(Ok(me)) => break me,
            Some(Err(trouble)) => {
                if failures.met(&trouble, stop).await.is_none() {
                    return;
                }
            }
        }
    };
    failures.over();
    said_of_groups(&me);
    telegram.health.reads_groups(NAME, me.reads_all);
    commands::set(telegram).await;
    let poll = Poll { telegram, inbox, me, offset: None, answers: TaskTracker::new() };
    poll.go_on(failures, stop).await;
}

async fn who(telegram: &Telegram) -> Result<Me, Trouble> {
    let me = telegram.client.polling().get_me().await.map_err(|error| trouble(&error))?;
    Ok(Me {
        id: i64::try_from(me.user.id.0).unwrap_or_default(),
        username: me.user.username.clone().unwrap_or_default(),
        reads_all: me.can_read_all_group_messages,
    })
}

/// What privacy mode means for the people of a group, once a start.
fn said_of_groups(me: &Me) {
    if me.reads_all {
        tracing::info!(bot = me.username, "connected; groups are read whole, so wake words work there");
    } else {
        tracing::warn!(
            bot = me.username,
            "connected; privacy mode is on: in groups only commands, replies and some mentions arrive, and no wake words. \
             Turn it off at BotFather (/setprivacy) and add the bot to the group again"
        );
    }
}

impl Poll<'_> {
    async fn go_on(mut self, mut failures: Failures, stop: &CancellationToken) {
        let mut last_well = Instant::now();
        while !stop.is_cancelled() {
            let Some(polled) = stop.run_until_cancelled(self.once()).await else { break };
            let trouble = match polled {
                Ok(updates) => {
                    failures.over();
                    last_well = Instant::now();
                    self.telegram.health.beat(NAME, (self.telegram.clock)());
                    self.take(updates, stop).await;
                    continue;
                }
                Err(trouble) => trouble,
            };
            if trouble == Trouble::Webhook {
                // Whoever starts this program wants the updates here.
                let _ = self.telegram.client.sending().delete_webhook().await;
            }
            if last_well.elapsed() > self.telegram.options.watchdog || trouble == Trouble::SecondInstance {
                self.telegram.client.renew();
            }
            if failures.met(&trouble, stop).await.is_none() {
                break;
            }
        }
        self.answers.close();
        let _ = tokio::time::timeout(ANSWER_WITHIN, self.answers.wait()).await;
    }

    async fn once(&self) -> Result<Vec<Value>, Trouble> {
        let timeout = self.telegram.options.poll.as_secs();
        let payload = GetUpdates { offset: self.offset, limit: MOST, timeout, allowed_updates: WANTED };
        JsonRequest::new(self.telegram.client.polling(), payload).await.map_err(|error| trouble(&error))
    }

    /// Commits a batch, in order. One that the database does not take now is taken later; until then nothing is confirmed.
    async fn take(&mut self, updates: Vec<Value>, stop: &CancellationToken) {
        for raw in updates {
            let id = raw.get("update_id").and_then(Value::as_i64);
            let offered = self.read(&raw);
            let waiting = offered.press.as_ref().map(|_| self.telegram.presses.begin(&offered.message.key));
            let mut tries = 0_u32;
            while let Err(error) = self.commit(&offered, &raw).await {
                if tries == 0 {
                    tracing::error!(%error, "an update cannot be kept; Telegram keeps it until it can");
                }
                tries += 1;
                if stop.run_until_cancelled(tokio::time::sleep(STORE_AGAIN)).await.is_none() {
                    return;
                }
            }
            match id {
                Some(id) => self.offset = Some(id + 1),
                // The same would come again at once.
                None => tokio::time::sleep(STORE_AGAIN).await,
            }
            if let (Some(press), Some(waiting)) = (offered.press, waiting) {
                self.answer(press, waiting);
            }
        }
    }

    fn read(&self, raw: &Value) -> Offered {
        let offered = read(raw, &self.me, (self.telegram.clock)());
        if let Body::Event(Event::Unknown(kind)) = &offered.message.body {
            tracing::info!(kind, "an update of a kind that this program does not know is kept");
        }
        offered
    }

    async fn commit(&self, offered: &Offered, raw: &Value) -> Result<(), StoreError> {
        let message: Message = offered.message.clone();
        self.inbox.accept(message, &raw.to_string(), (self.telegram.clock)()).await.map(drop)
    }

    /// The service is told that a press arrived.
    fn answer(&self, press: CallbackQueryId, waiting: Waiting) {
        let (presses, bot) = (self.telegram.presses.clone(), self.telegram.client.sending().clone());
        self.answers.spawn(async move { presses.see_through(waiting, bot, press).await });
    }
}

impl Failures {
    /// Says what went wrong, once, and waits. `None` when told to stop meanwhile.
    async fn met(&mut self, trouble: &Trouble, stop: &CancellationToken) -> Option<()> {
        let wait = trouble.wait(self.count);
        if self.said != Some(trouble.said()) {
            tracing::warn!(wait_ms = millis(wait), reason = ?trouble, "{}", trouble.said());
            self.said = Some(trouble.said());
        }
        self.count = self.count.saturating_add(1);
        stop.run_until_cancelled(tokio::time::sleep(wait)).await
    }

    fn over(&mut self) {
        if self.said.take().is_some() {
            tracing::info!(tries = self.count, "Telegram answers again");
        }
        self.count = 0;
    }
}
