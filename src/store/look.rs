//! A look at a database from outside, for `doctor`: is it whole, is it ours, what waits in it.
//!
//! Nothing on disk changes: no database, journal or lock is made, nothing is brought up to date, and a journal that a
//! crash left is neither read into the database nor deleted.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _, Row as _};

use super::StoreError;
use super::opening::{MIGRATIONS, changes};
use crate::message::Role;

/// How long another program may hold the database before it counts as locked.
const PATIENCE: Duration = Duration::from_secs(2);

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// There is no database yet.
    Missing,
    /// There is a journal that no program has open: only the next start reads it in, so nothing can be said before.
    Unfinished,
    /// A database.
    Seen {
        /// What SQLite's own check says is broken; empty when nothing is.
        flaws: Vec<String>,
        /// Changes of the tables that the next start makes.
        behind: usize,
        /// What waits; `None` when the tables are too old to say.
        counts: Option<Counts>,
        /// Messengers on which somebody was made the owner; empty, too, when the tables are too old to say.
        owned: Vec<String>,
    },
}

/// Rows by what is to become of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages not settled yet.
    pub messages: i64,
    /// Drawings waiting or being painted.
    pub drawings: i64,
    /// Replies not sent yet.
    pub replies: i64,
    /// Messages set aside after too many attempts.
    pub parked_messages: i64,
    /// Drawings that failed or were set aside.
    pub failed_drawings: i64,
    /// Replies set aside.
    pub parked_replies: i64,
}

/// Looks at the database file.
///
/// # Errors
/// [`StoreError::Newer`], [`StoreError::Locked`], [`StoreError::Unwritable`], [`StoreError::Damaged`], and whatever
/// else SQLite says.
pub async fn look(path: &Path) -> Result<Look, StoreError> {
    if !path.try_exists().map_err(sqlx::Error::Io)? {
        return Ok(Look::Missing);
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(PATIENCE)
        .disable_statement_logging();
    let beside = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    match (beside("-wal").exists(), beside("-shm").exists()) {
        // Nobody has it open and nothing is left to be read in: SQLite need make no journal to read it.
        (false, _) => {
            let mut reading = options.read_only(true).immutable(true).connect().await?;
            let seen = seen(&mut reading).await;
            reading.close().await?;
            seen
        }
        (true, false) => Ok(Look::Unfinished),
        (true, true) => {
            let mut reading = options.clone().read_only(true).connect().await?;
            let seen = match seen(&mut reading).await {
                Ok(seen) => can_be_written(&options).await.map(|()| seen),
                Err(error) => Err(error),
            };
            reading.close().await?;
            seen
        }
    }
}

/// Whether a writer gets its turn. Another connection must have read by then and
/// stay open: the last one to leave clears the journal away.
async fn can_be_written(options: &SqliteConnectOptions) -> Result<(), StoreError> {
    let mut writing = options.connect().await?;
    let begun = sqlx::query("BEGIN IMMEDIATE").execute(&mut writing).await;
    if begun.is_ok() {
        sqlx::query("ROLLBACK").execute(&mut writing).await?;
    }
    writing.close().await?;
    begun.map(drop).map_err(StoreError::from)
}

async fn seen(connection: &mut SqliteConnection) -> Result<Look, StoreError> {
    let behind = behind(connection).await?;
    let said = sqlx::query("PRAGMA quick_check(20)").fetch_all(&mut *connection).await?;
    let said = said.iter().map(|row| row.try_get::<String, _>(0)).collect::<Result<Vec<_>, _>>()?;
    let flaws: Vec<String> = said.into_iter().filter(|line| line != "ok").collect();
    if !flaws.is_empty() || behind > 0 {
        return Ok(Look::Seen { flaws, behind, counts: None, owned: Vec::new() });
    }
    let (counts, owned) = (Some(counts(connection).await?), owned(connection).await?);
    Ok(Look::Seen { flaws, behind, counts, owned })
}

/// What holds for the file and on a connection of the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pragmas {
    /// Whether the file keeps a write-ahead log; `None` where there is no file yet, or none of SQLite's.
    pub wal: Option<bool>,
    /// Whether a commit waits for the disk.
    pub synchronous: bool,
    /// Whether rows that others name stay.
    pub foreign_keys: bool,
    /// Whether deleted rows are overwritten.
    pub secure_delete: bool,
}

