//! Conditioning: what the denoiser is told about the prompt.
//!
//! In: a prompt. Out: the text encoder's states, one row for each of a fixed number of tokens, and the end of the
//! prompt that found no room. The encoder is CLIP of the model's own folder, or any sentence encoder of another model.
//! Never: pixels.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::bounds::{Padding, Settings};
use super::stage::{Feed, Stage};
use super::tokens::Prompts;
use crate::inference::InferenceError;
use crate::inference::runtime::Hardware;

/// States of one prompt.
pub(super) struct States {
    /// Row by row: `length` x `width`.
    pub(super) values: Vec<f32>,
    /// Tokens.
    pub(super) length: usize,
    /// Values a token.
    pub(super) width: usize,
    /// The end of the prompt that found no room.
    pub(super) cut: Option<String>,
}

/// A text encoder with its tokenizer.
pub(super) struct Conditioner {
    encoder: Stage,
    prompts: Prompts,
    padding: Padding,
}

impl Conditioner {
    /// Opens what `[settings] text_encoder` names.
    pub(super) fn open(
        settings: &Settings,
        folder: &Path,
        needs: &BTreeMap<String, PathBuf>,
        hardware: &Hardware,
    ) -> Result<Self, InferenceError> {
        let (graph, words) = places(&settings.text_encoder, folder, needs)?;
        let encoder = Stage::open(&graph, hardware)?;
        if !encoder.takes("input_ids") {
            return Err(encoder.misfit("a text encoder takes input_ids"));
        }
        let length =
            settings.text_length.or_else(|| encoder.fixed("input_ids", 1).map(|length| length as usize));
        let prompts = Prompts::open(&words, length, &settings.prefix)?;
        Ok(Self { encoder, prompts, padding: settings.padding })
    }

    /// Encodes one prompt.
    pub(super) fn states(&mut self, prompt: &str) -> Result<States, InferenceError> {
        let tokens = self.prompts.encode(prompt)?;
        let length = self.prompts.length();
        let mut ids = tokens.ids;
        let mut mask = vec![1; ids.len()];
        let whole = self.padding == Padding::Token || self.encoder.fixed("input_ids", 1).is_some();
        let said = ids.len();
        if whole {
            ids.resize(length, self.prompts.pad());
            mask.resize(length, i64::from(self.padding == Padding::Token));
        }
        let shape = [1, ids.len()];
        let kinds = vec![0; ids.len()];
        let feeds = [
            ("input_ids", &shape[..], Feed::Ints(&ids)),
            ("attention_mask", &shape[..], Feed::Ints(&mask)),
            ("token_type_ids", &shape[..], Feed::Ints(&kinds)),
        ];
        let made = self.encoder.run(&feeds, &["last_hidden_state", "hidden_states", "states"])?;
        let (&[1, rows, width], values) = (made.shape.as_slice(), made.values) else {
            return Err(self.encoder.misfit("its states are not [1, tokens, width]"));
        };
        if rows != ids.len() || width == 0 {
            return Err(self
                .encoder
                .misfit(format!("it gave {rows} states of {width} for {} tokens", ids.len())));
        }
        let kept = if self.padding == Padding::Zero { said } else { length };
        let mut values: Vec<f32> = values.into_iter().take(kept * width).collect();
        values.resize(length * width, 0.0);
        Ok(States { values, length, width, cut: tokens.cut })
    }
}

/// The graph and the tokenizer folder.
fn places(
    encoder: &str,
    folder: &Path,
    needs: &BTreeMap<String, PathBuf>,
) -> Result<(PathBuf, PathBuf), InferenceError> {
    if let Some(other) = encoder.strip_prefix('@') {
        let home = needs.get(other).ok_or_else(|| InferenceError::File {
            path: folder.to_owned(),
            reason: format!("text_encoder is @{other}, and model {other} is not among its needs"),
        })?;
        return Ok((home.join("encoder.onnx"), home.clone()));
    }
    let home = folder.join(encoder);
    let words = folder.join("tokenizer");
    Ok((home.join("model.onnx"), if words.is_dir() { words } else { home }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoder_is_a_folder_or_another_model() {
        let folder = tempfile::tempdir().unwrap();
        let needs = BTreeMap::from([("understand".to_owned(), PathBuf::from("/models/understand"))]);
        let place = |encoder: &str| places(encoder, folder.path(), &needs);
        let other = place("@understand").unwrap();
        assert_eq!(other, ("/models/understand/encoder.onnx".into(), "/models/understand".into()));
        assert!(place("@nobody").unwrap_err().to_string().contains("nobody"));
        let home = folder.path().join("text_encoder");
        assert_eq!(place("text_encoder").unwrap(), (home.join("model.onnx"), home.clone()));
        std::fs::create_dir(folder.path().join("tokenizer")).unwrap();
        assert_eq!(
            place("text_encoder").unwrap(),
            (home.join("model.onnx"), folder.path().join("tokenizer"))
        );
    }
}
