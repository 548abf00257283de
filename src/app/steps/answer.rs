//! `step answer`: one text to the answer model, without a conversation before it.

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::Done;
use crate::app::config::Config;
use crate::app::engines::Engines;
use crate::app::voice::Voice;
use crate::inference::{Answering, ChatRequest, Role, Turn};
use crate::intent::{self, AnswerFacts};
use crate::message::Phrase;

/// The answer model, and what the house tells it first.
pub(super) struct Answers {
    model: Answering,
    facts: AnswerFacts,
    system: String,
}

impl Answers {
    pub(super) fn new(engines: &Engines, config: &Config, voice: &Voice) -> anyhow::Result<Self> {
        let (model, facts) =
            engines.answering.clone().ok_or_else(|| voice.refusal(&Phrase::new("answer-model-missing")))?;
        let persona = &config.answer.persona;
        let system = if persona.is_empty() { facts.system.clone() } else { persona.clone() };
        Ok(Self { model, facts, system })
    }

    /// As in the house, a text in a language that the model does not list is not given to it.
    pub(super) async fn one(&self, text: &str, voice: &Voice) -> anyhow::Result<Done> {
        if text.trim().is_empty() {
            return Err(voice.refusal(&Phrase::new("empty")));
        }
        if let Some(phrase) = intent::unspoken(text, &self.facts, &voice.phrases, voice.language) {
            return Err(voice.refusal(&phrase));
        }
        let turn = |role, text: &str| Turn { role, text: text.to_owned() };
        let mut turns = vec![turn(Role::User, text)];
        if !self.system.is_empty() {
            turns.insert(0, turn(Role::System, &self.system));
        }
        let request = ChatRequest {
            turns,
            sampling: self.facts.sampling.clone(),
            max_new_tokens: self.facts.max_new_tokens,
            stop: Vec::new(),
        };
        let answer = self.model.run(request, CancellationToken::new(), Box::new(|_| ())).await;
        let answer = answer.map_err(|error| voice.error(error))?;
        let words = answer.text.trim();
        let line = json!({"text": text, "answer": words, "tokens": answer.tokens});
        Ok(Done { human: words.to_owned(), line })
    }
}
