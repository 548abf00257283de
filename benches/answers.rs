//! How soon does an answer begin, and how fast is it written? SmolLM2 by the product, llama.cpp and transformers.
//!
//! Everyone answers the same questions greedily from the same numbers, in turns; the product through its own request,
//! tokenizer, sampler and text stream, the peers on ready token ids. Their answers are compared with those of fp32.

use std::path::Path;
use std::time::Instant;

use aisaac::inference::{ChatRequest, Control, Model as _, Role, Sampling, Turn, causal_lm};
use serde_json::{Value, json};
use tokenizers::Tokenizer;
use tokio_util::sync::CancellationToken;

use crate::Places;
use crate::contender::{Contender, number, serve};
use crate::figures::{Better, Figures, median};
use crate::pulled::{Pulled, hardware, pulled, quiet};

/// Tokens of an answer, and how many an answer must have to count for speed.
const MOST: usize = 40;
const ENOUGH: f64 = 20.0;

/// Questions asked on one thread, and times that the long conversation is read.
const ON_ONE: usize = 6;
const READINGS: usize = 4;

/// The product's forms of the model: the graph that is installed, and the same numbers with activations in 8 bit (as
/// llama.cpp has them), which is not installed.
const FORMS: &[&str] = &["exact", "fast"];

/// The questions of the recipe that compares the graph with fp32.
fn questions() -> Vec<&'static str> {
    let recipe = include_str!("../models/recipes/measure_instruct.py");
    let (_, rest) = recipe.split_once("QUESTIONS = \"\"\"").unwrap();
    rest.split_once("\"\"\"").unwrap().0.lines().collect()
}

/// A conversation whose prompt has about 500 tokens.
fn long() -> String {
    let fact =
        "The house stands at the end of the road, and an old man lives in it with two cats and a radio. ";
    format!("{}What does the old man listen to?", fact.repeat(20))
}

/// What was measured of one contender.
struct Run {
    who: Contender,
    first: Vec<f64>,
    speed: Vec<f64>,
    reading: Vec<f64>,
    texts: Vec<String>,
}

impl Run {
    fn of(who: Contender) -> Self {
        Self { who, first: vec![], speed: vec![], reading: vec![], texts: vec![] }
    }

    fn answers(&mut self, request: &Value, words: &Tokenizer) {
        let said = self.who.ask(request);
        self.first.push(number(&said, "first"));
        if number(&said, "steps") >= ENOUGH {
            self.speed.push(number(&said, "steps") / number(&said, "rest"));
        }
        let text = said["text"].as_str().map(str::to_owned);
        self.texts.push(text.unwrap_or_else(|| {
            let ids: Vec<u32> = serde_json::from_value(said["ids"].clone()).unwrap();
            words.decode(&ids, true).unwrap()
        }));
    }
}

pub(crate) fn run(places: &Places) {
    let words = Tokenizer::from_file(pulled("instruct").folder.join("tokenizer.json")).unwrap();
    let mut figures = Figures::of("answers", "Answers: SmolLM2-135M-Instruct, Q4_1, greedy");
    let mut told = false;
    for (threads, most) in [(crate::cores(), usize::MAX), (1, ON_ONE)] {
        if told && crate::cores() == 1 {
            break;
        }
        let mut runs = contenders(places, threads);
        for question in questions().into_iter().take(most) {
            everyone(&mut runs, question, &words);
        }
        for _ in 0..READINGS {
            for place in 0..runs.len() {
                let request = prompt(&mut runs, &long(), 1);
                let read = runs[place].who.ask(&request);
                runs[place].reading.push(number(&read, "first"));
            }
        }
        tell(&mut figures, &runs, threads);
        if !told {
            agreement(&mut figures, &runs);
            for run in &runs {
                figures.note(format!("{}: {:.0} MiB at most", run.who.about, run.who.peak()));
            }
        }
        told = true;
    }
    figures.write();
}

/// The exact form first, then the fast one, then the peers.
fn contenders(places: &Places, threads: usize) -> Vec<Run> {
    let gguf = places.package("SmolLM2-135M-Instruct.Q4_1.gguf");
    let ours = FORMS.iter().map(|form| Some(Contender::ours("answers", &[form, &threads.to_string()])));
    let peers = ["llama.py", "transformers_answers.py"];
    let peers = peers.iter().map(|script| Contender::peer(places, script, &[&gguf], threads));
    let mut runs: Vec<Run> = ours.chain(peers).flatten().map(Run::of).collect();
    let warm = prompt(&mut runs, "Hi", 4);
    for run in &mut runs {
        run.who.ask(&warm);
    }
    runs
}

/// The request for a question, with the prompt as the product makes it.
fn prompt(runs: &mut [Run], question: &str, most: usize) -> Value {
    let made = runs[0].who.ask(&json!({ "do": "prompt", "question": question }));
    json!({ "do": "answer", "question": question, "prompt": made["ids"], "most": most })
}

