//! Sound as Whisper sees it: the logarithm of 80 or 128 mel bands, 100 frames a second.
//!
//! Equal to transformers' `WhisperFeatureExtractor` (4.57; n_fft 400, hop 160, Hann, Slaney's mel scale and areas): energy
//! `e` of a band is `max(log10(max(e, 1e-10)), loudest - 8)`, then `(x + 4) / 4`, the loudest being that of the whole
//! sound. In: 16 kHz mono. Out: windows of frames; what lies behind the end of the sound is silence.

use crate::inference::spectrum::{Bank, Edges, Filters, Scale, Spectrum, hann};

const N_FFT: usize = 400;
/// Samples from one frame to the next.
pub(super) const HOP: usize = 160;
/// Frames that are made at a time.
const BATCH: usize = 1024;
/// log10 of the least energy that is told from nothing.
const NOTHING: f32 = -10.0;

/// Makes frames.
pub(super) struct LogMel {
    spectrum: Spectrum,
    filters: Filters,
    bands: usize,
}

impl LogMel {
    pub(super) fn new(bands: usize) -> Self {
        let spectrum = Spectrum::new(hann(N_FFT), HOP, Edges::Inside);
        let bank =
            Bank { scale: Scale::Slaney, bands, bins: spectrum.bins(), rate: 16_000.0, even_areas: true };
        Self { spectrum, filters: Filters::new(bank), bands }
    }

    /// The frames of a sound that is followed by silence.
    pub(super) fn frames(&self, samples: &[f32]) -> Frames {
        let edge = N_FFT / 2;
        let mirror = |place: usize| samples.get(place).copied().unwrap_or_default();
        let mut sound: Vec<f32> = (1..=edge).rev().map(mirror).collect();
        sound.extend_from_slice(samples);
        sound.resize(sound.len() + N_FFT, 0.0);
        // Frame n sees the samples 160 n - 200 to 160 n + 200: later ones see nothing of the sound.
        let count = (samples.len() + edge).div_ceil(HOP);
        let mut values = Vec::with_capacity(count * self.bands);
        for from in (0..count).step_by(BATCH) {
            let to = count.min(from + BATCH);
            let piece = sound.get(from * HOP..(to - 1) * HOP + N_FFT).unwrap_or_default();
            let energies = self.filters.energies(&self.spectrum.power(piece));
            values.extend(energies.into_iter().map(|energy| energy.max(1e-10).log10()));
        }
        let loudest = values.iter().copied().fold(NOTHING, f32::max);
        let scaled = |value: f32| (value.max(loudest - 8.0) + 4.0) / 4.0;
        values.iter_mut().for_each(|value| *value = scaled(*value));
        Frames { bands: self.bands, values, padding: scaled(NOTHING) }
    }
}

/// Frames of a whole sound.
pub(super) struct Frames {
    bands: usize,
    /// `[frames, bands]`.
    values: Vec<f32>,
    padding: f32,
}

impl Frames {
    /// `count` frames from one on, f32 `[bands, count]`.
    pub(super) fn window(&self, from: usize, count: usize) -> Vec<f32> {
        let mut window = vec![self.padding; self.bands * count];
        let frames = self.values.chunks_exact(self.bands).skip(from).take(count);
        for (at, frame) in frames.enumerate() {
            for (band, value) in frame.iter().enumerate() {
                if let Some(place) = window.get_mut(band * count + at) {
                    *place = *value;
                }
            }
        }
        window
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::Value;

    use super::*;

    /// The sounds of `models/recipes/pocket_whisper.py`.
    pub(crate) fn sound(seed: u32, seconds: f64) -> Vec<f32> {
        let mut state = seed;
        let mut sample = |n: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = i64::from(state >> 16) - 32768;
            let tone = if (n / (20 + 7 * (n / 4000 % 5))).is_multiple_of(2) { -12000 } else { 12000 };
            let loud = f64::from(1_u32 << ((n / 1600 + seed) % 4));
            ((noise.div_euclid(4) + tone) as f64 / 32768.0 / loud) as f32
        };
        (0..(seconds * 16000.0) as u32).map(&mut sample).collect()
    }

    #[test]
    fn frames_are_those_of_transformers() {
        let golden = include_str!("../../../tests/fixtures/golden/whisper.json");
        let golden: Value = serde_json::from_str(golden).unwrap();
        for case in golden["frames"].as_array().unwrap() {
            let bands = case["mels"].as_u64().unwrap() as usize;
            let window = LogMel::new(bands).frames(&sound(4, 3.21)).window(0, 3000);
            for (frame, values) in case["frames"].as_object().unwrap() {
                let frame: usize = frame.parse().unwrap();
                for (band, value) in values.as_array().unwrap().iter().enumerate() {
                    let (ours, theirs) = (window[band * 3000 + frame], value.as_f64().unwrap() as f32);
                    assert!((ours - theirs).abs() <= 1e-4, "{bands} {frame} {band}: {ours} {theirs}");
                }
            }
        }
    }

    #[test]
    fn short_and_empty_sounds_are_silence_with_something_in_it() {
        let mel = LogMel::new(80);
        for samples in [0, 1, 159, 200, 201] {
            let window = mel.frames(&vec![0.5; samples]).window(0, 20);
            assert!(window.len() == 1600 && window.iter().all(|value| value.is_finite()), "{samples}");
        }
        let frames = mel.frames(&sound(1, 0.5));
        assert_eq!(frames.window(1000, 4), vec![frames.padding; 320]);
        assert_eq!(frames.window(10, 5)[..5], frames.window(0, 15)[10..15]);
    }
}
