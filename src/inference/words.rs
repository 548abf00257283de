//! Words into tokens and back: a `tokenizer.json`, with byte offsets.
//!
//! Text typed by people can never become a control token: special tokens are matched only where the caller says that
//! the text is the house's own.

use std::ops::Range;
use std::path::Path;

use tokenizers::Tokenizer;

use super::InferenceError;

/// A tokenizer.
pub struct Words {
    /// Sees special tokens in the text.
    own: Tokenizer,
    /// Takes special tokens in the text as plain text.
    people: Tokenizer,
}

/// A text in tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// Token ids.
    pub ids: Vec<i64>,
    /// Bytes of the text that each token covers; empty for tokens that the tokenizer adds.
    pub offsets: Vec<Range<usize>>,
    /// Token types, as the tokenizer's template gives them.
    pub types: Vec<i64>,
    /// Whether a token belongs to the second text of a pair (types do not say so for every model).
    pub second: Vec<bool>,
}

impl Words {
    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// When the file is missing or no tokenizer.
    pub fn open(path: &Path) -> Result<Self, InferenceError> {
        let refused = |error: tokenizers::Error| InferenceError::File {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        let mut own = Tokenizer::from_file(path).map_err(refused)?;
        // Sentence encoders are published with a fixed length; texts are run one by one, and callers cut them.
        own.with_padding(None).with_truncation(None).map_err(refused)?;
        let mut people = own.clone();
        people.set_encode_special_tokens(true);
        Ok(Self { own, people })
    }

    /// A person's text, with the tokens that the tokenizer adds around it (`<s>`, `[CLS]`) if `framed`.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn encode(&self, text: &str, framed: bool) -> Result<Tokens, InferenceError> {
        Ok(tokens(&self.people.encode(text, framed).map_err(broken)?))
    }

    /// Two texts of people as a pair (question and context); offsets count in their own text.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn encode_pair(&self, first: &str, second: &str) -> Result<Tokens, InferenceError> {
        Ok(tokens(&self.people.encode((first, second), true).map_err(broken)?))
    }

    /// Tokens as text; special tokens are left out.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn decode(&self, ids: &[u32]) -> Result<String, InferenceError> {
        self.own.decode(ids, true).map_err(broken)
    }

    /// Id of a token.
    #[must_use]
    pub fn id(&self, token: &str) -> Option<u32> {
        self.own.token_to_id(token)
    }
}

fn tokens(encoding: &tokenizers::Encoding) -> Tokens {
    Tokens {
        ids: encoding.get_ids().iter().map(|id| i64::from(*id)).collect(),
        offsets: encoding.get_offsets().iter().map(|(start, end)| *start..*end).collect(),
        types: encoding.get_type_ids().iter().map(|kind| i64::from(*kind)).collect(),
        second: encoding.get_sequence_ids().iter().map(|text| *text == Some(1)).collect(),
    }
}

fn broken(error: tokenizers::Error) -> InferenceError {
    InferenceError::File { path: "tokenizer.json".into(), reason: error.to_string() }
}
