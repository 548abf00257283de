//! `step translate`: what to draw, put into the language that picture models speak.

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::Done;
use crate::app::engines::Engines;
use crate::app::voice::Voice;
use crate::intent::{self, Rewrites};
use crate::message::Phrase;

/// The translator.
pub(super) fn translator(engines: &Engines, voice: &Voice) -> anyhow::Result<Rewrites> {
    engines.translator.clone().ok_or_else(|| voice.refusal(&Phrase::new("translator-missing")))
}

/// A text that is in that language already stays as it is.
pub(super) async fn one(translator: &Rewrites, text: &str, voice: &Voice) -> anyhow::Result<Done> {
    let languages: Vec<String> = translator.to.iter().cloned().collect();
    let written = intent::prompt(text, &languages, Some(translator), &CancellationToken::new()).await;
    let translation = written.map_err(|failure| voice.refusal(&failure.phrase))?;
    let line = json!({"text": text, "translation": translation});
    Ok(Done { human: format!("{translation}\t{text}"), line })
}
