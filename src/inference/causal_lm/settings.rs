//! What a causal language model's manifest says in `[settings]`, and what of it concerns the rest of the house.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::inference::error::{self, InferenceError};
use crate::inference::requests::Sampling;
use crate::models::Manifest;

/// The `[settings]` of family `causal_lm`; paths are relative to the model's folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// The graph.
    pub(super) graph: PathBuf,
    /// tokenizer.json.
    pub(super) tokenizer: PathBuf,
    /// The chat template, Jinja.
    pub(super) chat_template: PathBuf,
    /// Tokens that end an answer.
    pub(super) eos: Vec<u32>,
    /// Most tokens of a prompt and its answer together.
    pub(super) context: usize,
    /// Most tokens of an answer when nobody says.
    pub(super) max_new_tokens: usize,
    /// The system message the model was trained with.
    #[serde(default)]
    pub(super) system: Option<String>,
    /// How tokens are chosen when nobody says.
    #[serde(default)]
    pub(super) sampling: DefaultSampling,
    /// The template's `bos_token`.
    #[serde(default)]
    pub(super) bos_token: String,
    /// The template's `eos_token`.
    #[serde(default)]
    pub(super) eos_token: String,
    /// More variables of the template (`enable_thinking = false`).
    #[serde(default)]
    pub(super) template: BTreeMap<String, toml::Value>,
    /// Text that always ends an answer.
    #[serde(default)]
    pub(super) stop: Vec<String>,
}

/// [`Sampling`] without a seed, every key optional.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DefaultSampling {
    temperature: f32,
    top_k: usize,
    top_p: f32,
    min_p: f32,
    repetition_penalty: f32,
}

impl Default for DefaultSampling {
    fn default() -> Self {
        let Sampling { temperature, top_k, top_p, min_p, repetition_penalty, .. } = Sampling::default();
        Self { temperature, top_k, top_p, min_p, repetition_penalty }
    }
}

impl Settings {
    /// Reads and checks them.
    pub(super) fn of(manifest: &Manifest) -> Result<Self, InferenceError> {
        let refused = |reason: String| InferenceError::settings(manifest, reason);
        let settings: Self = error::settings(manifest)?;
        if settings.context == 0
            || settings.max_new_tokens == 0
            || settings.max_new_tokens >= settings.context
        {
            return Err(refused("max_new_tokens must be above 0 and below context".to_owned()));
        }
        Ok(settings)
    }
}

/// What the house wants to know about an answering model before (and without) loading it.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Languages it works in (ISO 639-1).
    pub languages: Vec<String>,
    /// The system message it was trained with; it is used when a request brings no system turn.
    pub system: Option<String>,
    /// Most tokens of a prompt and its answer together.
    pub context: usize,
    /// Most tokens of an answer when nobody says.
    pub max_new_tokens: usize,
    /// How tokens are chosen when nobody says (seed 0).
    pub sampling: Sampling,
}

impl Facts {
    /// Reads them from a manifest.
    ///
    /// # Errors
    /// When its settings do not fit the family.
    pub fn of(manifest: &Manifest) -> Result<Self, InferenceError> {
        let settings = Settings::of(manifest)?;
        let DefaultSampling { temperature, top_k, top_p, min_p, repetition_penalty } = settings.sampling;
        Ok(Self {
            languages: manifest.languages.clone(),
            system: settings.system,
            context: settings.context,
            max_new_tokens: settings.max_new_tokens,
            sampling: Sampling { temperature, top_k, top_p, min_p, repetition_penalty, seed: 0 },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(settings: &str) -> Manifest {
        Manifest::parse(&format!(
            "name = \"instruct\"\nfamily = \"causal_lm\"\ntitle = \"t\"\nlicence = \"MIT\"\nsource = \"s\"\n\
             languages = [\"en\"]\nmemory_mb = 1\nfile = []\n[settings]\n{settings}"
        ))
        .unwrap()
    }

    const WHOLE: &str = "graph = \"model.onnx\"\ntokenizer = \"tokenizer.json\"\nchat_template = \"chat_template.jinja\"\n\
        eos = [2]\ncontext = 8192\nmax_new_tokens = 512\n";

    #[test]
    fn facts_come_from_the_settings() {
        let text = format!("{WHOLE}system = \"You are.\"\nsampling = {{ temperature = 0.2, top_p = 0.9 }}");
        let facts = Facts::of(&manifest(&text)).unwrap();
        assert_eq!(facts.sampling, Sampling { temperature: 0.2, top_p: 0.9, ..Sampling::default() });
        assert_eq!((facts.system.as_deref(), facts.context), (Some("You are."), 8192));
    }

    #[test]
    fn an_unknown_key_and_an_impossible_length_are_refused_with_a_reason() {
        let error =
            Facts::of(&manifest(&format!("{WHOLE}sampling = {{ heat = 1 }}"))).unwrap_err().to_string();
        assert!(error.contains("heat"), "{error}");
        let error = Facts::of(&manifest(&WHOLE.replace("512", "8192"))).unwrap_err().to_string();
        assert!(error.contains("max_new_tokens"), "{error}");
    }
}
