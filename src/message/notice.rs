//! Notices: what is shown while the house works and need not survive.

use super::{Address, DrawingId, MessageId};

/// Something shown that need not survive.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Where to show it.
    pub address: Address,
    /// What is worked at.
    pub task: Task,
    /// What to show.
    pub show: Show,
}

/// What the house works at while it shows something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Task {
    /// A message.
    Message(MessageId),
    /// A drawing.
    Drawing(DrawingId),
}

/// What a notice shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Show {
    /// Somebody is at work.
    Typing,
    /// The answer as far as it has grown.
    Draft(String),
    /// A recording is listened to.
    Hearing {
        /// Seconds heard.
        done: u32,
        /// Seconds in all.
        of: u32,
    },
    /// Place in the FIFO, 1 is next.
    Position {
        /// 1 is next; 0 is being painted.
        place: u32,
        /// Milliseconds until it is done, as the last drawings took; `None` while there were none.
        left_ms: Option<u64>,
    },
    /// A picture grows.
    Progress {
        /// Steps done.
        step: u32,
        /// Steps in all.
        of: u32,
        /// Milliseconds left, once that is known.
        left_ms: Option<u64>,
    },
    /// Nothing more to show of it.
    Clear,
    /// Somebody said /forget here: what the messenger itself keeps of the lane goes too.
    Forget,
}
