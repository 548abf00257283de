//! Pressed buttons that wait for their answer: a button spins until the service is told that the press arrived, and it can be told
//! once, with a sentence or without.
//!
//! So a press waits a moment for what comes of it. Whoever comes later finds that it waits no more.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use teloxide_core::Bot;
use teloxide_core::requests::{HasPayload as _, Requester as _};
use teloxide_core::types::CallbackQueryId;
use tokio::sync::oneshot;

use super::trouble::trouble;

/// How long a press waits for what comes of it.
const WAITS: Duration = Duration::from_secs(1);

/// How long answering a press may take.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Most characters of a sentence that passes.
const LONGEST: usize = 200;

/// Presses that wait.
#[derive(Debug, Default)]
pub(super) struct Presses(Mutex<HashMap<String, oneshot::Sender<Answer>>>);

/// What a press is answered with.
#[derive(Debug)]
struct Answer {
    text: Option<String>,
    /// Whether the service took it.
    taken: oneshot::Sender<bool>,
}

/// A press that waits from now on.
pub(super) struct Waiting {
    key: String,
    answer: oneshot::Receiver<Answer>,
}

impl Presses {
    /// A press begins to wait. Before anybody can know of it, or what comes of it may be too early.
    pub(super) fn begin(&self, key: &str) -> Waiting {
        let (tell, answer) = oneshot::channel();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), tell);
        Waiting { key: key.to_owned(), answer }
    }

    fn take(&self, key: &str) -> Option<oneshot::Sender<Answer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key)
    }

    /// Answers a press. True when the service took the sentence; without one, nobody waits for that.
    pub(super) async fn answer(&self, key: &str, text: Option<&str>) -> bool {
        if text.is_some_and(|text| text.chars().count() > LONGEST) {
            return false;
        }
        let Some(tell) = self.take(key) else { return false };
        let (taken, was_taken) = oneshot::channel();
        if tell.send(Answer { text: text.map(str::to_owned), taken }).is_err() || text.is_none() {
            return false;
        }
        was_taken.await.unwrap_or(false)
    }

    /// Tells the service of a press: with what comes of it, or, after a moment, without. One that is too old is no trouble of
    /// anybody's.
    pub(super) async fn see_through(&self, waiting: Waiting, bot: Bot, id: CallbackQueryId) {
        let answer = tokio::time::timeout(WAITS, waiting.answer).await.ok().and_then(Result::ok);
        self.take(&waiting.key);
        let (text, taken) = answer.map(|answer| (answer.text, answer.taken)).unzip();
        let mut request = bot.answer_callback_query(id);
        request.payload_mut().text = text.flatten();
        let done = match tokio::time::timeout(ANSWER_WITHIN, async { request.await }).await {
            Ok(Ok(_)) => true,
            Ok(Err(error)) => {
                tracing::debug!(trouble = ?trouble(&error), "a press is not answered");
                false
            }
            Err(_) => {
                tracing::debug!("a press is not answered in time");
                false
            }
        };
        if let Some(taken) = taken {
            let _ = taken.send(done);
        }
    }
}
