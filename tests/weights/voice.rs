//! *voice-activity*: probabilities as Silero's own wrapper gave them (`models/recipes/pocket_voice.py --silero` wrote
//! `tests/fixtures/golden/voice.json`), and how fast they come.

use std::path::Path;
use std::time::Instant;

use aisaac::inference::{Model as _, VoiceRequest, voice_activity};

use crate::figures::Figures;
use crate::{hardware, json, pulled, quiet};

#[test]
#[ignore = "needs the pulled starter models (make test-weights)"]
fn voices_are_found_where_silero_finds_them() {
    let pulled = pulled("voice-activity");
    let mut figures = Figures::of("voice-activity");
    let mut model = voice_activity::load(&pulled.folder, &hardware()).unwrap();
    let wave = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/voice/nevazhno.wav");
    let bytes = std::fs::read(wave).unwrap();
    let (samples, _) = bytes[44..].as_chunks::<2>();
    let clip = samples.iter().map(|bytes| f32::from(i16::from_le_bytes(*bytes)) / 32768.0);
    let sound: Vec<f32> = std::iter::repeat_n(0.0, 8000).chain(clip).collect();
    let seconds = sound.len() as f64 / 16_000.0;
    let started = Instant::now();
    let voiced = model.run(VoiceRequest { samples: sound.into() }, &quiet()).unwrap();
    let spent = started.elapsed();
    let theirs: Vec<f32> =
        serde_json::from_value(json("tests/fixtures/golden/voice.json")["silero"].clone()).unwrap();
    let near = voiced.probabilities.iter().zip(&theirs).filter(|(a, b)| (**a - **b).abs() < 1e-5).count();
    assert_eq!(voiced.probabilities.len(), theirs.len());
    figures.share("frames within 0.00001 of the reference", near, theirs.len(), 100.0);
    let spoken = voiced.probabilities.iter().filter(|probability| **probability > 0.5).count();
    figures.told("frames with speech", spoken);
    figures.told("speed", format!("{:.1} ms for a second of sound", spent.as_secs_f64() * 1000.0 / seconds));
    figures.judge();
}
