//! *understanding*: one encoder run per phrase, and two heads over its states: which intent, and what to draw.
//!
//! The starter's composition of the families *encoder*, *siamese* and *span* on one model thread.

use std::path::Path;

use serde::Deserialize;

use super::encoder::Encoder;
use super::runtime::Hardware;
use super::siamese::{Siamese, Trunk};
use super::span::SpanHead;
use super::{Control, InferenceError, Model, UnderstandRequest, Understood};
use crate::models::Manifest;

/// What the manifest says under `[settings]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    prefix: String,
    max_tokens: usize,
    threshold: f32,
    no_subject_margin: f32,
}

/// Encoder and heads.
pub struct Understanding {
    encoder: Encoder,
    trunk: Trunk,
    siamese: Siamese,
    span: SpanHead,
    threshold: f32,
}

/// Opens `encoder.onnx`, `tokenizer.json`, `intent.onnx`, `match.onnx` and `span.onnx` of a folder and encodes every
/// command (intent and its example phrases) once.
///
/// # Errors
/// When a file is missing or does not fit.
pub fn load(
    manifest: &Manifest,
    folder: &Path,
    commands: &[(String, Vec<String>)],
    hardware: &Hardware,
) -> Result<Understanding, InferenceError> {
    let settings: Settings = manifest.settings().map_err(|error| InferenceError::File {
        path: folder.join("manifest.toml"),
        reason: format!("{error}: {}", error.source),
    })?;
    let file = |name: &str| folder.join(name);
    let limits = (settings.prefix.as_str(), settings.max_tokens);
    let mut encoder = Encoder::open(&file("encoder.onnx"), &file("tokenizer.json"), limits, hardware)?;
    let mut trunk = Trunk::open(&file("intent.onnx"), hardware)?;
    let mut encoded = Vec::new();
    for (intent, phrases) in commands {
        for phrase in phrases {
            encoded.push((intent.clone(), trunk.encode(&encoder.states(phrase)?)?));
        }
    }
    Ok(Understanding {
        encoder,
        trunk,
        siamese: Siamese::open(&file("match.onnx"), encoded, hardware)?,
        span: SpanHead::open(&file("span.onnx"), settings.no_subject_margin, hardware)?,
        threshold: settings.threshold,
    })
}

impl Model for Understanding {
    type Input = UnderstandRequest;
    type Output = Understood;
    type Progress = ();

    fn run(&mut self, input: UnderstandRequest, ctl: &Control<()>) -> Result<Understood, InferenceError> {
        ctl.checkpoint()?;
        let (UnderstandRequest::Intent { text } | UnderstandRequest::Subject { text }) = &input;
        let states = self.encoder.states(text)?;
        if let Some(cut) = states.cut {
            tracing::debug!(bytes = text.len(), cut, "only the beginning of the text was understood");
        }
        match &input {
            UnderstandRequest::Intent { .. } => {
                let scores = self.siamese.scores(&self.trunk.encode(&states)?)?;
                let matched = scores.first().is_some_and(|(_, score)| *score > self.threshold.max(0.5));
                Ok(Understood::Intent { scores, matched })
            }
            UnderstandRequest::Subject { text } => {
                let range = self.span.answer(&states)?.filter(|range| text.get(range.clone()).is_some());
                Ok(Understood::Subject(range.map(|range| trimmed(text, range))))
            }
        }
    }
}

/// Widened to whole words, without the space that a token may begin with and punctuation at the ends.
fn trimmed(text: &str, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let (before, after) =
        (text.get(..range.start).unwrap_or_default(), text.get(range.end..).unwrap_or_default());
    let inside = text.get(range.clone()).unwrap_or_default();
    let word = |c: char| c.is_alphanumeric();
    let (mut start, mut end) = (range.start, range.end);
    if inside.starts_with(word) {
        start -= before.len() - before.trim_end_matches(word).len();
    }
    if inside.ends_with(word) {
        end += after.len() - after.trim_start_matches(word).len();
    }
    let piece = text.get(start..end).unwrap_or_default();
    let outer =
        |c: char| c.is_whitespace() || matches!(c, ',' | '.' | '!' | '?' | ':' | ';' | '…' | '-' | '—' | '–');
    start += piece.len() - piece.trim_start_matches(outer).len();
    end -= piece.len() - piece.trim_end_matches(outer).len();
    start..end.max(start)
}

#[cfg(test)]
mod tests {
    use super::trimmed;

    #[test]
    fn a_subject_is_made_of_whole_words() {
        let text = "нарисуй рыжего кота, быстро!";
        let cut = |piece: &str| text.find(piece).map(|at| at..at + piece.len()).unwrap();
        assert_eq!(&text[trimmed(text, cut(" рыжего кот"))], "рыжего кота");
        assert_eq!(&text[trimmed(text, cut("ыжего кота,"))], "рыжего кота");
    }
}
