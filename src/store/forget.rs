//! Forgetting: everything kept about a lane and the person who asks goes, now or by its age.

use sqlx::{Row, SqliteConnection};

use super::drawings::file_of;
use super::messages::from_json;
use super::{Store, StoreError, Taken};
use crate::message::PictureReply;

/// What was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forgotten {
    /// Messages and turns.
    pub messages: i64,
    /// Pictures.
    pub pictures: i64,
    /// Media files that no row names any more: doomed, to be deleted after the commit.
    pub files: Vec<String>,
}

impl Store {
    /// Deletes ended rows older than `before`, at most `batch` of each kind; of what could not be delivered for so
    /// long, too.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn prune(&self, before: i64, batch: u32) -> Result<Forgotten, StoreError> {
        let mut tx = self.begin().await?;
        let mut gone = Forgotten::default();
        let rows = sqlx::query(
            "DELETE FROM drawings WHERE id IN (SELECT id FROM drawings WHERE ended_at < ? ORDER BY id LIMIT ?)
             RETURNING picture, id, queued_at, commission",
        )
        .bind(before)
        .bind(batch)
        .fetch_all(&mut *tx)
        .await?;
        files(&mut tx, &rows, &mut gone).await?;
        for sql in [
            "DELETE FROM replies WHERE id IN (SELECT id FROM replies WHERE coalesce(ended_at, created_at) < ? ORDER BY id LIMIT ?)",
            "DELETE FROM turns WHERE id IN (SELECT id FROM turns WHERE at < ? ORDER BY id LIMIT ?)",
            "DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE settled_at < ? ORDER BY id LIMIT ?)",
            "DELETE FROM people WHERE (messenger, person) IN
                 (SELECT messenger, person FROM people WHERE last_seen < ? ORDER BY last_seen LIMIT ?)",
            "DELETE FROM pending WHERE (lane, person) IN
                 (SELECT lane, person FROM pending WHERE expires_at < ? ORDER BY expires_at LIMIT ?)",
        ] {
            let deleted = sqlx::query(sql).bind(before).bind(batch).execute(&mut *tx).await?.rows_affected();
            gone.messages += i64::try_from(deleted).unwrap_or(i64::MAX);
        }
        tx.commit().await?;
        Ok(gone)
    }

    /// Files that no row names any more and that are not deleted yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn doomed(&self) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query("SELECT file FROM doomed").fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// These files are deleted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn buried(&self, files: &[String]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for file in files {
            sqlx::query("DELETE FROM doomed WHERE file = ?").bind(file).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Folds the write-ahead log into the database and empties it: deleted text is gone from the disk then. False while
    /// somebody still reads the old state.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn fold(&self) -> Result<bool, StoreError> {
        let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&self.writer).await?;
        Ok(row.try_get::<i64, _>(0)? == 0)
    }
}

/// Deletes what the lane holds and what the person has anywhere on this messenger, inside somebody's transaction.
/// The message in hand stays, without its text: its key still refuses a duplicate.
pub(super) async fn forget(
    connection: &mut SqliteConnection,
    taken: &Taken,
    also: &[&str],
) -> Result<Forgotten, StoreError> {
    let mut gone = Forgotten::default();
    for messenger in also {
        forget_on(connection, taken, messenger, &mut gone).await?;
    }
    sqlx::query("UPDATE messages SET raw = '', message = json_remove(message, '$.from.name') WHERE id = ?")
        .bind(taken.id.get())
        .execute(connection)
        .await?;
    Ok(gone)
}

async fn forget_on(
    connection: &mut SqliteConnection,
    taken: &Taken,
    messenger: &str,
    gone: &mut Forgotten,
) -> Result<(), StoreError> {
    let (lane, person) = (taken.message.address.lane(), &taken.message.from.id);
    // The one being painted goes as well: its painter finds no row, stops, and leaves no picture.
    let rows = sqlx::query(
        "DELETE FROM drawings WHERE lane = ?1 OR (messenger = ?2 AND person = ?3) RETURNING picture, id, queued_at, commission",
    )
    .bind(&lane)
    .bind(messenger)
    .bind(person)
    .fetch_all(&mut *connection)
    .await?;
    files(connection, &rows, gone).await?;
    let deleted = sqlx::query(
        "DELETE FROM messages WHERE id <> ?4 AND state IN ('settled', 'parked')
           AND (lane = ?1 OR (messenger = ?2 AND person = ?3))",
    )
    .bind(&lane)
    .bind(messenger)
    .bind(person)
    .bind(taken.id.get())
    .execute(&mut *connection)
    .await?;
    gone.messages += i64::try_from(deleted.rows_affected()).unwrap_or(i64::MAX);
    for sql in [
        "DELETE FROM replies WHERE lane = ?1 OR (messenger = ?2 AND person = ?3)",
        "DELETE FROM turns WHERE lane = ?1 OR (lane LIKE ?2 || '/%' AND person = ?3)",
        "DELETE FROM pending WHERE lane = ?1 OR (lane LIKE ?2 || '/%' AND person = ?3)",
        "DELETE FROM people WHERE messenger = ?2 AND person = ?3 AND ?1 = ?1",
        "DELETE FROM settings WHERE (lane = ?1 OR (?4 AND lane LIKE ?2 || '/%')) AND ?3 = ?3",
        "DELETE FROM told WHERE (lane = ?1 OR (?4 AND lane LIKE ?2 || '/%')) AND ?3 = ?3",
    ] {
        let query = sqlx::query(sql).bind(&lane).bind(messenger).bind(person);
        // On a messenger that only this person uses, every lane is theirs.
        query.bind(messenger != taken.message.address.messenger).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Counts the pictures of deleted drawings, and dooms every file that they may have left.
async fn files(
    connection: &mut SqliteConnection,
    rows: &[sqlx::sqlite::SqliteRow],
    gone: &mut Forgotten,
) -> Result<(), StoreError> {
    for row in rows {
        let file = if row.try_get::<Option<String>, _>(0)?.is_some() {
            gone.pictures += 1;
            from_json::<PictureReply>(row, 0, "drawings")?.file
        } else {
            file_of(row.try_get(1)?, row.try_get(2)?, &from_json(row, 3, "drawings")?)
        };
        doom(connection, &file).await?;
        gone.files.push(file);
    }
    Ok(())
}

/// A file is to be deleted once the transaction has committed.
pub(super) async fn doom(connection: &mut SqliteConnection, file: &str) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO doomed (file) VALUES (?) ON CONFLICT DO NOTHING")
        .bind(file)
        .execute(connection)
        .await?;
    Ok(())
}
