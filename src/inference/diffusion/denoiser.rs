//! The denoiser (UNet): latents, a timestep and the prompt's states in, its prediction out.
//!
//! With guidance above 1 it runs with and without the prompt, in one batch where the graph takes one, and the two are
//! mixed (Ho and Salimans, 2022). Never: a schedule.

use std::path::Path;

use super::stage::{Feed, Stage};
use super::text::States;
use crate::inference::InferenceError;
use crate::inference::runtime::Hardware;

const INPUTS: [&str; 3] = ["sample", "timestep", "encoder_hidden_states"];
/// Inputs of relatives that this family does not feed.
const OTHERS: [(&str, &str); 3] = [
    ("text_embeds", "Stable Diffusion XL"),
    ("time_ids", "Stable Diffusion XL"),
    ("timestep_cond", "a distilled LCM"),
];

/// The UNet.
pub(super) struct Denoiser {
    unet: Stage,
    channels: usize,
    scalar: bool,
    single: bool,
}

/// Latents of one picture: `channels` x `height` x `width`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Latents {
    pub(super) channels: usize,
    pub(super) height: usize,
    pub(super) width: usize,
}

impl Latents {
    pub(super) const fn count(self) -> usize {
        self.channels * self.height * self.width
    }
}

/// What the denoiser is told about the prompt.
pub(super) struct Conditions {
    /// With the prompt.
    pub(super) with: States,
    /// With the negative prompt, and the guidance scale.
    pub(super) without: Option<(States, f32)>,
}

impl Denoiser {
    pub(super) fn open(path: &Path, hardware: &Hardware) -> Result<Self, InferenceError> {
        let unet = Stage::open(path, hardware)?;
        if let Some(missing) = INPUTS.iter().find(|input| !unet.takes(input)) {
            return Err(unet.misfit(format!("a denoiser takes {missing}")));
        }
        if let Some((input, who)) = OTHERS.iter().find(|(input, _)| unet.takes(input)) {
            return Err(unet.misfit(format!("it takes {input}: {who} is another family")));
        }
        let channels = unet.fixed("sample", 1).map(|channels| channels as usize);
        let channels =
            channels.or_else(|| unet.number("in_channels").map(|channels| channels as usize)).unwrap_or(4);
        let scalar = unet.rank("timestep") == Some(0);
        let single = unet.fixed("sample", 0) == Some(1);
        Ok(Self { unet, channels, scalar, single })
    }

    /// Height and width of the latents, when the graph fixes them.
    pub(super) fn fixed(&self) -> Option<(u32, u32)> {
        Some((self.unet.fixed("sample", 2)?, self.unet.fixed("sample", 3)?))
    }

    /// Side of the latents it was trained on.
    pub(super) fn sample_size(&self) -> Option<u32> {
        self.unet.number("sample_size").map(|size| size as u32)
    }

    pub(super) const fn channels(&self) -> usize {
        self.channels
    }

    /// One prediction for scaled latents.
    pub(super) fn predict(
        &mut self,
        latents: &[f32],
        size: Latents,
        time: f32,
        conditions: &Conditions,
    ) -> Result<Vec<f32>, InferenceError> {
        let with = &conditions.with;
        let Some((without, guidance)) = &conditions.without else {
            return self.run(latents, size, time, (&with.values, with));
        };
        let (plain, told) = if self.single {
            let plain = self.run(latents, size, time, (&without.values, without))?;
            (plain, self.run(latents, size, time, (&with.values, with))?)
        } else {
            let states = [without.values.as_slice(), with.values.as_slice()].concat();
            let mut plain = self.run(&latents.repeat(2), size, time, (&states, with))?;
            let told = plain.split_off(size.count());
            (plain, told)
        };
        Ok(plain.into_iter().zip(told).map(|(plain, told)| plain + guidance * (told - plain)).collect())
    }

    /// Runs as many rows as `latents` has.
    fn run(
        &mut self,
        latents: &[f32],
        size: Latents,
        time: f32,
        (states, shape): (&[f32], &States),
    ) -> Result<Vec<f32>, InferenceError> {
        let batch = latents.len() / size.count().max(1);
        let times = [time];
        let feeds = [
            ("sample", &[batch, size.channels, size.height, size.width][..], Feed::Floats(latents)),
            ("timestep", if self.scalar { &[][..] } else { &[1][..] }, Feed::Floats(&times)),
            ("encoder_hidden_states", &[batch, shape.length, shape.width][..], Feed::Floats(states)),
        ];
        let made = self.unet.run(&feeds, &["out_sample", "sample"])?;
        if made.values.len() != latents.len() {
            return Err(self.unet.misfit(format!("it gave {:?} for {batch} x {size:?}", made.shape)));
        }
        Ok(made.values)
    }
}
