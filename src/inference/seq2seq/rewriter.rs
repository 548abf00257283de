//! An encoder-decoder that translates, or finds what is to be drawn.

use std::path::Path;

use super::settings::filled;
use super::{Seq2Seq, Wish, open};
use crate::inference::InferenceError;
use crate::inference::model::{Control, Model};
use crate::inference::requests::{RewriteRequest, Rewritten};
use crate::inference::runtime::Hardware;
use crate::models::Manifest;

/// A loaded translator or extractor.
pub struct Rewriter(Seq2Seq);

/// Loads a translator or an extractor.
///
/// # Errors
/// When a file is missing or unfit, when the settings do not fit, or when the runtime refuses a graph.
pub fn load(manifest: &Manifest, folder: &Path, hardware: &Hardware) -> Result<Rewriter, InferenceError> {
    open(manifest, folder, hardware).map(Rewriter)
}

impl Model for Rewriter {
    type Input = RewriteRequest;
    type Output = Rewritten;
    type Progress = String;

    /// Writes the text anew. Pieces of text go out as progress where one answer is followed.
    fn run(&mut self, input: RewriteRequest, ctl: &Control<String>) -> Result<Rewritten, InferenceError> {
        let Self(model) = self;
        let questions = &model.settings.question;
        let question = questions.get(&input.language).or_else(|| questions.values().next());
        let question = question.map_or("", String::as_str);
        let prompt = filled(&model.settings.prompt, &[("{text}", &input.text), ("{question}", question)]);
        let ids = model.ids(&prompt)?;
        let wish = Wish { sampling: model.writing.sampling.clone(), most: usize::MAX };
        let (text, written) = model.write(&ids, &wish, ctl)?;
        if written.stopped {
            return Err(InferenceError::Stopped);
        }
        Ok(Rewritten { text, tokens: written.tokens.len(), repeated: written.repeated })
    }
}
