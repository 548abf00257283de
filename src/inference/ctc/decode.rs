//! From probabilities to text: the likeliest class of each frame, repetitions folded, blanks dropped (Graves et al. 2006),
//! pieces joined, sentences and pauses parted.

use std::path::Path;

use super::super::{InferenceError, Segment};

/// The word that stands for "nothing new" in a vocabulary.
const BLANK: &str = "<blk>";
/// A silence this long ends a segment, in milliseconds.
const PAUSE_MS: u32 = 800;
/// Marks that no space stands before.
const CLOSING: [char; 10] = ['.', ',', '!', '?', ':', ';', '…', '%', ')', '»'];

/// Pieces by class.
pub(super) struct Vocabulary {
    pieces: Vec<String>,
    blank: usize,
}

/// A piece that was heard, from its first to its last frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) class: usize,
    pub(super) first: u32,
    pub(super) last: u32,
}

/// When a window begins and how far its frames are apart, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    pub(super) start_ms: u32,
    pub(super) stride_ms: u32,
}

impl Vocabulary {
    /// Reads lines of a piece, a space and its class; `▁` stands for a space, `<blk>` or the last class is the blank.
    pub(super) fn open(path: &Path) -> Result<Self, InferenceError> {
        let refuse = |reason: String| InferenceError::File { path: path.to_owned(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
        Self::parse(&text).map_err(refuse)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let (piece, class) =
                line.rsplit_once(' ').ok_or_else(|| format!("line {line:?} has no class"))?;
            if class != number.to_string() {
                return Err(format!("class {class} stands where {number} should"));
            }
            pieces.push(piece.replace('\u{2581}', " "));
        }
        let last = pieces.len().checked_sub(1).ok_or("no pieces")?;
        let blank = pieces.iter().position(|piece| piece == BLANK).unwrap_or(last);
        Ok(Self { pieces, blank })
    }

    /// Classes, the blank among them.
    pub(super) const fn len(&self) -> usize {
        self.pieces.len()
    }

    /// The likeliest class of each row, f32 `[frames, classes]`, folded.
    pub(super) fn greedy(&self, rows: &[f32]) -> Vec<Token> {
        let (mut tokens, mut before): (Vec<Token>, _) = (Vec::new(), self.blank);
        for (frame, row) in (0..).zip(rows.chunks_exact(self.len())) {
            let class = likeliest(row);
            match tokens.last_mut() {
                Some(token) if class == before && class != self.blank => token.last = frame,
                _ if class != self.blank => tokens.push(Token { class, first: frame, last: frame }),
                _ => (),
            }
            before = class;
        }
        tokens
    }

    /// Sentences, or what lies between two pauses. A segment ends only where a word ends.
    pub(super) fn segments(&self, tokens: &[Token], clock: Clock) -> Vec<Segment> {
        let at = |frames: u32| clock.start_ms.saturating_add(frames.saturating_mul(clock.stride_ms));
        let mut segments: Vec<Segment> = Vec::new();
        for (place, token) in tokens.iter().enumerate() {
            let (start_ms, end_ms) = (at(token.first), at(token.last + 1));
            let piece = self.piece(*token);
            let ended = |before: &&mut Segment| {
                let over = before.text.ends_with(['.', '!', '?', '…']);
                over || start_ms.saturating_sub(before.end_ms) >= PAUSE_MS
            };
            let parted = self.begins_word(tokens.get(place..).unwrap_or_default());
            match segments.last_mut().filter(|before| !(parted && ended(before))) {
                Some(segment) => {
                    segment.text.push_str(piece);
                    segment.end_ms = end_ms;
                }
                None => segments.push(Segment { start_ms, end_ms, text: piece.to_owned() }),
            }
        }
        segments.iter_mut().for_each(|segment| segment.text = tidy(&segment.text));
        segments.retain(|segment| !segment.text.is_empty());
        segments
    }

    /// A piece with its spaces; nothing for what no person reads (`<unk>`).
    fn piece(&self, token: Token) -> &str {
        let piece = self.pieces.get(token.class).map_or("", String::as_str);
        if piece.starts_with('<') && piece.ends_with('>') { "" } else { piece }
    }

    /// Whether a space and a letter or digit come next.
    fn begins_word(&self, tokens: &[Token]) -> bool {
        let mut letters = tokens.iter().take(3).flat_map(|token| self.piece(*token).chars());
        letters.next() == Some(' ')
            && letters.find(|letter| *letter != ' ').is_some_and(char::is_alphanumeric)
    }
}

/// The first of the largest numbers, as numpy's argmax.
fn likeliest(row: &[f32]) -> usize {
    let better = |best: (usize, f32), next: (usize, f32)| if next.1 > best.1 { next } else { best };
    row.iter().copied().enumerate().fold((0, f32::NEG_INFINITY), better).0
}

/// One space between words, none before closing marks.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !tidy.is_empty() && !word.starts_with(CLOSING) {
            tidy.push(' ');
        }
        tidy.push_str(word);
    }
    tidy
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: [&str; 9] = ["<unk>", "▁", "▁да", "ка", ".", "▁—", "▁3", ",", "<blk>"];

    fn vocabulary() -> Vocabulary {
        let lines: Vec<String> = WORDS.iter().enumerate().map(|(n, word)| format!("{word} {n}")).collect();
        Vocabulary::parse(&lines.join("\n")).unwrap()
    }

    fn heard(classes: &[usize]) -> Vec<(u32, u32, String)> {
        let words = vocabulary();
        let row = |class: &usize| {
            (0..words.len()).map(|n| if n == *class { 0.0 } else { -1.0 }).collect::<Vec<f32>>()
        };
        let tokens = words.greedy(&classes.iter().flat_map(row).collect::<Vec<f32>>());
        let segments = words.segments(&tokens, Clock { start_ms: 1000, stride_ms: 40 });
        segments.into_iter().map(|segment| (segment.start_ms, segment.end_ms, segment.text)).collect()
    }

    fn one(start: u32, end: u32, text: &str) -> (u32, u32, String) {
        (start, end, text.to_owned())
    }

    #[test]
    fn repetitions_are_folded_and_blanks_keep_them_apart() {
        assert_eq!(heard(&[8, 2, 2, 3, 8, 3, 3]), [one(1040, 1280, "дакака")]);
        assert_eq!(heard(&[8, 8]), []);
        assert_eq!(heard(&[]), []);
    }

    #[test]
    fn words_are_parted_by_one_space_and_marks_by_none() {
        assert_eq!(heard(&[1, 2, 1, 7, 5, 2, 0, 1]), [one(1000, 1320, "да, — да")]);
    }

    #[test]
    fn sentences_and_pauses_part_segments_but_never_a_word() {
        let sentences = heard(&[2, 4, 6, 4, 8, 3, 4]);
        assert_eq!(sentences, [one(1000, 1080, "да."), one(1080, 1280, "3.ка.")], "the point of a number");
        let pause = [vec![2], vec![8; 20], vec![3], vec![8; 20], vec![1, 2]].concat();
        assert_eq!(heard(&pause), [one(1000, 1880, "дака"), one(2680, 2760, "да")]);
    }

    #[test]
    fn a_vocabulary_is_read_line_by_line() {
        assert_eq!(vocabulary().blank, 8);
        assert_eq!(Vocabulary::parse("a 0\nb 1").unwrap().blank, 1, "the last one");
        for wrong in ["", "a", "a 1", "a 0\nb 0"] {
            assert!(Vocabulary::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
