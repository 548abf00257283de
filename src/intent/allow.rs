//! *allow* and *deny*: the owner says who may talk: a person, by an answer to a message of his or by id, or a group, in it
//! or by id. Slash commands only.

use async_trait::async_trait;

use super::kit::{Ask, Kit};
use super::{Intent, theirs};
use crate::access::Access;
use crate::message::{AccessChange, Failure, Outcome, Phrase, Role, Standing};

/// Lets somebody in.
pub(super) struct Allow;

#[async_trait]
impl Intent for Allow {
    fn name(&self) -> &'static str {
        "allow"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["пустить"]
    }

    fn for_owners(&self) -> bool {
        true
    }

    async fn handle(&self, ask: &Ask, kit: &Kit) -> Result<Outcome, Failure> {
        change(ask, &kit.access, true).map(Outcome::Access).map_err(theirs)
    }
}

/// Shuts somebody out.
pub(super) struct Deny;

#[async_trait]
impl Intent for Deny {
    fn name(&self) -> &'static str {
        "deny"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["закрыть"]
    }

    fn for_owners(&self) -> bool {
        true
    }

    async fn handle(&self, ask: &Ask, kit: &Kit) -> Result<Outcome, Failure> {
        change(ask, &kit.access, false).map(Outcome::Access).map_err(theirs)
    }
}

/// Words for a role. An owner is made by the code alone.
const ROLES: &[(Role, &[&str])] = &[
    (Role::Member, &["member", "участник", "участника", "участником", "свой", "своего", "своим"]),
    (Role::Guest, &["guest", "гость", "гостя", "гостем"]),
    (Role::Child, &["child", "kid", "ребёнок", "ребенок", "ребёнка", "ребенка", "ребёнком", "ребенком"]),
];

/// Whom a request is about.
enum Whom {
    Person(String, Option<String>),
    Group(String),
}

/// What the request changes, or why it changes nothing.
fn change(ask: &Ask, access: &Access, allow: bool) -> Result<AccessChange, Phrase> {
    if ask.standing != Standing::Owner {
        return Err(Phrase::new("owner-only"));
    }
    if Access::is_local(&ask.address.messenger) {
        return Err(Phrase::new("access-local"));
    }
    let words: Vec<&str> = ask.args.split_whitespace().collect();
    let (first, role) = match words.as_slice() {
        [] => (None, None),
        [word] => role_of(word).map_or((Some(*word), None), |role| (None, Some(role))),
        [id, role] if allow => (Some(*id), Some(role_of(role).ok_or_else(|| unknown_role(role))?)),
        _ => return Err(how(ask, allow)),
    };
    match whom(ask, first, allow)? {
        Whom::Group(_) if role.is_some() => Err(Phrase::new("access-group-role")),
        Whom::Group(id) => Ok(AccessChange::Group { id, allowed: allow }),
        Whom::Person(id, _) if id == ask.person => Err(Phrase::new("access-yourself")),
        Whom::Person(id, _) if access.listed(&ask.address.messenger, &id).is_some() => {
            Err(Phrase::new("access-configured").with("id", id))
        }
        Whom::Person(id, name) => {
            let role = if allow { role.unwrap_or(Role::Member) } else { Role::Denied };
            Ok(AccessChange::Person { id, name, role })
        }
    }
}

fn role_of(word: &str) -> Option<Role> {
    let word = word.to_lowercase();
    ROLES.iter().find(|(_, words)| words.contains(&word.as_str())).map(|(role, _)| *role)
}

fn unknown_role(word: &str) -> Phrase {
    Phrase::new("access-role").with("role", word)
}

fn how(ask: &Ask, allow: bool) -> Phrase {
    Phrase::new(match (allow, ask.audience.is_group()) {
        (true, true) => "allow-how-group",
        (true, false) => "allow-how",
        (false, true) => "deny-how-group",
        (false, false) => "deny-how",
    })
}

/// The id that was named, else the sender of the message that this answers, else the group where it was said.
fn whom(ask: &Ask, id: Option<&str>, allow: bool) -> Result<Whom, Phrase> {
    if let Some(id) = id {
        return of_id(id).ok_or_else(|| Phrase::new("access-id").with("id", id));
    }
    match &ask.quoted {
        Some(quoted) if quoted.ours => Err(Phrase::new("access-me")),
        Some(quoted) => match &quoted.from {
            Some(person) if person.shared => Err(Phrase::new("access-shared")),
            Some(person) => Ok(Whom::Person(person.id.clone(), person.name.clone())),
            None => Err(Phrase::new("access-unsaid")),
        },
        None if ask.audience.is_group() => Ok(Whom::Group(ask.address.chat.clone())),
        None => Err(how(ask, allow)),
    }
}

