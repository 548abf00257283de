//! The codec's decoder (VAE): latents in, 8 bit RGB out, one picture at a time.

use std::path::Path;

use super::denoiser::Latents;
use super::stage::{Feed, Stage};
use crate::inference::InferenceError;
use crate::inference::runtime::Hardware;

/// Stable Diffusion 1.x; old exports do not say it.
const USUAL_SCALE: f64 = 0.18215;
const USUAL_FACTOR: u32 = 8;

/// The decoder.
pub(super) struct Decoder {
    vae: Stage,
    scale: f32,
    shift: f32,
    factor: u32,
}

impl Decoder {
    /// Opens it; `factor` (pixels for each latent along a side) overrides its configuration.
    pub(super) fn open(
        path: &Path,
        factor: Option<u32>,
        hardware: &Hardware,
    ) -> Result<Self, InferenceError> {
        let vae = Stage::open(path, hardware)?;
        if !vae.takes("latent_sample") {
            return Err(vae.misfit("a decoder takes latent_sample"));
        }
        let scale = vae.number("scaling_factor").filter(|&scale| scale > 0.0).unwrap_or(USUAL_SCALE) as f32;
        let shift = vae.number("shift_factor").unwrap_or(0.0) as f32;
        let levels = vae.count("block_out_channels").filter(|levels| (1..=8).contains(levels));
        // a codec over folded pixels (pixel_unshuffle) says by how much it folds
        let patch = vae
            .number("patch_size")
            .filter(|patch| (1.0..=64.0).contains(patch))
            .map_or(1, |patch| patch as u32);
        let own = levels.map_or(USUAL_FACTOR, |levels| (1 << (levels - 1)) * patch);
        Ok(Self { vae, scale, shift, factor: factor.unwrap_or(own).max(1) })
    }

    /// Pixels for each latent along a side.
    pub(super) const fn factor(&self) -> u32 {
        self.factor
    }

    /// Paints latents as RGB, row by row.
    pub(super) fn paint(&mut self, latents: &[f32], size: Latents) -> Result<Vec<u8>, InferenceError> {
        let scaled: Vec<f32> = latents.iter().map(|latent| latent / self.scale + self.shift).collect();
        let shape = [1, size.channels, size.height, size.width];
        let made = self.vae.run(&[("latent_sample", &shape, Feed::Floats(&scaled))], &["sample", "image"])?;
        let factor = self.factor as usize;
        if made.shape != [1, 3, size.height * factor, size.width * factor] {
            return Err(self
                .vae
                .misfit(format!("it gave {:?} for latents {shape:?} at {factor} pixels", made.shape)));
        }
        Ok(pixels(&made.values))
    }
}

/// Three planes in -1..1 to interleaved bytes, rounded as diffusers rounds (half to even).
fn pixels(planes: &[f32]) -> Vec<u8> {
    let byte = |value: &f32| ((value * 0.5 + 0.5).clamp(0.0, 1.0) * 255.0).round_ties_even() as u8;
    let area = planes.len() / 3;
    let (red, rest) = planes.split_at(area);
    let (green, blue) = rest.split_at(area);
    let colours = red.iter().zip(green).zip(blue);
    colours.flat_map(|((red, green), blue)| [byte(red), byte(green), byte(blue)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_become_clamped_and_rounded_pixels() {
        let planes = [-1.0, 1.0, 0.0, 3.0, -3.0, 0.25];
        assert_eq!(pixels(&planes), [0, 128, 0, 255, 255, 159]);
        // 127.5 lies between 127 and 128: to the even one; what is no number is black
        assert_eq!(pixels(&[0.0, f32::NAN, f32::INFINITY]), [128, 0, 255]);
    }
}