/// Asks a connection as the house makes it (to nowhere), and the file's header: the journal is the file's own.
///
/// # Errors
/// What SQLite says.
pub async fn pragmas(path: &Path) -> Result<Pragmas, StoreError> {
    let mut connection = super::opening::options(Path::new(":memory:")).connect().await?;
    let mut number = async |name: &str| {
        let row =
            sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA {name}"))).fetch_one(&mut connection).await?;
        row.try_get::<i64, _>(0)
    };
    let synchronous = number("synchronous").await? >= 2;
    let (foreign_keys, secure_delete) =
        (number("foreign_keys").await? == 1, number("secure_delete").await? == 1);
    connection.close().await?;
    Ok(Pragmas { wal: wal(path), synchronous, foreign_keys, secure_delete })
}

/// Bytes 18 and 19 of the header are 2 with a write-ahead log (<https://sqlite.org/fileformat2.html#file_format_version_numbers>).
fn wal(path: &Path) -> Option<bool> {
    let mut header = [0; 20];
    std::fs::File::open(path).ok()?.read_exact(&mut header).ok()?;
    header.starts_with(b"SQLite format 3\0").then(|| header.ends_with(&[2, 2]))
}

/// Changes that are still to be made.
async fn behind(connection: &mut SqliteConnection) -> Result<usize, StoreError> {
    let versions = changes(connection).await?;
    let known: Vec<i64> = MIGRATIONS.iter().map(|change| change.version).collect();
    if let Some(version) = versions.iter().find(|version| !known.contains(version)) {
        return Err(StoreError::Newer { version: *version });
    }
    Ok(known.iter().filter(|version| !versions.contains(version)).count())
}

async fn owned(connection: &mut SqliteConnection) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query("SELECT DISTINCT messenger FROM roles WHERE role = ?").bind(Role::Owner.word());
    let rows = rows.fetch_all(connection).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

