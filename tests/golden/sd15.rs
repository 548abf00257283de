//! By hand: a full-size Stable Diffusion 1.5 folder as optimum exports it (`models/recipes/sd15.py FOLDER`) draws what
//! diffusers draws. `AISAAC_SD15=FOLDER cargo test --test golden sd15 -- --ignored --nocapture`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::quiet;
use aisaac::inference::runtime::for_tests;
use aisaac::inference::{DrawRequest, Model, diffusion};
use aisaac::models::Manifest;
use serde_json::Value;

fn manifest(scheduler: &str) -> Manifest {
    Manifest::parse(&format!(
        "name = 'sd15'\nfamily = 'diffusion'\ntitle = ''\nlicence = ''\nsource = ''\nlanguages = ['en']\n\
         memory_mb = 1\nfile = []\n[settings]\nscheduler = '{scheduler}'\n"
    ))
    .unwrap()
}

fn pixels(path: &Path) -> Vec<u8> {
    let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    pixels
}

#[test]
#[ignore = "needs a folder of 4 GB (AISAAC_SD15) and its memory"]
fn a_full_size_stable_diffusion_draws_what_diffusers_draws() {
    let folder = PathBuf::from(std::env::var_os("AISAAC_SD15").expect("AISAAC_SD15 names the folder"));
    let golden: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("reference.json")).unwrap()).unwrap();
    let hardware = for_tests();
    for name in ["ddim", "euler"] {
        let mut model =
            diffusion::load(&manifest(name), &folder.join("onnx"), &BTreeMap::new(), &hardware).unwrap();
        let request = DrawRequest {
            prompt: golden["prompt"].as_str().unwrap().to_owned(),
            negative: Some(golden["negative"].as_str().unwrap().to_owned()),
            seed: golden["seed"].as_u64().unwrap(),
            size: Some((256, 256)),
            steps: Some(2),
            guidance: Some(7.5),
        };
        let started = std::time::Instant::now();
        let picture = model.run(request, &quiet()).unwrap();
        let theirs = pixels(&folder.join(format!("reference-{name}.png")));
        let apart = |(a, b): (&u8, &u8)| a.abs_diff(*b);
        let furthest = picture.rgb.iter().zip(&theirs).map(apart).max().unwrap();
        let differ = picture.rgb.iter().zip(&theirs).filter(|pair| apart(*pair) > 0).count();
        println!(
            "{name}: {:.1} s, {differ} of {} values differ, by {furthest} at most",
            started.elapsed().as_secs_f64(),
            theirs.len()
        );
        assert_eq!(picture.rgb.len(), theirs.len());
        assert!(furthest <= 2, "{name}: {furthest}");
    }
}
