//! *steps*: how a picture's prompt came about, step by step: the words, the intent, the subject, the prompt. Of the picture
//! that the command answers; else of the last one.

use async_trait::async_trait;

use super::kit::{Ask, Kit};
use super::prompt::begun;
use super::{Intent, say};
use crate::message::{Content, Failure, Outcome, Phrase};

/// Characters of a step that are shown.
const MOST: usize = 500;

/// Shows the steps of a picture.
pub(super) struct Steps;

#[async_trait]
impl Intent for Steps {
    fn name(&self) -> &'static str {
        "steps"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["шаги"]
    }

    async fn handle(&self, ask: &Ask, kit: &Kit) -> Result<Outcome, Failure> {
        let (made, none) = match &ask.quoted {
            Some(quoted) => (kit.reader.ordered_at(&ask.address, &quoted.key).await?, "no-steps-there"),
            None => (kit.reader.last_picture(&ask.address).await?.map(|last| last.commission), "no-steps"),
        };
        let Some(made) = made else { return Ok(say(Phrase::new(none))) };
        let rows = [
            ("steps-request", made.request),
            ("steps-intent", made.intent),
            ("steps-subject", made.subject),
            ("steps-prompt", made.prompt),
        ];
        // Drawings of an older program have not all of them.
        let rows = rows.into_iter().filter(|(_, text)| !text.is_empty());
        let phrases = rows.map(|(key, text)| Phrase::new(key).with("text", begun(&text, MOST))).collect();
        Ok(Outcome::Say { content: Content::Phrases { phrases }, remember: None })
    }
}
