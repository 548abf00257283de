//! How soon is a note heard? *whisper-base* by the product, faster-whisper, whisper.cpp and transformers, from the file to the text.
//!
//! Everyone hears the same notes (`notes/README.md`) in turns, from the same numbers; the product with its own reader, detector
//! of voices and recogniser, as [`Speech`] puts them together. On a machine that others use waits say little of a program whose
//! threads wait for each other, so processor time stands beside them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aisaac::inference::{
    Boxed, Handle, HearRequest, Hearing, Listening, Terms, VoiceRequest, voice_activity, whisper,
};
use aisaac::speech::{self, Bounds, Options, Recogniser, Speech, Watch};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::Places;
use crate::contender::{Contender, number, serve};
use crate::figures::{Better, Figures, median, short};
use crate::pulled::{hardware, pulled};

/// The notes: seconds, how often each is heard at most, and how many times as fast as faster-whisper's int8 we are to be.
const NOTES: &[(u32, usize, f64)] = &[(3, 9, 3.0), (10, 5, 1.5), (60, 3, 1.0)];

/// A note is not heard again after this long.
const ENOUGH: Duration = Duration::from_secs(60);

/// The product's forms: the installed one, and the same numbers in fp32 (not installed).
const FORMS: &[&str] = &["int8", "fp32"];

/// What was measured of one contender, by note.
struct Run {
    who: Contender,
    name: String,
    whole: Vec<f64>,
    first: Vec<f64>,
    spent: Vec<f64>,
    peak: Vec<f64>,
    texts: Vec<String>,
}

impl Run {
    fn of((name, who): (&str, Contender)) -> Self {
        let (whole, first, spent, peak, texts) = (vec![], vec![], vec![], vec![], vec![]);
        Self { who, name: name.to_owned(), whole, first, spent, peak, texts }
    }
}

pub(crate) fn run(places: &Places) {
    let mut figures =
        Figures::of("hearing", "Hearing: whisper-base, one hypothesis, from the file to the text");
    let mut runs = contenders(places, crate::cores());
    // The first note warms everybody up.
    for run in &mut runs {
        run.who.ask(&request(NOTES[0].0));
    }
    for &(seconds, most, _) in NOTES {
        let rounds = hear(&mut runs, seconds, most);
        figures.note(format!("{seconds} s: heard {rounds} times by each"));
    }
    tell(&mut figures, &runs);
    for run in &runs {
        figures.note(format!("{}: {}", run.name, summary(run)));
    }
    for run in &mut runs[..FORMS.len()] {
        let parts = NOTES.iter().map(|&(seconds, ..)| share(run, seconds)).collect::<Vec<_>>().join("; ");
        figures.note(format!("{}, where the time goes: {parts}", run.name));
    }
    texts(&mut figures, &runs);
    figures.write();
}

/// The product's forms first, then the peers.
fn contenders(places: &Places, threads: usize) -> Vec<Run> {
    let (whisper, fp32) = (places.package("whisper"), places.package("whisper-f32"));
    let on = threads.to_string();
    let ours = [("AIsaac, int8", ""), ("AIsaac, fp32", fp32.as_str())]
        .map(|(name, folder)| (name, Some(Contender::ours("hearing", &[name, folder, &on]))));
    let peer = |script: &str, more: &[&str]| {
        let arguments: Vec<&str> = std::iter::once(whisper.as_str()).chain(more.iter().copied()).collect();
        Contender::peer(places, script, &arguments, threads)
    };
    let peers = [
        ("faster-whisper int8", peer("faster_whisper_hears.py", &["int8"])),
        ("faster-whisper fp32", peer("faster_whisper_hears.py", &["float32"])),
        ("whisper.cpp", peer("whisper_cpp_hears.py", &[])),
        ("transformers", peer("transformers_hears.py", &[])),
    ];
    ours.into_iter().chain(peers).filter_map(|(name, who)| Some(Run::of((name, who?)))).collect()
}

fn request(seconds: u32) -> Value {
    let file = format!("{}/benches/notes/{seconds}.ogg", env!("CARGO_MANIFEST_DIR"));
    json!({ "do": "hear", "file": file, "seconds": seconds })
}

