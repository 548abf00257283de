//! Mono of any rate becomes mono of [`RATE`], a block at a time.
//!
//! In: samples as they come. Out: samples appended to the caller's own vector, as if the sound had been whole: the filter's
//! delay is taken off, and `n` samples become `round(n * 16000 / rate)`. It holds one block and never the sound.
//!
//! The filter is a windowed sinc (Blackman-Harris, squared) of 40 ms applied by FFT (rubato): flat to 7.7 kHz, and what
//! would fold back is more than 100 dB down (measured by the tests).

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};

use super::RATE;

/// Rates that are listened to; others are no sound of this world, and would cost memory.
const RATES: std::ops::RangeInclusive<u32> = 4_000..=384_000;

/// The filter refuses; the rate is none, or a buffer does not fit.
#[derive(Debug, thiserror::Error)]
#[error("{rate} Hz cannot become {RATE} Hz{}", said.as_deref().map(|said| format!(": {said}")).unwrap_or_default())]
pub(super) struct ResampleError {
    rate: u32,
    said: Option<String>,
}

/// Turns one rate into [`RATE`].
pub(super) struct Resampler {
    rate: u32,
    filter: Option<Fft<f32>>,
    /// What came and does not fill a block yet.
    held: Vec<f32>,
    /// What one block becomes.
    block: Vec<f32>,
    /// Samples of the filter's delay that are still to be dropped.
    delay: usize,
    taken: u64,
    given: u64,
}

impl Resampler {
    /// For sound of `rate` samples a second.
    ///
    /// # Errors
    /// When the rate is below 4 kHz or above 384 kHz.
    pub(super) fn new(rate: u32) -> Result<Self, ResampleError> {
        if !RATES.contains(&rate) {
            return Err(ResampleError { rate, said: None });
        }
        let filter = if rate == RATE { None } else { Some(filter(rate)?) };
        let block = vec![0.0; filter.as_ref().map_or(0, Fft::output_frames_max)];
        let delay = filter.as_ref().map_or(0, Fft::output_delay);
        Ok(Self { rate, filter, held: Vec::new(), block, delay, taken: 0, given: 0 })
    }

    pub(super) const fn rate(&self) -> u32 {
        self.rate
    }

    /// Samples of [`RATE`] that will have been given in the end, if nothing more comes.
    pub(super) const fn wanted(&self) -> u64 {
        wanted(self.taken, self.rate)
    }

    /// Takes samples and appends what they become, less what a block still lacks.
    pub(super) fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) -> Result<(), ResampleError> {
        self.taken += samples.len() as u64;
        if self.filter.is_none() {
            self.given += samples.len() as u64;
            out.extend_from_slice(samples);
            return Ok(());
        }
        self.held.extend_from_slice(samples);
        self.run(out)
    }

    /// Appends the rest. Silence is pushed after the sound until the filter has given everything of it.
    pub(super) fn finish(mut self, out: &mut Vec<f32>) -> Result<(), ResampleError> {
        let wanted = self.wanted();
        while self.given < wanted {
            let block = self.filter.as_ref().map_or(0, Fft::input_frames_next);
            self.held.resize(block, 0.0);
            self.run(out)?;
        }
        out.truncate(out.len() - usize::try_from(self.given - wanted).unwrap_or(out.len()));
        Ok(())
    }

    /// Filters all whole blocks that are held.
    fn run(&mut self, out: &mut Vec<f32>) -> Result<(), ResampleError> {
        let Some(filter) = &mut self.filter else { return Ok(()) };
        let size = filter.input_frames_next();
        let blocks = self.held.chunks_exact(size);
        let rest = blocks.remainder().len();
        for samples in blocks {
            let came = through(filter, samples, &mut self.block)
                .map_err(|said| ResampleError { rate: self.rate, said: Some(said) })?;
            let made = self.block.get(..came).unwrap_or_default();
            let late = self.delay.min(made.len());
            self.delay -= late;
            self.given += (made.len() - late) as u64;
            out.extend_from_slice(made.get(late..).unwrap_or_default());
        }
        self.held.drain(..self.held.len() - rest);
        Ok(())
    }
}

const fn wanted(taken: u64, rate: u32) -> u64 {
    (taken * RATE as u64 + rate as u64 / 2) / rate as u64
}

