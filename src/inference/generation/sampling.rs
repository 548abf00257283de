//! Picks the next token from the scores of the last position.
//!
//! Order and arithmetic are those of transformers' `generate` (4.57, `generation/logits_process.py`): repetition
//! penalty, temperature, top-k, top-p, min-p; then one draw from the softmax. In: scores (one per token of the
//! vocabulary) and the tokens so far. Out: a token id. It never looks at text, and the same seed draws the same tokens.

use crate::inference::requests::Sampling;

/// Draws tokens for one answer.
#[derive(Debug)]
pub struct Sampler {
    sampling: Sampling,
    random: SplitMix64,
}

impl Sampler {
    /// A sampler that starts from the seed in `sampling`.
    #[must_use]
    pub fn new(sampling: &Sampling) -> Self {
        Self { random: SplitMix64::new(sampling.seed), sampling: sampling.clone() }
    }

    /// The next token; `scores` are the logits of the last position (changed in place), `seen` all tokens so far,
    /// the prompt's included. `None` when no score is finite.
    pub fn choose(&mut self, scores: &mut [f32], seen: &[u32]) -> Option<u32> {
        for score in scores.iter_mut() {
            *score = if score.is_finite() { *score } else { f32::NEG_INFINITY };
        }
        penalise(scores, seen, self.sampling.repetition_penalty);
        if self.sampling.temperature <= 0.0 {
            return best(scores);
        }
        warp(scores, &self.sampling);
        draw(scores, self.random.unit())
    }
}

/// Repetition penalty (`RepetitionPenaltyLogitsProcessor`): a seen token's score is divided by it when positive and
/// multiplied by it when negative, once per token. 1 (and anything not above 0) leaves all as it is.
pub fn penalise(scores: &mut [f32], seen: &[u32], penalty: f32) {
    if penalty <= 0.0 || penalty == 1.0 {
        return;
    }
    let mut seen = seen.to_vec();
    seen.sort_unstable();
    seen.dedup();
    for id in seen {
        if let Some(score) = scores.get_mut(id as usize) {
            *score = if *score < 0.0 { *score * penalty } else { *score / penalty };
        }
    }
}

/// Temperature, top-k, top-p and min-p, in this order; what is left out becomes minus infinity.
pub fn warp(scores: &mut [f32], sampling: &Sampling) {
    if sampling.temperature > 0.0 && sampling.temperature != 1.0 {
        for score in scores.iter_mut() {
            *score /= sampling.temperature;
        }
    }
    if sampling.top_k > 0 {
        keep_top_k(scores, sampling.top_k);
    }
    if sampling.top_p < 1.0 {
        keep_top_p(scores, sampling.top_p.max(0.0));
    }
    if sampling.min_p > 0.0 {
        keep_min_p(scores, sampling.min_p);
    }
}

/// `TopKLogitsWarper`: drops what scores less than the k-th best (equals of the k-th stay).
fn keep_top_k(scores: &mut [f32], k: usize) {
    if k >= scores.len() {
        return;
    }
    let mut ranked = scores.to_vec();
    let (_, threshold, _) = ranked.select_nth_unstable_by(k.saturating_sub(1), |a, b| b.total_cmp(a));
    let threshold = *threshold;
    drop_where(scores, |score| score < threshold);
}

/// `TopPLogitsWarper`: drops the least likely tokens whose probabilities add up to at most `1 - top_p`; the best stays.
fn keep_top_p(scores: &mut [f32], top_p: f32) {
    let Some(highest) = highest(scores) else { return };
    let mut rising: Vec<(usize, f32)> =
        scores.iter().copied().enumerate().filter(|(_, score)| score.is_finite()).collect();
    rising.sort_by(|a, b| a.1.total_cmp(&b.1));
    let total: f64 = rising.iter().map(|(_, score)| weight(*score, highest)).sum();
    let most = (1.0 - f64::from(top_p)) * total;
    let mut sum = 0.0;
    let kept_anyway = rising.len().saturating_sub(1);
    for (place, score) in rising.into_iter().take(kept_anyway) {
        sum += weight(score, highest);
        if sum > most {
            break;
        }
        if let Some(score) = scores.get_mut(place) {
            *score = f32::NEG_INFINITY;
        }
    }
}

/// `MinPLogitsWarper`: drops what is less likely than `min_p` times the likeliest.
fn keep_min_p(scores: &mut [f32], min_p: f32) {
    let Some(highest) = highest(scores) else { return };
    let least = f64::from(min_p.min(1.0));
    drop_where(scores, |score| weight(score, highest) < least);
}

fn drop_where(scores: &mut [f32], drop: impl Fn(f32) -> bool) {
    for score in scores.iter_mut() {
        if drop(*score) {
            *score = f32::NEG_INFINITY;
        }
    }
}

/// Probability of a score, relative to the likeliest.
fn weight(score: f32, highest: f32) -> f64 {
    (f64::from(score) - f64::from(highest)).exp()
}

/// The largest score, where it is finite. Sixteen at a time: one after another takes as long as everything else that is
/// done with a row of scores.
#[must_use]
pub fn highest(scores: &[f32]) -> Option<f32> {
    let larger = |one: f32, other: f32| if other > one { other } else { one };
    let (blocks, rest) = scores.as_chunks::<16>();
    let mut lanes = [f32::NEG_INFINITY; 16];
    for block in blocks {
        lanes.iter_mut().zip(block).for_each(|(lane, score)| *lane = larger(*lane, *score));
    }
    let most = lanes.into_iter().chain(rest.iter().copied()).fold(f32::NEG_INFINITY, larger);
    most.is_finite().then_some(most)
}

