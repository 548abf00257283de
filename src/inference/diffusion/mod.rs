//! Pictures: text encoder, denoiser and codec, walked from noise by a scheduler.
//!
//! In: a [`DrawRequest`]. Out: a [`Picture`], pixel for pixel what diffusers paints from the same files and seed (up to
//! the runtimes' rounding). One folder in optimum's layout: `unet/model.onnx`, `vae_decoder/model.onnx`,
//! `scheduler/scheduler_config.json`, and a text encoder with its tokenizer, its own or another model's.
//! Never: a file is written, a picture is kept, another picture's randomness is used.

mod bounds;
mod ddim;
mod denoiser;
mod euler;
mod noise;
mod schedule;
mod stage;
mod text;
mod tokens;
mod vae;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

pub use bounds::{Bounds, Padding, STEPS, Settings};
pub use schedule::Kind;

use self::bounds::Order;
use self::denoiser::{Conditions, Denoiser, Latents};
use self::schedule::Scheduler;
use self::text::Conditioner;
use self::vae::Decoder;
use super::runtime::Hardware;
use super::{Control, DrawRequest, InferenceError, Model, Picture, Step};
use crate::models::Manifest;

/// Side of a picture when neither settings nor graphs say it, in latents.
const USUAL_SIDE: u32 = 64;

/// A picture model.
pub struct Diffusion {
    text: Conditioner,
    denoiser: Denoiser,
    decoder: Decoder,
    scheduler: Scheduler,
    bounds: Bounds,
}

/// Opens the picture model in `folder`; `needs` holds the folders of the models that its manifest needs.
///
/// # Errors
/// [`InferenceError::File`] for files or settings that are missing or cannot be read, [`InferenceError::Shape`] for
/// graphs of another family.
pub fn load(
    manifest: &Manifest,
    folder: &Path,
    needs: &BTreeMap<String, PathBuf>,
    hardware: &Hardware,
) -> Result<Diffusion, InferenceError> {
    let settings = settings(manifest, folder)?;
    let path = folder.join("scheduler/scheduler_config.json");
    let file_error = |reason: String| InferenceError::File { path: path.clone(), reason };
    let json = fs::read_to_string(&path).map_err(|error| file_error(error.to_string()))?;
    let scheduler = Scheduler::new(&json, settings.scheduler).map_err(file_error)?;
    let text = Conditioner::open(&settings, folder, needs, hardware)?;
    let denoiser = Denoiser::open(&folder.join("unet/model.onnx"), hardware)?;
    let decoder = Decoder::open(&folder.join("vae_decoder/model.onnx"), settings.latent_factor, hardware)?;
    let factor = decoder.factor();
    let side = denoiser.sample_size().unwrap_or(USUAL_SIDE) * factor;
    let fixed = denoiser.fixed().map(|(height, width)| (width * factor, height * factor));
    let bounds = Bounds::new(&settings, fixed.unwrap_or((side, side)), fixed.is_some(), factor);
    tracing::debug!(model = %manifest.name, scheduler = scheduler.kind().name(), ?bounds, "picture model is open");
    Ok(Diffusion { text, denoiser, decoder, scheduler, bounds })
}

/// The family's settings of a manifest.
///
/// # Errors
/// [`InferenceError::File`] when they are not this family's.
pub fn settings(manifest: &Manifest, folder: &Path) -> Result<Settings, InferenceError> {
    manifest.settings().map_err(|error| InferenceError::File {
        path: folder.join("manifest.toml"),
        reason: format!("{error}: {}", error.source),
    })
}

impl Diffusion {
    /// What may be asked of it.
    #[must_use]
    pub const fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// States of the prompt and, with guidance, of the negative one; the end of the prompt that was cut.
    fn conditions(
        &mut self,
        request: &DrawRequest,
        order: Order,
    ) -> Result<(Conditions, Option<String>), InferenceError> {
        let mut with = self.text.states(&request.prompt)?;
        let cut = with.cut.take();
        let without = if order.guided() {
            let negative = request.negative.as_deref().unwrap_or_default();
            Some((self.text.states(negative)?, order.guidance))
        } else {
            None
        };
        Ok((Conditions { with, without }, cut))
    }

    fn latents(&self, order: Order) -> Latents {
        let side = |pixels: u32| (pixels / self.bounds.factor) as usize;
        Latents { channels: self.denoiser.channels(), height: side(order.height), width: side(order.width) }
    }

    /// Walks to the latents of the picture; `seen` is told each of them.
    fn walk(
        &mut self,
        request: &DrawRequest,
        order: Order,
        ctl: &Control<Step>,
        mut seen: impl FnMut(&[f32]),
    ) -> Result<(Vec<f32>, Option<String>), InferenceError> {
        ctl.checkpoint()?;
        let (conditions, cut) = self.conditions(request, order)?;
        let size = self.latents(order);
        let walk = self.scheduler.walk(order.steps as usize);
        let mut latents = noise::randn(request.seed, size.count());
        latents.iter_mut().for_each(|latent| *latent *= walk.initial());
        seen(&latents);
        for (step, &time) in walk.timesteps().iter().enumerate() {
            ctl.checkpoint()?;
            let mut input = latents.clone();
            walk.scale(step, &mut input);
            let output = self.denoiser.predict(&input, size, time, &conditions)?;
            walk.advance(step, &output, &mut latents);
            seen(&latents);
            ctl.progress(Step { done: step as u32 + 1, of: walk.timesteps().len() as u32 });
        }
        Ok((latents, cut))
    }

    /// The latents of a picture on their way, first noise first; for comparison with a reference implementation.
    ///
    /// # Errors
    /// As [`Model::run`].
    pub fn trace(
        &mut self,
        request: &DrawRequest,
        ctl: &Control<Step>,
    ) -> Result<Vec<Vec<f32>>, InferenceError> {
        let order = self.bounds.check(request)?;
        let mut states = Vec::new();
        self.walk(request, order, ctl, |latents| states.push(latents.to_vec()))?;
        Ok(states)
    }
}

impl Model for Diffusion {
    type Input = DrawRequest;
    type Output = Picture;
    type Progress = Step;

    fn run(&mut self, request: DrawRequest, ctl: &Control<Step>) -> Result<Picture, InferenceError> {
        let mut order = self.bounds.check(&request)?;
        order.steps = order.steps.min(u32::try_from(self.scheduler.trained()).unwrap_or(u32::MAX));
        let (latents, cut) = self.walk(&request, order, ctl, |_| ())?;
        ctl.checkpoint()?;
        let rgb = self.decoder.paint(&latents, self.latents(order))?;
        Ok(Picture {
            width: order.width,
            height: order.height,
            rgb,
            steps: order.steps,
            guidance: order.guidance,
            scheduler: self.scheduler.kind().name().to_owned(),
            cut,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::inference::runtime::Hardware;

    pub(super) fn hardware() -> Hardware {
        crate::inference::runtime::for_tests()
    }
}
