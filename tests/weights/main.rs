//! The pulled starter models, held to their figures by the product's own code. `make test-weights` runs this.
//!
//! In: `AISAAC_WEIGHTS`, a data folder into which `aisaac models pull starter` has brought them. Out: a line for every
//! figure with its threshold, and a failure that names each one below. Speeds are told and held to nothing: they belong
//! to the machine. Never: a network, a file written.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of tests stand outside #[test] functions"
)]

mod figures;
mod instruct;
mod sketch;
mod understand;

use std::path::{Path, PathBuf};

use aisaac::inference::Control;
use aisaac::inference::runtime::Hardware;
use aisaac::models::{self, Catalogue, Manifest};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

/// A pulled model: its manifest and where it lies.
struct Pulled {
    manifest: Manifest,
    folder: PathBuf,
}

fn data() -> PathBuf {
    let data = std::env::var_os("AISAAC_WEIGHTS").map(PathBuf::from);
    data.expect("AISAAC_WEIGHTS names no data folder with the starter models: run `make test-weights`")
}

fn pulled(name: &str) -> Pulled {
    let (data, catalogue) = (data(), Catalogue::built_in());
    let manifest = catalogue.get(name).unwrap().clone();
    assert!(
        models::installed(&data, &manifest),
        "{name} is not installed in {}: run `make test-weights`, or aisaac models pull starter",
        data.display()
    );
    Pulled { folder: models::folder(&data, name), manifest }
}

/// The processor as the product uses it by default, with the library that was pulled.
fn hardware() -> Hardware {
    let library = models::library(&data());
    assert!(library.is_file(), "no {}: run `make test-weights`", library.display());
    Hardware::cpu(library, 0)
}

fn json(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A control that nobody stops or listens to.
fn quiet<P: 'static>() -> Control<'static, P> {
    Control::detached(CancellationToken::new(), Box::new(|_| ()))
}

#[test]
#[ignore = "needs the pulled starter models (make test-weights)"]
fn every_pulled_file_has_its_sum() {
    let (data, catalogue) = (data(), Catalogue::built_in());
    let mut figures = figures::Figures::of("models");
    for model in catalogue.named("starter").unwrap() {
        let flaws = models::verify(&data, model, &mut |_, _| ());
        for flaw in &flaws {
            println!("  {flaw}");
        }
        let (files, broken) = (model.files.len(), flaws.len());
        figures.share(
            &format!("{}: files with their sum", model.name),
            files - broken.min(files),
            files,
            100.0,
        );
    }
    figures.judge();
}
