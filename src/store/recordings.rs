//! Recordings of messages: heed finds that one is wanted, its row names the file, then the file is brought, then the
//! message is ready. What a stranger sends is never brought.
//!
//! So there is never a file that no row names, and never a message in hand whose file is not there: a file is moved into
//! its place only while its row waits for it and nobody can end that ([`Store::while_wanted`]).

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use super::forget::doom;
use super::messages::{Brought, from_json, to_json};
use super::{Store, StoreError};
use crate::message::{Message, MessageId, Phrase, Recording};

/// A message that waits for its recording.
const WANTED: &str =
    "SELECT 1 FROM messages WHERE id = ? AND ready = 0 AND state = 'new' AND recording IS NOT NULL";

/// A recording to be brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Whose.
    pub id: MessageId,
    /// Name of the messenger that has it.
    pub messenger: String,
    /// The lane in which it was said.
    pub lane: String,
    /// Where the messenger finds it.
    pub recording: Recording,
    /// Name of its file in the media folder.
    pub file: String,
    /// When the message was accepted.
    pub since: i64,
    /// It was said to us; otherwise it only may call us, and a group waits for it.
    pub called: bool,
}

impl Store {
    /// Recordings that are still to be brought, the oldest message first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn wanted_recordings(&self) -> Result<Vec<Wanted>, StoreError> {
        let sql = "SELECT id, message, recording, received_at FROM messages INDEXED BY messages_unready
                   WHERE ready = 0 AND state = 'new' AND recording IS NOT NULL ORDER BY id";
        let rows = sqlx::query(sql).fetch_all(&self.readers).await?;
        let mut wanted = Vec::with_capacity(rows.len());
        for row in &rows {
            let id = MessageId::new(row.try_get(0)?);
            match from_json::<Message>(row, 1, "messages") {
                Ok(message) if message.recording().is_some() => wanted.push(Wanted {
                    id,
                    lane: message.address.lane(),
                    called: !message.audience.is_overheard(),
                    recording: message.recording().cloned().unwrap_or_default(),
                    messenger: message.address.messenger,
                    file: row.try_get(2)?,
                    since: row.try_get(3)?,
                }),
                // Another version wrote it: whoever takes the message sets it aside, with the reason.
                Ok(_) | Err(StoreError::Row { .. }) => drop(self.recording_is_here(id).await?),
                Err(error) => return Err(error),
            }
        }
        Ok(wanted)
    }

    /// A message in hand needs a recording first: it goes back to its lane, with its attempt, until that has come.
    ///
    /// # Errors
    /// When the database fails; the message stays in hand.
    pub async fn want_recording(&self, id: MessageId, now: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let back = sqlx::query(
            "UPDATE messages SET state = 'new', attempt = attempt - 1, boot = NULL WHERE id = ? AND state = 'taken' AND boot = ?
             RETURNING stopped",
        )
        .bind(id.get())
        .bind(&*self.boot)
        .fetch_optional(&mut *tx)
        .await?;
        if let Some(row) = back {
            expect(&mut tx, id, now).await?;
            // Somebody said /stop while it was being heeded: nothing is brought for that.
            if row.try_get(0)? {
                give_up(&mut tx, "id = ?", &id.to_string(), &Phrase::new("stopping")).await?;
            }
        }
        tx.commit().await?;
        self.bells().recordings.notify_one();
        Ok(())
    }

    /// Whether a recording is still to be brought.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn wants_recording(&self, id: MessageId) -> Result<bool, StoreError> {
        Ok(sqlx::query(WANTED).bind(id.get()).fetch_optional(&self.readers).await?.is_some())
    }

    /// Does a short piece of `work` while a recording is to be brought and nobody can give it up; `None` when it is not
    /// wanted any more. What is placed here is named by a row then, and doomed by whoever gives it up afterwards.
    ///
    /// # Errors
    /// When the database fails; the work may be done then.
    pub async fn while_wanted<T>(
        &self,
        id: MessageId,
        work: impl FnOnce() -> T,
    ) -> Result<Option<T>, StoreError> {
        let mut tx = self.begin().await?;
        let wanted = sqlx::query(WANTED).bind(id.get()).fetch_optional(&mut *tx).await?.is_some();
        let done = wanted.then(work);
        tx.rollback().await?;
        Ok(done)
    }

    /// The file lies in its place: the message is ready. False when it is not waited for any more: nothing has happened
    /// then, and the file is doomed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recording_is_here(&self, id: MessageId) -> Result<bool, StoreError> {
        let sql = "UPDATE messages SET ready = 1 WHERE id = ? AND ready = 0 AND state = 'new'";
        let taken = sqlx::query(sql).bind(id.get()).execute(&self.writer).await?.rows_affected() > 0;
        self.bells().inbox.notify_one();
        Ok(taken)
    }

    /// The file will never come: the message is ready, and says so. What may lie there of it is doomed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recording_is_missing(&self, id: MessageId, why: &Phrase) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        give_up(&mut tx, "id = ?", &id.to_string(), why).await?;
        tx.commit().await?;
        self.bells().inbox.notify_one();
        Ok(())
    }
}

