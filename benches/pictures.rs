//! How long does a picture take? One step of the denoiser, the decoder, a whole sketch, and a step of a full-size Stable
//! Diffusion 1.5, beside diffusers on the same numbers and noise, in turns.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use aisaac::inference::{Control, DrawRequest, Model as _, diffusion};
use aisaac::models::Manifest;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::Places;
use crate::contender::{Contender, number, numbers, serve};
use crate::figures::{Better, Figures, median};
use crate::pulled::{Pulled, hardware, pulled};

/// Sketches drawn by each, and walks of the full-size model at (side, of each, steps a walk). The first step of a walk
/// warms up and is not counted.
const SKETCHES: u64 = 8;
const WALKS: [(u32, usize, u32); 2] = [(256, 3, 3), (512, 2, 3)];

/// Levels (of 255) that a sketch may be away, and the share by which full-size latents may.
const LEVELS: f64 = 2.0;
const APART: f64 = 2e-3;

/// The full-size folder, as a manifest.
const FULL_SIZE: &str = "name = 'sd15'\nfamily = 'diffusion'\ntitle = ''\nlicence = ''\nsource = ''\nlanguages = ['en']\n\
    memory_mb = 5000\nfile = []\n[settings]\nscheduler = 'ddim'\n";

pub(crate) fn run(places: &Places) {
    let mut figures =
        Figures::of("pictures", "Pictures: *sketch* (128 x 128, 20 steps) and full-size SD 1.5");
    sketches(places, &mut figures);
    match &places.full_size {
        Some(folder) => full_size(places, &folder.to_string_lossy(), &mut figures),
        None => figures
            .note("SD 1.5 was left out: SD15=FOLDER names no folder of models/recipes/sd15.py".to_owned()),
    }
    figures.write();
}

