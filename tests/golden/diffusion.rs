//! Pictures of the pocket models against diffusers (`models/recipes/pocket_diffusion.py`).

use std::collections::BTreeMap;
use std::path::Path;

use crate::{quiet, watched};
use aisaac::inference::diffusion::{self, Diffusion};
use aisaac::inference::{DrawRequest, InferenceError, Model, Picture, Step};
use aisaac::models::Manifest;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    clip: Family,
    encoder: Family,
}

#[derive(Deserialize)]
struct Family {
    prompt: String,
    negative: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    scheduler: String,
    prediction: String,
    guidance: f32,
    steps: u32,
    size: (u32, u32),
    seed: u64,
    first: Vec<f32>,
    timesteps: Vec<f32>,
    latents: Vec<Vec<f32>>,
    rgb: String,
}

impl Case {
    fn request(&self, family: &Family) -> DrawRequest {
        DrawRequest {
            prompt: family.prompt.clone(),
            negative: Some(family.negative.clone()),
            seed: self.seed,
            size: Some(self.size),
            steps: Some(self.steps),
            guidance: Some(self.guidance),
        }
    }

    fn pixels(&self) -> Vec<u8> {
        let byte = |at| u8::from_str_radix(&self.rgb[at..at + 2], 16).unwrap();
        (0..self.rgb.len()).step_by(2).map(byte).collect()
    }

    fn name(&self) -> String {
        format!("{} {} guidance {} size {:?}", self.scheduler, self.prediction, self.guidance, self.size)
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn golden() -> Golden {
    let text = std::fs::read_to_string(root().join("tests/fixtures/golden/diffusion.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn manifest(settings: &str) -> Manifest {
    let head = "name = 'pocket'\nfamily = 'diffusion'\ntitle = ''\nlicence = ''\nsource = ''\nlanguages = ['en']\n\
                memory_mb = 1\nfile = []\n[settings]\n";
    Manifest::parse(&format!("{head}{settings}")).unwrap()
}

/// Copies a pocket model, so that its scheduler can predict something else.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)
        } else {
            std::fs::copy(entry.path(), target).map(drop).unwrap()
        }
    }
}

fn open(pocket: &str, prediction: &str, settings: &str) -> Result<Diffusion, InferenceError> {
    let source = root().join("tests/fixtures/pocket").join(pocket);
    let folder = tempfile::tempdir().unwrap();
    copy(&source, folder.path());
    let path = folder.path().join("scheduler/scheduler_config.json");
    let mut config: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    config["prediction_type"] = prediction.into();
    std::fs::write(&path, config.to_string()).unwrap();
    let needs = BTreeMap::from([("understand".to_owned(), folder.path().join("encoder"))]);
    diffusion::load(&manifest(settings), folder.path(), &needs, &hardware())
}

const ENCODER: &str =
    "text_encoder = '@understand'\nprefix = 'query: '\ntext_length = 10\npadding = 'zero'\n";

fn near(ours: &[f32], theirs: &[f32], tolerance: f32, what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let worst = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst <= tolerance, "{what}: off by {worst}");
}

fn same_pixels(picture: &Picture, case: &Case, what: &str) {
    assert_eq!((picture.width, picture.height), case.size, "{what}");
    let theirs = case.pixels();
    assert_eq!(picture.rgb.len(), theirs.len(), "{what}");
    let off: Vec<u8> =
        picture.rgb.iter().zip(&theirs).map(|(a, b)| a.abs_diff(*b)).filter(|&d| d > 0).collect();
    assert!(off.iter().all(|&d| d <= 1), "{what}: a pixel is off by {:?}", off.iter().max());
    assert!(
        off.len() * 100 <= theirs.len(),
        "{what}: {} of {} pixels are off by one",
        off.len(),
        theirs.len()
    );
}

fn check(pocket: &str, settings: &str, family: &Family) {
    for case in &family.cases {
        let what = format!("{pocket} {}", case.name());
        let mut model =
            open(pocket, &case.prediction, &format!("{settings}scheduler = '{}'", case.scheduler)).unwrap();
        let states = model.trace(&case.request(family), &quiet()).unwrap();
        near(&states[0], &case.first, 2e-5, &format!("{what}, noise"));
        assert_eq!(states.len(), case.timesteps.len() + 1, "{what}");
        for (step, (ours, theirs)) in states[1..].iter().zip(&case.latents).enumerate() {
            near(ours, theirs, 2e-4, &format!("{what}, step {step}"));
        }
        let picture = model.run(case.request(family), &quiet()).unwrap();
        same_pixels(&picture, case, &what);
        assert_eq!((picture.steps, picture.guidance), (case.steps, case.guidance));
        assert_eq!(picture.scheduler, case.scheduler);
        assert_eq!(picture.cut, None);
        let again = model.run(case.request(family), &quiet()).unwrap();
        assert_eq!(again, picture, "{what}: the same seed gives the same picture");
    }
}

#[test]
fn a_stable_diffusion_folder_equals_diffusers() {
    check("diffusion-clip", "", &golden().clip);
}

