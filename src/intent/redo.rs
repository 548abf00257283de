//! *redo*: the last thing again, or changed: another picture of it, "now with a hat", another answer.

use futures_util::future::BoxFuture;

use super::change::{self, Changed};
use super::kit::{Ask, Kit};
use super::{Intent, answer, draw, options, say};
use crate::message::{Failure, Language, Outcome, Phrase};

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

    fn handle<'a>(&'a self, ask: &'a Ask, kit: &'a Kit) -> BoxFuture<'a, Result<Outcome, Failure>> {
        Box::pin(async move {
            let picture = kit.reader.last_picture(&ask.address).await?;
            let words = kit.reader.last_request(&ask.address).await?;
            let wishes = options::parse(&ask.args)?;
            match (picture, words) {
                (Some(picture), words)
                    if words.as_ref().is_none_or(|words| words.at <= picture.queued_at) =>
                {
                    let known = kit.painter.as_ref().and_then(|facts| facts.known.as_ref());
                    let last = picture.commission;
                    let subject =
                        match change::read(&wishes.rest, |rest| known.is_some_and(|known| known.knows(rest)))
                        {
                            Changed::Again => last.subject,
                            Changed::With(words) => format!("{} {words}", last.subject),
                            Changed::But(words) => format!("{}, {words}", last.subject),
                            Changed::Instead(subject) => subject,
                        };
                    let mut next = draw::commission(subject, wishes, ask, kit)?;
                    next.negative = next.negative.or(last.negative);
                    next.size = next.size.or(last.size);
                    next.steps = next.steps.or(last.steps);
                    Ok(Outcome::Draw(next))
                }
                (_, Some(words)) => answer::again(&words.text, ask, kit).await,
                (_, None) => Ok(say(Phrase::new("nothing-to-redo"))),
            }
        })
    }
}
