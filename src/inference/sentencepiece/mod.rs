//! SentencePiece models (`source.spm`, `spiece.model`): text into pieces, and pieces into text.
//!
//! Piece by piece what the C++ library does (sentencepiece 0.2, `SentencePieceProcessor::EncodeAsPieces` and
//! `DecodePieces`) for unigram models. In: text. Out: pieces as strings, unknown stretches among them as they stand; a
//! family gives them ids. Text is never a control piece, whatever it looks like.

mod charsmap;
mod file;
mod normaliser;
mod unigram;

use std::collections::HashMap;
use std::path::Path;

use prost::Message as _;

use self::file::{Kind, ModelProto};
use self::normaliser::Normaliser;
use self::unigram::Unigram;
use super::InferenceError;

/// How a space is written in pieces.
const SPACE: &str = "\u{2581}";

/// A unigram model with its normaliser.
#[derive(Debug)]
pub(super) struct SentencePiece {
    normaliser: Normaliser,
    unigram: Unigram,
    /// Pieces that stand for a byte.
    bytes: HashMap<String, u8>,
    falls_back: bool,
}

impl SentencePiece {
    /// Reads a model file.
    ///
    /// # Errors
    /// When it is missing, damaged, or no unigram model.
    pub(super) fn open(path: &Path) -> Result<Self, InferenceError> {
        let refused = |reason: String| InferenceError::File { path: path.to_owned(), reason };
        let bytes = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
        let model = ModelProto::decode(bytes.as_slice());
        let model = model.map_err(|error| refused(format!("it is no SentencePiece model: {error}")))?;
        Self::of(&model).map_err(refused)
    }

    fn of(model: &ModelProto) -> Result<Self, String> {
        let trainer = model.trainer_spec.clone().unwrap_or_default();
        if trainer.model_type() != file::UNIGRAM {
            return Err("it is a SentencePiece model of another kind than unigram".to_owned());
        }
        let mut bytes = HashMap::new();
        for piece in model.pieces.iter().filter(|piece| piece.kind() == Kind::Byte) {
            let byte = byte(piece.piece()).ok_or_else(|| format!("{:?} is no byte", piece.piece()))?;
            bytes.insert(piece.piece().to_owned(), byte);
        }
        let falls_back = trainer.byte_fallback() && bytes.len() == 256;
        Ok(Self { normaliser: Normaliser::of(model)?, unigram: Unigram::of(model)?, bytes, falls_back })
    }

    /// Every piece that a text can have.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.unigram.pieces()
    }

    /// The pieces of a text. A stretch of unknown characters is one piece, or its bytes (`<0xE2>`) where the model has
    /// them.
    pub(super) fn pieces(&self, text: &str) -> Vec<String> {
        let normal = self.normaliser.normal(text);
        let mut pieces: Vec<String> = Vec::new();
        let mut was_unknown = false;
        for piece in self.unigram.segment(&normal) {
            if piece.known {
                pieces.push(piece.text.to_owned());
            } else if self.falls_back {
                pieces.extend(piece.text.bytes().map(|byte| format!("<0x{byte:02X}>")));
            } else {
                match pieces.last_mut().filter(|_| was_unknown) {
                    Some(last) => last.push_str(piece.text),
                    None => pieces.push(piece.text.to_owned()),
                }
            }
            was_unknown = !piece.known;
        }
        pieces
    }

    /// The text of pieces, without the space before the first.
    pub(super) fn text<'a>(&self, pieces: impl IntoIterator<Item = &'a str>) -> String {
        let (mut text, mut run) = (String::new(), Vec::new());
        for piece in pieces {
            match self.bytes.get(piece) {
                Some(byte) => run.push(*byte),
                None => {
                    push_bytes(&mut text, &std::mem::take(&mut run));
                    text.push_str(piece);
                }
            }
        }
        push_bytes(&mut text, &run);
        // Python's strip() takes the separators of ASCII for spaces, too.
        let is_space = |c: char| c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}');
        text.replace(SPACE, " ").trim_matches(is_space).to_owned()
    }
}

/// Bytes as text; each that is in no character is a replacement character.
fn push_bytes(text: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
}

/// `<0xE2>` as a byte.
fn byte(piece: &str) -> Option<u8> {
    u8::from_str_radix(piece.strip_prefix("<0x")?.strip_suffix('>')?, 16).ok()
}
