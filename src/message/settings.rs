//! What a lane can choose: settings as they stand, and one change of them.

use serde::{Deserialize, Serialize};

use super::Language;

/// One setting of a lane, changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "setting", content = "value", rename_all = "snake_case")]
pub enum Change {
    /// Language of the house's sentences; `None` for the one that people write in.
    Language(Option<Language>),
    /// Picture size in pixels; `None` for the model's own.
    Size(Option<(u32, u32)>),
    /// Denoising steps; `None` for the model's own.
    Steps(Option<u32>),
    /// Keep this seed for every picture; `None` draws a new one each time.
    Seed(Option<u64>),
    /// The lane's system prompt; `None` for the owner's default, `Some("")` for the model's own.
    Persona(Option<String>),
    /// Names that call the house in this group; `None` for the house's own.
    Wake(Option<Vec<String>>),
    /// Whether every recording of this group is listened to for such a name; `None` for the house's own rule.
    Listens(Option<bool>),
}

/// Settings of a lane as they stand.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Settings {
    /// Language that somebody chose.
    pub language: Option<Language>,
    /// Picture size that somebody chose.
    pub size: Option<(u32, u32)>,
    /// Steps that somebody chose.
    pub steps: Option<u32>,
    /// Seed that somebody keeps.
    pub seed: Option<u64>,
    /// System prompt that somebody chose.
    pub persona: Option<String>,
    /// Names that call the house in this group.
    #[serde(default)]
    pub wake: Option<Vec<String>>,
    /// Whether its recordings are listened to for them.
    #[serde(default)]
    pub listens: Option<bool>,
}

impl Settings {
    /// Makes one change.
    pub fn apply(&mut self, change: &Change) {
        match change.clone() {
            Change::Language(language) => self.language = language,
            Change::Size(size) => self.size = size,
            Change::Steps(steps) => self.steps = steps,
            Change::Seed(seed) => self.seed = seed,
            Change::Persona(persona) => self.persona = persona,
            Change::Wake(names) => self.wake = names,
            Change::Listens(listens) => self.listens = listens,
        }
    }
}
