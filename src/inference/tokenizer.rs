//! Text into tokens and back, for every family: a `tokenizer.json`, read for the house or for people.
//!
//! In: text. Out: tokens, with the bytes that each covers. Never: a text of people becomes a control token, and never
//! do the padding and truncation count that a tokenizer was published with: texts are run one by one, and callers
//! [`cut`] them.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::InferenceError;

/// Whose text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    /// The house's own: control tokens in it are control tokens.
    House,
    /// Somebody's: plain text whatever it looks like.
    People,
}

/// A tokenizer for one voice.
#[derive(Debug)]
pub(super) struct Tokenizer {
    path: PathBuf,
    words: tokenizers::Tokenizer,
    /// Ids that a text never has, whatever the vocabulary would make of it.
    control: BTreeSet<u32>,
    frame: Vec<u32>,
    pad: Option<u32>,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) id: u32,
    /// Bytes of its text; empty for a token of the frame.
    pub(super) bytes: Range<usize>,
    /// Token type, as the tokenizer's template gives it (not every model's differs between the texts of a pair).
    pub(super) kind: u32,
    /// Which text it is of, 0 or 1; `None` for a token of the frame (`<s>`, `[SEP]`).
    pub(super) text: Option<usize>,
}

impl Tokenizer {
    /// Reads a `tokenizer.json`.
    pub(super) fn open(path: &Path, voice: Voice) -> Result<Self, InferenceError> {
        let bytes = fs::read(path).map_err(|error| refused(path, error))?;
        Self::of(path, serde_json::from_slice(&bytes).map_err(|error| refused(path, error))?, voice)
    }

    /// A tokenizer from the contents of a `tokenizer.json`; `path` is for messages.
    pub(super) fn of(path: &Path, mut json: Value, voice: Voice) -> Result<Self, InferenceError> {
        let number = |value: &Value| u32::try_from(value.as_u64()?).ok();
        let pad = json.pointer("/padding/pad_id").and_then(number);
        let added = json.get("added_tokens").and_then(Value::as_array).into_iter().flatten();
        let added: BTreeSet<u32> = added.filter_map(|token| number(token.get("id")?)).collect();
        let unknown = json.pointer("/model/unk_id").and_then(number);
        let unknown_word = json.pointer("/model/unk_token").and_then(Value::as_str).map(str::to_owned);
        let tables = json.as_object_mut().ok_or_else(|| refused(path, "it is not a tokenizer"))?;
        tables.insert("padding".to_owned(), Value::Null);
        tables.insert("truncation".to_owned(), Value::Null);
        if voice == Voice::People {
            tables.insert("added_tokens".to_owned(), json!([]));
        }
        let words: tokenizers::Tokenizer =
            serde_json::from_value(json).map_err(|error| refused(path, error))?;
        let frame = words.encode_fast("", true).map_err(|error| refused(path, error))?.get_ids().to_vec();
        let mut control = BTreeSet::new();
        if voice == Voice::People {
            control = added;
            if let Some(id) = unknown.or_else(|| words.token_to_id(&unknown_word?)) {
                control.remove(&id);
            }
            control.extend(&frame);
        }
        Ok(Self { path: path.to_owned(), words, control, frame, pad })
    }

    /// Ids of a text, unframed.
    pub(super) fn ids(&self, text: &str) -> Result<Vec<u32>, InferenceError> {
        let encoding = self.words.encode_fast(text, false).map_err(|error| refused(&self.path, error))?;
        Ok(encoding.get_ids().iter().copied().filter(|id| !self.control.contains(id)).collect())
    }

    /// A text, or two as a pair (question and context), framed as the tokenizer says.
    pub(super) fn framed<'s>(
        &self,
        texts: impl Into<tokenizers::EncodeInput<'s>>,
    ) -> Result<Vec<Token>, InferenceError> {
        let encoding = self.words.encode(texts, true).map_err(|error| refused(&self.path, error))?;
        let places = encoding.get_offsets().iter().zip(encoding.get_type_ids());
        let tokens = encoding.get_ids().iter().zip(places).zip(encoding.get_sequence_ids());
        let tokens =
            tokens.map(|((&id, (&(start, end), &kind)), text)| Token { id, bytes: start..end, kind, text });
        Ok(tokens.filter(|token| token.text.is_none() || !self.control.contains(&token.id)).collect())
    }

    /// Ids as text, without special tokens.
    pub(super) fn decode(&self, ids: &[u32]) -> Result<String, InferenceError> {
        self.words.decode(ids, true).map_err(|error| refused(&self.path, error))
    }

    /// Id of a token.
    pub(super) fn id(&self, token: &str) -> Option<u32> {
        self.words.token_to_id(token)
    }

    /// The token of an id, as the vocabulary spells it.
    pub(super) fn token(&self, id: u32) -> Option<String> {
        self.words.id_to_token(id)
    }

    /// One more than the greatest id that a text can have.
    pub(super) fn size(&self) -> usize {
        self.words.get_vocab(false).into_values().max().map_or(0, |id| id as usize + 1)
    }

    /// What the tokenizer puts around a text.
    pub(super) fn frame(&self) -> &[u32] {
        &self.frame
    }

    /// What the tokenizer was published to pad with.
    pub(super) const fn pad(&self) -> Option<u32> {
        self.pad
    }
}

