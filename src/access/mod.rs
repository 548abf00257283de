//! Who may talk, and who decides: pure decisions over what the configuration says and what the store keeps.
//!
//! At the console everybody is the owner: whoever sits there can read the database anyway. Other messengers are closed
//! by default: their owner, and whom he or the configuration lets in, is heard; the configuration goes first. Behind a
//! shared id (an anonymous admin, a channel, the service itself) may stand anybody: it is nobody here, and becomes
//! nobody. Nothing here reads a row or sends a word.

pub mod claim;
mod refused;
mod rules;

use std::collections::BTreeSet;

pub use crate::message::Standing;
pub use refused::Refused;
pub use rules::{Child, Rules};

use crate::message::{AccessChange, Knock, Message, Phrase, Role};
use crate::messenger;
use crate::store::Known;

/// Owner and members of the configuration, as `messenger:id`, and what people are held to.
#[derive(Debug, Clone, Default)]
pub struct Access {
    owners: BTreeSet<String>,
    members: BTreeSet<String>,
    rules: Rules,
}

/// Who says something, as far as that decides what is done about it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Who {
    /// What the person is where it was said.
    pub standing: Standing,
    /// There is a code that makes its sender the owner.
    pub claimable: bool,
    /// The chat is one of several people that the owner has let in.
    pub let_in: bool,
    /// What is said to a stranger who calls; nothing to whom the owner has denied.
    pub away: Option<AccessChange>,
}

impl Access {
    /// From the configuration's lists of `messenger:id`, and its rules.
    #[must_use]
    pub fn new(
        owners: impl IntoIterator<Item = String>,
        members: impl IntoIterator<Item = String>,
        rules: Rules,
    ) -> Self {
        Self { owners: owners.into_iter().collect(), members: members.into_iter().collect(), rules }
    }

    /// Messengers on which a person of this one is the same person: the terminal and `aisaac ask` are one owner.
    #[must_use]
    pub fn same_person(messenger: &str) -> Vec<&str> {
        let local = Self::is_local(messenger);
        if local { messenger::LOCAL.to_vec() } else { vec![messenger] }
    }

    /// Whether everybody on a messenger is the owner.
    #[must_use]
    pub fn is_local(messenger: &str) -> bool {
        messenger::LOCAL.contains(&messenger)
    }

    /// What the configuration makes of a person.
    #[must_use]
    pub fn listed(&self, messenger: &str, person: &str) -> Option<Role> {
        let id = format!("{messenger}:{person}");
        let member = || self.members.contains(&id).then_some(Role::Member);
        self.owners.contains(&id).then_some(Role::Owner).or_else(member)
    }

    /// Everybody on a messenger whom the configuration lists.
    pub fn listed_on(&self, messenger: &str) -> impl Iterator<Item = (&str, Role)> {
        let owners = self.owners.iter().map(|one| (one, Role::Owner));
        let members = self.members.iter().map(|one| (one, Role::Member));
        owners.chain(members).filter_map(move |(one, role)| {
            let (name, id) = one.split_once(':')?;
            (name == messenger).then_some((id, role))
        })
    }

    /// Whether the configuration names somebody who runs the bot on a messenger.
    #[must_use]
    pub fn has_owner(&self, messenger: &str) -> bool {
        Self::is_local(messenger) || self.listed_on(messenger).any(|(_, role)| role == Role::Owner)
    }

    /// Who says this.
    #[must_use]
    pub fn who(&self, message: &Message, known: &Known) -> Who {
        let standing = self.standing(message, known);
        let away = (standing == Standing::Stranger).then(|| away(message, known)).flatten();
        Who { standing, claimable: known.claimable, let_in: known.group, away }
    }

    fn standing(&self, message: &Message, known: &Known) -> Standing {
        let (messenger, person) = (&message.address.messenger, &message.from);
        if Self::is_local(messenger) {
            return Standing::Owner;
        }
        if person.shared {
            return Standing::Stranger;
        }
        let role = self.listed(messenger, &person.id).or(known.role);
        match (message.audience.is_group(), role) {
            (_, Some(Role::Owner)) => Standing::Owner,
            // A group that was not let in: only the owner is heard, so that he can let it in.
            (true, _) if !known.group => Standing::Stranger,
            (true, None) => Standing::Guest,
            (_, Some(role)) => role.standing(),
            (false, None) => Standing::Stranger,
        }
    }
}

