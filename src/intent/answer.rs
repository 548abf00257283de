//! *answer*: what remains when nothing else was meant. Whole turns of the conversation go to the answer model.
//!
//! Text in a language that the answer model does not list is never given to it: the house says so itself, with the
//! cure, and greets, thanks and explains itself in that language.

use futures_util::future::BoxFuture;

use super::kit::{AnswerFacts, Ask, Kit, failure_of};
use super::language::{Small, Tongue, small_talk, tongue};
use super::{Intent, say};
use crate::conversation;
use crate::inference::{ChatRequest, Role, Turn};
use crate::message::{Content, Failure, FailureKind, Notice, Outcome, Pending, Phrase, Show};

/// Key of the long explanation, which is given once a lane.
const UNSUPPORTED: &str = "language-unsupported";

/// Answers in words.
pub(super) struct Answer;

impl Intent for Answer {
    fn name(&self) -> &'static str {
        "answer"
    }

    fn handle<'a>(&'a self, ask: &'a Ask, kit: &'a Kit) -> BoxFuture<'a, Result<Outcome, Failure>> {
        Box::pin(respond(&ask.args, ask, kit, false))
    }
}

/// Answers an earlier request once more, differently.
pub(super) async fn again(text: &str, ask: &Ask, kit: &Kit) -> Result<Outcome, Failure> {
    respond(text, ask, kit, true).await
}

async fn respond(text: &str, ask: &Ask, kit: &Kit, differently: bool) -> Result<Outcome, Failure> {
    let Some((model, facts)) = &kit.answering else {
        if let Some(phrase) = by_the_house(text) {
            return Ok(say(phrase));
        }
        return Err(Failure {
            kind: FailureKind::Ours,
            phrase: Phrase::new("answer-model-missing"),
            source: None,
        });
    };
    if !speaks(facts, tongue(text)) {
        return unsupported(text, ask, kit, facts).await;
    }
    let mut turns = system(ask, kit, facts);
    let spoken =
        conversation::with_request(&kit.reader, &ask.address, kit.options.conversation, text, ask.now)
            .await?;
    turns.extend(understandable(spoken, facts));
    let mut sampling = facts.sampling.clone();
    sampling.seed = ask.seed;
    if differently {
        sampling.temperature = sampling.temperature.max(0.7);
    }
    let request = ChatRequest { turns, sampling, max_new_tokens: facts.max_new_tokens, stop: Vec::new() };
    let (notices, address) = (kit.notices.clone(), ask.address.clone());
    let mut draft = String::new();
    let progress = Box::new(move |delta: String| {
        draft.push_str(&delta);
        let _ = notices.try_send(Notice { address: address.clone(), show: Show::Draft(draft.clone()) });
    });
    let answer = model.run(request, ask.stop.clone(), progress).await.map_err(failure_of)?;
    let mut phrases = Vec::new();
    if answer.stopped {
        phrases.push(Phrase::new("stopped-mark"));
    } else if ask.offer_drawing {
        phrases.push(Phrase::new("draw-instead"));
    }
    let text = answer.text.trim().to_owned();
    let (content, remember) = (Content::Mixed { text: text.clone(), phrases }, Some(text));
    if ask.offer_drawing && !answer.stopped {
        let pending = Pending::DrawInstead { text: ask.args.clone() };
        return Ok(Outcome::Ask { content, pending, remember });
    }
    Ok(Outcome::Say { content, remember })
}

/// The lane's persona, else the owner's, else the model's own system message.
fn system(ask: &Ask, kit: &Kit, facts: &AnswerFacts) -> Vec<Turn> {
    let chosen =
        ask.settings.persona.as_ref().or(kit.options.persona.as_ref()).filter(|persona| !persona.is_empty());
    let text = chosen.unwrap_or(&facts.system);
    if text.is_empty() { Vec::new() } else { vec![Turn { role: Role::System, text: text.clone() }] }
}

/// Turns the model understands: a question in another language goes, and its answer with it.
fn understandable(turns: Vec<Turn>, facts: &AnswerFacts) -> Vec<Turn> {
    let mut keep = true;
    turns
        .into_iter()
        .filter(|turn| {
            if turn.role == Role::User {
                keep = speaks(facts, tongue(&turn.text));
            }
            keep
        })
        .collect()
}

fn speaks(facts: &AnswerFacts, language: Tongue) -> bool {
    match language {
        Tongue::Ru => facts.languages.iter().any(|code| code == "ru"),
        Tongue::En => facts.languages.iter().any(|code| code == "en"),
        Tongue::Unclear => true,
        Tongue::Other => facts.languages.iter().any(|code| code == "mul"),
    }
}

/// Why a text is not given to the answer model: it is in a language that the model does not list.
#[must_use]
pub fn unspoken(text: &str, facts: &AnswerFacts) -> Option<Phrase> {
    (!speaks(facts, tongue(text))).then(|| explanation(facts))
}

fn explanation(facts: &AnswerFacts) -> Phrase {
    Phrase::new(UNSUPPORTED)
        .with("model", facts.model.clone())
        .with("languages", facts.languages.join(", "))
        .with("size", facts.better_size.clone())
}

async fn unsupported(text: &str, ask: &Ask, kit: &Kit, facts: &AnswerFacts) -> Result<Outcome, Failure> {
    if let Some(phrase) = by_the_house(text) {
        return Ok(say(phrase));
    }
    let phrase = if kit.reader.was_told(&ask.address, UNSUPPORTED).await? {
        Phrase::new("language-unsupported-short").with("size", facts.better_size.clone())
    } else {
        explanation(facts)
    };
    let mut phrases = vec![phrase];
    if !ask.offer_drawing {
        return Ok(Outcome::Say { content: Content::Phrases { phrases }, remember: None });
    }
    phrases.push(Phrase::new("draw-instead"));
    let pending = Pending::DrawInstead { text: ask.args.clone() };
    Ok(Outcome::Ask { content: Content::Phrases { phrases }, pending, remember: None })
}

/// Greetings and thanks that need no model.
fn by_the_house(text: &str) -> Option<Phrase> {
    match small_talk(text)? {
        Small::Greeting => Some(Phrase::new("greeting")),
        Small::Thanks => Some(Phrase::new("thanks")),
    }
}
