//! *ctc*: recognisers whose encoder says a class for each frame (Conformer CTC): GigaAM, for Russian.
//!
//! In: a [`HearRequest`]. Out: a [`Transcript`]. Graph: `features` f32 `[1, 64, frames]`, `feature_lengths` i64 `[1]` ->
//! `log_probs` f32 `[1, (frames - 1) / subsampling + 1, classes]`. A long sound is heard in windows; the model knows one
//! language, a prompt and beams are nothing to it.

mod decode;
mod features;
mod windows;

use std::path::Path;

use serde::Deserialize;

pub use features::{Features, FrontEnd};

use self::decode::{Clock, Vocabulary};
use self::features::{BANDS, HOP, RATE};
use self::windows::windows;
use super::graph::Graph;
use super::runtime::Hardware;
use super::{Control, HearRequest, Heard, InferenceError, Model, Segment, Transcript};
use crate::models::Manifest;

/// What the manifest says under `[settings]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// File of the graph.
    pub graph: String,
    /// File of the vocabulary: lines of a piece, a space and its class.
    pub vocabulary: String,
    /// The front end that the model was trained with.
    pub features: FrontEnd,
    /// Frames of features for one frame of probabilities.
    pub subsampling: u32,
    /// The longest sound that the model hears at once, in seconds.
    pub window_seconds: u32,
}

/// A recogniser.
pub struct Ctc {
    graph: Graph,
    vocabulary: Vocabulary,
    features: Features,
    subsampling: u32,
    /// Samples of a window at most.
    most: usize,
    languages: Vec<String>,
}

/// Opens the graph and the vocabulary of a folder.
///
/// # Errors
/// [`InferenceError::File`] for files or settings that are missing or cannot be read, [`InferenceError::Shape`] for a graph
/// of another family.
pub fn load(manifest: &Manifest, folder: &Path, hardware: &Hardware) -> Result<Ctc, InferenceError> {
    let settings = settings(manifest, folder)?;
    let graph = Graph::open(&folder.join(&settings.graph), hardware)?;
    graph.require(&["features", "feature_lengths"], &["log_probs"])?;
    Ok(Ctc {
        graph,
        vocabulary: Vocabulary::open(&folder.join(&settings.vocabulary))?,
        features: Features::new(settings.features),
        subsampling: settings.subsampling.max(1),
        most: settings.window_seconds.max(1) as usize * RATE,
        languages: manifest.languages.clone(),
    })
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

impl Ctc {
    /// The first of its languages that may be spoken; its own when none may, since it cannot hear another.
    fn language(&self, request: &HearRequest) -> String {
        let asked = |language: &&String| match &request.language {
            Some(given) => given == *language,
            None => request.languages.contains(language),
        };
        let found = self.languages.iter().find(asked).or_else(|| self.languages.first());
        found.cloned().unwrap_or_default()
    }

    /// What is said in a window that begins at `start_ms`.
    fn hear(&mut self, samples: &[f32], start_ms: u32) -> Result<Vec<Segment>, InferenceError> {
        let features = self.features.of(samples);
        let frames = features.len() / BANDS;
        if frames == 0 {
            return Ok(Vec::new());
        }
        let length = i64::try_from(frames).unwrap_or(i64::MAX);
        let feeds = vec![
            ("features".into(), self.graph.real("features", &[1, BANDS, frames], features)?),
            ("feature_lengths".into(), self.graph.whole("feature_lengths", &[1], vec![length])?),
        ];
        let (name, classes) = (self.graph.name().to_owned(), self.vocabulary.len());
        let (shape, mut rows) = Graph::floats(&self.graph.run(feeds)?, &name, "log_probs")?;
        if shape.last() != Some(&classes) {
            let reason = format!("log_probs has the shape {shape:?}, the vocabulary {classes} classes");
            return Err(InferenceError::Shape { graph: name, reason });
        }
        rows.truncate(((frames - 1) / self.subsampling as usize + 1) * classes);
        let clock = Clock { start_ms, stride_ms: self.subsampling.saturating_mul(millis(HOP)) };
        Ok(self.vocabulary.segments(&self.vocabulary.greedy(&rows), clock))
    }
}

impl Model for Ctc {
    type Input = HearRequest;
    type Output = Transcript;
    type Progress = Heard;

    fn run(&mut self, input: HearRequest, ctl: &Control<Heard>) -> Result<Transcript, InferenceError> {
        let mut heard = Transcript { language: self.language(&input), confidence: 1.0, segments: Vec::new() };
        if input.language_only {
            return Ok(heard);
        }
        for window in windows(&input.samples, self.most) {
            ctl.checkpoint()?;
            let (start_ms, done_ms) = (millis(window.start), millis(window.end));
            heard.segments.extend(self.hear(input.samples.get(window).unwrap_or_default(), start_ms)?);
            ctl.progress(Heard { done_ms, of_ms: millis(input.samples.len()) });
        }
        Ok(heard)
    }
}

/// Samples in milliseconds.
fn millis(samples: usize) -> u32 {
    u32::try_from(samples / (RATE / 1000)).unwrap_or(u32::MAX)
}
