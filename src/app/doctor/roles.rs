//! Which model is needed for what the house does, as the configuration asks, and whether it does a small request.

use std::path::Path;
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::facts::reason;
use super::models::{Role, Wanted};
use crate::app::config::Config;
use crate::app::engines::{self, Engines};
use crate::app::places::Places;
use crate::app::preferred;
use crate::inference::{
    ChatRequest, DrawRequest, Handle, HearRequest, Progress, RewriteRequest, Role as Speaker, Sampling, Turn,
    UnderstandRequest,
};
use crate::message::millis;
use crate::models::{Catalogue, Manifest, PullError, Purpose, installed};

/// What was found for each thing the house does, by its name among the checks.
pub(super) type Found = Vec<(&'static str, Wanted)>;

/// What there is, by files alone.
pub(super) fn wanted(catalogue: &Catalogue, data: &Path, config: &Config) -> Found {
    let look = Look { catalogue, data };
    let answers = config.answer.model.clone();
    let answers = answers.unwrap_or_else(|| look.best(preferred::answering(catalogue), "instruct"));
    let hears = config.hear.model.clone();
    let hears = hears.unwrap_or_else(|| look.best(preferred::hearing(catalogue), "whisper-base"));
    vec![
        ("understanding", look.at("understand", |model| model.family == "understanding")),
        ("extraction", look.extraction(config)),
        ("translation", look.translation(config)),
        ("answers", look.at(&answers, |model| model.is_for(Purpose::Answer))),
        ("pictures", look.at(&config.draw.model, |model| model.family == "diffusion")),
        ("hearing", look.at(&hears, |model| model.family == "whisper")),
    ]
}

/// Where it is looked.
struct Look<'a> {
    catalogue: &'a Catalogue,
    data: &'a Path,
}

impl Look<'_> {
    /// What finds the subject: the span head, unless the configuration names another model.
    fn extraction(&self, config: &Config) -> Wanted {
        match &config.draw.extract {
            Some(name) => self.at(name, |model| model.is_for(Purpose::Extract)),
            None => self.at("understand", |model| model.family == "understanding"),
        }
    }

    /// What translates it: nothing where the picture model is asked in Russian, or in any language.
    fn translation(&self, config: &Config) -> Wanted {
        let painter = self.catalogue.get(&config.draw.model).filter(|model| model.family == "diffusion");
        let painter = painter.filter(|model| model.languages.is_empty() || model.speaks("ru"));
        match (&config.draw.translate, painter) {
            (None, Some(painter)) => Wanted::Needless { title: painter.title.clone() },
            (chosen, _) => {
                let best = self.best(preferred::translating(self.catalogue), "translate-ru-en");
                self.at(chosen.as_ref().unwrap_or(&best), |model| model.is_for(Purpose::Translate))
            }
        }
    }

    /// The first of them that is installed.
    fn best(&self, models: Vec<&Manifest>, otherwise: &str) -> String {
        let here = models.into_iter().find(|model| installed(self.data, model));
        here.map_or_else(|| otherwise.to_owned(), |model| model.name.clone())
    }

    fn at(&self, name: &str, fits: impl Fn(&Manifest) -> bool) -> Wanted {
        let Some(model) = self.catalogue.get(name) else {
            let nearest = match self.catalogue.named(name) {
                Err(PullError::Unknown { nearest, .. }) => nearest,
                _ => None,
            };
            return Wanted::Unknown { model: name.to_owned(), nearest };
        };
        if !fits(model) {
            return Wanted::OtherKind { model: name.to_owned() };
        }
        let here = |model: &Manifest| installed(self.data, model);
        let whole = |name: &String| self.catalogue.get(name).is_some_and(here);
        if here(model) && model.needs.iter().all(whole) {
            return Wanted::Here { model: model.name.clone(), title: model.title.clone() };
        }
        let pull = if model.sets.iter().any(|set| set == "starter") { "starter" } else { &model.name };
        Wanted::Missing { model: name.to_owned(), pull: pull.to_owned() }
    }
}

