//! What a pull left in a model's folder: `installed.json` beside the files, so that a later look need not sum them.
//!
//! A file counts as the one that was written while its length and its time of change are the same. The receipt is also
//! where the sum of a file stands that no manifest knows.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::aside::{Sum, beside, place};
use super::{ModelFile, PullError};

/// Name of the file in a model's folder.
pub(super) const NAME: &str = "installed.json";

/// The receipt of one folder.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct Receipt {
    files: BTreeMap<String, Noted>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Noted {
    bytes: u64,
    sha256: String,
    /// Time of change, in nanoseconds since 1970, as text (JSON numbers are too short).
    changed: String,
}

impl Receipt {
    /// The one of a folder; an empty one when there is none or it cannot be read.
    pub(super) fn read(folder: &Path) -> Self {
        let text = fs::read(folder.join(NAME)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// The recorded sum of a file, while the file is unchanged.
    pub(super) fn sum(&self, folder: &Path, path: &str) -> Option<&str> {
        let noted = self.files.get(path)?;
        let found = look(&folder.join(path))?;
        (found == (noted.bytes, noted.changed.clone())).then_some(noted.sha256.as_str())
    }

    /// The sum that was recorded when the file was written, whatever became of it.
    pub(super) fn recorded(&self, path: &str) -> Option<(u64, &str)> {
        self.files.get(path).map(|noted| (noted.bytes, noted.sha256.as_str()))
    }

    /// Whether a file is as its manifest wants it, as far as the receipt tells.
    pub(super) fn holds(&self, folder: &Path, file: &ModelFile) -> bool {
        let found = self.sum(folder, &file.path);
        found.is_some_and(|found| file.sha256.as_ref().is_none_or(|wanted| wanted == found))
    }

    /// Notes a file that was just written or summed, and saves.
    pub(super) fn note(&mut self, folder: &Path, path: &str, sum: &Sum) -> Result<(), PullError> {
        let target = folder.join(NAME);
        let at = |source| PullError::file("write", &target, source);
        if let Some((bytes, changed)) = look(&folder.join(path)) {
            self.files.insert(path.to_owned(), Noted { bytes, sha256: sum.sha256.clone(), changed });
        }
        let aside: PathBuf = beside(&target, "new");
        let mut file = fs::File::create(&aside).map_err(at)?;
        let text = serde_json::to_vec_pretty(self).map_err(|error| at(error.into()))?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(at)?;
        place(&aside, &target)
    }
}

/// Length and time of change of a plain file.
fn look(path: &Path) -> Option<(u64, String)> {
    let data = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    let changed = data.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some((data.len(), changed.as_nanos().to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::Origin;
    use super::*;

    #[test]
    fn a_changed_file_is_no_longer_vouched_for() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x"), b"abc").unwrap();
        let sum = Sum { bytes: 3, sha256: "s".into() };
        Receipt::default().note(folder.path(), "x", &sum).unwrap();
        let receipt = Receipt::read(folder.path());
        let file = |sha256: Option<&str>| ModelFile {
            path: "x".into(),
            bytes: 3,
            sha256: sha256.map(str::to_owned),
            origin: Origin::House,
        };
        assert!(receipt.holds(folder.path(), &file(Some("s"))) && receipt.holds(folder.path(), &file(None)));
        assert!(!receipt.holds(folder.path(), &file(Some("t"))));
        fs::write(folder.path().join("x"), b"abcd").unwrap();
        assert!(!receipt.holds(folder.path(), &file(Some("s"))));
        assert_eq!(receipt.recorded("x"), Some((3, "s")));
        fs::write(folder.path().join(NAME), b"{").unwrap();
        assert!(Receipt::read(folder.path()).recorded("x").is_none());
    }
}
