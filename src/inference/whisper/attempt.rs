//! One window, heard until the model is sure: first as short as it may be and without chance, then whole, then with
//! rising temperature.
//!
//! When it is heard again and what counts as silence is `openai/whisper`'s (`transcribe.py`): a mean log probability
//! below -1, or text that repeats itself; and no speech when the model says so and is not sure of the text either.

use super::guard;
use super::times::Times;
use super::{Sound, Whisper};
use crate::inference::InferenceError;
use crate::inference::generation::beams::{Hypothesis, Search, Stopping};
use crate::inference::generation::rules::{Never, NotFirst, Rule, log_probability};
use crate::inference::generation::writing::{self, Watch};
use crate::inference::model::Control;
use crate::inference::requests::{Heard, Sampling};

const TEMPERATURES: [f32; 6] = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
/// Mean log probability of a token below which a text is not believed.
const LOGPROB_THRESHOLD: f32 = -1.0;
/// Probability from which on nobody speaks.
const NO_SPEECH_THRESHOLD: f32 = 0.6;
/// Above this temperature the text before misleads more than it helps.
const REMEMBERS: f32 = 0.5;
/// The first time of a window lies in its first second.
const FIRST_TICKS: u32 = 50;

/// A window of a sound.
pub(super) struct Ear<'a> {
    pub(super) sound: &'a Sound<'a>,
    /// Its first frame.
    pub(super) from: usize,
    /// Frames of sound in it.
    pub(super) left: usize,
    /// Times are written, too.
    pub(super) timed: bool,
}

/// What was written for a window.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub(super) tokens: Vec<u32>,
    /// Mean log probability.
    pub(super) avg_logprob: f32,
    /// Probability that nobody speaks.
    pub(super) no_speech_prob: f32,
    /// It says the same again and again.
    repeats: bool,
    /// It says the same twice: whoever speaks may have, or the window was too short.
    twice: bool,
}

impl Attempt {
    pub(super) fn is_silence(&self) -> bool {
        self.no_speech_prob > NO_SPEECH_THRESHOLD && self.avg_logprob <= LOGPROB_THRESHOLD
    }

    fn is_good(&self) -> bool {
        !self.repeats && self.avg_logprob >= LOGPROB_THRESHOLD
    }

    fn is_better(&self, other: &Self) -> bool {
        let rank = |one: &Self| (!one.repeats, !one.twice, one.avg_logprob);
        rank(self) > rank(other)
    }
}

impl Whisper {
    /// Hears a window as often as it takes; the best that was written.
    pub(super) fn attempt(&mut self, ear: &Ear<'_>, ctl: &Control<Heard>) -> Result<Attempt, InferenceError> {
        let (short, whole) = (self.shortest(ear.left, ear.sound.request.beams), self.settings.frames);
        let again = TEMPERATURES.iter().map(|temperature| (whole, *temperature));
        let tries = (short < whole).then_some((short, 0.0)).into_iter().chain(again);
        let mut encoded = if ear.from == 0 { ear.sound.encoded } else { 0 };
        let mut best: Option<Attempt> = None;
        for (frames, temperature) in tries {
            ctl.checkpoint()?;
            if encoded != frames {
                self.encode(&ear.sound.frames, ear.from, frames)?;
                encoded = frames;
            }
            let attempt = self.write(ear, temperature, ctl)?;
            tracing::trace!(
                frames,
                temperature,
                avg_logprob = attempt.avg_logprob,
                no_speech_prob = attempt.no_speech_prob,
                "a window"
            );
            // A short window may take somebody for nobody, or write what was said twice.
            let done = if frames == whole {
                attempt.is_good() || attempt.is_silence()
            } else {
                attempt.is_good() && !attempt.twice
            };
            if best.as_ref().is_none_or(|best| done || attempt.is_better(best)) {
                best = Some(attempt);
            }
            if done {
                break;
            }
        }
        let nothing = Attempt {
            tokens: Vec::new(),
            avg_logprob: f32::NEG_INFINITY,
            no_speech_prob: 1.0,
            repeats: false,
            twice: false,
        };
        Ok(best.unwrap_or(nothing))
    }

