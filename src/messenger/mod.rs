//! The seam to the outside: what every messenger can do, and the list of known ones.
//!
//! A messenger offers every update to the inbox as it came and confirms it outside only after the row is committed;
//! it delivers one part at a time and shows notices. It decides nothing: splitting, rendering and retrying stand
//! once, in the outbox. It must never name a model, an intent or the store.

pub mod console;
mod bring;
mod fetch;
mod turn;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::AsyncRead;
use tokio_util::sync::CancellationToken;

use crate::inbox::Inbox;
use crate::message::{Address, Notice, Phrase, Recording};

pub use bring::{Intake, LARGEST};
pub use fetch::Fetcher;

/// Names of every messenger there is; a new one is one folder and one line here.
pub const KNOWN: &[&str] = &[console::NAME];

/// Names under which whoever can read the data folder talks: the owner, without being listed.
pub const LOCAL: &[&str] = &[console::NAME, console::ASK];

/// What a messenger can show, so that the outbox can render and split for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// Most characters (Unicode scalar values) in one text part.
    pub text_limit: usize,
    /// Most characters in a caption.
    pub caption_limit: usize,
    /// Whether a delivered part can be replaced.
    pub edits: bool,
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
}

/// What a part carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartBody {
    /// Text in the messenger's dialect.
    Text(String),
    /// A picture file and the sentence under it.
    Picture {
        /// Absolute path of the PNG.
        path: PathBuf,
        /// The sentence under it, may be empty.
        caption: String,
    },
}

/// The service's own id of something delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteId(pub String);

/// Why a part did not leave: the one question is whether to try again.
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
}

/// A recording as it comes.
pub type Incoming = Box<dyn AsyncRead + Send + Unpin>;

/// Why a recording does not come.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Again later.
    #[error("not brought, to be tried again: {reason}")]
    Later {
        /// How long the service asked us to wait.
        after: Option<Duration>,
        /// What happened.
        reason: String,
    },
    /// This machine does not read or keep it: again later, but not for long.
    #[error("not brought, a disk is at fault: {source}")]
    Ours {
        /// What is said to whoever sent it, when that lasts.
        phrase: Phrase,
        /// What happened.
        source: io::Error,
    },
    /// Never.
    #[error("not to be had: {reason}")]
    Never {
        /// What is said to whoever sent it.
        phrase: Phrase,
        /// What happened.
        reason: String,
    },
}

impl FetchError {
    /// The disk of the data folder does not take it.
    #[must_use]
    pub fn disk(source: io::Error) -> Self {
        let key = match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "disk-full",
            _ => "our-fault",
        };
        Self::Ours { phrase: Phrase::new(key), source }
    }

    /// What is said when it is not tried any more.
    #[must_use]
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Later { .. } => Phrase::new("voice-gone"),
            Self::Ours { phrase, .. } | Self::Never { phrase, .. } => phrase.clone(),
        }
    }
}

/// The wait before the next of several tries: 1 s, doubled with each failure, 5 min at most.
#[must_use]
pub fn backoff(failures: u32) -> Duration {
    Duration::from_secs(1_u64.checked_shl(failures.min(9)).unwrap_or(u64::MAX).min(300))
}

/// Why listening ended before it was told to.
#[derive(Debug, thiserror::Error)]
#[error("messenger {messenger} stopped listening: {reason}")]
pub struct ListenError {
    /// Which messenger.
    pub messenger: &'static str,
    /// What happened.
    pub reason: String,
}

/// A way to talk with people.
#[async_trait]
pub trait Messenger: Send + Sync {
    /// Its name, as in [`KNOWN`] and in addresses.
    fn name(&self) -> &'static str;

    /// What it can show.
    fn dialect(&self) -> Dialect;

    /// Offers every update to the inbox until told to stop (or until there are no more).
    async fn listen(&self, inbox: &Inbox, stop: CancellationToken) -> Result<(), ListenError>;

    /// Delivers one part. `key` is the same again after a failed attempt; `replaces` names a part to be edited.
    async fn deliver(
        &self,
        part: &Part,
        key: &str,
        replaces: Option<&RemoteId>,
    ) -> Result<RemoteId, DeliveryError>;

    /// Opens a recording that one of its messages carries. It is read to its end, or until there is too much of it.
    async fn fetch(&self, recording: &Recording) -> Result<Incoming, FetchError> {
        let reason = format!("{} carries no recordings, and this is one: {}", self.name(), recording.remote);
        Err(FetchError::Never { phrase: Phrase::new("unsupported-body"), reason })
    }

    /// Shows one notice, best effort.
    async fn show(&self, notice: &Notice);
}
