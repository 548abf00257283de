//! Hearing: a recording becomes words. Decode, find the voice, cut the silence, let the right recogniser listen.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::pauses::{Cut, spoken};
use super::{Bounds, DecodeError, RATE, decode};
use crate::inference::{
    HearRequest, Heard, Hearing, InferenceError, Listening, Segment, Transcript, VoiceRequest,
};
use crate::message::{Failure, FailureKind, Phrase};

/// How long decoding may take.
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

/// Told how far hearing has come, in seconds: done, of.
pub type Watch = Arc<dyn Fn(u32, u32) + Send + Sync>;

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
        let length = Duration::from_secs_f64(samples.len() as f64 / f64::from(RATE));
        let cut = self.voice(samples, stop).await?;
        if cut.samples.is_empty() {
            return Err(refusal("voice-silent"));
        }
        let mut transcript = self.recognised(&cut, stop, watch).await?;
        if transcript.text().is_empty() {
            return Err(refusal("voice-silent"));
        }
        for segment in &mut transcript.segments {
            *segment = Segment {
                start_ms: cut.when(segment.start_ms),
                end_ms: cut.when(segment.end_ms),
                text: std::mem::take(&mut segment.text),
            };
        }
        Ok(Said { transcript, length })
    }

    async fn decoded(&self, file: &Path, stop: &CancellationToken) -> Result<Vec<f32>, Failure> {
        let (file, most, halt) = (file.to_owned(), self.options.most, stop.clone());
        let decoding =
            tokio::task::spawn_blocking(move || decode(&file, &Bounds { most, within: DECODING }, &halt));
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
        let samples: Arc<[f32]> = samples.into();
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
        cut: &Cut,
        stop: &CancellationToken,
        watch: &Watch,
    ) -> Result<Transcript, Failure> {
        let request = HearRequest {
            samples: cut.samples.as_slice().into(),
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
                let told = run(&general.model, ask, stop, watch).await?.language;
                let model = if knows(&special, &told) { special } else { general };
                (model, Some(told))
            }
            (Some(one), None) | (None, Some(one)) => (one, None),
            (None, None) => return Err(refusal("hear-model-missing")),
        };
        run(&model.model, HearRequest { language, ..request }, stop, watch).await
    }
}

async fn run(
    model: &Hearing,
    request: HearRequest,
    stop: &CancellationToken,
    watch: &Watch,
) -> Result<Transcript, Failure> {
    let watch = watch.clone();
    let progress = Box::new(move |heard: Heard| watch(heard.done_ms / 1_000, heard.of_ms.div_ceil(1_000)));
    model.run(request, stop.clone(), progress).await.map_err(InferenceError::failure)
}

/// What a recording that gives no sound means for whoever sent it.
fn failure(error: DecodeError) -> Failure {
    let (kind, phrase) = match &error {
        DecodeError::Stopped => (FailureKind::Stopped, Phrase::new("stopping")),
        DecodeError::Empty => (FailureKind::Theirs, Phrase::new("voice-empty")),
        DecodeError::NotAudio => (FailureKind::Theirs, Phrase::new("voice-not-audio")),
        DecodeError::NoAudioTrack { .. } => (FailureKind::Theirs, Phrase::new("voice-no-audio")),
        DecodeError::Codec { name } => (FailureKind::Theirs, Phrase::new("voice-codec").with("codec", *name)),
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