#[test]
fn a_sentence_encoder_with_zero_states_equals_diffusers() {
    check("diffusion-encoder", ENCODER, &golden().encoder);
}

#[test]
fn an_almost_empty_manifest_opens_an_optimum_folder() {
    let golden = golden();
    let mut model = open("diffusion-clip", "epsilon", "").unwrap();
    let bounds = model.bounds();
    assert_eq!((bounds.size, bounds.sides, bounds.factor), ((32, 32), Some((32, 1024)), 8));
    let request = DrawRequest {
        steps: Some(2),
        size: None,
        guidance: None,
        ..golden.clip.cases[0].request(&golden.clip)
    };
    let picture = model.run(request, &quiet()).unwrap();
    assert_eq!((picture.width, picture.height, picture.guidance), (32, 32, 7.5));
    assert_eq!(picture.scheduler, "ddim");
}

#[test]
fn the_prompt_the_seed_and_the_negative_all_show() {
    let golden = golden();
    let mut model = open("diffusion-clip", "epsilon", "").unwrap();
    let base = golden.clip.cases[0].request(&golden.clip);
    let others = [
        base.clone(),
        DrawRequest { prompt: "the blue house".to_owned(), ..base.clone() },
        DrawRequest { negative: None, ..base.clone() },
        DrawRequest { seed: 43, ..base.clone() },
        DrawRequest { steps: Some(4), ..base },
    ];
    let pictures: Vec<Vec<u8>> =
        others.into_iter().map(|request| model.run(request, &quiet()).unwrap().rgb).collect();
    for (at, picture) in pictures.iter().enumerate() {
        assert!(pictures.iter().skip(at + 1).all(|other| other != picture), "picture {at} has a twin");
    }
}

#[test]
fn a_long_prompt_is_cut_and_said_so() {
    let golden = golden();
    let mut model = open("diffusion-encoder", "epsilon", ENCODER).unwrap();
    let prompt = "the red cat a dog the big house".to_owned();
    let request = DrawRequest { prompt, steps: Some(1), ..golden.encoder.cases[0].request(&golden.encoder) };
    assert_eq!(model.run(request, &quiet()).unwrap().cut.as_deref(), Some("big house"));
}

#[test]
fn what_is_out_of_bounds_is_refused_before_anything_runs() {
    let golden = golden();
    let base = golden.encoder.cases[0].request(&golden.encoder);
    let mut model = open("diffusion-encoder", "epsilon", ENCODER).unwrap();
    let mut key = |request: DrawRequest| match model.run(request, &quiet()) {
        Err(InferenceError::Refused { key, value, bound }) => (key, value, bound),
        other => panic!("{other:?}"),
    };
    let words = |key, value: &str, bound: &str| (key, value.to_owned(), bound.to_owned());
    let other = DrawRequest { size: Some((64, 64)), ..base.clone() };
    assert_eq!(key(other), words("size-out-of-range", "64x64", "32x32"));
    assert_eq!(key(DrawRequest { steps: Some(0), ..base }), words("steps-out-of-range", "0", "1..150"));
    let mut model = open("diffusion-clip", "epsilon", "max_size = 64").unwrap();
    let base = golden.clip.cases[0].request(&golden.clip);
    let wide = DrawRequest { size: Some((44, 32)), ..base };
    let refused = model.run(wide, &quiet()).unwrap_err();
    assert!(matches!(refused, InferenceError::Refused { key: "size-not-multiple", .. }), "{refused}");
}

#[test]
fn what_does_not_fit_is_named_when_it_is_opened() {
    let error = |pocket: &str, prediction: &str, settings: &str| {
        open(pocket, prediction, settings).err().unwrap().to_string()
    };
    assert!(error("diffusion-clip", "odd", "").contains("scheduler_config.json"));
    assert!(error("diffusion-clip", "epsilon", "stepz = 1").contains("stepz"));
    assert!(error("diffusion-encoder", "epsilon", "text_encoder = '@nobody'").contains("nobody"));
    assert!(error("diffusion-encoder", "epsilon", "").contains("text_encoder"));
}

fn hardware() -> aisaac::inference::runtime::Hardware {
    aisaac::inference::runtime::for_tests()
}

#[test]
fn progress_is_told_after_each_step() {
    let golden = golden();
    let mut model = open("diffusion-clip", "epsilon", "").unwrap();
    let (ctl, seen) = watched(usize::MAX);
    model.run(golden.clip.cases[0].request(&golden.clip), &ctl).unwrap();
    assert_eq!(*seen.lock().unwrap(), [1, 2, 3].map(|done| Step { done, of: 3 }));
}

#[test]
fn a_stop_is_heeded_before_the_next_step() {
    let golden = golden();
    let mut model = open("diffusion-clip", "epsilon", "").unwrap();
    let (ctl, seen) = watched(2);
    let stopped = model.run(golden.clip.cases[0].request(&golden.clip), &ctl).unwrap_err();
    assert!(matches!(stopped, InferenceError::Stopped), "{stopped}");
    assert_eq!(seen.lock().unwrap().len(), 2);
    assert!(model.run(golden.clip.cases[0].request(&golden.clip), &quiet()).is_ok());
}
