//! What may be asked of a picture model: its `[settings]`, and a request checked against them.
//!
//! In: a manifest's settings and a [`DrawRequest`]. Out: an [`Order`] with every value decided, or a refusal whose
//! key names a phrase. Never: a graph.

use std::ops::RangeInclusive;

use serde::Deserialize;

use super::schedule::Kind;
use crate::inference::{DrawRequest, InferenceError};

/// Denoising steps that any model may be asked for.
pub const STEPS: RangeInclusive<u32> = 1..=150;
const GUIDANCE: RangeInclusive<f32> = 0.0..=30.0;
const SMALLEST: u32 = 64;
const LARGEST: u32 = 1024;

/// `[settings]` of the `diffusion` family; absent keys take Stable Diffusion 1.5's values.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Overrides the class in `scheduler_config.json`.
    pub scheduler: Option<Kind>,
    /// Denoising steps.
    pub steps: u32,
    /// Guidance scale; 1 or less runs without a negative prompt.
    pub guidance: f32,
    /// Pixels; the graph's own size when absent.
    pub width: Option<u32>,
    /// Pixels; the graph's own size when absent.
    pub height: Option<u32>,
    /// Smallest side in pixels.
    pub min_size: Option<u32>,
    /// Largest side in pixels.
    pub max_size: Option<u32>,
    /// Pixels for each latent along a side; from the codec's configuration when absent.
    pub latent_factor: Option<u32>,
    /// Folder of the text encoder, or `@name`: the files of another model (`encoder.onnx`, `tokenizer.json`).
    pub text_encoder: String,
    /// Stands before every prompt.
    pub prefix: String,
    /// Tokens the denoiser reads; the tokenizer's own when absent.
    pub text_length: Option<usize>,
    /// What stands behind a short prompt.
    pub padding: Padding,
}

/// What stands behind a short prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Padding {
    /// The tokenizer's padding token, seen by the encoder.
    Token,
    /// States of zero; the encoder sees the prompt alone.
    Zero,
}

impl Settings {
    /// Smallest and largest side in pixels, for a model that has more than one size.
    #[must_use]
    pub fn sides(&self) -> (u32, u32) {
        (self.min_size.unwrap_or(SMALLEST), self.max_size.unwrap_or(LARGEST))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            scheduler: None,
            steps: 20,
            guidance: 7.5,
            width: None,
            height: None,
            min_size: None,
            max_size: None,
            latent_factor: None,
            text_encoder: "text_encoder".to_owned(),
            prefix: String::new(),
            text_length: None,
            padding: Padding::Token,
        }
    }
}

/// What a model can paint.
#[derive(Debug, Clone, PartialEq)]
pub struct Bounds {
    /// Width and height when nobody says otherwise.
    pub size: (u32, u32),
    /// Smallest and largest side; `None` when the model has its one size.
    pub sides: Option<(u32, u32)>,
    /// Sides are multiples of this.
    pub factor: u32,
    /// Steps when nobody says otherwise.
    pub steps: u32,
    /// Guidance scale when nobody says otherwise.
    pub guidance: f32,
}

/// A request with every value decided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Order {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) steps: u32,
    pub(super) guidance: f32,
}

impl Order {
    /// Whether the denoiser runs with and without the prompt.
    pub(super) fn guided(self) -> bool {
        self.guidance > 1.0
    }
}

impl Bounds {
    /// From settings and what the graphs say: `own` is the default size in pixels, `fixed` whether it is the only one.
    pub(super) fn new(settings: &Settings, own: (u32, u32), fixed: bool, factor: u32) -> Self {
        let size =
            if fixed { own } else { (settings.width.unwrap_or(own.0), settings.height.unwrap_or(own.1)) };
        let smallest = settings.min_size.unwrap_or_else(|| SMALLEST.min(size.0).min(size.1));
        let largest = settings.max_size.unwrap_or_else(|| LARGEST.max(size.0).max(size.1));
        let single = fixed || (size.0 == size.1 && smallest == largest && smallest == size.0);
        Self {
            size,
            sides: (!single).then_some((smallest, largest)),
            factor: factor.max(1),
            steps: settings.steps,
            guidance: settings.guidance,
        }
    }

    pub(super) fn check(&self, request: &DrawRequest) -> Result<Order, InferenceError> {
        let (width, height) = request.size.unwrap_or(self.size);
        self.check_size(width, height)?;
        let steps = request.steps.unwrap_or(self.steps);
        if !STEPS.contains(&steps) {
            return Err(refused("steps-out-of-range", steps, range(STEPS.start(), STEPS.end())));
        }
        let guidance = request.guidance.unwrap_or(self.guidance);
        if !GUIDANCE.contains(&guidance) {
            return Err(refused("guidance-out-of-range", guidance, range(GUIDANCE.start(), GUIDANCE.end())));
        }
        Ok(Order { width, height, steps, guidance })
    }