/// The first of the best scores, as `torch.argmax` picks it.
fn best(scores: &[f32]) -> Option<u32> {
    let best = highest(scores)?;
    scores.iter().position(|score| *score == best).and_then(|place| u32::try_from(place).ok())
}

/// Draws from the softmax of the scores; `unit` is in [0, 1).
fn draw(scores: &[f32], unit: f64) -> Option<u32> {
    let highest = highest(scores)?;
    let total: f64 = scores.iter().map(|score| weight(*score, highest)).sum();
    let mut left = unit * total;
    let mut last = None;
    for (place, score) in scores.iter().enumerate().filter(|(_, score)| score.is_finite()) {
        last = u32::try_from(place).ok();
        left -= weight(*score, highest);
        if left < 0.0 {
            break;
        }
    }
    last
}

/// `SplitMix64` (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014; the version in Java 8).
///
/// Small and good enough for drawing tokens; it is not torch's generator, so sampled texts differ from transformers'.
#[derive(Debug, Clone)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// Starts at a seed; every seed is fine.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 random bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in [0, 1), from the upper 53 bits.
    pub fn unit(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
        let bits = (self.bits() >> 11) as f64;
        bits / 9_007_199_254_740_992.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: [f32; 10] = [2.0, -1.0, 0.5, 3.5, 3.0, -2.5, 0.0, 1.25, 3.5, -0.75];

    fn kept(scores: &[f32]) -> Vec<usize> {
        scores.iter().enumerate().filter(|(_, score)| score.is_finite()).map(|(place, _)| place).collect()
    }

    #[test]
    fn the_largest_score_may_stand_anywhere() {
        for length in [0, 1, 15, 16, 17, 40] {
            let mut scores = vec![-3.0; length];
            assert_eq!(highest(&scores), (length > 0).then_some(-3.0));
            for place in 0..length {
                scores[place] = 2.0;
                assert_eq!(highest(&scores), Some(2.0), "at {place} of {length}");
                scores[place] = f32::NAN;
                assert_eq!(highest(&scores), (length > 1).then_some(-3.0));
                scores[place] = -3.0;
            }
        }
    }

    /// Numbers from `models/recipes/golden_sampling.py` (transformers 4.57.6): each case is what the processor list
    /// that `generate` builds leaves of LOGITS after the tokens 3, 5, 3.
    #[test]
    fn the_processors_agree_with_transformers() {
        let golden: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/fixtures/golden/sampling.json")).unwrap();
        for case in golden["cases"].as_array().unwrap() {
            let number = |key: &str| case[key].as_f64().unwrap() as f32;
            let sampling = Sampling {
                temperature: number("temperature"),
                top_k: case["top_k"].as_u64().unwrap() as usize,
                top_p: number("top_p"),
                min_p: number("min_p"),
                repetition_penalty: number("repetition_penalty"),
                seed: 0,
            };
            let mut scores: Vec<f32> =
                golden["logits"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap() as f32).collect();
            penalise(&mut scores, &[3, 5, 3], sampling.repetition_penalty);
            warp(&mut scores, &sampling);
            let expected: Vec<f32> = case["scores"]
                .as_array()
                .unwrap()
                .iter()
                .map(|x| x.as_f64().map_or(f32::NEG_INFINITY, |x| x as f32))
                .collect();
            assert_eq!(kept(&scores), kept(&expected), "{case}");
            for (ours, theirs) in scores.iter().zip(&expected).filter(|(ours, _)| ours.is_finite()) {
                assert!((ours - theirs).abs() < 1e-5, "{ours} {theirs} in {case}");
            }
        }
    }

    #[test]
    fn greedy_takes_the_first_of_the_best_and_ignores_what_is_not_a_number() {
        let mut sampler = Sampler::new(&Sampling::default());
        assert_eq!(sampler.choose(&mut LOGITS.clone(), &[]), Some(3));
        assert_eq!(sampler.choose(&mut [f32::NAN, 1.0, f32::INFINITY], &[]), Some(1));
        assert_eq!(sampler.choose(&mut [f32::NAN; 3], &[]), None);
        assert_eq!(sampler.choose(&mut [], &[]), None);
    }

    #[test]
    fn greedy_still_obeys_the_repetition_penalty() {
        let mut sampler = Sampler::new(&Sampling { repetition_penalty: 1.3, ..Sampling::default() });
        assert_eq!(sampler.choose(&mut LOGITS.clone(), &[3, 8, 4_000_000]), Some(4));
    }

    #[test]
    fn one_seed_draws_the_same_tokens_and_another_seed_others() {
        let draw = |seed| {
            let mut sampler = Sampler::new(&Sampling { temperature: 1.0, seed, ..Sampling::default() });
            (0..64).map(|_| sampler.choose(&mut LOGITS.clone(), &[]).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn draws_follow_the_softmax() {
        let mut sampler = Sampler::new(&Sampling { temperature: 1.0, seed: 1, ..Sampling::default() });
        let mut counts = [0_f64; 10];
        for _ in 0..20_000 {
            counts[sampler.choose(&mut LOGITS.clone(), &[]).unwrap() as usize] += 1.0 / 20_000.0;
        }
        let total: f64 = LOGITS.iter().map(|x| f64::from(*x).exp()).sum();
        for (count, logit) in counts.iter().zip(LOGITS) {
            assert!((count - f64::from(logit).exp() / total).abs() < 0.015, "{counts:?}");
        }
    }

    /// The published test vector for seed 1234567.
    #[test]
    fn split_mix_is_split_mix() {
        let mut random = SplitMix64::new(1_234_567);
        let bits: Vec<u64> = (0..3).map(|_| random.bits()).collect();
        assert_eq!(bits, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
        assert!((0..1000).map(|_| random.unit()).all(|unit| (0.0..1.0).contains(&unit)));
    }
}
