//! Opening the database: one process at a time, every connection with the same promises, the tables up to date.

use std::path::Path;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _, Row as _, SqliteConnection};

use super::StoreError;

/// How long a database that another program holds is waited for when it is opened, each try being SQLite's own wait.
const OPEN_TRIES: u32 = 6;

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

/// The writer and the readers of a database that is there, and up to date, then.
pub(super) async fn open(path: &Path) -> Result<(SqlitePool, SqlitePool), StoreError> {
    let options = options(path);
    let turn = Turn::wait(path).await?;
    let writer = open_writer(&options).await?;
    drop(turn);
    let readers = pool(4, options.read_only(true)).await?;
    Ok((writer, readers))
}

/// The right to make the database or change its tables. Several of our processes may open it at once; sqlx does not
/// keep their migrations apart, and SQLite does not wait when the journal mode changes. Goes with the process.
struct Turn {
    _held: std::fs::File,
}

impl Turn {
    async fn wait(database: &Path) -> Result<Self, StoreError> {
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
async fn open_writer(options: &SqliteConnectOptions) -> Result<SqlitePool, StoreError> {
    let mut tries = 1;
    loop {
        let opened = async {
            let writer = pool(1, options.clone()).await?;
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
    SqlitePoolOptions::new()
        .max_connections(size)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(30))
        // A lock that lasts is said once, by whoever waits for it.
        .acquire_slow_threshold(Duration::from_secs(3_600))
        .after_connect(|connection, _| Box::pin(assert_pragmas(connection)))
        // SQLite itself may have rolled back what a full disk did not let commit; sqlx then counts a transaction as open
        // for ever, and such a connection can do nothing more.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        .connect_with(options)
        .await
        .map_err(StoreError::from)
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

async fn migrate(writer: &SqlitePool) -> Result<(), StoreError> {
    match MIGRATIONS.run(writer).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(version)) => Err(StoreError::Newer { version }),
        Err(MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _)) => Err(source.into()),
        Err(source) => Err(StoreError::Migration { source }),
    }
}
