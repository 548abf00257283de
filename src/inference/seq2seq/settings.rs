//! What a seq2seq model's manifest says in `[settings]`, and what of it concerns the rest of the house.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::inference::error::{self, InferenceError};
use crate::models::{Manifest, Purpose};

/// The `[settings]` of family `seq2seq`; paths are relative to the model's folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// The encoder.
    pub(super) encoder: PathBuf,
    /// The decoder: merged, or of a split export the one with a past.
    pub(super) decoder: PathBuf,
    /// Of a split export the one without a past.
    #[serde(default)]
    pub(super) first: Option<PathBuf>,
    /// tokenizer.json; or
    #[serde(default)]
    pub(super) tokenizer: Option<PathBuf>,
    /// what Marian has instead of it.
    #[serde(default)]
    pub(super) pieces: Option<Pieces>,
    /// generation_config.json.
    #[serde(default)]
    pub(super) generation: Option<PathBuf>,
    /// Keys of generation_config.json that are others here.
    #[serde(default)]
    pub(super) generate: toml::Table,
    /// Most tokens of a text that is read.
    #[serde(default = "most_read")]
    pub(super) max_input_tokens: usize,
    /// The language that a translator writes (ISO 639-1); it reads those of the manifest.
    #[serde(default)]
    pub(super) to: Option<String>,
    /// The forms of words that the model knows; absent where it knows enough to be asked about any.
    #[serde(default)]
    pub(super) known: Option<PathBuf>,
    /// How a text stands in what the model reads: `{text}`, and `{question}` for an extractor.
    #[serde(default = "bare")]
    pub(super) prompt: String,
    /// What an extractor is asked, by language (ISO 639-1).
    #[serde(default)]
    pub(super) question: BTreeMap<String, String>,
    /// How earlier turns stand before the last one; absent: the model sees the last one only.
    #[serde(default)]
    pub(super) history: Option<History>,
}

/// Marian's tokenizer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pieces {
    /// SentencePiece model of the language that is read.
    pub(super) source: PathBuf,
    /// SentencePiece model of the language that is written.
    pub(super) target: PathBuf,
    /// Ids of the pieces of both (vocab.json).
    pub(super) vocabulary: PathBuf,
}

/// How earlier turns are written down.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct History {
    /// What somebody said, `{text}`.
    pub(super) user: String,
    /// What the model said, `{text}`.
    pub(super) assistant: String,
}

const fn most_read() -> usize {
    512
}

fn bare() -> String {
    "{text}".to_owned()
}

impl Settings {
    /// Reads and checks them.
    pub(super) fn of(manifest: &Manifest) -> Result<Self, InferenceError> {
        let settings: Self = error::settings(manifest)?;
        match settings.flaw(manifest.purpose) {
            Some(reason) => Err(InferenceError::settings(manifest, reason.to_owned())),
            None => Ok(settings),
        }
    }

    fn flaw(&self, purpose: Option<Purpose>) -> Option<&'static str> {
        let forms = self.history.iter().flat_map(|history| [&history.user, &history.assistant]);
        if self.tokenizer.is_some() == self.pieces.is_some() {
            Some("either tokenizer or pieces is wanted")
        } else if self.max_input_tokens < 8 {
            Some("max_input_tokens must be at least 8")
        } else if std::iter::once(&self.prompt).chain(forms).any(|form| !form.contains("{text}")) {
            Some("a form without {text} would leave out what was said")
        } else if purpose.is_none() {
            Some("the manifest says no purpose")
        } else if purpose == Some(Purpose::Translate) && self.to.is_none() {
            Some("a translator says what language it writes: to")
        } else if purpose == Some(Purpose::Extract)
            && self.prompt.contains("{question}") == self.question.is_empty()
        {
            Some("question and {question} in prompt go together")
        } else {
            None
        }
    }
}

/// A form with its places filled, each once and from left to right: what is put in is never looked through again.
pub(super) fn filled(form: &str, values: &[(&str, &str)]) -> String {
    let (mut text, mut rest) = (String::new(), form);
    while let Some((at, name, value)) = values
        .iter()
        .filter_map(|(name, value)| Some((rest.find(name)?, *name, *value)))
        .min_by_key(|(at, ..)| *at)
    {
        text.push_str(rest.get(..at).unwrap_or_default());
        text.push_str(value);
        rest = rest.get(at + name.len()..).unwrap_or_default();
    }
    text + rest
}

/// Looks whether a manifest's settings fit the family.
///
/// # Errors
/// Says what does not.
pub fn check(manifest: &Manifest) -> Result<(), InferenceError> {
    Settings::of(manifest).map(drop)
}

/// The language that a translator writes (ISO 639-1); none for other models.
///
/// # Errors
/// When its settings do not fit the family.
pub fn writes(manifest: &Manifest) -> Result<Option<String>, InferenceError> {
    Ok(Settings::of(manifest)?.to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_not_looked_through_again() {
        let values = [("{text}", "a {question} b"), ("{question}", "{text}?")];
        assert_eq!(filled("{question} | {text}.", &values), "{text}? | a {question} b.");
        assert_eq!(filled("nothing", &values), "nothing");
    }

    #[test]
    fn settings_that_cannot_work_are_refused_with_a_reason() {
        let with = |settings: &str| {
            let (purpose, settings) = settings.split_once('\n').unwrap();
            let manifest = Manifest::parse(&format!(
                "name = 'm'\nfamily = 'seq2seq'\n{purpose}\ntitle = ''\nlicence = ''\nsource = ''\nlanguages = ['ru']\n\
                 memory_mb = 1\nfile = []\n[settings]\nencoder = 'e'\ndecoder = 'd'\n{settings}"
            ));
            writes(&manifest.unwrap()).map_err(|error| error.to_string())
        };
        let whole = "purpose = 'translate'\nto = 'en'\ntokenizer = 't'\n";
        assert_eq!(with(whole).unwrap().as_deref(), Some("en"));
        for (settings, reason) in [
            ("purpose = 'translate'\nto = 'en'\n", "either tokenizer or pieces"),
            ("purpose = 'translate'\ntokenizer = 't'\n", "what language it writes"),
            ("purpose = 'extract'\ntokenizer = 't'\nprompt = '{question} {text}'\n", "go together"),
            ("purpose = 'extract'\ntokenizer = 't'\nquestion = { ru = 'Что?' }\n", "go together"),
            ("purpose = 'answer'\ntokenizer = 't'\nprompt = 'x'\n", "{text}"),
            ("\ntokenizer = 't'\n", "no purpose"),
            (&format!("{whole}max_input_tokens = 1\n"), "at least 8"),
            (&format!("{whole}beams = 1\n"), "beams"),
        ] {
            let error = with(settings).unwrap_err();
            assert!(error.contains(reason), "{settings}: {error}");
        }
    }
}
