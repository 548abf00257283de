//! *people*: who may talk on this messenger, with names, ids and roles, and which groups. For the owner; slash command only.

use async_trait::async_trait;

use super::kit::{Ask, Kit};
use super::{Intent, theirs};
use crate::access::Access;
use crate::message::{Content, Failure, Outcome, Phrase, Standing};

/// Lists who may talk.
pub(super) struct People;

#[async_trait]
impl Intent for People {
    fn name(&self) -> &'static str {
        "people"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["люди"]
    }

    fn for_owners(&self) -> bool {
        true
    }

    async fn handle(&self, ask: &Ask, kit: &Kit) -> Result<Outcome, Failure> {
        if ask.standing != Standing::Owner {
            return Err(theirs(Phrase::new("owner-only")));
        }
        let messenger = ask.address.messenger.as_str();
        if Access::is_local(messenger) {
            return Err(theirs(Phrase::new("access-local")));
        }
        let row = |key: &str, who: String, role: &str| Phrase::new(key).with("who", who).with("role", role);
        let mut phrases = vec![Phrase::new("people-head")];
        for (id, role) in kit.access.listed_on(messenger) {
            phrases.push(row("people-row-configured", id.to_owned(), role.word()));
        }
        for person in kit.reader.people(messenger).await? {
            // The configuration goes first; what was said in the chat about the same person does not count.
            if kit.access.listed(messenger, &person.id).is_none() {
                let who =
                    person.name.map_or_else(|| person.id.clone(), |name| format!("{name} ({})", person.id));
                phrases.push(row("people-row", who, person.role.word()));
            }
        }
        let groups = kit.reader.groups(messenger).await?;
        phrases.push(Phrase::new(if groups.is_empty() { "people-no-groups" } else { "people-groups" }));
        phrases.extend(groups.into_iter().map(|id| Phrase::new("people-group").with("id", id)));
        Ok(Outcome::Say { content: Content::Phrases { phrases }, remember: None })
    }
}
