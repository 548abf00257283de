//! Ageing: what has ended long ago goes, a little at a time, and leaves no text behind in the files of the database.
//!
//! What is to go is looked for beside the writer; each deletion is a small transaction, so that nobody waits for long.
//! What still waits (for an answer, for the painter, to be delivered) has no age: a house that was off for months still
//! delivers. Settings and what was explained once are a chat's own choice and stay until somebody says /forget.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Row as _};

use super::forget::{files, spare};
use super::recordings::doom_all;
use super::{Forgotten, Store, StoreError, copy};

/// A copy that was made before a change of the tables holds text that is deleted here meanwhile: it stays a week.
const COPY_MS: i64 = 7 * 24 * 3_600_000;

/// Times that the write-ahead log is tried to be emptied while somebody reads, and the pause between.
const FOLDS: u32 = 25;
const FOLD_AGAIN: Duration = Duration::from_millis(200);

/// Pages that are given back to the disk in one transaction; fewer free ones are kept for what comes next.
const PAGES: i64 = 256;

/// Files to be deleted; a file's name begins with its drawing (`file_of`).
const UNNAMED: &str = "SELECT file FROM doomed WHERE NOT EXISTS (
    SELECT 1 FROM drawings d WHERE d.state IN ('waiting', 'running') AND doomed.file LIKE d.id || '-' || d.queued_at || '-%')";

/// What has ended, by table: the condition takes the moment before which it must have ended. A drawing whose picture is
/// still to be delivered has not ended for its requester.
const ENDED: [(&str, &str); 4] = [
    (
        "drawings",
        "state NOT IN ('waiting', 'running') AND coalesce(ended_at, queued_at) < ?
         AND NOT EXISTS (SELECT 1 FROM replies r WHERE r.state = 'waiting' AND r.drawing = drawings.id)",
    ),
    ("replies", "state <> 'waiting' AND coalesce(ended_at, created_at) < ?"),
    ("turns", "at < ?"),
    ("messages", "state IN ('settled', 'parked') AND coalesce(settled_at, received_at) < ?"),
];

