//! Beam search: several answers are followed at once, the best of those that ended wins.
//!
//! The same decisions as transformers' `_beam_search` (4.57, `generation/utils.py`): of the `2 n` best continuations, those among the first `n` that end are finished (their score divided by `length^length_penalty`), the
//! first `n` that go on are followed; when it is over, [`Stopping`] says. In: log probabilities. Out: which row goes on with which
//! token. It runs no model.

use super::rules::norm;

/// How it searches.
#[derive(Debug, Clone, Copy)]
pub struct Search {
    /// Answers that are followed at once (at least 1).
    pub width: usize,
    /// 0 prefers short answers, 1 the mean log probability.
    pub length_penalty: f32,
    /// The token that ends an answer.
    pub end: u32,
    /// Most tokens of an answer, the end among them.
    pub most: usize,
    /// When it is over.
    pub stopping: Stopping,
    /// Whether [`Hypothesis::log_probability`] is wanted: a sum over all scores of a row at each step.
    pub surely: bool,
}

/// When a search is over (`early_stopping`); always once as many answers are finished as are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stopping {
    /// At once (`true`).
    AtOnce,
    /// When the best that is still followed is no better than the worst of them (`false`).
    #[default]
    NoBetter,
    /// When it could not even become better with the greatest length (`"never"`).
    NeverBetter,
}

/// An answer, or the beginning of one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hypothesis {
    /// Its tokens, without the end.
    pub tokens: Vec<u32>,
    /// By what it is searched: the sum of the rows' log probabilities of its tokens, the end among them.
    pub score: f32,
    /// How sure the model was of it: the same sum among the tokens that the rules left over; 0 where nobody wants to know.
    pub log_probability: f32,
    /// Whether it is whole: its end was written, or there was no more room.
    pub ended: bool,
}

/// A search that is going on.
#[derive(Debug)]
pub struct Beams {
    search: Search,
    running: Vec<Hypothesis>,
    /// Finished ones with their penalised scores, best first.
    finished: Vec<(f32, Hypothesis)>,
}

impl Beams {
    /// Begins with nothing written.
    #[must_use]
    pub fn new(search: Search) -> Self {
        Self {
            search: Search { width: search.width.max(1), ..search },
            running: vec![Hypothesis::default()],
            finished: Vec::new(),
        }
    }

    /// What is followed, one hypothesis per row of the model.
    #[must_use]
    pub fn running(&self) -> &[Hypothesis] {
        &self.running
    }

    /// Takes the log probabilities of the next token for each row; returns the rows that go on and their next tokens, or
    /// `None` when it is over.
    pub fn step<R: AsRef<[f32]>>(&mut self, rows: &[R]) -> Option<Vec<(usize, u32)>> {
        let length = self.running.first().map_or(0, |first| first.tokens.len()) + 1;
        let (full, width) = (length >= self.search.most, self.search.width);
        let left_over: Vec<f32> = rows
            .iter()
            .filter(|_| self.search.surely)
            .map(|row| norm(row.as_ref()).map_or(0.0, |(most, sum)| most + sum))
            .collect();
        let mut next = Vec::with_capacity(width);
        for (rank, (row, token, score)) in self.candidates(rows).into_iter().enumerate() {
            let Some(before) = self.running.get(row) else { continue };
            let ends = token == self.search.end;
            let grown = || {
                let tokens = before.tokens.iter().copied().chain((!ends).then_some(token)).collect();
                let more = left_over.get(row).map_or(0.0, |left_over| score - before.score - left_over);
                let ended = ends || full;
                Hypothesis { tokens, score, log_probability: before.log_probability + more, ended }
            };
            if ends || full {
                if rank < width {
                    let ended = grown();
                    self.finish(ended, length);
                }
            } else if next.len() < width {
                next.push((row, token, grown()));
            }
        }
        if next.is_empty() || self.is_settled() || !self.may_improve(&next, length) {
            return None;
        }
        let (rows, running) = next.into_iter().map(|(row, token, grown)| ((row, token), grown)).unzip();
        self.running = running;
        Some(rows)
    }

    /// The best that was found.
    #[must_use]
    pub fn best(self) -> Option<Hypothesis> {
        let finished = self.finished.into_iter().map(|(_, hypothesis)| hypothesis).next();
        finished.or_else(|| self.running.into_iter().next())
    }

    /// The `2 n` best continuations, best first.
    fn candidates(&self, rows: &[impl AsRef<[f32]>]) -> Vec<(usize, u32, f32)> {
        let many = 2 * self.search.width;
        let mut all = Vec::with_capacity(many * rows.len());
        for (row, (scores, before)) in rows.iter().zip(&self.running).enumerate() {
            let best = highest(scores.as_ref(), many).into_iter();
            all.extend(best.map(|(token, score)| (row, token, before.score + score)));
        }
        all.sort_by(|a, b| b.2.total_cmp(&a.2).then((a.0, a.1).cmp(&(b.0, b.1))));
        all.truncate(many);
        all
    }

