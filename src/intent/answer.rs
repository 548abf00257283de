//! *answer*: what remains when nothing else was meant. Whole turns of the conversation go to the answer model.
//!
//! Text in a language that the answer model does not list is not given to it, as far as `language` tells: the house
//! says so itself, with the cure, and greets, thanks and explains itself in that language.

use async_trait::async_trait;

use super::kit::{AnswerFacts, Ask, Kit};
use super::language::{Small, Tongue, small_talk, tongue};
use super::{Intent, minded, say};
use crate::conversation;
use crate::inference::{ChatRequest, InferenceError, Role, Turn};
use crate::message::{
    Content, Exchange, Failure, FailureKind, Language, Notice, Outcome, Pending, Phrase, Show, Task,
};
use crate::phrases::Phrases;

/// Key of the long explanation, which is given once a lane.
const UNSUPPORTED: &str = "language-unsupported";

/// Most characters of somebody's words that stand before a question about them.
const MOST_QUOTED: usize = 2_000;

/// Answers in words.
pub(super) struct Answer;

#[async_trait]
impl Intent for Answer {
    fn name(&self) -> &'static str {
        "answer"
    }

    async fn handle(&self, ask: &Ask, kit: &Kit) -> Result<Outcome, Failure> {
        respond(&with_quoted(ask), ask, kit, false).await
    }
}

/// What is asked, with the words of somebody that it answers. What the house itself said stands in the conversation.
fn with_quoted(ask: &Ask) -> String {
    let quoted = ask.quoted.as_ref().filter(|quoted| !quoted.ours).and_then(|quoted| quoted.text.as_deref());
    match quoted.map(str::trim).filter(|quoted| !quoted.is_empty()) {
        Some(quoted) => {
            let quoted: String = quoted.chars().take(MOST_QUOTED).collect();
            format!("“{quoted}”\n\n{}", ask.args)
        }
        None => ask.args.clone(),
    }
}

/// Answers an earlier request once more, differently.
pub(super) async fn again(text: &str, ask: &Ask, kit: &Kit) -> Result<Outcome, Failure> {
    respond(text, ask, kit, true).await
}

async fn respond(text: &str, ask: &Ask, kit: &Kit, differently: bool) -> Result<Outcome, Failure> {
    minded(text, ask, kit)?;
    let Some((model, facts)) = &kit.answering else {
        if let Some(phrase) = by_the_house(text) {
            return Ok(say(phrase));
        }
        let key = if kit.painter.is_some() { "answer-model-missing" } else { "nothing-installed" };
        return Err(Failure { kind: FailureKind::Ours, phrase: Phrase::new(key), source: None });
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
    let (notices, address, task) = (kit.notices.clone(), ask.address.clone(), Task::Message(ask.message));
    let mut draft = String::new();
    let progress = Box::new(move |delta: String| {
        draft.push_str(&delta);
        let show = Show::Draft(draft.clone());
        let _ = notices.try_send(Notice { address: address.clone(), task, show });
    });
    let answer = model.run(request, ask.stop.clone(), progress).await.map_err(InferenceError::failure)?;
    let answered = answer.text.trim().to_owned();
    let silent = answered.is_empty() && !answer.stopped;
    let mut phrases = Vec::new();
    if silent {
        phrases.push(Phrase::new("answer-empty"));
    }
    if answer.stopped {
        phrases.push(Phrase::new("stopped-mark"));
    } else if answer.repeated && !silent {
        phrases.push(Phrase::new("answer-repeated"));
    }
    if !answer.stopped && ask.offer_drawing {
        phrases.push(Phrase::new("draw-instead"));
    }
    let content = Content::Mixed { text: answered.clone(), phrases };
    let remember = (!silent).then(|| Exchange { asked: text.to_owned(), answered });
    if ask.offer_drawing && !answer.stopped {
        let pending = Pending::DrawInstead { text: ask.args.clone() };
        return Ok(Outcome::Ask { content, pending, remember });
    }
    Ok(Outcome::Say { content, remember })
}

/// The lane's persona, else the owner's, else the model's own system message.
fn system(ask: &Ask, kit: &Kit, facts: &AnswerFacts) -> Vec<Turn> {
    let chosen = ask.settings.persona.as_ref().or(kit.options.persona.as_ref());
    let chosen = chosen.filter(|persona| !persona.is_empty() && speaks(facts, tongue(persona)));
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

/// Whether an answer model works in the language of a text.
pub(super) fn speaks(facts: &AnswerFacts, language: Tongue) -> bool {
    match language {
        Tongue::Ru => facts.languages.iter().any(|code| code == "ru"),
        Tongue::En => facts.languages.iter().any(|code| code == "en"),
        Tongue::Unclear => true,
        Tongue::Other => facts.languages.iter().any(|code| code == "mul"),
    }
}

/// Why a text is not given to the answer model: it is in a language that the model does not list.
#[must_use]
pub fn unspoken(text: &str, facts: &AnswerFacts, phrases: &Phrases, language: Language) -> Option<Phrase> {
    let tongue = tongue(text);
    (!speaks(facts, tongue)).then(|| explanation(tongue, facts, phrases, language))
}

/// Whether an answer model works in a language of the house.
#[must_use]
pub fn answers_in(facts: &AnswerFacts, language: Language) -> bool {
    facts.languages.iter().any(|code| code == language.code())
}

/// What is installed, what works all the same, and the cure where there is one. Names of languages are in `language`.
#[must_use]
pub fn explanation(tongue: Tongue, facts: &AnswerFacts, phrases: &Phrases, language: Language) -> Phrase {
    let key = if tongue == Tongue::Other { "language-foreign" } else { UNSUPPORTED };
    let names: Vec<String> = facts.languages.iter().map(|code| phrases.language(language, code)).collect();
    let phrase = Phrase::new(key).with("model", facts.model.clone()).with("languages", names.join(", "));
    if tongue == Tongue::Other { phrase } else { phrase.with("size", facts.better_mb) }
}

async fn unsupported(text: &str, ask: &Ask, kit: &Kit, facts: &AnswerFacts) -> Result<Outcome, Failure> {
    if let Some(phrase) = by_the_house(text) {
        return Ok(say(phrase));
    }
    let tongue = tongue(text);
    let phrase = if tongue != Tongue::Other && kit.reader.was_told(&ask.address, UNSUPPORTED).await? {
        Phrase::new("language-unsupported-short").with("size", facts.better_mb)
    } else {
        explanation(tongue, facts, &kit.phrases, ask.language)
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
