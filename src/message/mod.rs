//! The words every room speaks: messages, addresses, outcomes, replies, notices, commissions and ids.
//!
//! Plain values only: nothing here reads a file, a clock or a socket, and nothing of ours is used.
//! Times are Unix milliseconds and always come in as arguments.

mod access;
mod album;
mod content;
mod disk;
mod failure;
mod health;
mod ids;
pub mod measure;
mod notice;
mod outcome;
mod press;
mod said;
mod settings;
mod step;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use access::{AccessChange, Knock, Role, Standing};
pub use album::Album;
pub use content::{Commission, Content, PictureReply};
pub use disk::{FreeDisk, NEEDED_DISK, disk_low};
pub use failure::{Failure, FailureKind, causes};
pub use health::{Cause, Health, Lasting, Level, REFUSES_MS, SILENT_MS, State};
pub use ids::{DrawingId, MessageId, ReplyId};
pub use notice::{Notice, Show, Task};
pub use outcome::{Exchange, Outcome, Pending, Which};
pub use press::Press;
pub use said::{Audience, Body, Event, Message, Person, Quoted, Recording};
pub use settings::{Change, Settings};
pub use step::Step;

/// A language the house itself speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Russian.
    Ru,
    /// English.
    En,
}

impl Language {
    /// The two-letter code (ISO 639-1).
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ru => "ru",
            Self::En => "en",
        }
    }

    /// The one of two values that is for this language.
    #[must_use]
    pub fn pick<T>(self, ru: T, en: T) -> T {
        match self {
            Self::Ru => ru,
            Self::En => en,
        }
    }

    /// Reads `ru`, `en`, or a locale that starts with one of them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().get(..2)? {
            "ru" => Some(Self::Ru),
            "en" => Some(Self::En),
            _ => None,
        }
    }
}

/// A place where people talk: a chat of a messenger and, where there are some, its thread. A **lane**.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    /// Name of the messenger, as in the list of known ones (`console`).
    pub messenger: String,
    /// The messenger's own id of the chat.
    pub chat: String,
    /// The messenger's own id of the thread or topic.
    pub thread: Option<String>,
}

impl Address {
    /// One string for the lane; equal exactly for equal addresses.
    ///
    /// ```
    /// use aisaac::message::Address;
    ///
    /// let lane = |chat: &str, thread: Option<&str>| {
    ///     Address { messenger: "console".into(), chat: chat.into(), thread: thread.map(Into::into) }.lane()
    /// };
    /// assert_eq!(lane("42", None), "console/42");
    /// assert_eq!(lane("42", Some("7")), "console/42/7");
    /// // A chat whose id looks like a chat and a thread is still another lane.
    /// assert_ne!(lane("42/7", None), lane("42", Some("7")));
    /// ```
    #[must_use]
    pub fn lane(&self) -> String {
        let escape = |part: &str| part.replace('%', "%25").replace('/', "%2F");
        match &self.thread {
            None => format!("{}/{}", escape(&self.messenger), escape(&self.chat)),
            Some(thread) => {
                format!("{}/{}/{}", escape(&self.messenger), escape(&self.chat), escape(thread))
            }
        }
    }
}

/// A number or a word that a phrase takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Arg {
    /// A number; Fluent picks the plural form by it.
    Number(i64),
    /// A word or a piece of somebody's text.
    Text(String),
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Arg {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// A sentence of the house, by key, rendered in the lane's language when it is delivered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Phrase {
    /// Key in the Fluent files.
    pub key: String,
    /// Values for its placeholders.
    pub args: BTreeMap<String, Arg>,
}

impl Phrase {
    /// A phrase without arguments.
    #[must_use]
    pub fn new(key: &str) -> Self {
        Self { key: key.to_owned(), args: BTreeMap::new() }
    }

    /// The same phrase with one more argument.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Arg>) -> Self {
        self.args.insert(name.to_owned(), value.into());
        self
    }
}

/// Whole milliseconds, for logs and reports.
#[must_use]
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
