//! Time tokens: when they may be written, and which pieces of text lie between them.
//!
//! The rule is transformers' `WhisperTimeStampLogitsProcessor` (4.57), the cutting that of `openai/whisper`
//! (`transcribe.py`): a window is heard up to the last pair of times, and listening goes on from there.

use crate::inference::generation::rules::{Rule, norm};

/// Which times may be written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// The end of an answer; every id below is text.
    pub(super) end: u32,
    /// The token of 0 s.
    pub(super) zero: u32,
    /// The first time may be this many ticks at most.
    pub(super) first: u32,
}

impl Rule for Times {
    fn apply(&self, written: &[u32], scores: &mut [f32]) {
        let (zero, end) = (self.zero as usize, self.end as usize);
        forbid(scores, zero.saturating_sub(1)..zero);
        let is_time = |place: Option<&u32>| place.is_some_and(|token| *token >= self.zero);
        let mut last = written.iter().rev();
        let (last, before) = (last.next(), last.next());
        if is_time(last) {
            if before.is_none() || is_time(before) {
                forbid(scores, zero..usize::MAX);
            } else {
                forbid(scores, 0..end);
            }
        }
        if let Some(latest) = written.iter().rev().find(|token| **token >= self.zero) {
            // Times do not go back; a piece has a length.
            let open = is_time(last) && before.is_some() && !is_time(before);
            forbid(scores, zero..(*latest as usize + usize::from(!open)));
        }
        if written.is_empty() {
            forbid(scores, 0..zero);
            forbid(scores, zero + self.first as usize + 1..usize::MAX);
        }
        let (text, times) = scores.split_at(zero.min(scores.len()));
        let best = text.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if norm(times).is_some_and(|(most, sum)| most + sum > best) {
            forbid(scores, 0..zero);
        }
    }
}

fn forbid(scores: &mut [f32], range: std::ops::Range<usize>) {
    let range = range.start.min(scores.len())..range.end.min(scores.len());
    scores.get_mut(range).unwrap_or_default().fill(f32::NEG_INFINITY);
}

/// A piece of text with its times in ticks from the beginning of its window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) tokens: Vec<u32>,
}

/// What may be left of a window behind the last time without being listened to again: 1.5 s.
const REST: u32 = 75;

/// The pieces of what was written for a window of `ticks`, and the tick up to which it was heard. Whisper likes to end
/// behind the first sentence of a window, and the reference then leaves the rest of it out; here listening goes on
/// from the last time where much is left.
pub(super) fn pieces(written: &[u32], zero: u32, ticks: u32) -> (Vec<Piece>, u32) {
    let tick = |token: &u32| token.checked_sub(zero);
    let is_time = |place: usize| written.get(place).is_some_and(|token| *token >= zero);
    let mut cuts: Vec<usize> = (1..written.len()).filter(|at| is_time(at - 1) && is_time(*at)).collect();
    let last = written.len().saturating_sub(1);
    let ends_once = written.len() > 1 && is_time(last) && !is_time(last - 1);
    if cuts.is_empty() {
        let to = written.iter().rev().find_map(tick).filter(|tick| *tick > 0).unwrap_or(ticks);
        let from = written.first().and_then(tick).unwrap_or(0);
        let heard = if ends_once { rest(to, ticks) } else { ticks };
        return (vec![Piece { from, to: to.min(ticks), tokens: written.to_vec() }], heard);
    }
    cuts.extend(ends_once.then_some(written.len()));
    let mut from = 0;
    let mut pieces = Vec::with_capacity(cuts.len());
    for cut in cuts {
        let tokens = written.get(from..cut).unwrap_or_default();
        let ends = (tokens.first().and_then(tick), tokens.last().and_then(tick));
        let (begin, end) = (ends.0.unwrap_or(0), ends.1.unwrap_or(ticks));
        pieces.push(Piece { from: begin.min(ticks), to: end.min(ticks), tokens: tokens.to_vec() });
        from = cut;
    }
    let last = pieces.last().map_or(ticks, |piece| piece.to);
    let heard = if ends_once { rest(last, ticks) } else { last };
    (pieces, if heard == 0 { ticks } else { heard })
}

/// Up to where a window was heard that ends at this time.
fn rest(to: u32, ticks: u32) -> u32 {
    if to >= REST && to + REST < ticks { to } else { ticks }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: Times = Times { end: 10, zero: 12, first: 3 };

    fn allowed(written: &[u32], likely: &[usize]) -> Vec<usize> {
        let mut scores = [0.0; 20];
        likely.iter().for_each(|place| scores[*place] = 20.0);
        TIMES.apply(written, &mut scores);
        (0..20).filter(|place| scores[*place].is_finite()).collect()
    }

    #[test]
    fn a_time_comes_first_and_then_pairs_of_them() {
        assert_eq!(allowed(&[], &[5]), [12, 13, 14, 15], "at most three ticks in");
        assert_eq!(allowed(&[12], &[5]), (0..11).collect::<Vec<_>>(), "text or the end");
        assert_eq!(
            allowed(&[12, 5], &[6]),
            [&(0..11).collect::<Vec<_>>()[..], &[13, 14, 15, 16, 17, 18, 19]].concat()
        );
        assert_eq!(allowed(&[12, 5, 15], &[10]), [10, 15, 16, 17, 18, 19], "the same again, or the end");
        assert_eq!(allowed(&[12, 5, 15, 15], &[6]), (0..11).collect::<Vec<_>>());
        assert_eq!(
            allowed(&[12, 5], &[]),
            [13, 14, 15, 16, 17, 18, 19],
            "times together are likelier than any word"
        );
    }

    #[test]
    fn pieces_lie_between_pairs_and_the_rest_is_heard_again() {
        let piece = |from, to, tokens: &[u32]| Piece { from, to, tokens: tokens.to_vec() };
        let cut = |written: &[u32]| pieces(written, 12, 100);
        assert_eq!(cut(&[12, 5, 6]), (vec![piece(0, 100, &[12, 5, 6])], 100));
        assert_eq!(cut(&[12, 5, 40]), (vec![piece(0, 28, &[12, 5, 40])], 100));
        let two = [12, 5, 40, 40, 6, 50, 50, 7];
        assert_eq!(cut(&two), (vec![piece(0, 28, &two[..3]), piece(28, 38, &two[3..6])], 38));
        let ends = [12, 5, 40, 41, 6, 50];
        assert_eq!(cut(&ends), (vec![piece(0, 28, &ends[..3]), piece(29, 38, &ends[3..])], 100));
        assert_eq!(pieces(&[12, 5, 112], 12, 1_500).1, 100, "most of the window is left");
        assert_eq!(pieces(&[12, 5, 112], 12, 170).1, 170, "hardly anything is left");
        assert_eq!(cut(&[]).1, 100);
        assert_eq!(cut(&[12, 12]).1, 100, "it always goes on");
    }
}
