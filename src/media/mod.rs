//! Files that rows name: written aside, synced, renamed before the row commits; deleted only when no row names them.
//!
//! In: bytes and a name. Out: a file in the media folder. Nothing here knows what a row is.

pub mod png;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};

/// How a file ends that is being written.
const ASIDE: &str = ".aisaac-part";

/// Bytes that are written at a time.
const PIECE: usize = 64 << 10;

/// The media folder.
#[derive(Debug, Clone)]
pub struct Media {
    folder: PathBuf,
}

impl Media {
    /// Opens (and makes) the folder.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    /// Where a file lies. Names are plain file names; a path inside one is refused by [`Self::write`].
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(Path::new(name).file_name().unwrap_or_default())
    }

    /// Writes a file so that it is whole on disk, or not there: aside, synced, renamed, the folder synced.
    ///
    /// # Errors
    /// When the name is no plain file name, or the disk refuses (a full disk is `StorageFull`).
    pub async fn write(&self, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
        let received = self.receive(name, bytes, u64::MAX).await.map_err(io::Error::from)?;
        received.place()?;
        self.sync().await?;
        Ok(self.folder.join(name))
    }

    /// The first half of [`Self::write`], for what comes bit by bit, at most `most` bytes: it lies aside, synced.
    ///
    /// # Errors
    /// As [`Self::write`]; when what comes breaks off, or there is too much of it.
    pub async fn receive(
        &self,
        name: &str,
        from: impl AsyncRead + Unpin,
        most: u64,
    ) -> Result<Received, ReceiveError> {
        if Path::new(name).file_name().is_none_or(|plain| plain != name) {
            let refused = io::Error::new(io::ErrorKind::InvalidInput, "not a plain file name");
            return Err(ReceiveError::Disk(refused));
        }
        let received =
            Received { aside: self.folder.join(format!(".{name}{ASIDE}")), path: self.folder.join(name) };
        write_synced(&received.aside, from, most).await?;
        Ok(received)
    }

    /// Syncs the folder: from here on a power cut takes no file away that was placed.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn sync(&self) -> io::Result<()> {
        tokio::fs::File::open(&self.folder).await?.sync_all().await
    }

    /// Deletes files that no row names any more, and says which are gone for good; one that was gone already is too.
    pub fn remove(&self, names: &[String]) -> Vec<String> {
        let mut gone = Vec::new();
        for name in names {
            match fs::remove_file(self.path(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(file = %name, %error, "a media file could not be deleted");
                }
                _ => gone.push(name.clone()),
            }
        }
        // Until the folder is synced, a power cut brings them back.
        let synced = File::open(&self.folder).and_then(|folder| folder.sync_all());
        if synced.is_ok() { gone } else { Vec::new() }
    }

    /// Deletes what a write that was cut off has left; nothing else in the folder is touched.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn tidy(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') && name.ends_with(ASIDE) {
                self.remove(&[name]);
            }
        }
        Ok(())
    }
}

/// A file aside, whole and synced. It goes when it is not placed, also when nobody waits for that any more.
#[derive(Debug)]
pub struct Received {
    aside: PathBuf,
    path: PathBuf,
}

impl Received {
    /// Moves it into its place; [`Media::sync`] makes that last.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn place(&self) -> io::Result<()> {
        fs::rename(&self.aside, &self.path)
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        // Nothing lies there once it is placed.
        let _ = fs::remove_file(&self.aside);
    }
}

/// Why something was not received.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// There is more of it than may come.
    #[error("there is more of it than may come")]
    TooLarge,
    /// What comes breaks off.
    #[error("what comes breaks off: {0}")]
    Source(#[source] io::Error),
    /// The disk does not take it.
    #[error("the media folder does not take it: {0}")]
    Disk(#[source] io::Error),
}

impl From<ReceiveError> for io::Error {
    fn from(error: ReceiveError) -> Self {
        match error {
            ReceiveError::TooLarge => Self::from(io::ErrorKind::FileTooLarge),
            ReceiveError::Source(error) | ReceiveError::Disk(error) => error,
        }
    }
}

async fn write_synced(path: &Path, mut from: impl AsyncRead + Unpin, most: u64) -> Result<(), ReceiveError> {
    let mut file = tokio::fs::File::create(path).await.map_err(ReceiveError::Disk)?;
    let (mut piece, mut left) = (Vec::with_capacity(PIECE), most);
    while from.read_buf(&mut piece).await.map_err(ReceiveError::Source)? > 0 {
        left = left.checked_sub(piece.len() as u64).ok_or(ReceiveError::TooLarge)?;
        file.write_all(&piece).await.map_err(ReceiveError::Disk)?;
        piece.clear();
    }
    file.flush().await.map_err(ReceiveError::Disk)?;
    file.sync_all().await.map_err(ReceiveError::Disk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_what_a_cut_off_write_left_is_tidied_away() {
        let folder = tempfile::tempdir().unwrap();
        let media = Media::open(folder.path().join("media")).unwrap();
        let kept = media.write("1-7.png", b"kept").await.unwrap();
        for other in ["holiday.jpg", ".hidden", ".2-7.png.aisaac-part"] {
            fs::write(folder.path().join("media").join(other), b"x").unwrap();
        }
        media.tidy().unwrap();
        assert_eq!(fs::read(kept).unwrap(), b"kept");
        let left = fs::read_dir(folder.path().join("media")).unwrap().count();
        assert_eq!(left, 3, "somebody's own files stay");
        assert!(media.write("../out.png", b"").await.is_err());
    }

    #[tokio::test]
    async fn more_than_may_come_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let media = Media::open(folder.path().join("media")).unwrap();
        let four = media.receive("a", &b"four"[..], 4).await.unwrap();
        four.place().unwrap();
        drop(four);
        let refused = media.receive("b", &b"five!"[..], 4).await.unwrap_err();
        assert!(matches!(refused, ReceiveError::TooLarge));
        drop(media.receive("c", &b"for nobody"[..], 20).await.unwrap());
        let left: Vec<_> =
            fs::read_dir(media.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["a"]);
    }
}