/// Cuts the end of one text, so that at most `most` tokens are left (the frame and the other text stay); the byte
/// where it was cut.
pub(super) fn cut(tokens: &mut Vec<Token>, text: usize, most: usize) -> Option<usize> {
    let over = tokens.len().saturating_sub(most);
    let end = tokens.iter().rposition(|token| token.text == Some(text))? + 1;
    let own = tokens.iter().filter(|token| token.text == Some(text)).count();
    tokens.drain(end.saturating_sub(over.min(own))..end).next().map(|token| token.bytes.start)
}

fn refused(path: &Path, reason: impl ToString) -> InferenceError {
    InferenceError::File { path: path.to_owned(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pocket(model: &str, voice: Voice) -> Tokenizer {
        let pocket = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pocket");
        Tokenizer::open(&pocket.join(model).join("tokenizer.json"), voice).unwrap()
    }

    #[test]
    fn typed_control_tokens_are_text_and_read_the_same() {
        let (own, said) = (pocket("causal-llama", Voice::House), pocket("causal-llama", Voice::People));
        for typed in ["<|im_end|>", "a<|im_start|>b", "<think>", "</think><|endoftext|>"] {
            let ids = said.ids(typed).unwrap();
            assert!(ids.iter().all(|id| !said.control.contains(id)), "{typed}: {ids:?}");
            assert_eq!(own.decode(&ids).unwrap(), typed);
            assert!(own.ids(typed).unwrap().iter().any(|id| said.control.contains(id)), "{typed}");
        }
    }

    #[test]
    fn a_piece_that_the_vocabulary_itself_holds_is_no_way_in() {
        for model in ["span-xlmr", "encoder-xlmr", "span-bert"] {
            let words = pocket(model, Voice::People);
            let control: Vec<u32> = words.control.iter().copied().collect();
            for typed in ["</s>", "кот </s><s> <pad> дом", "[SEP]", "a [CLS] [PAD]"] {
                let tokens = words.framed((typed, typed)).unwrap();
                let said = tokens.iter().filter(|token| token.text.is_some()).map(|token| token.id);
                assert!(said.clone().all(|id| !control.contains(&id)), "{model} {typed}: {tokens:?}");
                assert_eq!(words.ids(typed).unwrap().repeat(2), said.collect::<Vec<_>>(), "{model} {typed}");
            }
            let unknown = words.id(if model == "span-bert" { "[UNK]" } else { "<unk>" }).unwrap();
            assert!(
                words.ids("🦀").unwrap().contains(&unknown),
                "{model}: what it cannot read is still there"
            );
        }
    }

    #[test]
    fn tokens_say_which_bytes_of_which_text_they_are() {
        let words = pocket("encoder-xlmr", Voice::People);
        let (first, second) = ("ё", "рыжий 🦀 кот");
        let tokens = words.framed((first, second)).unwrap();
        assert_eq!((words.frame(), words.pad()), (&[0, 2][..], Some(1)));
        assert!(tokens.len() < 32, "the published length is not obeyed");
        // A space is put in front of a text, and counts as its first letter.
        let pieces = |of: usize, text: &'static str| {
            let own = tokens.iter().filter(|token| token.text == Some(of));
            own.map(|token| &text[token.bytes.clone()]).collect::<Vec<_>>()
        };
        assert_eq!(pieces(0, first), ["ё", "ё"]);
        assert_eq!(pieces(1, second).concat(), second);
        assert!(pieces(1, second).iter().any(|piece| piece.contains('🦀')));
        assert!(tokens.iter().all(|token| token.text.is_some() || token.bytes.is_empty()));
    }

    #[test]
    fn a_cut_equals_transformers_and_says_where() {
        let golden: Value =
            serde_json::from_str(include_str!("../../tests/fixtures/golden/cuts.json")).unwrap();
        let (question, text) = (golden["question"].as_str().unwrap(), golden["text"].as_str().unwrap());
        for (model, rows) in golden["models"].as_object().unwrap() {
            let words = pocket(model, Voice::People);
            for row in rows.as_array().unwrap() {
                let most = row["most"].as_u64().unwrap() as usize;
                let check = |mut tokens: Vec<Token>, of: usize, name: &str| {
                    let whole = tokens.clone();
                    let at = cut(&mut tokens, of, most).unwrap();
                    let ids: Vec<u32> = tokens.iter().map(|token| token.id).collect();
                    assert_eq!(serde_json::to_value(ids).unwrap(), row[name], "{model} {name} {most}");
                    let own = |tokens: &[Token]| tokens.iter().filter(|token| token.text == Some(of)).count();
                    let first_gone = whole.iter().filter(|token| token.text == Some(of)).nth(own(&tokens));
                    assert_eq!(first_gone.map(|token| token.bytes.start), Some(at));
                    assert!(text.is_char_boundary(at));
                };
                check(words.framed(text).unwrap(), 0, "alone");
                check(words.framed((question, text)).unwrap(), 1, "pair");
            }
            let mut tokens = words.framed((question, text)).unwrap();
            let whole = tokens.clone();
            assert_eq!(cut(&mut tokens, 1, whole.len()), None);
            assert_eq!(tokens, whole);
            assert_eq!(cut(&mut tokens, 1, 0), Some(0), "the question is not touched");
            assert!(tokens.iter().any(|token| token.text == Some(0)));
        }
    }

    #[test]
    fn a_missing_or_broken_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokenizer.json");
        let error = Tokenizer::open(&path, Voice::People).unwrap_err();
        assert!(error.to_string().contains("tokenizer.json"), "{error}");
        for text in ["", "[]", "{}", "{\"model\": 1}"] {
            fs::write(&path, text).unwrap();
            assert!(Tokenizer::open(&path, Voice::House).is_err(), "{text}");
        }
    }
}
