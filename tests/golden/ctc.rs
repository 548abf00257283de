//! Features, texts and times of CTC recognisers against onnx-asr (`models/recipes/pocket_ctc.py`).

use aisaac::inference::ctc::{self, Ctc, Features, FrontEnd};
use aisaac::inference::runtime::for_tests;
use aisaac::inference::spectrum::{Bank, Filters, Scale};
use aisaac::inference::{HearRequest, Heard, InferenceError, Model as _, Transcript};
use aisaac::models::Manifest;
use serde_json::Value;

use crate::voice::clip;
use crate::{fixtures, quiet, watched};

fn golden() -> Value {
    serde_json::from_str(&std::fs::read_to_string(fixtures().join("golden/ctc.json")).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f32> {
    serde_json::from_value(value.clone()).unwrap()
}

fn model(front_end: &str, vocabulary: &str, window_seconds: u32) -> Result<Ctc, InferenceError> {
    let manifest = Manifest::parse(&format!(
        "name = 'pocket'\nfamily = 'ctc'\ntitle = ''\nlicence = 'MIT'\nsource = ''\nlanguages = ['ru']\nmemory_mb = 1\n\
         [[file]]\npath = 'model.onnx'\nbytes = 1\nfrom = 'house'\n[settings]\ngraph = 'model.onnx'\n\
         vocabulary = '{vocabulary}'\nfeatures = '{front_end}'\nsubsampling = 4\nwindow_seconds = {window_seconds}"
    ));
    ctc::load(&manifest.unwrap(), &fixtures().join("pocket/ctc"), &for_tests())
}

fn twice() -> Vec<f32> {
    clip().repeat(2)
}

fn asked(samples: Vec<f32>) -> HearRequest {
    HearRequest { samples: samples.into(), ..HearRequest::default() }
}

#[test]
fn features_are_those_of_the_reference() {
    let golden = golden();
    for (name, front_end) in [("v3", FrontEnd::GigaamV3), ("v2", FrontEnd::GigaamV2)] {
        let ours = Features::new(front_end).of(&twice());
        let frames = ours.len() / 64;
        assert_eq!(frames as u64, golden[name]["frames"].as_u64().unwrap(), "{name}");
        for (row, frame) in golden[name]["features"].as_array().unwrap().iter().zip((0..frames).step_by(13)) {
            for (band, theirs) in numbers(row).into_iter().enumerate() {
                let ours = ours[band * frames + frame];
                assert!((ours - theirs).abs() <= 1e-4, "{name}, frame {frame}, band {band}: {ours} {theirs}");
            }
        }
        assert!(Features::new(front_end).of(&[]).is_empty());
    }
}

#[test]
fn whispers_filters_come_out_too() {
    let bank = Bank { scale: Scale::Slaney, bands: 80, bins: 201, rate: 16_000.0, even_areas: true };
    let filters = Filters::new(bank);
    for (ours, theirs) in filters.energies(&[1.0; 201]).iter().zip(numbers(&golden()["slaney"])) {
        assert!((ours - theirs).abs() < 1e-6, "{ours} {theirs}");
    }
}

#[test]
fn texts_and_times_are_those_of_the_reference() {
    let golden = golden();
    for (name, front_end, vocabulary) in
        [("v3", "gigaam_v3", "vocab.txt"), ("v2", "gigaam_v2", "characters.txt")]
    {
        let heard = model(front_end, vocabulary, 24).unwrap().run(asked(twice()), &quiet()).unwrap();
        assert_eq!(heard.text(), golden[name]["text"].as_str().unwrap());
        assert_eq!((heard.language.as_str(), heard.confidence), ("ru", 1.0));
        let times: Vec<u32> =
            numbers(&golden[name]["times"]).iter().map(|s| (s * 1000.0).round() as u32).collect();
        assert!(heard.segments.len() > 1 || name == "v2", "sentences are segments: {heard:?}");
        assert!(
            heard.segments.iter().all(|segment| times.contains(&segment.start_ms)),
            "{heard:?} {times:?}"
        );
        assert_eq!(heard.segments[0].start_ms, times[0]);
    }
}

#[test]
fn a_long_sound_is_heard_window_by_window() {
    let (sound, mut model) = (clip().repeat(5), model("gigaam_v3", "vocab.txt", 4).unwrap());
    let of_ms = u32::try_from(sound.len() / 16).unwrap();
    let (control, told) = watched(usize::MAX);
    let whole = model.run(asked(sound.clone()), &control).unwrap();
    let told: Vec<Heard> = told.lock().unwrap().clone();
    assert!(told.len() > 2 && told.iter().all(|heard| heard.of_ms == of_ms), "{told:?}");
    assert_eq!(told.last().unwrap().done_ms, of_ms);
    let (mut pieces, mut from_ms) = (Vec::new(), 0);
    for Heard { done_ms, .. } in &told {
        assert!(done_ms - from_ms <= 4000, "{told:?}");
        let piece = &sound[from_ms as usize * 16..*done_ms as usize * 16];
        let heard: Transcript = model.run(asked(piece.to_vec()), &quiet()).unwrap();
        pieces.extend(heard.segments.into_iter().map(|segment| (segment.start_ms + from_ms, segment.text)));
        from_ms = *done_ms;
    }
    let whole = whole.segments.into_iter().map(|segment| (segment.start_ms, segment.text));
    assert_eq!(whole.collect::<Vec<_>>(), pieces);
    let (control, _) = watched(1);
    assert!(matches!(model.run(asked(sound), &control), Err(InferenceError::Stopped)), "between two windows");
}

#[test]
fn it_knows_its_language_without_listening() {
    let mut model = model("gigaam_v3", "vocab.txt", 24).unwrap();
    let tell = |languages: &[&str], samples: Vec<f32>| HearRequest {
        languages: languages.iter().map(|&code| code.to_owned()).collect(),
        language_only: true,
        ..asked(samples)
    };
    for languages in [&["en", "ru"][..], &["en"], &[]] {
        let told = model.run(tell(languages, twice()), &quiet()).unwrap();
        assert_eq!(told, Transcript { language: "ru".into(), confidence: 1.0, segments: vec![] });
    }
    for samples in [vec![], vec![0.1; 100]] {
        assert_eq!(model.run(asked(samples), &quiet()).unwrap().segments, []);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let refused = |vocabulary: &str| model("gigaam_v3", vocabulary, 24).err().unwrap().to_string();
    assert!(refused("missing.txt").contains("missing.txt"));
    assert!(refused("model.onnx").contains("model.onnx"));
}
