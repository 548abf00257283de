//! Whisper (tiny to large-v3-turbo, exported with optimum's names or by our own recipe): a sound goes in, what was said
//! comes out, in pieces with times.
//!
//! In: 16 kHz mono. Out: language, text, milliseconds. A window of half a minute is heard at a time; a note that is shorter
//! need not be filled up to that where the encoder allows it. What the model is not sure of is heard again (`attempt.rs`),
//! what nobody said goes (`guard.rs`). It keeps nothing of one sound for the next.

mod attempt;
mod features;
mod guard;
mod settings;
mod times;
mod words;

use std::path::Path;
use std::time::Instant;

use self::attempt::{Attempt, Ear};
use self::features::{Frames, HOP, LogMel};
use self::settings::Settings;
use self::times::Piece;
pub use self::words::LANGUAGES;
use self::words::{Language, TICK_MS, Words};
use super::error::InferenceError;
use super::generation::encoder_decoder::{EncoderDecoder, Paths};
use super::generation::rules::log_softmax;
use super::model::{Control, Model};
use super::requests::{HearRequest, Heard, Segment, Transcript, is_silent};
use super::runtime::Hardware;
use crate::message::millis;
use crate::models::Manifest;

/// The encoder's input, f32 `[1, bands, frames]`.
const FEATURES: &str = "input_features";
/// Frames of one tick of the times.
const TICK: usize = 2;
/// What is left behind the last window and is no longer than this many frames is the end of what was heard, not a window.
const REST: usize = 20;
/// From this probability on somebody speaks another language than those that were asked for. A voice that is hard to
/// understand is taken for some other language with less (card of *whisper-base*).
const FOREIGN: f32 = 0.85;
/// Below this the model was not sure, or it thought that nobody speaks: farewells are doubted then.
const UNSURE: f32 = -0.7;
const NOBODY: f32 = 0.3;

/// A loaded Whisper.
pub struct Whisper {
    name: String,
    settings: Settings,
    words: Words,
    mel: LogMel,
    model: EncoderDecoder,
}

/// Loads the model that a manifest describes from its folder.
///
/// # Errors
/// When a file is missing or unfit, when the settings do not fit, or when the runtime refuses a graph.
pub fn load(manifest: &Manifest, folder: &Path, hardware: &Hardware) -> Result<Whisper, InferenceError> {
    let settings = Settings::of(manifest)?;
    let first = settings.first.as_ref().map(|path| folder.join(path));
    let (encoder, decoder) = (folder.join(&settings.encoder), folder.join(&settings.decoder));
    let paths = Paths { encoder: &encoder, decoder: &decoder, first: first.as_deref() };
    let model = EncoderDecoder::open(paths, hardware)?;
    let unfit = |reason: String| InferenceError::Shape { graph: model.encoder().name().to_owned(), reason };
    let shape = model.encoder().input_shape(FEATURES).ok_or_else(|| unfit(format!("no input {FEATURES}")))?;
    let &[_, bands, frames] = shape.as_slice() else {
        return Err(unfit(format!("{FEATURES} is {shape:?}, not [batch, bands, frames]")));
    };
    let bands = usize::try_from(bands).map_err(|_| unfit(format!("{FEATURES} does not say its bands")))?;
    if usize::try_from(frames)
        .is_ok_and(|fixed| fixed != settings.frames || settings.padding_frames.is_some())
    {
        return Err(unfit(format!("{FEATURES} has always {frames} frames")));
    }
    let words = Words::open(&folder.join(&settings.tokenizer))?;
    Ok(Whisper { name: manifest.name.clone(), mel: LogMel::new(bands), settings, words, model })
}

/// Looks whether a manifest's settings fit the family.
///
/// # Errors
/// Says what does not.
pub fn check(manifest: &Manifest) -> Result<(), InferenceError> {
    Settings::of(manifest).map(drop)
}

impl Model for Whisper {
    type Input = HearRequest;
    type Output = Transcript;
    type Progress = Heard;

    /// Writes down what is said. After each window it tells how far it is.
    fn run(&mut self, input: HearRequest, ctl: &Control<Heard>) -> Result<Transcript, InferenceError> {
        let started = Instant::now();
        let heard = self.transcribe(&input, ctl);
        self.model.forget()?;
        let heard = heard?;
        tracing::debug!(
            model = self.name,
            seconds = input.samples.len() / 16_000,
            language = heard.language,
            segments = heard.segments.len(),
            ms = millis(started.elapsed()),
            "heard"
        );
        Ok(heard)
    }
}

/// A sound that is being heard.
struct Sound<'a> {
    request: &'a HearRequest,
    frames: Frames,
    /// How many of them belong to the sound.
    count: usize,
    language: Language,
    /// Frames of the first window that are encoded, with the first token read; none where no language was detected.
    encoded: usize,
}

impl Whisper {
    fn transcribe(
        &mut self,
        input: &HearRequest,
        ctl: &Control<Heard>,
    ) -> Result<Transcript, InferenceError> {
        let may = self.languages(input)?;
        let frames = self.mel.frames(&input.samples);
        let count = input.samples.len().div_ceil(HOP);
        let silent = is_silent(&input.samples);
        let (language, confidence, encoded) = if input.language.is_none() && !silent {
            self.detect(&frames, self.shortest(count, input.beams), &may)?
        } else {
            let (language, confidence) = likeliest(&[], &may);
            (language, confidence, 0)
        };
        let nothing = silent || input.language_only || !may.contains(&language);
        let code = language.code.clone();
        let sound = Sound { request: input, frames, count, language, encoded };
        let segments = if nothing { Vec::new() } else { self.listen(&sound, ctl)? };
        Ok(Transcript { language: code, confidence, segments })
    }

