//! `backup` and `restore`: what is kept, in one file, and back.

use std::path::Path;

use serde_json::json;

use super::arguments::{BackupArguments, RestoreArguments, UnfinishedWork};
use super::config::Config;
use super::places::Places;
use super::sorry::{root, sorry};
use super::voice::Voice;
use super::{clock, say};
use crate::backup::{self, Archive, BackupError, Made, Restored};
use crate::message::Phrase;
use crate::models::readable;
use crate::store::{Kept, StoreError, Unfinished};

/// Names of missing pictures that are said; the rest is a number.
const NAMES: usize = 5;

/// Writes a backup, also beside a running house.
pub(super) async fn backup(data: Option<&Path>, arguments: &BackupArguments) -> anyhow::Result<()> {
    let from = Places::locate(data)?.belongings();
    let made = backup::make(&from, &arguments.file, arguments.force, clock::now()).await.map_err(spoken)?;
    if arguments.json {
        return say(&made_json(&made).to_string());
    }
    let Made { file, bytes, manifest } = &made;
    let voice = Voice::here();
    let phrase = Phrase::new("backup-made").with("file", file.display().to_string());
    voice.say(&counted(phrase, manifest.kept).with("size", readable(*bytes)))?;
    missing(&voice, &manifest.missing)?;
    voice.say(&Phrase::new("backup-note"))
}

/// Puts a backup back, where no house runs.
pub(super) async fn restore(
    data: Option<&Path>,
    config: Option<&Path>,
    arguments: &RestoreArguments,
) -> anyhow::Result<()> {
    // What is no backup makes nothing, not even the data folder.
    let archive = Archive::open(&arguments.file).map_err(spoken)?;
    let places = Places::find(data)?;
    let folder = places.data().display().to_string();
    let Some(_lock) = places.try_lock()? else {
        return Err(sorry(Phrase::new("restore-house-runs").with("folder", folder)));
    };
    let (keep, now) = (arguments.unfinished == UnfinishedWork::Keep, clock::now());
    let restored = backup::restore(archive, &places.belongings(), keep, now).await.map_err(spoken)?;
    if arguments.json {
        return say(&restored_json(&restored, &folder, keep).to_string());
    }
    let voice = Voice::here();
    voice.say(&counted(Phrase::new("restore-done").with("folder", folder), restored.kept))?;
    if let Some(before) = &restored.before {
        voice.say(&Phrase::new("restore-before").with("before", before.display().to_string()))?;
    }
    missing(&voice, &restored.missing)?;
    // A configuration that cannot be read is no reason not to have restored; the next start says what is wrong with it.
    let days = Config::load(config, &places.config()).unwrap_or_default().keep.days;
    if restored.oldest.is_some_and(|oldest| oldest < now - i64::from(days) * 24 * 3_600_000) {
        voice.say(&Phrase::new("restore-old").with("days", i64::from(days)))?;
    }
    let Unfinished { messages, drawings, replies } = restored.unfinished;
    if restored.unfinished.sum() > 0 {
        let phrase = Phrase::new(if keep { "restore-unfinished" } else { "restore-dropped" });
        let phrase = phrase.with("messages", messages).with("drawings", drawings).with("replies", replies);
        voice.say(&phrase.with("file", arguments.file.display().to_string()))?;
    }
    Ok(())
}

fn counted(phrase: Phrase, kept: Kept) -> Phrase {
    phrase.with("messages", kept.messages).with("pictures", kept.pictures)
}

fn missing(voice: &Voice, names: &[String]) -> anyhow::Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let count = i64::try_from(names.len()).unwrap_or(i64::MAX);
    let some: Vec<&str> = names.iter().take(NAMES).map(String::as_str).collect();
    let dots = if names.len() > NAMES { " …" } else { "" };
    voice.say(&Phrase::new("backup-missing").with("count", count).with("names", some.join(", ") + dots))
}

fn made_json(made: &Made) -> serde_json::Value {
    let Made { file, bytes, manifest } = made;
    json!({
        "file": file, "bytes": bytes, "messages": manifest.kept.messages, "turns": manifest.kept.turns,
        "pictures": manifest.kept.pictures, "unfinished": manifest.unfinished, "missing": manifest.missing,
    })
}

fn restored_json(restored: &Restored, folder: &str, keep: bool) -> serde_json::Value {
    let Restored { kept, unfinished, missing, before, .. } = restored;
    json!({
        "data": folder, "messages": kept.messages, "turns": kept.turns, "pictures": kept.pictures,
        "unfinished": unfinished, "unfinished_kept": keep, "missing": missing, "before": before,
    })
}

/// An error as a sentence; what the database says is said as always.
fn spoken(error: BackupError) -> anyhow::Error {
    let path = |path: &Path| path.display().to_string();
    let phrase = match &error {
        BackupError::Nothing { folder } => Phrase::new("backup-nothing").with("folder", path(folder)),
        BackupError::Exists { file } => Phrase::new("backup-exists").with("file", path(file)),
        BackupError::Busy { file } => Phrase::new("backup-busy").with("file", path(file)),
        BackupError::Full { folder } => Phrase::new("backup-full").with("folder", path(folder)),
        BackupError::Unwritable { path: file, source } => {
            Phrase::new("backup-unwritable").with("file", path(file)).with("reason", source.to_string())
        }
        BackupError::Unreadable { path: file, source } => {
            Phrase::new("backup-unreadable").with("file", path(file)).with("reason", source.to_string())
        }
        BackupError::Foreign { file, .. } => Phrase::new("restore-foreign").with("file", path(file)),
        BackupError::CutOff { file } => Phrase::new("restore-short").with("file", path(file)),
        BackupError::Damaged { file, entry } => {
            Phrase::new("restore-damaged").with("file", path(file)).with("entry", entry.as_str())
        }
        BackupError::Newer { file, program } => {
            Phrase::new("restore-newer").with("file", path(file)).with("program", program.as_str())
        }
        BackupError::Store { source: StoreError::Sqlite { .. } } => {
            Phrase::new("backup-database").with("reason", root(&error))
        }
        BackupError::Store { .. } => return error.into(),
    };
    sorry(phrase)
}
