//! `doctor`: everything that can be wrong, each with its cure. Changes nothing, works beside a running house, and where
//! nothing is installed.
//!
//! `facts`, `nvidia` and `page` look; the others decide (pure); here they are put in order and printed.

mod card;
mod check;
mod clock;
mod database;
mod facts;
mod ground;
mod locale;
mod machine;
mod models;
mod nvidia;
mod page;
mod roles;
mod telegram;

use std::io::IsTerminal as _;
use std::path::Path;

use check::{Check, State};
use ground::Lock;

use super::arguments::DoctorArguments;
use super::config::{Config, Device};
use super::engines;
use super::house;
use super::offer::{Offer, offer};
use super::places::Places;
use super::say;
use crate::message::{Language, Phrase};
use crate::models::{self as catalogue, Catalogue};
use crate::phrases::Phrases;

/// Looks at everything. True when nothing is wrong.
pub(super) async fn doctor(
    data: Option<&Path>,
    given: Option<&Path>,
    arguments: &DoctorArguments,
) -> anyhow::Result<bool> {
    let places = Places::locate(data)?;
    let read = Config::read(given, &places.config());
    let config = read.as_ref().ok().and_then(Clone::clone).unwrap_or_default();
    let language = config.language.unwrap_or_else(house::locale);
    let lock = facts::lock(&places);

    let mut checks = ground::ground(&facts::ground(&places));
    checks.push(ground::config(&facts::config_path(given, &places).display().to_string(), &read));
    checks.push(ground::house(&lock));
    let page = facts::page(&config, &lock).await;
    checks.extend(page.as_ref().map(page::page));
    let database = facts::database(&places, lock == Lock::Held).await;
    checks.extend(database::database(&database));
    checks.extend(telegram::telegram(&facts::telegram(&config, &database, page.as_ref()).await));
    checks.extend(inference(&places, &config, arguments.deep).await?);
    checks.push(clock::clock(&facts::clock(&places)));
    checks.push(locale::locale(&facts::locale(config.language)));
    if std::io::stdout().is_terminal() && !arguments.json {
        checks.extend(offer(&places, &config).await.as_ref().map(better));
    }
    show(&checks, arguments, language)?;
    Ok(!checks.iter().any(|check| check.state == State::Wrong))
}

/// A better set that could be had now.
fn better(offer: &Offer) -> Check {
    Check::new("better", State::Ok, offer.phrase("doctor-better")).run(&offer.command())
}

/// Runtime, models, and the machine they run on.
async fn inference(places: &Places, config: &Config, deep: bool) -> anyhow::Result<Vec<Check>> {
    let (hardware, inference) = (engines::hardware(places, config), &config.inference);
    let library = facts::runtime_library(&hardware, inference.library.is_some());
    let runs = library.refused.is_none();
    let mut checks = vec![machine::runtime(&library)];
    checks.extend(files(places, deep).await?.iter().filter_map(models::files));

    let catalogue = Catalogue::of(places.data());
    checks.extend(catalogue.unusable().iter().map(models::unusable));
    let wanted = roles::wanted(&catalogue, places.data(), config);
    let tried = if deep && runs { Some((places, config)) } else { None };
    checks.extend(roles::tried(&wanted, tried).await.iter().map(models::role));
    let used = roles::used(&wanted, &catalogue);
    if let Some(answers) = roles::answers(&wanted, &catalogue) {
        let better = catalogue.get("answer-ru").map_or(0, |model| catalogue.download_bytes(model));
        let (chosen, size) = (config.answer.model.is_some(), catalogue::readable(better));
        checks.push(models::languages(&answers.languages, chosen, &size));
    }
    let largest = used.iter().max_by_key(|model| model.memory_mb);
    let largest = largest.map(|model| (model.name.clone(), model.memory_mb));
    let gpu = facts::gpu(&hardware, inference.device == Device::Cuda, largest).await?;
    checks.push(card::gpu(&gpu));
    if inference.device == Device::Cuda && runs {
        checks.push(machine::cuda(&facts::cuda(&hardware, &catalogue)));
    }
    let memory = used.iter().map(|model| (model.name.clone(), model.memory_mb)).collect();
    checks.extend(facts::memory(memory, inference.memory_mb).map(|facts| machine::memory(&facts)));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    checks.push(machine::threads(inference.threads, cores));
    Ok(checks)
}

