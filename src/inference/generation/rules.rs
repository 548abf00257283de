//! What a model may not write next: rules over the scores of one position, in the order in which they are listed.
//!
//! Arithmetic is that of transformers' logits processors (4.57, `generation/logits_process.py`). In: the tokens written
//! so far (without the prompt) and scores. Out: scores, minus infinity where a token is forbidden.

use super::sampling::{highest, penalise};

/// A rule over the next token.
pub trait Rule {
    /// Changes `scores`, one per token of the vocabulary; `written` are the new tokens so far.
    fn apply(&self, written: &[u32], scores: &mut [f32]);
}

/// Tokens that are never written (`SuppressTokensLogitsProcessor`; `bad_words_ids` of one token each).
#[derive(Debug, Clone, Default)]
pub struct Never(pub Vec<u32>);

impl Rule for Never {
    fn apply(&self, _written: &[u32], scores: &mut [f32]) {
        forbid(&self.0, scores);
    }
}

/// Tokens that are not written first (`SuppressTokensAtBeginLogitsProcessor`).
#[derive(Debug, Clone, Default)]
pub struct NotFirst(pub Vec<u32>);

impl Rule for NotFirst {
    fn apply(&self, written: &[u32], scores: &mut [f32]) {
        if written.is_empty() {
            forbid(&self.0, scores);
        }
    }
}

/// What was written already is less likely (`RepetitionPenaltyLogitsProcessor`).
#[derive(Debug, Clone)]
pub struct LessAgain {
    /// Above 1.
    pub penalty: f32,
    /// Tokens before the first new one; they count, too.
    pub before: Vec<u32>,
}

impl Rule for LessAgain {
    fn apply(&self, written: &[u32], scores: &mut [f32]) {
        penalise(scores, &[&self.before, written].concat(), self.penalty);
    }
}

/// No run of `size` tokens is written twice (`NoRepeatNGramLogitsProcessor`).
#[derive(Debug, Clone)]
pub struct NoRun {
    /// Tokens of a run (at least 1).
    pub size: usize,
    /// Tokens before the first new one; they count, too.
    pub before: Vec<u32>,
}

impl Rule for NoRun {
    fn apply(&self, written: &[u32], scores: &mut [f32]) {
        let all = [&self.before, written].concat();
        let Some(begun) = (all.len() + 1).checked_sub(self.size.max(1)).and_then(|from| all.get(from..))
        else {
            return;
        };
        let ends = all.windows(self.size.max(1)).filter_map(|run| run.split_last());
        let ends = ends.filter(|(_, beginning)| *beginning == begun).map(|(end, _)| *end);
        forbid(&ends.collect::<Vec<_>>(), scores);
    }
}

/// Runs of tokens that are never written whole (`NoBadWordsLogitsProcessor`).
#[derive(Debug, Clone)]
pub struct NoWords {
    /// The runs; empty ones forbid nothing.
    pub words: Vec<Vec<u32>>,
    /// Tokens before the first new one; they count, too.
    pub before: Vec<u32>,
}

impl Rule for NoWords {
    fn apply(&self, written: &[u32], scores: &mut [f32]) {
        let all = [&self.before, written].concat();
        for (last, beginning) in self.words.iter().filter_map(|word| word.split_last()) {
            if all.ends_with(beginning) {
                forbid(&[*last], scores);
            }
        }
    }
}

/// The end is not written before so many tokens (`MinLengthLogitsProcessor`).
#[derive(Debug, Clone, Copy)]
pub struct NotYet {
    /// The end.
    pub end: u32,
    /// Fewest new tokens.
    pub least: usize,
}

impl Rule for NotYet {
    fn apply(&self, written: &[u32], scores: &mut [f32]) {
        if written.len() < self.least {
            forbid(&[self.end], scores);
        }
    }
}

/// Nothing but one token is written at a place (`ForcedBOSTokenLogitsProcessor`, `ForcedEOSTokenLogitsProcessor`).
#[derive(Debug, Clone, Copy)]
pub struct Only {
    /// The token.
    pub token: u32,
    /// How many new tokens stand before it.
    pub place: usize,
}

impl Rule for Only {
    fn apply(&self, written: &[u32], scores: &mut [f32]) {
        if written.len() == self.place {
            scores.fill(f32::NEG_INFINITY);
            if let Some(score) = scores.get_mut(self.token as usize) {
                *score = 0.0;
            }
        }
    }
}