/// A filter of 40 ms: long enough to be steep, short enough to cost nothing. Its length is even, so that its middle, and
/// with it the delay, falls on a sample.
fn filter(rate: u32) -> Result<Fft<f32>, ResampleError> {
    let (from, to) = (rate as usize, RATE as usize);
    let unit = from / common(from, to);
    let length = unit * (from / 25).div_ceil(unit).next_multiple_of(2);
    Fft::new_custom(from, to, length, 1, 1, WindowFunction::BlackmanHarris2, FixedSync::Both)
        .map_err(|error| ResampleError { rate, said: Some(error.to_string()) })
}

/// The greatest common divisor (Euclid).
const fn common(a: usize, b: usize) -> usize {
    if b == 0 { a } else { common(b, a % b) }
}

/// One block through the filter: how many samples it became.
fn through(filter: &mut Fft<f32>, samples: &[f32], made: &mut [f32]) -> Result<usize, String> {
    let size = made.len();
    let input = InterleavedSlice::new(samples, 1, samples.len()).map_err(|error| error.to_string())?;
    let mut output = InterleavedSlice::new_mut(made, 1, size).map_err(|error| error.to_string())?;
    let (_, came) =
        filter.process_into_buffer(&input, &mut output, None).map_err(|error| error.to_string())?;
    Ok(came)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn tone(rate: u32, hertz: f64, samples: usize) -> Vec<f32> {
        (0..samples).map(|at| (0.5 * (TAU * hertz * at as f64 / f64::from(rate)).sin()) as f32).collect()
    }

    fn resampled(rate: u32, samples: &[f32], piece: usize) -> Vec<f32> {
        let (mut resampler, mut out) = (Resampler::new(rate).unwrap(), Vec::new());
        for piece in samples.chunks(piece) {
            resampler.push(piece, &mut out).unwrap();
        }
        resampler.finish(&mut out).unwrap();
        out
    }

    /// Root mean square in decibels, without 50 ms at both ends.
    fn decibels(samples: &[f32]) -> f64 {
        let inner = &samples[800..samples.len() - 800];
        let power = inner.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / inner.len() as f64;
        10.0 * power.max(1e-30).log10()
    }

    #[test]
    fn a_tone_keeps_its_place_its_height_and_its_length() {
        for rate in [8_000, 11_025, 12_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000, 44_101] {
            let samples = rate as usize + 137;
            let made = resampled(rate, &tone(rate, 1000.0, samples), 960);
            let length = (samples as f64 * 16_000.0 / f64::from(rate)).round() as usize;
            assert_eq!(made.len(), length, "{rate}");
            let ideal = tone(RATE, 1000.0, length);
            let wrong: Vec<f32> = made.iter().zip(&ideal).map(|(a, b)| a - b).collect();
            assert!(decibels(&wrong) < -70.0, "{rate}: {} dB beside the ideal tone", decibels(&wrong));
        }
    }

    #[test]
    fn what_can_be_heard_stays_and_what_would_fold_back_goes() {
        let power = |rate, hertz| decibels(&resampled(rate, &tone(rate, hertz, rate as usize), 4096)) + 9.03;
        for (rate, hertz) in [(48_000, 7_600.0), (44_100, 7_600.0), (48_000, 50.0), (8_000, 3_700.0)] {
            assert!(power(rate, hertz).abs() < 0.1, "{hertz} Hz at {rate}: {} dB", power(rate, hertz));
        }
        for (rate, hertz) in [(48_000, 12_000.0), (48_000, 8_400.0), (44_100, 9_000.0), (96_000, 40_000.0)] {
            assert!(power(rate, hertz) < -80.0, "{hertz} Hz at {rate}: {} dB", power(rate, hertz));
        }
    }

    #[test]
    fn pieces_of_any_size_give_the_same() {
        let sound = tone(44_100, 440.0, 30_000);
        let whole = resampled(44_100, &sound, usize::MAX);
        for piece in [1, 7, 1024, 29_999] {
            assert_eq!(resampled(44_100, &sound, piece), whole);
        }
    }

    #[test]
    fn nothing_and_little_have_their_length_too() {
        for samples in [0, 1, 2, 3, 100, 1919, 1920, 1921] {
            assert_eq!(resampled(48_000, &vec![0.1; samples], 960).len(), (samples + 1) / 3, "{samples}");
            assert_eq!(resampled(RATE, &vec![0.1; samples], 960).len(), samples);
        }
    }

    #[test]
    fn rates_of_no_sound_are_refused() {
        for rate in [0, 1, 3_999, 384_001, u32::MAX] {
            assert!(Resampler::new(rate).is_err());
        }
    }
}
