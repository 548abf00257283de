//! DDIM without added noise (eta 0): equations 12 and 16 of Song et al., 2020, as diffusers' `DDIMScheduler` has them.

use super::schedule::{Config, Prediction, Spacing, Walk, timesteps};

/// The walk of one picture.
pub(super) struct Ddim {
    timesteps: Vec<f32>,
    stages: Vec<Stage>,
    prediction: Prediction,
    clip: Option<f32>,
}

/// Cumulative alphas at a step and after it.
struct Stage {
    now: f32,
    next: f32,
}

impl Ddim {
    pub(super) fn new(config: &Config, kept: &[f32], steps: usize) -> Self {
        let spacing = config.timestep_spacing.unwrap_or(Spacing::Leading);
        let offset = config.steps_offset.unwrap_or(0);
        let times: Vec<usize> = timesteps(spacing, kept.len(), steps, offset)
            .into_iter()
            .map(|time| (time.round_ties_even().max(0.0) as usize).min(kept.len().saturating_sub(1)))
            .collect();
        let at = |time: usize| kept.get(time).copied().unwrap_or(1.0);
        let end = if config.set_alpha_to_one.unwrap_or(true) { 1.0 } else { at(0) };
        let stride = kept.len() / steps.max(1);
        let stage = |&time: &usize| Stage { now: at(time), next: time.checked_sub(stride).map_or(end, at) };
        let clip = config.clip_sample.unwrap_or(true).then(|| config.clip_sample_range.unwrap_or(1.0));
        Self {
            stages: times.iter().map(stage).collect(),
            timesteps: times.into_iter().map(|time| time as f32).collect(),
            prediction: config.prediction(),
            clip,
        }
    }
}

impl Walk for Ddim {
    fn timesteps(&self) -> &[f32] {
        &self.timesteps
    }

    fn initial(&self) -> f32 {
        1.0
    }

    fn scale(&self, _step: usize, _latents: &mut [f32]) {}

    fn advance(&self, step: usize, output: &[f32], latents: &mut [f32]) {
        let Some(stage) = self.stages.get(step) else { return };
        let (signal, noise) = (stage.now.sqrt(), (1.0 - stage.now).sqrt());
        let (next_signal, next_noise) = (stage.next.sqrt(), (1.0 - stage.next).sqrt());
        for (latent, &out) in latents.iter_mut().zip(output) {
            let (mut clean, epsilon) = match self.prediction {
                Prediction::Epsilon => ((*latent - noise * out) / signal, out),
                Prediction::Velocity => (signal * *latent - noise * out, signal * out + noise * *latent),
                Prediction::Sample => (out, (*latent - signal * out) / noise),
            };
            if let Some(range) = self.clip {
                clean = clean.max(-range).min(range);
            }
            *latent = next_signal * clean + next_noise * epsilon;
        }
    }
}
