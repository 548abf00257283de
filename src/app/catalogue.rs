//! `models`: list, show, pull, verify, remove.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use super::arguments::ModelsCommand;
use super::places::Places;
use super::say;
use super::sorry::sorry;
use super::voice::Voice;
use crate::message::Phrase;
use crate::models::{
    self, Catalogue, HubOptions, Manifest, Options, Plan, Progress, Stage, State, Token, Watch, readable,
};

pub(super) async fn models(places: &Places, command: &ModelsCommand) -> anyhow::Result<()> {
    let (catalogue, data, voice) = (Catalogue::built_in(), places.data(), Voice::here());
    match command {
        ModelsCommand::List => {
            for model in catalogue.list(data) {
                let (manifest, state) = (model.manifest, stands(&model.state));
                let languages = manifest.languages.join(",");
                say(&format!(
                    "{}\t{state}\t{}\t{languages}\t{}\t{}",
                    manifest.name,
                    manifest.licence,
                    readable(model.disk_bytes),
                    manifest.title
                ))?;
            }
            Ok(())
        }
        ModelsCommand::Show { name } => {
            for model in catalogue.named(name)? {
                show(data, &catalogue, model, &voice)?;
            }
            Ok(())
        }
        ModelsCommand::Verify => verify(data, &catalogue, &voice).await,
        ModelsCommand::Pull { names, from } => {
            let options = Options { from: from.clone(), hub: hub(), ..Options::default() };
            let (names, data) = (names.clone(), data.to_owned());
            let plan =
                tokio::task::spawn_blocking(move || Plan::new(&catalogue, &names, &data, options)).await??;
            pull(&plan, &voice).await
        }
        ModelsCommand::Remove { name } => {
            let removed = models::remove(&catalogue, data, name)?;
            let files = i64::try_from(removed.files).unwrap_or(i64::MAX);
            voice.say(
                &Phrase::new("models-removed").with("files", files).with("size", readable(removed.bytes)),
            )
        }
    }
}

const fn stands(state: &State) -> &'static str {
    match state {
        State::Installed => "installed",
        State::Partial { .. } => "incomplete",
        State::Missing => "-",
    }
}

/// The endpoint and token that the hub's own tools use.
fn hub() -> HubOptions {
    let of = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let own = HubOptions::default();
    HubOptions {
        endpoint: of("HF_ENDPOINT").unwrap_or(own.endpoint),
        token: of("HF_TOKEN").as_deref().and_then(Token::new),
        ..own
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
    Ok(())
}

async fn verify(data: &Path, catalogue: &Catalogue, voice: &Voice) -> anyhow::Result<()> {
    let (data, models) = (data.to_owned(), catalogue.models().cloned().collect::<Vec<_>>());
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
    let lines: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    Err(sorry(Phrase::new("models-wrong").with("files", lines.join("\n"))))
}

/// Says what it will do, does it, and says what came.
async fn pull(plan: &Plan, voice: &Voice) -> anyhow::Result<()> {
    let tell = |phrase: Phrase| tell(&voice.render(&phrase));
    if plan.is_complete() {
        return tell(Phrase::new("models-complete"));
    }
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
        tell(Phrase::new("models-unsummed").with("file", file.to_string()))?;
    }
    let bar = Arc::new(Bar::new(voice));
    let shown = Arc::clone(&bar);
    let watch: Watch = Arc::new(move |progress| shown.show(progress));
    let done = plan.pull(&watch).await;
    bar.end();
    let report = done?;
    for (file, sum) in &report.recorded {
        let phrase = Phrase::new("models-recorded").with("file", file.to_string());
        tell(phrase.with("sum", sum.to_string()))?;
    }
    let files = i64::try_from(report.files).unwrap_or(i64::MAX);
    tell(Phrase::new("models-done").with("files", files).with("size", readable(report.bytes)))
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

/// Progress, on standard error.
fn tell(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stderr(), "{text}").context("standard error")
}