    fn check_size(&self, width: u32, height: u32) -> Result<(), InferenceError> {
        let value = format!("{width}x{height}");
        let Some((smallest, largest)) = self.sides else {
            let own = format!("{}x{}", self.size.0, self.size.1);
            return if (width, height) == self.size {
                Ok(())
            } else {
                Err(refused("size-out-of-range", value, own))
            };
        };
        if [width, height].iter().any(|side| !(smallest..=largest).contains(side)) {
            return Err(refused("size-out-of-range", value, range(smallest, largest)));
        }
        if [width, height].iter().any(|side| !side.is_multiple_of(self.factor)) {
            return Err(refused("size-not-multiple", value, self.factor.to_string()));
        }
        Ok(())
    }
}

fn range(from: impl std::fmt::Display, to: impl std::fmt::Display) -> String {
    format!("{from}..{to}")
}

fn refused(key: &'static str, value: impl ToString, bound: String) -> InferenceError {
    InferenceError::Refused { key, value: value.to_string(), bound }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> DrawRequest {
        DrawRequest {
            prompt: String::new(),
            negative: None,
            seed: 0,
            size: None,
            steps: None,
            guidance: None,
        }
    }

    fn refusal(bounds: &Bounds, request: &DrawRequest) -> (&'static str, String, String) {
        match bounds.check(request).unwrap_err() {
            InferenceError::Refused { key, value, bound } => (key, value, bound),
            other => panic!("{other}"),
        }
    }

    fn words(key: &'static str, value: &str, bound: &str) -> (&'static str, String, String) {
        (key, value.to_owned(), bound.to_owned())
    }

    #[test]
    fn empty_settings_are_those_of_stable_diffusion() {
        let settings: Settings = toml::from_str("").unwrap();
        let bounds = Bounds::new(&settings, (512, 512), false, 8);
        assert_eq!(
            bounds.check(&request()).unwrap(),
            Order { width: 512, height: 512, steps: 20, guidance: 7.5 }
        );
        assert_eq!(bounds.sides, Some((64, 1024)));
        assert!(toml::from_str::<Settings>("stepz = 3").is_err());
        assert_eq!(toml::from_str::<Settings>("scheduler = 'euler'").unwrap().scheduler, Some(Kind::Euler));
    }

    #[test]
    fn values_out_of_bounds_are_refused_with_the_bound() {
        let settings: Settings = toml::from_str("max_size = 768").unwrap();
        let bounds = Bounds::new(&settings, (512, 512), false, 8);
        let size = |width, height| DrawRequest { size: Some((width, height)), ..request() };
        assert_eq!(refusal(&bounds, &size(513, 512)), words("size-not-multiple", "513x512", "8"));
        assert_eq!(refusal(&bounds, &size(512, 776)), words("size-out-of-range", "512x776", "64..768"));
        assert_eq!(refusal(&bounds, &size(56, 512)), words("size-out-of-range", "56x512", "64..768"));
        assert!(bounds.check(&size(64, 768)).is_ok());
        let steps = |steps| DrawRequest { steps: Some(steps), ..request() };
        assert_eq!(refusal(&bounds, &steps(0)), words("steps-out-of-range", "0", "1..150"));
        assert_eq!(refusal(&bounds, &steps(151)), words("steps-out-of-range", "151", "1..150"));
        assert!(bounds.check(&steps(150)).is_ok() && bounds.check(&steps(1)).is_ok());
        let guidance = |guidance| DrawRequest { guidance: Some(guidance), ..request() };
        assert_eq!(refusal(&bounds, &guidance(-0.5)), words("guidance-out-of-range", "-0.5", "0..30"));
        assert_eq!(refusal(&bounds, &guidance(f32::NAN)), words("guidance-out-of-range", "NaN", "0..30"));
        assert!(!bounds.check(&guidance(1.0)).unwrap().guided());
        assert!(bounds.check(&guidance(1.1)).unwrap().guided());
    }

    #[test]
    fn a_model_of_one_size_has_no_other() {
        let by_settings: Settings =
            toml::from_str("width = 128\nheight = 128\nmin_size = 128\nmax_size = 128").unwrap();
        let bounds = [
            Bounds::new(&by_settings, (512, 512), false, 8),
            Bounds::new(&Settings::default(), (128, 128), true, 8),
        ];
        for bounds in bounds {
            let other = DrawRequest { size: Some((136, 128)), ..request() };
            assert_eq!(refusal(&bounds, &other), words("size-out-of-range", "136x128", "128x128"));
            assert!(bounds.check(&DrawRequest { size: Some((128, 128)), ..request() }).is_ok());
            assert_eq!(bounds.check(&request()).unwrap().width, 128);
        }
    }

    #[test]
    fn a_small_model_may_be_smaller_than_the_usual_bound() {
        let bounds = Bounds::new(&Settings::default(), (32, 32), false, 8);
        assert_eq!(bounds.sides, Some((32, 1024)));
    }
}
