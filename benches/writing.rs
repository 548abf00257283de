//! How soon is a sentence written? Marian (opus-mt's size) and T5 (ruT5-base's) by the product, CTranslate2, transformers and optimum.
//!
//! Random weights of one seed (`models/recipes/full_seq2seq.py`), the same for everybody; everybody reads the same ids and writes
//! 40 tokens, the product from text to text through its own request, tokenizer, rules and text stream. What is written is
//! compared with the file that transformers wrote, and the part stops when our fp32 differs.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aisaac::inference::{Control, Model as _, RewriteRequest, seq2seq};
use aisaac::models::Manifest;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::Places;
use crate::contender::{Contender, number, serve};
use crate::figures::{Better, Figures, median, short};
use crate::pulled::hardware;

/// The models, as the recipe calls them and as people do.
const KINDS: &[(&str, &str)] = &[("opus", "Marian base"), ("rut5", "T5-base")];

/// Answers followed at once.
const BEAMS: &[usize] = &[1, 4];

/// A text is not written again after this many times, or this long.
const MOST: usize = 5;
const ENOUGH: Duration = Duration::from_secs(60);

/// The product's forms, and a peer with the form that it is compared with and how many times as fast we are to be.
const FORMS: &[&str] = &["fp32", "int8"];
const PEERS: &[(&str, &str, &str)] = &[
    ("CTranslate2 fp32", "ctranslate2_writes.py", "float32"),
    ("CTranslate2 int8", "ctranslate2_writes.py", "int8"),
    ("transformers fp32", "transformers_writes.py", "torch"),
    ("optimum fp32", "transformers_writes.py", "onnx"),
    ("optimum int8", "transformers_writes.py", "int8"),
];

/// The rows of the table: ours beside whom, and how many times as fast we are to be.
const PAIRS: &[(&str, &str, Option<f64>)] = &[
    ("fp32", "CTranslate2 fp32", Some(1.0)),
    ("int8", "CTranslate2 int8", Some(1.0)),
    ("fp32", "transformers fp32", Some(3.0)),
    ("int8", "transformers fp32", Some(3.0)),
    ("fp32", "optimum fp32", None),
    ("int8", "optimum int8", None),
];

/// A contender; of each text tokens a second, seconds of processor, and how many tokens at the beginning are those of
/// transformers.
struct Run {
    who: Contender,
    name: &'static str,
    speed: Vec<f64>,
    spent: Vec<f64>,
    same: Vec<usize>,
}

pub(crate) fn run(places: &Places) {
    let mut figures =
        Figures::of("writing", "Writing: full-size Marian and T5, from ids (ours: from text) to 40 tokens");
    let Some(folder) = &places.seq2seq else {
        return figures
            .note("left out: AISAAC_SEQ2SEQ names no folder of models/recipes/full_seq2seq.py".to_owned());
    };
    for (kind, title) in KINDS {
        for beams in BEAMS {
            written(places, &mut figures, &folder.join(kind), (title, *beams));
        }
    }
    figures.write();
}

/// One model with so many beams.
fn written(places: &Places, figures: &mut Figures, folder: &Path, (title, beams): (&str, usize)) {
    let rows: Vec<Value> =
        serde_json::from_slice(&std::fs::read(folder.join("reference.json")).unwrap()).unwrap();
    let mut runs = contenders(places, folder, beams);
    let how = if beams == 1 { "greedy".to_owned() } else { format!("{beams} beams") };
    for row in &rows {
        let truth = ids(&row[format!("beams{beams}")])[1..].to_vec();
        let request = json!({ "do": "write", "ids": row["ids"], "new": truth.len(), "beams": beams });
        let waits = wait(&mut runs, &request, &truth);
        let read = ids(&row["ids"]).len();
        let seconds = |name: &str| runs.iter().position(|run| run.name == name).map(|at| median(&waits[at]));
        for (form, peer, goal) in PAIRS {
            let (Some(ours), Some(theirs)) = (seconds(form), seconds(peer)) else { continue };
            let what = format!("{title}, {read} tokens read, {how}, {form}");
            figures.beside((&what, "ms"), 1e3 * ours, (peer, 1e3 * theirs), Better::Less, *goal);
        }
    }
    for (form, peer, _) in PAIRS {
        let of = |name: &str| runs.iter().find(|run| run.name == name).map(|run| run.who.peak());
        let (Some(ours), Some(theirs)) = (of(form), of(peer)) else { continue };
        figures.beside(
            (&format!("{title}, {how}, {form}: peak memory"), "MiB"),
            ours,
            (peer, theirs),
            Better::Less,
            None,
        );
    }
    for run in &runs {
        let list =
            |numbers: &[f64]| numbers.iter().map(|number| short(*number)).collect::<Vec<_>>().join(", ");
        figures.note(format!(
            "{title}, {how}, {}: {} tokens/s, {} s of processor, the first {:?} tokens those of transformers",
            run.who.about,
            list(&run.speed),
            list(&run.spent),
            run.same
        ));
    }
}

