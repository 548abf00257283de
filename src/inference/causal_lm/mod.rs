//! Causal language models (Llama, Qwen2, Qwen3, ... as exported with a text-generation task): a conversation goes in,
//! its continuation comes out, token by token.
//!
//! In: whole turns. Out: text, partial text on the way. Prompts come from the model's own chat template; what people
//! typed is text there and nothing else. It never shortens a turn: what does not fit is left out whole, or refused.

mod decoder;
mod python;
mod settings;
mod template;

use std::fs;
use std::path::Path;
use std::time::Instant;

use minijinja::Value;

use self::decoder::Decoder;
pub use self::settings::Facts;
use self::settings::Settings;
use self::template::{ChatTemplate, Piece, TemplateError};
use super::error::InferenceError;
use super::generation::repetition::Loops;
use super::generation::sampling::Sampler;
use super::generation::stream::TextStream;
use super::generation::window::{self, Fitted};
use super::model::{Control, Model};
use super::requests::{ChatAnswer, ChatRequest, Role, Turn};
use super::runtime::Hardware;
use super::tokenizer::{Tokenizer, Voice};
use crate::message::millis;
use crate::models::Manifest;

/// Tokens of a prompt that are read at once; between two such runs the model can be stopped.
const CHUNK: usize = 256;
/// A prompt that leaves less room than this for an answer is refused.
const LEAST_ANSWER: usize = 16;
/// What ends an answer when it comes again and again: a sentence soon, a few words late (a table has them, a refrain), a
/// single token never (a number has them).
const LOOPS: Loops = Loops {
    times: |length| match length {
        ..2 => usize::MAX,
        2..5 => 12,
        5..8 => 6,
        _ => 4,
    },
};
/// A cache longer than this is not kept for the next request (SmolLM2 takes 46 KB a token).
const KEPT: usize = 2048;

/// A loaded causal language model.
pub struct CausalLm {
    name: String,
    settings: Settings,
    template: ChatTemplate,
    /// For the template's own pieces, and to read what the model wrote.
    own: Tokenizer,
    said: Tokenizer,
    decoder: Decoder,
}

/// Loads the model that a manifest describes from its folder.
///
/// # Errors
/// When a file is missing or unfit, when the settings do not fit, or when the runtime refuses the graph.
pub fn load(manifest: &Manifest, folder: &Path, hardware: &Hardware) -> Result<CausalLm, InferenceError> {
    let settings = Settings::of(manifest)?;
    let path = folder.join(&settings.chat_template);
    let refused = |reason| InferenceError::File { path: path.clone(), reason };
    let source = fs::read_to_string(&path).map_err(|error| refused(error.to_string()))?;
    let variables = settings.template.iter().map(|(name, value)| (name.clone(), variable(value)));
    let mut variables: std::collections::BTreeMap<_, _> = variables.collect();
    variables.insert("bos_token".to_owned(), Value::from(settings.bos_token.as_str()));
    variables.insert("eos_token".to_owned(), Value::from(settings.eos_token.as_str()));
    Ok(CausalLm {
        name: manifest.name.clone(),
        template: ChatTemplate::new(&source, variables).map_err(|TemplateError(reason)| refused(reason))?,
        own: Tokenizer::open(&folder.join(&settings.tokenizer), Voice::House)?,
        said: Tokenizer::open(&folder.join(&settings.tokenizer), Voice::People)?,
        decoder: Decoder::open(&folder.join(&settings.graph), hardware)?,
        settings,
    })
}

fn variable(value: &toml::Value) -> Value {
    match value {
        toml::Value::Boolean(value) => Value::from(*value),
        toml::Value::Integer(value) => Value::from(*value),
        toml::Value::Float(value) => Value::from(*value),
        toml::Value::String(value) => Value::from(value.as_str()),
        other => Value::from(other.to_string()),
    }
}

impl Model for CausalLm {
    type Input = ChatRequest;
    type Output = ChatAnswer;
    type Progress = String;

    /// Continues the conversation. Pieces of text go out as progress; together they are the answer's text, but for one
    /// that went in circles.
    fn run(&mut self, input: ChatRequest, ctl: &Control<String>) -> Result<ChatAnswer, InferenceError> {
        let started = Instant::now();
        let Fitted { tokens: prompt, dropped } = self.fit(&input)?;
        let reused = self.decoder.begin(&prompt)?;
        let answer = self.answer(&prompt, &input, ctl);
        if self.decoder.len() > KEPT {
            self.decoder.forget()?;
        }
        let answer = ChatAnswer { turns_dropped: dropped, ..answer? };
        tracing::debug!(
            model = self.name,
            prompt = prompt.len(),
            reused,
            tokens = answer.tokens,
            dropped,
            stopped = answer.stopped,
            repeated = answer.repeated,
            ms = millis(started.elapsed()),
            "answered"
        );
        Ok(answer)
    }
}

