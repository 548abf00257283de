//! *help*: what the assistant can do, made from the list of intents.

use async_trait::async_trait;

use super::kit::{Ask, Kit};
use super::{ALL, Intent, say};
use crate::message::{Failure, Language, Outcome, Phrase, Standing};

const RU: &[&str] = &[
    "помощь",
    "что ты умеешь?",
    "как тобой пользоваться?",
    "какие у тебя есть команды?",
    "ты умеешь рисовать?",
    "чем ты можешь помочь?",
];

const EN: &[&str] = &[
    "help",
    "what can you do?",
    "how do I use you?",
    "what commands do you have?",
    "can you draw?",
    "what are you able to do?",
];

/// Tells what it can do.
pub(super) struct Help;

#[async_trait]
impl Intent for Help {
    fn name(&self) -> &'static str {
        "help"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["start", "помощь"]
    }

    fn examples(&self, language: Language) -> &'static [&'static str] {
        language.pick(RU, EN)
    }

    async fn handle(&self, ask: &Ask, kit: &Kit) -> Result<Outcome, Failure> {
        let phrases = &kit.phrases;
        let mut lines = vec![phrases.say(ask.language, "help-intro")];
        for intent in ALL {
            for example in intent.examples(ask.language).iter().take(2) {
                lines.push(format!("  {example}"));
            }
        }
        lines.push(String::new());
        lines.push(phrases.say(ask.language, "help-commands"));
        let owner = ask.standing == Standing::Owner;
        for intent in ALL.iter().filter(|intent| owner || !intent.for_owners()) {
            let about = phrases.say(ask.language, &format!("about-{}", intent.name()));
            lines.push(format!("  /{} — {about}", intent.name()));
        }
        lines.push(String::new());
        lines.push(phrases.say(ask.language, "help-outro"));
        Ok(say(Phrase::new("raw").with("text", lines.join("\n"))))
    }
}