/// The product's forms, then the peers.
fn contenders(places: &Places, folder: &Path, beams: usize) -> Vec<Run> {
    let (place, threads) = (folder.to_string_lossy(), crate::cores());
    let run = |name, who| Run { who, name, speed: vec![], spent: vec![], same: vec![] };
    let ours = FORMS.iter().map(|form| {
        run(*form, Contender::ours("writing", &[&place, form, &beams.to_string(), &threads.to_string()]))
    });
    let peers = PEERS.iter().filter_map(|(name, script, form)| {
        Some(run(*name, Contender::peer(places, script, &[&place, form], threads)?))
    });
    ours.chain(peers).collect()
}

/// A text by everybody in turns; the waits of each.
fn wait(runs: &mut [Run], request: &Value, truth: &[u32]) -> Vec<Vec<f64>> {
    for run in runs.iter_mut() {
        // The first time warms up.
        let told = ids(&run.who.ask(request)["ids"]);
        let same = told.iter().zip(truth).take_while(|(a, b)| a == b).count();
        assert!(
            run.name != "fp32" || same == truth.len(),
            "{} of {} tokens are those of transformers",
            same,
            truth.len()
        );
        run.same.push(same);
    }
    let (mut waits, mut spent) = (vec![vec![]; runs.len()], vec![vec![]; runs.len()]);
    let started = Instant::now();
    while waits[0].len() < MOST && (waits[0].is_empty() || started.elapsed() < ENOUGH) {
        for (place, run) in runs.iter_mut().enumerate() {
            let before = run.who.processor();
            waits[place].push(number(&run.who.ask(request), "whole"));
            spent[place].push(run.who.processor() - before);
        }
    }
    for (place, run) in runs.iter_mut().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a few tokens")]
        run.speed.push(truth.len() as f64 / median(&waits[place]));
        run.spent.push(median(&spent[place]));
    }
    waits
}

fn ids(value: &Value) -> Vec<u32> {
    serde_json::from_value(value.clone()).unwrap()
}

/// The product's side: a folder of the recipe, `fp32` or a folder of other graphs in it, beams, threads.
pub(crate) fn ours(arguments: &[String]) {
    let [folder, form, beams, threads] = arguments else { panic!("a folder, a form, beams and threads") };
    let place = if form == "fp32" { PathBuf::new() } else { PathBuf::from(form) };
    let graph = |name: &str| place.join(name).to_string_lossy().into_owned();
    let manifest = Manifest::parse(&format!(
        "name = 'm'\nfamily = 'seq2seq'\npurpose = 'translate'\ntitle = ''\nlicence = ''\nsource = ''\n\
         languages = ['ru']\nmemory_mb = 1\nfile = []\n[settings]\nto = 'en'\nencoder = '{}'\ndecoder = '{}'\n\
         tokenizer = 'tokenizer.json'\ngeneration = 'generation_config.json'\n[settings.generate]\nnum_beams = {beams}",
        graph("encoder_model.onnx"),
        graph("decoder_model_merged.onnx")
    ));
    let mut model =
        seq2seq::rewriter(&manifest.unwrap(), Path::new(folder), &hardware(threads.parse().unwrap()))
            .unwrap();
    serve(&format!("AIsaac, {form}"), |request| {
        let read = ids(&request["ids"]);
        // A word a token; the end is the tokenizer's business.
        let words: Vec<String> = read[..read.len() - 1].iter().map(|id| format!("w{id}")).collect();
        let asked = RewriteRequest { text: words.join(" "), language: "ru".to_owned() };
        let start = Instant::now();
        let told = model.run(asked, &Control::detached(CancellationToken::new(), Box::new(|_| ()))).unwrap();
        let whole = start.elapsed().as_secs_f64();
        let written: Vec<u32> = told.text.split('w').filter_map(|word| word.trim().parse().ok()).collect();
        json!({ "whole": whole, "ids": written })
    });
}
