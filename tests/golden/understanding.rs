//! Encoders, siamese heads and question answering against transformers (`models/recipes/pocket_understanding.py`).

use std::path::{Path, PathBuf};

use aisaac::inference::encoder::{Encoder, Pooling};
use aisaac::inference::runtime::{Hardware, for_tests};
use aisaac::inference::siamese::{Siamese, Trunk};
use aisaac::inference::span::{QuestionAnswering, SpanHead};
use serde_json::Value;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn golden() -> Value {
    serde_json::from_str(&std::fs::read_to_string(fixtures().join("golden/understanding.json")).unwrap())
        .unwrap()
}

fn pocket(path: &str) -> PathBuf {
    fixtures().join("pocket").join(path)
}

fn encoder(folder: &str, graph: &str, hardware: &Hardware) -> Encoder {
    let folder = pocket(folder);
    Encoder::open(&folder.join(graph), &folder.join("tokenizer.json"), ("", 100), hardware).unwrap()
}

fn rows<'a>(golden: &'a Value, path: &str) -> &'a [Value] {
    golden.pointer(path).and_then(Value::as_array).unwrap()
}

fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
}

fn text(row: &Value) -> &str {
    row["text"].as_str().unwrap()
}

#[track_caller]
fn near(ours: &[f32], theirs: &Value, what: &str) {
    let theirs = numbers(theirs);
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let furthest = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(furthest < 2e-4, "{what}: {furthest}");
}

fn vectors(name: &str, folder: &str, graph: &str) {
    let golden = golden();
    let mut encoder = encoder(folder, graph, &for_tests());
    for row in rows(&golden, &format!("/{name}")) {
        let states = encoder.states(text(row)).unwrap();
        assert_eq!(serde_json::to_value(&states.ids).unwrap(), row["ids"], "{}", text(row));
        near(&states.hidden[states.hidden.len() - states.width..], &row["last state"], text(row));
        near(&encoder.embed(text(row), Pooling::Mean).unwrap(), &row["mean"], text(row));
        near(&encoder.embed(text(row), Pooling::Cls).unwrap(), &row["cls"], text(row));
    }
}

#[test]
fn bert_gives_the_vectors_of_transformers() {
    vectors("bert", "understanding", "encoder.onnx");
}

#[test]
fn xlm_roberta_gives_them_too_and_its_padding_is_not_obeyed() {
    vectors("xlmr", "encoder-xlmr", "model.onnx");
}

struct Side {
    encoder: Encoder,
    trunk: Trunk,
}

impl Side {
    fn open(folder: &str, hardware: &Hardware) -> Self {
        let trunk = Trunk::open(&pocket(folder).join("intent.onnx"), hardware).unwrap();
        Self { encoder: encoder(folder, "encoder.onnx", hardware), trunk }
    }

    fn encode(&mut self, text: &str) -> Vec<f32> {
        self.trunk.encode(&self.encoder.states(text).unwrap()).unwrap()
    }
}

fn compare(name: &str, phrases: &str, commands: &str, head: &str) {
    let (golden, hardware) = (golden(), for_tests());
    let (mut phrases, mut commands) = (Side::open(phrases, &hardware), Side::open(commands, &hardware));
    let encoded = rows(&golden, &format!("/{name}/commands")).iter().map(|row| {
        let word = |place: usize| row[place].as_str().unwrap();
        (word(0).to_owned(), commands.encode(word(1)))
    });
    let encoded = encoded.collect();
    let mut siamese = Siamese::open(&pocket(head), encoded, &hardware).unwrap();
    for row in rows(&golden, &format!("/{name}/phrases")) {
        let logits = siamese.logits(&phrases.encode(text(row))).unwrap();
        for (ours, theirs) in logits.iter().zip(row["logits"].as_array().unwrap()) {
            near(ours, theirs, text(row));
        }
    }
}

#[test]
fn one_shared_encoder_compares_as_torch_does() {
    compare("siamese", "understanding", "understanding", "understanding/match.onnx");
}

#[test]
fn two_separate_encoders_compare_as_torch_does() {
    compare("separate", "siamese-separate/phrase", "siamese-separate/command", "siamese-separate/match.onnx");
}

#[test]
fn a_span_head_finds_what_torch_finds() {
    let (golden, hardware) = (golden(), for_tests());
    let mut encoder = encoder("understanding", "encoder.onnx", &hardware);
    let mut head = SpanHead::open(&pocket("understanding/span.onnx"), 0.0, &hardware).unwrap();
    for row in rows(&golden, "/span") {
        let found = head.answer(&encoder.states(text(row)).unwrap()).unwrap();
        assert_eq!(found.map(|range| &text(row)[range]), row["answer"].as_str(), "{}", text(row));
    }
}

fn ask(name: &str) {
    let golden = golden();
    let folder = pocket(&format!("span-{name}"));
    let (graph, words) = (folder.join("model.onnx"), folder.join("tokenizer.json"));
    let mut model = QuestionAnswering::open(&graph, &words, &for_tests()).unwrap();
    for row in rows(&golden, &format!("/questions/{name}")).iter().filter(|row| row["asked"] == true) {
        let (question, context) = (row["question"].as_str().unwrap(), row["context"].as_str().unwrap());
        let found = model.answer(question, context).unwrap();
        assert_eq!(found.map(|range| &context[range]), row["answer"].as_str(), "{question} {context}");
    }
}

#[test]
fn bert_answers_as_the_pipeline_of_transformers() {
    ask("bert");
}

#[test]
fn xlm_roberta_whose_texts_are_both_of_type_zero_answers_as_well() {
    ask("xlmr");
}
