//! The house's sentences in the language of the locale, for commands that need no house.

use anyhow::anyhow;

use super::house::locale;
use super::say;
use crate::inference::InferenceError;
use crate::message::{Language, Phrase};
use crate::phrases::Phrases;

/// Speaks one language.
pub(super) struct Voice {
    pub(super) phrases: Phrases,
    pub(super) language: Language,
}

impl Voice {
    /// The locale's language.
    pub(super) fn here() -> Self {
        Self::of(None)
    }

    /// The configured language, else the locale's.
    pub(super) fn of(language: Option<Language>) -> Self {
        Self { phrases: Phrases::load(), language: language.unwrap_or_else(locale) }
    }

    pub(super) fn render(&self, phrase: &Phrase) -> String {
        self.phrases.render(self.language, phrase)
    }

    /// A result, on standard output.
    pub(super) fn say(&self, phrase: &Phrase) -> anyhow::Result<()> {
        say(&self.render(phrase))
    }

    pub(super) fn refusal(&self, phrase: &Phrase) -> anyhow::Error {
        anyhow!(self.render(phrase))
    }

    /// A refused value as the house says it; anything else with its causes.
    pub(super) fn error(&self, error: InferenceError) -> anyhow::Error {
        match error {
            InferenceError::Refused { key, value, bound } => {
                self.refusal(&Phrase::new(key).with("value", value).with("bound", bound))
            }
            other => other.into(),
        }
    }
}
