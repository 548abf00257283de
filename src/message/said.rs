//! What somebody said, as a messenger offers it to the inbox: who, where several people hear it or one, and in which form.

use serde::{Deserialize, Serialize};

use super::{Address, Album, Language, Phrase};

/// Who wrote.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Person {
    /// The messenger's own id of the person.
    pub id: String,
    /// The name to show.
    pub name: Option<String>,
    /// The language that the messenger says the person prefers.
    pub language: Option<Language>,
    /// Behind this id may stand anybody: an anonymous admin, a channel, the service itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
}

/// Who hears what is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// One person and the house.
    #[default]
    Private,
    /// Several people.
    Group {
        /// Whether the house is meant for sure: it was mentioned, answered, or given a command by name.
        called: bool,
    },
}

impl Audience {
    /// Whether several people hear it.
    #[must_use]
    pub const fn is_group(self) -> bool {
        matches!(self, Self::Group { .. })
    }

    /// Whether a group says it among itself, as far as the messenger can tell.
    #[must_use]
    pub const fn is_overheard(self) -> bool {
        matches!(self, Self::Group { called: false })
    }
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
    /// A button of ours was pressed.
    Press {
        /// Remote key of the message under which it stands.
        of: String,
        /// What the button says to us.
        data: String,
    },
    /// Something happened to the chat; nobody said anything.
    Event(Event),
    /// Something that no room can read yet; the word names it in the log.
    Unsupported(String),
}

/// What happened to a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The house was added, or let in again.
    Added,
    /// The house was blocked or put out: nothing that it says arrives.
    Removed,
    /// The chat has another id from now on.
    Moved {
        /// The messenger's new id of the chat.
        to: String,
    },
    /// Nothing that anybody said to us: a service message, a piece of an album. The word names it in the log.
    Silent(String),
    /// Nothing that this program knows; the word names it in the log.
    Unknown(String),
}

/// Speech as a messenger offers it: not the sound, but where the messenger finds it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Recording {
    /// The messenger's own reference: a file's id, a path.
    pub remote: String,
    /// Words that came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
}

/// The earlier message that a message answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quoted {
    /// Its remote key.
    pub key: String,
    /// Whether the house had said it.
    pub ours: bool,
    /// Who said it, where the messenger tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Person>,
    /// Its words, or those of them that were quoted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What was spoken in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<Recording>,
}

/// One message as a messenger offers it to the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Where it was said.
    pub address: Address,
    /// Kind and remote id, unique in the chat: `m:17`, `e:17:<date>`, `c:<callback>`, `u:<update>`.
    pub key: String,
    /// Who said it.
    pub from: Person,
    /// Who hears it.
    #[serde(default)]
    pub audience: Audience,
    /// What was said.
    pub body: Body,
    /// What came with the words and is not looked at (`photo`, `video`, ...): the words are the message then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<String>,
    /// The album that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub album: Option<Album>,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<Quoted>,
    /// When, by the messenger's clock.
    pub at: i64,
}

impl Message {
    /// A message in private that answers no other.
    #[must_use]
    pub fn new(address: Address, key: impl Into<String>, from: Person, body: Body, at: i64) -> Self {
        let (audience, key) = (Audience::Private, key.into());
        Self { address, key, from, audience, body, beside: None, album: None, quoted: None, at }
    }

    /// Remote key of the message that a reply answers: an edit or a pressed button stands for an earlier one.
    #[must_use]
    pub fn request(&self) -> &str {
        match &self.body {
            Body::Edit { of, .. } | Body::Press { of, .. } => of,
            Body::Text(_) | Body::Voice(_) | Body::Event(_) | Body::Unsupported(_) => &self.key,
        }
    }

    /// What was typed.
    #[must_use]
    pub fn words(&self) -> Option<&str> {
        match &self.body {
            Body::Text(text) | Body::Edit { text, .. } => Some(text),
            Body::Voice(recording) => recording.caption.as_deref(),
            Body::Press { .. } | Body::Event(_) | Body::Unsupported(_) => None,
        }
    }

    /// What is said honestly beside an answer: what of this message nobody here has looked at or listened to.
    #[must_use]
    pub fn unread(&self) -> Vec<Phrase> {
        let unseen = self.beside.as_deref().map(|what| Phrase::new("not-looked-at").with("what", what));
        let recordings = self.album.as_ref().map_or(0, |album| album.recordings);
        let unheard =
            (recordings > 1).then(|| Phrase::new("first-heard").with("count", i64::from(recordings)));
        unseen.into_iter().chain(unheard).collect()
    }

    /// The recording that it carries, or that of somebody's message which it answers.
    #[must_use]
    pub fn recording(&self) -> Option<&Recording> {
        match &self.body {
            Body::Voice(recording) => Some(recording),
            Body::Text(_) => self.quoted.as_ref().filter(|quoted| !quoted.ours)?.recording.as_ref(),
            Body::Edit { .. } | Body::Press { .. } | Body::Event(_) | Body::Unsupported(_) => None,
        }
    }
}
