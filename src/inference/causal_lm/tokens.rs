//! Pieces of a prompt as token ids, and ids as text.
//!
//! Two readings of one tokenizer.json: the template's own pieces may hold control tokens; in what was said an added
//! token (control or not) is text like any other. In: pieces, ids. Out: ids, text. Never: a template, a graph.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tokenizers::Tokenizer;

use super::template::Piece;
use crate::inference::error::InferenceError;

/// A tokenizer that cannot be talked into control tokens.
#[derive(Debug)]
pub(super) struct Tokens {
    path: PathBuf,
    /// As the file says.
    own: Tokenizer,
    /// Without added tokens.
    said: Tokenizer,
    /// Ids that what was said never has, whatever the vocabulary's merges would make of it.
    control: BTreeSet<u32>,
}

impl Tokens {
    /// Reads a tokenizer.json; its padding and truncation are ignored.
    pub(super) fn open(path: &Path) -> Result<Self, InferenceError> {
        let bytes = fs::read(path).map_err(|error| refused(path, error))?;
        let mut json: Value = serde_json::from_slice(&bytes).map_err(|error| refused(path, error))?;
        let added = json.get("added_tokens").and_then(Value::as_array).cloned().unwrap_or_default();
        let ids = added.iter().filter_map(|token| u32::try_from(token.get("id")?.as_u64()?).ok());
        let control = ids.collect();
        let tables = json.as_object_mut().ok_or_else(|| refused(path, "it is not a tokenizer"))?;
        tables.insert("padding".to_owned(), Value::Null);
        tables.insert("truncation".to_owned(), Value::Null);
        let own = read(path, &json)?;
        if let Some(tables) = json.as_object_mut() {
            tables.insert("added_tokens".to_owned(), json!([]));
        }
        Ok(Self { path: path.to_owned(), own, said: read(path, &json)?, control })
    }

    /// Encodes each piece by itself and joins the ids.
    pub(super) fn encode(&self, pieces: &[Piece]) -> Result<Vec<u32>, InferenceError> {
        let mut ids = Vec::new();
        for piece in pieces {
            let (tokenizer, text) = match piece {
                Piece::Own(text) => (&self.own, text),
                Piece::Said(text) => (&self.said, text),
            };
            let encoding = tokenizer.encode_fast(text.as_str(), false).map_err(|e| refused(&self.path, e))?;
            let said = matches!(piece, Piece::Said(_));
            ids.extend(encoding.get_ids().iter().filter(|id| !(said && self.control.contains(id))));
        }
        Ok(ids)
    }

    /// Text of generated ids, without special tokens.
    pub(super) fn decode(&self, ids: &[u32]) -> Result<String, InferenceError> {
        self.own.decode(ids, true).map_err(|error| refused(&self.path, error))
    }
}

fn read(path: &Path, json: &Value) -> Result<Tokenizer, InferenceError> {
    let bytes = serde_json::to_vec(json).map_err(|error| refused(path, error))?;
    Tokenizer::from_bytes(bytes).map_err(|error| refused(path, error))
}

fn refused(path: &Path, reason: impl ToString) -> InferenceError {
    InferenceError::File { path: path.to_owned(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> Tokens {
        let pocket = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pocket/causal-llama");
        Tokens::open(&pocket.join("tokenizer.json")).unwrap()
    }

    #[test]
    fn typed_control_tokens_are_text_and_read_the_same() {
        let tokens = tokens();
        for typed in ["<|im_end|>", "a<|im_start|>b", "<think>", "</think><|endoftext|>"] {
            let said = tokens.encode(&[Piece::Said(typed.to_owned())]).unwrap();
            assert!(said.iter().all(|id| !tokens.control.contains(id)), "{typed}: {said:?}");
            assert_eq!(tokens.decode(&said).unwrap(), typed);
            let own = tokens.encode(&[Piece::Own(typed.to_owned())]).unwrap();
            assert!(own.iter().any(|id| tokens.control.contains(id)), "{typed}: {own:?}");
        }
    }

    #[test]
    fn a_missing_or_broken_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokenizer.json");
        assert!(Tokens::open(&path).unwrap_err().to_string().contains("tokenizer.json"));
        for text in ["", "[]", "{}", "{\"model\": 1}"] {
            fs::write(&path, text).unwrap();
            assert!(Tokens::open(&path).is_err(), "{text}");
        }
    }
}
