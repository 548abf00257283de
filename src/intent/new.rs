//! *new*: a fresh conversation. What was said stays kept, but is no longer part of it.

use async_trait::async_trait;

use super::Intent;
use super::kit::{Ask, Kit};
use crate::message::{Content, Failure, Language, Outcome, Phrase};

const RU: &[&str] = &[
    "новый разговор",
    "давай начнём сначала",
    "забудь, о чём мы говорили",
    "начни новый диалог",
    "очисти историю",
    "сменим тему, начнём с чистого листа",
];

const EN: &[&str] = &[
    "new conversation",
    "let's start over",
    "forget what we talked about",
    "start a new chat",
    "clear the history",
    "start from a clean slate",
];

/// Begins a fresh conversation.
pub(super) struct New;

#[async_trait]
impl Intent for New {
    fn name(&self) -> &'static str {
        "new"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["reset", "заново"]
    }

    fn examples(&self, language: Language) -> &'static [&'static str] {
        language.pick(RU, EN)
    }

    async fn handle(&self, _ask: &Ask, _kit: &Kit) -> Result<Outcome, Failure> {
        Ok(Outcome::New { content: Content::Phrases { phrases: vec![Phrase::new("new-conversation")] } })
    }
}
