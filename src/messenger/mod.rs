//! The seam to the outside: what every messenger can do, and the list of known ones.
//!
//! A messenger offers every update to the inbox as it came and confirms it outside only after the row is committed;
//! it delivers one part at a time and shows notices. It decides nothing: splitting, rendering and retrying stand
//! once, in the outbox. It must never name a model, an intent or the store.

pub mod console;
mod bring;
mod delivery;
mod fetch;
mod turn;
pub mod telegram;

use std::io;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::AsyncRead;
use tokio_util::sync::CancellationToken;

use crate::inbox::Inbox;
use crate::message::{Address, Notice, Phrase, Recording};

pub use bring::{Intake, LARGEST};
pub use delivery::{Button, DeliveryError, Dialect, Markup, Pace, Part, PartBody, Rate, RemoteId, Unit};
pub use fetch::Fetcher;

/// Names of every messenger there is; a new one is one folder and one line here.
pub const KNOWN: &[&str] = &[console::NAME, telegram::NAME];

/// Names under which whoever can read the data folder talks: the owner, without being listed.
pub const LOCAL: &[&str] = &[console::NAME, console::ASK];

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

    /// How often something may be shown in a chat.
    fn pace(&self, _address: &Address) -> Pace {
        Pace::FREE
    }

    /// Where a person can be told something in private; `None` where that cannot be known.
    fn private(&self, _person: &str) -> Option<Address> {
        None
    }

    /// Offers every update to the inbox until told to stop (or until there are no more).
    async fn listen(&self, inbox: &Inbox, stop: CancellationToken) -> Result<(), ListenError>;

    /// Delivers one part. `key` is the same again after a failed attempt; `replaces` names what it takes the place of
    /// (never given to one whose dialect has no edits). A part with nothing in it takes what it replaces away;
    /// where that cannot be done any more, it says so.
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

    /// Gives a sign that a request (its remote key) is worked at, best effort.
    async fn acknowledge(&self, _address: &Address, _key: &str) {}

    /// Answers a pressed button (its remote key) with a sentence that passes by itself, or with none. False when it was not
    /// shown: no such press waits for its answer.
    async fn answer_press(&self, _key: &str, _text: Option<&str>) -> bool {
        false
    }

    /// Shows one notice, best effort. What can be edited is not shown here: a draft is a part that is replaced.
    async fn show(&self, notice: &Notice);
}
