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

/// An error and what it came from, for the log.
#[must_use]
pub fn causes(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        // Some errors repeat their cause in their own words.
        if !said.contains(&words) {
            said.push_str(": ");
            said.push_str(&words);
        }
        cause = error.source();
    }
    said
}
