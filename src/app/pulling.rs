//! `models pull`: says what will come, asks where something must be agreed to, brings it, and says what came.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use super::config::Config;
use super::sorry::sorry;
use super::voice::Voice;
use super::{preferred, tell};
use crate::message::Phrase;
use crate::models::{
    Catalogue, Manifest, Plan, Progress, Purpose, Report, SETS, Stage, Watch, installed, readable,
};

/// Who would use what comes: a configuration, the file that it stands in or would stand in, and the data folder.
pub(super) struct House<'a> {
    pub(super) config: &'a Config,
    pub(super) path: &'a Path,
    pub(super) data: &'a Path,
}

/// Says what it will do, does it, and says what came. `yes`: agreed to on the command line.
pub(super) async fn pull(plan: &mut Plan, yes: bool, house: &House<'_>, voice: &Voice) -> anyhow::Result<()> {
    let tell = |phrase: Phrase| tell(&voice.render(&phrase));
    if plan.is_complete() {
        tell(Phrase::new("models-complete"))?;
        return usage(plan, house, voice);
    }
    plan.ask_hub().await?;
    announce(plan, voice)?;
    agree(plan, yes, voice).await?;
    let bar = Arc::new(Bar::new(voice));
    let shown = Arc::clone(&bar);
    let watch: Watch = Arc::new(move |progress| shown.show(progress));
    let done = plan.pull(&watch).await;
    bar.end();
    let Report { files, bytes, recorded } = done?;
    for (file, sum) in &recorded {
        let phrase = Phrase::new("models-recorded").with("file", file.as_str());
        tell(phrase.with("sum", sum.as_str()))?;
    }
    let files = i64::try_from(files).unwrap_or(i64::MAX);
    tell(Phrase::new("models-done").with("files", files).with("size", readable(bytes)))?;
    usage(plan, house, voice)
}

/// Sizes, free disk, licences, and what is not known.
fn announce(plan: &Plan, voice: &Voice) -> anyhow::Result<()> {
    let tell = |phrase: Phrase| tell(&voice.render(&phrase));
    let sizes = |key: &str, download, disk| {
        Phrase::new(key).with("download", readable(download)).with("disk", readable(disk))
    };
    for model in plan.models.iter().filter(|model| !model.files.is_empty()) {
        let manifest = &model.manifest;
        let phrase = sizes("models-plan", model.download_bytes, model.disk_bytes)
            .with("name", manifest.name.as_str())
            .with("title", manifest.title.as_str());
        tell(phrase.with("licence", manifest.licence.as_str()))?;
    }
    let together = sizes("models-together", plan.download_bytes, plan.disk_bytes);
    tell(together.with("free", readable(plan.free_bytes)))?;
    for file in &plan.unsummed {
        let key = if plan.told.contains(file) { "models-told" } else { "models-unsummed" };
        tell(Phrase::new(key).with("file", file.as_str()))?;
    }
    for (manifest, terms) in terms(plan) {
        let phrase = Phrase::new("models-terms").with("name", manifest.name.as_str()).with("terms", terms);
        tell(phrase.with("licence", manifest.licence.as_str()))?;
    }
    Ok(())
}

/// Models to be brought whose licence asks for a yes, and where it stands.
fn terms(plan: &Plan) -> impl Iterator<Item = (&Manifest, &str)> {
    let coming = plan.models.iter().filter(|model| !model.files.is_empty()).map(|model| &model.manifest);
    coming.filter_map(|manifest| Some((manifest, manifest.terms.as_deref()?)))
}

/// Whether somebody must say yes first: to terms, and to downloads beyond the first set, which `make chat` announces.
fn must_agree(plan: &Plan) -> bool {
    let starter =
        |manifest: &Manifest| manifest.sets.iter().any(|set| Some(set.as_str()) == SETS.first().copied());
    let beyond = plan.models.iter().any(|model| model.download_bytes > 0 && !starter(&model.manifest));
    beyond || terms(plan).next().is_some()
}

