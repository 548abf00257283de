//! Opening the database: one process at a time, every connection with the same promises, the tables up to date.

use std::path::Path;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _, Row as _, SqliteConnection};

use super::{StoreError, copy};

/// How long a database that another program holds is waited for when it is opened, each try being SQLite's own wait.
const OPEN_TRIES: u32 = 6;

/// Pages (8 MiB) from which on a commit has to fold the log itself; the house folds it beside its work, before that.
const FULL_LOG: &str = "2000";

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!();

/// What holds on every connection of a house.
pub(super) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .pragma("secure_delete", "ON")
        .disable_statement_logging()
}

/// The connections to a database that is there, and up to date, then.
pub(super) struct Opened {
    pub(super) writer: SqlitePool,
    pub(super) readers: SqlitePool,
    /// Empties the log. Writers have to wait while it waits for readers, so it does not wait.
    pub(super) folder: SqlitePool,
}

/// Opens the database, makes it if need be, and brings it up to date.
pub(super) async fn open(path: &Path) -> Result<Opened, StoreError> {
    let options = options(path);
    let turn = Turn::wait(path).await?;
    // So that the file can give pages back; counts when the database is made.
    let writing = options.clone().auto_vacuum(SqliteAutoVacuum::Incremental);
    let writing = writing.pragma("wal_autocheckpoint", FULL_LOG);
    let writer = open_writer(path, &writing).await?;
    drop(turn);
    let folder = pool_of(1).connect_lazy_with(options.clone().busy_timeout(Duration::ZERO));
    let readers = pool(4, options.read_only(true)).await?;
    Ok(Opened { writer, readers, folder })
}

/// The right to make the database or change its tables. Several of our processes may open it at once; sqlx does not
/// keep their migrations apart, and SQLite does not wait when the journal mode changes. Goes with the process.
#[derive(Debug)]
pub struct Turn {
    _held: std::fs::File,
}

impl Turn {
    /// Waits for it.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub async fn wait(database: &Path) -> Result<Self, StoreError> {
        let path = database.with_extension("db-opening");
        let waited = tokio::task::spawn_blocking(move || {
            let file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
            file.lock()?;
            Ok(Self { _held: file })
        });
        Ok(waited.await.map_err(std::io::Error::from).flatten().map_err(sqlx::Error::Io)?)
    }
}

