//! The steps of the journey, by name: the log, the fail points and the crash tests speak of these and no others.

use std::fmt;

/// A step that a message, a drawing or a reply has reached. Each stands for a moment between two promises: a process
/// that dies there has kept every promise before it, and the next process keeps the ones after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// The message is on disk; its messenger has not confirmed it outside yet.
    Accepted,
    /// The message is in hand, its attempt counted.
    Taken,
    /// It is for us, and can be read.
    Heeded,
    /// Its intent is known.
    Understood,
    /// It has become an outcome, in memory only.
    Acted,
    /// The outcome is rows.
    Settled,
    /// The drawing is in the painter's hands, its attempt counted.
    Claimed,
    /// One denoising step is done; a picture reaches this as often as it has steps.
    Denoised,
    /// The picture's file is on disk; no row says that it is done.
    Written,
    /// The drawing has ended and its reply is queued, in one transaction.
    Drawn,
    /// A part of a reply is about to leave.
    Sending,
    /// Its messenger has confirmed it, in memory only.
    Sent,
    /// The confirmation is a row.
    Confirmed,
}

impl Step {
    /// Every step, in the order of the journey.
    pub const ALL: [Self; 13] = [
        Self::Accepted,
        Self::Taken,
        Self::Heeded,
        Self::Understood,
        Self::Acted,
        Self::Settled,
        Self::Claimed,
        Self::Denoised,
        Self::Written,
        Self::Drawn,
        Self::Sending,
        Self::Sent,
        Self::Confirmed,
    ];

    /// Its name in the log and in fail points.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Taken => "taken",
            Self::Heeded => "heeded",
            Self::Understood => "understood",
            Self::Acted => "acted",
            Self::Settled => "settled",
            Self::Claimed => "claimed",
            Self::Denoised => "denoised",
            Self::Written => "written",
            Self::Drawn => "drawn",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Confirmed => "confirmed",
        }
    }

    /// The step of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
