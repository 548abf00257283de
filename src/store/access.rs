//! Settling a change of who may talk: what it comes to, decided inside settle's transaction, and what is said to it.

use sqlx::SqliteConnection;

use super::claims::{Claimant, Claimed, claim};
use super::settle::Settlement;
use super::{StoreError, denied, groups, people, roles, turned_away};
use crate::message::{AccessChange, Knock, Phrase, Role, Standing};

/// Makes rows of a change; what is said to it, if anything.
pub(super) async fn change(
    connection: &mut SqliteConnection,
    at: &Settlement<'_>,
    change: &AccessChange,
) -> Result<Option<Phrase>, StoreError> {
    match change {
        AccessChange::Claim { sum, aloud } => {
            let Some(who) = claimant(at, *aloud) else { return Ok(None) };
            let claimed = claim(connection, who, sum, at.now).await?;
            answer(connection, at, claimed).await
        }
        AccessChange::TurnAway { knock, phrase } => {
            let first = turned_away::first(connection, messenger(at), knock, at.now).await?;
            Ok(first.then(|| phrase.clone()))
        }
        AccessChange::Person { .. } | AccessChange::Group { .. } if at.standing != Standing::Owner => {
            Ok(Some(Phrase::new("owner-only")))
        }
        AccessChange::Person { id, name, role } => {
            person(connection, at, (id, name.as_deref()), *role).await.map(Some)
        }
        AccessChange::Group { id, allowed } => group(connection, at, id, *allowed).await.map(Some),
    }
}

fn messenger<'a>(at: &'a Settlement<'_>) -> &'a str {
    &at.taken.message.address.messenger
}

/// Who claims. Nobody does under an id behind which may stand anybody.
fn claimant<'a>(at: &'a Settlement<'_>, aloud: bool) -> Option<Claimant<'a>> {
    let message = &at.taken.message;
    let aloud = aloud || message.audience.is_group();
    let who = Claimant { messenger: &message.address.messenger, person: &message.from.id, aloud };
    (!message.from.shared).then_some(who)
}

/// What is said to a code.
async fn answer(
    connection: &mut SqliteConnection,
    at: &Settlement<'_>,
    claimed: Claimed,
) -> Result<Option<Phrase>, StoreError> {
    let id = &at.taken.message.from.id;
    Ok(match claimed {
        Claimed::Owner => {
            people::seen(connection, &at.taken.message, at.now).await?;
            Some(Phrase::new("claimed"))
        }
        Claimed::Wrong => Some(Phrase::new("claim-wrong")),
        Claimed::LockedOut => Some(Phrase::new("claim-locked")),
        Claimed::Void => Some(Phrase::new("claim-void")),
        Claimed::Silent => None,
        Claimed::TooLate if at.standing != Standing::Stranger => Some(Phrase::new("claim-none")),
        Claimed::TooLate => {
            let knock = Knock { chat: None, person: Some(id.clone()) };
            let first = turned_away::first(connection, messenger(at), &knock, at.now).await?;
            first.then(|| Phrase::new("claim-late").with("id", id.clone()))
        }
    })
}

async fn person(
    connection: &mut SqliteConnection,
    at: &Settlement<'_>,
    (id, name): (&str, Option<&str>),
    role: Role,
) -> Result<Phrase, StoreError> {
    let messenger = messenger(at);
    if role != Role::Denied && roles::is_shared(connection, messenger, id).await? {
        return Ok(Phrase::new("access-shared"));
    }
    roles::give(connection, messenger, id, role, at.now).await?;
    if role == Role::Denied {
        denied::ends(connection, messenger, id, at.now).await?;
    }
    if let Some(name) = name {
        people::named(connection, messenger, id, name, at.now).await?;
    }
    if role != Role::Denied {
        let knock = Knock { chat: None, person: Some(id.to_owned()) };
        turned_away::forget(connection, messenger, &knock).await?;
    }
    let who = people::shown(connection, messenger, id).await?;
    Ok(Phrase::new("access-person").with("who", who).with("role", role.word()))
}