/// What is left adds up to one again (`LogitNormalization`).
#[derive(Debug, Clone, Copy)]
pub struct Shares;

impl Rule for Shares {
    fn apply(&self, _written: &[u32], scores: &mut [f32]) {
        log_softmax(scores);
    }
}

fn forbid(tokens: &[u32], scores: &mut [f32]) {
    for token in tokens {
        if let Some(score) = scores.get_mut(*token as usize) {
            *score = f32::NEG_INFINITY;
        }
    }
}

/// Turns scores into log probabilities: `x - max - ln(sum(exp(x - max)))`.
pub fn log_softmax(scores: &mut [f32]) {
    if let Some((most, norm)) = norm(scores) {
        scores.iter_mut().for_each(|score| *score = *score - most - norm);
    }
}

/// Log probability of one token; minus infinity where there is none.
#[must_use]
pub fn log_probability(scores: &[f32], token: u32) -> f32 {
    let score = scores.get(token as usize).zip(norm(scores));
    score.map_or(f32::NEG_INFINITY, |(score, (most, norm))| score - most - norm)
}

/// The largest score, and `ln(sum(exp(x - max)))`.
#[must_use]
pub fn norm(scores: &[f32]) -> Option<(f32, f32)> {
    let most = highest(scores)?;
    let sum: f64 = scores.iter().map(|score| f64::from((score - most).exp())).sum();
    Some((most, sum.ln() as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_tokens_have_no_chance() {
        let mut scores = [1.0, 2.0, 3.0];
        Never(vec![2, 77]).apply(&[], &mut scores);
        NotFirst(vec![1]).apply(&[0], &mut scores);
        assert_eq!(scores, [1.0, 2.0, f32::NEG_INFINITY]);
        NotFirst(vec![1]).apply(&[], &mut scores);
        assert_eq!(scores, [1.0, f32::NEG_INFINITY, f32::NEG_INFINITY]);
    }

    /// Tokens that are forbidden after these.
    fn forbidden(rule: &dyn Rule, written: &[u32]) -> Vec<usize> {
        let mut scores = [1.0; 6];
        rule.apply(written, &mut scores);
        (0..6).filter(|token| scores[*token] == f32::NEG_INFINITY).collect()
    }

    #[test]
    fn a_run_is_not_written_twice_and_the_start_counts() {
        let rule = NoRun { size: 2, before: vec![0] };
        assert_eq!(forbidden(&rule, &[1, 2, 1]), [2]);
        assert_eq!(forbidden(&rule, &[1, 2, 0]), [1]);
        assert_eq!(forbidden(&rule, &[]), [0; 0]);
        assert_eq!(forbidden(&NoRun { size: 1, before: vec![0] }, &[3]), [0, 3]);
        assert_eq!(forbidden(&NoRun { size: 9, before: vec![] }, &[3, 3, 3]), [0; 0]);
    }

    #[test]
    fn words_are_forbidden_where_their_last_token_would_come() {
        let rule = NoWords { words: vec![vec![5], vec![1, 2, 3], vec![]], before: vec![1] };
        assert_eq!(forbidden(&rule, &[4]), [5]);
        assert_eq!(forbidden(&rule, &[2]), [3, 5]);
    }

    #[test]
    fn an_end_comes_neither_too_early_nor_too_late() {
        assert_eq!(forbidden(&NotYet { end: 2, least: 2 }, &[1]), [2]);
        assert_eq!(forbidden(&NotYet { end: 2, least: 2 }, &[1, 1]), [0; 0]);
        assert_eq!(forbidden(&Only { token: 2, place: 1 }, &[1]), [0, 1, 3, 4, 5]);
        assert_eq!(forbidden(&Only { token: 2, place: 1 }, &[]), [0; 0]);
        assert_eq!(forbidden(&Only { token: 77, place: 0 }, &[]).len(), 6, "a token that is not there");
    }

    #[test]
    fn log_probabilities_add_up_to_one() {
        let mut scores = [1000.0, 999.0, f32::NEG_INFINITY];
        log_softmax(&mut scores);
        let sum: f32 = scores.iter().map(|score| score.exp()).sum();
        assert!((sum - 1.0).abs() < 1e-6 && (scores[0] - scores[1] - 1.0).abs() < 1e-5);
        log_softmax(&mut [f32::NEG_INFINITY]);
    }
}
