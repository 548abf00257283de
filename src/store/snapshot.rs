//! A snapshot of the database for a backup, and what a snapshot needs before a house can live in it again.
//!
//! The original is only read, whatever program made it; nothing in it is brought up to date.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqliteAutoVacuum, SqliteConnectOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _, SqliteConnection};

use super::opening::{MIGRATIONS, changes};
use super::{StoreError, copy};

/// What stands in a row that was left out when a backup was put back.
const LEFT_OUT: &str = "left out when a backup was restored";

/// The change of the tables since which messages name recordings.
const RECORDINGS: i64 = 9;

/// Rows by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Kept {
    /// Messages.
    pub messages: i64,
    /// Turns of conversations.
    pub turns: i64,
    /// Pictures that were painted.
    pub pictures: i64,
}

/// What was not done yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Unfinished {
    /// Messages without an answer.
    pub messages: i64,
    /// Drawings in line; the one in the painter's hands waits, too.
    pub drawings: i64,
    /// Replies that were not delivered.
    pub replies: i64,
}

impl Unfinished {
    /// Everything together.
    #[must_use]
    pub const fn sum(&self) -> i64 {
        self.messages + self.drawings + self.replies
    }
}

/// What a snapshot holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Number of the last change of the tables.
    pub change: i64,
    /// Rows.
    pub kept: Kept,
    /// Work.
    pub unfinished: Unfinished,
    /// When the oldest message that is kept was answered; ageing goes by that.
    pub oldest: Option<i64>,
    /// Media files that its rows name.
    pub files: Vec<String>,
}

/// A database that somebody may be working in.
#[derive(Debug)]
pub struct Original(SqliteConnection);

impl Original {
    /// Opens it; `None` when there is no database, or nothing in it.
    ///
    /// # Errors
    /// When it cannot be read, or was made by a newer program.
    pub async fn open(path: &Path) -> Result<Option<Self>, StoreError> {
        if !path.try_exists().map_err(sqlx::Error::Io)? {
            return Ok(None);
        }
        // The copy can give pages back to the disk, even where the original was made before that.
        let mut original = plain(path).auto_vacuum(SqliteAutoVacuum::Incremental).connect().await?;
        let change = last_change(&mut original).await?;
        Ok((change > 0).then_some(Self(original)))
    }

    /// Copies it into a file, which is new or empty, as it is at this moment; nobody waits for that. What somebody has
    /// in hand waits in the copy.
    ///
    /// # Errors
    /// When the copy cannot be written.
    pub async fn copy(mut self, to: &Path) -> Result<Snapshot, StoreError> {
        copy::into(&mut self.0, to).await?;
        self.0.close().await?;
        let mut copied = plain(to).connect().await?;
        if last_change(&mut copied).await? == newest_change() {
            for sql in [
                "UPDATE messages SET state = 'new', attempt = max(attempt - 1, 0), boot = NULL WHERE state = 'taken'",
                "UPDATE drawings SET state = 'waiting', attempt = max(attempt - 1, 0), boot = NULL, started_at = NULL
                 WHERE state = 'running' AND cancel = 0",
                "DELETE FROM doomed",
            ] {
                sqlx::query(sql).execute(&mut copied).await?;
            }
        }
        let snapshot = contents(&mut copied).await?;
        copied.close().await?;
        Ok(snapshot)
    }
}

/// Number of the last change that this program knows.
#[must_use]
pub fn newest_change() -> i64 {
    MIGRATIONS.iter().map(|change| change.version).max().unwrap_or_default()
}