    /// Writes once for the window that is encoded, and judges what was written.
    fn write(
        &mut self,
        ear: &Ear<'_>,
        temperature: f32,
        ctl: &Control<Heard>,
    ) -> Result<Attempt, InferenceError> {
        let before = self.before(ear, temperature)?;
        let mut watch = |written: &[u32]| {
            ctl.checkpoint()?;
            Ok(guard::repeats(written).is_none())
        };
        let (said, no_speech_prob) = self.compose(ear, &before, temperature, &mut watch)?;
        let avg_logprob = said.log_probability / (said.tokens.len() + 1) as f32;
        let text = self.words.text(&said.tokens)?;
        let repeats = guard::repeats(&said.tokens).is_some() || guard::is_regular(&text);
        Ok(Attempt {
            tokens: said.tokens,
            avg_logprob,
            no_speech_prob,
            repeats,
            twice: guard::says_twice(&text),
        })
    }

    /// What is written after some text before, and the probability that nobody speaks.
    fn compose(
        &mut self,
        ear: &Ear<'_>,
        before: &[u32],
        temperature: f32,
        watch: &mut Watch<'_>,
    ) -> Result<(Hypothesis, f32), InferenceError> {
        if self.model.len() != 1 || !before.is_empty() {
            self.model.restart()?;
            self.model.read(&[&[before, &[self.words.start]].concat()])?;
        }
        let no_speech_prob = self.no_speech_prob();
        let task = [ear.sound.language.token, self.words.transcribe, self.words.plain];
        self.model.read(&[task.get(..if ear.timed { 2 } else { 3 }).unwrap_or_default()])?;
        let Self { words, settings, model, .. } = self;
        let never = Never(settings.suppress.iter().chain(&words.marks).copied().collect());
        let not_first = NotFirst(settings.suppress_first.clone());
        let times = Times { end: words.end, zero: words.zero(), first: FIRST_TICKS };
        let mut rules: Vec<&dyn Rule> = vec![&never, &not_first];
        rules.extend(ear.timed.then_some(&times as &dyn Rule));
        let width = if temperature > 0.0 { 1 } else { ear.sound.request.beams.clamp(1, 16) as usize };
        let most = settings.context.saturating_sub(model.len());
        let search = Search {
            width,
            length_penalty: 1.0,
            end: words.end,
            most,
            stopping: Stopping::NoBetter,
            surely: true,
        };
        let sampling = Sampling { temperature, ..Sampling::default() };
        let said = if width == 1 {
            writing::one(model, &rules, (&sampling, search), watch)?
        } else {
            writing::several(model, &rules, search, watch)?
        };
        Ok((said, no_speech_prob))
    }

    /// The tokens of the text before: the last ones, half a context at most.
    fn before(&self, ear: &Ear<'_>, temperature: f32) -> Result<Vec<u32>, InferenceError> {
        let prompt = ear.sound.request.prompt.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let (Some(mark), Some(text), true) = (self.words.before, prompt, temperature <= REMEMBERS) else {
            return Ok(Vec::new());
        };
        let ids = self.words.ids(text)?;
        let most = self.settings.context / 2 - 1;
        let last = ids.get(ids.len().saturating_sub(most)..).unwrap_or_default();
        Ok([&[mark], last].concat())
    }