/// What is said to a stranger, and to whom: once.
fn away(message: &Message, known: &Known) -> Option<AccessChange> {
    let (chat, person) = (&message.address.chat, &message.from);
    let group = message.audience.is_group();
    if known.role == Some(Role::Denied) {
        return None;
    }
    let (knock, phrase) = match (group, person.shared) {
        (true, _) if !known.group => (
            Knock { chat: Some(chat.clone()), person: None },
            Phrase::new("stranger-group").with("id", chat.clone()),
        ),
        (true, _) => (
            Knock { chat: Some(chat.clone()), person: Some(person.id.clone()) },
            Phrase::new("stranger-shared"),
        ),
        (false, true) => {
            (Knock { chat: None, person: Some(person.id.clone()) }, Phrase::new("stranger-shared"))
        }
        (false, false) => {
            let key = if known.claimable { "stranger-unowned" } else { "stranger" };
            let knock = Knock { chat: None, person: Some(person.id.clone()) };
            (knock, Phrase::new(key).with("id", person.id.clone()))
        }
    };
    Some(AccessChange::TurnAway { knock, phrase })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Address, Audience, Body, Person};

    fn access() -> Access {
        Access::new(
            ["telegram:1".to_owned()],
            ["telegram:2".to_owned(), "matrix:@b:c".to_owned()],
            Rules::default(),
        )
    }

    fn message(messenger: &str, id: &str, audience: Audience) -> Message {
        let address = Address { messenger: messenger.into(), chat: "-7".into(), thread: None };
        let from = Person { id: id.into(), ..Person::default() };
        Message { audience, ..Message::new(address, "m:1", from, Body::Text("hi".into()), 1) }
    }

    fn known(role: Option<Role>, group: bool) -> Known {
        Known { role, group, claimable: false }
    }

    const PRIVATE: Audience = Audience::Private;
    const GROUP: Audience = Audience::Group { called: true };

    #[test]
    fn closed_by_default_and_open_at_the_console() {
        let at = |messenger, id| access().who(&message(messenger, id, PRIVATE), &Known::default()).standing;
        assert_eq!(at("console", "anyone"), Standing::Owner);
        assert_eq!(at("ask", "anyone"), Standing::Owner);
        assert_eq!(at("telegram", "1"), Standing::Owner);
        assert_eq!(at("telegram", "2"), Standing::Member);
        assert_eq!(at("matrix", "@b:c"), Standing::Member);
        assert_eq!(at("telegram", "3"), Standing::Stranger);
        assert_eq!(at("matrix", "1"), Standing::Stranger);
    }

    #[test]
    fn what_a_role_makes_of_somebody_in_private_and_in_groups() {
        use Standing::{Child, Guest, Member, Owner, Stranger};
        for (role, private, let_in, not_let_in) in [
            (None, Stranger, Guest, Stranger),
            (Some(Role::Owner), Owner, Owner, Owner),
            (Some(Role::Member), Member, Member, Stranger),
            (Some(Role::Guest), Guest, Guest, Stranger),
            (Some(Role::Child), Child, Child, Stranger),
            (Some(Role::Denied), Stranger, Stranger, Stranger),
        ] {
            let who =
                |audience, group| access().who(&message("telegram", "9", audience), &known(role, group));
            assert_eq!(who(PRIVATE, false).standing, private, "{role:?}");
            assert_eq!(who(GROUP, true).standing, let_in, "{role:?}");
            assert_eq!(who(GROUP, false).standing, not_let_in, "{role:?}");
            let denied = role == Some(Role::Denied);
            for (audience, group) in [(PRIVATE, false), (GROUP, true), (GROUP, false)] {
                let who = who(audience, group);
                assert_eq!(who.away.is_some(), who.standing == Stranger && !denied, "{role:?}");
            }
        }
    }

    #[test]
    fn the_configuration_goes_first() {
        let who =
            |id, role| access().who(&message("telegram", id, PRIVATE), &known(Some(role), false)).standing;
        assert_eq!(who("1", Role::Denied), Standing::Owner);
        assert_eq!(who("2", Role::Child), Standing::Member);
        assert_eq!(access().listed("telegram", "2"), Some(Role::Member));
        assert_eq!(
            access().listed_on("telegram").collect::<Vec<_>>(),
            [("1", Role::Owner), ("2", Role::Member)]
        );
        assert!(access().has_owner("telegram") && access().has_owner("console"));
        assert!(!access().has_owner("matrix"));
    }

    #[test]
    fn behind_a_shared_id_nobody_is_anybody() {
        for role in [None, Some(Role::Owner), Some(Role::Member)] {
            for (audience, group) in [(PRIVATE, false), (GROUP, true), (GROUP, false)] {
                // Listed in the configuration as the owner, too.
                let mut message = message("telegram", "1", audience);
                message.from.shared = true;
                let who = access().who(&message, &known(role, group));
                assert_eq!(who.standing, Standing::Stranger);
                let Some(AccessChange::TurnAway { knock, phrase }) = who.away else { panic!("a sentence") };
                let expected = if audience == GROUP && !group { "stranger-group" } else { "stranger-shared" };
                assert_eq!(phrase.key, expected);
                assert_eq!(knock.person.is_some(), expected == "stranger-shared");
            }
        }
    }

    #[test]
    fn a_stranger_is_told_his_id_and_a_group_its_own() {
        let away = |audience| access().who(&message("telegram", "9", audience), &Known::default()).away;
        let unowned = Known { claimable: true, ..Known::default() };
        let unowned = access().who(&message("telegram", "9", PRIVATE), &unowned).away;
        let turned = |knock, key: &str, id: &str| {
            Some(AccessChange::TurnAway { knock, phrase: Phrase::new(key).with("id", id) })
        };
        let person = Knock { chat: None, person: Some("9".into()) };
        assert_eq!(away(PRIVATE), turned(person.clone(), "stranger", "9"));
        assert_eq!(unowned, turned(person, "stranger-unowned", "9"));
        let group = Knock { chat: Some("-7".into()), person: None };
        assert_eq!(away(GROUP), turned(group, "stranger-group", "-7"));
    }
}
