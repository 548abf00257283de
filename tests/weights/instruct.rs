//! *instruct*: prompts and greedy answers token by token as transformers in fp32 gave them
//! (`models/recipes/measure_instruct.py` wrote `models/instruct/golden.json`), and how fast they come.

use std::time::{Duration, Instant};

use aisaac::inference::{ChatRequest, Model as _, Role, Sampling, Turn, causal_lm};
use serde_json::Value;

use crate::figures::Figures;
use crate::{hardware, json, pulled, quiet};

/// New tokens of a golden answer at most.
const MOST: usize = 40;

fn turn(role: Role, text: &str) -> Turn {
    Turn { role, text: text.to_owned() }
}

fn ids(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|id| u32::try_from(id.as_u64().unwrap()).unwrap()).collect()
}

#[test]
#[ignore = "needs the pulled starter models (make test-weights)"]
fn answers_are_those_of_transformers() {
    let pulled = pulled("instruct");
    let facts = causal_lm::Facts::of(&pulled.manifest).unwrap();
    let system = facts.system.unwrap();
    let mut figures = Figures::of("instruct");
    let loading = Instant::now();
    let mut model = causal_lm::load(&pulled.manifest, &pulled.folder, &hardware()).unwrap();
    figures.told("loads in", format!("{:.1} s", loading.elapsed().as_secs_f64()));
    let words = tokenizers::Tokenizer::from_file(pulled.folder.join("tokenizer.json")).unwrap();
    let golden = json("models/instruct/golden.json");
    let cases = golden.as_array().unwrap();
    let (mut prompts, mut answers, mut tokens, mut spent) = (0, 0, 0, Duration::ZERO);
    for case in cases {
        let question = case["question"].as_str().unwrap();
        let asked = turn(Role::User, question);
        let prompt = model.prompt(&[&turn(Role::System, &system), &asked]).unwrap();
        prompts += usize::from(prompt == ids(&case["prompt"]));
        let request = ChatRequest {
            turns: vec![asked],
            sampling: Sampling::default(),
            max_new_tokens: MOST,
            stop: vec![],
        };
        let started = Instant::now();
        let said = model.run(request, &quiet()).unwrap();
        spent += started.elapsed();
        tokens += said.tokens;
        // The end token is counted by the reference and not by us; it is never said.
        let mut theirs = ids(&case["fp32"]);
        theirs.pop_if(|last| *last == 2);
        let same = said.tokens == theirs.len() && said.text == words.decode(&theirs, true).unwrap();
        answers += usize::from(same);
        println!("  {} {question} -> {:?}", if same { "ok  " } else { "MISS" }, said.text);
    }
    figures.share("prompts, token by token", prompts, cases.len(), 100.0);
    figures.share("answers as in fp32", answers, cases.len(), 100.0);
    #[expect(clippy::cast_precision_loss, reason = "a few hundred tokens")]
    let speed = tokens as f64 / spent.as_secs_f64();
    figures.told("speed", format!("{speed:.1} tokens/s, prompts included ({tokens} tokens)"));
    figures.judge();
}
