//! Recordings of messages: the row names the file first, then the file is brought, then the message is ready.
//!
//! So there is never a file that no row names, and never a message in hand whose file is not there.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::forget::doom;
use super::messages::{Brought, from_json, to_json};
use super::{Store, StoreError};
use crate::message::{Body, Message, MessageId, Phrase, Recording};

/// A recording to be brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Whose.
    pub id: MessageId,
    /// Name of the messenger that has it.
    pub messenger: String,
    /// Where the messenger finds it.
    pub recording: Recording,
    /// Name of its file in the media folder.
    pub file: String,
    /// When the message was accepted.
    pub since: i64,
}

impl Store {
    /// Recordings that are still to be brought, the oldest message first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn wanted_recordings(&self) -> Result<Vec<Wanted>, StoreError> {
        let sql = "SELECT id, message, recording, received_at FROM messages INDEXED BY messages_waiting
                   WHERE state IN ('new', 'taken') AND ready = 0 ORDER BY id";
        let rows = sqlx::query(sql).fetch_all(&self.readers).await?;
        let mut wanted = Vec::with_capacity(rows.len());
        for row in &rows {
            let id = MessageId::new(row.try_get(0)?);
            match from_json::<Message>(row, 1, "messages") {
                Ok(Message { address, body: Body::Voice(recording), .. }) => wanted.push(Wanted {
                    id,
                    messenger: address.messenger,
                    recording,
                    file: row.try_get(2)?,
                    since: row.try_get(3)?,
                }),
                // Another version wrote it: whoever takes the message sets it aside, with the reason.
                Ok(_) | Err(StoreError::Row { .. }) => self.recording_is_here(id).await?,
                Err(error) => return Err(error),
            }
        }
        Ok(wanted)
    }

    /// The file lies in its place: the message is ready.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recording_is_here(&self, id: MessageId) -> Result<(), StoreError> {
        self.ready("UPDATE messages SET ready = 1 WHERE id = ? AND ?2 IS NULL", id, None).await
    }

    /// The file will never come: the message is ready, and says so.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recording_is_missing(&self, id: MessageId, why: &Phrase) -> Result<(), StoreError> {
        let why = to_json(why, "messages")?;
        self.ready("UPDATE messages SET ready = 1, recording = NULL, flaw = ?2 WHERE id = ?1", id, Some(why))
            .await
    }

    async fn ready(&self, sql: &'static str, id: MessageId, why: Option<String>) -> Result<(), StoreError> {
        sqlx::query(sql).bind(id.get()).bind(why).execute(&self.writer).await?;
        self.bells().inbox.notify_one();
        Ok(())
    }
}

/// A message that was just accepted waits for its recording. Its file has a name that no other has, not even one of a
/// database that lay here before (the moment stands in it).
pub(super) async fn expect(
    connection: &mut SqliteConnection,
    id: MessageId,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE messages SET ready = 0, recording = ? WHERE id = ?")
        .bind(format!("voice-{id}-{now}"))
        .bind(id.get())
        .execute(connection)
        .await?;
    Ok(())
}

/// Columns 3 and 4 of a message in hand.
pub(super) fn brought(row: &SqliteRow) -> Result<Option<Brought>, StoreError> {
    if row.try_get::<Option<String>, _>(4)?.is_some() {
        return Ok(Some(Brought::Flaw(from_json(row, 4, "messages")?)));
    }
    Ok(row.try_get::<Option<String>, _>(3)?.map(Brought::File))
}

/// Dooms the recordings of rows that are gone (their first column), and adds their files to those that may be deleted.
pub(super) async fn doom_all(
    connection: &mut SqliteConnection,
    rows: &[SqliteRow],
    files: &mut Vec<String>,
) -> Result<(), StoreError> {
    for row in rows {
        if let Some(file) = row.try_get::<Option<String>, _>(0)? {
            doom(connection, &file).await?;
            files.push(file);
        }
    }
    Ok(())
}

/// A message in hand keeps its ids and loses everything that somebody said: words, name, recording.
pub(super) async fn blank(
    connection: &mut SqliteConnection,
    id: MessageId,
    files: &mut Vec<String>,
) -> Result<(), StoreError> {
    let rows = sqlx::query("SELECT recording FROM messages WHERE id = ?")
        .bind(id.get())
        .fetch_all(&mut *connection)
        .await?;
    doom_all(connection, &rows, files).await?;
    sqlx::query(
        "UPDATE messages SET raw = '', recording = NULL,
                message = json_set(json_remove(message, '$.from.name'), '$.body', json('{\"text\":\"\"}'))
         WHERE id = ?",
    )
    .bind(id.get())
    .execute(connection)
    .await?;
    Ok(())
}
