//! `models`: list, show, pull, verify, remove.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};

use super::arguments::ModelsCommand;
use super::places::Places;
use super::say;
use crate::models::{
    self, Catalogue, HubOptions, Manifest, Options, Plan, Progress, Stage, State, Token, Watch, readable,
};

pub(super) async fn models(places: &Places, command: &ModelsCommand) -> anyhow::Result<()> {
    let (catalogue, data) = (Catalogue::built_in(), places.data());
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
                show(data, &catalogue, model)?;
            }
            Ok(())
        }
        ModelsCommand::Verify => verify(data, &catalogue).await,
        ModelsCommand::Pull { names, from } => {
            let options = Options { from: from.clone(), hub: hub(), ..Options::default() };
            let (names, data) = (names.clone(), data.to_owned());
            let plan =
                tokio::task::spawn_blocking(move || Plan::new(&catalogue, &names, &data, options)).await??;
            pull(&plan).await
        }
        ModelsCommand::Remove { name } => {
            let removed = models::remove(&catalogue, data, name)?;
            say(&format!("{} files removed, {} are free again", removed.files, readable(removed.bytes)))
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

fn show(data: &Path, catalogue: &Catalogue, model: &Manifest) -> anyhow::Result<()> {
    say(&format!("{}: {}", model.name, model.title))?;
    say(&format!("family {}, licence {}, memory {} MB", model.family, model.licence, model.memory_mb))?;
    say(&format!("languages {}, sets {}", model.languages.join(" "), model.sets.join(" ")))?;
    say(&format!("source {}", model.source))?;
    say(&format!(
        "download {}, {}",
        readable(catalogue.download_bytes(model)),
        stands(&models::state(data, model))
    ))?;
    for (what, figure) in &model.quality {
        say(&format!("measured {what}: {figure}"))?;
    }
    for file in &model.files {
        let sum = file.sha256.as_deref().unwrap_or("no sum published, the first pull records it");
        say(&format!("  {}\t{}\t{sum}", file.path, readable(file.bytes)))?;
    }
    Ok(())
}

async fn verify(data: &Path, catalogue: &Catalogue) -> anyhow::Result<()> {
    let (data, models) = (data.to_owned(), catalogue.models().cloned().collect::<Vec<_>>());
    let (there, wrong) = tokio::task::spawn_blocking(move || {
        let there: Vec<_> =
            models.iter().filter(|model| models::state(&data, model) != State::Missing).collect();
        let flaws = there.iter().flat_map(|model| models::verify(&data, model, &mut |_, _| ()));
        (there.len(), flaws.collect::<Vec<_>>())
    })
    .await?;
    if there == 0 {
        return say("no model is installed; to bring the first ones: aisaac models pull starter");
    }
    if wrong.is_empty() {
        return say("every installed file has its sum");
    }
    let lines: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    bail!(
        "{}\ncure: aisaac models pull with the name before the slash brings these files again",
        lines.join("\n")
    )
}

/// Says what it will do, does it, and says what came.
async fn pull(plan: &Plan) -> anyhow::Result<()> {
    if plan.is_complete() {
        return tell("everything is installed already");
    }
    for model in plan.models.iter().filter(|model| !model.files.is_empty()) {
        let manifest = &model.manifest;
        let (download, disk) = (readable(model.download_bytes), readable(model.disk_bytes));
        tell(&format!(
            "{}: {} ({}); {download} to download, {disk} on disk",
            manifest.name, manifest.title, manifest.licence
        ))?;
    }
    let (download, disk) = (readable(plan.download_bytes), readable(plan.disk_bytes));
    tell(&format!("together {download} to download, {disk} on disk, {} free", readable(plan.free_bytes)))?;
    for file in &plan.unsummed {
        tell(&format!("{file}: no sum is published; what comes is recorded and held to from then on"))?;
    }
    let bar = Arc::new(Bar::default());
    let shown = Arc::clone(&bar);
    let watch: Watch = Arc::new(move |progress| shown.show(progress));
    let done = plan.pull(&watch).await;
    bar.end();
    let report = done?;
    for (file, sum) in &report.recorded {
        tell(&format!("{file}: recorded SHA-256 {sum}"))?;
    }
    tell(&format!("{} files, {}: done", report.files, readable(report.bytes)))
}

/// One bar for the file in hand; lines where standard error is no terminal.
#[derive(Default)]
struct Bar {
    now: Mutex<Option<(String, Stage, ProgressBar)>>,
}

impl Bar {
    fn show(&self, progress: &Progress) {
        let Ok(mut now) = self.now.lock() else { return };
        let same =
            now.as_ref().is_some_and(|(what, stage, _)| *what == progress.what && *stage == progress.stage);
        if !same {
            if let Some((_, _, bar)) = now.take() {
                bar.finish_and_clear();
            }
            let verb = match progress.stage {
                Stage::Downloading => "downloading",
                Stage::Checking => "checking",
                Stage::Writing => "writing",
            };
            if !std::io::stderr().is_terminal() {
                let _ = tell(&format!("  {verb} {} ({})", progress.what, readable(progress.of)));
            }
            let bar = ProgressBar::new(progress.of).with_message(format!("{verb} {}", progress.what));
            let style = "{msg} [{bar:30}] {bytes} of {total_bytes}, {eta} left";
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
