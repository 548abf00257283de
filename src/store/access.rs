//! Settling a change of who may talk: what it comes to, decided inside settle's transaction, and what is said to it.

use sqlx::SqliteConnection;

use super::claims::{Claimant, Claimed, claim};
use super::settle::Settlement;
use super::{StoreError, groups, people, roles, turned_away};
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
