//! `models`: list, show, pull, verify, remove.

use std::path::Path;

use super::arguments::{ModelsCommand, PullArguments};
use super::config::Config;
use super::places::Places;
use super::pull_error::{of_flaw, of_unusable};
use super::pulling::{House, pull};
use super::sorry::sorry;
use super::voice::Voice;
use super::{hub, say};
use crate::message::Phrase;
use crate::models::{self, Catalogue, Manifest, Options, Plan, State, readable};

pub(super) async fn models(
    places: &Places,
    (config, path): (&Config, &Path),
    command: &ModelsCommand,
) -> anyhow::Result<()> {
    let (catalogue, data, voice) = (Catalogue::of(places.data()), places.data(), Voice::of(config.language));
    for unusable in catalogue.unusable() {
        super::tell(&voice.render(&of_unusable(unusable)))?;
    }
    match command {
        ModelsCommand::List => list(&catalogue, data),
        ModelsCommand::Show { name } => {
            for model in catalogue.named(name)? {
                show(data, &catalogue, model, &voice)?;
            }
            Ok(())
        }
        ModelsCommand::Verify { names } => verify(data, &catalogue, names, &voice).await,
        ModelsCommand::Pull(PullArguments { names, from, yes }) => {
            let options =
                Options { from: from.clone(), hub: hub::options(&config.hub), ..Options::default() };
            let (names, into) = (names.clone(), data.to_owned());
            let planned = tokio::task::spawn_blocking(move || Plan::new(&catalogue, &names, &into, options));
            pull(&mut planned.await??, *yes, &House { config, path, data }, &voice).await
        }
        ModelsCommand::Remove { name } => {
            unused(places, config, &catalogue, name)?;
            let removed = models::remove(&catalogue, data, name)?;
            let files = i64::try_from(removed.files).unwrap_or(i64::MAX);
            voice.say(
                &Phrase::new("models-removed").with("files", files).with("size", readable(removed.bytes)),
            )?;
            if removed.kept.is_empty() {
                return Ok(());
            }
            voice.say(&Phrase::new("models-kept").with("names", removed.kept.join(", ")))
        }
    }
}

fn list(catalogue: &Catalogue, data: &Path) -> anyhow::Result<()> {
    catalogue.list(data).iter().try_for_each(|model| {
        let (manifest, state) = (model.manifest, stands(&model.state));
        say(&format!(
            "{}\t{state}\t{}\t{}\t{}\t{}",
            manifest.name,
            manifest.licence,
            readable(model.disk_bytes),
            manifest.languages.join(","),
            manifest.title
        ))
    })
}

/// Refuses to remove what a running house may have open, or what the configuration names.
fn unused(places: &Places, config: &Config, catalogue: &Catalogue, name: &str) -> anyhow::Result<()> {
    let going = catalogue.named(name)?;
    let draw = &config.draw;
    let wanted = [
        ("draw.model", Some(&draw.model)),
        ("draw.extract", draw.extract.as_ref()),
        ("draw.translate", draw.translate.as_ref()),
        ("answer.model", config.answer.model.as_ref()),
    ];
    let default = Config::default().draw.model;
    for (key, chosen) in wanted {
        let chosen = chosen.filter(|chosen| **chosen != default).and_then(|chosen| catalogue.get(chosen));
        if let Some(model) = chosen.filter(|model| going.iter().any(|one| one.name == model.name)) {
            let phrase = Phrase::new("models-configured").with("name", model.name.as_str());
            return Err(sorry(phrase.with("key", key)));
        }
    }
    if places.try_lock()?.is_none() {
        return Err(sorry(Phrase::new("models-in-use").with("folder", places.data().display().to_string())));
    }
    Ok(())
}

const fn stands(state: &State) -> &'static str {
    match state {
        State::Installed => "installed",
        State::Partial { .. } => "incomplete",
        State::Missing => "-",
    }
}

