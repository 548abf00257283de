//! *persona*: the system prompt of a lane. With text it is set, with `-` it goes back to the model's own, alone it is shown.

use futures_util::future::BoxFuture;

use super::kit::{Ask, Kit};
use super::{Intent, say};
use crate::message::{Change, Content, Failure, Outcome, Phrase};

/// Shows or changes the lane's system prompt.
pub(super) struct Persona;

impl Intent for Persona {
    fn name(&self) -> &'static str {
        "persona"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["характер"]
    }

    fn handle<'a>(&'a self, ask: &'a Ask, kit: &'a Kit) -> BoxFuture<'a, Result<Outcome, Failure>> {
        Box::pin(async move {
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
                "-" => set("", Phrase::new("persona-cleared")),
                text => set(text, Phrase::new("persona-set").with("persona", text)),
            })
        })
    }
}
