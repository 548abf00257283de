//! Forgetting: everything kept about a lane and the person who asks goes now. Where several people share a lane only the
//! owner's word reaches what is others'; anybody else's own goes, and what others are owed stays.

use sqlx::{Row, SqliteConnection};

use super::drawings::file_of;
use super::messages::from_json;
use super::placeholders::{self, Remnant};
use super::{StoreError, Taken, recordings};
use crate::message::{Language, PictureReply, Standing};

/// What was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forgotten {
    /// Messages and turns.
    pub messages: i64,
    /// Pictures.
    pub pictures: i64,
    /// Media files that no row names any more: doomed, to be deleted after the commit.
    pub files: Vec<String>,
    /// The whole lane went, not only what was the person's own in it.
    pub whole: bool,
}

/// Deletes what the lane holds (as far as that is this person's to say) and what the person has anywhere on this
/// messenger, inside somebody's transaction.
/// The message in hand stays, without its text: its key still refuses a duplicate. What said that something would come is
/// taken away.
pub(super) async fn forget(
    connection: &mut SqliteConnection,
    taken: &Taken,
    also: &[&str],
    (standing, language): (Standing, Language),
    now: i64,
) -> Result<Forgotten, StoreError> {
    let whole = !taken.message.audience.is_group() || standing == Standing::Owner;
    let mut gone = Forgotten { whole, ..Forgotten::default() };
    for messenger in also {
        for left in forget_on(connection, taken, (messenger, language), &mut gone).await? {
            placeholders::withdraw(connection, &left, now).await?;
        }
    }
    recordings::blank(connection, taken.id, &mut gone.files).await?;
    Ok(gone)
}

/// Deletes rows; what is left standing of them.
async fn forget_on(
    connection: &mut SqliteConnection,
    taken: &Taken,
    (messenger, language): (&str, Language),
    gone: &mut Forgotten,
) -> Result<Vec<Remnant>, StoreError> {
    let person = &taken.message.from.id;
    // No lane is called "": nothing that is others' is met then.
    let lane = if gone.whole { taken.message.address.lane() } else { String::new() };
    let left = placeholders::standing(connection, (&lane, messenger, person), taken.id, language).await?;
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
           AND (lane = ?1 OR (messenger = ?2 AND person = ?3)) RETURNING recording",
    )
    .bind(&lane)
    .bind(messenger)
    .bind(person)
    .bind(taken.id.get())
    .fetch_all(&mut *connection)
    .await?;
    recordings::doom_all(connection, &deleted, &mut gone.files).await?;
    gone.messages += i64::try_from(deleted.len()).unwrap_or(i64::MAX);
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
    Ok(left)
}

/// Counts the pictures of deleted drawings, and dooms every file that they may have left.
pub(super) async fn files(
    connection: &mut SqliteConnection,
    rows: &[sqlx::sqlite::SqliteRow],
    gone: &mut Forgotten,
) -> Result<(), StoreError> {
    for row in rows {
        let painted = row.try_get::<Option<String>, _>(0)?.is_some();
        gone.pictures += i64::from(painted);
        let file = if painted {
            from_json::<PictureReply>(row, 0, "drawings").map(|picture| picture.file)
        } else {
            let commission = from_json(row, 3, "drawings");
            commission.and_then(|order| Ok(file_of(row.try_get(1)?, row.try_get(2)?, &order)))
        };
        match file {
            Ok(file) => {
                doom(connection, &file).await?;
                gone.files.push(file);
            }
            // It goes all the same: it must not hold up the others.
            Err(error @ StoreError::Row { .. }) => {
                tracing::warn!(%error, "the file of a deleted drawing is not known");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A file is not to be deleted (any more): it stays after all, or is gone.
pub(super) async fn spare(connection: &mut SqliteConnection, file: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM doomed WHERE file = ?").bind(file).execute(connection).await?;
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
