//! An encoder-decoder that answers people.

use std::path::Path;

use super::generation::Writing;
use super::settings::{Settings, filled};
use super::{Seq2Seq, Wish, open};
use crate::inference::InferenceError;
use crate::inference::generation::window::{self, Fitted};
use crate::inference::model::{Control, Model};
use crate::inference::requests::{ChatAnswer, ChatRequest, Role, Sampling, Turn};
use crate::inference::runtime::Hardware;
use crate::models::Manifest;

/// What the house wants to know about an answering model before (and without) loading it.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Most tokens of an answer when nobody says.
    pub max_new_tokens: usize,
    /// How tokens are chosen when nobody says (seed 0).
    pub sampling: Sampling,
}

impl Facts {
    /// Reads them from a manifest and the generation_config.json that it names.
    ///
    /// # Errors
    /// When they do not fit the family.
    pub fn of(manifest: &Manifest, folder: &Path) -> Result<Self, InferenceError> {
        let Writing { search, sampling, .. } = Writing::read(&Settings::of(manifest)?, folder)?;
        Ok(Self { max_new_tokens: search.most, sampling })
    }
}

/// A loaded answer model.
pub struct Instruct(Seq2Seq);

/// Loads an answer model.
///
/// # Errors
/// When a file is missing or unfit, when the settings do not fit, or when the runtime refuses a graph.
pub fn load(manifest: &Manifest, folder: &Path, hardware: &Hardware) -> Result<Instruct, InferenceError> {
    open(manifest, folder, hardware).map(Instruct)
}

impl Model for Instruct {
    type Input = ChatRequest;
    type Output = ChatAnswer;
    type Progress = String;

    /// Answers the last turn; turns before it are seen where the manifest says how. Pieces of text go out as progress.
    fn run(&mut self, input: ChatRequest, ctl: &Control<String>) -> Result<ChatAnswer, InferenceError> {
        let Fitted { tokens: ids, dropped } = self.fit(&input.turns)?;
        let wish = Wish { sampling: input.sampling, most: input.max_new_tokens };
        let (text, written) = self.0.write(&ids, &wish, ctl)?;
        Ok(ChatAnswer {
            text,
            tokens: written.tokens.len(),
            stopped: written.stopped,
            repeated: written.repeated,
            turns_dropped: dropped,
        })
    }
}

impl Instruct {
    /// Ids of a conversation, without the turns that do not fit or that the model was never shown.
    fn fit(&self, turns: &[Turn]) -> Result<Fitted, InferenceError> {
        let Self(model) = self;
        let seen = turns.iter().filter(|turn| turn.role != Role::System);
        let skipped =
            if model.settings.history.is_some() { 0 } else { seen.clone().count().saturating_sub(1) };
        let seen: Vec<Turn> = seen.skip(skipped).cloned().collect();
        let most = model.settings.max_input_tokens;
        let fitted = window::fit(&seen, most, |turns| model.words.ids(&self.prompt(turns)))?;
        if fitted.tokens.len() > most {
            let (value, bound) = (fitted.tokens.len().to_string(), most.to_string());
            return Err(InferenceError::Refused { key: "message-too-long", value, bound });
        }
        Ok(Fitted { dropped: fitted.dropped + skipped, ..fitted })
    }

    /// A conversation as the model reads it.
    fn prompt(&self, turns: &[&Turn]) -> String {
        let settings = &self.0.settings;
        let Some((last, before)) = turns.split_last() else { return String::new() };
        let mut prompt = String::new();
        for turn in before {
            if let Some(history) = &settings.history {
                let form = if turn.role == Role::User { &history.user } else { &history.assistant };
                prompt.push_str(&filled(form, &[("{text}", &turn.text)]));
            }
        }
        prompt + &filled(&settings.prompt, &[("{text}", &last.text)])
    }
}
