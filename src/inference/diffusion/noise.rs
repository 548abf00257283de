//! The noise a picture starts from: torch's CPU generator, so that a seed gives the picture it gives everywhere else.
//!
//! Source of the formulas: PyTorch, `MT19937RNGEngine.h`, `DistributionsHelper.h`, `DistributionTemplates.h`
//! (`normal_fill`). In: a seed and a count. Out: `torch.randn(count, generator)` as `f32`.
//! Never: any other source of randomness.

use std::f32::consts::PI;

const STATE: usize = 624;
const SHIFT: usize = 397;
/// Values made together by the vectorised path.
const BLOCK: usize = 16;
const HALF: usize = BLOCK / 2;

/// `torch.randn(count, generator=torch.Generator("cpu").manual_seed(seed))`.
#[must_use]
pub(crate) fn randn(seed: u64, count: usize) -> Vec<f32> {
    let mut engine = Mt19937::new(seed);
    if count < BLOCK { one_by_one(&mut engine, count) } else { in_blocks(&mut engine, count) }
}

/// The scalar path: pairs in double precision, the second of each pair kept for the next call.
fn one_by_one(engine: &mut Mt19937, count: usize) -> Vec<f32> {
    let mut kept = None;
    let mut values = Vec::with_capacity(count);
    for _ in 0..count {
        let value = kept.take().unwrap_or_else(|| {
            let (u1, u2) = (engine.double(), engine.double());
            let radius = (-2.0 * (-u2).ln_1p()).sqrt();
            let angle = 2.0 * std::f64::consts::PI * u1;
            kept = Some(radius * angle.sin());
            radius * angle.cos()
        });
        values.push(value as f32);
    }
    values
}

/// The block path: uniform values first, then Box-Muller over blocks of 16; a tail that is no whole block is made
/// anew, together with what stands before it.
fn in_blocks(engine: &mut Mt19937, count: usize) -> Vec<f32> {
    let mut values: Vec<f32> = (0..count).map(|_| engine.float()).collect();
    values.chunks_exact_mut(BLOCK).for_each(box_muller);
    if !count.is_multiple_of(BLOCK)
        && let Some(tail) = values.last_chunk_mut::<BLOCK>()
    {
        tail.iter_mut().for_each(|value| *value = engine.float());
        box_muller(tail);
    }
    values
}

fn box_muller(block: &mut [f32]) {
    let Some((cosines, sines)) = block.split_at_mut_checked(HALF) else { return };
    for (first, second) in cosines.iter_mut().zip(sines) {
        let radius = (-2.0 * (1.0 - *first).ln()).sqrt();
        let angle = 2.0 * PI * *second;
        *first = radius * angle.cos();
        *second = radius * angle.sin();
    }
}

/// The Mersenne Twister, seeded as torch seeds it (only the low 32 bits of the seed count).
struct Mt19937 {
    state: Vec<u32>,
    next: usize,
}

impl Mt19937 {
    fn new(seed: u64) -> Self {
        let mut last = (seed & 0xffff_ffff) as u32;
        let mut state = Vec::with_capacity(STATE);
        state.push(last);
        for index in 1..STATE as u32 {
            last = 1_812_433_253_u32.wrapping_mul(last ^ (last >> 30)).wrapping_add(index);
            state.push(last);
        }
        Self { state, next: STATE }
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "state always has STATE words and every index is taken modulo STATE"
    )]
    fn refill(&mut self) {
        for index in 0..STATE {
            let joined = (self.state[index] & 0x8000_0000) | (self.state[(index + 1) % STATE] & 0x7fff_ffff);
            let twist = if joined & 1 == 0 { 0 } else { 0x9908_b0df };
            self.state[index] = self.state[(index + SHIFT) % STATE] ^ (joined >> 1) ^ twist;
        }
        self.next = 0;
    }

    fn word(&mut self) -> u32 {
        if self.next >= STATE {
            self.refill();
        }
        let mut word = self.state.get(self.next).copied().unwrap_or_default();
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// Uniform in 0..1 with 24 bits.
    fn float(&mut self) -> f32 {
        (self.word() & 0x00ff_ffff) as f32 / 16_777_216.0
    }

    /// Uniform in 0..1 with 53 bits.
    fn double(&mut self) -> f64 {
        let high = u64::from(self.word());
        let low = u64::from(self.word());
        (((high << 32) | low) & 0x1f_ffff_ffff_ffff) as f64 / 9_007_199_254_740_992.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Row {
        seed: String,
        n: usize,
        at: Vec<usize>,
        values: Vec<f32>,
        sum: f64,
    }

    #[test]
    fn equals_torch() {
        let text = include_str!("../../../tests/fixtures/golden/noise.json");
        let rows: Vec<Row> = serde_json::from_str(text).unwrap();
        assert_eq!(rows.len(), 4 * 8);
        for row in rows {
            let ours = randn(row.seed.parse().unwrap(), row.n);
            assert_eq!(ours.len(), row.n);
            for (&at, &theirs) in row.at.iter().zip(&row.values) {
                let off = (ours[at] - theirs).abs();
                assert!(off <= 2e-6, "seed {} n {} at {at}: {} against {theirs}", row.seed, row.n, ours[at]);
            }
            let sum: f64 = ours.iter().map(|&v| f64::from(v)).sum();
            assert!(
                (sum - row.sum).abs() < 1e-4,
                "seed {} n {}: sum {sum} against {}",
                row.seed,
                row.n,
                row.sum
            );
        }
    }

    #[test]
    fn only_the_low_half_of_a_seed_counts() {
        assert_eq!(randn(7, 40), randn(7 + (1 << 32), 40));
        assert_ne!(randn(7, 40), randn(8, 40));
        assert!(randn(1, 0).is_empty());
    }
}
