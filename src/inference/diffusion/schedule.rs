//! How much noise there is at each step: `scheduler_config.json`, the betas, and the timesteps of one picture.
//!
//! Equal to diffusers 0.36 (`scheduling_ddim.py`, `scheduling_euler_discrete.py`). In: the folder's configuration and
//! a number of steps. Out: a [`Walk`] that turns the denoiser's outputs into the next latents.
//! Never: a graph, randomness.

use serde::Deserialize;

use super::ddim::Ddim;
use super::euler::Euler;

/// One picture's way from noise to latents.
pub(crate) trait Walk: Send {
    /// What the denoiser is told, first step first.
    fn timesteps(&self) -> &[f32];
    /// What the first noise is multiplied with.
    fn initial(&self) -> f32;
    /// Turns latents into the denoiser's input at a step.
    fn scale(&self, step: usize, latents: &mut [f32]);
    /// Turns latents and the denoiser's output at a step into the next latents.
    fn advance(&self, step: usize, output: &[f32], latents: &mut [f32]);
}

/// Which scheduler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Denoising diffusion implicit models, eta 0.
    Ddim,
    /// Euler's method on the discrete sigmas, no churn.
    Euler,
}

impl Kind {
    /// Name in settings, replies and picture files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ddim => "ddim",
            Self::Euler => "euler",
        }
    }
}

/// What the denoiser predicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Prediction {
    /// The noise.
    #[serde(rename = "epsilon")]
    Epsilon,
    /// The velocity (Salimans and Ho, 2022).
    #[serde(rename = "v_prediction")]
    Velocity,
    /// The latents without noise.
    #[serde(rename = "sample", alias = "original_sample")]
    Sample,
}

/// Where the timesteps of a short walk lie among the trained ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Spacing {
    /// Multiples of a whole ratio from 0, plus the offset.
    Leading,
    /// Down from the last one.
    Trailing,
    /// Both ends included.
    Linspace,
}

/// `scheduler_config.json`; an absent key or null takes diffusers' default of the class.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Config {
    #[serde(rename = "_class_name")]
    pub(super) class: Option<String>,
    pub(super) num_train_timesteps: Option<usize>,
    pub(super) beta_start: Option<f64>,
    pub(super) beta_end: Option<f64>,
    pub(super) beta_schedule: Option<String>,
    pub(super) trained_betas: Option<Vec<f32>>,
    pub(super) prediction_type: Option<Prediction>,
    pub(super) timestep_spacing: Option<Spacing>,
    pub(super) steps_offset: Option<usize>,
    pub(super) set_alpha_to_one: Option<bool>,
    pub(super) clip_sample: Option<bool>,
    pub(super) clip_sample_range: Option<f32>,
    pub(super) final_sigmas_type: Option<String>,
    interpolation_type: Option<String>,
    timestep_type: Option<String>,
    thresholding: Option<bool>,
    rescale_betas_zero_snr: Option<bool>,
    use_karras_sigmas: Option<bool>,
    use_exponential_sigmas: Option<bool>,
    use_beta_sigmas: Option<bool>,
}

/// A scheduler made ready for one model.
pub(crate) struct Scheduler {
    kind: Kind,
    config: Config,
    kept: Vec<f32>,
}

impl Scheduler {
    /// Reads the configuration; `wanted` overrides its class. The error says in words what cannot be followed.
    pub(crate) fn new(json: &str, wanted: Option<Kind>) -> Result<Self, String> {
        let config: Config = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let kind = wanted.map_or_else(|| kind_of(config.class.as_deref()), Ok)?;
        config.refuse_unknown(kind)?;
        let kept = cumulative(&config.betas()?);
        if kept.len() < 2 {
            return Err("num_train_timesteps is less than 2".to_owned());
        }
        Ok(Self { kind, config, kept })
    }

    /// Which one it is.
    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }

    /// Steps the denoiser was trained on.
    pub(crate) const fn trained(&self) -> usize {
        self.kept.len()
    }

    /// The walk of one picture in so many steps (1 at least, [`Scheduler::trained`] at most).
    pub(crate) fn walk(&self, steps: usize) -> Box<dyn Walk> {
        let steps = steps.clamp(1, self.trained());
        match self.kind {
            Kind::Ddim => Box::new(Ddim::new(&self.config, &self.kept, steps)),
            Kind::Euler => Box::new(Euler::new(&self.config, &self.kept, steps)),
        }
    }
}

fn kind_of(class: Option<&str>) -> Result<Kind, String> {
    match class {
        Some("EulerDiscreteScheduler") => Ok(Kind::Euler),
        // PNDM is what Stable Diffusion 1.x ships; DDIM walks the same timesteps from the same configuration.
        Some("DDIMScheduler" | "PNDMScheduler") | None => Ok(Kind::Ddim),
        Some(other) => Err(format!("scheduler {other} is not known; set scheduler = \"ddim\" or \"euler\"")),
    }
}