/// A note, by everybody in turns; how often it was heard.
fn hear(runs: &mut [Run], seconds: u32, most: usize) -> usize {
    let (request, started) = (request(seconds), Instant::now());
    let mut times = vec![(vec![], vec![], vec![]); runs.len()];
    let mut rounds = 0;
    while rounds < most && (rounds == 0 || started.elapsed() < ENOUGH) {
        for (run, (whole, first, spent)) in runs.iter_mut().zip(&mut times) {
            let before = run.who.processor();
            let said = run.who.ask(&request);
            spent.push(run.who.processor() - before);
            whole.push(number(&said, "whole"));
            first.push(number(&said, "first"));
            if rounds == 0 {
                run.texts.push(said["text"].as_str().unwrap().to_owned());
            }
        }
        rounds += 1;
    }
    for (run, (whole, first, spent)) in runs.iter_mut().zip(times) {
        run.whole.push(median(&whole));
        run.first.push(median(&first));
        run.spent.push(median(&spent));
        run.peak.push(run.who.peak());
    }
    rounds
}

fn tell(figures: &mut Figures, runs: &[Run]) {
    let (ours, peers) = runs.split_at(FORMS.len());
    let last = NOTES.len() - 1;
    for (form, own) in FORMS.iter().zip(ours) {
        for peer in peers {
            let int8 = peer.name.ends_with("int8");
            if *form == "fp32" && int8 {
                continue;
            }
            let held = *form == "int8" && int8;
            let mut beside = |what: String, unit, ours, theirs, goal: Option<f64>| {
                let goal = goal.filter(|_| held);
                figures.beside((&what, unit), ours, (&peer.name, theirs), Better::Less, goal);
            };
            for (place, &(seconds, _, least)) in NOTES.iter().enumerate() {
                let what = format!("{seconds} s, {form}");
                beside(what.clone(), "s", own.whole[place], peer.whole[place], Some(least));
                beside(format!("{what}: processor"), "s", own.spent[place], peer.spent[place], None);
            }
            let first = format!("{} s, {form}: first words", NOTES[last].0);
            beside(first, "s", own.first[last], peer.first[last], None);
            for place in [0, last] {
                let what = format!("peak memory, up to {} s, {form}", NOTES[place].0);
                beside(what, "MiB", own.peak[place], peer.peak[place], Some(1.0));
            }
        }
        let most = (*form == "int8").then_some(1.0);
        figures.alone((&format!("{} s, {form}, by itself", NOTES[0].0), "s"), own.whole[0], most);
    }
}

/// Real time factors.
fn summary(run: &Run) -> String {
    let factors = NOTES
        .iter()
        .zip(&run.whole)
        .map(|(&(seconds, ..), whole)| format!("{} ({seconds} s)", short(whole / f64::from(seconds))));
    format!("real time factor {}; {}", factors.collect::<Vec<_>>().join(", "), run.who.about)
}

/// The shares of one hearing.
fn share(run: &mut Run, seconds: u32) -> String {
    let mut request = request(seconds);
    request["do"] = "parts".into();
    let parts = run.who.ask(&request);
    let all: f64 = ["decode", "voice", "encode", "write"].map(|part| number(&parts, part)).iter().sum();
    let share = |part| format!("{:.0} %", 100.0 * number(&parts, part) / all);
    format!(
        "{seconds} s: file {}, voice {}, encoder {}, decoder {}",
        share("decode"),
        share("voice"),
        share("encode"),
        share("write")
    )
}

/// Whose words are those of the last peer (fp32), in letters and digits only.
fn texts(figures: &mut Figures, runs: &[Run]) {
    let words = |text: &str| -> Vec<String> {
        let split = text.split(|letter: char| !letter.is_alphanumeric());
        split.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
    };
    let Some((fp32, others)) = runs.split_last() else { return };
    for run in others {
        let apart = run.texts.iter().zip(&fp32.texts).map(|(text, theirs)| {
            let (text, theirs) = (words(text), words(theirs));
            format!("{} of {}", changes(&text, &theirs), theirs.len())
        });
        let apart = apart.collect::<Vec<_>>().join(", ");
        figures.note(format!("{}: words other than those of {}: {apart}", run.name, fp32.name));
    }
}

