//! The catalogue of models: manifests, pulling, verifying, and the readers that fill weightless graphs.
//!
//! In: manifests and house files that are compiled in or one's own, packages that registries carry, files of a hub. Out: model
//! folders under `<data>/models/<name>` and the runtime library under `<data>/runtime`. It never runs a model.

mod manifest;
mod catalogue;
mod own;
mod error;
mod plan;
mod pull;
mod make;
mod wheels;
mod pip;
mod hub;
mod aside;
mod receipt;
mod verify;
mod cursor;
mod blocks;
mod gguf;
mod e5;
mod ctranslate2;
mod fill;
mod tokenizer;

use std::path::{Path, PathBuf};

pub use catalogue::{Catalogue, Entry, Listed, Package, SETS};
pub(crate) use error::root;
pub use error::{FormatError, PullError};
pub use hub::{HubOptions, Token};
pub use make::{Progress, Stage, Watch};
pub use manifest::{Manifest, Member, ModelFile, Origin, Purpose, SettingsError};
pub use own::{Unusable, UnusableKind, manifests};
pub use plan::{Options, Plan, PlannedModel};
pub use pull::Report;
pub use verify::{Flaw, FlawKind, Removed, State, installed, licence_text, prove, remove, state, verify};

/// Where a model lies; the runtime library has a place of its own.
#[must_use]
pub fn folder(data: &Path, name: &str) -> PathBuf {
    if name == "runtime" { data.join("runtime") } else { data.join("models").join(name) }
}

/// The runtime library that `models pull runtime` brings.
#[must_use]
pub fn library(data: &Path) -> PathBuf {
    folder(data, "runtime").join("libonnxruntime.so")
}

/// A number of bytes for people, in decimal units.
///
/// ```
/// use aisaac::models::readable;
///
/// assert_eq!([12, 4_500, 93_100_000, 1_220_000_000].map(readable), ["12 B", "4 kB", "93 MB", "1.2 GB"]);
/// ```
#[must_use]
pub fn readable(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let number = bytes as f64;
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.0} kB", number / 1e3),
        1_000_000..1_000_000_000 => format!("{:.0} MB", number / 1e6),
        _ => format!("{:.1} GB", number / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runtime_has_its_own_place() {
        assert_eq!(folder(Path::new("/d"), "sketch"), Path::new("/d/models/sketch"));
        assert_eq!(library(Path::new("/d")), Path::new("/d/runtime/libonnxruntime.so"));
    }
}
