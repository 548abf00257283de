//! What the tests look at: requests, what people saw, and what the bot did wrong.
//!
//! Copies and no control: what changes the world stands in [`super::people`] and [`super::posts`].

use std::time::Duration;

use serde_json::{Map, Value};

use super::Server;
use super::message::Message;
use super::world::{Standing, State};

/// One call of the bot.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// As the Bot API writes it, whatever letters the bot used; for files [`super::fault::DOWNLOAD`].
    pub(crate) method: String,
    pub(crate) params: Map<String, Value>,
    pub(crate) files: Vec<Upload>,
    /// Since the server began.
    pub(crate) at: Duration,
    /// None while it is not answered, and when it never was.
    pub(crate) status: Option<u16>,
    /// The message that it made, whether the bot was told so or not.
    pub(crate) made: Option<i64>,
}

/// A file as it came with a call.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    /// The name of the form's part.
    pub(crate) part: String,
    pub(crate) name: Option<String>,
    pub(crate) mime: Option<String>,
    pub(crate) bytes: Vec<u8>,
}

/// "Typing" and the like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Action {
    pub(crate) chat: i64,
    pub(crate) thread: Option<i64>,
    pub(crate) action: String,
}

/// A growing preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) chat: i64,
    pub(crate) thread: Option<i64>,
    pub(crate) id: i64,
    pub(crate) text: String,
}

/// An answered press on a button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) alert: bool,
}

impl Request {
    /// A parameter, or null.
    pub(crate) fn param(&self, name: &str) -> &Value {
        self.params.get(name).unwrap_or(&Value::Null)
    }
}

/// The world behind the lock, to look at in [`Server::wait_for`].
pub(crate) struct Seen<'a>(pub(super) &'a State);

impl Seen<'_> {
    /// Every call, in the order in which they came.
    pub(crate) fn requests(&self) -> &[Request] {
        &self.0.requests
    }

    /// Calls of one method.
    pub(crate) fn calls(&self, method: &str) -> impl Iterator<Item = &Request> {
        self.0.requests.iter().filter(move |request| request.method == method)
    }

    /// The messages that stand in a chat now.
    pub(crate) fn messages(&self, chat: i64) -> impl DoubleEndedIterator<Item = &Message> {
        self.0.chat(chat).messages.values()
    }

    /// The bot's own messages that stand in a chat now.
    pub(crate) fn replies(&self, chat: i64) -> impl DoubleEndedIterator<Item = &Message> {
        self.messages(chat).filter(|message| message.own)
    }

    pub(crate) fn message(&self, chat: i64, id: i64) -> Option<&Message> {
        self.0.chat(chat).messages.get(&id)
    }

    pub(crate) fn actions(&self) -> &[Action] {
        &self.0.actions
    }

    pub(crate) fn drafts(&self) -> &[Draft] {
        &self.0.drafts
    }

    pub(crate) fn answered(&self) -> &[Answered] {
        &self.0.answered
    }

    /// The offsets that the bot has asked with.
    pub(crate) fn offsets(&self) -> &[i64] {
        &self.0.queue.offsets
    }

    /// Updates that are not confirmed.
    pub(crate) fn pending(&self) -> Vec<Value> {
        self.0.queue.pending()
    }

    pub(crate) fn standing(&self, chat: i64) -> Standing {
        self.0.chat(chat).standing
    }
}

impl Server {
    /// What the real server would have let pass or refused without saying why; a good bot has none.
    pub(crate) fn violations(&self) -> Vec<String> {
        self.look(|state| state.violations.clone())
    }

    /// Every call, in the order in which they came.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.look(|state| state.requests.clone())
    }

    /// Calls of one method.
    pub(crate) fn calls(&self, method: &str) -> Vec<Request> {
        self.see(|seen| seen.calls(method).cloned().collect())
    }

    /// The messages that stand in a chat now.
    pub(crate) fn messages(&self, chat: i64) -> Vec<Message> {
        self.see(|seen| seen.messages(chat).cloned().collect())
    }

    /// The bot's own messages that stand in a chat now.
    pub(crate) fn replies(&self, chat: i64) -> Vec<Message> {
        self.see(|seen| seen.replies(chat).cloned().collect())
    }

    pub(crate) fn message(&self, chat: i64, id: i64) -> Option<Message> {
        self.see(|seen| seen.message(chat, id).cloned())
    }

    pub(crate) fn actions(&self) -> Vec<Action> {
        self.look(|state| state.actions.clone())
    }

    pub(crate) fn drafts(&self) -> Vec<Draft> {
        self.look(|state| state.drafts.clone())
    }

    pub(crate) fn answered(&self) -> Vec<Answered> {
        self.look(|state| state.answered.clone())
    }

    /// The offsets that the bot has asked with.
    pub(crate) fn offsets(&self) -> Vec<i64> {
        self.look(|state| state.queue.offsets.clone())
    }

    /// How many updates there have ever been.
    pub(crate) fn updates(&self) -> u64 {
        self.look(|state| state.queue.pushed)
    }

    /// Updates that are not confirmed.
    pub(crate) fn pending_updates(&self) -> Vec<Value> {
        self.look(|state| state.queue.pending())
    }

    /// The commands that were set for a scope (as JSON) and a language ("" for all).
    pub(crate) fn commands(&self, scope: &Value, language: &str) -> Option<Value> {
        self.look(|state| state.commands.get(&format!("{scope} {language}")).cloned())
    }

    /// The bot's reactions to a message, as emoji.
    pub(crate) fn reactions(&self, chat: i64, message: i64) -> Vec<String> {
        let reactions = self.message(chat, message).map(|message| message.reactions).unwrap_or_default();
        reactions.iter().map(|reaction| reaction["emoji"].as_str().unwrap_or_default().to_owned()).collect()
    }

    pub(crate) fn see<T>(&self, look: impl FnOnce(Seen<'_>) -> T) -> T {
        self.look(|state| look(Seen(state)))
    }
}
