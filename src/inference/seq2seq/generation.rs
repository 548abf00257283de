//! How a model writes: its generation_config.json with the manifest's own keys, and the rules that follow from it.
//!
//! Names and meaning are those of transformers' `GenerationConfig` (4.57), the order of the rules that of
//! `_get_logits_processor`. Keys that change nothing here are passed over, keys that would change the text and are not done
//! are refused.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::settings::Settings;
use crate::inference::InferenceError;
use crate::inference::generation::beams::{Search, Stopping};
use crate::inference::generation::rules::{
    LessAgain, Never, NoRun, NoWords, NotFirst, NotYet, Only, Rule, Shares,
};
use crate::inference::requests::Sampling;

/// New tokens when nobody says how many.
const MOST_WRITTEN: usize = 256;
/// New tokens at most, whatever the files say.
const BOUND: usize = 2048;
/// Answers that are followed at once at most.
const WIDEST: usize = 16;
/// Keys that would change the text, with the values that do not.
const UNDONE: &[(&str, &[&str])] = &[
    ("num_beam_groups", &["1"]),
    ("diversity_penalty", &["0.0", "0"]),
    ("penalty_alpha", &["0.0", "0"]),
    ("encoder_repetition_penalty", &["1.0", "1"]),
    ("encoder_no_repeat_ngram_size", &["0"]),
    ("typical_p", &["1.0", "1"]),
    ("epsilon_cutoff", &["0.0", "0"]),
    ("eta_cutoff", &["0.0", "0"]),
    ("guidance_scale", &["1.0", "1"]),
    ("exponential_decay_length_penalty", &[]),
    ("sequence_bias", &[]),
    ("force_words_ids", &[]),
    ("constraints", &[]),
    ("forced_decoder_ids", &[]),
];

/// What is read of generation_config.json.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Generation {
    decoder_start_token_id: Option<u32>,
    eos_token_id: Option<OneOrMore>,
    forced_bos_token_id: Option<u32>,
    forced_eos_token_id: Option<OneOrMore>,
    max_length: Option<usize>,
    max_new_tokens: Option<usize>,
    min_length: Option<usize>,
    min_new_tokens: Option<usize>,
    num_beams: Option<usize>,
    length_penalty: Option<f32>,
    early_stopping: Option<Early>,
    no_repeat_ngram_size: Option<usize>,
    bad_words_ids: Option<Vec<Vec<u32>>>,
    suppress_tokens: Option<Vec<u32>>,
    begin_suppress_tokens: Option<Vec<u32>>,
    repetition_penalty: Option<f32>,
    renormalize_logits: Option<bool>,
    do_sample: Option<bool>,
    temperature: Option<f32>,
    top_k: Option<usize>,
    top_p: Option<f32>,
    min_p: Option<f32>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged, expecting = "eos_token_id and forced_eos_token_id are one token each")]
enum OneOrMore {
    One(u32),
    Alone([u32; 1]),
}