/// Nobody waits any more for the recordings of these messages (a condition with one `?`), for this reason. How many.
pub(super) async fn give_up(
    connection: &mut SqliteConnection,
    which: &str,
    value: &str,
    why: &Phrase,
) -> Result<usize, StoreError> {
    let sql = format!(
        "SELECT recording, id FROM messages WHERE ready = 0 AND state = 'new' AND recording IS NOT NULL AND {which}"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(value).fetch_all(&mut *connection).await?;
    doom_all(connection, &rows, &mut Vec::new()).await?;
    for row in &rows {
        sqlx::query("UPDATE messages SET ready = 1, recording = NULL, flaw = ? WHERE id = ?")
            .bind(to_json(why, "messages")?)
            .bind(row.try_get::<i64, _>(1)?)
            .execute(&mut *connection)
            .await?;
    }
    Ok(rows.len())
}

/// A message waits for its recording. Its file has a name that no other has, not even one of a
/// database that lay here before (the moment stands in it).
async fn expect(connection: &mut SqliteConnection, id: MessageId, now: i64) -> Result<(), StoreError> {
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

/// A message in hand keeps its ids and loses everything that somebody said: words, name, recording, what it
/// answers.
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
        "UPDATE messages SET raw = '', recording = NULL, flaw = NULL, report = json_remove(report, '$.transcript'),
                message = json_set(json_remove(message, '$.from.name', '$.quoted', '$.beside'), '$.body', json('{\"text\":\"\"}'))
         WHERE id = ?",
    )
    .bind(id.get())
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Accepted;
    use super::super::tests::{desk, says};
    use super::*;
    use crate::message::Body;

    #[tokio::test]
    async fn nothing_is_placed_for_a_message_that_does_not_wait() {
        let desk = desk().await;
        let body = Body::Voice(Recording { remote: "1".into(), caption: None });
        let message = Message { body, ..says("c", "ana", "m:1", "") };
        let Accepted::New(id) = desk.store.accept(&message, "{}", false, 1).await.unwrap() else {
            panic!("new")
        };
        assert_eq!(desk.store.while_wanted(id, || "placed").await.unwrap(), None, "nobody has heeded it");
        desk.store.take(&["console"]).await.unwrap().unwrap();
        desk.store.want_recording(id, 1).await.unwrap();
        assert_eq!(desk.store.while_wanted(id, || "placed").await.unwrap(), Some("placed"));
        desk.store.recording_is_missing(id, &Phrase::new("voice-gone")).await.unwrap();
        assert_eq!(desk.store.while_wanted(id, || "placed").await.unwrap(), None);
        assert!(!desk.store.recording_is_here(id).await.unwrap());
        assert_eq!(desk.store.doomed().await.unwrap(), [format!("voice-{id}-1")]);
    }
}
