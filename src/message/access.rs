//! Who may talk: what somebody is to this house, the role that is kept, and a change of it.

use serde::{Deserialize, Serialize};

use super::Phrase;

/// What somebody is to this house, where he is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Standing {
    /// Runs the bot.
    Owner,
    /// May use it.
    Member,
    /// May ask it in a group that was let in, or because the owner said so; changes nothing.
    Guest,
    /// As a member, with refused words and a number of requests a day.
    Child,
    /// Is not heard.
    #[default]
    Stranger,
}

/// A role that somebody was given and that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Runs the bot.
    Owner,
    /// May use it.
    Member,
    /// May ask it.
    Guest,
    /// As a member, held to the rules for children.
    Child,
    /// Is not heard, in allowed groups neither, and is told nothing.
    Denied,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Owner, Self::Member, Self::Guest, Self::Child, Self::Denied];

    /// Its word in the database and in phrases.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Member => "member",
            Self::Guest => "guest",
            Self::Child => "child",
            Self::Denied => "denied",
        }
    }

    /// The role of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// What it makes of somebody.
    #[must_use]
    pub const fn standing(self) -> Standing {
        match self {
            Self::Owner => Standing::Owner,
            Self::Member => Standing::Member,
            Self::Guest => Standing::Guest,
            Self::Child => Standing::Child,
            Self::Denied => Standing::Stranger,
        }
    }
}

/// A change of who may talk, or word to somebody who may not.
#[derive(Debug, Clone, PartialEq)]
pub enum AccessChange {
    /// Somebody said what may be the one-time code.
    Claim {
        /// Its sum; the code itself goes no further than the step that read it.
        sum: String,
        /// Others heard it: it makes nobody the owner.
        aloud: bool,
    },
    /// Somebody who may not talk is told so, once.
    TurnAway {
        /// Whom that is said to: a person (in private), a chat, or a person in a chat.
        knock: Knock,
        /// What is said.
        phrase: Phrase,
    },
    /// The owner gives a person of this messenger a role.
    Person {
        /// The messenger's own id of the person.
        id: String,
        /// The name to show.
        name: Option<String>,
        /// What the person becomes.
        role: Role,
    },
    /// The owner lets a chat of several people in, or closes it.
    Group {
        /// The messenger's own id of the chat.
        id: String,
        /// Whether people there are heard.
        allowed: bool,
    },
}

/// Who is told once that this is a private house.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Knock {
    /// The chat; none for a person wherever he is.
    pub chat: Option<String>,
    /// The person; none for everybody in the chat.
    pub person: Option<String>,
}