async fn group(
    connection: &mut SqliteConnection,
    at: &Settlement<'_>,
    chat: &str,
    allowed: bool,
) -> Result<Phrase, StoreError> {
    let (messenger, knock) = (messenger(at), Knock { chat: Some(chat.to_owned()), person: None });
    if allowed {
        groups::allow(connection, messenger, chat, at.now).await?;
        turned_away::forget(connection, messenger, &knock).await?;
    } else {
        groups::close(connection, messenger, chat).await?;
        // That it is closed has been said there just now, or is the owner's to say.
        turned_away::first(connection, messenger, &knock, at.now).await?;
    }
    let here = at.taken.message.address.chat == chat;
    let key = match (allowed, here) {
        (true, true) => "access-group-here",
        (true, false) => "access-group",
        (false, true) => "access-group-closed-here",
        (false, false) => "access-group-closed",
    };
    Ok(Phrase::new(key).with("id", chat))
}

#[cfg(test)]
mod tests {
    use sqlx::Row as _;

    use super::super::Limits;
    use super::super::tests::{Desk, desk, says, settlement};
    use super::*;
    use crate::message::{Content, Outcome, Person, PictureReply};

    /// What was said to a change that somebody of this standing asked for.
    async fn asks(desk: &Desk, key: &str, standing: Standing, change: AccessChange) -> Vec<String> {
        let mut message = says("c", "ana", key, "words");
        message.from = Person { name: Some("Ana".into()), ..message.from };
        desk.store.accept(&message, "{}", false, 1).await.unwrap();
        let taken = desk.store.take(&["console"]).await.unwrap().unwrap();
        let settlement = Settlement { standing, ..settlement(&taken, Outcome::Access(change), 5) };
        desk.store.settle(settlement).await.unwrap().unwrap();
        let replies = desk.store.reader().replies_of(taken.id).await.unwrap();
        let keys = replies.iter().map(|reply| match &reply.content {
            Content::Phrases { phrases } => phrases[0].key.clone(),
            other => panic!("{other:?}"),
        });
        keys.collect()
    }

    fn member(id: &str, name: Option<&str>) -> AccessChange {
        AccessChange::Person { id: id.into(), name: name.map(str::to_owned), role: Role::Member }
    }

    #[tokio::test]
    async fn whatever_asks_for_it_only_the_owner_changes_who_may_talk() {
        let desk = desk().await;
        let group = || AccessChange::Group { id: "-7".into(), allowed: true };
        for (key, standing) in
            [("m:1", Standing::Member), ("m:2", Standing::Guest), ("m:3", Standing::Stranger)]
        {
            assert_eq!(asks(&desk, key, standing, member("9", None)).await, ["owner-only"]);
            assert_eq!(asks(&desk, &format!("{key}0"), standing, group()).await, ["owner-only"]);
        }
        let reader = desk.store.reader();
        assert!(reader.people("console").await.unwrap().is_empty());
        assert!(reader.groups("console").await.unwrap().is_empty());
        assert_eq!(asks(&desk, "m:4", Standing::Owner, member("9", None)).await, ["access-person"]);
        assert_eq!(asks(&desk, "m:5", Standing::Owner, group()).await, ["access-group"]);
        assert_eq!(reader.people("console").await.unwrap().len(), 1);
        assert_eq!(reader.groups("console").await.unwrap(), ["-7"]);
    }

    #[tokio::test]
    async fn a_name_is_kept_as_long_as_a_role_and_a_sentence_is_said_again_after_the_days_that_are_kept() {
        let desk = desk().await;
        let away = |phrase: &str| AccessChange::TurnAway {
            knock: Knock { chat: None, person: Some("8".into()) },
            phrase: Phrase::new(phrase),
        };
        asks(&desk, "m:1", Standing::Owner, member("9", Some("Bert"))).await;
        assert_eq!(asks(&desk, "m:2", Standing::Stranger, away("stranger")).await, ["stranger"]);
        assert!(asks(&desk, "m:3", Standing::Stranger, away("stranger")).await.is_empty());
        while desk.store.prune(6, 10).await.unwrap() {}
        let people = desk.store.reader().people("console").await.unwrap();
        assert_eq!(people[0].name.as_deref(), Some("Bert"));
        let mut tx = desk.store.begin().await.unwrap();
        assert_eq!(people::shown(&mut tx, "console", "ana").await.unwrap(), "ana", "who has no role is not");
        tx.rollback().await.unwrap();
        assert_eq!(asks(&desk, "m:4", Standing::Stranger, away("stranger")).await, ["stranger"]);
    }

