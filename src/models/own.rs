//! Manifests of one's own: `<data>/manifests/NAME/manifest.toml`, with the house files that it names beside it.
//!
//! In: the data folder. Out: entries of the catalogue, and what kept others out of it. They take no known name.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Entry, Manifest, Origin};

/// Largest house file that is read.
const LARGEST: u64 = 64_000_000;

/// A manifest that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// Where it lies.
    pub path: PathBuf,
    /// What is wrong.
    pub kind: UnusableKind,
}

/// What is wrong with a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnusableKind {
    /// It cannot be read, or is no manifest.
    Unreadable {
        /// What the system or the parser says.
        reason: String,
    },
    /// Its folder has another name.
    Folder {
        /// The manifest's.
        name: String,
    },
    /// Its name is no plain one.
    Name {
        /// As written.
        name: String,
    },
    /// The program's own catalogue has that name.
    Taken {
        /// Which.
        name: String,
    },
    /// A house file that it names cannot be used.
    House {
        /// Its path.
        path: String,
        /// What is wrong.
        reason: String,
    },
}

/// Folder of such manifests.
#[must_use]
pub fn manifests(data: &Path) -> PathBuf {
    data.join("manifests")
}

/// Reads them in the order of their names; `taken` says which names are known already.
pub(super) fn read(data: &Path, taken: impl Fn(&str) -> bool) -> (Vec<Entry>, Vec<Unusable>) {
    let folders = fs::read_dir(manifests(data)).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut folders: Vec<PathBuf> = folders.filter(|path| path.join("manifest.toml").exists()).collect();
    folders.sort();
    let (mut entries, mut unusable) = (Vec::new(), Vec::new());
    for folder in folders {
        match entry(&folder, &taken) {
            Ok(entry) => entries.push(entry),
            Err(kind) => unusable.push(Unusable { path: folder.join("manifest.toml"), kind }),
        }
    }
    (entries, unusable)
}

fn entry(folder: &Path, taken: &impl Fn(&str) -> bool) -> Result<Entry, UnusableKind> {
    let unreadable = |reason: String| UnusableKind::Unreadable { reason };
    let text =
        fs::read_to_string(folder.join("manifest.toml")).map_err(|error| unreadable(error.to_string()))?;
    let manifest = Manifest::parse(&text).map_err(|error| unreadable(error.to_string().trim().to_owned()))?;
    let name = manifest.name.clone();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if folder.file_name().is_none_or(|folder| folder.to_str() != Some(&name)) {
        return Err(UnusableKind::Folder { name });
    }
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !name.chars().all(plain) {
        return Err(UnusableKind::Name { name });
    }
    if taken(&name) {
        return Err(UnusableKind::Taken { name });
    }
    let mut house = BTreeMap::new();
    for file in &manifest.files {
        let path = match &file.origin {
            Origin::House => &file.path,
            Origin::Fill { plan, .. } => plan,
            Origin::Package(_) | Origin::Hub { .. } => continue,
        };
        let bytes =
            inside(folder, path).map_err(|reason| UnusableKind::House { path: path.clone(), reason })?;
        house.insert(path.clone(), Cow::Owned(bytes));
    }
    Ok(Entry { manifest, house })
}

/// A file of the folder, not one that a link leads to.
fn inside(folder: &Path, path: &str) -> Result<Vec<u8>, String> {
    let at = |error: std::io::Error| error.to_string();
    let real = folder.join(path).canonicalize().map_err(at)?;
    if !real.starts_with(folder.canonicalize().map_err(at)?) {
        return Err("it lies outside its folder".to_owned());
    }
    if fs::metadata(&real).map_err(at)?.len() > LARGEST {
        return Err("it is too large for a house file".to_owned());
    }
    fs::read(&real).map_err(at)
}

#[cfg(test)]
mod tests {
    use super::super::Catalogue;
    use super::*;

    fn put(data: &Path, folder: &str, name: &str, file: &str) {
        let folder = manifests(data).join(folder);
        fs::create_dir_all(&folder).unwrap();
        let text = format!(
            "name = '{name}'\nfamily = 'diffusion'\ntitle = ''\nlicence = 'MIT'\nsource = ''\nlanguages = []\n\
             memory_mb = 1\n[[file]]\npath = 'x'\nbytes = 3\n{file}\n"
        );
        fs::write(folder.join("manifest.toml"), text).unwrap();
    }

    #[test]
    fn a_manifest_of_ones_own_joins_the_catalogue() {
        let data = tempfile::tempdir().unwrap();
        let data = data.path();
        put(data, "mine", "mine", "from = 'hub'\nrepository = 'o/r'\nrevision = 'main'\nremote = 'x'");
        put(data, "kept", "kept", "from = 'house'");
        fs::write(manifests(data).join("kept/x"), b"abc").unwrap();
        let catalogue = Catalogue::of(data);
        assert_eq!(catalogue.unusable(), []);
        assert_eq!(catalogue.named("mine").unwrap()[0].name, "mine");
        assert_eq!(catalogue.house("kept", "x").unwrap(), b"abc");
        assert!(catalogue.named("starter").is_ok());
        assert!(Catalogue::of(&data.join("nowhere")).unusable().is_empty());
    }

    #[test]
    fn what_cannot_be_used_is_told_and_takes_no_known_name() {
        let data = tempfile::tempdir().unwrap();
        let data = data.path();
        let house = "from = 'house'";
        put(data, "a", "other", house);
        put(data, "b", "b", house);
        put(data, "sketch", "sketch", house);
        put(data, "starter", "starter", house);
        put(data, "answer-ru", "answer-ru", house);
        put(data, "..x", "..x", house);
        put(data, "z", "z", "from = 'moon'");
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc/hostname", manifests(data).join("b/x")).unwrap();
        let catalogue = Catalogue::of(data);
        let kinds: Vec<&UnusableKind> = catalogue.unusable().iter().map(|one| &one.kind).collect();
        assert_eq!(kinds.len(), 7, "{kinds:#?}");
        let taken = kinds.iter().filter(|kind| matches!(kind, UnusableKind::Taken { .. })).count();
        assert_eq!(taken, 3, "{kinds:#?}");
        assert!(kinds.contains(&&UnusableKind::Folder { name: "other".into() }), "{kinds:#?}");
        assert!(kinds.contains(&&UnusableKind::Name { name: "..x".into() }), "{kinds:#?}");
        assert!(catalogue.get("b").is_none() && catalogue.get("sketch").unwrap().family == "diffusion");
    }
}
