//! `step hear`: recordings -> what was said.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::Done;
use crate::app::engines::Engines;
use crate::app::voice::Voice;
use crate::message::Phrase;
use crate::messenger::console;
use crate::speech::{Speech, Watch};

/// What hears.
pub(super) fn speech(engines: &Engines, voice: &Voice) -> anyhow::Result<Speech> {
    engines.speech.clone().ok_or_else(|| voice.refusal(&Phrase::new("hear-model-missing")))
}

pub(super) async fn one(speech: &Speech, file: &str, voice: &Voice) -> anyhow::Result<Done> {
    // As `ask --voice` looks at a file, and refuses it.
    let recording = console::recording(Path::new(file), None);
    if let Err(error) = console::open(&recording).await {
        return Err(voice.refusal(&error.phrase()));
    }
    let watch: Watch = Arc::new(|_, _| ());
    let said = match speech.hear(Path::new(file), &CancellationToken::new(), &watch).await {
        Ok(said) => said,
        Err(failure) => {
            let said = voice.refusal(&failure.phrase);
            return Err(match failure.source {
                Some(cause) => anyhow::anyhow!("{said:#} ({})", crate::message::causes(cause.as_ref())),
                None => said,
            });
        }
    };
    let (text, seconds) = (said.transcript.text(), said.length.as_secs_f64());
    let segments: Vec<_> = said
        .transcript
        .segments
        .iter()
        .map(|one| json!({"start_ms": one.start_ms, "end_ms": one.end_ms, "text": one.text}))
        .collect();
    let language = &said.transcript.language;
    let line = json!({"file": file, "text": text, "language": language, "seconds": (seconds * 100.0).round() / 100.0, "segments": segments});
    Ok(Done { human: text, line })
}
