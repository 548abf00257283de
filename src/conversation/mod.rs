//! What was said in a lane: whole turns, bounded by count and age, ready for an answer model.
//!
//! A person's turn and the answer to it stay together; an answer is never kept without its question.

use crate::inference::{Role, Turn};
use crate::message::Address;
use crate::store::{Reader, StoreError};

/// How much of a conversation is read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Most turns (a question and its answer are two).
    pub turns: u32,
    /// Oldest turn, in milliseconds before now.
    pub age_ms: i64,
}

/// The turns so far, then the new request.
///
/// # Errors
/// When the database fails.
pub async fn with_request(
    reader: &Reader,
    address: &Address,
    bounds: Bounds,
    request: &str,
    now: i64,
) -> Result<Vec<Turn>, StoreError> {
    let kept = reader.turns(address, bounds.turns, now - bounds.age_ms).await?;
    let mut turns: Vec<Turn> = kept
        .into_iter()
        .map(|turn| Turn {
            role: if turn.from_person { Role::User } else { Role::Assistant },
            text: turn.text,
        })
        .collect();
    turns.push(Turn { role: Role::User, text: request.to_owned() });
    Ok(turns)
}
