//! The steps of the journey, by name: the log, the fail points and the crash tests speak of these and no others.

use std::fmt;

macro_rules! steps {
    ($($(#[$doc:meta])* $step:ident = $name:literal),* $(,)?) => {
        /// A step that a message, a drawing or a reply has reached. Each stands for a moment between two promises: a
        /// process that dies there has kept every promise before it, and the next process keeps the ones after it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Step {
            $($(#[$doc])* $step,)*
        }

        impl Step {
            /// Every step, in the order of the journey.
            pub const ALL: &[Self] = &[$(Self::$step),*];

            /// Its name in the log and in fail points.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$step => $name,)*
                }
            }
        }
    };
}

steps! {
    /// The message is on disk; its messenger has not confirmed it outside yet.
    Accepted = "accepted",
    /// Its recording lies in its place; the message is not ready yet.
    Brought = "brought",
    /// The message is in hand, its attempt counted.
    Taken = "taken",
    /// It has been read, and whether it is for us is decided.
    Heeded = "heeded",
    /// What was said in its recording is known, in memory only.
    Heard = "heard",
    /// Its intent is known.
    Understood = "understood",
    /// It has become an outcome, in memory only.
    Acted = "acted",
    /// The outcome is rows.
    Settled = "settled",
    /// The drawing is in the painter's hands, its attempt counted.
    Claimed = "claimed",
    /// One denoising step is done; a picture reaches this as often as it has steps.
    Denoised = "denoised",
    /// The picture's file is on disk; no row says that it is done.
    Written = "written",
    /// The drawing has ended, and what is said about it is queued, in one transaction.
    Drawn = "drawn",
    /// A part of a reply is about to leave.
    Sending = "sending",
    /// Its messenger has confirmed it, in memory only.
    Sent = "sent",
    /// The confirmation is a row.
    Confirmed = "confirmed",
}

impl Step {
    /// The step of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|step| step.name() == name)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