fn show(data: &Path, catalogue: &Catalogue, model: &Manifest, voice: &Voice) -> anyhow::Result<()> {
    say(&format!("{}: {}", model.name, model.title))?;
    let facts = Phrase::new("models-facts")
        .with("family", model.family.as_str())
        .with("licence", model.licence.as_str())
        .with("memory", i64::from(model.memory_mb));
    voice.say(&facts)?;
    let names: Vec<String> =
        model.languages.iter().map(|code| voice.phrases.language(voice.language, code)).collect();
    let words = Phrase::new("models-words").with("languages", names.join(", "));
    voice.say(&words.with("sets", model.sets.join(", ")))?;
    voice.say(&Phrase::new("models-source").with("source", model.source.as_str()))?;
    let size = readable(catalogue.download_bytes(model));
    let state = stands(&models::state(data, model));
    voice.say(&Phrase::new("models-download").with("size", size).with("state", state))?;
    for (what, figure) in &model.quality {
        let phrase = Phrase::new("models-measured").with("what", what.as_str());
        voice.say(&phrase.with("figure", figure.to_string()))?;
    }
    for file in &model.files {
        let unknown = || voice.render(&Phrase::new("models-no-sum"));
        let sum = file.sha256.clone().unwrap_or_else(unknown);
        say(&format!("  {}\t{}\t{sum}", file.path, readable(file.bytes)))?;
    }
    licence(data, catalogue, model, voice)
}

/// The licence text that lies with the model or in the program; else where it stands.
fn licence(data: &Path, catalogue: &Catalogue, model: &Manifest, voice: &Voice) -> anyhow::Result<()> {
    if let Some(terms) = &model.terms {
        voice.say(&Phrase::new("models-terms-stand").with("terms", terms.as_str()))?;
    }
    let texts = models::licence_text(catalogue, data, model);
    if texts.is_empty() && model.terms.is_none() {
        return voice.say(&Phrase::new("models-licence-later"));
    }
    texts.iter().try_for_each(|(file, text)| say(&format!("\n--- {file} ---\n{}", text.trim_end())))
}

async fn verify(data: &Path, catalogue: &Catalogue, names: &[String], voice: &Voice) -> anyhow::Result<()> {
    let models: Vec<Manifest> = if names.is_empty() {
        catalogue.models().cloned().collect()
    } else {
        catalogue.wanted(names)?.into_iter().cloned().collect()
    };
    let data = data.to_owned();
    let (there, wrong) = tokio::task::spawn_blocking(move || {
        let there: Vec<_> =
            models.iter().filter(|model| models::state(&data, model) != State::Missing).collect();
        let flaws = there.iter().flat_map(|model| models::verify(&data, model, &mut |_, _| ()));
        (there.len(), flaws.collect::<Vec<_>>())
    })
    .await?;
    if there == 0 {
        return voice.say(&Phrase::new("models-none"));
    }
    if wrong.is_empty() {
        return voice.say(&Phrase::new("models-verified"));
    }
    let lines: Vec<String> = wrong.iter().map(|flaw| voice.render(&of_flaw(flaw))).collect();
    Err(sorry(Phrase::new("models-wrong").with("files", lines.join("\n"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_configuration_names_is_not_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (places, catalogue) = (Places::find(Some(folder.path())).unwrap(), Catalogue::built_in());
        let refused = |config: &str, name: &str| {
            let config = Config::parse(config).unwrap();
            unused(&places, &config, &catalogue, name).err().map(|error| error.to_string())
        };
        for (config, name) in [
            ("[draw]\nmodel = 'sd-turbo'", "sd-turbo"),
            ("[draw]\nextract = 'rut5-qa'", "rut5-qa"),
            ("[draw]\ntranslate = 'opus-mt-ru-en'", "opus-mt-ru-en"),
            ("[answer]\nmodel = 'instruct-t5'", "instruct-t5"),
        ] {
            assert_eq!(refused(config, name).as_deref(), Some("models-configured"), "{config}");
            assert_eq!(refused("", name), None, "{name}");
        }
    }
}