    #[tokio::test]
    async fn who_was_let_in_is_told_again_when_that_ends_and_nobody_else_is() {
        let desk = desk().await;
        let away = |chat: Option<&str>, person: Option<&str>| AccessChange::TurnAway {
            knock: Knock { chat: chat.map(str::to_owned), person: person.map(str::to_owned) },
            phrase: Phrase::new("stranger"),
        };
        let all =
            || [away(None, Some("8")), away(None, Some("9")), away(Some("-7"), None), away(Some("-8"), None)];
        let mut number = 0;
        let mut told = async |change| {
            number += 1;
            asks(&desk, &format!("m:{number}"), Standing::Owner, change).await.len()
        };
        for expected in [1, 0] {
            for change in all() {
                assert_eq!(told(change).await, expected);
            }
        }
        told(member("9", None)).await;
        let mut after = Vec::new();
        for change in all() {
            after.push(told(change).await);
        }
        assert_eq!(after, [0, 1, 0, 0]);
        told(AccessChange::Group { id: "-7".into(), allowed: true }).await;
        after.clear();
        for change in all() {
            after.push(told(change).await);
        }
        assert_eq!(after, [0, 0, 1, 0]);
        told(AccessChange::Group { id: "-7".into(), allowed: true }).await;
        told(AccessChange::Group { id: "-7".into(), allowed: false }).await;
        assert_eq!(told(away(Some("-7"), None)).await, 0, "that it is closed was said");
    }

    #[tokio::test]
    async fn whoever_is_denied_waits_for_nothing_any_more() {
        let desk = desk().await;
        let cat = || Outcome::Draw(crate::store::tests::cat());
        for (key, person) in [("m:1", "ana"), ("m:2", "ana"), ("m:3", "eva"), ("m:4", "ana")] {
            desk.store.accept(&says("c", person, key, "words"), "{}", false, 1).await.unwrap();
            let taken = desk.store.take(&["console"]).await.unwrap().unwrap();
            let limits = Limits { waiting_per_person: 5, daily: None };
            let settlement = Settlement { limits, ..settlement(&taken, cat(), 2) };
            desk.store.settle(settlement).await.unwrap().unwrap();
        }
        let running = desk.store.claim(3).await.unwrap().unwrap();
        let stands = "UPDATE drawings SET placeholder = '77' WHERE id = 4";
        sqlx::query(stands).execute(&desk.store.writer).await.unwrap();
        let denied = AccessChange::Person { id: "ana".into(), name: None, role: Role::Denied };
        assert_eq!(asks(&desk, "m:5", Standing::Owner, denied).await, ["access-person"]);
        let states = "SELECT person || ' ' || state || ' ' || cancel FROM drawings ORDER BY id";
        let rows = sqlx::query(states).fetch_all(&desk.store.writer).await.unwrap();
        let rows: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(rows, ["ana running 1", "ana cancelled 1", "eva waiting 0", "ana cancelled 1"]);
        let picture = PictureReply {
            file: running.file(),
            prompt: "cat".into(),
            seed: 1,
            steps: 1,
            width: 8,
            height: 8,
            caption: None,
            cut: None,
            as_file: false,
        };
        assert!(!desk.store.painted(&running, picture, 6).await.unwrap(), "it is not shown");
        let left =
            "SELECT drawing FROM replies WHERE person = 'ana' AND state = 'waiting' AND drawing IS NOT NULL";
        let left = sqlx::query(left).fetch_all(&desk.store.writer).await.unwrap();
        let left: Vec<i64> = left.iter().map(|row| row.get(0)).collect();
        assert_eq!(left, [4], "only the message that says that it waits says how it ended");
    }
}
