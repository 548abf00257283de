//! Where things lie: the data folder and what is in it, and the lock that only one house holds.

use std::fs::{DirBuilder, File, TryLockError};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::sorry::sorry;
use crate::backup::{Belongings, cut_off};
use crate::message::Phrase;

/// The data folder and the places in it.
#[derive(Debug, Clone)]
pub struct Places {
    data: PathBuf,
}

impl Places {
    /// `--data`, else `$AISAAC_DATA`, `$STATE_DIRECTORY` (systemd), `$XDG_DATA_HOME/aisaac`, `~/.local/share/aisaac`.
    /// The folder is made if it is not there, for its owner alone.
    ///
    /// # Errors
    /// When none of them is set, or the folder cannot be made.
    pub fn find(given: Option<&Path>) -> anyhow::Result<Self> {
        let Self { data } = Self::locate(given)?;
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&data);
        let data = made.and_then(|()| data.canonicalize()).map_err(|error| bad(&data, &error))?;
        Ok(Self { data })
    }

    /// As [`Places::find`], but nothing is made.
    ///
    /// # Errors
    /// When no place is set.
    pub fn locate(given: Option<&Path>) -> anyhow::Result<Self> {
        let env = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let data = given
            .map(Path::to_owned)
            .or_else(|| env("AISAAC_DATA"))
            .or_else(|| env("STATE_DIRECTORY"))
            .or_else(|| env("XDG_DATA_HOME").map(|home| home.join("aisaac")))
            .or_else(|| env("HOME").map(|home| home.join(".local/share/aisaac")))
            .ok_or_else(|| sorry(Phrase::new("no-data-folder")))?;
        Ok(Self { data: data.canonicalize().unwrap_or(data) })
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The database file.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.data.join("aisaac.db")
    }

    /// Pictures and recordings.
    #[must_use]
    pub fn media(&self) -> PathBuf {
        self.data.join("media")
    }

    /// What a backup holds.
    #[must_use]
    pub fn belongings(&self) -> Belongings {
        let data = self.data.clone();
        Belongings { data, database: self.database(), media: self.media(), config: self.config() }
    }

    /// Typed lines of the console.
    #[must_use]
    pub fn history(&self) -> PathBuf {
        self.data.join("history")
    }

    /// The configuration file, unless `--config` names another.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.data.join("aisaac.toml")
    }

    /// The file that is locked.
    #[must_use]
    pub fn lock_file(&self) -> PathBuf {
        self.data.join("lock")
    }

    /// Takes the lock, or says that another house holds it. It is held until the file is dropped.
    ///
    /// # Errors
    /// When the lock file cannot be made.
    pub fn try_lock(&self) -> anyhow::Result<Option<File>> {
        let path = self.lock_file();
        let file = File::options().create(true).write(true).truncate(false).open(&path);
        let file = file.map_err(|error| bad(&self.data, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(bad(&self.data, &error)),
        }
    }

    /// Takes the lock for a house.
    ///
    /// # Errors
    /// When another house runs on this data folder.
    pub fn lock(&self) -> anyhow::Result<File> {
        let folder = || self.data.display().to_string();
        let Some(lock) = self.try_lock()? else {
            return Err(sorry(Phrase::new("house-runs").with("folder", folder())));
        };
        if cut_off(&self.data) {
            return Err(sorry(Phrase::new("restore-cut-off").with("folder", folder())));
        }
        Ok(lock)
    }
}

fn bad(folder: &Path, error: &std::io::Error) -> anyhow::Error {
    let phrase = Phrase::new("data-folder-bad").with("folder", folder.display().to_string());
    sorry(phrase.with("reason", error.to_string()))
}
