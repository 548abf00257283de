//! One thing that was looked at: how it stands, in words, and what to do about it. A plain value.

use serde_json::{Value, json};

use crate::message::{Language, Phrase};
use crate::phrases::Phrases;

/// How a thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    Ok,
    /// Works, but not as well as it could.
    Warning,
    /// Somebody must do something.
    Wrong,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Wrong => "wrong",
        }
    }

    /// Sign, and its colour on a terminal (ANSI).
    pub(super) const fn mark(self) -> (char, u8) {
        match self {
            Self::Ok => ('✓', 32),
            Self::Warning => ('!', 33),
            Self::Wrong => ('✗', 31),
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Check {
    /// What: `disk`, `database`, `model`, ...
    pub(super) name: &'static str,
    /// Which one, where there are several.
    pub(super) which: Option<String>,
    pub(super) state: State,
    pub(super) text: Phrase,
    pub(super) cure: Option<Phrase>,
}

impl Check {
    pub(super) const fn new(name: &'static str, state: State, text: Phrase) -> Self {
        Self { name, which: None, state, text, cure: None }
    }

    pub(super) fn of(mut self, which: &str) -> Self {
        self.which = Some(which.to_owned());
        self
    }

    pub(super) fn cure(mut self, cure: Phrase) -> Self {
        self.cure = Some(cure);
        self
    }

    /// The cure is a command.
    pub(super) fn run(self, command: &str) -> Self {
        self.cure(Phrase::new("doctor-run").with("command", command))
    }

    /// What it is called in the first column.
    pub(super) fn label(&self, phrases: &Phrases, language: Language) -> String {
        let phrase = Phrase::new(&format!("doctor-name-{}", self.name));
        let phrase = self.which.iter().fold(phrase, |phrase, which| phrase.with("which", which.as_str()));
        phrases.render(language, &phrase)
    }

    /// The line of `--json`.
    pub(super) fn json(&self, phrases: &Phrases, language: Language) -> Value {
        let name = self
            .which
            .as_ref()
            .map_or_else(|| self.name.to_owned(), |which| format!("{}:{which}", self.name));
        let text = phrases.render(language, &self.text);
        let mut line = json!({"check": name, "state": self.state.word(), "text": text});
        if let (Some(cure), Some(object)) = (&self.cure, line.as_object_mut()) {
            object.insert("cure".to_owned(), json!(phrases.render(language, cure)));
        }
        line
    }
}

/// For tests: every sentence of these checks exists and gets every value it names, in both languages.
#[cfg(test)]
pub(super) fn speakable(checks: &[Check]) {
    let phrases = Phrases::load();
    for check in checks {
        for language in [Language::Ru, Language::En] {
            let line = check.json(&phrases, language);
            for text in [&line["text"], &line["cure"]] {
                let text = text.as_str().unwrap_or("fine.");
                assert!(!text.contains("{$") && !text.starts_with("doctor-") && text.len() > 1, "{line}");
            }
            assert!(!check.label(&phrases, language).contains("doctor-"), "{line}");
        }
        let cured = check.cure.is_some() || check.state == State::Ok;
        assert!(cured, "what is not well has a cure: {check:?}");
    }
}
