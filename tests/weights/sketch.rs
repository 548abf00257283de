//! *sketch*: pictures against those of diffusers' scheduler on onnxruntime (`models/recipes/golden_sketch.py`), pixel by
//! pixel, and whether each thing has the colour that people call it by.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use aisaac::inference::{DrawRequest, Model as _, diffusion};
use aisaac::media::png;

use crate::figures::Figures;
use crate::{Pulled, hardware, json, pulled, quiet};

/// Side of a picture, and pictures a row of the golden sheet.
const SIDE: usize = 128;
const WIDE: usize = 8;

/// Levels (of 255) that a pixel may be away: runtimes sum in another order.
const LEVELS: u8 = 2;

/// One picture of the golden sheet, as RGB.
fn tile(sheet: &[u8], place: usize) -> Vec<u8> {
    let (left, top) = (place % WIDE * SIDE, place / WIDE * SIDE);
    let row = |y: usize| {
        let start = ((top + y) * WIDE * SIDE + left) * 3;
        &sheet[start..start + SIDE * 3]
    };
    (0..SIDE).flat_map(|y| row(y).iter().copied()).collect()
}

/// The word for a pixel's colour; none for white, black and greys.
fn colour(rgb: &[u8]) -> Option<&'static str> {
    let [red, green, blue] = [0, 1, 2].map(|channel| f64::from(rgb[channel]));
    let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
    let spread = most - least;
    if most < 64.0 || spread < 0.2 * most {
        return None;
    }
    let hue = if most == red {
        (green - blue) / spread
    } else if most == green {
        (blue - red) / spread + 2.0
    } else {
        (red - green) / spread + 4.0
    };
    Some(match (hue * 60.0).rem_euclid(360.0) {
        ..15.0 | 345.0.. => "red",
        ..41.0 => "orange",
        ..65.0 => "yellow",
        ..170.0 => "green",
        ..250.0 => "blue",
        ..290.0 => "violet",
        _ => "pink",
    })
}

/// The colour that most pixels of the thing have.
fn dominant(rgb: &[u8]) -> &'static str {
    let mut votes = BTreeMap::<&str, usize>::new();
    for name in rgb.chunks(3).filter_map(colour) {
        *votes.entry(name).or_default() += 1;
    }
    votes.into_iter().max_by_key(|(_, count)| *count).map_or("nothing", |(name, _)| name)
}

#[test]
#[ignore = "needs the pulled starter models (make test-weights)"]
fn pictures_are_those_of_diffusers_in_the_right_colours() {
    let Pulled { manifest, folder } = pulled("sketch");
    let needs: BTreeMap<String, PathBuf> =
        manifest.needs.iter().map(|need| (need.clone(), pulled(need).folder)).collect();
    let mut model = diffusion::load(&manifest, &folder, &needs, &hardware()).unwrap();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden/sketch.png");
    let (_, _, sheet) = png::decode(&std::fs::read(golden).unwrap()).unwrap();
    let rows = json("tests/fixtures/golden/sketch.json");
    let rows = rows.as_array().unwrap();
    let (mut figures, mut seconds) = (Figures::of("sketch"), Vec::new());
    for (place, row) in rows.iter().enumerate() {
        let text = row["text"].as_str().unwrap();
        let request = DrawRequest {
            prompt: text.to_owned(),
            negative: None,
            seed: row["seed"].as_u64().unwrap(),
            size: None,
            steps: None,
            guidance: None,
        };
        let started = Instant::now();
        let picture = model.run(request, &quiet()).unwrap();
        seconds.push(started.elapsed().as_secs_f64());
        let theirs = tile(&sheet, place);
        assert_eq!(picture.rgb.len(), theirs.len(), "{text}");
        let apart = picture.rgb.iter().zip(&theirs).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        figures.most(&format!("{text}: levels from diffusers' picture"), apart, LEVELS);
        figures.word(&format!("{text}: colour"), dominant(&picture.rgb), row["colour"].as_str().unwrap());
    }
    seconds.sort_by(f64::total_cmp);
    figures.told(
        "a picture takes",
        format!("{:.2} s (median of {})", seconds[seconds.len() / 2], seconds.len()),
    );
    figures.judge();
}

#[test]
fn colours_have_their_names() {
    let named = |rgb: [u8; 3]| colour(&rgb).unwrap_or("none");
    assert_eq!(
        [[220, 20, 30], [250, 150, 30], [255, 220, 60], [30, 160, 60]].map(named),
        ["red", "orange", "yellow", "green"]
    );
    assert_eq!([[30, 120, 240], [130, 80, 190], [250, 150, 210]].map(named), ["blue", "violet", "pink"]);
    assert_eq!([[255, 255, 255], [20, 0, 0], [120, 125, 120]].map(named), ["none"; 3]);
}