    /// The probability that nobody speaks, from the scores after the first token.
    fn no_speech_prob(&self) -> f32 {
        let scores = self.model.scores(0);
        self.words.no_speech.map_or(0.0, |token| log_probability(scores, token).exp())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::Value;

    use super::super::features::tests::sound;
    use super::super::{Sound, load};
    use super::*;
    use crate::inference::model::Model as _;
    use crate::inference::requests::{HearRequest, Segment};
    use crate::models::Manifest;

    const MERGED: &str = "decoder = 'decoder_model_merged.onnx'";
    const SPLIT: &str = "decoder = 'decoder_with_past_model.onnx'\nfirst = 'decoder_model.onnx'";

    fn pocket(decoder: &str) -> Whisper {
        let manifest = Manifest::parse(&format!(
            "name = 'pocket'\nfamily = 'whisper'\ntitle = ''\nlicence = ''\nsource = ''\nlanguages = ['ru', 'en']\n\
             memory_mb = 1\nfile = []\n[settings]\nencoder = 'encoder_model.onnx'\n{decoder}\n\
             tokenizer = 'tokenizer.json'\nframes = 200\ncontext = 40\nsuppress = [1, 2, 7]\nsuppress_first = [220, 320]"
        ));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pocket/whisper");
        load(&manifest.unwrap(), &folder, &crate::inference::runtime::for_tests()).unwrap()
    }

    fn golden() -> Value {
        serde_json::from_str(include_str!("../../../tests/fixtures/golden/whisper.json")).unwrap()
    }

    fn numbers(value: &Value) -> Vec<f32> {
        value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
    }

    fn ids(value: &Value) -> Vec<u32> {
        value.as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect()
    }

    fn close(ours: &[f32], theirs: &Value) {
        // The weights are large and random: what differs by 1e-5 in the frames differs more in the end.
        let theirs = numbers(theirs);
        let most = theirs.iter().fold(0.0_f32, |most, score| most.max(score.abs()));
        assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.iter().zip(theirs) {
            assert!((ours - theirs).abs() < 5e-3 * most, "{ours} {theirs} of {most}");
        }
    }

    /// A sound of the golden file, with its window encoded.
    fn heard<'a>(model: &mut Whisper, case: &Value, request: &'a HearRequest, code: &str) -> Sound<'a> {
        let samples = sound(case["seed"].as_u64().unwrap() as u32, case["seconds"].as_f64().unwrap());
        let language = model.words.language(code).unwrap().clone();
        let sound = Sound {
            request,
            frames: model.mel.frames(&samples),
            count: samples.len() / 160,
            language,
            encoded: 0,
        };
        model.encode(&sound.frames, 0, 200).unwrap();
        sound
    }

    fn agrees_with_transformers(decoder: &str) {
        let mut model = pocket(decoder);
        for case in golden()["cases"].as_array().unwrap() {
            for beams in [1, 2, 5] {
                let request = HearRequest { beams, ..HearRequest::default() };
                for (name, code, before) in
                    [("plain", "en", &[][..]), ("times", "ru", &[]), ("prompted", "en", &[327, 83, 12, 300])]
                {
                    let sound = heard(&mut model, case, &request, code);
                    let ear = Ear { sound: &sound, from: 0, left: 200, timed: name == "times" };
                    // Twice: what one writing leaves must not change the next.
                    for _ in 0..2 {
                        let (said, _) = model.compose(&ear, before, 0.0, &mut |_| Ok(true)).unwrap();
                        assert_eq!(
                            said.tokens,
                            ids(&case[name][beams.to_string()]),
                            "{} {name} {beams}",
                            case["seed"]
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_merged_export_writes_what_transformers_writes() {
        agrees_with_transformers(MERGED);
    }

    #[test]
    fn a_split_export_writes_what_transformers_writes() {
        agrees_with_transformers(SPLIT);
    }

    #[test]
    fn a_sound_is_heard_window_by_window_and_nothing_is_left_of_it() {
        let mut model = pocket(MERGED);
        let (told, stop) = (
            std::sync::Arc::new(std::sync::Mutex::new(Vec::new())),
            tokio_util::sync::CancellationToken::new(),
        );
        let keep = told.clone();
        let ctl =
            Control::detached(stop.clone(), Box::new(move |heard: Heard| keep.lock().unwrap().push(heard)));
        let request = |seconds, language: Option<&str>| HearRequest {
            samples: sound(5, seconds).into(),
            language: language.map(str::to_owned),
            ..HearRequest::default()
        };
        let long = model.run(request(4.7, None), &ctl).unwrap();
        let told: Vec<Heard> = told.lock().unwrap().drain(..).collect();
        assert!(told.windows(2).all(|pair| pair[0].done_ms < pair[1].done_ms), "{told:?}");
        assert_eq!(told.last(), Some(&Heard { done_ms: 4700, of_ms: 4700 }));
        assert!(
            long.segments.iter().all(|piece| piece.start_ms <= piece.end_ms && piece.end_ms <= 4700),
            "{long:?}"
        );
        let windows = |piece: &Segment| piece.start_ms / 2_000;
        assert!(long.segments.iter().any(|piece| windows(piece) > 0), "later windows are heard: {long:?}");
        assert!((0.5..=1.0).contains(&long.confidence), "the likelier of two");
        assert_eq!(model.run(request(4.7, None), &ctl).unwrap(), long);
        // Only the language, then another sound whose language is known: nothing of the first may be heard in it.
        let fresh = pocket(MERGED).run(request(1.1, Some("en")), &ctl).unwrap();
        let only = HearRequest { language_only: true, ..request(4.7, None) };
        let only = model.run(only, &ctl).unwrap();
        assert_eq!((only.language, only.segments), (long.language, vec![]));
        assert_eq!(model.run(request(1.1, Some("en")), &ctl).unwrap(), fresh);
        assert_eq!(fresh.confidence, 1.0);
        stop.cancel();
        assert!(matches!(model.run(request(1.1, None), &ctl), Err(InferenceError::Stopped)));
    }

    /// The thresholds of `openai/whisper`.
    #[test]
    fn what_is_heard_again_what_is_better_and_what_is_silence() {
        let attempt = |avg_logprob, no_speech_prob, repeats| Attempt {
            tokens: vec![5],
            avg_logprob,
            no_speech_prob,
            repeats,
            twice: false,
        };
        let sure = attempt(-0.3, 0.1, false);
        assert!(sure.is_good() && !sure.is_silence());
        assert!(attempt(-1.0, 0.1, false).is_good() && !attempt(-1.01, 0.1, false).is_good());
        assert!(!attempt(-0.3, 0.1, true).is_good(), "it says the same again and again");
        assert!(attempt(-1.2, 0.61, false).is_silence());
        assert!(!attempt(-1.2, 0.59, false).is_silence(), "somebody speaks, unclearly");
        assert!(!attempt(-0.9, 0.99, false).is_silence(), "the words are sure");
        assert!(sure.is_better(&attempt(-0.4, 0.1, false)) && sure.is_better(&attempt(-0.1, 0.1, true)));
        assert!(!attempt(-0.1, 0.1, true).is_better(&sure));
    }

    #[test]
    fn no_language_of_its_own_is_refused_and_nothing_is_silence() {
        let mut model = pocket(SPLIT);
        let ctl = Control::detached(tokio_util::sync::CancellationToken::new(), Box::new(|_: Heard| ()));
        let heard = model.run(HearRequest::default(), &ctl).unwrap();
        assert_eq!((heard.language.as_str(), heard.segments.len()), ("ru", 0));
        let samples: std::sync::Arc<[f32]> = sound(5, 0.5).into();
        let request = HearRequest { samples, languages: vec!["xx".to_owned()], ..HearRequest::default() };
        assert!(model.run(request, &ctl).is_err());
    }

    #[test]
    fn scores_are_those_of_transformers() {
        let (mut model, request) = (pocket(MERGED), HearRequest::default());
        for case in golden()["cases"].as_array().unwrap() {
            heard(&mut model, case, &request, "en");
            model.model.read(&[&[321]]).unwrap();
            close(model.model.scores(0), &case["first"]);
            model.model.read(&[&[322, 325, 329]]).unwrap();
            close(model.model.scores(0), &case["fourth"]);
        }
    }
}
