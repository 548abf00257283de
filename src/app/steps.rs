//! `step`: one step by itself, to see which one went wrong. `-` reads lines of standard input.

use std::io::BufRead as _;
use std::time::Instant;

use anyhow::Context as _;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::arguments::{StepArguments, StepCommand};
use super::config::Config;
use super::engines::{self, Engines};
use super::places::Places;
use super::say;
use crate::inference::{UnderstandRequest, Understanding, Understood};

/// Does a step on every input.
pub(super) async fn step(places: &Places, config: &Config, command: &StepCommand) -> anyhow::Result<()> {
    let engines = Engines::installed(places, config);
    let model = engines
        .understanding
        .context("the understanding model is not installed: aisaac models pull starter")?;
    let (StepCommand::Understand(arguments) | StepCommand::Extract(arguments)) = command;
    for text in inputs(arguments) {
        let since = Instant::now();
        let (human, mut line) = match command {
            StepCommand::Understand(_) => understand(&model, &text?).await?,
            StepCommand::Extract(_) => extract(&model, &text?).await?,
        };
        if arguments.json {
            line.insert(
                "ms".to_owned(),
                json!(u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)),
            );
            say(&Value::Object(line).to_string())?;
        } else {
            say(&human)?;
        }
    }
    engines::end(&engines.threads).await;
    Ok(())
}

fn inputs(arguments: &StepArguments) -> Box<dyn Iterator<Item = std::io::Result<String>> + '_> {
    if arguments.input == ["-"] {
        return Box::new(std::io::stdin().lock().lines());
    }
    Box::new(arguments.input.iter().cloned().map(Ok))
}

async fn run(model: &Understanding, request: UnderstandRequest) -> anyhow::Result<Understood> {
    model.run(request, CancellationToken::new(), Box::new(|()| ())).await.context("the understanding model")
}

/// The contract's labels: a follow-up on a picture counts as *draw*.
async fn understand(model: &Understanding, text: &str) -> anyhow::Result<(String, Map<String, Value>)> {
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
    let line = json!({"text": text, "intent": best, "scores": by_label});
    Ok((format!("{best}\t{text}"), object(line)))
}

async fn extract(model: &Understanding, text: &str) -> anyhow::Result<(String, Map<String, Value>)> {
    let Understood::Subject(range) = run(model, UnderstandRequest::Subject { text: text.to_owned() }).await?
    else {
        anyhow::bail!("the understanding model answered something else");
    };
    let subject = range.and_then(|range| text.get(range)).unwrap_or_default();
    Ok((format!("{subject}\t{text}"), object(json!({"text": text, "subject": subject}))))
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::new() }
}
