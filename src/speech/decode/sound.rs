//! What has been decoded so far: mono, resampled, counted.

use std::time::Duration;

use super::track::Block;
use crate::speech::resample::Resampler;
use crate::speech::{DecodeError, RATE};

/// Room for the block with which a resampler ends, so that the vector never grows for it.
const SPARE: usize = RATE as usize / 10;

/// The samples that are handed out in the end, and no more of them than allowed.
pub(super) struct Sound {
    samples: Vec<f32>,
    /// How many samples stood here when the current rate began.
    settled: u64,
    resampler: Option<Resampler>,
    /// One packet as mono.
    mono: Vec<f32>,
    most: Duration,
    damage: Option<String>,
}

impl Sound {
    pub(super) const fn new(most: Duration) -> Self {
        Self { samples: Vec::new(), settled: 0, resampler: None, mono: Vec::new(), most, damage: None }
    }

    /// Makes room for a track that says how long it is, or refuses it. A lie costs at most what the limit allows.
    pub(super) fn expect(&mut self, stated: Option<Duration>) -> Result<(), DecodeError> {
        let Some(stated) = stated else { return Ok(()) };
        if self.length().saturating_add(stated) > self.most {
            return Err(DecodeError::TooLong { most: self.most, stated: Some(stated) });
        }
        self.samples.reserve_exact((stated.as_secs_f64() * f64::from(RATE)) as usize + SPARE);
        Ok(())
    }

    /// Takes interleaved samples. Channels are averaged; what is no number becomes silence, what is too loud is clipped.
    pub(super) fn push(&mut self, block: &Block<'_>) -> Result<(), DecodeError> {
        let Block { rate, channels, samples } = *block;
        if self.resampler.as_ref().is_none_or(|resampler| resampler.rate() != rate) {
            self.settle()?;
            self.resampler = Some(Resampler::new(rate).map_err(damaged)?);
        }
        self.mono.clear();
        self.mono.extend(samples.chunks_exact(channels.max(1)).map(average));
        if let Some(resampler) = &mut self.resampler {
            resampler.push(&self.mono, &mut self.samples).map_err(damaged)?;
        }
        if self.length() > self.most {
            return Err(DecodeError::TooLong { most: self.most, stated: None });
        }
        Ok(())
    }

    /// Notes that something could not be decoded; the first reason is kept.
    pub(super) fn lost(&mut self, reason: impl ToString) {
        self.damage.get_or_insert_with(|| reason.to_string());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.length().is_zero()
    }

    /// Everything, if there is anything.
    pub(super) fn finish(mut self) -> Result<Vec<f32>, DecodeError> {
        self.settle()?;
        match self.damage {
            Some(reason) if self.samples.is_empty() => Err(DecodeError::Damaged { reason }),
            None if self.samples.is_empty() => Err(DecodeError::Empty),
            damage => {
                if let Some(reason) = damage {
                    tracing::warn!(
                        reason,
                        kept = self.samples.len(),
                        "audio is damaged; what could be decoded is kept"
                    );
                }
                Ok(self.samples)
            }
        }
    }
}

impl Sound {
    /// How long it is, with what the resampler still holds.
    fn length(&self) -> Duration {
        let samples = self.settled + self.resampler.as_ref().map_or(0, Resampler::wanted);
        Duration::from_nanos(samples * (1_000_000_000 / u64::from(RATE)))
    }

    /// Takes everything out of the resampler.
    fn settle(&mut self) -> Result<(), DecodeError> {
        if let Some(resampler) = self.resampler.take() {
            resampler.finish(&mut self.samples).map_err(damaged)?;
        }
        self.settled = self.samples.len() as u64;
        Ok(())
    }
}

fn average(frame: &[f32]) -> f32 {
    let mean = frame.iter().sum::<f32>() / frame.len() as f32;
    if mean.is_finite() { mean.clamp(-1.0, 1.0) } else { 0.0 }
}

fn damaged(error: impl ToString) -> DecodeError {
    DecodeError::Damaged { reason: error.to_string() }
}
