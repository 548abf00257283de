//! SQLite: everything that was accepted, queued or promised. The only room that names `sqlx`.
//!
//! One file per table; [`Store::settle`] is the one transaction that turns an outcome into rows. One writer with
//! `BEGIN IMMEDIATE`, readers beside it. Times are Unix milliseconds and come in as arguments. A store must never
//! hold a transaction across a model run or a network call, and never names a messenger or a model.

mod error;
mod opening;
mod copy;
mod messages;
mod albums;
mod recordings;
mod settle;
mod stopped;
mod access;
mod denied;
mod roles;
mod people;
mod groups;
mod claims;
mod turned_away;
mod requests;
mod drawings;
mod earlier;
mod cancel;
mod chats;
mod commissions;
mod replies;
mod conversation;
mod patience;
mod placeholders;
mod reader;
mod forget;
mod age;
mod snapshot;
mod look;
mod steps;
mod alarms;

use std::path::Path;
use std::sync::Arc;

use sqlx::sqlite::SqlitePool;
use sqlx::{Sqlite, Transaction};
use tokio::sync::Notify;

use opening::Opened;

pub use cancel::CancelWord;
pub use drawings::{Claimed, QueueRow};
pub use earlier::Earlier;
pub use error::StoreError;
pub use forget::Forgotten;
pub use look::{Counts, Look, Pragmas, look, pragmas};
pub use messages::{Accepted, Brought, Taken};
pub use opening::Turn;
pub use patience::{attend, insist};
pub use placeholders::UnderWay;
pub use reader::{Ended, KeptTurn, LastPicture, LastRequest, OpenWork, Reader, ReplyRow, Waiting};
pub use recordings::Wanted;
pub use replies::{Due, Left};
pub use requests::{Daily, Today};
pub use roles::{Known, KnownPerson, Met};
pub use settle::{Limits, Settled, Settlement};
pub use snapshot::{Kept, Original, Snapshot, Unfinished, make_ready, newest_change};
pub use steps::Witness;

/// Times a message or a drawing may be begun before it is parked.
pub const ATTEMPTS: u32 = 3;

/// Whether this process runs the house (holds the lock) or works beside one that may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Holds the lock: rows of dead processes are taken back.
    House,
    /// Works beside: leaves everybody's rows alone.
    Guest,
}

/// Rung after a commit that gives somebody work; the loops also look every now and then by themselves.
#[derive(Debug, Default)]
pub struct Bells {
    /// A message was accepted or came back.
    pub inbox: Notify,
    /// A recording is to be brought, or not any more.
    pub recordings: Notify,
    /// A drawing was queued, came back, or was asked to stop.
    pub drawings: Notify,
    /// A reply was queued.
    pub outbox: Notify,
}

/// The database.
#[derive(Debug, Clone)]
pub struct Store {
    path: Arc<Path>,
    writer: SqlitePool,
    readers: SqlitePool,
    folder: SqlitePool,
    boot: Arc<str>,
    bells: Arc<Bells>,
    steps: steps::Steps,
}

impl Store {
    /// Opens (and makes) the database, brings its tables up to date, and, as the house, takes back the rows of dead
    /// processes at once. `boot` names this process and fences its claims.
    ///
    /// # Errors
    /// When the file cannot be opened or written, or was made by a newer program.
    pub async fn open(path: &Path, boot: &str, role: Role, now: i64) -> Result<Self, StoreError> {
        let Opened { writer, readers, folder } = opening::open(path).await?;
        let store = Self {
            path: path.into(),
            writer,
            readers,
            folder,
            boot: boot.into(),
            bells: Arc::default(),
            steps: Default::default(),
        };
        if role == Role::House {
            store.take_back(now).await?;
        }
        Ok(store)
    }