fn furthest(ours: &Value, theirs: &Value, key: &str) -> f64 {
    let (ours, theirs) = (numbers(ours, key), numbers(theirs, key));
    assert_eq!(ours.len(), theirs.len(), "{key}");
    ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn sketches(places: &Places, figures: &mut Figures) {
    let threads = crate::cores();
    let (folder, package) = (pulled("sketch").folder, places.package("e5-small-q4.bin"));
    let mut ours = Contender::ours("pictures", &["sketch", &threads.to_string()]);
    let peer = Contender::peer(places, "sketch.py", &[&folder.to_string_lossy(), &package], threads);
    let Some(mut peer) = peer else { return };
    let mut all = [(); 3].map(|()| (Vec::new(), Vec::new()));
    let mut apart = 0.0_f64;
    for seed in 0..=SKETCHES {
        let request =
            json!({ "do": "draw", "prompt": "a red apple", "seed": seed, "steps": 20, "guidance": 3.0 });
        let (mine, theirs) = (ours.ask(&request), peer.ask(&request));
        apart = apart.max(furthest(&mine, &theirs, "rgb"));
        if seed > 0 {
            for (samples, answer) in [(0, &mine), (1, &theirs)] {
                let times =
                    [median(&numbers(answer, "steps")), number(answer, "decode"), number(answer, "whole")];
                for (kept, time) in all.iter_mut().zip(times) {
                    if samples == 0 { kept.0.push(1e3 * time) } else { kept.1.push(1e3 * time) }
                }
            }
        }
    }
    assert!(apart <= LEVELS, "the pictures are {apart} levels apart: not the same model");
    let rows = [
        ("sketch: one UNet step with guidance", None),
        ("sketch: VAE decode", None),
        ("sketch: whole", Some(1.2)),
    ];
    for ((what, goal), (mine, theirs)) in rows.into_iter().zip(&all) {
        figures.beside((what, "ms"), median(mine), ("diffusers", median(theirs)), Better::Less, goal);
    }
    figures.note(format!(
        "sketch: AIsaac {:.0} MiB at most, {} {:.0} MiB; pictures within {apart:.0} levels of 255",
        ours.peak(),
        peer.about,
        peer.peak()
    ));
}

fn full_size(places: &Places, folder: &str, figures: &mut Figures) {
    let threads = crate::cores();
    let mut ours = Contender::ours("pictures", &[folder, &threads.to_string()]);
    let Some(mut peer) = Contender::peer(places, "full_size.py", &[folder], threads) else { return };
    for (side, walks, steps) in WALKS {
        let (mut mine, mut theirs, mut apart) = (Vec::new(), Vec::new(), 0.0_f64);
        for seed in 0..walks {
            let request = json!({ "do": "walk", "prompt": "a red cat on the table", "negative": "blur, text",
                "seed": seed, "side": side, "steps": steps, "guidance": 7.5 });
            let (said, heard) = (ours.ask(&request), peer.ask(&request));
            let largest =
                numbers(&heard, "latents").iter().fold(0.0_f64, |most, value| most.max(value.abs()));
            apart = apart.max(furthest(&said, &heard, "latents") / largest);
            mine.extend(numbers(&said, "steps").into_iter().skip(1));
            theirs.extend(numbers(&heard, "steps").into_iter().skip(1));
        }
        assert!(apart <= APART, "the latents are {apart} apart: not the same model");
        let what = format!("SD 1.5: one step with guidance, {side} x {side}");
        figures.beside((&what, "s"), median(&mine), ("diffusers", median(&theirs)), Better::Less, Some(1.0));
        figures.note(format!("SD 1.5 at {side}: latents within {apart:.0e} of the largest"));
    }
    figures.note(format!(
        "SD 1.5: AIsaac {:.0} MiB at most, {} {:.0} MiB",
        ours.peak(),
        peer.about,
        peer.peak()
    ));
}

/// The product's side: `sketch` or a full-size folder, and its threads.
pub(crate) fn ours(arguments: &[String]) {
    let [what, threads] = arguments else { panic!("a model and a number of threads") };
    let hardware = hardware(threads.parse().unwrap());
    if what != "sketch" {
        return walk(Path::new(what), &hardware);
    }
    let Pulled { manifest, folder } = pulled("sketch");
    let needs: BTreeMap<String, PathBuf> =
        manifest.needs.iter().map(|need| (need.clone(), pulled(need).folder)).collect();
    let mut model = diffusion::load(&manifest, &folder, &needs, &hardware).unwrap();
    serve("AIsaac", |request| {
        let (progress, heard) = marks();
        let start = Instant::now();
        let picture =
            model.run(drawing(request), &Control::detached(CancellationToken::new(), progress)).unwrap();
        let (end, marks) = (Instant::now(), heard.try_iter().collect::<Vec<Instant>>());
        let decode = end - *marks.last().unwrap();
        json!({ "whole": (end - start).as_secs_f64(), "steps": between(&marks), "decode": decode.as_secs_f64(), "rgb": picture.rgb })
    });
}

fn walk(folder: &Path, hardware: &aisaac::inference::runtime::Hardware) {
    let manifest = Manifest::parse(FULL_SIZE).unwrap();
    let mut model = diffusion::load(&manifest, folder, &BTreeMap::new(), hardware).unwrap();
    serve("AIsaac", |request| {
        let (progress, heard) = marks();
        let control = Control::detached(CancellationToken::new(), progress);
        let latents = model.trace(&drawing(request), &control).unwrap().pop().unwrap();
        // The first step is not between two marks; the peer's first one is left out, too.
        let steps: Vec<f64> =
            std::iter::once(0.0).chain(between(&heard.try_iter().collect::<Vec<_>>())).collect();
        json!({ "steps": steps, "latents": latents })
    });
}

type Marks = (Box<dyn FnMut(aisaac::inference::Step) + Send>, std::sync::mpsc::Receiver<Instant>);

/// Notes when each step is done.
fn marks() -> Marks {
    let (tell, heard) = std::sync::mpsc::channel();
    (
        Box::new(move |_| {
            let _ = tell.send(Instant::now());
        }),
        heard,
    )
}

fn between(marks: &[Instant]) -> Vec<f64> {
    marks.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect()
}

fn drawing(request: &Value) -> DrawRequest {
    let whole = |key: &str| request[key].as_u64().and_then(|number| u32::try_from(number).ok());
    DrawRequest {
        prompt: request["prompt"].as_str().unwrap().to_owned(),
        negative: request["negative"].as_str().map(str::to_owned),
        seed: request["seed"].as_u64().unwrap(),
        size: whole("side").map(|side| (side, side)),
        steps: whole("steps"),
        #[expect(clippy::cast_possible_truncation, reason = "a scale of one digit")]
        guidance: request["guidance"].as_f64().map(|scale| scale as f32),
    }
}
