//! Table `people`: what people are called, only to be shown. Nobody gets in who is not heard: a stranger's name is not kept.

use sqlx::{Row as _, SqliteConnection};

use super::StoreError;
use crate::message::{Language, Message};

/// Somebody was heard, and is called this now.
pub(super) async fn seen(
    connection: &mut SqliteConnection,
    message: &Message,
    now: i64,
) -> Result<(), StoreError> {
    let (messenger, person) = (&message.address.messenger, &message.from);
    sqlx::query(
        "INSERT INTO people (messenger, person, name, language, last_seen) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET name = excluded.name, language = excluded.language, last_seen = excluded.last_seen",
    )
    .bind(messenger)
    .bind(&person.id)
    .bind(&person.name)
    .bind(person.language.map(Language::code))
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// The owner has named somebody by an answer to a message of his.
pub(super) async fn named(
    connection: &mut SqliteConnection,
    messenger: &str,
    person: &str,
    name: &str,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO people (messenger, person, name, last_seen) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET name = excluded.name",
    )
    .bind(messenger)
    .bind(person)
    .bind(name)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// Name and id, or the id alone.
pub(super) async fn shown(
    connection: &mut SqliteConnection,
    messenger: &str,
    person: &str,
) -> Result<String, StoreError> {
    let row = sqlx::query("SELECT name FROM people WHERE messenger = ? AND person = ?")
        .bind(messenger)
        .bind(person)
        .fetch_optional(connection)
        .await?;
    let name: Option<String> = row.map(|row| row.try_get(0)).transpose()?.flatten();
    Ok(name.map_or_else(|| person.to_owned(), |name| format!("{name} ({person})")))
}
