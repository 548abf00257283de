//! Reading an archive that somebody brings: nothing in it is believed before it is checked, nothing is written outside
//! the folder that it is unpacked into.

use std::fmt::Write as _;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use zip::ZipArchive;
use zip::result::ZipError;

use super::{BackupError, CONFIG, DATABASE, FORMAT, LIST, MEDIA, Manifest, Sum};
use crate::store::newest_change;

/// Longest list that is read.
const LIST_BYTES: u64 = 256 << 20;

/// How the first file of a zip archive begins.
const ZIP: &[u8] = b"PK\x03\x04";

/// A backup whose list and names are in order.
#[derive(Debug)]
pub struct Archive {
    file: PathBuf,
    zip: ZipArchive<File>,
    manifest: Manifest,
}

impl Archive {
    /// Opens a backup and checks its list; sums are checked when it is unpacked.
    ///
    /// # Errors
    /// When it is no backup, not whole, from a newer program, or has a name in it that no backup has.
    pub fn open(file: &Path) -> Result<Self, BackupError> {
        let foreign = |reason: String| BackupError::Foreign { file: file.to_owned(), reason };
        let mut opened = File::open(file).map_err(|error| BackupError::read(file, error))?;
        let mut start = [0; ZIP.len()];
        let zipped = opened.read_exact(&mut start).is_ok() && start == ZIP;
        let mut zip = ZipArchive::new(opened).map_err(|error| match error {
            ZipError::Io(error) if error.kind() == io::ErrorKind::IsADirectory => {
                BackupError::read(file, error)
            }
            _ if zipped => BackupError::CutOff { file: file.to_owned() },
            error => foreign(error.to_string()),
        })?;
        let mut list = Vec::new();
        match zip.by_name(LIST) {
            Ok(entry) => entry.take(LIST_BYTES).read_to_end(&mut list).map(drop),
            Err(error) => return Err(foreign(format!("{LIST}: {error}"))),
        }
        .map_err(|_| BackupError::Damaged { file: file.to_owned(), entry: LIST.to_owned() })?;
        let newer = |program: &str| BackupError::Newer { file: file.to_owned(), program: program.to_owned() };
        let known: serde_json::Value =
            serde_json::from_slice(&list).map_err(|error| foreign(format!("{LIST}: {error}")))?;
        if known.get("format").and_then(serde_json::Value::as_u64) > Some(u64::from(FORMAT)) {
            return Err(newer(known.get("program").and_then(|name| name.as_str()).unwrap_or("?")));
        }
        let manifest: Manifest =
            serde_json::from_value(known).map_err(|error| foreign(format!("{LIST}: {error}")))?;
        if manifest.change > newest_change() {
            return Err(newer(&manifest.program));
        }
        let archive = Self { file: file.to_owned(), zip, manifest };
        archive.check_names()?;
        Ok(archive)
    }

    /// What it says about itself.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Bytes of everything in it.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.manifest.files.values().map(|sum| sum.bytes).fold(0, u64::saturating_add)
    }

    /// Every name is one that a backup has, and in the list; everything in the list is there.
    fn check_names(&self) -> Result<(), BackupError> {
        let damaged = |entry: &str| BackupError::Damaged { file: self.file.clone(), entry: entry.to_owned() };
        let names = self.zip.file_names().map(|name| name.map(|name| name.into_owned()));
        let names = names.collect::<Result<Vec<String>, _>>().map_err(|_| damaged(LIST))?;
        for name in names.iter().filter(|name| *name != LIST) {
            let known = name == DATABASE || name == CONFIG || name.strip_prefix(MEDIA).is_some_and(is_plain);
            if !known || !self.manifest.files.contains_key(name) {
                return Err(damaged(name));
            }
        }
        let lost = self.manifest.files.keys().find(|name| !names.contains(name));
        match lost.map(String::as_str).or((!names.iter().any(|name| name == DATABASE)).then_some(DATABASE)) {
            Some(name) => Err(damaged(name)),
            None => Ok(()),
        }
    }

    /// Unpacks everything into a new folder, for its owner alone, synced; each file must be what the list says.
    ///
    /// # Errors
    /// When something is damaged, or cannot be written.
    pub(super) fn unpack(&mut self, into: &Path) -> Result<(), BackupError> {
        let media = into.join(MEDIA);
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&media);
        made.map_err(|error| BackupError::write(into, error))?;
        for (name, sum) in &self.manifest.files {
            let path = into.join(name);
            let damaged = || BackupError::Damaged { file: self.file.clone(), entry: name.clone() };
            let mut entry = self.zip.by_name(name).map_err(|_| damaged())?;
            if !entry.is_file() {
                return Err(damaged());
            }
            let found = unpack(&mut entry, &path, sum.bytes).map_err(|error| match error {
                Side::Archive => damaged(),
                Side::Disk(error) => BackupError::write(&path, error),
            })?;
            if found != *sum {
                return Err(damaged());
            }
        }
        for folder in [&media, into] {
            let synced = File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(|error| BackupError::write(folder, error))?;
        }
        Ok(())
    }
}

/// A name without a folder, and not hidden.
fn is_plain(name: &str) -> bool {
    Path::new(name).file_name().is_some_and(|plain| plain == name) && !name.starts_with('.')
}

/// Where reading and writing broke.
enum Side {
    Archive,
    Disk(io::Error),
}

/// Writes an entry of at most so many bytes into a new file, synced.
fn unpack(entry: &mut dyn io::Read, path: &Path, bytes: u64) -> Result<Sum, Side> {
    let new = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path);
    let mut file = new.map_err(Side::Disk)?;
    // One byte more than there should be gives a longer one away.
    let mut entry = entry.take(bytes.saturating_add(1));
    let (mut sum, mut read, mut piece) = (Sha256::new(), 0, vec![0; 1 << 18]);
    loop {
        let count = entry.read(&mut piece).map_err(|_| Side::Archive)?;
        let part = piece.get(..count).unwrap_or_default();
        if part.is_empty() {
            break;
        }
        file.write_all(part).map_err(Side::Disk)?;
        sum.update(part);
        read += count as u64;
    }
    file.sync_all().map_err(Side::Disk)?;
    Ok(Sum { bytes: read, sha256: hex(&sum.finalize()) })
}

/// Bytes in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
