//! Backup: the database and the pictures of one house in one file, and back.
//!
//! The file is a plain zip archive without compression (pictures are compressed already): any system opens it, and its
//! list stands at its end, so that a file that was cut off is known at once. In it `backup.json` (what is in it, with
//! sums), `aisaac.db`, `media/` and `aisaac.toml` if the data folder has one. It is written aside, synced and renamed,
//! for its owner alone. Models are not in it. This room must never change a database that somebody works in.

mod archive;
mod error;
mod make;
mod place;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use archive::Archive;
pub use error::BackupError;
pub use make::{Made, make};
pub use place::{Restored, cut_off, restore};

use crate::store::{Kept, Unfinished};

/// Changes with the layout of the archive; a program reads its own and older ones.
const FORMAT: u32 = 1;

const LIST: &str = "backup.json";
const DATABASE: &str = "aisaac.db";
const CONFIG: &str = "aisaac.toml";
const MEDIA: &str = "media/";

/// Where the belongings of a house lie.
#[derive(Debug, Clone)]
pub struct Belongings {
    /// The data folder.
    pub data: PathBuf,
    /// The database file in it.
    pub database: PathBuf,
    /// Its media folder.
    pub media: PathBuf,
    /// Its configuration file.
    pub config: PathBuf,
}

/// What an archive says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Layout of the archive.
    pub format: u32,
    /// Version of the program that made it.
    pub program: String,
    /// When, in Unix milliseconds.
    pub made_at: i64,
    /// Number of the last change of the tables.
    pub change: i64,
    /// Rows.
    pub kept: Kept,
    /// What was not done when it was made.
    pub unfinished: Unfinished,
    /// Pictures that rows name and that could not be read.
    pub missing: Vec<String>,
    /// Every other file in the archive.
    pub files: BTreeMap<String, Sum>,
}

