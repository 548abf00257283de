//! What a Whisper's manifest says in `[settings]`.

use std::path::PathBuf;

use serde::Deserialize;

use crate::inference::error::{self, InferenceError};
use crate::models::Manifest;

/// The `[settings]` of family `whisper`; paths are relative to the model's folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// The encoder.
    pub(super) encoder: PathBuf,
    /// The decoder; of a split export the one with a past.
    pub(super) decoder: PathBuf,
    /// Of a split export the one without a past.
    #[serde(default)]
    pub(super) first: Option<PathBuf>,
    /// tokenizer.json.
    pub(super) tokenizer: PathBuf,
    /// Frames of a window, 100 a second.
    #[serde(default = "half_a_minute")]
    pub(super) frames: usize,
    /// Frames of silence behind a note that is shorter than a window; absent: as many as the window has. Only for an
    /// encoder with a free number of frames, and only where it was measured that nothing is heard worse.
    #[serde(default)]
    pub(super) padding_frames: Option<usize>,
    /// Most tokens of prompt and text together.
    #[serde(default = "context")]
    pub(super) context: usize,
    /// Tokens that are never written, but for those of tasks and languages.
    #[serde(default)]
    pub(super) suppress: Vec<u32>,
    /// Tokens that are not written first, but for the end.
    #[serde(default)]
    pub(super) suppress_first: Vec<u32>,
}

const fn half_a_minute() -> usize {
    3000
}

const fn context() -> usize {
    448
}

impl Settings {
    /// Reads and checks them.
    pub(super) fn of(manifest: &Manifest) -> Result<Self, InferenceError> {
        let refused = |reason: String| InferenceError::settings(manifest, reason);
        let settings: Self = error::settings(manifest)?;
        if settings.frames == 0 || !settings.frames.is_multiple_of(2) {
            return Err(refused("frames must be even and above 0".to_owned()));
        }
        if settings.context < 16 {
            return Err(refused("context must be at least 16".to_owned()));
        }
        Ok(settings)
    }
}