/// Words that must be changed, put in or left out to make one text the other.
fn changes(one: &[String], other: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, word) in one.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, theirs) in other.iter().enumerate() {
            let change = corner + usize::from(word != theirs);
            corner = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[other.len()]
}

/// The product's side: a name, a folder with another form (none: the installed model), and its threads.
pub(crate) fn ours(arguments: &[String]) {
    let [name, folder, threads] = arguments else { panic!("a name, a folder and a number of threads") };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let speech = speech(folder, threads.parse().unwrap());
    let stop = CancellationToken::new();
    serve(name, |request| {
        let file = PathBuf::from(request["file"].as_str().unwrap());
        if request["do"] == "parts" {
            return runtime.block_on(parts(&speech, &file));
        }
        let first = Arc::new(Mutex::new(None));
        let heard = first.clone();
        let start = Instant::now();
        let watch: Watch = Arc::new(move |_, _| {
            heard.lock().unwrap().get_or_insert_with(|| start.elapsed().as_secs_f64());
        });
        let said = runtime.block_on(speech.hear(&file, &stop, &watch)).unwrap();
        let whole = start.elapsed().as_secs_f64();
        let first = first.lock().unwrap().unwrap_or(whole);
        json!({ "whole": whole, "first": first, "text": said.transcript.text() })
    });
}

/// The room as the house furnishes it.
fn speech(folder: &str, threads: usize) -> Speech {
    let mut found = pulled("whisper-base");
    if !folder.is_empty() {
        Path::new(folder).clone_into(&mut found.folder);
    }
    let on = hardware(threads);
    let model: Hearing = Handle::spawn(Terms::free("whisper"), move || {
        whisper::load(&found.manifest, &found.folder, &on).map(|model| Box::new(model) as Boxed<_, _, _>)
    });
    let (voice, on) = (pulled("voice-activity"), hardware(threads));
    let voices: Listening = Handle::spawn(Terms::free("voice"), move || {
        voice_activity::load(&voice.folder, &on).map(|model| Box::new(model) as Boxed<_, _, _>)
    });
    let options = Options {
        languages: vec!["ru".to_owned(), "en".to_owned()],
        most: Duration::from_secs(600),
        beams: 1,
    };
    Speech { voices: Some(voices), recognisers: vec![Recogniser { model, languages: Vec::new() }], options }
}

/// Seconds of each part of a hearing, one after another. To know the language is the first window's encoder and one step of
/// the decoder; the encoder of all windows is so many times that.
async fn parts(speech: &Speech, file: &Path) -> Value {
    let stop = CancellationToken::new();
    let mut start = Instant::now();
    let mut lap = || std::mem::replace(&mut start, Instant::now()).elapsed().as_secs_f64();
    let bounds = Bounds { most: speech.options.most, within: Duration::from_secs(60) };
    let samples: Arc<[f32]> = speech::decode(file, &bounds, &stop).unwrap().into();
    let decode = lap();
    let sound = VoiceRequest { samples: samples.clone() };
    let quiet = Box::new(|()| ());
    speech.voices.as_ref().unwrap().run(sound, stop.clone(), quiet).await.unwrap();
    let voice = lap();
    let request = HearRequest {
        samples: samples.clone(),
        languages: speech.options.languages.clone(),
        ..HearRequest::default()
    };
    let model = &speech.recognisers[0].model;
    let first = HearRequest { language_only: true, ..request.clone() };
    model.run(first, stop.clone(), Box::new(|_| ())).await.unwrap();
    let windows = u32::try_from(samples.len().div_ceil(30 * 16_000)).unwrap();
    let encode = lap() * f64::from(windows);
    model.run(request, stop.clone(), Box::new(|_| ())).await.unwrap();
    json!({ "decode": decode, "voice": voice, "encode": encode, "write": (lap() - encode).max(0.0) })
}