impl Store {
    /// Deletes what ended before `before`, at most `batch` rows of a table, in a transaction for each table. True when
    /// there may be more. The files of drawings are doomed with them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn prune(&self, before: i64, batch: u32) -> Result<bool, StoreError> {
        let mut more = false;
        for (table, ended) in ENDED {
            let sql = format!("SELECT id FROM {table} WHERE {ended} ORDER BY id LIMIT ?");
            let rows =
                sqlx::query(AssertSqlSafe(sql)).bind(before).bind(batch).fetch_all(&self.readers).await?;
            let ids = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<i64>, _>>()?;
            if !ids.is_empty() {
                self.delete(table, &ids).await?;
            }
            more |= u32::try_from(ids.len()) == Ok(batch);
        }
        for sql in [
            // Whoever has a role keeps his name: the owner looks at the list for years.
            "DELETE FROM people WHERE last_seen < ? AND NOT EXISTS (SELECT 1 FROM roles r
               WHERE r.messenger = people.messenger AND r.person = people.person)",
            "DELETE FROM pending WHERE expires_at < ?",
            "DELETE FROM wrong_codes WHERE at < ?",
            "DELETE FROM turned_away WHERE at < ?",
            "DELETE FROM requests WHERE at < ?",
        ] {
            sqlx::query(sql).bind(before).execute(&self.writer).await?;
        }
        Ok(more)
    }

    /// Deletes rows that have ended: nothing begins them again.
    async fn delete(&self, table: &str, ids: &[i64]) -> Result<(), StoreError> {
        let ids = serde_json::to_string(ids).unwrap_or_default();
        let what = match table {
            "drawings" => "RETURNING picture, id, queued_at, commission",
            "messages" => "RETURNING recording",
            _ => "",
        };
        let sql = format!("DELETE FROM {table} WHERE id IN (SELECT value FROM json_each(?)) {what}");
        let mut tx = self.begin().await?;
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(ids).fetch_all(&mut *tx).await?;
        match table {
            "drawings" => files(&mut tx, &rows, &mut Forgotten::default()).await?,
            "messages" => doom_all(&mut tx, &rows, &mut Vec::new()).await?,
            _ => {}
        }
        tx.commit().await?;
        Ok(())
    }

    /// Files that no row names any more and that are not deleted yet. Those of a drawing that is not finished may be
    /// written at any moment, and are let be.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn doomed(&self) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query(UNNAMED).fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// These files are deleted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn buried(&self, files: &[String]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for file in files {
            spare(&mut tx, file).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Gives free pages back to the disk, a few: true when there are more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn shrink(&self) -> Result<bool, StoreError> {
        let free = "PRAGMA freelist_count";
        let before: i64 = sqlx::query(free).fetch_one(&self.readers).await?.try_get(0)?;
        if before < PAGES {
            return Ok(false);
        }
        let sql = format!("PRAGMA incremental_vacuum({PAGES})");
        sqlx::query(AssertSqlSafe(sql)).execute(&self.writer).await?;
        let after: i64 = sqlx::query(free).fetch_one(&self.readers).await?.try_get(0)?;
        // A database that was made before files could shrink keeps its pages, and uses them again.
        Ok(after < before && after >= PAGES)
    }

    /// Folds the write-ahead log into the database and empties it: deleted text is gone from the disk then. False when
    /// somebody reads the old state for seconds (a backup); whoever keeps house tries again later.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn fold(&self) -> Result<bool, StoreError> {
        for _ in 0..FOLDS {
            if self.fold_once().await? {
                return Ok(true);
            }
            tokio::time::sleep(FOLD_AGAIN).await;
        }
        Ok(false)
    }

    /// Folds what can be folded now into the database, while others read and write.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn fold_along(&self) -> Result<(), StoreError> {
        sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&self.folder).await?;
        Ok(())
    }

    async fn fold_once(&self) -> Result<bool, StoreError> {
        let folded = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&self.folder).await;
        match folded.map_err(StoreError::from) {
            Ok(row) => Ok(row.try_get::<i64, _>(0)? == 0),
            Err(StoreError::Locked { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Deletes the copies that were made before a change of the tables: those that are a week old (`now`), or, without
    /// it, all of them, because somebody is to be forgotten.
    pub fn drop_copies(&self, now: Option<i64>) {
        copy::remove_copies(&self.path, now.map(|now| now - COPY_MS));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Desk, cat, desk, open, says, settlement};
    use super::*;
    use crate::message::{Content, Outcome, PictureReply};
    use crate::store::Left;

    fn picture(file: String) -> PictureReply {
        PictureReply {
            file,
            prompt: "a cat".into(),
            seed: 7,
            steps: 4,
            width: 8,
            height: 8,
            caption: None,
            cut: None,
            as_file: false,
        }
    }

    async fn count(desk: &Desk, table: &str) -> i64 {
        let sql = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        sqlx::query(sql).fetch_one(&desk.store.readers).await.unwrap().get(0)
    }

    /// A message that ended in this outcome at this time.
    async fn ends(desk: &Desk, key: &str, outcome: Outcome, now: i64) {
        desk.store.accept(&says("c", "ana", key, "words"), "{}", false, now).await.unwrap();
        let taken = desk.store.take(&["console"]).await.unwrap().unwrap();
        desk.store.settle(settlement(&taken, outcome, now)).await.unwrap().unwrap();
    }

    async fn deliver_all(desk: &Desk, now: i64) {
        while let Some(due) = desk.store.next_reply(&["console"], &[], now).await.unwrap() {
            desk.store.part_sent(due.reply, &Left::last(0, "r"), now).await.unwrap();
        }
    }

    fn said() -> Outcome {
        Outcome::Say { content: Content::Text { text: "fine".into() }, remember: None }
    }

    #[tokio::test]
    async fn what_waits_has_no_age() {
        let desk = desk().await;
        desk.store.accept(&says("c", "ana", "m:1", "new"), "{}", false, 1).await.unwrap();
        desk.store.accept(&says("d", "bob", "m:2", "cat"), "{}", false, 1).await.unwrap();
        for _ in 0..2 {
            let taken = desk.store.take(&["console"]).await.unwrap().unwrap();
            if taken.message.address.chat == "d" {
                desk.store.settle(settlement(&taken, Outcome::Draw(cat()), 1)).await.unwrap().unwrap();
            } else {
                desk.store.give_back(taken.id).await.unwrap();
                break;
            }
        }
        ends(&desk, "m:3", Outcome::Draw(cat()), 1).await;
        while desk.store.prune(1_000, 10).await.unwrap() {}
        assert_eq!(count(&desk, "replies WHERE state = 'waiting'").await, count(&desk, "replies").await);
        let drawn = desk.store.claim(2).await.unwrap().unwrap();
        assert!(desk.store.painted(&drawn, picture(drawn.file()), 3).await.unwrap());
        while desk.store.prune(1_000, 10).await.unwrap() {}
        assert_eq!(
            count(&desk, "drawings WHERE state = 'done'").await,
            1,
            "its picture is still to be delivered"
        );
        assert_eq!(desk.store.doomed().await.unwrap(), Vec::<String>::new());
        deliver_all(&desk, 4).await;
        while desk.store.prune(1_000, 10).await.unwrap() {}
        assert_eq!(desk.store.doomed().await.unwrap(), [drawn.file()]);
        assert_eq!(count(&desk, "replies").await, 0);
    }

    #[tokio::test]
    async fn it_goes_a_little_at_a_time_and_no_row_is_in_the_way() {
        let desk = desk().await;
        for number in 0..25 {
            ends(&desk, &format!("m:{number}"), said(), 1).await;
        }
        ends(&desk, "m:30", Outcome::Draw(cat()), 1).await;
        deliver_all(&desk, 2).await;
        for sql in [
            "UPDATE drawings SET state = 'parked', commission = '{}'",
            "UPDATE messages SET state = 'parked', settled_at = NULL WHERE key = 'm:3'",
        ] {
            sqlx::query(sql).execute(&desk.store.writer).await.unwrap();
        }
        assert!(desk.store.prune(1_000, 10).await.unwrap());
        assert_eq!((count(&desk, "messages").await, count(&desk, "replies").await), (16, 16));
        while desk.store.prune(1_000, 10).await.unwrap() {}
        assert_eq!((count(&desk, "messages").await, count(&desk, "drawings").await), (0, 0));
    }

    #[tokio::test]
    async fn a_log_that_is_folded_along_does_not_grow() {
        let desk = desk().await;
        let mut lengths = Vec::new();
        for number in 0..20 {
            desk.store.accept(&says("c", "ana", &format!("m:{number}"), "hi"), "{}", false, 1).await.unwrap();
            desk.store.fold_along().await.unwrap();
            lengths.push(std::fs::metadata(desk.folder.path().join("aisaac.db-wal")).unwrap().len());
        }
        assert_eq!(lengths.first(), lengths.last());
    }

    #[tokio::test]
    async fn the_file_and_the_log_give_room_back() {
        let desk = desk().await;
        let long = "long ".repeat(1_000);
        for number in 0..400 {
            let message = says("c", "ana", &format!("m:{number}"), &long);
            desk.store.accept(&message, &long, false, 1).await.unwrap();
        }
        desk.store.fold().await.unwrap();
        let path = desk.folder.path().join("aisaac.db");
        let length = |path: &std::path::Path| std::fs::metadata(path).unwrap().len();
        let full = length(&path);
        sqlx::query("UPDATE messages SET state = 'settled', settled_at = 2")
            .execute(&desk.store.writer)
            .await
            .unwrap();
        while desk.store.prune(1_000, 100).await.unwrap() {}
        while desk.store.shrink().await.unwrap() {}
        // Somebody who reads holds the fold back, but not for ever, and no writer meanwhile.
        let mut reading = desk.store.readers.begin().await.unwrap();
        sqlx::query("SELECT count(*) FROM messages").fetch_one(&mut *reading).await.unwrap();
        assert!(!desk.store.fold_once().await.unwrap());
        desk.store.accept(&says("c", "ana", "m:x", "hi"), "{}", false, 1).await.unwrap();
        drop(reading);
        assert!(desk.store.fold().await.unwrap());
        assert_eq!(length(&path.with_extension("db-wal")), 0);
        assert!(length(&path) < full / 2, "{} of {full}", length(&path));
        desk.store.close().await;
        open(&desk.folder, "again").await;
    }
}
