//! What a handled message turns into: a value that an intent returns and `store::settle` makes rows of.

use serde::{Deserialize, Serialize};

use super::{AccessChange, Change, Commission, Content, DrawingId};

/// What a handled message turns into; only `store::settle` makes rows of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Nothing to say (not for us, a duplicate in substance).
    Nothing,
    /// Say something.
    Say {
        /// What the reply holds.
        content: Content,
        /// To be kept in the conversation, if it belongs there.
        remember: Option<Exchange>,
    },
    /// Say something and wait for the answer.
    Ask {
        /// The question.
        content: Content,
        /// What the next message means.
        pending: Pending,
        /// To be kept in the conversation, if it belongs there.
        remember: Option<Exchange>,
    },
    /// Queue a drawing.
    Draw(Commission),
    /// Change a drawing that still waits (its request was edited).
    Redraw {
        /// The waiting drawing.
        drawing: DrawingId,
        /// What it becomes.
        commission: Commission,
    },
    /// Change settings of the lane, and say so.
    Set {
        /// In order.
        changes: Vec<Change>,
        /// What the reply holds.
        content: Content,
    },
    /// Begin a fresh conversation, and say so.
    New {
        /// What the reply holds.
        content: Content,
    },
    /// Delete what is kept about the lane and the person; the reply counts what went.
    Forget,
    /// End the message that the lane has in hand, or say that there is none.
    Stop,
    /// Cancel a drawing.
    Cancel(Which),
    /// Nobody in this chat hears us any more.
    Left,
    /// The chat has another id from now on.
    Moved {
        /// The messenger's new id of it.
        to: String,
    },
    /// Change who may talk, or say to somebody that he may not.
    Access(AccessChange),
}

/// Which drawing is to be cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The person's newest unfinished one.
    Newest,
    /// The one at this place in line; 0 is being painted.
    At(u32),
    /// This one: the button under the message that says it waits was pressed.
    Under(DrawingId),
}

/// A turn of the conversation: what was asked, and the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// What the person said.
    pub asked: String,
    /// What the assistant answered.
    pub answered: String,
}

/// What a question of ours waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pending {
    /// "What shall I draw?": the next text is the subject.
    Subject {
        /// Options that the request named already (`--seed 5`).
        options: String,
    },
    /// "Draw this instead?": a yes draws the text.
    DrawInstead {
        /// The text that was answered.
        text: String,
    },
}