/// Looks whether a snapshot that nobody has open is whole, and makes it ready for a house: its unfinished work is kept or
/// left out, and replies get numbers that no reply ever had (services know replies by their numbers).
///
/// # Errors
/// When it is damaged, or was made by a newer program.
pub async fn make_ready(path: &Path, keep_unfinished: bool, now: i64) -> Result<Snapshot, StoreError> {
    let mut file = plain(path).connect().await?;
    let checked = sqlx::query("PRAGMA integrity_check(1)").fetch_one(&mut file).await?;
    if checked.try_get::<String, _>(0)? != "ok" {
        let flaw = std::io::Error::other(checked.try_get::<String, _>(0)?);
        return Err(StoreError::Damaged { source: sqlx::Error::Io(flaw) });
    }
    last_change(&mut file).await?;
    let found = contents(&mut file).await?;
    let mut tx = file.begin().await?;
    let left_out = [
        ("messages", "state = 'settled', settled_at = ?1", "state IN ('new', 'taken')"),
        ("drawings", "state = 'cancelled', ended_at = ?1", "state IN ('waiting', 'running')"),
        ("replies", "state = 'parked', ended_at = ?1", "state = 'waiting'"),
    ];
    for (table, set, unfinished) in left_out {
        if !keep_unfinished && has(&mut tx, table).await? {
            let sql = format!("UPDATE {table} SET {set}, reason = ?2 WHERE {unfinished}");
            sqlx::query(AssertSqlSafe(sql)).bind(now).bind(LEFT_OUT).execute(&mut *tx).await?;
        }
    }
    if has(&mut tx, "replies").await? {
        // Seconds go on faster than replies are made, however often a backup is put back.
        sqlx::query("INSERT INTO sqlite_sequence (name, seq) SELECT 'replies', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'replies')")
            .execute(&mut *tx)
            .await?;
        sqlx::query("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'replies'")
            .bind(now / 1_000)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    file.close().await?;
    Ok(found)
}

fn plain(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(std::time::Duration::from_secs(5))
        .disable_statement_logging()
}

async fn last_change(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    let made = changes(connection).await?;
    match made.iter().find(|version| !MIGRATIONS.version_exists(**version)) {
        Some(version) => Err(StoreError::Newer { version: *version }),
        None => Ok(made.into_iter().max().unwrap_or_default()),
    }
}

async fn has(connection: &mut SqliteConnection, table: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?";
    Ok(sqlx::query(sql).bind(table).fetch_optional(connection).await?.is_some())
}

/// Rows of a table; none where an old database has no such table.
async fn count(connection: &mut SqliteConnection, table: &str, which: &str) -> Result<i64, StoreError> {
    if !has(connection, table).await? {
        return Ok(0);
    }
    let sql = format!("SELECT count(*) FROM {table} WHERE {which}");
    Ok(sqlx::query(AssertSqlSafe(sql)).fetch_one(connection).await?.try_get(0)?)
}

async fn contents(connection: &mut SqliteConnection) -> Result<Snapshot, StoreError> {
    let kept = Kept {
        messages: count(connection, "messages", "true").await?,
        turns: count(connection, "turns", "true").await?,
        pictures: count(connection, "drawings", "picture IS NOT NULL").await?,
    };
    let unfinished = Unfinished {
        messages: count(connection, "messages", "state IN ('new', 'taken')").await?,
        drawings: count(connection, "drawings", "state IN ('waiting', 'running')").await?,
        replies: count(connection, "replies", "state = 'waiting'").await?,
    };
    let mut oldest = None;
    if kept.messages > 0 {
        let sql = "SELECT min(coalesce(settled_at, received_at)) FROM messages WHERE state IN ('settled', 'parked')";
        oldest = sqlx::query(sql).fetch_one(&mut *connection).await?.try_get(0)?;
    }
    let change = last_change(connection).await?;
    let mut files = Vec::new();
    if kept.pictures > 0 {
        let sql = "SELECT DISTINCT json_extract(picture, '$.file') FROM drawings
                   WHERE json_valid(picture) AND json_type(picture, '$.file') = 'text' ORDER BY id";
        files.extend(names(connection, sql).await?);
    }
    if change >= RECORDINGS {
        // One that was still being brought is brought again by the house that the copy is for.
        let sql = "SELECT recording FROM messages WHERE recording IS NOT NULL AND ready = 1 ORDER BY id";
        files.extend(names(connection, sql).await?);
    }
    Ok(Snapshot { change, kept, unfinished, oldest, files })
}

async fn names(connection: &mut SqliteConnection, sql: &'static str) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(sql).fetch_all(connection).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}
