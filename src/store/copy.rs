//! Copies of the database, made while others work in it: before its tables are changed, and for a backup.
//!
//! A copy is one file, complete and synced, or not there. Making one takes no lock that a writer would wait for.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use sqlx::SqliteConnection;

use super::StoreError;

/// How the name of a copy goes on that was made before a change of the tables; the number of the change follows.
const BEFORE: &str = "before-";

/// Copies of that kind that are kept.
const KEPT: usize = 2;

/// Copies the database into one new file: written aside, synced, renamed.
pub(super) async fn copy(connection: &mut SqliteConnection, to: &Path) -> Result<(), StoreError> {
    let name = to.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let aside = to.with_file_name(format!(".{name}.aisaac-part"));
    let made = into(connection, &aside).await;
    let placed = made.and_then(|()| place(&aside, to).map_err(|error| sqlx::Error::Io(error).into()));
    if placed.is_err() {
        let _ = fs::remove_file(&aside);
    }
    placed
}

/// Copies the database into this file, which is new or empty, and not synced yet.
pub(super) async fn into(connection: &mut SqliteConnection, aside: &Path) -> Result<(), StoreError> {
    let Some(name) = aside.to_str() else {
        return Err(sqlx::Error::Io(io::Error::other("the path of a copy must be UTF-8")).into());
    };
    // SQLite takes an empty file, which nobody else may read from its first byte on.
    let empty = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(aside);
    drop(empty.map_err(sqlx::Error::Io)?);
    sqlx::query("VACUUM INTO ?").bind(name).execute(connection).await?;
    Ok(())
}

fn place(aside: &Path, to: &Path) -> io::Result<()> {
    File::open(aside)?.sync_all()?;
    fs::rename(aside, to)?;
    File::open(to.parent().unwrap_or(Path::new("/")))?.sync_all()
}

/// Where the copy goes that is made before the change with this number.
pub(super) fn before(database: &Path, change: i64) -> PathBuf {
    let name = database.file_name().unwrap_or_default().to_string_lossy();
    database.with_file_name(format!("{name}.{BEFORE}{change}"))
}

/// Copies that were made before changes, the newest change first.
fn copies(database: &Path) -> Vec<PathBuf> {
    let name = database.file_name().unwrap_or_default().to_string_lossy();
    let start = format!("{name}.{BEFORE}");
    let entries = database.parent().and_then(|folder| fs::read_dir(folder).ok());
    let mut found: Vec<(i64, PathBuf)> = entries
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.file_name();
            let number = name.to_str()?.strip_prefix(&start)?.parse().ok()?;
            Some((number, entry.path()))
        })
        .collect();
    found.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    found.into_iter().map(|(_, path)| path).collect()
}

/// Deletes all but the newest copies.
pub(super) fn keep_newest(database: &Path) {
    copies(database).iter().skip(KEPT).for_each(|old| remove(old));
}

/// Deletes the copies made before this moment (Unix milliseconds); all of them without one.
pub(super) fn remove_copies(database: &Path, before: Option<i64>) {
    let before = before.map(|ms| UNIX_EPOCH + Duration::from_millis(u64::try_from(ms).unwrap_or_default()));
    for path in copies(database) {
        let made = fs::metadata(&path).and_then(|found| found.modified());
        if before.is_none_or(|before| made.is_ok_and(|made| made < before)) {
            remove(&path);
        }
    }
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(file = %path.display(), %error, "an old copy of the database could not be deleted");
    }
}
