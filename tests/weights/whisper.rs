//! *whisper-base*: what it hears in a clip of the repository, and in clips of one's own: `AISAAC_VOICE` is a folder of WAV
//! files (16 kHz mono), each with its transcript in a `.txt` beside it, where there is one. `AISAAC_BEAMS` follows several
//! answers, `AISAAC_WHISPER` tries another folder of the same family (with a `manifest.toml`).

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use aisaac::inference::{HearRequest, Model as _, Transcript, whisper};
use aisaac::models::Manifest;

use crate::figures::Figures;
use crate::{Pulled, pulled, quiet};

/// Samples of a WAV file of 16-bit or float samples, 16 kHz mono.
fn samples(path: &Path) -> Vec<f32> {
    let bytes = fs::read(path).unwrap();
    let (mut at, mut float) = (12, false);
    loop {
        let size = u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize;
        let chunk = &bytes[at + 8..(at + 8 + size).min(bytes.len())];
        match &bytes[at..at + 4] {
            b"fmt " => float = chunk[0] == 3,
            b"data" if float => {
                return chunk.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
            }
            b"data" => {
                let sample = |b: &[u8]| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32768.0;
                return chunk.chunks_exact(2).map(sample).collect();
            }
            _ => {}
        }
        at += 8 + size + size % 2;
    }
}

/// Lowercase words without punctuation, ё as е.
fn words(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace('ё', "е");
    let split = text.split(|letter: char| !letter.is_alphanumeric() && letter != '\'');
    split.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Words that must be changed, put in or left out to make one text the other.
fn errors(said: &[String], heard: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (i, word) in said.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, other) in heard.iter().enumerate() {
            let change = corner + usize::from(word != other);
            corner = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[heard.len()]
}

fn model() -> whisper::Whisper {
    let Pulled { manifest, folder } = match std::env::var_os("AISAAC_WHISPER").map(PathBuf::from) {
        Some(folder) => {
            let text = fs::read_to_string(folder.join("manifest.toml")).unwrap();
            Pulled { manifest: Manifest::parse(&text).unwrap(), folder }
        }
        None => pulled("whisper-base"),
    };
    whisper::load(&manifest, &folder, &crate::hardware()).unwrap()
}

fn hear(model: &mut whisper::Whisper, path: &Path) -> (Transcript, f64, f64) {
    let samples = samples(path);
    let seconds = samples.len() as f64 / 16_000.0;
    let beams = std::env::var("AISAAC_BEAMS").map_or(1, |beams| beams.parse().unwrap());
    let started = Instant::now();
    let heard = model.run(HearRequest { samples: samples.into(), beams, ..HearRequest::default() }, &quiet());
    (heard.unwrap(), seconds, started.elapsed().as_secs_f64())
}

#[test]
#[ignore = "needs the pulled starter models (make test-weights)"]
fn what_is_said_is_heard() {
    let mut figures = Figures::of("whisper-base");
    let mut model = model();
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/voice/ru-weather.wav");
    hear(&mut model, &clip);
    let (heard, seconds, took) = hear(&mut model, &clip);
    figures.word("a clip of its language", &heard.language, "ru");
    figures.word("a clip", &heard.text(), "Какая сейчас погода?");
    figures.told("speed", format!("{seconds:.1} s heard in {took:.2} s"));
    let request =
        HearRequest { samples: samples(&clip).into(), language_only: true, ..HearRequest::default() };
    let language = model.run(request, &quiet()).unwrap();
    figures.word("the language alone", &language.language, "ru");
    let english = HearRequest {
        samples: samples(&clip).into(),
        languages: vec!["en".to_owned()],
        ..HearRequest::default()
    };
    let foreign = model.run(english, &quiet()).unwrap();
    figures.word("a language that was not asked for", &foreign.language, "ru");
    figures.word("words in it", &foreign.text(), "");
    let silence = HearRequest { samples: vec![0.0; 48_000].into(), ..HearRequest::default() };
    figures.word("silence", &model.run(silence, &quiet()).unwrap().text(), "");
    if let Some(folder) = std::env::var_os("AISAAC_VOICE") {
        of_ones_own(&figures, &mut model, Path::new(&folder));
    }
    figures.judge();
}

/// Clips of one's own: told, not held to anything.
fn of_ones_own(figures: &Figures, model: &mut whisper::Whisper, folder: &Path) {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut clips: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "wav")).collect();
    clips.sort();
    let (mut wrong, mut all) = (0, 0);
    for clip in clips {
        let (heard, seconds, took) = hear(model, &clip);
        let name = clip.file_stem().unwrap().to_string_lossy().into_owned();
        let line = format!("{seconds:.1} s in {took:.2} s, {} {:?}", heard.language, heard.text());
        figures.told(&name, line);
        if let Ok(said) = fs::read_to_string(clip.with_extension("txt")) {
            let said = words(&said);
            wrong += errors(&said, &words(&heard.text()));
            all += said.len();
        }
    }
    figures.told("words heard wrong", format!("{wrong} of {all}"));
}
