//! *understand*: intents through the product's router, subjects as *draw* takes them, on the hand-written phrases
//! of `models/understand/{test,fresh,fresh2}.jsonl`; and the encoder's vectors against transformers (`models/recipes/golden_e5.py`).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aisaac::inference::Understanding;
use aisaac::inference::encoder::Encoder;
use aisaac::intent;
use aisaac::message::Language;
use aisaac::store::{Role, Store};
use serde::Deserialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::figures::{Figures, percent};
use crate::pulled::{kit, model};
use crate::{hardware, json, pulled};

/// Per cent of intents that must be right, in all and in each slice, and of subjects in all.
const INTENTS: f64 = 95.0;
const SLICE: f64 = 90.0;
const SUBJECTS: f64 = 85.0;

/// Punctuation around a subject that does not count, as in `models/recipes/understand/router.py`.
const OUTER: &[char] = &[
    ' ', '\t', '\n', '.', ',', ';', ':', '!', '?', '…', '"', '\'', '«', '»', '“', '”', '(', ')', '-', '–',
    '—',
];

/// Fewest phrases of a slice that is held to a threshold.
const SMALL: usize = 20;

#[derive(Deserialize)]
struct Phrase {
    text: String,
    intent: String,
    subject: Option<String>,
    slice: String,
    #[serde(default)]
    set: String,
}

#[derive(Default)]
struct Count {
    phrases: usize,
    intents: usize,
    subjects: usize,
    asked: usize,
}

impl Count {
    fn add(&mut self, intent: bool, subject: Option<bool>) {
        self.phrases += 1;
        self.intents += usize::from(intent);
        self.asked += usize::from(subject.is_some());
        self.subjects += usize::from(subject == Some(true));
    }
}

/// The phrases of all test sets; those written later count as slices of their own.
fn phrases() -> Vec<Phrase> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/understand");
    let mut all = Vec::new();
    for set in ["test", "fresh", "fresh2"] {
        let text = std::fs::read_to_string(folder.join(format!("{set}.jsonl"))).unwrap();
        for line in text.lines() {
            let mut phrase: Phrase = serde_json::from_str(line).unwrap();
            set.clone_into(&mut phrase.set);
            if set != "test" {
                phrase.slice = format!("{set} {}", phrase.slice);
            }
            all.push(phrase);
        }
    }
    all
}

async fn subject(model: &Understanding, text: &str) -> String {
    let stop = CancellationToken::new();
    let Ok(found) = intent::subject(text, Language::Ru, (None, Some(model)), &stop).await else {
        panic!("{text}")
    };
    found.unwrap_or_default()
}

pub(crate) fn same(ours: &str, theirs: &str) -> bool {
    let bare = |text: &str| text.to_lowercase().trim_matches(OUTER).to_owned();
    bare(ours) == bare(theirs)
}

#[tokio::test]
#[ignore = "needs the pulled starter models (make test-weights)"]
async fn intents_and_subjects_are_right() {
    let (folder, stop) = (tempfile::tempdir().unwrap(), CancellationToken::new());
    let store = Store::open(&folder.path().join("aisaac.db"), "weights", Role::House, 0).await.unwrap();
    let model = model(0);
    let kit = kit(model.clone(), &store);
    let (mut slices, mut sets) = (BTreeMap::<String, Count>::new(), BTreeMap::<String, Count>::new());
    let mut all = Count::default();
    let (mut spent, mut figures) = (Duration::ZERO, Figures::of("understand"));
    subject(&model, "the model is loaded now").await;
    for phrase in phrases() {
        let started = Instant::now();
        let Ok(route) = intent::route(&phrase.text, None, &kit, &stop).await else {
            panic!("the router refuses {:?}", phrase.text)
        };
        spent += started.elapsed();
        let got = match &phrase.subject {
            Some(wanted) => Some(same(&subject(&model, &phrase.text).await, wanted)),
            None => None,
        };
        let right = route.intent.name() == phrase.intent;
        slices.entry(phrase.slice).or_default().add(right, got);
        sets.entry(phrase.set).or_default().add(right, got);
        all.add(right, got);
    }
    for (slice, count) in &slices {
        // One phrase of a small slice is more than the threshold can bear.
        let least = if count.phrases < SMALL { 0.0 } else { SLICE };
        figures.share(&format!("intents, {slice}"), count.intents, count.phrases, least);
        if count.asked > 0 {
            let share = percent(count.subjects, count.asked);
            figures.told(
                &format!("subjects, {slice}"),
                format!("{} of {} ({share:.1} %)", count.subjects, count.asked),
            );
        }
    }
    for slice in ["plain", "typo", "speech", "fresh", "fresh typo", "fresh2 speech"] {
        assert!(slices.contains_key(slice), "there is no slice {slice}");
    }
    for (set, count) in &sets {
        figures.share(&format!("intents, {set}.jsonl"), count.intents, count.phrases, INTENTS);
        figures.share(&format!("subjects, {set}.jsonl"), count.subjects, count.asked, SUBJECTS);
    }
    figures.share("intents, all", all.intents, all.phrases, INTENTS);
    figures.share("subjects, all", all.subjects, all.asked, SUBJECTS);
    #[expect(clippy::cast_precision_loss, reason = "a few hundred phrases")]
    let each = spent.as_secs_f64() * 1e3 / all.phrases as f64;
    figures.told("an intent takes", format!("{each:.0} ms"));
    store.close().await;
    figures.judge();
}

#[test]
#[ignore = "needs the pulled starter models (make test-weights)"]
fn the_encoder_is_that_of_transformers() {
    let folder = pulled("understand").folder;
    let (graph, words) = (folder.join("encoder.onnx"), folder.join("tokenizer.json"));
    let mut encoder = Encoder::open(&graph, &words, ("query: ", 512), &hardware()).unwrap();
    let mut figures = Figures::of("understand, the encoder");
    let golden = json("tests/fixtures/golden/e5.json");
    let rows = golden.as_array().unwrap();
    let (mut tokens, mut furthest) = (0, 0.0_f64);
    for row in rows {
        let states = encoder.states(row["text"].as_str().unwrap()).unwrap();
        tokens += usize::from(serde_json::to_value(&states.ids).unwrap() == row["ids"]);
        let mean = mean(&states.hidden, states.width);
        let norm = mean.iter().map(|number| number * number).sum::<f64>().sqrt();
        let first = row["first"].as_array().unwrap().iter().map(|number| number.as_f64().unwrap());
        let apart =
            mean.iter().map(|number| number / norm).zip(first).map(|(ours, theirs)| (ours - theirs).abs());
        furthest = apart.chain([(norm - number(&row["norm"])).abs() / norm]).fold(furthest, f64::max);
    }
    figures.share("texts, token by token", tokens, rows.len(), 100.0);
    figures.most("furthest number of a vector of length 1", (furthest * 1e8).round() / 1e8, 2e-5);
    figures.judge();
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

/// Mean over the tokens, width numbers each.
fn mean(hidden: &[f32], width: usize) -> Vec<f64> {
    let rows: Vec<&[f32]> = hidden.chunks(width).collect();
    #[expect(clippy::cast_precision_loss, reason = "a few tokens")]
    let count = rows.len() as f64;
    (0..width).map(|column| rows.iter().map(|row| f64::from(row[column])).sum::<f64>() / count).collect()
}
