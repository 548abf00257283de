//! The detector of voices against Silero's own wrapper (`models/recipes/pocket_voice.py`).

use std::sync::Arc;

use aisaac::inference::runtime::for_tests;
use aisaac::inference::voice_activity::{self, VoiceActivity};
use aisaac::inference::{Control, InferenceError, Model as _, VoiceRequest, Voiced};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::{fixtures, quiet};

/// Half a second of silence, then the clip; 16 kHz.
pub(crate) fn clip() -> Vec<f32> {
    let wave = std::fs::read(fixtures().join("voice/nevazhno.wav")).unwrap();
    let (samples, _) = wave[44..].as_chunks::<2>();
    let samples = samples.iter().map(|bytes| f32::from(i16::from_le_bytes(*bytes)) / 32768.0);
    std::iter::repeat_n(0.0, 8000).chain(samples).collect()
}

fn pocket() -> VoiceActivity {
    voice_activity::load(&fixtures().join("pocket/voice-activity"), &for_tests()).unwrap()
}

fn golden() -> Vec<f32> {
    let text = std::fs::read_to_string(fixtures().join("golden/voice.json")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    serde_json::from_value(all["pocket"].clone()).unwrap()
}

#[test]
fn probabilities_are_those_of_the_reference() {
    let mut model = pocket();
    for _ in 0..2 {
        let request = VoiceRequest { samples: clip().into() };
        let Voiced { probabilities } = model.run(request, &quiet()).unwrap();
        let golden = golden();
        assert_eq!(probabilities.len(), golden.len(), "the last frame is a whole one");
        let furthest = probabilities.iter().zip(&golden).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(furthest < 1e-5, "{furthest}; a second run begins anew");
    }
}

#[test]
fn nothing_is_heard_in_nothing_and_a_stop_is_obeyed() {
    let mut model = pocket();
    assert_eq!(model.run(VoiceRequest::default(), &quiet()).unwrap(), Voiced::default());
    let stop = CancellationToken::new();
    stop.cancel();
    let request = VoiceRequest { samples: Arc::from([0.0; 512]) };
    let stopped = model.run(request, &Control::detached(stop, Box::new(|()| ())));
    assert!(matches!(stopped, Err(InferenceError::Stopped)));
}
