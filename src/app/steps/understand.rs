//! `step understand` and `step extract`: which intent, and what to draw.

use anyhow::Context as _;
use serde_json::{Map, json};
use tokio_util::sync::CancellationToken;

use super::Done;
use crate::app::engines::Engines;
use crate::app::voice::Voice;
use crate::inference::{UnderstandRequest, Understanding, Understood};
use crate::intent::{self, Rewrites};

/// The understanding model.
pub(super) fn model(engines: &Engines) -> anyhow::Result<Understanding> {
    engines
        .understanding
        .clone()
        .context("the understanding model is not installed: aisaac models pull starter")
}

/// The contract's labels: a follow-up on a picture counts as *draw*.
pub(super) async fn intent(model: &Understanding, text: &str) -> anyhow::Result<Done> {
    let Understood::Intent { scores, matched } =
        run(model, UnderstandRequest::Intent { text: text.to_owned() }).await?
    else {
        anyhow::bail!("the understanding model answered something else");
    };
    let label = |name: &str| if name == "redo" { "draw".to_owned() } else { name.to_owned() };
    let best =
        scores.first().filter(|_| matched).map_or_else(|| "answer".to_owned(), |(name, _)| label(name));
    let mut by_label = Map::new();
    for (name, score) in &scores {
        let entry = by_label.entry(label(name)).or_insert_with(|| json!(0.0));
        if entry.as_f64().is_none_or(|known| known < f64::from(*score)) {
            *entry = json!(score);
        }
    }
    // What nothing else matches is an answer.
    let nothing = 1.0 - scores.iter().map(|(_, score)| f64::from(*score)).fold(0.0, f64::max);
    by_label.insert("answer".to_owned(), json!(nothing));
    let line = json!({"text": text, "intent": best, "scores": by_label});
    Ok(Done { human: format!("{best}\t{text}"), line })
}

/// Empty when there is none.
pub(super) async fn subject(
    models: (Option<&Rewrites>, Option<&Understanding>),
    text: &str,
    voice: &Voice,
) -> anyhow::Result<Done> {
    let found = intent::subject(text, voice.language, models, &CancellationToken::new()).await;
    let subject = found.map_err(|failure| voice.refusal(&failure.phrase))?.unwrap_or_default();
    Ok(Done { human: format!("{subject}\t{text}"), line: json!({"text": text, "subject": subject}) })
}

async fn run(model: &Understanding, request: UnderstandRequest) -> anyhow::Result<Understood> {
    model.run(request, CancellationToken::new(), Box::new(|()| ())).await.context("the understanding model")
}
