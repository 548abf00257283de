//! Sound as a spectrum: power of short frames, and mel filters over it, as librosa and torchaudio compute them.
//!
//! In: samples, f32, mono. Out: power by frame and frequency, energy by frame and band. Never: a logarithm or a scale that
//! belongs to one family; those stand beside the family.

use std::borrow::Cow;
use std::f64::consts::PI;
use std::sync::Arc;

use realfft::{RealFftPlanner, RealToComplex};

/// Where the first and the last frame lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edges {
    /// Inside the sound (`center=False`): samples after the last whole frame are not seen.
    Inside,
    /// Around the first and last hop (`center=True`, `pad_mode="reflect"`): the sound is mirrored at its ends.
    Mirrored,
}

/// A short-time Fourier transform.
pub struct Spectrum {
    window: Vec<f32>,
    hop: usize,
    edges: Edges,
    transform: Arc<dyn RealToComplex<f64>>,
}

impl Spectrum {
    /// Frames are as long as the window, `n_fft` samples, and begin every `hop` samples (at least one each).
    #[must_use]
    pub fn new(window: Vec<f32>, hop: usize, edges: Edges) -> Self {
        let transform = RealFftPlanner::new().plan_fft_forward(window.len());
        Self { window, hop, edges, transform }
    }

    /// Frequencies of a frame: `n_fft / 2 + 1`, from 0 Hz to half the rate.
    #[must_use]
    pub const fn bins(&self) -> usize {
        self.window.len() / 2 + 1
    }

    /// |X|² of each frame and frequency, f32 `[frames, bins]`. Computed in f64, since quiet frequencies beside a loud one
    /// would drown in f32.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the buffers are the transform's own")]
    pub fn power(&self, samples: &[f32]) -> Vec<f32> {
        let sound = self.edged(samples);
        let mut frame = self.transform.make_input_vec();
        let mut spectrum = self.transform.make_output_vec();
        let mut scratch = self.transform.make_scratch_vec();
        let mut power = Vec::with_capacity((sound.len() / self.hop + 1) * self.bins());
        for piece in sound.windows(self.window.len()).step_by(self.hop) {
            for ((to, sample), weight) in frame.iter_mut().zip(piece).zip(&self.window) {
                *to = f64::from(sample * weight);
            }
            let done = self.transform.process_with_scratch(&mut frame, &mut spectrum, &mut scratch);
            done.expect("buffers of the right length");
            power.extend(spectrum.iter().map(|value| value.norm_sqr() as f32));
        }
        power
    }

    fn edged<'a>(&self, samples: &'a [f32]) -> Cow<'a, [f32]> {
        if self.edges == Edges::Inside || samples.is_empty() {
            return Cow::Borrowed(samples);
        }
        let (around, last) = (self.window.len() / 2, samples.len() - 1);
        let sample = |place: usize| {
            let period = (2 * last).max(1);
            let turned = (place + period * around - around) % period;
            samples.get(turned.min(2 * last - turned)).copied().unwrap_or_default()
        };
        (0..samples.len() + 2 * around).map(sample).collect()
    }
}

/// Hann's window, periodic (`scipy.signal.get_window("hann", length)`): `0.5 - 0.5 cos(2 pi n / length)`.
#[must_use]
pub fn hann(length: usize) -> Vec<f32> {
    let turn = |n: usize| 2.0 * PI * n as f64 / length as f64;
    (0..length).map(|n| (0.5 - 0.5 * turn(n).cos()) as f32).collect()
}

/// A scale of pitch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// `2595 log10(1 + f / 700)` (HTK book; torchaudio's default).
    Htk,
    /// 3 mel in 200 Hz below 1 kHz, 27 mel for a factor of 6.4 above (Slaney's Auditory Toolbox; librosa's default).
    Slaney,
}

impl Scale {
    fn mel(self, hertz: f64) -> f64 {
        match self {
            Self::Htk => 2595.0 * (1.0 + hertz / 700.0).log10(),
            Self::Slaney if hertz < 1000.0 => hertz * 3.0 / 200.0,
            Self::Slaney => 15.0 + 27.0 * (hertz / 1000.0).ln() / 6.4_f64.ln(),
        }
    }

    fn hertz(self, mel: f64) -> f64 {
        match self {
            Self::Htk => 700.0 * (10.0_f64.powf(mel / 2595.0) - 1.0),
            Self::Slaney if mel < 15.0 => mel * 200.0 / 3.0,
            Self::Slaney => 1000.0 * 6.4_f64.powf((mel - 15.0) / 27.0),
        }
    }
}

/// What mel filters are made by; they reach from 0 Hz to half the rate.
#[derive(Debug, Clone, Copy)]
pub struct Bank {
    /// On which they lie evenly.
    pub scale: Scale,
    /// How many.
    pub bands: usize,
    /// Frequencies of the spectrum, [`Spectrum::bins`].
    pub bins: usize,
    /// Samples a second.
    pub rate: f64,
    /// Each divided by half its width in Hz (`norm="slaney"`), instead of a height of 1.
    pub even_areas: bool,
}

