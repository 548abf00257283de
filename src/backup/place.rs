//! Putting a backup back: unpacked and checked aside, then moved into place; what was there is moved aside and kept.
//!
//! Whoever calls holds the lock of the data folder: no house runs. A mark lies in the folder while things are moved, so
//! that no house starts on half of a restore; the restore is then done again.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::{Archive, BackupError, Belongings, CONFIG, DATABASE, MEDIA};
use crate::store::{Kept, Turn, Unfinished, make_ready};

/// The mark.
const MARK: &str = "restore-cut-off";

/// Where an archive is unpacked, inside the data folder.
const STAGE: &str = ".aisaac-restoring";

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Rows.
    pub kept: Kept,
    /// What was not done when the backup was made.
    pub unfinished: Unfinished,
    /// When its oldest message was answered.
    pub oldest: Option<i64>,
    /// Pictures that rows name and that are not in the backup.
    pub missing: Vec<String>,
    /// Where what was there lies now.
    pub before: Option<PathBuf>,
}

/// Whether a restore was cut off while it moved things.
#[must_use]
pub fn cut_off(data: &Path) -> bool {
    data.join(MARK).exists()
}

/// Puts a backup back. Without `keep_unfinished`, what was not done when it was made is not done any more.
///
/// # Errors
/// When the archive is damaged or something cannot be written; what was there stays as it was.
pub async fn restore(
    mut archive: Archive,
    into: &Belongings,
    keep_unfinished: bool,
    now: i64,
) -> Result<Restored, BackupError> {
    let stage = into.data.join(STAGE);
    let _ = fs::remove_dir_all(&stage);
    let free = fs4::available_space(&into.data).unwrap_or(u64::MAX);
    if archive.bytes() > free {
        return Err(BackupError::Full { folder: into.data.clone() });
    }
    let staged = unpack_and_place(&mut archive, into, &stage, keep_unfinished, now).await;
    let _ = fs::remove_dir_all(&stage);
    staged
}

async fn unpack_and_place(
    archive: &mut Archive,
    into: &Belongings,
    stage: &Path,
    keep_unfinished: bool,
    now: i64,
) -> Result<Restored, BackupError> {
    archive.unpack(stage)?;
    let database = stage.join(DATABASE);
    let found = make_ready(&database, keep_unfinished, now).await?;
    let written = File::open(&database).and_then(|file| file.sync_all());
    written.map_err(|error| BackupError::write(&database, error))?;
    let files = &archive.manifest().files;
    let missing = found.files.into_iter().filter(|name| !files.contains_key(&format!("{MEDIA}{name}")));
    let missing = missing.collect();
    // Nobody opens the database between two moves.
    let _turn = Turn::wait(&into.database).await?;
    let before = swap(into, stage).map_err(|error| BackupError::write(&into.database, error))?;
    Ok(Restored { kept: found.kept, unfinished: found.unfinished, oldest: found.oldest, missing, before })
}

/// Moves what is there aside and what is staged into its place: all of it, or nothing.
fn swap(into: &Belongings, stage: &Path) -> io::Result<Option<PathBuf>> {
    let mark = into.data.join(MARK);
    File::create(&mark)?.sync_all()?;
    sync(&into.data)?;
    let mut moves = Moves(Vec::new());
    let swapped = move_all(into, stage, &mut moves);
    if swapped.is_err() {
        moves.undo()?;
    }
    sync(&into.data)?;
    fs::remove_file(&mark)?;
    sync(&into.data)?;
    swapped
}

fn move_all(into: &Belongings, stage: &Path, moves: &mut Moves) -> io::Result<Option<PathBuf>> {
    let name = |end: &str| {
        let mut name = into.database.clone().into_os_string();
        name.push(end);
        PathBuf::from(name)
    };
    // The folder first: it may be a disk of its own, which cannot be moved.
    let present = [into.media.clone(), name("-wal"), name("-shm"), into.database.clone()];
    let present: Vec<&PathBuf> = present.iter().filter(|path| worth_keeping(path)).collect();
    let mut before = None;
    if !present.is_empty() {
        let folder = unused(&into.data)?;
        for path in present {
            moves.make(path, &folder.join(path.file_name().unwrap_or_default()))?;
        }
        sync(&folder)?;
        before = Some(folder);
    }
    // An empty folder may be left.
    let _ = fs::remove_dir(&into.media);
    moves.make(&stage.join(MEDIA), &into.media)?;
    moves.make(&stage.join(DATABASE), &into.database)?;
    let config = stage.join(CONFIG);
    if config.exists() && !into.config.exists() {
        moves.make(&config, &into.config)?;
    }
    Ok(before)
}

/// Whether something is there, and is not just an empty folder.
fn worth_keeping(path: &Path) -> bool {
    match fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => fs::symlink_metadata(path).is_ok(),
    }
}

/// A new folder for what was there.
fn unused(data: &Path) -> io::Result<PathBuf> {
    let mut number = 1;
    loop {
        let folder = data.join(format!("before-restore-{number}"));
        match fs::create_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            made => return made.map(|()| folder),
        }
    }
}

/// Moves that were made, in order.
struct Moves(Vec<(PathBuf, PathBuf)>);

impl Moves {
    fn make(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)?;
        self.0.push((from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn undo(self) -> io::Result<()> {
        for (from, to) in self.0.into_iter().rev() {
            fs::rename(&to, &from)?;
            // The folder for what was there, once it is empty.
            let _ = to.parent().map(fs::remove_dir);
        }
        Ok(())
    }
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_moved_altogether_is_moved_back() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let into = Belongings {
            data: folder.path().to_owned(),
            database: at("aisaac.db"),
            media: at("media"),
            config: at("aisaac.toml"),
        };
        let stage = at(STAGE);
        fs::create_dir_all(stage.join("media")).unwrap();
        fs::write(stage.join("media/new.png"), "new").unwrap();
        fs::create_dir(at("media")).unwrap();
        for name in ["media/old.png", "aisaac.db", "aisaac.db-wal"] {
            fs::write(at(name), name).unwrap();
        }
        // The staged database is missing: the last move fails.
        assert!(swap(&into, &stage).is_err());
        for name in ["media/old.png", "aisaac.db", "aisaac.db-wal"] {
            assert_eq!(fs::read_to_string(at(name)).unwrap(), name);
        }
        assert!(!at("before-restore-1").exists() && !cut_off(folder.path()), "no trace");
        fs::write(stage.join("aisaac.db"), "new").unwrap();
        let before = swap(&into, &stage).unwrap().unwrap();
        assert_eq!(before, at("before-restore-1"));
        assert_eq!(fs::read_to_string(at("aisaac.db")).unwrap(), "new");
        assert_eq!(fs::read_to_string(at("media/new.png")).unwrap(), "new");
        assert!(!at("aisaac.db-wal").exists(), "another database's log must not be read into this one");
        assert_eq!(fs::read_to_string(before.join("aisaac.db-wal")).unwrap(), "aisaac.db-wal");
        assert!(!cut_off(folder.path()));
    }
}