impl OneOrMore {
    const fn token(self) -> u32 {
        match self {
            Self::One(token) | Self::Alone([token]) => token,
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Early {
    Whether(bool),
    When(String),
}

/// How a model writes.
#[derive(Debug, Clone)]
pub(super) struct Writing {
    /// What stands before the first new token.
    pub(super) start: u32,
    /// How answers are searched; its length is the model's own.
    pub(super) search: Search,
    /// How tokens are drawn when nobody says; without a temperature none is.
    pub(super) sampling: Sampling,
    generation: Generation,
}

impl Writing {
    /// Reads what the manifest names.
    pub(super) fn read(settings: &Settings, folder: &Path) -> Result<Self, InferenceError> {
        let path = folder.join(settings.generation.as_deref().unwrap_or(Path::new("manifest.toml")));
        let refused = |reason: String| InferenceError::File { path: path.clone(), reason };
        let mut keys: Map<String, Value> = match &settings.generation {
            Some(_) => fs::read(&path).map_err(|error| refused(error.to_string())).and_then(|bytes| {
                serde_json::from_slice(&bytes).map_err(|error| refused(error.to_string()))
            })?,
            None => Map::new(),
        };
        let own = serde_json::to_value(&settings.generate).map_err(|error| refused(error.to_string()))?;
        keys.extend(own.as_object().cloned().unwrap_or_default());
        keys.retain(|_, value| !value.is_null());
        for (key, harmless) in UNDONE {
            if let Some(value) = keys.get(*key)
                && !harmless.contains(&value.to_string().as_str())
            {
                return Err(refused(format!("{key} = {value} is not done here")));
            }
        }
        let generation =
            Generation::deserialize(Value::Object(keys)).map_err(|error| refused(error.to_string()))?;
        Self::of(generation).map_err(refused)
    }

    fn of(generation: Generation) -> Result<Self, String> {
        let start = generation.decoder_start_token_id.ok_or("decoder_start_token_id is missing")?;
        let end = generation.eos_token_id.ok_or("eos_token_id is missing")?.token();
        let stopping = match generation.early_stopping.as_ref() {
            None | Some(Early::Whether(false)) => Stopping::NoBetter,
            Some(Early::Whether(true)) => Stopping::AtOnce,
            Some(Early::When(when)) if when == "never" => Stopping::NeverBetter,
            Some(Early::When(when)) => return Err(format!("early_stopping = {when:?} is not known")),
        };
        let width = generation.num_beams.unwrap_or(1);
        let draws = generation.do_sample.unwrap_or(false);
        if !(1..=WIDEST).contains(&width) || (draws && width > 1) {
            return Err(format!("num_beams is 1 to {WIDEST}, and 1 where do_sample is true"));
        }
        // max_length counts the start.
        let most =
            generation.max_new_tokens.or_else(|| generation.max_length.map(|most| most.saturating_sub(1)));
        let most = most.unwrap_or(MOST_WRITTEN).clamp(1, BOUND);
        let length_penalty = generation.length_penalty.unwrap_or(1.0);
        let sampling = Sampling {
            temperature: generation.temperature.unwrap_or(1.0),
            top_k: generation.top_k.unwrap_or(50),
            top_p: generation.top_p.unwrap_or(1.0),
            min_p: generation.min_p.unwrap_or(0.0),
            ..Sampling::default()
        };
        let sampling = if draws { sampling } else { Sampling::default() };
        Ok(Self {
            start,
            search: Search { width, length_penalty, end, most, stopping, surely: false },
            sampling,
            generation,
        })
    }

    /// Every token that it names: the vocabulary must have them.
    pub(super) fn tokens(&self) -> impl Iterator<Item = u32> {
        let generation = &self.generation;
        let forced = generation.forced_eos_token_id.map(OneOrMore::token);
        [self.start, self.search.end].into_iter().chain(generation.forced_bos_token_id).chain(forced)
    }

    /// The rules of an answer of at most `most` new tokens, in the order in which they are applied.
    pub(super) fn rules(&self, most: usize) -> Vec<Box<dyn Rule>> {
        let (own, before) = (&self.generation, vec![self.start]);
        let mut rules: Vec<Box<dyn Rule>> = Vec::new();
        if let Some(penalty) = own.repetition_penalty.filter(|penalty| *penalty != 1.0) {
            rules.push(Box::new(LessAgain { penalty, before: before.clone() }));
        }
        if let Some(size) = own.no_repeat_ngram_size.filter(|size| *size > 0) {
            rules.push(Box::new(NoRun { size, before: before.clone() }));
        }
        if let Some(words) = &own.bad_words_ids {
            let words = words.iter().filter(|word| word.as_slice() != [self.search.end]).cloned().collect();
            rules.push(Box::new(NoWords { words, before }));
        }
        let least = own.min_new_tokens.or_else(|| own.min_length.map(|least| least.saturating_sub(1)));
        if let Some(least) = least.filter(|least| *least > 0) {
            rules.push(Box::new(NotYet { end: self.search.end, least }));
        }
        if let Some(token) = own.forced_bos_token_id {
            rules.push(Box::new(Only { token, place: 0 }));
        }
        if let Some(end) = own.forced_eos_token_id {
            rules.push(Box::new(Only { token: end.token(), place: most.saturating_sub(1) }));
        }
        if let Some(tokens) = &own.suppress_tokens {
            rules.push(Box::new(Never(tokens.clone())));
        }
        if let Some(tokens) = &own.begin_suppress_tokens {
            rules.push(Box::new(NotFirst(tokens.clone())));
        }
        if own.renormalize_logits.unwrap_or(false) {
            rules.push(Box::new(Shares));
        }
        rules
    }
}
