//! Forgetting: everything kept about a lane and the person who asks goes, now or by its age.

use sqlx::{Row, SqliteConnection};

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
    /// Media files that no row names any more; the caller deletes them after the commit.
    pub files: Vec<String>,
}

impl Store {
    /// Deletes ended rows older than `before`, at most `batch` of each kind.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn prune(&self, before: i64, batch: u32) -> Result<Forgotten, StoreError> {
        let mut tx = self.begin().await?;
        let mut gone = Forgotten::default();
        let rows = sqlx::query(
            "DELETE FROM drawings WHERE id IN (SELECT id FROM drawings WHERE ended_at < ? ORDER BY id LIMIT ?) RETURNING picture",
        )
        .bind(before)
        .bind(batch)
        .fetch_all(&mut *tx)
        .await?;
        files(&rows, &mut gone)?;
        for sql in [
            "DELETE FROM replies WHERE id IN (SELECT id FROM replies WHERE ended_at < ? ORDER BY id LIMIT ?)",
            "DELETE FROM turns WHERE id IN (SELECT id FROM turns WHERE at < ? ORDER BY id LIMIT ?)",
            "DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE settled_at < ? ORDER BY id LIMIT ?)",
        ] {
            let deleted = sqlx::query(sql).bind(before).bind(batch).execute(&mut *tx).await?.rows_affected();
            gone.messages += i64::try_from(deleted).unwrap_or(i64::MAX);
        }
        tx.commit().await?;
        Ok(gone)
    }
}

/// Deletes what the lane holds and what the person has anywhere on this messenger, inside somebody's transaction.
/// The message in hand stays, without its text: its key still refuses a duplicate.
pub(super) async fn forget(
    connection: &mut SqliteConnection,
    taken: &Taken,
    now: i64,
) -> Result<Forgotten, StoreError> {
    let message = &taken.message;
    let (lane, messenger, person) = (message.address.lane(), &message.address.messenger, &message.from.id);
    let mut gone = Forgotten::default();
    let rows = sqlx::query(
        "UPDATE drawings SET state = 'cancelled', cancel = 1, ended_at = ?4
         WHERE state = 'waiting' AND (lane = ?1 OR (messenger = ?2 AND person = ?3)) RETURNING picture",
    )
    .bind(&lane)
    .bind(messenger)
    .bind(person)
    .bind(now)
    .fetch_all(&mut *connection)
    .await?;
    files(&rows, &mut gone)?;
    sqlx::query("UPDATE drawings SET cancel = 1 WHERE state = 'running' AND (lane = ?1 OR (messenger = ?2 AND person = ?3))")
        .bind(&lane)
        .bind(messenger)
        .bind(person)
        .execute(&mut *connection)
        .await?;
    let rows = sqlx::query(
        "DELETE FROM drawings WHERE state <> 'running' AND (lane = ?1 OR (messenger = ?2 AND person = ?3)) RETURNING picture",
    )
    .bind(&lane)
    .bind(messenger)
    .bind(person)
    .fetch_all(&mut *connection)
    .await?;
    files(&rows, &mut gone)?;
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
        "DELETE FROM settings WHERE lane = ?1 AND ?2 = ?2 AND ?3 = ?3",
        "DELETE FROM told WHERE lane = ?1 AND ?2 = ?2 AND ?3 = ?3",
    ] {
        sqlx::query(sql).bind(&lane).bind(messenger).bind(person).execute(&mut *connection).await?;
    }
    sqlx::query("UPDATE messages SET raw = '', message = json_remove(message, '$.from.name') WHERE id = ?")
        .bind(taken.id.get())
        .execute(connection)
        .await?;
    Ok(gone)
}

fn files(rows: &[sqlx::sqlite::SqliteRow], gone: &mut Forgotten) -> Result<(), StoreError> {
    for row in rows {
        if row.try_get::<Option<String>, _>(0)?.is_some() {
            let picture: PictureReply = from_json(row, 0, "drawings")?;
            gone.pictures += 1;
            gone.files.push(picture.file);
        }
    }
    Ok(())
}