/// Asks on a terminal; refuses where nobody can be asked.
async fn agree(plan: &Plan, yes: bool, voice: &Voice) -> anyhow::Result<()> {
    if yes || !must_agree(plan) {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(sorry(Phrase::new("models-agree-how")));
    }
    write!(std::io::stderr(), "{} ", voice.render(&Phrase::new("models-agree"))).context("standard error")?;
    let answer = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    if agreed(&answer.await??) { Ok(()) } else { Err(sorry(Phrase::new("models-declined"))) }
}

fn agreed(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "д" | "да")
}

/// What must be said in the configuration before the house uses what was named.
fn usage(plan: &Plan, house: &House<'_>, voice: &Voice) -> anyhow::Result<()> {
    let came: Vec<&Manifest> = plan.models.iter().map(|model| &model.manifest).collect();
    let path = house.path.display().to_string();
    let others = uses(&came, house.config, house.data).into_iter();
    others
        .map(|phrase| phrase.with("path", path.as_str()))
        .try_for_each(|phrase| tell(&voice.render(&phrase)))
}

/// The keys that would have to name what came, each as a phrase without the file's path. Where the configuration names
/// none, the house takes the best answer model and the best translator that is installed: that is said of what belongs to
/// no set and is not the best.
fn uses(came: &[&Manifest], config: &Config, data: &Path) -> Vec<Phrase> {
    let last = |fits: &dyn Fn(&Manifest) -> bool| came.iter().rev().copied().find(|model| fits(model));
    let catalogue = Catalogue::of(data);
    let best = |models: Vec<&Manifest>, one: Option<&Manifest>| {
        let here = models.into_iter().find(|model| installed(data, model));
        here.filter(|_| one.is_some_and(|one| one.sets.is_empty())).map(|model| model.name.clone())
    };
    let answers = last(&|model| model.is_for(Purpose::Answer));
    let translates = last(&|model| model.is_for(Purpose::Translate));
    let draw = config.draw.clone();
    let chosen = [
        ("models-use-picture", last(&|model| model.family == "diffusion"), Some(draw.model)),
        (
            "models-use-extract",
            last(&|model| model.is_for(Purpose::Extract)),
            draw.extract.or(Some(String::new())),
        ),
        (
            "models-use-translate",
            translates,
            draw.translate.or_else(|| best(preferred::translating(&catalogue), translates)),
        ),
        (
            "models-use-answer",
            answers,
            config.answer.model.clone().or_else(|| best(preferred::answering(&catalogue), answers)),
        ),
    ];
    let others = chosen.into_iter().filter_map(|(key, model, taken)| {
        let model = model.filter(|model| taken.is_some_and(|taken| taken != model.name))?;
        Some(Phrase::new(key).with("name", model.name.as_str()))
    });
    others.collect()
}

/// One bar for the file in hand; lines where standard error is no terminal.
struct Bar {
    /// Downloading, checking, writing.
    verbs: [String; 3],
    now: Mutex<Option<(String, Stage, ProgressBar)>>,
}

impl Bar {
    fn new(voice: &Voice) -> Self {
        let verbs = ["models-downloading", "models-checking", "models-writing"];
        Self { verbs: verbs.map(|key| voice.render(&Phrase::new(key))), now: Mutex::default() }
    }

