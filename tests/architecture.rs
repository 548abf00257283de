//! The walls of the house: who may use whom, which crate belongs to which room, how a file opens and how long it may be.
//! (Functions are held to their length by clippy.)
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests stand outside #[test] functions"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Room -> rooms it may name. `ARCHITECTURE.md` holds the same table.
const MAY_USE: &[(&str, &[&str])] = &[
    ("message", &[]),
    ("phrases", &["message"]),
    ("media", &["message"]),
    ("store", &["message"]),
    ("backup", &["store"]),
    ("models", &["message"]),
    ("inference", &["message", "models"]),
    ("messenger", &["message", "media", "phrases", "inbox"]),
    ("inbox", &["message", "store"]),
    ("access", &["message", "store", "messenger"]),
    ("conversation", &["message", "store", "inference"]),
    ("speech", &["message", "media", "inference"]),
    ("intent", &["message", "phrases", "access", "conversation", "inference", "store"]),
    ("drawing", &["message", "media", "store", "inference"]),
    ("outbox", &["message", "phrases", "media", "store", "messenger"]),
    ("assistant", &["message", "media", "inbox", "access", "conversation", "speech", "intent", "store"]),
];

/// Crate -> the only rooms that may name it.
const OWNED: &[(&str, &[&str])] = &[
    ("ort", &["inference"]),
    ("tokenizers", &["inference"]),
    ("minijinja", &["inference"]),
    ("realfft", &["inference"]),
    ("sqlx", &["store"]),
    ("rustyline", &["messenger"]),
    ("teloxide_core", &["messenger"]),
    ("reqwest12", &["messenger"]),
    ("rustls", &["messenger"]),
    ("pulldown_cmark", &["outbox"]),
    ("fluent_bundle", &["phrases"]),
    ("whatlang", &["intent"]),
    ("reqwest", &["models"]),
    ("symphonia", &["speech"]),
    ("symphonia_adapter_libopus", &["speech"]),
    ("rubato", &["speech"]),
    ("zip", &["models", "backup"]),
    ("clap", &["app"]),
    ("axum", &["app"]),
    ("sd_notify", &["app"]),
    ("metrics_exporter_prometheus", &["app"]),
    ("metrics", &["message", "app"]),
];

/// Modules of a room that only the room itself and `app` may name: others hold handles, readers and the trait.
const INNER: &[&str] = &[
    "inference::runtime",
    "inference::graph",
    "inference::encoder",
    "inference::siamese",
    "inference::span",
    "inference::understanding",
    "inference::voice_activity",
    "inference::ctc",
    "inference::generation",
    "inference::causal_lm",
    "inference::diffusion",
    "inference::spectrum",
    "inference::whisper",
    "messenger::console",
    "messenger::telegram",
];

/// Lines of a file before its tests.
const LONGEST_FILE: usize = 400;

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push((path.clone(), fs::read_to_string(path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 50, "the walk sees the house");
    found
}

fn room(path: &Path) -> String {
    let inside = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    inside.components().next().unwrap().as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// A file before its tests.
fn before_tests(text: &str) -> &str {
    let tests =
        text.find("#[cfg(test)]\nmod tests").or_else(|| text.find("#[cfg(test)]\npub(crate) mod tests"));
    &text[..tests.unwrap_or(text.len())]
}

/// The code of a file before its tests, without lines of comment.
fn code(text: &str) -> String {
    let lines = before_tests(text).lines();
    lines.filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Whether code names `room::module`, alone or in a list.
fn names(code: &str, room: &str, inner: &str) -> bool {
    let module = inner.rsplit("::").next().unwrap();
    let listed = code.split(&format!("{room}::{{")).skip(1).any(|list| {
        let list = list.split(';').next().unwrap();
        list.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == module)
    });
    code.contains(inner) || listed
}

#[test]
fn the_insides_of_a_room_are_named_by_itself_and_app_only() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        let here = room(&path);
        for inner in INNER {
            let owner = inner.split("::").next().unwrap();
            if here != "app" && here != owner && names(&code(&text), owner, inner) {
                broken.push(format!("{} names {inner}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn rooms_use_only_what_they_may() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        MAY_USE.iter().map(|(room, rooms)| (*room, rooms.iter().copied().collect())).collect();
    let mut broken = Vec::new();
    for (path, text) in sources() {
        let here = room(&path);
        if matches!(here.as_str(), "lib" | "main" | "app") {
            continue;
        }
        for piece in code(&text).split("crate::").skip(1) {
            let used: String = piece.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if used != here && !allowed[here.as_str()].contains(used.as_str()) {
                broken.push(format!("{} uses {used}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn crates_are_named_in_one_room_only() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        for (name, owners) in OWNED {
            let named = code(&text).match_indices(&format!("{name}::")).any(|(at, _)| {
                !code(&text)[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
            });
            if !owners.contains(&room(&path).as_str()) && named {
                broken.push(format!("{} names {name}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_file_opens_with_its_purpose_and_ends_in_time() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        if !text.starts_with("//!") {
            broken.push(format!("{} does not open with //!", path.display()));
        }
        let lines = before_tests(&text).lines().count();
        if lines > LONGEST_FILE {
            broken.push(format!("{} has {lines} lines before its tests", path.display()));
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn the_map_holds_the_same_table() {
    let map = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    for (room, rooms) in MAY_USE {
        let row =
            format!("| {room} | {} |", if rooms.is_empty() { "-".to_owned() } else { rooms.join(", ") });
        assert!(map.contains(&row), "ARCHITECTURE.md lacks the row: {row}");
    }
}
