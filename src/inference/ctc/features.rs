//! What GigaAM hears: logarithms of the energies of 64 mel bands, every 10 ms.
//!
//! As `gigaam.preprocess.FeatureExtractor` of the second and third generation, whose details PyPI's `onnx-asr` repeats.

use half::bf16;
use serde::Deserialize;

use crate::inference::spectrum::{Bank, Edges, Filters, Scale, Spectrum, hann};

/// Samples a second.
pub(super) const RATE: usize = 16_000;
/// Samples between two frames.
pub(super) const HOP: usize = 160;
/// Bands of a frame.
pub(super) const BANDS: usize = 64;

/// Which front end a model was trained with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrontEnd {
    /// Frames of 25 ms, centred; the sound is mirrored at its ends.
    GigaamV2,
    /// Frames of 20 ms, inside the sound; window and filters in bfloat16, as in the published weights.
    GigaamV3,
}

/// Features of a sound.
pub struct Features {
    spectrum: Spectrum,
    filters: Filters,
}

impl Features {
    /// The front end's transform and filters.
    #[must_use]
    pub fn new(front_end: FrontEnd) -> Self {
        let rounded = |number: f32| bf16::from_f32(number).to_f32();
        let filters = |bins: usize| {
            Filters::new(Bank { scale: Scale::Htk, bands: BANDS, bins, rate: RATE as f64, even_areas: false })
        };
        let (spectrum, round) = match front_end {
            FrontEnd::GigaamV2 => (Spectrum::new(hann(400), HOP, Edges::Mirrored), false),
            FrontEnd::GigaamV3 => {
                let window = hann(320).into_iter().map(rounded).collect();
                (Spectrum::new(window, HOP, Edges::Inside), true)
            }
        };
        let filters = filters(spectrum.bins()).map(|weight| if round { rounded(weight) } else { weight });
        Self { spectrum, filters }
    }

    /// Natural logarithms of the energies, held between 1e-9 and 1e9: f32 `[64, frames]`, band by band. None for a sound
    /// shorter than a frame.
    #[must_use]
    pub fn of(&self, samples: &[f32]) -> Vec<f32> {
        let energies = self.filters.energies(&self.spectrum.power(samples));
        let column = |band: usize| energies.iter().skip(band).step_by(BANDS);
        (0..BANDS).flat_map(column).map(|energy| energy.clamp(1e-9, 1e9).ln()).collect()
    }
}