    /// The language that is known already, or those that may be: the requested ones that the model has.
    fn languages(&self, input: &HearRequest) -> Result<Vec<Language>, InferenceError> {
        let codes = input.language.as_ref().map_or(input.languages.as_slice(), std::slice::from_ref);
        let may: Vec<Language> = codes.iter().filter_map(|code| self.words.language(code)).cloned().collect();
        if may.is_empty() {
            let reason = format!("it has none of the languages {codes:?}");
            return Err(InferenceError::File { path: self.settings.tokenizer.clone(), reason });
        }
        Ok(may)
    }

    /// The likeliest language of those that may be, with its probability among them, or another one where the model is sure
    /// of that, and how many frames of the first window are left encoded, with the first token read. Nobody is refused by a
    /// short window: it makes the model surer than it is.
    fn detect(
        &mut self,
        frames: &Frames,
        mut encoded: usize,
        may: &[Language],
    ) -> Result<(Language, f32, usize), InferenceError> {
        loop {
            self.encode(frames, 0, encoded)?;
            self.model.read(&[&[self.words.start]])?;
            let scores = self.model.scores(0);
            let (any, sure) = likeliest(scores, &self.words.languages);
            if sure < FOREIGN || may.contains(&any) {
                let (language, share) = likeliest(scores, may);
                return Ok((language, share, encoded));
            }
            if encoded == self.settings.frames {
                return Ok((any, sure, encoded));
            }
            encoded = self.settings.frames;
        }
    }

    /// Frames that are enough for a window with so many frames of sound left. Several hypotheses want a whole window: in a
    /// short one, text that is said twice is likelier than its end.
    fn shortest(&self, left: usize, beams: u32) -> usize {
        let whole = self.settings.frames;
        let padding = self.settings.padding_frames.filter(|_| beams <= 1);
        padding.map_or(whole, |padding| (left + padding).next_multiple_of(TICK).min(whole))
    }

    fn encode(&mut self, frames: &Frames, from: usize, count: usize) -> Result<(), InferenceError> {
        let window = frames.window(from, count);
        let bands = window.len() / count.max(1);
        let features = self.model.encoder().real(FEATURES, &[1, bands, count], window)?;
        self.model.encode(vec![(FEATURES.into(), features)])
    }

    /// Hears window after window.
    fn listen(&mut self, sound: &Sound<'_>, ctl: &Control<Heard>) -> Result<Vec<Segment>, InferenceError> {
        let mut segments = Vec::new();
        let of_ms = frames_ms(sound.count);
        let mut from = 0;
        while from < sound.count {
            ctl.checkpoint()?;
            let left = (sound.count - from).min(self.settings.frames);
            let samples = sound.request.samples.get(from * HOP..).unwrap_or_default();
            let heard = if is_silent(samples.get(..left * HOP).unwrap_or(samples)) {
                left
            } else {
                let ear = Ear { sound, from, left, timed: sound.count > self.settings.frames };
                let attempt = self.attempt(&ear, ctl)?;
                self.take(&ear, &attempt, &mut segments)?
            };
            from += heard.max(TICK);
            if from + REST >= sound.count {
                from = sound.count;
            }
            ctl.progress(Heard { done_ms: frames_ms(from.min(sound.count)), of_ms });
        }
        Ok(segments)
    }

    /// Takes the pieces that somebody said; how many frames were heard.
    fn take(
        &self,
        ear: &Ear<'_>,
        attempt: &Attempt,
        into: &mut Vec<Segment>,
    ) -> Result<usize, InferenceError> {
        let ticks = u32::try_from(ear.left / TICK).unwrap_or(u32::MAX);
        let written = guard::once(&attempt.tokens);
        let (pieces, heard) = if ear.timed {
            times::pieces(written, self.words.zero(), ticks)
        } else {
            (vec![Piece { from: 0, to: ticks, tokens: written.to_vec() }], ticks)
        };
        let heard = if heard == ticks { ear.left } else { heard as usize * TICK };
        if attempt.is_silence() {
            return Ok(ear.left);
        }
        let (doubt, begin) =
            (attempt.avg_logprob < UNSURE || attempt.no_speech_prob > NOBODY, frames_ms(ear.from));
        for piece in pieces {
            let written = self.words.text(&piece.tokens)?;
            let text = guard::said(&written, doubt);
            if text.len() < written.trim().len() {
                tracing::debug!(model = self.name, "what nobody said is left out");
            }
            if text.is_empty() {
                continue;
            }
            let (start_ms, end_ms) = (begin + piece.from * TICK_MS, begin + piece.to * TICK_MS);
            into.push(Segment { start_ms, end_ms, text });
        }
        Ok(heard)
    }
}

fn frames_ms(frames: usize) -> u32 {
    u32::try_from(frames * 10).unwrap_or(u32::MAX)
}

/// The likeliest of some languages (at least one), and its probability among them; without scores they are alike.
fn likeliest(scores: &[f32], languages: &[Language]) -> (Language, f32) {
    let score = |language: &Language| scores.get(language.token as usize).copied().unwrap_or_default();
    let mut shares: Vec<f32> = languages.iter().map(score).collect();
    log_softmax(&mut shares);
    let all = languages.iter().zip(shares);
    let best = all.reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map_or_else(
        || (Language { code: String::new(), token: 0 }, 0.0),
        |(language, share)| (language.clone(), share.exp()),
    )
}
