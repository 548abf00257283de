//! Albums: the first row of one waits a moment for the others and takes in what they say. Decided by rows, in the
//! transactions that accept them, so that a restart in the middle changes nothing.

use sqlx::{Row as _, SqliteConnection};

use super::messages::{from_json, to_json};
use super::{Store, StoreError};
use crate::message::{Body, Event, Message, MessageId};

/// How long an album is waited for after the last of it that came.
const QUIET_MS: i64 = 1_500;

/// How long after a start: the messenger has to be reached first.
const AFTER_START_MS: i64 = 5_000;

/// The first row of an album that waits for the rest.
const WAITS: &str = "ready = 0 AND state = 'new' AND album_until IS NOT NULL";

impl Store {
    /// Albums of which nothing more has come for a moment are ready.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn close_albums(&self, now: i64) -> Result<(), StoreError> {
        // What waits longer than anything does was left by a clock that was ahead.
        let due = format!("{WAITS} AND (album_until <= ?1 OR album_until > ?1 + {AFTER_START_MS})");
        let any = format!("SELECT 1 FROM messages INDEXED BY messages_unready WHERE {due} LIMIT 1");
        let any = sqlx::query(sqlx::AssertSqlSafe(any)).bind(now).fetch_optional(&self.readers).await?;
        if any.is_some() {
            let ready = format!("UPDATE messages SET ready = 1, album_until = NULL WHERE {due}");
            sqlx::query(sqlx::AssertSqlSafe(ready)).bind(now).execute(&self.writer).await?;
        }
        Ok(())
    }
}

/// A message of an album was just accepted as this row. The first one waits for the others; a later one is added to it, as
/// long as nobody has it in hand. What comes too late is a message of its own, if it says something.
pub(super) async fn gather(
    connection: &mut SqliteConnection,
    id: MessageId,
    message: &Message,
    now: i64,
) -> Result<(), StoreError> {
    let Some(album) = &message.album else { return Ok(()) };
    let first = sqlx::query(
        "SELECT id, message, state FROM messages
         WHERE messenger = ? AND chat = ? AND album = ? AND joined IS NULL ORDER BY id LIMIT 1",
    )
    .bind(&message.address.messenger)
    .bind(&message.address.chat)
    .bind(&album.id)
    .fetch_optional(&mut *connection)
    .await?;
    let until = now + QUIET_MS;
    let Some(first) = first else {
        sqlx::query("UPDATE messages SET album = ?, ready = 0, control = 0, album_until = ? WHERE id = ?")
            .bind(&album.id)
            .bind(until)
            .bind(id.get())
            .execute(connection)
            .await?;
        return Ok(());
    };
    // One that another version wrote takes nothing in: this piece is a message of its own.
    let whole = from_json::<Message>(&first, 1, "messages").ok();
    let whole = if first.try_get::<String, _>(2)? == "new" { whole } else { None };
    let waits = whole.is_some();
    if let Some(whole) = whole {
        let whole = whole.with_more(message.clone());
        sqlx::query(
            "UPDATE messages SET message = ?1, album_until = iif(album_until IS NULL, NULL, max(album_until, ?2)) WHERE id = ?3",
        )
        .bind(to_json(&whole, "messages")?)
        .bind(until)
        .bind(first.try_get::<i64, _>(0)?)
        .execute(&mut *connection)
        .await?;
    }
    if waits || !message.says_something() {
        join(connection, id, message, first.try_get(0)?).await?;
    }
    Ok(())
}

/// A row says nothing itself: another one has it.
async fn join(
    connection: &mut SqliteConnection,
    id: MessageId,
    message: &Message,
    first: i64,
) -> Result<(), StoreError> {
    let body = Body::Event(Event::Silent("album".to_owned()));
    let silent = Message { body, quoted: None, ..message.clone() };
    sqlx::query("UPDATE messages SET message = ?, raw = '', control = 1, joined = ? WHERE id = ?")
        .bind(to_json(&silent, "messages")?)
        .bind(first)
        .bind(id.get())
        .execute(connection)
        .await?;
    Ok(())
}

/// An edit of a message whose words another row has is an edit of that one.
pub(super) async fn edit_of(
    connection: &mut SqliteConnection,
    message: &mut Message,
) -> Result<(), StoreError> {
    let Body::Edit { of, .. } = &mut message.body else { return Ok(()) };
    let row = sqlx::query(
        "SELECT f.key FROM messages m JOIN messages f ON f.id = m.joined
         WHERE m.messenger = ? AND m.chat = ? AND m.key = ?",
    )
    .bind(&message.address.messenger)
    .bind(&message.address.chat)
    .bind(of.as_str())
    .fetch_optional(connection)
    .await?;
    if let Some(row) = row {
        *of = row.try_get(0)?;
    }
    Ok(())
}

/// The house was away: albums that waited then have a moment more.
pub(super) async fn wait_again(connection: &mut SqliteConnection, now: i64) -> Result<(), StoreError> {
    let sql = format!("UPDATE messages SET album_until = ? WHERE {WAITS}");
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now + AFTER_START_MS).execute(connection).await?;
    Ok(())
}
