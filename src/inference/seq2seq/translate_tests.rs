//! The small translator of the house against transformers on the same weights (`models/translate-ru-en/golden.json`).

use std::path::{Path, PathBuf};

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::strangers::Known;
use super::{Rewriter, rewriter};
use crate::inference::model::{Control, Model as _};
use crate::inference::requests::RewriteRequest;
use crate::models::Manifest;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/translate-ru-en")
}

fn model(more: &str) -> Rewriter {
    let manifest = include_str!("../../../models/translate-ru-en/manifest.toml");
    let manifest = Manifest::parse(&format!("{manifest}\n{more}")).unwrap();
    rewriter::load(&manifest, &folder(), &crate::inference::runtime::for_tests()).unwrap()
}

fn golden() -> Value {
    serde_json::from_str(include_str!("../../../models/translate-ru-en/golden.json")).unwrap()
}

fn translated(model: &mut Rewriter, text: &str) -> String {
    let request = RewriteRequest { text: text.to_owned(), language: "ru".to_owned() };
    let quiet = Control::detached(CancellationToken::new(), Box::new(|_| ()));
    model.run(request, &quiet).unwrap().text
}

#[test]
fn it_writes_what_transformers_writes() {
    let golden = golden();
    for (way, beams) in [("greedy", 1), ("beams4", 4)] {
        let mut model = model(&format!("[settings.generate]\nnum_beams = {beams}"));
        model.known = None;
        for row in golden["phrases"].as_array().unwrap() {
            let text = row["text"].as_str().unwrap();
            let source: Vec<u64> = model.model.ids(text).unwrap().into_iter().map(u64::from).collect();
            assert_eq!(serde_json::to_value(source).unwrap(), row["source"], "{text}");
            assert_eq!(translated(&mut model, text), row[way]["text"], "{way} {text}");
        }
    }
}

#[test]
fn a_text_that_is_too_long_is_refused_and_the_next_one_is_not() {
    let mut model = model("");
    let request = RewriteRequest { text: "кот ".repeat(5_000), language: "ru".to_owned() };
    let quiet = Control::detached(CancellationToken::new(), Box::new(|_| ()));
    let failure = model.run(request, &quiet).unwrap_err().failure();
    assert_eq!(failure.phrase.key, "message-too-long");
    assert_eq!(failure.phrase.args["bound"], "96".into());
    assert_eq!(translated(&mut model, "рыжий кот"), "a ginger cat");
    assert_eq!(translated(&mut model, "рыжий кот 🐱").trim_end_matches([' ', '🐱']), "a ginger cat");
}

#[test]
fn a_long_strange_word_takes_no_time_and_a_typed_mark_is_no_mark() {
    let known = Known::open(&folder().join("known.bin")).unwrap();
    let long = "щ".repeat(100_000);
    assert_eq!(known.marked(&long).text, "Q1");
    let typed = known.marked("ракета Q1 крякозябра");
    assert_eq!(typed.text, "ракета Q1 Q2");
    assert_eq!(typed.restored("a Q1 rocket Q2").as_deref(), Some("a Q1 rocket kryakozyabra"));
}

#[test]
fn strange_words_are_kept_as_the_recipe_keeps_them() {
    let golden = golden();
    let known = Known::open(&folder().join("known.bin")).unwrap();
    let mut model = model("[settings.generate]\nnum_beams = 1");
    for row in golden["guard"].as_array().unwrap() {
        let text = row["text"].as_str().unwrap();
        assert_eq!(known.marked(text).text, row["marked"].as_str().unwrap(), "{text}");
        assert_eq!(translated(&mut model, text), row["translated"], "{text}");
    }
}
