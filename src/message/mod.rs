//! The words every room speaks: messages, addresses, outcomes, replies, notices, commissions and ids.
//!
//! Plain values only: nothing here reads a file, a clock or a socket, and nothing of ours is used.
//! Times are Unix milliseconds and always come in as arguments.

mod disk;
mod failure;
mod notice;
mod outcome;
mod settings;
mod step;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use disk::{FreeDisk, NEEDED_DISK, disk_low};
pub use failure::{Failure, FailureKind, causes};
pub use notice::{Notice, Show};
pub use outcome::{Exchange, Outcome, Pending};
pub use settings::{Change, Settings};
pub use step::Step;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(i64);

        impl $name {
            /// Wraps a row number of the store.
            #[must_use]
            pub const fn new(row: i64) -> Self {
                Self(row)
            }

            /// The row number.
            #[must_use]
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// An accepted message.
    MessageId,
    /// A drawing in the FIFO.
    DrawingId,
    /// A reply in the outbox.
    ReplyId,
}

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

/// Who wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The messenger's own id of the person.
    pub id: String,
    /// The name to show.
    pub name: Option<String>,
    /// The language that the messenger says the person prefers.
    pub language: Option<Language>,
}

/// What a message carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Typed text, as it came.
    Text(String),
    /// New text of an earlier message.
    Edit {
        /// Remote key of the message that was edited.
        of: String,
        /// The new text.
        text: String,
    },
    /// Somebody spoke.
    Voice(Recording),
    /// Something that no room can read yet; the word names it in the log.
    Unsupported(String),
}

/// Speech as a messenger offers it: not the sound, but where the messenger finds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// The messenger's own reference: a file's id, a path.
    pub remote: String,
    /// Words that came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
}

/// One message as a messenger offers it to the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Where it was said.
    pub address: Address,
    /// Kind and remote id, unique in the chat: `m:17`, `e:17:<date>`, `c:<callback>`.
    pub key: String,
    /// Who said it.
    pub from: Person,
    /// What was said.
    pub body: Body,
    /// When, by the messenger's clock.
    pub at: i64,
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

/// What a reply row holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// Text of a model or a person, as it stands.
    Text {
        /// The text.
        text: String,
    },
    /// Sentences of the house, one paragraph each.
    Phrases {
        /// In reading order.
        phrases: Vec<Phrase>,
    },
    /// Text of a model, then sentences of the house (an offer, a mark that it was cut short).
    Mixed {
        /// The model's text.
        text: String,
        /// In reading order.
        phrases: Vec<Phrase>,
    },
    /// A finished picture.
    Picture(PictureReply),
}

/// A finished picture as a reply carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureReply {
    /// File name inside the media folder.
    pub file: String,
    /// What was painted.
    pub prompt: String,
    /// Seed of the noise.
    pub seed: u64,
    /// Denoising steps.
    pub steps: u32,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Key of the sentence under the picture, if the model's manifest has one.
    pub caption: Option<String>,
    /// The end of the request that the picture model had no room for.
    #[serde(default)]
    pub cut: Option<String>,
}

/// What somebody ordered from the painter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Commission {
    /// What to draw, in the requester's words.
    pub subject: String,
    /// What the picture model reads (the subject, or its translation).
    pub prompt: String,
    /// What should not be in the picture.
    pub negative: Option<String>,
    /// Seed of the noise; drawn by the intent when nobody names one.
    pub seed: u64,
    /// Pixels; the model's own size when `None`.
    pub size: Option<(u32, u32)>,
    /// Denoising steps; the model's own number when `None`.
    pub steps: Option<u32>,
}

/// Whole milliseconds, for logs and reports.
#[must_use]
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
