//! What need not stand in a chat: a word to whoever pressed a button, which passes by itself, and a refusal that the same person
//! is about to read once more.

use super::Outbox;
use super::render::text_of;
use crate::message::{Content, Phrase};
use crate::messenger::{Messenger, Pace};
use crate::store::{Due, StoreError};

/// Sentences that only who pressed is to read, and needs not keep.
const PASSING: &[&str] = &[
    "not-yours",
    "nothing-to-cancel",
    "button-old",
    "button-gone",
    "one-shape",
    "limit-drawings",
    "child-requests",
    "child-pictures",
];

impl Outbox {
    /// Says a word to whoever pressed a button. False when it has to stand in the chat.
    pub(super) async fn passes(&self, due: &Due, messenger: &dyn Messenger) -> bool {
        let Some(key) = word_to(due) else { return false };
        messenger.answer_press(key, Some(&text_of(&due.content, due.language, &self.phrases))).await
    }

    /// Whether a later reply says the same, and answers this one's request too. Where everything leaves at once, nobody waits
    /// behind what is said several times.
    pub(super) async fn is_said_later(
        &self,
        due: &Due,
        messenger: &dyn Messenger,
    ) -> Result<bool, StoreError> {
        let fresh = due.parts_sent == 0 && due.replaces.is_none() && due.drawing.is_none();
        if !fresh || sentence(due).is_none() || messenger.pace(&due.address) == Pace::FREE {
            return Ok(false);
        }
        self.store.is_said_later(due.reply, (self.clock)()).await
    }
}

/// The press (its remote key) that a reply may be a word in passing to: that takes no token of the chat.
pub(super) fn word_to(due: &Due) -> Option<&str> {
    let passing = PASSING.contains(&sentence(due)?.key.as_str());
    due.key.as_deref().filter(|_| passing && due.parts_sent == 0 && due.drawing.is_none())
}

/// The only sentence of a reply that is nothing else.
fn sentence(due: &Due) -> Option<&Phrase> {
    match &due.content {
        Content::Phrases { phrases } => phrases.first().filter(|_| phrases.len() == 1),
        _ => None,
    }
}
