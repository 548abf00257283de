//! Which model is needed for what the house does, as the configuration asks, and whether it does a small request.

use std::path::Path;
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::facts::reason;
use super::models::{Role, Wanted};
use crate::app::config::Config;
use crate::app::engines::{self, Engines};
use crate::app::places::Places;
use crate::inference::{
    ChatRequest, DrawRequest, Handle, HearRequest, Progress, Role as Speaker, Sampling, Turn,
    UnderstandRequest,
};
use crate::message::millis;
use crate::models::{Catalogue, Manifest, PullError, installed};

/// What was found for each thing the house does, in the order of [`NAMES`].
pub(super) type Found = [Wanted; 4];

const NAMES: [&str; 4] = ["understanding", "answers", "pictures", "hearing"];

/// What there is, by files alone.
pub(super) fn wanted(catalogue: &Catalogue, data: &Path, config: &Config) -> Found {
    let chosen = config.answer.model.as_deref();
    let best = engines::answering(catalogue).into_iter().find(|model| installed(data, model));
    let best = best.map_or("instruct", |model| &model.name);
    let hears = engines::hearing(catalogue).into_iter().find(|model| installed(data, model));
    let hears = hears.map_or("whisper-base", |model| &model.name);
    let one = |name, family| found(catalogue, data, name, family);
    [
        one("understand", "understanding"),
        one(chosen.unwrap_or(best), "causal_lm"),
        one(&config.draw.model, "diffusion"),
        one(config.hear.model.as_deref().unwrap_or(hears), "whisper"),
    ]
}

fn found(catalogue: &Catalogue, data: &Path, name: &str, family: &str) -> Wanted {
    let Some(model) = catalogue.get(name) else {
        let nearest = match catalogue.named(name) {
            Err(PullError::Unknown { nearest, .. }) => nearest,
            _ => None,
        };
        return Wanted::Unknown { model: name.to_owned(), nearest };
    };
    if model.family != family {
        return Wanted::OtherKind { model: name.to_owned() };
    }
    let whole = |name: &String| catalogue.get(name).is_some_and(|model| installed(data, model));
    if installed(data, model) && model.needs.iter().all(whole) {
        return Wanted::Here { model: model.name.clone(), title: model.title.clone() };
    }
    let pull = if model.sets.iter().any(|set| set == "starter") { "starter" } else { &model.name };
    Wanted::Missing { model: name.to_owned(), pull: pull.to_owned() }
}

/// The models that the house would load.
pub(super) fn used<'a>(found: &Found, catalogue: &'a Catalogue) -> Vec<&'a Manifest> {
    found.iter().filter_map(|wanted| here(wanted, catalogue)).collect()
}

/// The answer model, when there is one.
pub(super) fn answers<'a>([_, answers, ..]: &Found, catalogue: &'a Catalogue) -> Option<&'a Manifest> {
    here(answers, catalogue)
}

fn here<'a>(wanted: &Wanted, catalogue: &'a Catalogue) -> Option<&'a Manifest> {
    match wanted {
        Wanted::Here { model, .. } => catalogue.get(model),
        _ => None,
    }
}

/// Each with a trial by the models of these places, if they are given and it is there.
pub(super) async fn tried(found: &Found, by: Option<(&Places, &Config)>) -> Vec<Role> {
    let engines = by.map(|(places, config)| Engines::installed(places, config));
    let mut roles = Vec::new();
    for (name, wanted) in NAMES.into_iter().zip(found) {
        let trial = match &engines {
            Some(engines) if matches!(wanted, Wanted::Here { .. }) => Some(trial(name, engines).await),
            _ => None,
        };
        roles.push(Role { name, wanted: wanted.clone(), trial });
    }
    if let Some(engines) = &engines {
        engines::end(&engines.threads).await;
    }
    roles
}

/// A small request: one phrase, one word, one step.
async fn trial(name: &str, engines: &Engines) -> Result<u64, String> {
    let gone = || "its manifest cannot be read".to_owned();
    match name {
        "understanding" => {
            let model = engines.understanding.as_ref().ok_or_else(gone)?;
            ask(model, UnderstandRequest::Subject { text: "нарисуй кота".to_owned() }, Box::new(|()| ()))
                .await
        }
        "answers" => {
            let (model, _) = engines.answering.as_ref().ok_or_else(gone)?;
            let turns = vec![Turn { role: Speaker::User, text: "Hi".to_owned() }];
            let sampling = Sampling::default();
            let request = ChatRequest { turns, sampling, max_new_tokens: 1, stop: Vec::new() };
            ask(model, request, Box::new(|_| ())).await
        }
        "hearing" => {
            let speech =
                engines.speech.as_ref().and_then(|speech| speech.recognisers.last()).ok_or_else(gone)?;
            let samples = vec![0.0; 16_000].into();
            let request = HearRequest { samples, language: Some("en".to_owned()), ..HearRequest::default() };
            ask(&speech.model, request, Box::new(|_| ())).await
        }
        _ => {
            let painting = engines.painting.as_ref().ok_or_else(gone)?;
            let request = DrawRequest {
                prompt: "a cat".to_owned(),
                negative: None,
                seed: 0,
                size: None,
                steps: Some(1),
                guidance: None,
            };
            ask(&painting.model, request, Box::new(|_| ())).await
        }
    }
}

/// Milliseconds that loading and the request took.
async fn ask<I, O, P>(model: &Handle<I, O, P>, request: I, progress: Progress<P>) -> Result<u64, String>
where
    I: Send + 'static,
    O: Send + 'static,
    P: 'static,
{
    let since = Instant::now();
    model.run(request, CancellationToken::new(), progress).await.map_err(reason)?;
    Ok(millis(since.elapsed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_configuration_asks_for_is_looked_up() {
        let (data, catalogue) = (tempfile::tempdir().unwrap(), Catalogue::built_in());
        let with = |text: &str| wanted(&catalogue, data.path(), &Config::parse(text).unwrap());
        let missing = |model: &str, pull: &str| Wanted::Missing { model: model.into(), pull: pull.into() };
        assert_eq!(
            with(""),
            ["understand", "instruct", "sketch", "whisper-base"].map(|model| missing(model, "starter"))
        );
        let mut config = Config::parse("[answer]\nmodel = 'answer-ru'\n").unwrap();
        config.draw.model = "sketsh".into();
        let chosen = wanted(&catalogue, data.path(), &config);
        assert_eq!(chosen[1], missing("answer-ru", "answer-ru-qwen3-0.6b"));
        assert_eq!(chosen[2], Wanted::Unknown { model: "sketsh".into(), nearest: Some("sketch".into()) });
        config.draw.model = "instruct".into();
        let other = wanted(&catalogue, data.path(), &config);
        assert_eq!(other[2], Wanted::OtherKind { model: "instruct".into() });
        assert!(used(&other, &catalogue).is_empty() && answers(&other, &catalogue).is_none());
    }
}