/// Length and SHA-256 of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// Bytes.
    pub bytes: u64,
    /// In hexadecimal digits.
    pub sha256: String,
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::{Read as _, Write as _};
    use std::path::Path;

    use super::*;
    use crate::store::{Role, Store, StoreError};

    const PICTURE: &str = "media/1-1-7.png";

    type Entries = BTreeMap<String, Vec<u8>>;

    fn belongings(data: &Path) -> Belongings {
        let at = |name: &str| data.join(name);
        Belongings {
            data: data.to_owned(),
            database: at("aisaac.db"),
            media: at("media"),
            config: at(CONFIG),
        }
    }

    /// A house with one picture and a configuration, and its backup.
    async fn backed_up(folder: &Path) -> (Belongings, PathBuf) {
        let from = belongings(&folder.join("data"));
        fs::create_dir_all(&from.media).unwrap();
        fs::write(from.data.join(PICTURE), "picture").unwrap();
        fs::write(&from.config, "language = 'ru'").unwrap();
        let store = Store::open(&from.database, "b", Role::House, 1).await.unwrap();
        let row = "INSERT INTO drawings (messenger, lane, address, person, language, commission, state, picture, queued_at)
                   VALUES ('c', 'l', '{}', 'ana', 'en', '{}', 'done', '{\"file\": \"1-1-7.png\"}', 1)";
        crate::store::tests::execute(&store, row).await;
        let file = folder.join("house.zip");
        make(&from, &file, false, 1).await.unwrap();
        store.close().await;
        (from, file)
    }

    /// The same archive with something changed.
    fn changed(file: &Path, name: &str, change: impl FnOnce(&mut Entries)) -> PathBuf {
        let mut zip = zip::ZipArchive::new(File::open(file).unwrap()).unwrap();
        let names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
        let mut entries = BTreeMap::new();
        for name in names {
            let mut bytes = Vec::new();
            zip.by_name(&name).unwrap().read_to_end(&mut bytes).unwrap();
            entries.insert(name, bytes);
        }
        change(&mut entries);
        let path = file.with_file_name(name);
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        for (name, bytes) in entries {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(&bytes).unwrap();
        }
        zip.finish().unwrap();
        path
    }

    fn list(entries: &mut Entries, change: impl FnOnce(&mut serde_json::Value)) {
        let list = entries.get_mut(LIST).unwrap();
        let mut value = serde_json::from_slice(list).unwrap();
        change(&mut value);
        *list = serde_json::to_vec(&value).unwrap();
    }

    async fn put_back(file: &Path, into: &Belongings) -> Result<Restored, BackupError> {
        restore(Archive::open(file)?, into, true, 5).await
    }

    /// Every file under a folder, without those that only hold locks.
    fn everything(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(everything(&path));
            } else if !path.ends_with("aisaac.db-opening") {
                found.push((path.clone(), fs::read(&path).unwrap()));
            }
        }
        found.sort();
        found
    }

    #[tokio::test]
    async fn what_is_no_whole_backup_of_ours_changes_nothing() {
        type Wrong = fn(&BackupError) -> bool;
        let folder = tempfile::tempdir().unwrap();
        let (data, file) = backed_up(folder.path()).await;
        let bytes = fs::read(&file).unwrap();
        let with = |name: &str, bytes: &[u8]| {
            fs::write(folder.path().join(name), bytes).unwrap();
            folder.path().join(name)
        };
        let but = |name: &str, change: fn(&mut Entries)| changed(&file, name, change);
        let damaged: Wrong = |error| matches!(error, BackupError::Damaged { .. });
        let foreign: Wrong = |error| matches!(error, BackupError::Foreign { .. });
        let newer: Wrong = |error| matches!(error, BackupError::Newer { .. });
        let wrong: Vec<(PathBuf, Wrong)> = vec![
            (with("text.zip", b"no archive at all"), foreign),
            (with("empty.zip", b""), foreign),
            (with("short.zip", &bytes[..bytes.len() - 30]), |error| {
                matches!(error, BackupError::CutOff { .. })
            }),
            (but("other.zip", |entries| drop(entries.remove(LIST))), foreign),
            (but("evil.zip", |entries| drop(entries.insert("../../evil".into(), vec![1]))), damaged),
            (
                but("listed.zip", |entries| {
                    entries.insert("media/../../evil".into(), vec![1]);
                    let sum = serde_json::json!({"bytes": 1, "sha256": "0"});
                    list(entries, |list| list["files"]["media/../../evil"] = sum);
                }),
                damaged,
            ),
            (but("lost.zip", |entries| drop(entries.remove(PICTURE))), damaged),
            (but("flip.zip", |entries| entries.get_mut(PICTURE).unwrap()[3] ^= 1), damaged),
            (but("long.zip", |entries| entries.get_mut(PICTURE).unwrap().push(1)), damaged),
            (
                but("no-database.zip", |entries| {
                    entries.remove(DATABASE);
                    list(entries, |list| drop(list["files"].as_object_mut().unwrap().remove(DATABASE)));
                }),
                damaged,
            ),
            (but("format.zip", |entries| list(entries, |list| list["format"] = 2.into())), newer),
            (but("change.zip", |entries| list(entries, |list| list["change"] = 9_999.into())), newer),
            (folder.path().to_owned(), |error| matches!(error, BackupError::Unreadable { .. })),
        ];
        let before = everything(&data.data);
        for (file, expected) in wrong {
            let error = put_back(&file, &data).await.unwrap_err();
            assert!(expected(&error), "{}: {error:?}", file.display());
            assert!(everything(&data.data) == before, "{}", file.display());
        }
        assert!(!folder.path().join("evil").exists());
        put_back(&file, &data).await.unwrap();
    }

    #[tokio::test]
    async fn a_damaged_database_inside_is_found_before_anything_moves() {
        let folder = tempfile::tempdir().unwrap();
        let (data, file) = backed_up(folder.path()).await;
        let broken = changed(&file, "broken.zip", |entries| {
            let database = entries.get_mut(DATABASE).unwrap();
            let half = database.len() / 2;
            database[half..].fill(7);
            let sum = archive::hex(&<sha2::Sha256 as sha2::Digest>::digest(&database));
            list(entries, |list| list["files"][DATABASE]["sha256"] = sum.into());
        });
        let error = put_back(&broken, &data).await.unwrap_err();
        assert!(matches!(error, BackupError::Store { source: StoreError::Damaged { .. } }), "{error:?}");
        assert!(!data.data.join("before-restore-1").exists());
        assert_eq!(fs::read(data.data.join(PICTURE)).unwrap(), b"picture");
    }

    #[tokio::test]
    async fn an_empty_folder_gets_everything_and_a_configuration_that_is_there_stays() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (data, file) = backed_up(folder.path()).await;
        let new = belongings(&folder.path().join("new"));
        fs::create_dir(&new.data).unwrap();
        let restored = put_back(&file, &new).await.unwrap();
        assert_eq!((restored.before, restored.kept.pictures), (None, 1));
        assert_eq!(fs::read(new.data.join(PICTURE)).unwrap(), b"picture");
        assert_eq!(fs::read(&new.config).unwrap(), b"language = 'ru'");
        fs::write(&data.config, "language = 'en'").unwrap();
        let before = put_back(&file, &data).await.unwrap().before.unwrap();
        assert_eq!(fs::read(before.join(PICTURE)).unwrap(), b"picture");
        assert_eq!(fs::read(&data.config).unwrap(), b"language = 'en'");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(&new.database), mode(&new.media)), (0o600, 0o600, 0o700));
    }

    #[tokio::test]
    async fn there_must_be_something_to_back_up_and_a_place_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let nothing = make(&belongings(&at("none")), &at("a.zip"), false, 1).await;
        assert!(matches!(nothing, Err(BackupError::Nothing { .. })), "{nothing:?}");
        let (data, file) = backed_up(folder.path()).await;
        assert!(matches!(make(&data, &file, false, 1).await, Err(BackupError::Exists { .. })));
        make(&data, &file, true, 1).await.unwrap();
        let nowhere = make(&data, &at("no/such.zip"), false, 1).await;
        assert!(matches!(nowhere, Err(BackupError::Unwritable { .. })), "{nowhere:?}");
        assert!(matches!(make(&data, folder.path(), true, 1).await, Err(BackupError::Unwritable { .. })));
        let entries = fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["data", "house.zip"], "nothing is left beside it");
    }
}
