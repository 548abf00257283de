//! What a command says when it cannot do its work: a sentence with its cure in the language of the locale.
//!
//! Errors that people can do something about have a phrase; anything else is said as it stands, with its causes.

use std::path::Path;

use super::config_error::ConfigError;
use super::pull_error::of_pull;
use crate::message::{Language, Phrase};
use crate::models::PullError;
use crate::phrases::Phrases;
use crate::store::StoreError;

/// An error that is a sentence of the house.
#[derive(Debug, thiserror::Error)]
#[error("{}", phrase.key)]
pub(super) struct Sorry {
    phrase: Phrase,
    /// It cannot be meant so: the same again would fail again.
    misuse: bool,
}

/// A sentence as an error.
pub(super) fn sorry(phrase: Phrase) -> anyhow::Error {
    anyhow::Error::new(Sorry { phrase, misuse: false })
}

/// The same for what cannot be meant so, such as a daemon with nobody to listen to.
pub(super) fn misuse(phrase: Phrase) -> anyhow::Error {
    anyhow::Error::new(Sorry { phrase, misuse: true })
}

/// Whether an error says that it cannot be meant so.
pub(super) fn is_misuse(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref().is_some_and(|sorry: &Sorry| sorry.misuse))
}

/// The same error, as [`misuse`].
pub(super) fn as_misuse(error: anyhow::Error) -> anyhow::Error {
    match error.downcast() {
        Ok(Sorry { phrase, .. }) => misuse(phrase),
        Err(error) => error,
    }
}

/// The configuration at `path` cannot be used.
pub(super) fn bad_config(path: &Path, error: &ConfigError) -> anyhow::Error {
    let phrase = match error {
        ConfigError::Unreadable { reason } => {
            Phrase::new("config-unreadable").with("reason", reason.as_str())
        }
        ConfigError::Key { line, key, nearest, keys } => {
            let phrase = match nearest {
                Some(nearest) => Phrase::new("config-key").with("nearest", nearest.as_str()),
                None => Phrase::new("config-key-far").with("keys", keys.join(", ")),
            };
            phrase.with("line", line.to_string()).with("key", key.as_str())
        }
        ConfigError::Value { line, key, reason } => {
            let key = key.as_ref().map(|key| format!("{key}: ")).unwrap_or_default();
            Phrase::new("config-value")
                .with("line", line.to_string())
                .with("reason", format!("{key}{reason}"))
        }
        ConfigError::Model { key, name, known } => Phrase::new("config-model")
            .with("key", *key)
            .with("name", name.as_str())
            .with("known", known.join(", ")),
        ConfigError::Bound { key, bound } => {
            Phrase::new("config-bound").with("key", *key).with("bound", *bound)
        }
    };
    sorry(phrase.with("path", path.display().to_string()))
}

/// An error as people read it.
pub(super) fn sentence(error: &anyhow::Error, phrases: &Phrases, language: Language) -> String {
    for cause in error.chain() {
        if let Some(Sorry { phrase, .. }) = cause.downcast_ref() {
            return phrases.render(language, phrase);
        }
        if let Some(phrase) = cause.downcast_ref().and_then(of_store) {
            return phrases.render(language, &phrase);
        }
        if let Some(error) = cause.downcast_ref::<PullError>() {
            return phrases.render(language, &of_pull(error));
        }
    }
    let mut said: Vec<String> = Vec::new();
    for cause in error.chain().map(ToString::to_string) {
        // Some errors repeat their cause in their own words.
        if !said.last().is_some_and(|before| before.contains(&cause)) {
            said.push(cause);
        }
    }
    said.join(": ")
}

/// The first cause, in its own words.
pub(super) fn root(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), root)
}

fn of_store(error: &StoreError) -> Option<Phrase> {
    Some(match error {
        StoreError::Newer { version } => Phrase::new("database-newer").with("version", version.to_string()),
        StoreError::Locked { .. } => Phrase::new("database-locked"),
        StoreError::Full { .. } => Phrase::new("disk-full"),
        StoreError::Unwritable { .. } => Phrase::new("database-closed"),
        StoreError::Damaged { .. } => Phrase::new("database-damaged"),
        StoreError::NotCopied { file, source } => {
            let why = if matches!(**source, StoreError::Full { .. }) { "full" } else { "other" };
            let phrase = Phrase::new("database-not-copied").with("why", why);
            phrase.with("file", file.display().to_string()).with("reason", root(source))
        }
        StoreError::Migration { .. } | StoreError::Row { .. } | StoreError::Sqlite { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
    use anyhow::{Context as _, anyhow};

    use super::*;

    #[test]
    fn people_read_a_sentence_and_no_cause_twice() {
        let phrases = Phrases::load();
        let newer = anyhow::Error::new(StoreError::Newer { version: 9 }).context("the database /d/aisaac.db");
        let said = sentence(&newer, &phrases, Language::Ru);
        assert!(said.contains("более новой программой"), "{said}");
        let other = Err::<(), _>(anyhow!("no such file")).context("reading x: no such file").unwrap_err();
        assert_eq!(sentence(&other, &phrases, Language::En), "reading x: no such file");
    }
}