/// The writer, with the tables up to date. A program that is not ours (a backup) may hold the database for a while.
async fn open_writer(path: &Path, options: &SqliteConnectOptions) -> Result<SqlitePool, StoreError> {
    let mut tries = 1;
    loop {
        let opened = async {
            let writer = pool(1, options.clone()).await?;
            copy_before(path, &writer).await?;
            migrate(&writer).await.map(|()| writer)
        };
        match opened.await {
            Err(StoreError::Locked { .. }) if tries < OPEN_TRIES => {}
            done => return done,
        }
        tries += 1;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn pool(size: u32, options: SqliteConnectOptions) -> Result<SqlitePool, StoreError> {
    Ok(pool_of(size).connect_with(options).await?)
}

fn pool_of(size: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(size)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(30))
        // A question to the connection's thread and back, before every use: a file in this process does not go away.
        .test_before_acquire(false)
        // A lock that lasts is said once, by whoever waits for it.
        .acquire_slow_threshold(Duration::from_secs(3_600))
        .after_connect(|connection, _| Box::pin(assert_pragmas(connection)))
        // SQLite itself may have rolled back what a full disk did not let commit; sqlx then counts a transaction as open
        // for ever, and such a connection can do nothing more.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
}

/// Durability is per connection: a connection that does not have it is not used.
async fn assert_pragmas(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    for (pragma, expected) in
        [("PRAGMA synchronous", 2), ("PRAGMA foreign_keys", 1), ("PRAGMA secure_delete", 1)]
    {
        let found: i64 = sqlx::query(pragma).fetch_one(&mut *connection).await?.try_get(0)?;
        if found != expected {
            return Err(sqlx::Error::Protocol(format!("{pragma} is {found}, not {expected}")));
        }
    }
    let journal: String = sqlx::query("PRAGMA journal_mode").fetch_one(&mut *connection).await?.try_get(0)?;
    if journal != "wal" {
        return Err(sqlx::Error::Protocol(format!("PRAGMA journal_mode is {journal}, not wal")));
    }
    Ok(())
}

/// A database that is about to be changed is copied first, for whoever has to go back to the program before.
async fn copy_before(path: &Path, writer: &SqlitePool) -> Result<(), StoreError> {
    let mut connection = writer.acquire().await?;
    let made = changes(&mut connection).await?;
    let next = MIGRATIONS.iter().map(|change| change.version).find(|version| !made.contains(version));
    let newer = made.iter().any(|version| !MIGRATIONS.version_exists(*version));
    let Some(next) = next.filter(|_| !made.is_empty() && !newer) else { return Ok(()) };
    let file = copy::before(path, next);
    if let Err(source) = copy::copy(&mut connection, &file).await {
        return Err(match source {
            locked @ StoreError::Locked { .. } => locked,
            source => StoreError::NotCopied { file, source: Box::new(source) },
        });
    }
    tracing::info!(file = %file.display(), "the database was copied before its tables are changed");
    copy::keep_newest(path);
    Ok(())
}

/// Numbers of the changes that were made already.
pub(super) async fn changes(connection: &mut SqliteConnection) -> Result<Vec<i64>, StoreError> {
    let table = "SELECT count(*) FROM sqlite_master WHERE name = '_sqlx_migrations'";
    let made: i64 = sqlx::query(table).fetch_one(&mut *connection).await?.try_get(0)?;
    if made == 0 {
        return Ok(Vec::new());
    }
    let rows = sqlx::query("SELECT version FROM _sqlx_migrations").fetch_all(connection).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

async fn migrate(writer: &SqlitePool) -> Result<(), StoreError> {
    match MIGRATIONS.run(writer).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(version)) => Err(StoreError::Newer { version }),
        Err(MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _)) => Err(source.into()),
        Err(source) => Err(StoreError::Migration { source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::says;
    use crate::store::{Role, Store};

    /// A database as the program wrote it that knew only the first changes, with a message in it.
    async fn old_database(folder: &Path, changes: usize) -> std::path::PathBuf {
        let path = folder.join("aisaac.db");
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let mut old = options.journal_mode(SqliteJournalMode::Wal).connect().await.unwrap();
        let known = MIGRATIONS.iter().take(changes).cloned().collect();
        Migrator::with_migrations(known).run(&mut old).await.unwrap();
        let row = "INSERT INTO messages (messenger, chat, lane, key, person, raw, message, received_at)
                   VALUES ('console', 'c', 'console/c', 'm:1', 'ana', 'raw', '{}', 1)";
        sqlx::query(row).execute(&mut old).await.unwrap();
        old.close().await.unwrap();
        path
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
        names.retain(|name| name.contains("before") || name.contains("part"));
        names.sort();
        names
    }

    #[tokio::test]
    async fn an_old_database_is_copied_before_its_tables_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = old_database(folder.path(), 3).await;
        for older in ["aisaac.db.before-2", "aisaac.db.before-3", "aisaac.db.before-x"] {
            std::fs::write(folder.path().join(older), "older").unwrap();
        }
        let store = Store::open(&path, "b", Role::House, 1).await.unwrap();
        assert!(store.accept(&says("c", "ana", "m:2", "hi"), "{}", false, 1).await.is_ok());
        store.close().await;
        // The last two stay, and whatever is not ours.
        assert_eq!(names(folder.path()), ["aisaac.db.before-3", "aisaac.db.before-4", "aisaac.db.before-x"]);
        // The copy is what the program before needs: its tables, its rows, one file, nobody else's to read.
        let kept = folder.path().join("aisaac.db.before-4");
        let mut copy = SqliteConnectOptions::new().filename(&kept).connect().await.unwrap();
        assert_eq!(changes(&mut copy).await.unwrap(), [1, 2, 3]);
        let row = sqlx::query("SELECT count(*), min(raw) FROM messages").fetch_one(&mut copy).await.unwrap();
        assert_eq!((row.get::<i64, _>(0), row.get::<String, _>(1)), (1, "raw".to_owned()));
        copy.close().await.unwrap();
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
        // A database that is up to date, or new, needs none.
        Store::open(&path, "b", Role::House, 1).await.unwrap().close().await;
        Store::open(&folder.path().join("new.db"), "b", Role::House, 1).await.unwrap().close().await;
        assert_eq!(names(folder.path()).len(), 3);
    }

    #[tokio::test]
    async fn without_the_copy_nothing_is_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = old_database(folder.path(), 4).await;
        std::fs::create_dir(folder.path().join(".aisaac.db.before-5.aisaac-part")).unwrap();
        let opened = Store::open(&path, "b", Role::House, 1).await;
        assert!(matches!(opened, Err(StoreError::NotCopied { .. })), "{opened:?}");
        let mut still = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
        assert_eq!(changes(&mut still).await.unwrap(), [1, 2, 3, 4]);
    }

    #[tokio::test]
    async fn every_connection_promises_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let Opened { writer, readers, folder } = open(&folder.path().join("aisaac.db")).await.unwrap();
        // All of them at once, so that every connection of the pools is really made.
        let mut held = vec![writer.acquire().await.unwrap(), folder.acquire().await.unwrap()];
        for _ in 0..readers.options().get_max_connections() {
            held.push(readers.acquire().await.unwrap());
        }
        assert_eq!(held.len(), 6);
        for connection in &mut held {
            assert_pragmas(connection).await.unwrap();
            for (pragma, value) in [("synchronous", 1), ("foreign_keys", 0), ("secure_delete", 0)] {
                let set = sqlx::AssertSqlSafe(format!("PRAGMA {pragma} = {value}"));
                sqlx::query(set).execute(&mut **connection).await.unwrap();
                assert!(assert_pragmas(connection).await.is_err(), "{pragma} is asserted");
                let back = if pragma == "synchronous" { 2 } else { 1 };
                let set = sqlx::AssertSqlSafe(format!("PRAGMA {pragma} = {back}"));
                sqlx::query(set).execute(&mut **connection).await.unwrap();
            }
        }
    }

    #[tokio::test]
    async fn whoever_names_a_row_is_found_without_reading_a_table() {
        let folder = tempfile::tempdir().unwrap();
        let opened = open(&folder.path().join("aisaac.db")).await.unwrap();
        let sql = "SELECT m.name, f.\"from\" FROM sqlite_master m, pragma_foreign_key_list(m.name) f
                   WHERE m.type = 'table' AND NOT EXISTS (
                       SELECT 1 FROM pragma_index_list(m.name) i, pragma_index_info(i.name) c
                       WHERE c.seqno = 0 AND c.name = f.\"from\")";
        let rows = sqlx::query(sql).fetch_all(&opened.readers).await.unwrap();
        let bare: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        assert!(bare.is_empty(), "foreign keys without an index: {bare:?}");
    }
}