fn everyone(runs: &mut [Run], question: &str, words: &Tokenizer) {
    let request = prompt(runs, question, MOST);
    for run in runs {
        run.answers(&request, words);
    }
}

fn tell(figures: &mut Figures, runs: &[Run], threads: usize) {
    let on = if threads == 1 { "1 thread".to_owned() } else { format!("{threads} threads") };
    let (ours, peers) = runs.split_at(FORMS.len());
    for (form, run) in FORMS.iter().zip(ours) {
        for peer in peers {
            let name = peer.who.about.split(' ').next().unwrap();
            let least = match (name, *form) {
                ("llama.cpp", "exact") => Some(0.7),
                ("llama.cpp", _) => Some(1.0),
                _ => None,
            };
            let what = |what: &str| format!("{what}, {form}, {on}");
            let ms = |samples: &[f64]| 1e3 * median(samples);
            figures.beside(
                (&what("first token, question"), "ms"),
                ms(&run.first),
                (name, ms(&peer.first)),
                Better::Less,
                None,
            );
            figures.beside(
                (&what("first token, 500 tokens"), "ms"),
                ms(&run.reading),
                (name, ms(&peer.reading)),
                Better::Less,
                None,
            );
            figures.beside(
                (&what("decode"), "tokens/s"),
                median(&run.speed),
                (name, median(&peer.speed)),
                Better::More,
                least,
            );
        }
    }
}

/// How far everybody's words are those of transformers in fp32.
fn agreement(figures: &mut Figures, runs: &[Run]) {
    let Some((fp32, others)) =
        runs.split_last().filter(|(last, _)| last.who.about.starts_with("transformers"))
    else {
        return;
    };
    for run in others {
        let pairs = || run.texts.iter().zip(&fp32.texts);
        let same = pairs().filter(|(a, b)| a == b).count();
        let shares = pairs().map(|(a, b)| {
            let common = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
            #[expect(clippy::cast_precision_loss, reason = "a few letters")]
            let share = 100.0 * common as f64 / b.chars().count().max(1) as f64;
            share.min(100.0)
        });
        #[expect(clippy::cast_precision_loss, reason = "a few answers")]
        let share = shares.sum::<f64>() / fp32.texts.len() as f64;
        figures.note(format!(
            "{}: {same} of {} answers of {MOST} tokens are those of fp32 word for word; up to the first difference, {share:.0} % of the letters",
            run.who.about,
            fp32.texts.len()
        ));
    }
}

/// The installed model's folder with the fast graph instead of its own.
fn fast(installed: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    for file in ["model.onnx_data", "tokenizer.json", "chat_template.jinja"] {
        std::fs::copy(installed.join(file), folder.path().join(file)).unwrap();
    }
    let made = std::env::var_os("AISAAC_FAST").expect("AISAAC_FAST names no folder: run `make bench`");
    std::fs::copy(Path::new(&made).join("model.onnx"), folder.path().join("model.onnx")).unwrap();
    folder
}

/// The product's side: `exact` or another form, and its threads.
pub(crate) fn ours(arguments: &[String]) {
    let [form, threads] = arguments else { panic!("a form and a number of threads") };
    let Pulled { manifest, mut folder } = pulled("instruct");
    let fast = (form == "fast").then(|| fast(&folder));
    if let Some(fast) = &fast {
        fast.path().clone_into(&mut folder);
    }
    let mut model = causal_lm::load(&manifest, &folder, &hardware(threads.parse().unwrap())).unwrap();
    let system = causal_lm::Facts::of(&manifest).unwrap().system.unwrap();
    let turn = |role, text: &str| Turn { role, text: text.to_owned() };
    let ask = |turns, most| ChatRequest {
        turns,
        sampling: Sampling::default(),
        max_new_tokens: most,
        stop: vec![],
    };
    serve(&format!("AIsaac, {form}"), |request| {
        let user = turn(Role::User, request["question"].as_str().unwrap());
        if request["do"] == "prompt" {
            return json!({ "ids": model.prompt(&[&turn(Role::System, &system), &user]).unwrap() });
        }
        // Another system message leaves nothing of the prompt in the cache: the peers have none either.
        model.run(ask(vec![turn(Role::System, "-"), turn(Role::User, "-")], 1), &quiet()).unwrap();
        let most = usize::try_from(request["most"].as_u64().unwrap()).unwrap();
        let (tell, heard) = std::sync::mpsc::channel();
        let progress = Box::new(move |_| {
            let _ = tell.send(Instant::now());
        });
        let start = Instant::now();
        let said =
            model.run(ask(vec![user], most), &Control::detached(CancellationToken::new(), progress)).unwrap();
        let end = start.elapsed().as_secs_f64();
        let first = heard.try_recv().map_or(end, |at| at.duration_since(start).as_secs_f64());
        // One run of the decoder for each further token, the unsaid end among them.
        let steps = if said.tokens == most { most - 1 } else { said.tokens };
        json!({ "first": first, "rest": end - first, "steps": steps, "text": said.text })
    });
}