async fn counts(connection: &mut SqliteConnection) -> Result<Counts, StoreError> {
    let row = sqlx::query(
        "SELECT (SELECT count(*) FROM messages WHERE state IN ('new', 'taken')),
                (SELECT count(*) FROM drawings WHERE state IN ('waiting', 'running')),
                (SELECT count(*) FROM replies WHERE state = 'waiting'),
                (SELECT count(*) FROM messages WHERE state = 'parked'),
                (SELECT count(*) FROM drawings WHERE state IN ('failed', 'parked')),
                (SELECT count(*) FROM replies WHERE state = 'parked')",
    )
    .fetch_one(connection)
    .await?;
    Ok(Counts {
        messages: row.try_get(0)?,
        drawings: row.try_get(1)?,
        replies: row.try_get(2)?,
        parked_messages: row.try_get(3)?,
        failed_drawings: row.try_get(4)?,
        parked_replies: row.try_get(5)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{desk, says};
    use super::*;
    use std::collections::BTreeMap;
    use std::hash::{Hash as _, Hasher as _};

    /// Names, lengths and sums of everything in a folder; no sum of the shared memory, where readers note themselves.
    fn everything(folder: &Path) -> BTreeMap<PathBuf, (usize, u64)> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries
            .map(|path| {
                let bytes = std::fs::read(&path).unwrap();
                let mut hasher = std::hash::DefaultHasher::new();
                bytes.hash(&mut hasher);
                let shared = path.to_string_lossy().ends_with("-shm");
                (path, (bytes.len(), if shared { 0 } else { hasher.finish() }))
            })
            .collect()
    }

    async fn quietly(folder: &Path) -> Result<Look, StoreError> {
        let before = everything(folder);
        let seen = look(&folder.join("aisaac.db")).await;
        assert_eq!(everything(folder), before, "a look changes nothing");
        seen
    }

    fn fine(counts: Counts) -> Look {
        Look::Seen { flaws: vec![], behind: 0, counts: Some(counts), owned: vec![] }
    }

    #[tokio::test]
    async fn a_look_changes_nothing_and_counts() {
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(quietly(empty.path()).await.unwrap(), Look::Missing);
        let desk = desk().await;
        desk.store.accept(&says("a", "p", "m:1", "hi"), "hi", false, 1).await.unwrap();
        let waits = Counts { messages: 1, ..Counts::default() };
        let folder = desk.folder.path().to_owned();
        assert_eq!(quietly(&folder).await.unwrap(), fine(waits), "beside a running house");
        // As a crash leaves it: a copy of all files, which nobody has open.
        let crashed = tempfile::tempdir().unwrap();
        for path in everything(&folder).keys() {
            std::fs::copy(path, crashed.path().join(path.file_name().unwrap())).unwrap();
        }
        assert_eq!(quietly(crashed.path()).await.unwrap(), fine(waits), "after a crash");
        std::fs::remove_file(crashed.path().join("aisaac.db-shm")).unwrap();
        assert_eq!(quietly(crashed.path()).await.unwrap(), Look::Unfinished, "as it is copied");
        sqlx::query("UPDATE messages SET state = 'parked'").execute(&desk.store.writer).await.unwrap();
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&desk.store.writer).await.unwrap();
        desk.store.close().await;
        for end in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(folder.join(format!("aisaac.db{end}")));
        }
        let parked = Counts { parked_messages: 1, ..Counts::default() };
        assert_eq!(quietly(&folder).await.unwrap(), fine(parked), "after a clean end");
    }

    #[tokio::test]
    async fn it_says_where_somebody_is_the_owner() {
        let desk = desk().await;
        for (messenger, person, role) in
            [("telegram", "7", "owner"), ("telegram", "8", "owner"), ("matrix", "7", "member")]
        {
            let row = sqlx::query("INSERT INTO roles (messenger, person, role, since) VALUES (?, ?, ?, 1)");
            row.bind(messenger).bind(person).bind(role).execute(&desk.store.writer).await.unwrap();
        }
        let seen = quietly(desk.folder.path()).await.unwrap();
        assert!(matches!(&seen, Look::Seen { owned, .. } if *owned == ["telegram"]), "{seen:?}");
    }

    #[tokio::test]
    async fn a_database_that_cannot_be_used_says_why() {
        let desk = desk().await;
        let mut holder = desk.store.begin().await.unwrap();
        let held = quietly(desk.folder.path()).await;
        assert!(matches!(held, Err(StoreError::Locked { .. })), "{held:?}");
        sqlx::query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'later', 1, x'00', 1)",
        )
        .execute(&mut *holder)
        .await
        .unwrap();
        holder.commit().await.unwrap();
        let newer = quietly(desk.folder.path()).await;
        assert!(matches!(newer, Err(StoreError::Newer { version: 9999 })), "{newer:?}");
        let other = tempfile::tempdir().unwrap();
        std::fs::write(other.path().join("aisaac.db"), "no database ".repeat(1000)).unwrap();
        let damaged = quietly(other.path()).await;
        assert!(matches!(damaged, Err(StoreError::Damaged { .. })), "{damaged:?}");
        std::fs::write(other.path().join("aisaac.db"), "").unwrap();
        let new = quietly(other.path()).await.unwrap();
        assert!(matches!(new, Look::Seen { behind, counts: None, .. } if behind > 0), "{new:?}");
    }

    #[tokio::test]
    async fn a_database_of_the_house_keeps_its_promises() {
        let desk = desk().await;
        let path = desk.folder.path().join("aisaac.db");
        let promised =
            Pragmas { wal: Some(true), synchronous: true, foreign_keys: true, secure_delete: true };
        assert_eq!(pragmas(&path).await.unwrap(), promised);
        assert_eq!(
            pragmas(&desk.folder.path().join("none")).await.unwrap(),
            Pragmas { wal: None, ..promised }
        );
        let folder = tempfile::tempdir().unwrap();
        let other = folder.path().join("x");
        let plain = SqliteConnectOptions::new().filename(&other).create_if_missing(true);
        let mut connection = plain.connect().await.unwrap();
        sqlx::query("CREATE TABLE t (x)").execute(&mut connection).await.unwrap();
        assert_eq!(wal(&other), Some(false));
    }
}
