//! Text into the ids that a model reads, and the ids that it writes into text: by tokenizer.json, or by Marian's two
//! SentencePiece models with their common vocabulary.
//!
//! Marian (transformers' `MarianTokenizer`): pieces of the source model, looked up in vocab.json, the end behind them; what
//! is written is put together by the rules of the target model. Text of people never becomes a control token.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use super::settings::{Pieces, Settings};
use crate::inference::InferenceError;
use crate::inference::sentencepiece::SentencePiece;
use crate::inference::tokenizer::{Tokenizer, Voice};

/// A tokenizer of either kind.
pub(super) enum Words {
    Whole { said: Box<Tokenizer>, own: Box<Tokenizer> },
    Pair(Box<Pair>),
}

/// Marian's.
pub(super) struct Pair {
    source: SentencePiece,
    target: SentencePiece,
    ids: HashMap<String, u32>,
    pieces: HashMap<u32, String>,
    unknown: u32,
    end: u32,
}

impl Words {
    pub(super) fn open(settings: &Settings, folder: &Path, end: u32) -> Result<Self, InferenceError> {
        match (&settings.tokenizer, &settings.pieces) {
            (Some(path), _) => {
                let path = folder.join(path);
                let (said, own) =
                    (Tokenizer::open(&path, Voice::People)?, Tokenizer::open(&path, Voice::House)?);
                Ok(Self::Whole { said: Box::new(said), own: Box::new(own) })
            }
            (None, Some(pieces)) => Pair::open(pieces, folder, end).map(|pair| Self::Pair(Box::new(pair))),
            (None, None) => {
                let reason = "no tokenizer".to_owned();
                Err(InferenceError::File { path: folder.to_owned(), reason })
            }
        }
    }

    /// Ids of a text as the model reads it, with the end behind it.
    pub(super) fn ids(&self, text: &str) -> Result<Vec<u32>, InferenceError> {
        match self {
            Self::Whole { said, .. } => Ok(said.framed(text)?.into_iter().map(|token| token.id).collect()),
            Self::Pair(pair) => Ok(pair.ids(text)),
        }
    }

    /// Text of ids, control tokens left out.
    pub(super) fn text(&self, ids: &[u32]) -> Result<String, InferenceError> {
        match self {
            Self::Whole { own, .. } => own.decode(ids),
            Self::Pair(pair) => Ok(pair.text(ids)),
        }
    }

    /// What stands behind every text, where something does.
    pub(super) fn ends(&self) -> &[u32] {
        match self {
            Self::Whole { said, .. } => said.frame(),
            Self::Pair(pair) => std::slice::from_ref(&pair.end),
        }
    }

    /// One more than the greatest id.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Whole { own, .. } => own.size(),
            Self::Pair(pair) => pair.pieces.keys().max().map_or(0, |id| *id as usize + 1),
        }
    }
}

impl Pair {
    fn open(pieces: &Pieces, folder: &Path, end: u32) -> Result<Self, InferenceError> {
        let path = folder.join(&pieces.vocabulary);
        let refused = |reason: String| InferenceError::File { path: path.clone(), reason };
        let bytes = fs::read(&path).map_err(|error| refused(error.to_string()))?;
        let ids: HashMap<String, u32> =
            serde_json::from_slice(&bytes).map_err(|error| refused(error.to_string()))?;
        let unknown = *ids.get("<unk>").ok_or_else(|| refused("no <unk> among its pieces".to_owned()))?;
        let (source, target) = (
            SentencePiece::open(&folder.join(&pieces.source))?,
            SentencePiece::open(&folder.join(&pieces.target))?,
        );
        for (model, name) in [(&source, &pieces.source), (&target, &pieces.target)] {
            let (known, all) =
                (model.all().filter(|piece| ids.contains_key(*piece)).count(), model.all().count());
            // A rare piece may be missing, since a vocabulary is made of a corpus.
            if 2 * known < all {
                let name = name.display();
                return Err(refused(format!(
                    "it has {known} of the {all} pieces of {name}: it is of another model"
                )));
            }
        }
        let pieces_by_id = ids.iter().map(|(piece, id)| (*id, piece.clone())).collect();
        Ok(Self { source, target, ids, pieces: pieces_by_id, unknown, end })
    }

    fn ids(&self, text: &str) -> Vec<u32> {
        let pieces = self.source.pieces(text);
        let said = pieces.iter().map(|piece| match self.ids.get(piece) {
            Some(id) if !self.is_control(*id) => *id,
            _ => self.unknown,
        });
        said.chain([self.end]).collect()
    }

    fn text(&self, ids: &[u32]) -> String {
        let said = ids.iter().filter(|id| !self.is_control(**id) && **id != self.unknown);
        self.target.text(said.filter_map(|id| self.pieces.get(id).map(String::as_str)))
    }

    fn is_control(&self, id: u32) -> bool {
        id == self.end || self.pieces.get(&id).is_some_and(|piece| piece == "<pad>" || piece == "</s>")
    }
}