    /// A view that can only read.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader::new(self.readers.clone())
    }

    /// The bells.
    #[must_use]
    pub fn bells(&self) -> &Bells {
        &self.bells
    }

    /// Closes every connection; what was committed is on disk.
    pub async fn close(&self) {
        // The writer goes last: whoever closes last folds the log into the file.
        self.readers.close().await;
        self.folder.close().await;
        self.writer.close().await;
    }

    /// Puts everything that this process has in hand back, with its attempts: somebody leaves without waiting.
    ///
    /// # Errors
    /// When the database fails; then the next start takes the rows back.
    pub async fn leave(&self) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for sql in [
            "UPDATE messages SET state = 'new', attempt = attempt - 1, boot = NULL WHERE state = 'taken' AND boot = ?",
            "UPDATE drawings SET state = 'waiting', attempt = attempt - 1, boot = NULL, started_at = NULL
             WHERE state = 'running' AND boot = ? AND cancel = 0",
        ] {
            sqlx::query(sql).bind(&*self.boot).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Rows of processes that died: back to the line, or parked with word to the requester after [`ATTEMPTS`].
    async fn take_back(&self, now: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        messages::take_back(&mut tx, &self.boot, now).await?;
        drawings::take_back(&mut tx, &self.boot, now).await?;
        albums::wait_again(&mut tx, now).await?;
        tx.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::message::{Address, Body, Commission, Language, Message, Outcome, Person, Standing};

    pub(crate) struct Desk {
        pub(crate) folder: tempfile::TempDir,
        pub(crate) store: Store,
    }

    pub(crate) async fn desk() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder, "boot-1").await;
        Desk { folder, store }
    }

    pub(crate) async fn open(folder: &tempfile::TempDir, boot: &str) -> Store {
        Store::open(&folder.path().join("aisaac.db"), boot, Role::House, 1_000).await.unwrap()
    }

    pub(crate) async fn execute(store: &Store, sql: &'static str) {
        sqlx::query(sql).execute(&store.writer).await.unwrap();
    }

    pub(crate) fn says(chat: &str, person: &str, key: &str, text: &str) -> Message {
        let address = Address { messenger: "console".into(), chat: chat.into(), thread: None };
        let from = Person { id: person.into(), ..Person::default() };
        Message::new(address, key, from, Body::Text(text.into()), 1)
    }

    /// What is to be drawn, in tests that care for nothing else about it.
    pub(crate) fn cat() -> Commission {
        Commission {
            subject: "a cat".into(),
            prompt: "a cat".into(),
            negative: None,
            seed: 7,
            size: None,
            steps: None,
            as_file: false,
            request: "draw a cat".into(),
            intent: "draw".into(),
        }
    }

    pub(crate) fn settlement(taken: &Taken, outcome: Outcome, now: i64) -> Settlement<'_> {
        Settlement {
            taken,
            outcome,
            standing: Standing::Member,
            also: &["console"],
            anew: None,
            for_us: true,
            heard: None,
            told: &[],
            language: Language::En,
            report: "{}",
            limits: Limits { waiting_per_person: 2, daily: None },
            now,
        }
    }

    #[tokio::test]
    async fn a_database_of_a_newer_program_is_refused() {
        let desk = desk().await;
        sqlx::query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 1)",
        )
        .execute(&desk.store.writer)
        .await
        .unwrap();
        desk.store.close().await;
        let again = Store::open(&desk.folder.path().join("aisaac.db"), "b", Role::House, 1).await;
        assert!(matches!(again, Err(StoreError::Newer { version: 9999 })), "{again:?}");
    }

    #[tokio::test]
    async fn a_transaction_that_sqlite_rolled_back_itself_does_not_spoil_the_writer() {
        let desk = desk().await;
        let mut tx = desk.store.begin().await.unwrap();
        // What SQLite does by itself when a full disk does not let it commit.
        sqlx::query("ROLLBACK").execute(&mut *tx).await.unwrap();
        assert!(tx.commit().await.is_err());
        desk.store.accept(&says("c", "ana", "m:1", "hi"), "{}", false, 1).await.unwrap();
        assert!(desk.store.take(&["console"]).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn several_processes_open_a_new_database_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("aisaac.db");
        let opened = (0..12).map(|number| {
            let path = path.clone();
            async move { Store::open(&path, &number.to_string(), Role::Guest, 1).await }
        });
        for store in futures_util::future::join_all(opened).await {
            store.unwrap().close().await;
        }
    }

    #[tokio::test]
    async fn a_reader_cannot_write() {
        let desk = desk().await;
        let wrote = sqlx::query("DELETE FROM messages").execute(&desk.store.readers).await;
        assert!(wrote.is_err());
    }
}
