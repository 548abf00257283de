//! What a model may not write next: rules over the scores of one position, in the order in which they are listed.
//!
//! Arithmetic is that of transformers' logits processors (4.57, `generation/logits_process.py`). In: the tokens written
//! so far (without the prompt) and scores. Out: scores, minus infinity where a token is forbidden.

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
    let most = scores.iter().copied().filter(|score| score.is_finite()).fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = scores.iter().map(|score| f64::from((score - most).exp())).sum();
    most.is_finite().then_some((most, sum.ln() as f32))
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

    #[test]
    fn log_probabilities_add_up_to_one() {
        let mut scores = [1000.0, 999.0, f32::NEG_INFINITY];
        log_softmax(&mut scores);
        let sum: f32 = scores.iter().map(|score| score.exp()).sum();
        assert!((sum - 1.0).abs() < 1e-6 && (scores[0] - scores[1] - 1.0).abs() < 1e-5);
        log_softmax(&mut [f32::NEG_INFINITY]);
    }
}
