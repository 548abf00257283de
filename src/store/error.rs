//! What can go wrong with the database, as far as somebody can do something about it.

use std::path::PathBuf;

/// An error of the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file was made by a newer program.
    #[error("the database was made by a newer program (its change number {version} is unknown here)")]
    Newer {
        /// The unknown change.
        version: i64,
    },
    /// Somebody else holds the database for longer than we wait.
    #[error("the database is locked by another program")]
    Locked {
        /// SQLite's error.
        #[source]
        source: sqlx::Error,
    },
    /// The disk is full.
    #[error("the disk is full")]
    Full {
        /// SQLite's error.
        #[source]
        source: sqlx::Error,
    },
    /// The file or its folder cannot be written.
    #[error("the database cannot be opened or written")]
    Unwritable {
        /// SQLite's error.
        #[source]
        source: sqlx::Error,
    },
    /// The file is broken, or no database.
    #[error("the database is damaged")]
    Damaged {
        /// SQLite's error.
        #[source]
        source: sqlx::Error,
    },
    /// A change of the tables failed.
    #[error("the database cannot be brought up to date")]
    Migration {
        /// What failed.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// The copy that is made before a change of the tables could not be made; nothing was changed.
    #[error("the database could not be copied to {} before its tables are changed", file.display())]
    NotCopied {
        /// Where it was to go.
        file: PathBuf,
        /// What failed.
        #[source]
        source: Box<Self>,
    },
    /// A row holds something this program cannot read.
    #[error("a row of {table} cannot be read")]
    Row {
        /// Which table.
        table: &'static str,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// Anything else that SQLite says.
    #[error("the database failed")]
    Sqlite {
        /// SQLite's error.
        #[source]
        source: sqlx::Error,
    },
}

impl From<sqlx::Error> for StoreError {
    /// Sorts by SQLite's primary result code (<https://sqlite.org/rescode.html>): 5, 6 busy; 13 full; 8, 14 unwritable;
    /// 11, 26 damaged.
    fn from(source: sqlx::Error) -> Self {
        let code = match &source {
            sqlx::Error::Database(error) => {
                error.code().and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff)
            }
            sqlx::Error::PoolTimedOut => Some(5),
            sqlx::Error::Io(_) => Some(14),
            _ => None,
        };
        match code {
            Some(5 | 6) => Self::Locked { source },
            Some(13) => Self::Full { source },
            Some(3 | 8 | 10 | 14) => Self::Unwritable { source },
            Some(11 | 26) => Self::Damaged { source },
            _ => Self::Sqlite { source },
        }
    }
}
