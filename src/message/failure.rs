//! Why something could not be done: for the person a phrase, for the log a cause.

use std::fmt;

use super::Phrase;

/// Why something could not be done: the kind chooses the log level, the phrase is what people read.
#[derive(Debug)]
pub struct Failure {
    /// Whose turn it is.
    pub kind: FailureKind,
    /// What the person is told.
    pub phrase: Phrase,
    /// The cause, for the log only.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Whose turn it is after a [`Failure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The person can mend it (a size, a missing word).
    Theirs,
    /// Try again later.
    Busy,
    /// A fault of the house.
    Ours,
    /// Somebody said stop.
    Stopped,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.phrase.key)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