impl Config {
    fn refuse_unknown(&self, kind: Kind) -> Result<(), String> {
        let on = |flag: Option<bool>| flag == Some(true);
        let euler = kind == Kind::Euler;
        let continuous = self.timestep_type.as_deref() == Some("continuous");
        let refused = [
            ("thresholding", kind == Kind::Ddim && on(self.thresholding)),
            ("rescale_betas_zero_snr", on(self.rescale_betas_zero_snr)),
            ("use_karras_sigmas", euler && on(self.use_karras_sigmas)),
            ("use_exponential_sigmas", euler && on(self.use_exponential_sigmas)),
            ("use_beta_sigmas", euler && on(self.use_beta_sigmas)),
            (
                "interpolation_type",
                euler && self.interpolation_type.as_deref().is_some_and(|kind| kind != "linear"),
            ),
            ("timestep_type", euler && continuous && self.prediction() == Prediction::Velocity),
        ];
        match refused.iter().find(|(_, found)| *found) {
            Some((key, _)) => Err(format!("{key} in scheduler_config.json is not supported")),
            None => Ok(()),
        }
    }

    pub(super) fn prediction(&self) -> Prediction {
        self.prediction_type.unwrap_or(Prediction::Epsilon)
    }

    fn betas(&self) -> Result<Vec<f32>, String> {
        if let Some(betas) = self.trained_betas.as_ref().filter(|betas| !betas.is_empty()) {
            return Ok(betas.clone());
        }
        let count = self.num_train_timesteps.unwrap_or(1000).min(100_000);
        let (start, end) = (self.beta_start.unwrap_or(0.0001), self.beta_end.unwrap_or(0.02));
        match self.beta_schedule.as_deref().unwrap_or("linear") {
            "linear" => Ok(linspace(start as f32, end as f32, count)),
            "scaled_linear" => {
                let roots = linspace(start.sqrt() as f32, end.sqrt() as f32, count);
                Ok(roots.into_iter().map(|root| root * root).collect())
            }
            "squaredcos_cap_v2" => Ok((0..count).map(|index| cosine_beta(index, count)).collect()),
            other => Err(format!("beta_schedule {other} is not known")),
        }
    }
}

/// `torch.linspace` in f32: from both ends towards the middle.
fn linspace(start: f32, end: f32, count: usize) -> Vec<f32> {
    let step = (end - start) / (count.saturating_sub(1).max(1)) as f32;
    let value = |index: usize| {
        if index < count / 2 {
            step.mul_add(index as f32, start)
        } else {
            (-step).mul_add((count - index - 1) as f32, end)
        }
    };
    (0..count).map(value).collect()
}

/// Nichol and Dhariwal, 2021, with diffusers' cap.
fn cosine_beta(index: usize, count: usize) -> f32 {
    let bar = |t: f64| ((t + 0.008) / 1.008 * std::f64::consts::FRAC_PI_2).cos().powi(2);
    let (from, to) = (index as f64 / count as f64, (index + 1) as f64 / count as f64);
    (1.0 - bar(to) / bar(from)).min(0.999) as f32
}

/// Cumulative product of 1 - beta (`alphas_cumprod`), gathered in f64 as torch does.
fn cumulative(betas: &[f32]) -> Vec<f32> {
    let mut product = 1.0_f64;
    let alpha = |&beta: &f32| {
        product *= f64::from(1.0 - beta);
        product as f32
    };
    betas.iter().map(alpha).collect()
}