    fn show(&self, progress: &Progress) {
        let Ok(mut now) = self.now.lock() else { return };
        let same =
            now.as_ref().is_some_and(|(what, stage, _)| *what == progress.what && *stage == progress.stage);
        if !same {
            if let Some((_, _, bar)) = now.take() {
                bar.finish_and_clear();
            }
            let [downloading, checking, writing] = &self.verbs;
            let verb = match progress.stage {
                Stage::Downloading => downloading,
                Stage::Checking => checking,
                Stage::Writing => writing,
            };
            if !std::io::stderr().is_terminal() {
                let _ = tell(&format!("  {verb} {} ({})", progress.what, readable(progress.of)));
            }
            let bar = ProgressBar::new(progress.of).with_message(format!("{verb} {}", progress.what));
            let style = "{msg} [{bar:30}] {bytes} of {total_bytes}, {eta}";
            bar.set_style(
                ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            bar.enable_steady_tick(Duration::from_millis(250));
            *now = Some((progress.what.clone(), progress.stage, bar));
        }
        if let Some((_, _, bar)) = now.as_ref() {
            bar.set_length(progress.of);
            bar.set_position(progress.done);
        }
    }

    fn end(&self) {
        if let Ok(Some((_, _, bar))) = self.now.lock().map(|mut now| now.take()) {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{Options, folder};

    #[test]
    fn only_the_starter_comes_unasked() {
        let (catalogue, data) = (Catalogue::built_in(), tempfile::tempdir().unwrap());
        let must = |name: &str| {
            let plan = Plan::new(&catalogue, &[name.to_owned()], data.path(), Options::default()).unwrap();
            must_agree(&plan)
        };
        assert!(!must("starter") && !must("sketch"));
        assert!(must("answer-ru") && must("home") && must("sd-turbo"));
        let carried = Options::carried(data.path().to_owned());
        let of =
            |name: &str| Plan::new(&catalogue, &[name.to_owned()], data.path(), carried.clone()).unwrap();
        assert!(!must_agree(&of("answer-ru")), "nothing is downloaded, and its licence asks for nothing");
        assert!(must_agree(&of("sd15")), "terms are terms");
    }

    /// Files of the right lengths, which is what the house believes until it loads them.
    fn lay(data: &Path, model: &Manifest) {
        for file in &model.files {
            let path = folder(data, &model.name).join(&file.path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::File::create(path).unwrap().set_len(file.bytes).unwrap();
        }
    }

    #[test]
    fn what_the_house_would_not_take_by_itself_is_said_with_its_key() {
        let (catalogue, data) = (Catalogue::built_in(), tempfile::tempdir().unwrap());
        let told = |names: &[&str], config: &str| {
            let came: Vec<&Manifest> = names.iter().map(|name| catalogue.get(name).unwrap()).collect();
            let config = Config::parse(config).unwrap();
            let phrases = uses(&came, &config, data.path()).into_iter();
            phrases.map(|phrase| (phrase.key.clone(), phrase.args["name"].clone())).collect::<Vec<_>>()
        };
        let said = |key: &str, name: &str| vec![(key.to_owned(), name.into())];
        let (extract, translate) = ("models-use-extract", "models-use-translate");
        assert_eq!(told(&["rut5-qa"], ""), said(extract, "rut5-qa"));
        assert_eq!(told(&["rut5-qa"], "[draw]\nextract = 'rut5-qa'"), []);
        assert_eq!(told(&["opus-mt-ru-en"], ""), [], "the house takes it by itself");
        let small = "[draw]\ntranslate = 'translate-ru-en'";
        assert_eq!(told(&["opus-mt-ru-en"], small), said(translate, "opus-mt-ru-en"));
        assert_eq!(told(&["instruct-t5"], ""), [], "there is no other");
        assert_eq!(
            told(&["instruct-t5"], "[answer]\nmodel = 'instruct'"),
            said("models-use-answer", "instruct-t5")
        );
        assert_eq!(told(&["sketch", "sd-turbo"], ""), said("models-use-picture", "sd-turbo"));
        assert_eq!(told(&["sketch", "sd-turbo"], "[draw]\nmodel = 'sd-turbo'"), []);
        // One that answers in both languages is preferred.
        lay(data.path(), catalogue.get("answer-ru-qwen3-0.6b").unwrap());
        assert_eq!(told(&["instruct-t5"], ""), said("models-use-answer", "instruct-t5"));
        assert_eq!(told(&["instruct"], ""), [], "it came with its set");
    }

    #[test]
    fn a_yes_is_a_yes_in_both_languages() {
        assert!(["y\n", " Yes", "Да", "д"].into_iter().all(agreed));
        assert!(!["", "\n", "no", "нет", "yolo"].into_iter().any(agreed));
    }
}
