//! Files that rows name: written aside, synced, renamed before the row commits; deleted only when no row names them.
//!
//! In: bytes and a name. Out: a file in the media folder. Nothing here knows what a row is.

pub mod png;

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

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
    pub fn write(&self, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
        if Path::new(name).file_name().is_none_or(|plain| plain != name) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a plain file name"));
        }
        let (aside, path) = (self.folder.join(format!(".{name}{ASIDE}")), self.folder.join(name));
        let written = write_synced(&aside, bytes).and_then(|()| fs::rename(&aside, &path));
        if let Err(error) = written {
            let _ = fs::remove_file(&aside);
            return Err(error);
        }
        File::open(&self.folder)?.sync_all()?;
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

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_cut_off_write_left_is_tidied_away() {
        let folder = tempfile::tempdir().unwrap();
        let media = Media::open(folder.path().join("media")).unwrap();
        let kept = media.write("1-7.png", b"kept").unwrap();
        for other in ["holiday.jpg", ".hidden", ".2-7.png.aisaac-part"] {
            fs::write(folder.path().join("media").join(other), b"x").unwrap();
        }
        media.tidy().unwrap();
        assert_eq!(fs::read(kept).unwrap(), b"kept");
        let left = fs::read_dir(folder.path().join("media")).unwrap().count();
        assert_eq!(left, 3, "somebody's own files stay");
        assert!(media.write("../out.png", b"").is_err());
    }
}
