//! *persona*: the system prompt of a lane. With text it is set, with `-` it goes back to the model's own, alone it is shown.

use async_trait::async_trait;

use super::answer::speaks;
use super::kit::{Ask, Kit};
use super::language::tongue;
use super::{Intent, say, theirs};
use crate::message::{Change, Content, Failure, Outcome, Phrase};

/// What gives the model's own character back.
const PLAIN: &[&str] = &["-", "none", "reset", "default", "нет", "сброс", "сбросить", "обычный"];

/// Shows or changes the lane's system prompt.
pub(super) struct Persona;

#[async_trait]
impl Intent for Persona {
    fn name(&self) -> &'static str {
        "persona"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["характер"]
    }

    async fn handle(&self, ask: &Ask, kit: &Kit) -> Result<Outcome, Failure> {
        let set = |persona: &str, phrase| Outcome::Set {
            changes: vec![Change::Persona(Some(persona.to_owned()))],
            content: Content::Phrases { phrases: vec![phrase] },
        };
        Ok(match ask.args.trim() {
            "" => match ask
                .settings
                .persona
                .as_ref()
                .or(kit.options.persona.as_ref())
                .filter(|text| !text.is_empty())
            {
                Some(persona) => say(Phrase::new("persona-shown").with("persona", persona.clone())),
                None => say(Phrase::new("persona-none")),
            },
            text if PLAIN.contains(&text.to_lowercase().as_str()) => set("", Phrase::new("persona-cleared")),
            text if foreign(text, kit) => return Err(theirs(unread(ask, kit))),
            text => set(text, Phrase::new("persona-set").with("persona", text)),
        })
    }
}

/// Whether the answer model could not read it.
fn foreign(text: &str, kit: &Kit) -> bool {
    kit.answering.as_ref().is_some_and(|(_, facts)| !speaks(facts, tongue(text)))
}

fn unread(ask: &Ask, kit: &Kit) -> Phrase {
    let codes = kit.answering.iter().flat_map(|(_, facts)| &facts.languages);
    let names: Vec<String> = codes.map(|code| kit.phrases.language(ask.language, code)).collect();
    Phrase::new("persona-foreign").with("languages", names.join(", "))
}
