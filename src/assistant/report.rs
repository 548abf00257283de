//! What is kept about how a message was handled: intent, reason and milliseconds per step. `ask --json` shows it.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::message::{Content, Outcome, Phrase, millis};

/// How a message was handled.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Report {
    /// The intent that handled it.
    pub intent: String,
    /// Why it was not done as asked (`language`, or the key of what was said).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was heard, where somebody spoke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript: Option<String>,
    /// It ended in a phrase of failure.
    #[serde(default)]
    pub failed: bool,
    /// Milliseconds per step.
    pub ms: BTreeMap<String, u64>,
}

impl Report {
    /// Adds the time since `since` to a step.
    pub(super) fn time(&mut self, step: &str, since: Instant) {
        let ms = millis(since.elapsed());
        *self.ms.entry(step.to_owned()).or_default() += ms;
    }
}

/// Explanations that are given once a lane, as far as this outcome gives them.
pub(super) fn told(outcome: &Outcome) -> Vec<&str> {
    said(outcome)
        .iter()
        .map(|phrase| phrase.key.as_str())
        .filter(|key| *key == "language-unsupported")
        .collect()
}

/// Why an outcome is not what was asked for.
pub(super) fn reason(outcome: &Outcome) -> Option<String> {
    said(outcome)
        .iter()
        .any(|phrase| phrase.key.starts_with("language-unsupported"))
        .then(|| "language".to_owned())
}

fn said(outcome: &Outcome) -> &[Phrase] {
    match outcome {
        Outcome::Say { content, .. } | Outcome::Ask { content, .. } => match content {
            Content::Phrases { phrases } | Content::Mixed { phrases, .. } => phrases,
            _ => &[],
        },
        _ => &[],
    }
}
