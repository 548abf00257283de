//! *redo*: the last thing again, or changed: another picture of it, "now with a hat", another answer.

use async_trait::async_trait;

use super::change::{self, Changed};
use super::kit::{Ask, Kit};
use super::options::Wishes;
use super::{Intent, answer, draw, options, say};
use crate::message::{Commission, Failure, Language, Outcome, Phrase};
use crate::store::{LastPicture, LastRequest};

const RU: &[&str] = &[
    "ещё раз",
    "ещё одну",
    "переделай",
    "нарисуй ещё один вариант",
    "а теперь с зонтом",
    "то же, но синее",
    "попробуй ответить иначе",
];

const EN: &[&str] = &[
    "again",
    "another one",
    "redo it",
    "draw one more version",
    "now with a hat",
    "same but blue",
    "try a different answer",
];

/// Does the last thing again, or changes it.
pub(super) struct Redo;

#[async_trait]
impl Intent for Redo {
    fn name(&self) -> &'static str {
        "redo"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["again", "ещё"]
    }

    fn examples(&self, language: Language) -> &'static [&'static str] {
        language.pick(RU, EN)
    }

    async fn handle(&self, ask: &Ask, kit: &Kit) -> Result<Outcome, Failure> {
        let picture = kit.reader.last_picture(&ask.address).await?;
        let words = kit.reader.last_request(&ask.address).await?;
        let wishes = options::parse(&ask.args).map_err(|failure| draw::with_size(failure, kit))?;
        let known = kit.painter.as_ref().and_then(|facts| facts.known.as_ref());
        let change = change::read(&wishes.rest, |rest| known.is_some_and(|known| known.knows(rest)));
        match (picture, words) {
            (_, words) if change::about_words(&wishes.rest) => match words {
                Some(words) => answer::again(&words.text, ask, kit).await,
                None => Ok(say(Phrase::new("nothing-to-redo"))),
            },
            (Some(picture), words) if change != Changed::Again || is_newer(&picture, words.as_ref()) => {
                again(picture.commission, change, wishes, ask, kit).await
            }
            (_, Some(words)) => answer::again(&words.text, ask, kit).await,
            (_, None) => Ok(say(Phrase::new("nothing-to-redo"))),
        }
    }
}

/// A plain "again" means what came last.
fn is_newer(picture: &LastPicture, words: Option<&LastRequest>) -> bool {
    words.is_none_or(|words| words.at <= picture.queued_at)
}

/// The last picture again, changed as asked.
async fn again(
    last: Commission,
    change: Changed,
    wishes: Wishes,
    ask: &Ask,
    kit: &Kit,
) -> Result<Outcome, Failure> {
    let mut unwanted = last.negative;
    let subject = match change {
        Changed::Again => last.subject,
        Changed::With(words) => format!("{} {words}", last.subject),
        Changed::But(words) => format!("{}, {words}", last.subject),
        Changed::Instead(subject) => subject,
        Changed::Without(words) => {
            unwanted = Some(unwanted.map_or(words.clone(), |before| format!("{before}, {words}")));
            last.subject
        }
    };
    let wishes = Wishes { no: wishes.no.or(unwanted), ..wishes };
    let mut next = draw::commission(subject, wishes, ask, kit).await?;
    next.size = next.size.or(last.size);
    next.steps = next.steps.or(last.steps);
    next.as_file |= last.as_file;
    Ok(Outcome::Draw(next))
}
