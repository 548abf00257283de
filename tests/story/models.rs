//! Models that do what a story needs: by simple words, at once, or only when the story lets them go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aisaac::app::engines::{Engines, PictureModel};
use aisaac::drawing::Facts;
use aisaac::inference::{
    Answering, ChatAnswer, ChatRequest, Control, DrawRequest, Handle, HearRequest, Heard, InferenceError,
    Painting, Picture, Role, Segment, Step, Transcript, UnderstandRequest, Understanding, Understood,
};
use aisaac::intent::{AnswerFacts, PainterFacts};
use aisaac::speech::{self, Recogniser, Speech};

/// Holds "slow" requests until the story lets them go, or somebody says stop.
#[derive(Clone, Default)]
pub(crate) struct Held {
    open: Arc<AtomicBool>,
    waits: Arc<AtomicBool>,
}

impl Held {
    /// On a model's thread: waits. False when somebody said stop.
    fn wait<P>(&self, ctl: &Control<P>) -> bool {
        while !self.open.load(Ordering::SeqCst) {
            self.waits.store(true, Ordering::SeqCst);
            if ctl.checkpoint().is_err() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        true
    }

    /// From now on nothing waits.
    pub(crate) fn lets_go(&self) {
        self.open.store(true, Ordering::SeqCst);
    }

    /// Until a model waits.
    pub(crate) async fn reached(&self) {
        while !self.waits.swap(false, Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// What hears in a story: a recording of so many samples ([`sound`]) says the words that `says` has for its number. With
/// "Slow" words it waits until it may go on, and what begins with "Guten" is German.
pub(crate) fn speech(held: &Held, says: impl Fn(usize) -> String + Send + 'static) -> Speech {
    let held = held.clone();
    let model = Handle::fake("hearing", move |request: HearRequest, ctl: &Control<Heard>| {
        ctl.checkpoint()?;
        let text = says((request.samples.len() - SHORTEST) / APART);
        let of_ms = u32::try_from(request.samples.len() / 16).unwrap();
        ctl.progress(Heard { done_ms: of_ms, of_ms });
        if text.starts_with("Slow") && !held.wait(ctl) {
            return Err(InferenceError::Stopped);
        }
        let language = if text.starts_with("Guten") { "de" } else { "en" }.to_owned();
        let segments = vec![Segment { start_ms: 0, end_ms: of_ms, text }];
        Ok(Transcript { language, confidence: 1.0, segments })
    });
    let options = speech::Options {
        languages: vec!["ru".to_owned(), "en".to_owned()],
        most: Duration::from_secs(60),
        beams: 1,
    };
    Speech { voices: None, recognisers: vec![Recogniser { model, languages: Vec::new() }], options }
}

/// Samples of the recording with the number 0, and between two numbers.
const SHORTEST: usize = 1_600;
const APART: usize = 16;

/// The recording with this number: a WAV file, 16 kHz, 16 bit, mono, of a hum.
pub(crate) fn sound(number: usize) -> Vec<u8> {
    let samples = SHORTEST + APART * number;
    let bytes = u32::try_from(2 * samples).unwrap();
    let mut wav = Vec::new();
    wav.extend_from_slice(b"RIFF");
    wav.extend_from_slice(&(36 + bytes).to_le_bytes());
    wav.extend_from_slice(b"WAVEfmt ");
    wav.extend_from_slice(&16_u32.to_le_bytes());
    for half in [1_u16, 1] {
        wav.extend_from_slice(&half.to_le_bytes());
    }
    wav.extend_from_slice(&16_000_u32.to_le_bytes());
    wav.extend_from_slice(&32_000_u32.to_le_bytes());
    for half in [2_u16, 16] {
        wav.extend_from_slice(&half.to_le_bytes());
    }
    wav.extend_from_slice(b"data");
    wav.extend_from_slice(&bytes.to_le_bytes());
    for at in 0..samples {
        let hum = if at % 80 < 40 { 8_000_i16 } else { -8_000 };
        wav.extend_from_slice(&hum.to_le_bytes());
    }
    wav
}

/// All three fakes.
pub(crate) fn engines(held: &Held) -> Engines {
    let facts = PainterFacts {
        known: None,
        size: (128, 128),
        side: (64, 1024),
        multiple: 8,
        steps: (1, 150),
        languages: Vec::new(),
    };
    let about = Facts { model: "fake".to_owned(), caption: None };
    let speaks = AnswerFacts {
        model: "Fake".to_owned(),
        languages: vec!["en".to_owned()],
        max_new_tokens: 64,
        better_mb: 900,
        ..AnswerFacts::default()
    };
    Engines {
        understanding: Some(understanding()),
        answering: Some((answering(held.clone()), speaks)),
        painting: Some(PictureModel { model: painting(held.clone()), facts, about }),
        ..Engines::default()
    }
}

const DRAW: &[&str] = &["нарисуй ", "рисуй ", "draw ", "нарисуй", "draw"];

/// Intent and subject by the words that open a phrase.
fn understanding() -> Understanding {
    Handle::fake("understand", |request, _: &Control<()>| {
        Ok(match request {
            UnderstandRequest::Intent { text } => {
                let (name, score) = intent_of(&text.to_lowercase());
                let scores = ["draw", "redo", "queue", "new", "settings", "help"]
                    .map(|other| (other.to_owned(), if other == name { score } else { 0.01 }));
                let mut scores = Vec::from(scores);
                scores.sort_by(|a, b| b.1.total_cmp(&a.1));
                Understood::Intent { scores, matched: score >= 0.5 }
            }
            UnderstandRequest::Subject { text } => {
                let verb = DRAW.iter().find(|verb| text.to_lowercase().starts_with(**verb));
                let start = verb.map_or(0, |verb| verb.len());
                Understood::Subject((start < text.len()).then_some(start..text.len()))
            }
        })
    })
}

fn intent_of(text: &str) -> (&'static str, f32) {
    let begins = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
    if begins(&["рисуй"]) {
        ("settings", 0.9)
    } else if begins(DRAW) {
        ("draw", 0.98)
    } else if begins(&["ещё", "а теперь", "то же", "again", "now with", "same but"]) {
        ("redo", 0.97)
    } else if begins(&["моя очередь", "отмени", "my place", "cancel"]) {
        ("queue", 0.96)
    } else if begins(&["sunset"]) {
        ("draw", 0.4)
    } else {
        ("draw", 0.02)
    }
}

/// Says what it was asked, in three pieces.
fn answering(held: Held) -> Answering {
    Handle::fake("instruct", move |request: ChatRequest, ctl: &Control<String>| {
        let turns = request.turns;
        let asked = turns.last().map_or("", |turn| &turn.text).to_owned();
        let before = turns.iter().filter(|turn| turn.role == Role::User).count() - 1;
        assert!(!asked.contains("panic"), "a fake that was told to panic");
        let mut text = String::new();
        for piece in ["You said: ", &asked, &format!(" ({before} before)")] {
            text.push_str(piece);
            ctl.progress(piece.to_owned());
            if asked.contains("slow") && !held.wait(ctl) {
                return Ok(ChatAnswer { text, tokens: 1, stopped: true, ..ChatAnswer::default() });
            }
        }
        Ok(ChatAnswer { text, tokens: 3, ..ChatAnswer::default() })
    })
}

/// Paints four steps of a picture whose one colour is its seed.
fn painting(held: Held) -> Painting {
    Handle::fake("sketch", move |request: DrawRequest, ctl: &Control<Step>| {
        assert!(!request.prompt.contains("panic"), "a fake that was told to panic");
        if request.prompt.contains("heavy") {
            return Err(InferenceError::OutOfMemory { model: "sketch".to_owned() });
        }
        let of = request.steps.unwrap_or(4);
        for done in 1..=of {
            ctl.checkpoint()?;
            ctl.progress(Step { done, of });
            if request.prompt.contains("slow") && !held.wait(ctl) {
                return Err(InferenceError::Stopped);
            }
        }
        let (width, height) = request.size.unwrap_or((8, 8));
        let rgb = vec![u8::try_from(request.seed % 256).unwrap(); (3 * width * height) as usize];
        let cut = request.prompt.split_once(" and so on ").map(|(_, rest)| rest.to_owned());
        Ok(Picture { width, height, rgb, steps: of, guidance: 3.0, scheduler: "fake".to_owned(), cut })
    })
}
