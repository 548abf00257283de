//! How fast the house is, and beside whom. `make bench` runs this by hand; nothing else does.
//!
//! In: `AISAAC_WEIGHTS` (a data folder with the starter models), `AISAAC_PEERS` (a Python that has the peers),
//! `AISAAC_PACKAGES` (files of the models' packages), `AISAAC_SD15` (a folder of models/recipes/sd15.py),
//! `AISAAC_SEQ2SEQ` (one of full_seq2seq.py), and names of parts; all of them when none is named. Out: a table a part, on
//! standard output and in `benches/README.md`.
//!
//! A plain harness and no bench crate: the peers are other programs that must take turns with us in the same run, and
//! half of the figures are percentiles of waits or memory, which the crates for timing a function do not know.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench is no part of the product: what it cannot measure stops it, with a sentence"
)]

#[path = "../tests/weights/pulled.rs"]
mod pulled;
#[path = "../tests/story/models.rs"]
#[expect(dead_code, reason = "shared with the stories, which use all of it")]
mod fakes;

mod contender;
mod figures;
mod answers;
mod intent;
mod hearing;
mod pictures;
mod writing;
mod queue;
mod journey;
mod footprint;
mod burst;
#[path = "../tests/telegram/fake/mod.rs"]
mod fake;

use std::path::PathBuf;

/// A part: its name, its driver, and the side of the product where it has peers.
type Part = (&'static str, fn(&Places), Option<fn(&[String])>);

const PARTS: &[Part] = &[
    ("answers", answers::run, Some(answers::ours)),
    ("intent", intent::run, Some(intent::ours)),
    ("hearing", hearing::run, Some(hearing::ours)),
    ("pictures", pictures::run, Some(pictures::ours)),
    ("writing", writing::run, Some(writing::ours)),
    ("queue", queue::run, None),
    ("journey", journey::run, None),
    ("footprint", footprint::run, None),
    ("burst", burst::run, None),
];

/// Where things lie.
pub(crate) struct Places {
    python: PathBuf,
    packages: PathBuf,
    full_size: Option<PathBuf>,
    seq2seq: Option<PathBuf>,
}

impl Places {
    fn find() -> Self {
        let given = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let needed =
            |name: &str| given(name).unwrap_or_else(|| panic!("{name} is not set: run `make bench`"));
        Self {
            python: needed("AISAAC_PEERS"),
            packages: needed("AISAAC_PACKAGES"),
            full_size: given("AISAAC_SD15").map(|folder| folder.join("onnx")),
            seq2seq: given("AISAAC_SEQ2SEQ"),
        }
    }

    /// A file of a Python package.
    fn package(&self, file: &str) -> String {
        self.packages.join(file).to_string_lossy().into_owned()
    }
}

/// Threads of every contender unless a row says otherwise: one per core.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn main() {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let part =
        |name: &str| PARTS.iter().find(|part| part.0 == name).unwrap_or_else(|| panic!("no part {name}"));
    if let [first, name, rest @ ..] = arguments.as_slice()
        && first == "ours"
    {
        return part(name).2.expect("a part with peers")(rest);
    }
    let wanted: Vec<&Part> = arguments.iter().map(|name| part(name)).collect();
    let places = Places::find();
    for (_, run, _) in if wanted.is_empty() { PARTS.iter().collect() } else { wanted } {
        run(&places);
    }
}
