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

mod chain;
mod figures;
mod instruct;
mod pulled;
mod sketch;
mod understand;
mod voice;
mod whisper;

use std::path::Path;

use aisaac::models::{self, Catalogue};
use serde_json::Value;

use pulled::{Pulled, data, pulled, quiet};

/// The processor as the product uses it by default.
fn hardware() -> aisaac::inference::runtime::Hardware {
    pulled::hardware(0)
}

fn json(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
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