/// Triangular filters, each over a few neighbouring frequencies.
pub struct Filters {
    bins: usize,
    /// The first frequency that a filter lets through, and its weights from there on.
    rows: Vec<(usize, Vec<f32>)>,
}

impl Filters {
    /// As `torchaudio.functional.melscale_fbanks`: `max(0, min(rise, fall))` between the neighbours' centres.
    #[must_use]
    pub fn new(bank: Bank) -> Self {
        let Bank { scale, bands, bins, rate, even_areas } = bank;
        let top = scale.mel(rate / 2.0);
        let point = |n: usize| scale.hertz(top * n as f64 / (bands + 1) as f64);
        let hertz = |bin: usize| rate / 2.0 * bin as f64 / (bins.max(2) - 1) as f64;
        let row = |band: usize| {
            let (from, centre, to) = (point(band), point(band + 1), point(band + 2));
            let height = if even_areas { 2.0 / (to - from) } else { 1.0 };
            let weight = |hertz: f64| ((hertz - from) / (centre - from)).min((to - hertz) / (to - centre));
            let weights = (0..bins).map(|bin| (weight(hertz(bin)).max(0.0) * height) as f32);
            let mut weights: Vec<f32> = weights.collect();
            let first = weights.iter().take_while(|weight| **weight == 0.0).count();
            weights.drain(..first);
            weights.truncate(weights.iter().rposition(|weight| *weight > 0.0).map_or(0, |last| last + 1));
            (first, weights)
        };
        Self { bins, rows: (0..bands).map(row).collect() }
    }

    /// With every weight changed, for models whose filters were rounded.
    #[must_use]
    pub fn map(mut self, change: impl Fn(f32) -> f32) -> Self {
        self.rows.iter_mut().flat_map(|(_, weights)| weights).for_each(|weight| *weight = change(*weight));
        self
    }

    /// What each filter lets through of a power spectrum f32 `[frames, bins]`: f32 `[frames, bands]`.
    #[must_use]
    pub fn energies(&self, power: &[f32]) -> Vec<f32> {
        let through = |frame: &[f32], (first, weights): &(usize, Vec<f32>)| -> f32 {
            frame.iter().skip(*first).zip(weights).map(|(power, weight)| power * weight).sum()
        };
        let frames = power.chunks_exact(self.bins);
        frames.flat_map(|frame| self.rows.iter().map(move |row| through(frame, row))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The discrete Fourier transform by its definition.
    fn slowly(frame: &[f32], bin: usize) -> f64 {
        let turn = |n: usize| -2.0 * PI * (bin * n) as f64 / frame.len() as f64;
        let parts = frame.iter().enumerate().map(|(n, x)| (f64::from(*x), turn(n)));
        let (re, im) =
            parts.fold((0.0, 0.0), |(re, im), (x, turn)| (re + x * turn.cos(), im + x * turn.sin()));
        re * re + im * im
    }

    #[test]
    fn power_is_that_of_the_definition() {
        let samples: Vec<f32> = (0..60_u16).map(|n| f32::from(n * n % 17) - 8.0).collect();
        let spectrum = Spectrum::new(hann(20), 8, Edges::Inside);
        let power = spectrum.power(&samples);
        assert_eq!(power.len(), 6 * spectrum.bins());
        for (frame, row) in power.chunks_exact(11).enumerate() {
            let piece: Vec<f32> = samples[frame * 8..].iter().zip(hann(20)).map(|(x, w)| x * w).collect();
            for (bin, ours) in row.iter().enumerate() {
                assert!((f64::from(*ours) - slowly(&piece, bin)).abs() < 1e-3, "{frame} {bin}");
            }
        }
        assert!(spectrum.power(&samples[..19]).is_empty(), "no whole frame");
    }

    #[test]
    fn a_sound_is_mirrored_at_its_ends_as_numpy_does() {
        let edged = |window: usize, samples: &[f32]| {
            Spectrum::new(hann(window), 1, Edges::Mirrored).edged(samples).into_owned()
        };
        assert_eq!(edged(4, &[1.0, 2.0, 3.0, 4.0]), [3.0, 2.0, 1.0, 2.0, 3.0, 4.0, 3.0, 2.0]);
        assert_eq!(edged(6, &[1.0, 2.0]), [2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0]);
        assert_eq!(edged(4, &[1.0]), [1.0; 5]);
        assert_eq!(edged(4, &[]), [0.0; 0]);
    }

    #[test]
    fn a_filter_has_its_height_or_its_area() {
        let bank = Bank { scale: Scale::Htk, bands: 8, bins: 2001, rate: 16_000.0, even_areas: false };
        for (even_areas, wanted) in [(false, 1.0), (true, 0.0)] {
            let filters = Filters::new(Bank { even_areas, ..bank });
            for (_, weights) in &filters.rows {
                let (height, area) =
                    (weights.iter().copied().fold(0.0, f32::max), weights.iter().sum::<f32>());
                let found = if even_areas { area * 4.0 - 1.0 } else { height };
                assert!((found - wanted).abs() < 0.03, "{found}: bins are 4 Hz apart");
            }
        }
    }
}