impl CausalLm {
    /// The prompt of a conversation as token ids, as the model reads it (nothing dropped, no system turn added).
    ///
    /// # Errors
    /// When the template refuses the conversation.
    pub fn prompt(&self, turns: &[&Turn]) -> Result<Vec<u32>, InferenceError> {
        let pieces = self.template.pieces(turns).map_err(|TemplateError(reason)| InferenceError::File {
            path: self.settings.chat_template.clone(),
            reason,
        })?;
        let ids = pieces.iter().map(|piece| match piece {
            Piece::Own(text) => self.own.ids(text),
            Piece::Said(text) => self.said.ids(text),
        });
        Ok(ids.collect::<Result<Vec<_>, _>>()?.concat())
    }

    /// Drops turns until the rest and an answer fit; puts the model's own system message before a talk without one.
    fn fit(&self, input: &ChatRequest) -> Result<Fitted, InferenceError> {
        let context = self.settings.context;
        let own = self
            .settings
            .system
            .as_ref()
            .filter(|_| input.turns.first().map(|turn| turn.role) != Some(Role::System));
        let own = own.map(|text| Turn { role: Role::System, text: text.clone() });
        let turns: Vec<Turn> = own.into_iter().chain(input.turns.iter().cloned()).collect();
        let budget = context - input.max_new_tokens.clamp(LEAST_ANSWER.min(context), context / 2 + 1);
        let fitted = window::fit(&turns, budget, |turns| self.prompt(turns))?;
        let length = fitted.tokens.len();
        if length == 0 || length + LEAST_ANSWER > context {
            return Err(InferenceError::Refused {
                key: "message-too-long",
                value: length.to_string(),
                bound: context.saturating_sub(LEAST_ANSWER).to_string(),
            });
        }
        Ok(fitted)
    }

    /// Reads the prompt and writes until the model, a stop string, the length, a circle or somebody ends it.
    fn answer(
        &mut self,
        prompt: &[u32],
        input: &ChatRequest,
        ctl: &Control<String>,
    ) -> Result<ChatAnswer, InferenceError> {
        let Self { settings, own, decoder, .. } = self;
        let most = input.max_new_tokens.min(settings.context.saturating_sub(prompt.len()));
        let stops = settings.stop.iter().chain(&input.stop).cloned().collect();
        let mut stream = TextStream::new(|ids: &[u32]| own.decode(ids), stops);
        let mut sampler = Sampler::new(&input.sampling);
        let mut seen = prompt.to_vec();
        let mut answer = ChatAnswer::default();
        let mut write = || -> Result<(), InferenceError> {
            read(decoder, prompt, ctl)?;
            while answer.tokens < most {
                let next = sampler.choose(decoder.scores(), &seen).ok_or_else(|| InferenceError::Shape {
                    graph: settings.graph.display().to_string(),
                    reason: "its scores are not numbers".to_owned(),
                })?;
                if settings.eos.contains(&next) {
                    break;
                }
                answer.tokens += 1;
                seen.push(next);
                let grown = stream.push(next)?;
                say(&mut answer.text, grown.text, ctl);
                answer.repeated =
                    !grown.ended && LOOPS.run(seen.get(prompt.len()..).unwrap_or_default()).is_some();
                if grown.ended || answer.tokens == most || answer.repeated {
                    break;
                }
                ctl.checkpoint()?;
                decoder.feed(&[next])?;
            }
            Ok(())
        };
        match write() {
            Err(InferenceError::Stopped) => answer.stopped = true,
            ended => ended?,
        }
        say(&mut answer.text, stream.finish()?, ctl);
        if answer.repeated {
            let once = own.decode(LOOPS.once(seen.get(prompt.len()..).unwrap_or_default()))?;
            answer.text = once.replace(char::REPLACEMENT_CHARACTER, "");
        }
        Ok(answer)
    }
}

/// Reads what the decoder has not read of a prompt, in chunks where it remembers.
fn read(decoder: &mut Decoder, prompt: &[u32], ctl: &Control<String>) -> Result<(), InferenceError> {
    let unread = prompt.get(decoder.len()..).unwrap_or_default();
    for chunk in unread.chunks(if decoder.remembers() { CHUNK } else { usize::MAX }) {
        ctl.checkpoint()?;
        decoder.feed(chunk)?;
    }
    Ok(())
}

fn say(text: &mut String, more: String, ctl: &Control<String>) {
    if !more.is_empty() {
        text.push_str(&more);
        ctl.progress(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_that_comes_again_and_again_is_a_loop_and_a_table_is_none() {
        let sentence: Vec<u32> = (10..18).collect();
        assert_eq!(LOOPS.run(&sentence.repeat(3)), None);
        assert_eq!(LOOPS.run(&[&[1, 2, 3][..], &sentence.repeat(4)].concat()), Some(8));
        assert_eq!(LOOPS.run(&[7; 400]), None, "zeros");
        assert_eq!(LOOPS.run(&[7, 8, 9].repeat(10)), None, "columns of a table");
        assert_eq!(LOOPS.run(&[7, 8, 9].repeat(12)), Some(3), "la France, la France");
    }
}