/// Ids as messengers have them: numbers, below zero for a chat of several people; on Matrix `@name:server`, and
/// `!room:server` for a room. A bare `@name` can be given to somebody else tomorrow, and is none.
fn of_id(text: &str) -> Option<Whom> {
    let number =
        |text: &str| (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let name = |text: &str| {
        text.split_once(':').is_some_and(|(name, server)| !name.is_empty() && !server.is_empty())
    };
    if number(text) || text.strip_prefix('@').is_some_and(name) {
        return Some(Whom::Person(text.to_owned(), None));
    }
    let group = text.strip_prefix('-').is_some_and(number)
        || text.strip_prefix('!').is_some_and(|text| !text.is_empty());
    group.then(|| Whom::Group(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::access::Rules;
    use crate::message::{Address, Audience, Language, MessageId, Person, Quoted, Settings};

    const GROUP: Audience = Audience::Group { called: true };

    fn ask(audience: Audience, args: &str, quoted: Option<Quoted>) -> Ask {
        Ask {
            message: MessageId::new(1),
            text: format!("/allow {args}"),
            args: args.to_owned(),
            slash: true,
            address: Address { messenger: "telegram".into(), chat: "-100".into(), thread: None },
            person: "1".into(),
            standing: Standing::Owner,
            audience,
            quoted,
            language: Language::En,
            settings: Settings::default(),
            understood: "/allow".into(),
            pending: None,
            offer_drawing: false,
            seed: 1,
            stop: CancellationToken::new(),
            now: 1,
        }
    }

    fn access() -> Access {
        Access::new(["telegram:1".to_owned()], ["telegram:2".to_owned()], Rules::default())
    }

    fn quoted(ours: bool, from: Option<Person>) -> Option<Quoted> {
        Some(Quoted { key: "m:1".into(), ours, from, text: None, recording: None })
    }

    fn bob(shared: bool) -> Option<Person> {
        Some(Person { id: "7".into(), name: Some("Bob".into()), shared, ..Person::default() })
    }

    fn person(id: &str, name: Option<&str>, role: Role) -> Result<AccessChange, String> {
        Ok(AccessChange::Person { id: id.into(), name: name.map(str::to_owned), role })
    }

    fn group(id: &str, allowed: bool) -> Result<AccessChange, String> {
        Ok(AccessChange::Group { id: id.into(), allowed })
    }

    fn changed(ask: &Ask, allow: bool) -> Result<AccessChange, String> {
        change(ask, &access(), allow).map_err(|phrase| phrase.key)
    }

    #[test]
    fn whom_and_as_what_is_read_from_the_request() {
        let refused = |key: &str| Err(key.to_owned());
        for (audience, args, quoted, allow, expected) in [
            (Audience::Private, "12345", None, true, person("12345", None, Role::Member)),
            (Audience::Private, "12345 гостем", None, true, person("12345", None, Role::Guest)),
            (Audience::Private, "12345 Ребёнок", None, true, person("12345", None, Role::Child)),
            (
                Audience::Private,
                "@bob:server.org child",
                None,
                true,
                person("@bob:server.org", None, Role::Child),
            ),
            (Audience::Private, "-1001", None, true, group("-1001", true)),
            (Audience::Private, "!room:server.org", None, false, group("!room:server.org", false)),
            (Audience::Private, "12345", None, false, person("12345", None, Role::Denied)),
            (GROUP, "", None, true, group("-100", true)),
            (GROUP, "", None, false, group("-100", false)),
            (GROUP, "", quoted(false, bob(false)), true, person("7", Some("Bob"), Role::Member)),
            (GROUP, "guest", quoted(false, bob(false)), true, person("7", Some("Bob"), Role::Guest)),
            (GROUP, "", quoted(false, bob(false)), false, person("7", Some("Bob"), Role::Denied)),
            (GROUP, "12345", quoted(false, bob(false)), true, person("12345", None, Role::Member)),
            (Audience::Private, "", None, true, refused("allow-how")),
            (Audience::Private, "", None, false, refused("deny-how")),
            (Audience::Private, "12345 owner", None, true, refused("access-role")),
            (Audience::Private, "12345 guest", None, false, refused("deny-how")),
            (Audience::Private, "12345 guest please", None, true, refused("allow-how")),
            (GROUP, "a b c", None, true, refused("allow-how-group")),
            (GROUP, "guest", None, true, refused("access-group-role")),
            (Audience::Private, "@bob", None, true, refused("access-id")),
            (Audience::Private, "bob", None, true, refused("access-id")),
            (Audience::Private, "٣٤", None, true, refused("access-id")),
            (Audience::Private, "1", None, true, refused("access-yourself")),
            (Audience::Private, "2 child", None, true, refused("access-configured")),
            (Audience::Private, "2", None, false, refused("access-configured")),
            (GROUP, "", quoted(true, None), true, refused("access-me")),
            (GROUP, "", quoted(false, None), true, refused("access-unsaid")),
            (GROUP, "", quoted(false, bob(true)), true, refused("access-shared")),
        ] {
            assert_eq!(changed(&ask(audience, args, quoted), allow), expected, "{args}, {allow}");
        }
    }

    #[test]
    fn only_the_owner_says_so_and_not_at_the_terminal() {
        for standing in [Standing::Member, Standing::Guest, Standing::Child, Standing::Stranger] {
            let ask = Ask { standing, ..ask(GROUP, "12345", None) };
            assert_eq!(changed(&ask, true), Err("owner-only".to_owned()));
            assert_eq!(changed(&ask, false), Err("owner-only".to_owned()));
        }
        let mut ask = ask(Audience::Private, "12345", None);
        ask.address.messenger = "console".to_owned();
        assert_eq!(changed(&ask, true), Err("access-local".to_owned()));
    }
}
