//! Why a backup cannot be made or put back, as far as somebody can do something about it.

use std::io;
use std::path::{Path, PathBuf};

use crate::store::StoreError;

/// An error of a backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is nothing to back up.
    #[error("there is no database in {}", folder.display())]
    Nothing {
        /// The data folder.
        folder: PathBuf,
    },
    /// The file is there already.
    #[error("{} is there already", file.display())]
    Exists {
        /// The backup that was to be written.
        file: PathBuf,
    },
    /// Another process writes the same file.
    #[error("{} is being written by another process", file.display())]
    Busy {
        /// The backup that was to be written.
        file: PathBuf,
    },
    /// The disk has no room.
    #[error("no room on the disk of {}", folder.display())]
    Full {
        /// Where it was written.
        folder: PathBuf,
    },
    /// Something cannot be written.
    #[error("{} cannot be written", path.display())]
    Unwritable {
        /// What.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Something cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// What.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is no backup.
    #[error("{} is no backup: {reason}", file.display())]
    Foreign {
        /// The file.
        file: PathBuf,
        /// What gave it away.
        reason: String,
    },
    /// The end of the archive is not there.
    #[error("{} is not whole: its end is missing", file.display())]
    CutOff {
        /// The file.
        file: PathBuf,
    },
    /// Something in the archive is not what its list says.
    #[error("{} is damaged: {entry}", file.display())]
    Damaged {
        /// The backup.
        file: PathBuf,
        /// What in it.
        entry: String,
    },
    /// A newer program made it.
    #[error("{} was made by a newer program ({program})", file.display())]
    Newer {
        /// The backup.
        file: PathBuf,
        /// The program's version.
        program: String,
    },
    /// The database, here or in the archive.
    #[error("the database")]
    Store {
        /// What about it.
        #[from]
        source: StoreError,
    },
}

impl BackupError {
    /// What could not be written, and why.
    pub(super) fn write(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::Full { folder: path.parent().unwrap_or(path).to_owned() }
            }
            _ => Self::Unwritable { path: path.to_owned(), source },
        }
    }

    /// What could not be read, and why.
    pub(super) fn read(path: &Path, source: io::Error) -> Self {
        Self::Unreadable { path: path.to_owned(), source }
    }
}
