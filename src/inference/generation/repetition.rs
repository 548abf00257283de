//! A model that has lost its way writes the same again and again: is it doing so, and what did it say before?
//!
//! In: tokens. Out: the run that their end repeats. It decides nothing: speech and answers call different things a loop.

/// What counts as a loop.
#[derive(Debug, Clone, Copy)]
pub struct Loops {
    /// How often a run of so many tokens must come, one right after the other (at least twice).
    pub times: fn(usize) -> usize,
}

impl Loops {
    /// Length of the run that the end of `tokens` repeats often enough; a run that is itself a shorter one again and again
    /// counts as that.
    #[must_use]
    pub fn run(self, tokens: &[u32]) -> Option<usize> {
        (1..=tokens.len() / 2).find(|&length| {
            let repeated = length.saturating_mul((self.times)(length).max(2));
            let tail = tokens.len().checked_sub(repeated).and_then(|from| tokens.get(from..));
            tail.is_some_and(|tail| comes_back(tail, length) && !is_made_of_less(tail, length))
        })
    }

    /// The tokens, with what the end repeats said once.
    #[must_use]
    pub fn once(self, tokens: &[u32]) -> &[u32] {
        let mut kept = tokens;
        while let Some(length) = self.run(kept) {
            kept = kept.get(..kept.len() - length).unwrap_or_default();
            while kept.len() >= 2 * length {
                let (rest, last) = kept.split_at(kept.len() - length);
                if !rest.ends_with(last) {
                    break;
                }
                kept = rest;
            }
        }
        kept
    }
}

/// Whether every token is that of `length` before.
fn comes_back(tokens: &[u32], length: usize) -> bool {
    tokens.iter().zip(tokens.iter().skip(length)).all(|(before, token)| before == token)
}

fn is_made_of_less(tokens: &[u32], length: usize) -> bool {
    (1..=length / 2).any(|less| length.is_multiple_of(less) && comes_back(tokens, less))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOPS: Loops = Loops { times: |length| if length < 3 { 4 } else { 2 } };

    #[test]
    fn a_run_counts_when_it_comes_often_enough() {
        assert_eq!(LOOPS.run(&[9, 1, 2, 1, 2, 1, 2]), None);
        assert_eq!(LOOPS.run(&[9, 1, 2, 1, 2, 1, 2, 1, 2]), Some(2));
        assert_eq!(LOOPS.run(&[1, 2, 3, 1, 2, 3]), Some(3));
        assert_eq!(LOOPS.run(&[1, 2, 3, 1, 2, 3, 4]), None, "it is over");
        assert_eq!(LOOPS.run(&[7; 3]), None, "not a run of three");
        assert_eq!(LOOPS.run(&[]), None);
        assert_eq!(Loops { times: |_| usize::MAX }.run(&[1; 99]), None);
    }

    #[test]
    fn what_is_left_says_it_once() {
        assert_eq!(LOOPS.once(&[9, 1, 2, 3, 1, 2, 3, 1, 2, 3]), [9, 1, 2, 3]);
        assert_eq!(LOOPS.once(&[9, 1, 2, 3]), [9, 1, 2, 3]);
    }
}
