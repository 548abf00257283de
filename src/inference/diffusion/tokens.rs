//! A prompt as token ids for the picture model's text encoder.
//!
//! In: a tokenizer folder (`tokenizer.json`, or CLIP's `vocab.json` and `merges.txt`) and a prompt. Out: framed ids of
//! at most the length the denoiser reads, and the end of the prompt that found no room. A typed `<|endoftext|>` is
//! plain text. Never: a graph.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::inference::InferenceError;
use crate::inference::tokenizer::{Tokenizer, Voice, cut};

/// What CLIP takes a word for (`CLIPConverter` in transformers).
const CLIP_WORDS: &str = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";
/// Tokens of CLIP's context, and of an encoder that does not say.
const USUAL_LENGTH: usize = 77;
/// `model_max_length` above this means "not said".
const SAID: u64 = 100_000;

/// Turns prompts into ids.
pub(super) struct Prompts {
    tokenizer: Tokenizer,
    pad: u32,
    length: usize,
    prefix: String,
}

/// A prompt as ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tokens {
    /// Framed by the tokenizer's own special tokens, not padded.
    pub(super) ids: Vec<i64>,
    /// The end of the prompt that found no room.
    pub(super) cut: Option<String>,
}

impl Prompts {
    /// Opens a tokenizer folder; `length` overrides the tokenizer's own.
    pub(super) fn open(folder: &Path, length: Option<usize>, prefix: &str) -> Result<Self, InferenceError> {
        let config = read_json(&folder.join("tokenizer_config.json"))?;
        let map = read_json(&folder.join("special_tokens_map.json"))?;
        let said = |key: &str| special(&config, key).or_else(|| special(&map, key));
        let whole = folder.join("tokenizer.json");
        let tokenizer = if whole.is_file() {
            Tokenizer::open(&whole, Voice::People)?
        } else {
            let begin = said("bos_token").unwrap_or_else(|| "<|startoftext|>".to_owned());
            let end = said("eos_token").unwrap_or_else(|| "<|endoftext|>".to_owned());
            let unknown = said("unk_token").unwrap_or_else(|| end.clone());
            Tokenizer::of(folder, clip(folder, [&begin, &end, &unknown])?, Voice::People)?
        };
        let frame = tokenizer.frame();
        let pad = said("pad_token").and_then(|token| tokenizer.id(&token)).or(tokenizer.pad());
        let pad = pad.or(frame.last().copied()).unwrap_or(0);
        let own = config.get("model_max_length").and_then(Value::as_u64).filter(|&length| length <= SAID);
        let length = length.or(own.map(|length| length as usize)).unwrap_or(USUAL_LENGTH);
        if length <= frame.len() {
            return Err(file_error(folder, format!("text_length {length} leaves no room for a prompt")));
        }
        Ok(Self { tokenizer, pad, length, prefix: prefix.to_owned() })
    }

    /// Tokens the denoiser reads.
    pub(super) const fn length(&self) -> usize {
        self.length
    }

    /// The token behind a short prompt.
    pub(super) fn pad(&self) -> i64 {
        i64::from(self.pad)
    }

    /// Encodes a prompt.
    pub(super) fn encode(&self, prompt: &str) -> Result<Tokens, InferenceError> {
        let text = format!("{}{prompt}", self.prefix);
        let mut tokens = self.tokenizer.framed(text.as_str())?;
        let cut = cut(&mut tokens, 0, self.length).map(|at| tail(&text, at.max(self.prefix.len())));
        let ids = tokens.iter().map(|token| i64::from(token.id)).collect();
        Ok(Tokens { ids, cut: cut.filter(|tail| !tail.is_empty()) })
    }
}

fn tail(text: &str, mut start: usize) -> String {
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    text.get(start..).unwrap_or_default().trim().to_owned()
}

/// CLIP's `tokenizer.json` from its two files, equal to transformers' `CLIPTokenizerFast`.
fn clip(folder: &Path, [begin, end, unknown]: [&str; 3]) -> Result<Value, InferenceError> {
    let read = |name: &str| -> Result<(PathBuf, String), InferenceError> {
        let path = folder.join(name);
        fs::read_to_string(&path).map_err(|error| file_error(&path, error)).map(|text| (path, text))
    };
    let (vocabulary_path, vocabulary) = read("vocab.json")?;
    let (_, merges) = read("merges.txt")?;
    let vocabulary: Value =
        serde_json::from_str(&vocabulary).map_err(|error| file_error(&vocabulary_path, error))?;
    let merges: Vec<&str> =
        merges.lines().filter(|line| !line.starts_with("#version") && !line.trim().is_empty()).collect();
    let special = |token: &str| {
        let id = vocabulary.get(token).and_then(Value::as_u64);
        id.ok_or_else(|| file_error(folder, format!("the vocabulary has no {token}")))
    };
    let (cls, sep) = (json!([begin, special(begin)?]), json!([end, special(end)?]));
    Ok(json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "NFC"},
            {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "},
            {"type": "Lowercase"},
        ]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": CLIP_WORDS}, "behavior": "Removed", "invert": true},
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        ]},
        "post_processor": {
            "type": "RobertaProcessing", "cls": cls, "sep": sep, "trim_offsets": false, "add_prefix_space": false,
        },
        "decoder": null,
        "model": {
            "type": "BPE", "dropout": null, "unk_token": unknown, "continuing_subword_prefix": "",
            "end_of_word_suffix": "</w>", "fuse_unk": false, "byte_fallback": false,
            "vocab": vocabulary, "merges": merges,
        },
    }))
}

