//! Who may talk, and who decides: pure decisions over what the configuration says.
//!
//! At the console everybody is the owner: whoever sits there can read the database anyway. Other messengers are closed
//! by default: only their owner and members are heard. Nothing here reads a row or sends a word.

use std::collections::BTreeSet;

use crate::message::{Address, Person};
use crate::messenger;

/// What a person is to this house.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Runs the bot.
    Owner,
    /// May use it.
    Member,
    /// Is told that this is a private house.
    Stranger,
}

/// Owner and members, as `messenger:id`.
#[derive(Debug, Clone, Default)]
pub struct Access {
    owners: BTreeSet<String>,
    members: BTreeSet<String>,
}

impl Access {
    /// From the configuration's lists of `messenger:id`.
    #[must_use]
    pub fn new(owners: impl IntoIterator<Item = String>, members: impl IntoIterator<Item = String>) -> Self {
        Self { owners: owners.into_iter().collect(), members: members.into_iter().collect() }
    }

    /// Messengers on which a person of this one is the same person: the terminal and `aisaac ask` are one owner.
    #[must_use]
    pub fn same_person(messenger: &str) -> Vec<&str> {
        let local = messenger::LOCAL.contains(&messenger);
        if local { messenger::LOCAL.to_vec() } else { vec![messenger] }
    }

    /// What this person is here.
    #[must_use]
    pub fn standing(&self, person: &Person, address: &Address) -> Standing {
        let id = format!("{}:{}", address.messenger, person.id);
        if messenger::LOCAL.contains(&address.messenger.as_str()) || self.owners.contains(&id) {
            Standing::Owner
        } else if self.members.contains(&id) {
            Standing::Member
        } else {
            Standing::Stranger
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_by_default_and_open_at_the_console() {
        let access = Access::new(["telegram:1".to_owned()], ["telegram:2".to_owned()]);
        let at = |messenger: &str, id: &str| {
            let person = Person { id: id.into(), name: None, language: None, ..Person::default() };
            access.standing(&person, &Address { messenger: messenger.into(), chat: "c".into(), thread: None })
        };
        assert_eq!(at("console", "anyone"), Standing::Owner);
        assert_eq!(at("ask", "anyone"), Standing::Owner);
        assert_eq!(at("telegram", "1"), Standing::Owner);
        assert_eq!(at("telegram", "2"), Standing::Member);
        assert_eq!(at("telegram", "3"), Standing::Stranger);
        assert_eq!(at("matrix", "1"), Standing::Stranger);
    }
}
