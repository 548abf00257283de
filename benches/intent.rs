//! How long does it take to understand a phrase? The product's router, tokenizer, encoder and heads, beside the encoder
//! and its tokenizer alone in transformers. Every phrase is asked once of each, in turns.

use std::time::Instant;

use aisaac::inference::encoder::{Encoder, Pooling};
use aisaac::intent;
use aisaac::store::{Role, Store};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::Places;
use crate::contender::{Contender, number, numbers, serve};
use crate::figures::{Better, Figures, median, percentile};
use crate::pulled::{hardware, kit, model, pulled};

/// Phrases of the test set that are asked.
const PHRASES: usize = 150;

/// How far two numbers of a vector of length 1 may be apart.
const APART: f64 = 2e-5;

fn phrases() -> Vec<String> {
    let lines = include_str!("../models/understand/test.jsonl").lines();
    let text = |line| serde_json::from_str::<Value>(line).unwrap()["text"].as_str().unwrap().to_owned();
    let all: Vec<String> = lines.map(text).collect();
    let every = (all.len() / PHRASES).max(1);
    all.into_iter().step_by(every).take(PHRASES).collect()
}

pub(crate) fn run(places: &Places) {
    let mut figures = Figures::of("intent", "Intent of one phrase, its tokenizer included");
    let package = places.package("e5-small-q4.bin");
    for threads in [crate::cores(), 1] {
        let mut ours = Contender::ours("intent", &[&threads.to_string()]);
        let peer = Contender::peer(places, "intent.py", &[&package], threads);
        let Some(mut peer) = peer else { return };
        let (mut times, mut theirs, mut furthest) = (Vec::new(), Vec::new(), 0.0_f64);
        for (place, text) in phrases().iter().enumerate() {
            let request = json!({ "do": "intent", "text": text });
            let (said, heard) = (ours.ask(&request), peer.ask(&request));
            let pairs = numbers(&said, "vector").into_iter().zip(numbers(&heard, "vector"));
            furthest = pairs.map(|(a, b)| (a - b).abs()).fold(furthest, f64::max);
            // The first ones warm both up.
            if place >= 5 {
                times.push(1e3 * number(&said, "seconds"));
                theirs.push(1e3 * number(&heard, "seconds"));
            }
        }
        assert!(furthest <= APART, "the vectors are {furthest} apart: not the same model");
        let on = if threads == 1 { "1 thread".to_owned() } else { format!("{threads} threads") };
        let goal = (threads == crate::cores()).then_some(2.0);
        let name = "transformers, encoder only,";
        figures.beside(
            (&format!("median, {on}"), "ms"),
            median(&times),
            (name, median(&theirs)),
            Better::Less,
            goal,
        );
        let [slow, slower] = [&times, &theirs].map(|samples| percentile(samples, 95.0));
        figures.beside((&format!("p95, {on}"), "ms"), slow, (name, slower), Better::Less, None);
        figures.alone((&format!("median, {on}, by itself"), "ms"), median(&times), goal.map(|_| 15.0));
        figures.note(format!(
            "{on}: AIsaac {:.0} MiB at most, {} {:.0} MiB; vectors within {furthest:.0e}",
            ours.peak(),
            peer.about,
            peer.peak()
        ));
        if threads == 1 {
            break;
        }
    }
    figures.write();
}

/// The product's side: a phrase through the router; afterwards, untimed, its vector.
pub(crate) fn ours(arguments: &[String]) {
    let threads = arguments[0].parse().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store =
        runtime.block_on(Store::open(&folder.path().join("aisaac.db"), "bench", Role::House, 0)).unwrap();
    let (kit, stop) = (kit(model(threads), &store), CancellationToken::new());
    let lies = pulled("understand").folder;
    let (graph, words) = (lies.join("encoder.onnx"), lies.join("tokenizer.json"));
    let mut encoder = Encoder::open(&graph, &words, ("query: ", 512), &hardware(threads)).unwrap();
    serve("AIsaac", |request| {
        let text = request["text"].as_str().unwrap();
        let start = Instant::now();
        let route = runtime.block_on(intent::route(text, None, &kit, &stop));
        let seconds = start.elapsed().as_secs_f64();
        let Ok(route) = route else { panic!("the router refuses {text:?}") };
        let vector = encoder.embed(text, Pooling::Mean).unwrap();
        json!({ "seconds": seconds, "intent": route.intent.name(), "vector": vector })
    });
}
