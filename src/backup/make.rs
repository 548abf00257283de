//! Making a backup beside a running house: first the snapshot, then exactly the files that its rows name.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Read, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{BackupError, Belongings, CONFIG, DATABASE, FORMAT, LIST, MEDIA, Manifest, Sum};
use crate::store::{Original, Snapshot, StoreError};

/// A backup that is on disk.
#[derive(Debug)]
pub struct Made {
    /// Where.
    pub file: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// What is in it.
    pub manifest: Manifest,
}

/// Writes a backup. One that is there already is replaced only with `force`, and only by a whole one.
///
/// # Errors
/// When there is nothing to back up, or something cannot be read or written; nothing is left behind then.
pub async fn make(from: &Belongings, to: &Path, force: bool, now: i64) -> Result<Made, BackupError> {
    let to = place_of(to)?;
    if fs::symlink_metadata(&to).is_ok() && !force {
        return Err(BackupError::Exists { file: to });
    }
    let nothing = || BackupError::Nothing { folder: from.data.clone() };
    let original = Original::open(&from.database).await?.ok_or_else(nothing)?;
    let (aside, file) = aside(&to)?;
    let copy = Removed(beside(&to, "aisaac-part.db"));
    let snapshot = original.copy(&copy.0).await.map_err(|error| match error {
        StoreError::Full { .. } => BackupError::write(&to, io::ErrorKind::StorageFull.into()),
        error => error.into(),
    })?;
    let (from, target) = (from.clone(), to.clone());
    let written = tokio::task::spawn_blocking(move || {
        let manifest = write(&file, &copy.0, snapshot, &from, now).map_err(|error| error.on(&target))?;
        file.sync_all().map_err(|error| BackupError::write(&target, error))?;
        let bytes = file.metadata().map(|found| found.len()).unwrap_or_default();
        Ok::<_, BackupError>((manifest, bytes))
    });
    let (manifest, bytes) =
        written.await.map_err(|error| BackupError::write(&to, io::Error::other(error)))??;
    place(&aside.0, &to).map_err(|error| BackupError::write(&to, error))?;
    Ok(Made { file: to, bytes, manifest })
}

/// The full path of the file that is to be written.
fn place_of(to: &Path) -> Result<PathBuf, BackupError> {
    let here = || Path::new(".").to_owned();
    let folder =
        to.parent().filter(|folder| !folder.as_os_str().is_empty()).map_or_else(here, Path::to_owned);
    let name = to.file_name().filter(|_| !to.is_dir());
    let Some(name) = name else {
        return Err(BackupError::write(to, io::ErrorKind::IsADirectory.into()));
    };
    Ok(folder.canonicalize().map_err(|error| BackupError::write(to, error))?.join(name))
}

/// A hidden name in the same folder.
fn beside(target: &Path, end: &str) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}.{end}"))
}

/// A file that is gone again when whoever made it is.
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The file that becomes the backup; only one process writes it.
fn aside(to: &Path) -> Result<(Removed, File), BackupError> {
    let path = beside(to, "aisaac-part");
    let opened = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
    let file = opened.map_err(|error| BackupError::write(to, error))?;
    if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
        return Err(BackupError::Busy { file: to.to_owned() });
    }
    let aside = Removed(path);
    file.set_len(0).map_err(|error| BackupError::write(to, error))?;
    Ok((aside, file))
}

fn place(aside: &Path, to: &Path) -> io::Result<()> {
    fs::rename(aside, to)?;
    // Not every file system that a backup may lie on can sync a folder.
    if let Some(folder) = to.parent().and_then(|folder| File::open(folder).ok()) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// What went wrong while an archive was written: on which side.
enum Broken {
    Reading(PathBuf, io::Error),
    Writing(io::Error),
}

impl Broken {
    fn on(self, target: &Path) -> BackupError {
        match self {
            Self::Reading(path, source) => BackupError::read(&path, source),
            Self::Writing(source) => BackupError::write(target, source),
        }
    }
}

impl From<zip::result::ZipError> for Broken {
    fn from(error: zip::result::ZipError) -> Self {
        Self::Writing(error.into())
    }
}

fn write(
    file: &File,
    copy: &Path,
    snapshot: Snapshot,
    from: &Belongings,
    now: i64,
) -> Result<Manifest, Broken> {
    let mut zip = ZipWriter::new(BufWriter::with_capacity(1 << 20, file));
    let mut files = BTreeMap::new();
    let reading = |error| Broken::Reading(copy.to_owned(), error);
    let mut database = File::open(copy).map_err(reading)?;
    files.insert(DATABASE.to_owned(), add(&mut zip, DATABASE, &mut database, copy)?);
    if let Ok(config) = fs::read(&from.config) {
        files.insert(CONFIG.to_owned(), add(&mut zip, CONFIG, &mut config.as_slice(), &from.config)?);
    }
    let mut missing = Vec::new();
    for name in snapshot.files {
        let path = from.media.join(Path::new(&name).file_name().unwrap_or_default());
        // Pruned meanwhile, or on a part of the disk that is broken: the others are worth having.
        match fs::read(&path) {
            Ok(bytes) => {
                let entry = format!("{MEDIA}{name}");
                let sum = add(&mut zip, &entry, &mut bytes.as_slice(), &path)?;
                files.insert(entry, sum);
            }
            Err(error) => {
                tracing::debug!(file = %path.display(), %error, "not in the backup");
                missing.push(name);
            }
        }
    }
    let manifest = Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: now,
        change: snapshot.change,
        kept: snapshot.kept,
        unfinished: snapshot.unfinished,
        missing,
        files,
    };
    let list = serde_json::to_vec_pretty(&manifest).map_err(|error| Broken::Writing(error.into()))?;
    add(&mut zip, LIST, &mut list.as_slice(), copy)?;
    zip.finish()?.into_inner().map_err(|error| Broken::Writing(error.into_error()))?;
    Ok(manifest)
}

/// Adds a file, and sums it on the way.
fn add(
    zip: &mut ZipWriter<BufWriter<&File>>,
    name: &str,
    from: &mut dyn Read,
    path: &Path,
) -> Result<Sum, Broken> {
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .unix_permissions(0o600)
        .large_file(true);
    zip.start_file(name, options)?;
    let (mut sum, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; 1 << 18]);
    loop {
        let count = from.read(&mut piece).map_err(|error| Broken::Reading(path.to_owned(), error))?;
        let read = piece.get(..count).unwrap_or_default();
        if read.is_empty() {
            return Ok(Sum { bytes, sha256: super::archive::hex(&sum.finalize()) });
        }
        zip.write_all(read).map_err(Broken::Writing)?;
        sum.update(read);
        bytes += count as u64;
    }
}
