//! *queue* and *cancel*: the line of drawings as its requester may see it, and leaving it.

use async_trait::async_trait;

use super::Intent;
use super::kit::{Ask, Kit};
use crate::message::{Audience, Content, Failure, Language, Outcome, Phrase, Which};

const RU: &[&str] = &[
    "очередь",
    "где моя картинка?",
    "долго ещё ждать рисунок?",
    "какой я в очереди?",
    "отмени рисунок",
    "отмени мой заказ",
];

const EN: &[&str] = &[
    "queue",
    "where is my picture?",
    "how long until my picture is ready?",
    "what is my place in the queue?",
    "cancel the drawing",
    "cancel my request",
];

/// Beginnings of words that mean cancelling rather than looking.
const CANCEL_WORDS: &[&str] = &[
    "отмен",
    "отбой",
    "убер",
    "удал",
    "останов",
    "прекрат",
    "передум",
    "cancel",
    "abort",
    "stop",
    "remove",
    "nevermind",
];

/// Shows the line.
pub(super) struct Queue;

#[async_trait]
impl Intent for Queue {
    fn name(&self) -> &'static str {
        "queue"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["очередь"]
    }

    fn examples(&self, language: Language) -> &'static [&'static str] {
        language.pick(RU, EN)
    }

    async fn handle(&self, ask: &Ask, kit: &Kit) -> Result<Outcome, Failure> {
        if wants_cancel(&ask.args) {
            return Ok(Outcome::Cancel(which(&ask.args)));
        }
        let mut phrases = Vec::new();
        for row in kit.reader.queue(0).await? {
            // What somebody ordered in private is nobody's business in a group.
            let here = ask.audience == Audience::Private || row.address.lane() == ask.address.lane();
            let mine = here && row.person == ask.person && row.address.messenger == ask.address.messenger;
            let place = row.place.unwrap_or_default();
            let key = match (place, mine) {
                (0, true) => "queue-row-running",
                (0, false) => "queue-row-running-other",
                (_, true) => "queue-row",
                (_, false) => "queue-row-other",
            };
            let mut phrase = Phrase::new(key);
            if mine {
                phrase = phrase.with("subject", row.subject);
            }
            phrases.push(if place == 0 { phrase } else { phrase.with("place", i64::from(place)) });
        }
        let head = if phrases.is_empty() { "queue-empty" } else { "queue-head" };
        phrases.insert(0, Phrase::new(head));
        Ok(Outcome::Say { content: Content::Phrases { phrases }, remember: None })
    }
}

/// Cancels a drawing of the requester: the one at that place in line, or the newest.
pub(super) struct Cancel;

#[async_trait]
impl Intent for Cancel {
    fn name(&self) -> &'static str {
        "cancel"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["отмена"]
    }

    async fn handle(&self, ask: &Ask, _kit: &Kit) -> Result<Outcome, Failure> {
        Ok(Outcome::Cancel(which(&ask.args)))
    }
}

fn wants_cancel(text: &str) -> bool {
    let lower = text.to_lowercase();
    lower.contains("не надо")
        || lower.contains("не рисуй")
        || lower
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| CANCEL_WORDS.iter().any(|start| word.starts_with(start)))
}

fn which(text: &str) -> Which {
    number_in(text).map_or(Which::Newest, Which::At)
}

/// A place in line, as the list shows it.
fn number_in(text: &str) -> Option<u32> {
    text.split(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty())?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_is_told_from_cancelling() {
        for (text, expected) in [
            ("отмени мой рисунок", true),
            ("не надо рисовать", true),
            ("please cancel it", true),
            ("где моя картинка?", false),
            ("how long until my picture is ready", false),
        ] {
            assert_eq!(wants_cancel(text), expected, "{text}");
        }
        assert_eq!(number_in("3"), Some(3));
        assert_eq!(number_in("last one"), None);
    }
}