    fn penalised(&self, score: f32, length: usize) -> f32 {
        score / (length as f32).powf(self.search.length_penalty)
    }

    fn finish(&mut self, hypothesis: Hypothesis, length: usize) {
        let score = self.penalised(hypothesis.score, length);
        let place = self.finished.partition_point(|(other, _)| *other >= score);
        self.finished.insert(place, (score, hypothesis));
        self.finished.truncate(self.search.width);
    }

    /// Nothing that is still written matters any more.
    fn is_settled(&self) -> bool {
        self.search.stopping == Stopping::AtOnce && self.finished.len() == self.search.width
    }

    fn may_improve(&self, next: &[(usize, u32, Hypothesis)], length: usize) -> bool {
        let reaches = self.search.stopping == Stopping::NeverBetter && self.search.length_penalty > 0.0;
        let length = if reaches { self.search.most } else { length };
        let best = next.first().map_or(f32::NEG_INFINITY, |(.., best)| self.penalised(best.score, length));
        let worst = self.finished.last().map_or(f32::NEG_INFINITY, |(score, _)| *score);
        self.finished.len() < self.search.width || best > worst
    }
}

/// The tokens with the highest scores of a row, best first, of equals the first; none without a chance.
fn highest(scores: &[f32], many: usize) -> Vec<(u32, f32)> {
    let (mut best, mut least) = (Vec::with_capacity(many + 1), f32::NEG_INFINITY);
    for (token, score) in (0..).zip(scores.iter().copied()) {
        if score > least {
            let place = best.partition_point(|(_, other)| *other >= score);
            best.insert(place, (token, score));
            best.truncate(many);
            if best.len() == many {
                least = best.last().map_or(least, |(_, score)| *score);
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: u32 = 0;

    fn search(width: usize, most: usize) -> Beams {
        let stopping = Stopping::NoBetter;
        Beams::new(Search { width, length_penalty: 1.0, end: END, most, stopping, surely: true })
    }

    fn logs(shares: &[f32]) -> Vec<f32> {
        shares.iter().map(|share| share.ln()).collect()
    }

    #[test]
    fn the_likelier_whole_wins_over_the_likelier_beginning() {
        let mut beams = search(2, 9);
        assert_eq!(beams.step(&[logs(&[0.0, 0.6, 0.4])]), Some(vec![(0, 1), (0, 2)]));
        // What began worse goes on surely: 0.4 x 0.9 against 0.6 x 0.4.
        let next = beams.step(&[logs(&[0.2, 0.4, 0.4]), logs(&[0.05, 0.05, 0.9])]).unwrap();
        assert_eq!(next[0], (1, 2));
        let rows = vec![logs(&[1.0, 0.0, 0.0]); 2];
        assert_eq!(beams.step(&rows), None, "both ended");
        let best = beams.best().unwrap();
        assert!(best.ended);
        assert_eq!((best.tokens.as_slice(), best.score), (&[2, 2][..], best.log_probability));
    }

    #[test]
    fn it_is_as_sure_as_the_tokens_that_were_allowed_let_it_be() {
        let mut beams = search(1, 9);
        // A rule has forbidden a token with half of the probability.
        beams.step(&[logs(&[0.0, 0.4, 0.1])]);
        beams.step(&[logs(&[1.0, 0.0, 0.0])]);
        let best = beams.best().unwrap();
        assert!(
            (best.score - 0.4_f32.ln()).abs() < 1e-6 && (best.log_probability - 0.8_f32.ln()).abs() < 1e-6,
            "{best:?}"
        );
    }

    #[test]
    fn the_best_of_a_row_are_those_of_a_whole_order() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..200 {
            let mut scores: Vec<f32> = (0..random.usize(0..40)).map(|_| random.i8(-4..4).into()).collect();
            scores.iter_mut().filter(|score| **score == -4.0).for_each(|score| *score = f32::NEG_INFINITY);
            let mut order: Vec<(u32, f32)> = (0..).zip(scores.iter().copied()).collect();
            order.retain(|(_, score)| score.is_finite());
            order.sort_by(|a, b| b.1.total_cmp(&a.1));
            let many = random.usize(1..9);
            order.truncate(many);
            assert_eq!(highest(&scores, many), order, "{many} of {scores:?}");
        }
    }

    #[test]
    fn the_length_ends_it() {
        let mut beams = search(1, 2);
        assert!(beams.step(&[logs(&[0.1, 0.9])]).is_some());
        assert_eq!(beams.step(&[logs(&[0.1, 0.9])]), None);
        assert_eq!(beams.best().unwrap().tokens, [1, 1]);
    }

    #[test]
    fn nothing_that_can_be_written_is_no_panic() {
        let mut beams = search(3, 5);
        assert_eq!(beams.step(&[vec![f32::NEG_INFINITY; 4]]), None);
        assert_eq!(beams.step::<Vec<f32>>(&[]), None);
        assert!(beams.best().unwrap().tokens.is_empty());
    }
}
