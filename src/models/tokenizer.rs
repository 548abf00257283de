//! Completes a `tokenizer.json` from its skeleton and the vocabulary that a package carries.
//!
//! The skeleton is a whole tokenizer.json with an empty `vocab` (and `merges`). The result is compact JSON with sorted
//! keys and unescaped UTF-8, byte for byte what `models/recipes/fill.py` writes.

use serde_json::{Map, Value};

use super::FormatError;
use super::e5::E5;
use super::gguf::Gguf;

/// Score of pieces that nobody can type.
const SUNK: f32 = -100.0;

/// A Unigram tokenizer from pieces and scores. Control pieces (the first four and the last) are sunk, so that `<s>` in
/// a text is cut into characters.
pub(super) fn of_e5(skeleton: &[u8], read: &E5<'_>) -> Result<Vec<u8>, FormatError> {
    let last = read.pieces.len().saturating_sub(1);
    let scored = |(id, (piece, score)): (usize, &(&str, f32))| {
        let score = if id < 4 || id == last { SUNK } else { *score };
        Value::from(vec![Value::from(*piece), Value::from(f64::from(score))])
    };
    let mut json = parsed(skeleton)?;
    put(&mut json, "vocab", read.pieces.iter().enumerate().map(scored).collect())?;
    written(json)
}

/// A BPE tokenizer from tokens and merges.
pub(super) fn of_gguf(skeleton: &[u8], read: &Gguf<'_>) -> Result<Vec<u8>, FormatError> {
    let tokens = read.texts("tokenizer.ggml.tokens")?.iter().enumerate();
    let vocab: Map<String, Value> = tokens.map(|(id, token)| ((*token).to_owned(), id.into())).collect();
    let pair = |merge: &&str| {
        let (left, right) = merge.split_once(' ').ok_or_else(|| FormatError::Misfit {
            name: "tokenizer.ggml.merges".to_owned(),
            reason: format!("{merge:?} is no pair"),
        })?;
        Ok(Value::from(vec![left, right]))
    };
    let merges = read.texts("tokenizer.ggml.merges")?.iter().map(pair).collect::<Result<Value, _>>()?;
    let mut json = parsed(skeleton)?;
    put(&mut json, "vocab", Value::Object(vocab))?;
    put(&mut json, "merges", merges)?;
    written(json)
}

fn misfit(reason: String) -> FormatError {
    FormatError::Misfit { name: "the tokenizer skeleton".to_owned(), reason }
}

fn parsed(skeleton: &[u8]) -> Result<Value, FormatError> {
    serde_json::from_slice(skeleton).map_err(|error| misfit(error.to_string()))
}

/// Sets an empty list of the model.
fn put(json: &mut Value, key: &str, value: Value) -> Result<(), FormatError> {
    let place =
        json.pointer_mut(&format!("/model/{key}")).ok_or_else(|| misfit(format!("it has no {key}")))?;
    let empty = place.as_array().is_some_and(Vec::is_empty) || place.as_object().is_some_and(Map::is_empty);
    if !empty {
        return Err(misfit(format!("its {key} is not empty")));
    }
    *place = value;
    Ok(())
}

/// Sorted, whatever features other crates give to `serde_json`.
fn written(mut json: Value) -> Result<Vec<u8>, FormatError> {
    json.sort_all_objects();
    serde_json::to_vec(&json).map_err(|error| misfit(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::{e5, gguf};
    use super::*;

    #[test]
    fn unigram_gets_its_pieces() {
        let file = e5::tests::small();
        let skeleton = r#"{"model": {"type": "Unigram", "vocab": [ ], "unk_id": 3}, "added_tokens": []}"#;
        let made = of_e5(skeleton.as_bytes(), &E5::read(&file).unwrap()).unwrap();
        let wanted = r#"{"added_tokens":[],"model":{"type":"Unigram","unk_id":3,"vocab":[["a",-100.0],["▁",-100.0]]}}"#;
        assert_eq!(String::from_utf8(made).unwrap(), wanted);
    }

    #[test]
    fn bpe_gets_tokens_and_merges() {
        let file = gguf::tests::small();
        let skeleton = r#"{"added_tokens": [7], "model": {"type": "BPE", "vocab": {}, "merges": []}}"#;
        let made = of_gguf(skeleton.as_bytes(), &Gguf::read(&file).unwrap()).unwrap();
        let wanted = r#"{"added_tokens":[7],"model":{"merges":[["a","b"]],"type":"BPE","vocab":{"<end>":0,"a":1,"ab":3,"b":2}}}"#;
        assert_eq!(String::from_utf8(made).unwrap(), wanted);
    }

    #[test]
    fn a_skeleton_without_a_place_is_refused() {
        let file = gguf::tests::small();
        let read = Gguf::read(&file).unwrap();
        for skeleton in
            ["{}", r#"{"model": {"vocab": {}}}"#, r#"{"model": {"vocab": {"a": 1}, "merges": []}}"#, "{"]
        {
            assert!(of_gguf(skeleton.as_bytes(), &read).is_err(), "{skeleton}");
        }
    }
}