/// The timesteps of a walk, first step first, before they are rounded (only `Linspace` gives fractions).
pub(super) fn timesteps(spacing: Spacing, trained: usize, steps: usize, offset: usize) -> Vec<f64> {
    match spacing {
        Spacing::Linspace => {
            let last = trained.saturating_sub(1) as f64;
            let step = last / (steps.saturating_sub(1).max(1)) as f64;
            let value =
                |index: usize| if index > 0 && index + 1 == steps { last } else { index as f64 * step };
            (0..steps).rev().map(value).collect()
        }
        Spacing::Leading => {
            let ratio = trained / steps.max(1);
            (0..steps).rev().map(|index| (index * ratio + offset) as f64).collect()
        }
        Spacing::Trailing => {
            let ratio = trained as f64 / steps.max(1) as f64;
            let delta = (trained as f64 - ratio) - trained as f64;
            (0..steps).map(|index| (trained as f64 + index as f64 * delta).round_ties_even() - 1.0).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Row {
        name: String,
        class: String,
        config: serde_json::Value,
        steps: usize,
        timesteps: Vec<f32>,
        sigma: f32,
        start: Vec<f32>,
        states: Vec<Vec<f32>>,
    }

    fn near(ours: &[f32], theirs: &[f32], what: &str) {
        assert_eq!(ours.len(), theirs.len(), "{what}");
        for (a, b) in ours.iter().zip(theirs) {
            assert!((a - b).abs() <= 2e-5 * b.abs().max(1.0), "{what}: {ours:?} against {theirs:?}");
        }
    }

    /// Whole walks of diffusers' own classes (`models/recipes/golden_schedule.py`).
    #[test]
    fn schedulers_of_the_catalogue_can_be_followed() {
        let catalogue = crate::models::Catalogue::built_in();
        let first = |model: &str, steps: usize| {
            let json = catalogue.house(model, "scheduler/scheduler_config.json").unwrap();
            let scheduler = Scheduler::new(std::str::from_utf8(json).unwrap(), Some(Kind::Euler)).unwrap();
            let walk = scheduler.walk(steps);
            (walk.initial(), walk.timesteps().to_vec())
        };
        // The one sigma of SD-Turbo that its examples write out, at its last timestep.
        let (sigma, times) = first("sd-turbo", 1);
        assert!((sigma - 14.6146).abs() < 1e-3 && times == [999.0], "{sigma} {times:?}");
        assert_eq!(first("sd15", 20).1.len(), 20);
    }

    #[test]
    fn equals_diffusers() {
        let text = include_str!("../../../tests/fixtures/golden/schedule.json");
        let rows: Vec<Row> = serde_json::from_str(text).unwrap();
        assert!(rows.len() > 60);
        for row in rows {
            let what = format!("{} {}", row.class, row.name);
            let mut config = row.config.clone();
            config["_class_name"] = row.class.clone().into();
            let scheduler = Scheduler::new(&config.to_string(), None).unwrap();
            let walk = scheduler.walk(row.steps);
            near(walk.timesteps(), &row.timesteps, &what);
            near(&[walk.initial()], &[row.sigma], &what);
            let mut latents = row.start.clone();
            let mut states = Vec::new();
            for step in 0..row.steps {
                let mut input = latents.clone();
                walk.scale(step, &mut input);
                let output: Vec<f32> =
                    input.iter().enumerate().map(|(at, x)| 0.3 * x + 0.05 * (at as f32).cos()).collect();
                walk.advance(step, &output, &mut latents);
                states.push(latents.clone());
            }
            if states.len() > 10 {
                let (middle, last) = (states.len() / 2, states.len() - 1);
                states = vec![states[0].clone(), states[middle].clone(), states[last].clone()];
            }
            for (ours, theirs) in states.iter().zip(&row.states) {
                near(ours, theirs, &what);
            }
        }
    }

    #[test]
    fn class_or_settings_choose_the_scheduler() {
        let kind = |json: &str, wanted| Scheduler::new(json, wanted).map(|scheduler| scheduler.kind());
        assert_eq!(kind("{}", None), Ok(Kind::Ddim));
        assert_eq!(kind(r#"{"_class_name": "PNDMScheduler", "trained_betas": null}"#, None), Ok(Kind::Ddim));
        assert_eq!(kind(r#"{"_class_name": "EulerDiscreteScheduler"}"#, None), Ok(Kind::Euler));
        assert_eq!(kind(r#"{"_class_name": "LCMScheduler"}"#, Some(Kind::Euler)), Ok(Kind::Euler));
        assert!(kind(r#"{"_class_name": "LCMScheduler"}"#, None).unwrap_err().contains("LCMScheduler"));
    }

    #[test]
    fn what_cannot_be_followed_is_refused() {
        let error = |json: &str| Scheduler::new(json, Some(Kind::Euler)).err().unwrap();
        assert!(error(r#"{"use_karras_sigmas": true}"#).contains("use_karras_sigmas"));
        assert!(error(r#"{"interpolation_type": "log_linear"}"#).contains("interpolation_type"));
        assert!(error(r#"{"beta_schedule": "odd"}"#).contains("odd"));
        assert!(error(r#"{"num_train_timesteps": 1}"#).contains("num_train_timesteps"));
        assert!(error("no json").contains("expected"));
        assert!(Scheduler::new(r#"{"use_karras_sigmas": true}"#, Some(Kind::Ddim)).is_ok());
    }

    #[test]
    fn a_walk_has_as_many_steps_as_were_asked_for() {
        for spacing in ["leading", "trailing", "linspace"] {
            let json = format!(r#"{{"timestep_spacing": "{spacing}", "steps_offset": 1}}"#);
            for kind in [Kind::Ddim, Kind::Euler] {
                let scheduler = Scheduler::new(&json, Some(kind)).unwrap();
                for steps in 1..=150 {
                    let walk = scheduler.walk(steps);
                    assert_eq!(walk.timesteps().len(), steps);
                    assert!(
                        walk.timesteps().iter().all(|&t| (0.0..1000.0).contains(&t)),
                        "{spacing} {steps}"
                    );
                    let mut latents = [0.5];
                    (0..steps).for_each(|step| walk.advance(step, &[0.1], &mut latents));
                    assert!(latents[0].is_finite(), "{spacing} {steps}");
                }
            }
        }
    }
}