/// The models that the house would load, each once.
pub(super) fn used<'a>(found: &Found, catalogue: &'a Catalogue) -> Vec<&'a Manifest> {
    let mut models: Vec<&Manifest> = Vec::new();
    for model in found.iter().filter_map(|(_, wanted)| here(wanted, catalogue)) {
        if !models.iter().any(|other| other.name == model.name) {
            models.push(model);
        }
    }
    models
}

/// The answer model, when there is one.
pub(super) fn answers<'a>(found: &Found, catalogue: &'a Catalogue) -> Option<&'a Manifest> {
    found.iter().find(|(name, _)| *name == "answers").and_then(|(_, wanted)| here(wanted, catalogue))
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
    for (name, wanted) in found {
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
        "extraction" if engines.extractor.is_some() => {
            let model = engines.extractor.as_ref().ok_or_else(gone)?;
            ask(&model.model, rewrite("нарисуй кота"), Box::new(|_| ())).await
        }
        "translation" => {
            let model = engines.translator.as_ref().ok_or_else(gone)?;
            ask(&model.model, rewrite("кот"), Box::new(|_| ())).await
        }
        "understanding" | "extraction" => {
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

fn rewrite(text: &str) -> RewriteRequest {
    RewriteRequest { text: text.to_owned(), language: "ru".to_owned() }
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
        let of = |found: &Found, name: &str| found.iter().find(|(role, _)| *role == name).unwrap().1.clone();
        let starter = with("");
        for (role, model) in [
            ("understanding", "understand"),
            ("extraction", "understand"),
            ("answers", "instruct"),
            ("pictures", "sketch"),
            ("hearing", "whisper-base"),
        ] {
            assert_eq!(of(&starter, role), missing(model, "starter"), "{role}");
        }
        assert!(matches!(of(&starter, "translation"), Wanted::Needless { title } if title.contains("327")));
        let mut config = Config::parse("[answer]\nmodel = 'answer-ru'\n").unwrap();
        config.draw.model = "sketsh".into();
        let chosen = wanted(&catalogue, data.path(), &config);
        assert_eq!(of(&chosen, "answers"), missing("answer-ru", "answer-ru-qwen3-0.6b"));
        let unknown = Wanted::Unknown { model: "sketsh".into(), nearest: Some("sketch".into()) };
        assert_eq!(of(&chosen, "pictures"), unknown);
        config.draw.model = "instruct".into();
        let other = wanted(&catalogue, data.path(), &config);
        assert_eq!(of(&other, "pictures"), Wanted::OtherKind { model: "instruct".into() });
        assert!(used(&other, &catalogue).is_empty() && answers(&other, &catalogue).is_none());
    }

    #[test]
    fn who_extracts_and_who_translates_is_looked_up() {
        let (data, catalogue) = (tempfile::tempdir().unwrap(), Catalogue::built_in());
        let role = |key: &str, model: &str, name: &str| {
            let (mut config, model) = (Config::default(), model.to_owned());
            match key {
                "extract" => config.draw.extract = Some(model),
                "translate" => config.draw.translate = Some(model),
                _ => config.draw.model = model,
            }
            let found = wanted(&catalogue, data.path(), &config);
            found.into_iter().find(|(role, _)| *role == name).unwrap().1
        };
        let missing = |model: &str, pull: &str| Wanted::Missing { model: model.into(), pull: pull.into() };
        let other = |model: &str| Wanted::OtherKind { model: model.into() };
        for (key, model, name, wanted) in [
            ("extract", "rut5-qa", "extraction", missing("rut5-qa", "rut5-qa")),
            ("extract", "instruct-t5", "extraction", other("instruct-t5")),
            ("model", "sd-turbo", "translation", missing("translate-ru-en", "starter")),
            ("translate", "opus-mt-ru-en", "translation", missing("opus-mt-ru-en", "opus-mt-ru-en")),
            ("translate", "rut5-qa", "translation", other("rut5-qa")),
        ] {
            assert_eq!(role(key, model, name), wanted, "{key} {model}");
        }
        let config = Config::parse("[answer]\nmodel = 'instruct-t5'\n").unwrap();
        let found = wanted(&catalogue, data.path(), &config);
        assert!(
            found.contains(&("answers", missing("instruct-t5", "instruct-t5"))),
            "it answers, too: {found:?}"
        );
    }
}
