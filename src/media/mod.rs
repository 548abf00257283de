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
        self.receive(name, bytes, u64::MAX).await
    }

    /// The same for what comes bit by bit, at most `most` bytes.
    ///
    /// # Errors
    /// As [`Self::write`]; when what comes breaks off; `FileTooLarge` when there is more of it.
    pub async fn receive(&self, name: &str, from: impl AsyncRead + Unpin, most: u64) -> io::Result<PathBuf> {
        if Path::new(name).file_name().is_none_or(|plain| plain != name) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a plain file name"));
        }
        let (aside, path) = (self.folder.join(format!(".{name}{ASIDE}")), self.folder.join(name));
        let unfinished = Unfinished(&aside);
        write_synced(&aside, from, most).await?;
        tokio::fs::rename(&aside, &path).await?;
        std::mem::forget(unfinished);
        tokio::fs::File::open(&self.folder).await?.sync_all().await?;
        Ok(path)
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

/// A file that goes when it is not finished, also when nobody waits for that any more.
struct Unfinished<'a>(&'a Path);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.0);
    }
}

async fn write_synced(path: &Path, from: impl AsyncRead + Unpin, most: u64) -> io::Result<()> {
    let mut file = tokio::fs::File::create(path).await?;
    let came = tokio::io::copy(&mut from.take(most.saturating_add(1)), &mut file).await?;
    if came > most {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    file.flush().await?;
    file.sync_all().await
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
        assert!(media.receive("a", &b"four"[..], 4).await.is_ok());
        let refused = media.receive("b", &b"five!"[..], 4).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(fs::read_dir(folder.path().join("media")).unwrap().count(), 1);
    }
}
