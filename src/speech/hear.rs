//! Hearing: a recording becomes words. Decode, find the voice, cut the silence, let the right recogniser listen.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::pauses::{Cut, amplified, spoken};
use super::{Bounds, DecodeError, RATE, decode};
use crate::inference::{
    HearRequest, Heard, Hearing, InferenceError, Listening, Segment, Transcript, VoiceRequest, is_silent,
};
use crate::message::{Failure, FailureKind, Phrase};

/// How long decoding may take: this, or a tenth of the longest recording.
const DECODING: Duration = Duration::from_secs(60);

/// A recogniser, and what it can hear.
#[derive(Clone)]
pub struct Recogniser {
    /// The model.
    pub model: Hearing,
    /// Languages (ISO 639-1); none means many, and that it can tell which one is spoken.
    pub languages: Vec<String>,
}

/// What the configuration says about hearing.
#[derive(Debug, Clone)]
pub struct Options {
    /// Languages that people speak here (ISO 639-1), the likeliest first.
    pub languages: Vec<String>,
    /// The longest recording.
    pub most: Duration,
    /// Hypotheses that are followed at once.
    pub beams: u32,
}

/// Hears.
#[derive(Clone)]
pub struct Speech {
    /// Finds the voice; without it everything is listened to.
    pub voices: Option<Listening>,
    /// In the order in which they are preferred for a language.
    pub recognisers: Vec<Recogniser>,
    /// What the configuration says.
    pub options: Options,
}

/// What was heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// The words, with times in the recording.
    pub transcript: Transcript,
    /// Length of the recording.
    pub length: Duration,
}

/// Told how far hearing has come, in seconds of the recording: done, of.
pub type Watch = Arc<dyn Fn(u32, u32) + Send + Sync>;

/// Told how far a recogniser has come in the cut recording.
type Heeds = Arc<dyn Fn(Heard) + Send + Sync>;

impl Speech {
    /// Hears a recording.
    ///
    /// # Errors
    /// With the phrase for whoever sent it: it is no sound, too long, damaged, silent, in another language; nothing is
    /// installed that hears; a model fails.
    pub async fn hear(&self, file: &Path, stop: &CancellationToken, watch: &Watch) -> Result<Said, Failure> {
        if self.recognisers.is_empty() {
            return Err(refusal("hear-model-missing"));
        }
        let samples = self.decoded(file, stop).await?;
        if is_silent(&samples) {
            return Err(refusal("voice-silent"));
        }
        let length = Duration::from_secs_f64(samples.len() as f64 / f64::from(RATE));
        let Cut { samples, places } = self.voice(samples, stop).await?;
        if samples.is_empty() {
            return Err(refusal("voice-silent"));
        }
        let of = u32::try_from(length.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX);
        watch(0, of);
        let (whole, before) = (watch.clone(), places.clone());
        let watch: Heeds = Arc::new(move |heard| whole(before.ends(heard.done_ms) / 1_000, of));
        let mut transcript = self.recognised(samples.into(), stop, &watch).await?;
        if transcript.text().is_empty() {
            return Err(refusal("voice-silent"));
        }
        for segment in &mut transcript.segments {
            *segment = Segment {
                start_ms: places.begins(segment.start_ms),
                end_ms: places.ends(segment.end_ms),
                text: std::mem::take(&mut segment.text),
            };
        }
        Ok(Said { transcript, length })
    }

    async fn decoded(&self, file: &Path, stop: &CancellationToken) -> Result<Vec<f32>, Failure> {
        let (file, most, halt) = (file.to_owned(), self.options.most, stop.clone());
        let within = DECODING.max(most / 10);
        let decoding = tokio::task::spawn_blocking(move || decode(&file, &Bounds { most, within }, &halt));
        match decoding.await {
            Ok(decoded) => decoded.map_err(failure),
            Err(panic) => Err(Failure {
                kind: FailureKind::Ours,
                phrase: Phrase::new("voice-damaged"),
                source: Some(Box::new(panic)),
            }),
        }
    }

    /// The recording without its silences.
    async fn voice(&self, samples: Vec<f32>, stop: &CancellationToken) -> Result<Cut, Failure> {
        let samples: Arc<[f32]> = amplified(samples).into();
        let Some(model) = &self.voices else {
            return Ok(Cut::new(&samples, std::slice::from_ref(&(0..samples.len()))));
        };
        let request = VoiceRequest { samples: samples.clone() };
        let voiced =
            model.run(request, stop.clone(), Box::new(|()| ())).await.map_err(InferenceError::failure)?;
        Ok(Cut::new(&samples, &spoken(&voiced, samples.len())))
    }

    /// What the recogniser hears that knows the language best. Only where several could, somebody has to tell it first.
    async fn recognised(
        &self,
        samples: Arc<[f32]>,
        stop: &CancellationToken,
        watch: &Heeds,
    ) -> Result<Transcript, Failure> {
        let request = HearRequest {
            samples,
            languages: self.options.languages.clone(),
            beams: self.options.beams,
            ..HearRequest::default()
        };
        let knows = |one: &&Recogniser, language: &String| one.languages.contains(language);
        let special =
            self.recognisers.iter().find(|one| self.options.languages.iter().any(|of| knows(one, of)));
        let general = self.recognisers.iter().find(|one| one.languages.is_empty());
        let (model, language) = match (special, general) {
            (Some(special), Some(general)) => {
                let ask = HearRequest { language_only: true, ..request.clone() };
                let told = self.run(&general.model, ask, stop, watch).await?.language;
                let model = if knows(&special, &told) { special } else { general };
                (model, Some(told))
            }
            (Some(one), None) | (None, Some(one)) => (one, None),
            (None, None) => return Err(refusal("hear-model-missing")),
        };
        self.run(&model.model, HearRequest { language, ..request }, stop, watch).await
    }