/// A special token of `tokenizer_config.json`: a string, or an object with `content`.
fn special(config: &Value, key: &str) -> Option<String> {
    let value = config.get(key)?;
    value.as_str().or_else(|| value.get("content")?.as_str()).map(str::to_owned)
}

fn read_json(path: &Path) -> Result<Value, InferenceError> {
    if !path.is_file() {
        return Ok(Value::Null);
    }
    let text = fs::read_to_string(path).map_err(|error| file_error(path, error))?;
    serde_json::from_str(&text).map_err(|error| file_error(path, error))
}

fn file_error(path: &Path, reason: impl ToString) -> InferenceError {
    InferenceError::File { path: path.to_owned(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pocket(path: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pocket").join(path)
    }

    fn golden() -> Value {
        serde_json::from_str(include_str!("../../../tests/fixtures/golden/diffusion.json")).unwrap()
    }

    fn padded(prompts: &Prompts, text: &str) -> Vec<i64> {
        let mut ids = prompts.encode(text).unwrap().ids;
        ids.resize(prompts.length(), prompts.pad());
        ids
    }

    #[test]
    fn clip_equals_transformers() {
        let prompts = Prompts::open(&pocket("diffusion-clip/tokenizer"), None, "").unwrap();
        let golden = golden();
        let rows = golden["clip"]["tokens"].as_array().unwrap();
        assert!(rows.len() >= 8);
        for row in rows {
            let text = row["text"].as_str().unwrap();
            let ids: Vec<i64> = serde_json::from_value(row["ids"].clone()).unwrap();
            assert_eq!(padded(&prompts, text), ids, "{text}");
        }
    }

    #[test]
    fn a_prompt_that_is_too_long_says_what_was_cut() {
        let prompts = Prompts::open(&pocket("diffusion-clip/tokenizer"), None, "").unwrap();
        assert_eq!(prompts.encode("a red cat").unwrap().cut, None);
        // seven tokens a phrase and 75 places: ten phrases and five tokens of the eleventh
        let tokens = prompts.encode(&"A red  cat on the house, ".repeat(20)).unwrap();
        assert_eq!(tokens.ids.len(), 77);
        let cut = tokens.cut.unwrap();
        assert!(cut.starts_with("house, A red  cat on the house,"), "{cut}");
        assert_eq!(cut.matches("house").count(), 10);
        assert!(prompts.encode(&"é".repeat(60)).unwrap().cut.unwrap().chars().all(|letter| letter == 'é'));
    }

    #[test]
    fn typed_special_tokens_are_plain_text() {
        let prompts = Prompts::open(&pocket("diffusion-clip/tokenizer"), None, "").unwrap();
        let tokens = prompts.encode("cat <|endoftext|> dog <|startoftext|>").unwrap();
        let (end, begin) = (tokens.ids[tokens.ids.len() - 1], tokens.ids[0]);
        assert_eq!(tokens.ids.iter().filter(|&&id| id == end || id == begin).count(), 2);
        let prompts = Prompts::open(&pocket("diffusion-encoder/encoder"), Some(40), "query: ").unwrap();
        let ids = prompts.encode("cat </s> <pad>").unwrap().ids;
        assert_eq!(ids.iter().filter(|&&id| id == 1 || id == 2).count(), 1);
    }

    #[test]
    fn a_tokenizer_json_brings_its_own_frame() {
        let golden = &golden()["encoder"];
        let (text, prefix) = (golden["long"].as_str().unwrap(), golden["prefix"].as_str().unwrap());
        let all: Vec<i64> = serde_json::from_value(golden["long_ids"].clone()).unwrap();
        let long = Prompts::open(&pocket("diffusion-encoder/encoder"), Some(24), prefix).unwrap();
        assert_eq!(long.encode(text).unwrap(), Tokens { ids: all.clone(), cut: None });
        let short = Prompts::open(&pocket("diffusion-encoder/encoder"), Some(10), prefix).unwrap();
        let tokens = short.encode(text).unwrap();
        assert_eq!(tokens.ids, [&all[..9], &[2][..]].concat());
        assert_eq!(tokens.cut.as_deref(), Some("big house"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = Prompts::open(folder.path(), None, "").err().unwrap();
        assert!(error.to_string().contains("vocab.json"), "{error}");
        let error = Prompts::open(&pocket("diffusion-clip/tokenizer"), Some(2), "").err().unwrap();
        assert!(error.to_string().contains("no room"), "{error}");
    }
}
