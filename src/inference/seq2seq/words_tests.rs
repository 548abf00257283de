//! Ids and texts of 10,000 strings against transformers' tokenizers (`models/recipes/pocket_pieces.py`).

use std::path::{Path, PathBuf};

use flate2::Crc;
use serde_json::Value;

use super::settings::Settings;
use super::words::Words;
use crate::inference::error;
use crate::models::Manifest;

fn golden() -> Value {
    serde_json::from_str(include_str!("../../../tests/fixtures/golden/pieces.json")).unwrap()
}

fn words(name: &str) -> Words {
    let pocket = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pocket/pieces");
    let (folder, tokenizer, end) = match name {
        "t5" => (pocket.join("t5"), "tokenizer = 'tokenizer.json'", 1),
        "bytes" => (pocket.join("bytes"), PAIR, 0),
        _ => (pocket, PAIR, 0),
    };
    open(&folder, tokenizer, end).unwrap()
}

const PAIR: &str = "pieces = { source = 'source.spm', target = 'target.spm', vocabulary = 'vocab.json' }";

fn open(folder: &Path, tokenizer: &str, end: u32) -> Result<Words, error::InferenceError> {
    let manifest = Manifest::parse(&format!(
        "name = 'm'\nfamily = 'seq2seq'\npurpose = 'answer'\ntitle = ''\nlicence = ''\nsource = ''\nlanguages = []\n\
         memory_mb = 1\nfile = []\n[settings]\nencoder = 'e'\ndecoder = 'd'\n{tokenizer}"
    ));
    Words::open(&Settings::of(&manifest.unwrap())?, folder, end)
}

/// The recipe's generator: Numerical Recipes' linear congruential one.
struct Dice(u32);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 16) as usize % bound
    }
}

fn strings(golden: &Value) -> Vec<String> {
    let parts: Vec<&str> =
        golden["parts"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
    let mut dice = Dice(7);
    let mut one = || {
        let mut text = String::new();
        for _ in 0..dice.below(9) {
            text.push_str(parts[dice.below(parts.len())]);
            text.push_str(if dice.below(3) == 0 { " " } else { "" });
        }
        text
    };
    (0..10_000).map(|_| one()).collect()
}

fn ids(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect()
}

#[test]
fn ten_thousand_strings_have_the_ids_of_transformers() {
    let golden = golden();
    let strings = strings(&golden);
    for name in ["marian", "bytes", "t5"] {
        let words = words(name);
        let sums = golden["crc"][name].as_array().unwrap();
        assert_eq!(sums.len(), strings.len());
        let mut compared = 0;
        for (at, (text, sum)) in strings.iter().zip(sums).enumerate() {
            // T5's vocabulary has its control tokens as pieces: transformers lets people type them, we do not.
            if name == "t5"
                && ["</s>", "<pad>", "<unk>", "<extra_id_0>"].iter().any(|control| text.contains(control))
            {
                continue;
            }
            let ours = words.ids(text).unwrap();
            if let Some(wanted) = golden["ids"][name].get(at) {
                assert_eq!(ours, ids(wanted), "{name} {text:?}");
            }
            let mut crc = Crc::new();
            ours.iter().for_each(|id| crc.update(&id.to_le_bytes()));
            assert_eq!(u64::from(crc.sum()), sum.as_u64().unwrap(), "{name} {text:?} {ours:?}");
            compared += 1;
        }
        assert!(compared > 7_500, "{name}: {compared}");
    }
}

#[test]
fn what_is_written_is_the_text_of_transformers() {
    let golden = golden();
    let (pair, bytes) = (words("marian"), words("bytes"));
    for row in golden["written"].as_array().unwrap() {
        let words = if row[0] == "marian" { &pair } else { &bytes };
        assert_eq!(words.text(&ids(&row[1])).unwrap(), row[2].as_str().unwrap(), "{row}");
    }
}

#[test]
fn typed_control_tokens_are_text() {
    for name in ["marian", "bytes", "t5"] {
        let (words, end) = (words(name), if name == "t5" { 1 } else { 0 });
        for typed in ["</s>", "кот </s> <pad>", "<pad><pad>", "<extra_id_0>"] {
            let ids = words.ids(typed).unwrap();
            assert_eq!(ids.iter().filter(|id| **id == end).count(), 1, "{name} {typed}: {ids:?}");
            assert_eq!(ids.last(), Some(&end));
        }
    }
}

#[test]
fn a_damaged_or_foreign_model_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let pocket = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pocket/pieces");
    let copy = |name: &str| std::fs::copy(pocket.join(name), folder.path().join(name)).unwrap();
    for file in ["source.spm", "target.spm", "vocab.json"] {
        copy(file);
    }
    let refused = |folder: &PathBuf| open(folder, PAIR, 0).err().map(|error| error.to_string());
    let place = folder.path().to_owned();
    assert_eq!(refused(&place), None);
    for (file, bytes, said) in [
        ("source.spm", &b"version https://git-lfs"[..], "no SentencePiece model"),
        ("source.spm", b"", "no pieces"),
        ("vocab.json", b"{}", "no <unk>"),
        ("vocab.json", br#"{"<unk>": 0, "</s>": 1, "\u2581the": 2}"#, "it is of another model"),
        ("vocab.json", b"[", "vocab.json"),
    ] {
        std::fs::write(place.join(file), bytes).unwrap();
        let error = refused(&place).unwrap();
        assert!(error.contains(said) && error.contains(file), "{error}");
        copy(file);
    }
    // Half of a model.
    let whole = std::fs::read(pocket.join("source.spm")).unwrap();
    std::fs::write(place.join("source.spm"), &whole[..whole.len() / 2]).unwrap();
    assert!(refused(&place).is_some());
}
