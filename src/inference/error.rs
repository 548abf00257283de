//! What can go wrong between a request and a model's answer.

use std::error::Error as _;
use std::path::PathBuf;

use crate::message::{Failure, FailureKind, Phrase};
use crate::models::Manifest;

/// An error of a model, its files, or the runtime below it.
#[derive(Debug, thiserror::Error)]
pub enum InferenceError {
    /// libonnxruntime is missing or cannot be used.
    #[error("the ONNX runtime library {path} cannot be loaded: {reason}")]
    Runtime {
        /// Where it was looked for.
        path: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// CUDA was asked for and cannot start.
    #[error("CUDA cannot start: {reason}")]
    Cuda {
        /// What the runtime said.
        reason: String,
    },
    /// A model file is missing, truncated, or says something else than its manifest.
    #[error("model file {path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A graph has other inputs or outputs than its family needs.
    #[error("graph {graph} does not fit its family: {reason}")]
    Shape {
        /// File name of the graph.
        graph: String,
        /// What is missing or different.
        reason: String,
    },
    /// A value of the request is out of bounds; `key` names a phrase of the house.
    #[error("request refused: {key}")]
    Refused {
        /// Phrase key (`size-not-multiple`, `steps-out-of-range`, ...).
        key: &'static str,
        /// The value that was refused, for the phrase's `$value`.
        value: String,
        /// The bound, for the phrase's `$bound`.
        bound: String,
    },
    /// The model asked for more memory than there is.
    #[error("out of memory in {model}")]
    OutOfMemory {
        /// Name of the model.
        model: String,
    },
    /// The caller said stop.
    #[error("stopped")]
    Stopped,
    /// The model panicked; it is rebuilt at the next request.
    #[error("model {model} panicked: {reason}")]
    Panicked {
        /// Name of the model.
        model: String,
        /// The panic's message.
        reason: String,
    },
    /// The model thread has ended.
    #[error("model {model} is gone")]
    Gone {
        /// Name of the model.
        model: String,
    },
    /// The graph's numbers became too large for their type: its text would be noise. T5 does so in half precision.
    #[error(
        "the numbers of {graph} overflow: half precision is not enough for it, take another export (fp32, int8)"
    )]
    Overflow {
        /// File name of the graph.
        graph: String,
    },
    /// The runtime failed while it ran a graph.
    #[error("running {graph} failed")]
    Run {
        /// File name of the graph.
        graph: String,
        /// The runtime's error.
        #[source]
        source: ort::Error,
    },
}

impl InferenceError {
    /// Settings of a manifest that do not fit its family.
    pub(super) fn settings(manifest: &Manifest, reason: String) -> Self {
        Self::File { path: PathBuf::from(&manifest.name).join("manifest.toml"), reason }
    }

    /// What it means for whoever asked, and what they are told; the error itself is the cause.
    #[must_use]
    pub fn failure(self) -> Failure {
        let (kind, phrase) = match &self {
            Self::Stopped => (FailureKind::Stopped, Phrase::new("stopping")),
            Self::Refused { key, value, bound } => {
                let phrase = Phrase::new(key).with("value", value.clone()).with("bound", bound.clone());
                (FailureKind::Theirs, phrase)
            }
            Self::OutOfMemory { .. } => (FailureKind::Ours, Phrase::new("out-of-memory")),
            Self::Runtime { .. } => (FailureKind::Ours, Phrase::new("runtime-broken")),
            Self::Cuda { .. } => (FailureKind::Ours, Phrase::new("cuda-broken")),
            Self::Overflow { .. } => (FailureKind::Ours, Phrase::new("model-overflow")),
            Self::File { .. } | Self::Shape { .. } => (FailureKind::Ours, Phrase::new("model-broken")),
            Self::Panicked { .. } | Self::Gone { .. } | Self::Run { .. } => {
                (FailureKind::Ours, Phrase::new("our-fault"))
            }
        };
        Failure { kind, phrase, source: Some(Box::new(self)) }
    }
}

/// The settings of a manifest, as its family reads them.
pub(super) fn settings<T: serde::de::DeserializeOwned>(manifest: &Manifest) -> Result<T, InferenceError> {
    manifest.settings().map_err(|error| {
        let source = error.source().map(ToString::to_string).unwrap_or_default();
        InferenceError::settings(manifest, format!("{error}: {}", source.trim()))
    })
}
