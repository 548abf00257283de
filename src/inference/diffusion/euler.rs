//! Euler's method on the sigmas of a discrete model (Karras et al., 2022, algorithm 2 without churn), as diffusers'
//! `EulerDiscreteScheduler` has it.

use super::schedule::{Config, Prediction, Spacing, Walk, timesteps};

/// The walk of one picture.
pub(super) struct Euler {
    timesteps: Vec<f32>,
    /// One more than the timesteps: the last one ends the walk.
    sigmas: Vec<f32>,
    initial: f32,
    prediction: Prediction,
}

impl Euler {
    pub(super) fn new(config: &Config, kept: &[f32], steps: usize) -> Self {
        let spacing = config.timestep_spacing.unwrap_or(Spacing::Linspace);
        let offset = config.steps_offset.unwrap_or(0);
        let trained: Vec<f32> = kept.iter().map(|alpha| ((1.0 - alpha) / alpha).sqrt()).collect();
        let timesteps: Vec<f32> =
            timesteps(spacing, kept.len(), steps, offset).into_iter().map(|time| time as f32).collect();
        let mut sigmas: Vec<f32> = timesteps.iter().map(|&time| interpolate(&trained, time)).collect();
        let last =
            if config.final_sigmas_type.as_deref() == Some("sigma_min") { trained.first() } else { None };
        sigmas.push(last.copied().unwrap_or(0.0));
        let largest = sigmas.iter().copied().fold(0.0, f32::max);
        let initial = if spacing == Spacing::Leading { (largest * largest + 1.0).sqrt() } else { largest };
        Self { timesteps, sigmas, initial, prediction: config.prediction() }
    }

    fn sigma(&self, step: usize) -> f32 {
        self.sigmas.get(step).copied().unwrap_or(0.0)
    }
}

/// `np.interp` over the trained timesteps.
fn interpolate(values: &[f32], time: f32) -> f32 {
    let time = f64::from(time).max(0.0);
    let value = |at: usize| values.get(at).or(values.last()).map_or(0.0, |&value| f64::from(value));
    let below = time.floor();
    let (low, high) = (value(below as usize), value(below as usize + 1));
    ((high - low) * (time - below) + low) as f32
}

impl Walk for Euler {
    fn timesteps(&self) -> &[f32] {
        &self.timesteps
    }

    fn initial(&self) -> f32 {
        self.initial
    }

    fn scale(&self, step: usize, latents: &mut [f32]) {
        let sigma = self.sigma(step);
        let by = (sigma * sigma + 1.0).sqrt();
        latents.iter_mut().for_each(|latent| *latent /= by);
    }

    fn advance(&self, step: usize, output: &[f32], latents: &mut [f32]) {
        let sigma = self.sigma(step);
        let change = self.sigma(step + 1) - sigma;
        if sigma <= 0.0 {
            return;
        }
        let square = sigma * sigma + 1.0;
        for (latent, &out) in latents.iter_mut().zip(output) {
            let clean = match self.prediction {
                Prediction::Epsilon => *latent - sigma * out,
                Prediction::Velocity => out * (-sigma / square.sqrt()) + *latent / square,
                Prediction::Sample => out,
            };
            *latent += (*latent - clean) / sigma * change;
        }
    }
}
