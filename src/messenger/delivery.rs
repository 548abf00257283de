//! What leaves the house: parts of replies, what a messenger can show of them and how often, and why one did not leave.

use std::path::PathBuf;
use std::time::Duration;

use crate::message::Address;

/// What a messenger can show, so that the outbox can render and split for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// How it marks text up.
    pub markup: Markup,
    /// What its limits count.
    pub unit: Unit,
    /// Most units in one text part.
    pub text_limit: usize,
    /// Most units in a caption.
    pub caption_limit: usize,
    /// Whether a delivered part can be replaced and taken away.
    pub edits: bool,
    /// Whether buttons can stand under a part.
    pub buttons: bool,
    /// How often anything may leave, whatever the chat.
    pub overall: Rate,
}

impl Dialect {
    /// Text as it stands, never edited, at any pace. Limits in characters.
    #[must_use]
    pub const fn plain(text_limit: usize, caption_limit: usize) -> Self {
        Self {
            markup: Markup::Plain,
            unit: Unit::Characters,
            text_limit,
            caption_limit,
            edits: false,
            buttons: false,
            overall: Rate::FREE,
        }
    }
}

/// How a messenger marks text up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    /// Not at all.
    Plain,
    /// The HTML subset of Telegram.
    TelegramHtml,
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Unicode scalar values.
    Characters,
    /// UTF-16 code units.
    Utf16,
}

/// So many at once, and one more after each interval: a token bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Tokens of a full bucket.
    pub burst: u32,
    /// Time in which one comes back.
    pub every: Duration,
}

impl Rate {
    /// No limit.
    pub const FREE: Self = Self { burst: u32::MAX, every: Duration::ZERO };
}

/// How often something may be shown in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Anything at all.
    pub chat: Rate,
    /// The shortest time between two notices.
    pub notices: Duration,
}

impl Pace {
    /// No limit.
    pub const FREE: Self = Self { chat: Rate::FREE, notices: Duration::ZERO };
}

/// One piece of a reply, ready to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Where it goes.
    pub address: Address,
    /// Remote key of the message it answers.
    pub reply_to: Option<String>,
    /// What it carries.
    pub body: PartBody,
    /// What stands under it, row by row.
    pub buttons: Vec<Vec<Button>>,
}

/// What a part carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartBody {
    /// Text.
    Text {
        /// As it stands, for a messenger that marks nothing up or refuses the markup.
        plain: String,
        /// In the messenger's markup.
        marked: Option<String>,
    },
    /// A picture file and the sentence under it.
    Picture {
        /// Absolute path of the PNG.
        path: PathBuf,
        /// The sentence under it, may be empty.
        caption: String,
        /// As a file with all its bytes, not as a photo.
        as_file: bool,
    },
    /// Nothing: what it replaces goes.
    Gone,
}

/// A button under a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What stands on it.
    pub label: String,
    /// What comes back when it is pressed.
    pub data: String,
}

/// The service's own id of something delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteId(pub String);

/// Why a part did not leave: what is to be done about it.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// Again later.
    #[error("not delivered, to be tried again: {reason}")]
    Later {
        /// How long the service asked us to wait.
        after: Option<Duration>,
        /// What happened.
        reason: String,
    },
    /// Never: the same part would be refused again.
    #[error("refused for good: {reason}")]
    Never {
        /// What happened.
        reason: String,
    },
    /// It may or may not have arrived.
    #[error("outcome unknown: {reason}")]
    Unknown {
        /// What happened.
        reason: String,
    },
    /// The markup was refused: the same without it.
    #[error("markup refused: {reason}")]
    Markup {
        /// What happened.
        reason: String,
    },
    /// What should be replaced is not there: as something new.
    #[error("nothing to replace: {reason}")]
    NothingToReplace {
        /// What happened.
        reason: String,
    },
    /// What should go cannot be taken away any more; it can be replaced.
    #[error("it stays: {reason}")]
    Stays {
        /// What happened.
        reason: String,
    },
    /// Nobody in that chat hears us any more.
    #[error("nobody is there: {reason}")]
    NobodyThere {
        /// What happened.
        reason: String,
    },
    /// The chat has another id.
    #[error("the chat has moved")]
    Moved {
        /// The messenger's new id of it.
        to: String,
    },
}
