//! The likeliest way to cut a normalised text into pieces (`unigram_model.cc`, `Model::EncodeOptimized`).
//!
//! Sums are kept in f32 and compared as there, so that ties fall the same way.

use std::collections::HashMap;

use super::file::{Kind, ModelProto};

/// An unknown character costs this much more than the least likely piece.
const UNKNOWN_PENALTY: f32 = 10.0;

/// Pieces with their scores.
#[derive(Debug)]
pub(super) struct Unigram {
    scores: HashMap<String, Score>,
    /// Bytes of the longest piece.
    longest: usize,
    unknown: f32,
    most: f32,
}

#[derive(Debug, Clone, Copy)]
enum Score {
    Known(f32),
    /// It beats everything that it is made of.
    Always,
}

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut<'a> {
    pub(super) text: &'a str,
    pub(super) known: bool,
}

/// The best way to a place of the text.
#[derive(Debug, Clone, Copy)]
struct Way {
    from: usize,
    score: f32,
    known: bool,
}

impl Unigram {
    pub(super) fn of(model: &ModelProto) -> Result<Self, String> {
        let (mut scores, mut least, mut most) = (HashMap::new(), f32::MAX, f32::MIN_POSITIVE);
        for piece in &model.pieces {
            let score = match piece.kind() {
                Kind::Normal => {
                    (least, most) = (least.min(piece.score()), most.max(piece.score()));
                    Score::Known(piece.score())
                }
                Kind::UserDefined => Score::Always,
                Kind::Unknown | Kind::Control | Kind::Unused | Kind::Byte => continue,
            };
            if piece.piece().is_empty() || !piece.score().is_finite() {
                return Err("a piece is empty, or its score is no number".to_owned());
            }
            scores.insert(piece.piece().to_owned(), score);
        }
        let longest = scores.keys().map(String::len).max().ok_or("it has no pieces")?;
        Ok(Self { scores, longest, unknown: least - UNKNOWN_PENALTY, most })
    }

    /// Every piece that a text can have.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &str> {
        self.scores.keys().map(String::as_str)
    }

    /// The likeliest pieces, in order; each character that is in no piece is one by itself.
    pub(super) fn segment<'a>(&self, text: &'a str) -> Vec<Cut<'a>> {
        let mut ways: Vec<Option<Way>> = vec![None; text.len() + 1];
        for (from, first) in text.char_indices() {
            let before = ways.get(from).copied().flatten().map_or(0.0, |way| way.score);
            let single = from + first.len_utf8();
            let mut stands_alone = false;
            let ends = text.get(from..).unwrap_or_default().char_indices();
            let ends = ends.map(|(at, letter)| from + at + letter.len_utf8());
            for end in ends.take_while(|end| end - from <= self.longest) {
                let piece = text.get(from..end).unwrap_or_default();
                let Some(score) = self.scores.get(piece) else { continue };
                stands_alone |= end == single;
                improve(&mut ways, (from, end), self.score(*score, piece) + f64::from(before), true);
            }
            if !stands_alone {
                improve(&mut ways, (from, single), f64::from(self.unknown + before), false);
            }
        }
        let mut cuts = Vec::new();
        let mut end = text.len();
        while let Some(way) = ways.get(end).copied().flatten() {
            cuts.push(Cut { text: text.get(way.from..end).unwrap_or_default(), known: way.known });
            end = way.from;
        }
        cuts.reverse();
        cuts
    }

    fn score(&self, score: Score, piece: &str) -> f64 {
        match score {
            Score::Known(score) => f64::from(score),
            Score::Always => f64::from(piece.len() as f32 * self.most) - 0.1,
        }
    }
}

/// Takes a way to the end of a piece where it is better than what is known; the first of equals stays.
fn improve(ways: &mut [Option<Way>], (from, end): (usize, usize), score: f64, known: bool) {
    if let Some(way) = ways.get_mut(end)
        && way.is_none_or(|best| score > f64::from(best.score))
    {
        *way = Some(Way { from, score: score as f32, known });
    }
}
