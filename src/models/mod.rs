//! The catalogue of models: manifests, and in time pulling, verifying and the readers that fill weightless graphs.
//!
//! In: manifests that are compiled in, packages that registries carry. Out: model folders under `<data>/models`. It
//! never runs a model.

mod manifest;

pub use manifest::{Manifest, ModelFile, Origin, SettingsError};
