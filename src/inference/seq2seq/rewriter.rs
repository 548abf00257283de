//! An encoder-decoder that translates, or finds what is to be drawn.

use std::path::Path;

use super::settings::filled;
use super::strangers::Known;
use super::{Seq2Seq, Wish, open};
use crate::inference::InferenceError;
use crate::inference::model::{Control, Model};
use crate::inference::requests::{RewriteRequest, Rewritten};
use crate::inference::runtime::Hardware;
use crate::models::Manifest;

/// A loaded translator or extractor.
pub struct Rewriter {
    pub(super) model: Seq2Seq,
    pub(super) known: Option<Known>,
}

/// Loads a translator or an extractor.
///
/// # Errors
/// When a file is missing or unfit, when the settings do not fit, or when the runtime refuses a graph.
pub fn load(manifest: &Manifest, folder: &Path, hardware: &Hardware) -> Result<Rewriter, InferenceError> {
    let model = open(manifest, folder, hardware)?;
    let known = model.settings.known.as_ref().map(|path| Known::open(&folder.join(path))).transpose()?;
    Ok(Rewriter { model, known })
}

impl Model for Rewriter {
    type Input = RewriteRequest;
    type Output = Rewritten;
    type Progress = String;

    /// Writes the text anew. Pieces of text go out as progress where one answer is followed and no word is strange.
    fn run(&mut self, input: RewriteRequest, ctl: &Control<String>) -> Result<Rewritten, InferenceError> {
        let marked = self.known.as_ref().map(|known| known.marked(&input.text));
        let Some(marked) = marked else { return self.write(&input.text, &input.language, ctl) };
        let written = self.write(&marked.text, &input.language, ctl)?;
        if let Some(text) = marked.restored(&written.text) {
            return Ok(Rewritten { text, ..written });
        }
        let written = self.write(&marked.in_latin(), &input.language, ctl)?;
        Ok(Rewritten { text: marked.completed(&written.text), ..written })
    }
}

impl Rewriter {
    fn write(
        &mut self,
        text: &str,
        language: &str,
        ctl: &Control<String>,
    ) -> Result<Rewritten, InferenceError> {
        let Self { model, .. } = self;
        let questions = &model.settings.question;
        let question = questions.get(language).or_else(|| questions.values().next());
        let question = question.map_or("", String::as_str);
        let prompt = filled(&model.settings.prompt, &[("{text}", text), ("{question}", question)]);
        let ids = model.ids(&prompt)?;
        let wish = Wish { sampling: model.writing.sampling.clone(), most: usize::MAX };
        let (text, written) = model.write(&ids, &wish, ctl)?;
        if written.stopped {
            return Err(InferenceError::Stopped);
        }
        Ok(Rewritten { text, tokens: written.tokens.len(), repeated: written.repeated })
    }
}
