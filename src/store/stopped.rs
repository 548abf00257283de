//! What a message comes to when somebody said /stop while it was in hand. Pure.

use crate::message::{Content, Outcome, Phrase};

/// An answer with the mark, whole or not; of anything else, nothing but the word that it was stopped. Who may talk is not
/// stopped: that takes no time, and a code is used once.
pub(super) fn stopped(outcome: Outcome) -> Outcome {
    let mark = || Phrase::new("stopped-mark");
    let marked = |phrases: &[Phrase]| {
        phrases.iter().any(|phrase| phrase.key == "stopped-mark" || phrase.key == "stopping")
    };
    let (content, remember) = match outcome {
        Outcome::Nothing | Outcome::Access(_) => return outcome,
        Outcome::Say { content, remember } => (content, remember),
        _ => (Content::Phrases { phrases: vec![Phrase::new("stopping")] }, None),
    };
    let content = match content {
        Content::Text { text } => Content::Mixed { text, phrases: vec![mark()] },
        Content::Mixed { text, phrases } if !marked(&phrases) => {
            Content::Mixed { text, phrases: phrases.into_iter().chain([mark()]).collect() }
        }
        other => other,
    };
    Outcome::Say { content, remember }
}
