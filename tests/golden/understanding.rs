//! Encoders, siamese heads and question answering against transformers (`models/recipes/pocket_understanding.py`).

use std::path::{Path, PathBuf};

use aisaac::inference::InferenceError;
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

fn answering(name: &str, most: usize) -> QuestionAnswering {
    let folder = pocket(&format!("span-{name}"));
    let (graph, words) = (folder.join("model.onnx"), folder.join("tokenizer.json"));
    QuestionAnswering::open(&graph, &words, most, &for_tests()).unwrap()
}

fn ask(name: &str) {
    let golden = golden();
    let mut model = answering(name, 126);
    for row in rows(&golden, &format!("/questions/{name}")).iter().filter(|row| row["asked"] == true) {
        let (question, context) = (row["question"].as_str().unwrap(), row["context"].as_str().unwrap());
        let found = model.answer(question, context).unwrap();
        assert_eq!(found.cut, None);
        assert_eq!(found.answer.map(|range| &context[range]), row["answer"].as_str(), "{question} {context}");
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

#[test]
fn a_context_that_is_too_long_is_cut_and_a_question_is_refused() {
    let (question, context) = ("what to draw", "gimme a pic of a red apple, please! ".repeat(40));
    for name in ["bert", "xlmr"] {
        // 128 positions, of which XLM-R counts from the third.
        let mut model = answering(name, 126);
        let found = model.answer(question, &context).unwrap();
        let cut = found.cut.unwrap();
        assert!(cut > 0 && found.answer.as_ref().is_none_or(|range| range.end <= cut), "{name}: {found:?}");
        let short = model.answer(question, context[..cut].trim_end()).unwrap();
        assert_eq!((short.answer, short.cut), (found.answer, None), "{name}: what was cut has no say");
        let refused = model.answer(&context, question).unwrap_err();
        assert!(
            matches!(refused, InferenceError::Refused { key: "message-too-long", .. }),
            "{name}: {refused}"
        );
        assert_eq!(model.answer(question, "").unwrap().cut, None);
    }
}

#[test]
fn a_text_that_is_too_long_is_encoded_up_to_where_it_says() {
    let text = "нарисуй рыжего кота, please! ".repeat(40);
    let (folder, hardware) = (pocket("understanding"), for_tests());
    let (graph, words) = (folder.join("encoder.onnx"), folder.join("tokenizer.json"));
    let mut encoder = Encoder::open(&graph, &words, ("draw ", 128), &hardware).unwrap();
    let states = encoder.states(&text).unwrap();
    let cut = states.cut.unwrap();
    assert_eq!((states.ids.len(), states.spans.len()), (128, 128));
    assert_eq!(states.spans.iter().map(|span| span.end).max().unwrap(), text[..cut].trim_end().len());
    assert_eq!(
        encoder.states(&text[..cut]).unwrap(),
        aisaac::inference::encoder::States { cut: None, ..states }
    );
}
