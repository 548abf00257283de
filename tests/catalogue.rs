//! The compiled-in catalogue against the families that read it: settings fit, chat templates say what they should.
#![allow(clippy::unwrap_used, reason = "helpers of tests stand outside #[test] functions")]

use aisaac::inference::{causal_lm, ctc, diffusion, seq2seq, whisper};
use aisaac::models::Catalogue;
use minijinja::{Environment, context};

#[test]
fn every_settings_table_fits_its_family() {
    let catalogue = Catalogue::built_in();
    for model in catalogue.models() {
        match model.family.as_str() {
            "causal_lm" => drop(causal_lm::Facts::of(model).unwrap()),
            "diffusion" => drop(diffusion::settings(model, "nowhere".as_ref()).unwrap()),
            "whisper" => whisper::check(model).unwrap(),
            "seq2seq" => seq2seq::check(model).unwrap(),
            "ctc" => drop(ctc::settings(model, "nowhere".as_ref()).unwrap()),
            "understanding" | "voice_activity" | "runtime" => {}
            other => panic!("{} is of the unknown family {other}", model.name),
        }
    }
}

fn rendered(model: &str, system: bool) -> String {
    let catalogue = Catalogue::built_in();
    let template = catalogue.house(model, "chat_template.jinja").unwrap().to_owned();
    let mut messages = vec![context! { role => "user", content => "привет" }];
    if system {
        messages.insert(0, context! { role => "system", content => "be short" });
    }
    let environment = Environment::new();
    let template = environment.template_from_str(std::str::from_utf8(&template).unwrap()).unwrap();
    template.render(context! { messages, add_generation_prompt => true }).unwrap()
}

#[test]
fn bilingual_templates_are_chatml() {
    let asked =
        "<|im_start|>system\nbe short<|im_end|>\n<|im_start|>user\nпривет<|im_end|>\n<|im_start|>assistant\n";
    assert_eq!(rendered("answer-ru-qwen2.5-1.5b", true), asked);
    assert_eq!(rendered("answer-ru-qwen3-0.6b", true), format!("{asked}<think>\n\n</think>\n\n"));
    for model in ["answer-ru-qwen3-1.7b", "answer-ru-qwen3-4b", "answer-ru-qwen3-4b-cuda"] {
        assert_eq!(rendered(model, true), rendered("answer-ru-qwen3-0.6b", true));
    }
    assert!(rendered("answer-ru-qwen3-0.6b", false).starts_with("<|im_start|>user\n"));
    assert!(rendered("answer-ru-qwen2.5-1.5b", false).starts_with("<|im_start|>system\nYou are Qwen, "));
}