    async fn run(
        &self,
        model: &Hearing,
        request: HearRequest,
        stop: &CancellationToken,
        watch: &Heeds,
    ) -> Result<Transcript, Failure> {
        let watch = watch.clone();
        let progress = Box::new(move |heard| watch(heard));
        let heard = model.run(request, stop.clone(), progress).await.map_err(InferenceError::failure)?;
        if !self.options.languages.contains(&heard.language) {
            let phrase = Phrase::new("voice-foreign").with("language", heard.language);
            return Err(Failure { kind: FailureKind::Theirs, phrase, source: None });
        }
        Ok(heard)
    }
}

/// What a recording that gives no sound means for whoever sent it.
fn failure(error: DecodeError) -> Failure {
    let (kind, phrase) = match &error {
        DecodeError::Stopped => (FailureKind::Stopped, Phrase::new("stopping")),
        DecodeError::Empty => (FailureKind::Theirs, Phrase::new("voice-empty")),
        DecodeError::NotAudio => (FailureKind::Theirs, Phrase::new("voice-not-audio")),
        DecodeError::NoAudioTrack { .. } => (FailureKind::Theirs, Phrase::new("voice-no-audio")),
        DecodeError::Codec { name: Some(name) } => {
            (FailureKind::Theirs, Phrase::new("voice-codec").with("codec", *name))
        }
        DecodeError::Codec { name: None } => (FailureKind::Theirs, Phrase::new("voice-codec-unnamed")),
        DecodeError::TooLong { most, .. } => {
            let minutes = i64::try_from(most.as_secs() / 60).unwrap_or(i64::MAX);
            (FailureKind::Theirs, Phrase::new("voice-too-long").with("minutes", minutes))
        }
        DecodeError::Damaged { .. } => (FailureKind::Theirs, Phrase::new("voice-damaged")),
        DecodeError::Panicked { .. } => (FailureKind::Ours, Phrase::new("voice-damaged")),
        DecodeError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            (FailureKind::Theirs, Phrase::new("voice-gone"))
        }
        DecodeError::Io { .. } | DecodeError::Slow { .. } => (FailureKind::Ours, Phrase::new("our-fault")),
    };
    Failure { kind, phrase, source: Some(Box::new(error)) }
}

fn refusal(phrase: &str) -> Failure {
    Failure { kind: FailureKind::Theirs, phrase: Phrase::new(phrase), source: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A recogniser that says its name and the language that it was told; one that knows every language takes the voice for
    /// `spoken` where it was told none.
    fn recogniser(name: &'static str, languages: &[&str], spoken: &'static str) -> Recogniser {
        let model = Hearing::fake(name, move |request: HearRequest, _: &_| {
            let told = request.language.clone();
            let text = format!("{name} was told {}", told.as_deref().unwrap_or("nothing"));
            let segments = vec![Segment { start_ms: 0, end_ms: 100, text }];
            Ok(Transcript {
                language: told.unwrap_or_else(|| spoken.to_owned()),
                confidence: 1.0,
                segments: if request.language_only { Vec::new() } else { segments },
            })
        });
        Recogniser { model, languages: languages.iter().map(|code| (*code).to_owned()).collect() }
    }

    async fn hears(recognisers: Vec<Recogniser>, languages: &[&str]) -> Result<String, String> {
        let options = Options {
            languages: languages.iter().map(|code| (*code).to_owned()).collect(),
            most: Duration::from_secs(60),
            beams: 1,
        };
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/voice/nevazhno.wav");
        let speech = Speech { voices: None, recognisers, options };
        let watch: Watch = Arc::new(|_, _| ());
        let said = speech.hear(&file, &CancellationToken::new(), &watch).await;
        said.map(|said| said.transcript.text()).map_err(|failure| failure.phrase.key)
    }

    #[tokio::test]
    async fn who_knows_the_language_best_hears_it() {
        let russian = || recogniser("gigaam", &["ru"], "ru");
        let both = |spoken| vec![russian(), recogniser("whisper", &[], spoken)];
        let said = |text: &str| Ok(text.to_owned());
        assert_eq!(hears(both("ru"), &["ru", "en"]).await, said("gigaam was told ru"));
        assert_eq!(hears(both("en"), &["ru", "en"]).await, said("whisper was told en"));
        assert_eq!(hears(both("en"), &["en"]).await, said("whisper was told nothing"), "nobody else could");
        assert_eq!(hears(vec![russian()], &["ru", "en"]).await, said("gigaam was told nothing"));
        assert_eq!(hears(vec![russian()], &["en"]).await, Err("hear-model-missing".to_owned()));
    }

    #[tokio::test]
    async fn a_language_that_nobody_asked_for_is_refused_by_name() {
        let general = |spoken| recogniser("whisper", &[], spoken);
        let refused = Err("voice-foreign".to_owned());
        assert_eq!(hears(vec![general("de")], &["ru", "en"]).await, refused);
        assert_eq!(
            hears(vec![recogniser("gigaam", &["ru"], "ru"), general("de")], &["ru", "en"]).await,
            refused
        );
        assert!(hears(vec![general("de")], &["de"]).await.is_ok());
    }
}