/// Every model's files; their sums only when asked, since that reads them whole.
async fn files(places: &Places, deep: bool) -> anyhow::Result<Vec<models::Files>> {
    let data = places.data().to_owned();
    let gathered = tokio::task::spawn_blocking(move || {
        let every = Catalogue::of(&data);
        let of = |listed: catalogue::Listed<'_>| {
            let model = listed.manifest;
            let sums = deep && listed.state == catalogue::State::Installed;
            models::Files {
                name: model.name.clone(),
                folder: catalogue::folder(&data, &model.name).display().to_string(),
                bytes: listed.disk_bytes,
                state: listed.state,
                flaws: sums.then(|| catalogue::verify(&data, model, &mut |_, _| ())),
            }
        };
        every.list(&data).into_iter().map(of).collect()
    });
    Ok(gathered.await?)
}

/// One JSON object a check, or aligned lines and a verdict.
fn show(checks: &[Check], arguments: &DoctorArguments, language: Language) -> anyhow::Result<()> {
    let phrases = Phrases::load();
    if arguments.json {
        return checks.iter().try_for_each(|check| say(&check.json(&phrases, language).to_string()));
    }
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    say(&page(checks, &phrases, language, colour))?;
    let wrong = checks.iter().filter(|check| check.state == State::Wrong).count();
    let verdict = Phrase::new("doctor-verdict").with("wrong", i64::try_from(wrong).unwrap_or(i64::MAX));
    say(&format!("\n{}", phrases.render(language, &verdict)))?;
    if arguments.deep { Ok(()) } else { say(&phrases.say(language, "doctor-deeper")) }
}

/// A line a check, its cure below it.
fn page(checks: &[Check], phrases: &Phrases, language: Language, colour: bool) -> String {
    let labels: Vec<String> = checks.iter().map(|check| check.label(phrases, language)).collect();
    let width = labels.iter().map(|label| label.chars().count()).max().unwrap_or_default();
    let indent = format!("\n{}", " ".repeat(width + 4));
    let mut lines = Vec::new();
    for (check, label) in checks.iter().zip(&labels) {
        let (mark, code) = check.state.mark();
        let mark = if colour { format!("\u{1b}[{code}m{mark}\u{1b}[0m") } else { mark.to_string() };
        let text = phrases.render(language, &check.text).replace('\n', &indent);
        lines.push(format!("{mark} {label:<width$}  {text}"));
        if let Some(cure) = &check.cure {
            let cure = phrases.render(language, cure).replace('\n', &indent);
            lines.push(format!("{}→ {cure}", indent.trim_start_matches('\n')));
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_aligned_and_coloured_on_a_terminal_only() {
        let checks = [
            Check::new("disk", State::Ok, Phrase::new("doctor-disk").with("free", "9 GB")),
            Check::new("house", State::Wrong, Phrase::new("doctor-house")).run("x"),
        ];
        let plain = page(&checks, &Phrases::load(), Language::En, false);
        let lines: Vec<&str> = plain.lines().collect();
        assert_eq!(lines.len(), 3, "{plain}");
        let at = |line: &str, text: &str| {
            let byte = line.find(text).unwrap();
            line[..byte].chars().count()
        };
        assert_eq!(at(lines[0], "9 GB"), at(lines[2], "→"), "{plain}");
        assert!(lines[1].starts_with('✗') && !plain.contains('\u{1b}'), "{plain}");
        assert!(page(&checks, &Phrases::load(), Language::Ru, true).starts_with("\u{1b}[32m✓"));
    }
}
