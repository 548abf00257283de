//! The state of installed models: quick looks, full sums, licence texts, removal.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use super::aside::sum_file;
use super::receipt::{NAME, Receipt};
use super::{Catalogue, Manifest, ModelFile, PullError, folder, readable};

/// How a model stands on this machine, by lengths and the receipt (no file is read whole).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nothing of it is there.
    Missing,
    /// Some files are missing, cut short or of an older version.
    Partial {
        /// Their paths.
        wanting: Vec<String>,
    },
    /// All files are there.
    Installed,
}

/// What is wrong with one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Model and path.
    pub file: String,
    /// What it is.
    pub kind: FlawKind,
}

/// Kinds of flaws.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlawKind {
    /// It is not there.
    Missing,
    /// It is shorter than it should be.
    Truncated {
        /// Bytes.
        expected: u64,
        /// Bytes.
        found: u64,
    },
    /// It has another sum.
    Wrong {
        /// Hex.
        expected: String,
        /// Hex.
        found: String,
    },
    /// It cannot be read.
    Unreadable {
        /// What the system says.
        reason: String,
    },
    /// No sum is known and none was recorded: nothing can be said.
    Unknown,
}

impl fmt::Display for Flaw {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, kind } = self;
        match kind {
            FlawKind::Missing => write!(out, "{file} is missing"),
            FlawKind::Truncated { expected, found } => {
                write!(out, "{file} is cut short: {} of {}", readable(*found), readable(*expected))
            }
            FlawKind::Wrong { expected, found } => {
                write!(out, "{file} is another file: its SHA-256 is {found}, not {expected}")
            }
            FlawKind::Unreadable { reason } => write!(out, "{file} cannot be read: {reason}"),
            FlawKind::Unknown => write!(out, "{file}: no sum is known, pull it again to record one"),
        }
    }
}

/// What a removal freed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// Files.
    pub files: usize,
    /// Bytes.
    pub bytes: u64,
    /// Models of the set that stay, because others need them.
    pub kept: Vec<String>,
}

/// How a model stands.
#[must_use]
pub fn state(data: &Path, model: &Manifest) -> State {
    let folder = folder(data, &model.name);
    let receipt = Receipt::read(&folder);
    let wanting: Vec<String> = model
        .files
        .iter()
        .filter(|file| !looks_right(&folder, &receipt, file))
        .map(|file| file.path.clone())
        .collect();
    match wanting.len() {
        0 => State::Installed,
        count if count == model.files.len() => State::Missing,
        _ => State::Partial { wanting },
    }
}

/// Whether every file of a model is there, with its length.
#[must_use]
pub fn installed(data: &Path, model: &Manifest) -> bool {
    state(data, model) == State::Installed
}

/// By its receipt; a file without one (copied in by hand) by its length.
fn looks_right(folder: &Path, receipt: &Receipt, file: &ModelFile) -> bool {
    let Ok(data) = fs::metadata(folder.join(&file.path)) else { return false };
    match receipt.sum(folder, &file.path) {
        Some(found) => file.sha256.as_ref().is_none_or(|wanted| wanted == found),
        None => data.is_file() && (file.sha256.is_none() || data.len() == file.bytes),
    }
}

/// Looks at the sum of every file that its receipt does not vouch for (copied by hand, or changed since), and notes
/// what was right, so that the next look is quick. Reads files: not for async code.
///
/// # Errors
/// The first file that is not what the manifest says.
pub fn prove(data: &Path, model: &Manifest) -> Result<(), Flaw> {
    let folder = folder(data, &model.name);
    let mut receipt = Receipt::read(&folder);
    for file in &model.files {
        let Some(expected) = &file.sha256 else { continue };
        if receipt.holds(&folder, file) {
            continue;
        }
        let flaw = |kind| Flaw { file: format!("{}/{}", model.name, file.path), kind };
        let found = sum_file(&folder.join(&file.path), &mut |_| ())
            .map_err(|error| flaw(FlawKind::Unreadable { reason: error.to_string() }))?;
        if found.sha256 != *expected {
            return Err(flaw(FlawKind::Wrong { expected: expected.clone(), found: found.sha256 }));
        }
        if let Err(error) = receipt.note(&folder, &file.path, &found) {
            tracing::debug!(%error, "a receipt could not be written; the sum is looked at again next time");
        }
    }
    Ok(())
}

/// What is wrong with a model's files, by their sums; nothing when all is well. Reads every file: not for async code.
/// `watch` is told the path and the bytes read of it.
#[must_use]
pub fn verify(data: &Path, model: &Manifest, watch: &mut dyn FnMut(&str, u64)) -> Vec<Flaw> {
    let folder = folder(data, &model.name);
    let receipt = Receipt::read(&folder);
    let flaw = |file: &ModelFile, kind| Flaw { file: format!("{}/{}", model.name, file.path), kind };
    let mut flaws = Vec::new();
    for file in &model.files {
        let recorded = receipt.recorded(&file.path);
        let known = file.sha256.as_deref().map(|sum| (file.bytes, sum)).or(recorded);
        let found = match sum_file(&folder.join(&file.path), &mut |bytes| watch(&file.path, bytes)) {
            Ok(found) => found,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                flaws.push(flaw(file, FlawKind::Missing));
                continue;
            }
            Err(error) => {
                flaws.push(flaw(file, FlawKind::Unreadable { reason: error.to_string() }));
                continue;
            }
        };
        match known {
            None => flaws.push(flaw(file, FlawKind::Unknown)),
            Some((expected, _)) if found.bytes < expected => {
                flaws.push(flaw(file, FlawKind::Truncated { expected, found: found.bytes }));
            }
            Some((_, sum)) if sum != found.sha256 => {
                flaws.push(flaw(file, FlawKind::Wrong { expected: sum.to_owned(), found: found.sha256 }));
            }
            Some(_) => {}
        }
    }
    flaws
}

/// The licence texts of a model that are compiled in or installed, by file name. Notices of third parties, which are
/// long, are read where they lie.
#[must_use]
pub fn licence_text(catalogue: &Catalogue, data: &Path, model: &Manifest) -> BTreeMap<String, String> {
    let folder = folder(data, &model.name);
    let text = |path: &str| {
        let own = catalogue.house(&model.name, path).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        own.or_else(|| fs::read_to_string(folder.join(path)).ok())
    };
    let paths = model.files.iter().map(|file| &file.path).filter(|path| path.starts_with("LICEN"));
    paths.filter_map(|path| Some((path.clone(), text(path)?))).collect()
}

/// Removes the files of a model, or of a set but for what others share; files of others in a folder stay.
///
/// # Errors
/// [`PullError::Needed`] for a model that an installed one reads, [`PullError::Unknown`], or a file that cannot be removed.
pub fn remove(catalogue: &Catalogue, data: &Path, name: &str) -> Result<Removed, PullError> {
    let named = catalogue.named(name)?;
    let set = catalogue.get(name).is_none();
    let there = |model: &&Manifest| state(data, model) != State::Missing;
    let leaves = |model: &Manifest| named.iter().any(|leaving| leaving.name == model.name);
    let mut removed = Removed::default();
    let (mut going, mut staying) = (Vec::new(), Vec::new());
    for model in named.iter().copied().filter(there) {
        let reads = |other: &&Manifest| other.needs.contains(&model.name) && !leaves(other) && there(other);
        let others: Vec<String> = catalogue.models().filter(reads).map(|other| other.name.clone()).collect();
        if !set && !others.is_empty() {
            return Err(PullError::Needed { name: model.name.clone(), others });
        }
        // Another set whose own models are here goes on using what both have.
        let shares = |other: &&Manifest| {
            !leaves(other) && there(other) && other.sets.iter().any(|set| model.sets.contains(set))
        };
        let shared = set && (!others.is_empty() || catalogue.models().any(|other| shares(&other)));
        if shared { staying.push(model.name.clone()) } else { going.push(model) }
    }
    for model in going {
        let (files, bytes) = remove_files(data, model)?;
        removed.files += files;
        removed.bytes += bytes;
    }
    removed.kept = staying;
    Ok(removed)
}

/// How many files, and their bytes.
fn remove_files(data: &Path, model: &Manifest) -> Result<(usize, u64), PullError> {
    let folder = folder(data, &model.name);
    let (mut files, mut bytes) = (0, 0);
    for path in model.files.iter().map(|file| file.path.as_str()).chain([NAME]) {
        let path = folder.join(path);
        super::hub::forget(&path);
        let Ok(found) = fs::metadata(&path) else { continue };
        fs::remove_file(&path).map_err(|source| PullError::file("remove", &path, source))?;
        files += 1;
        bytes += found.len();
    }
    for inner in model.files.iter().filter_map(|file| Path::new(&file.path).parent()) {
        for empty in inner.ancestors() {
            let _ = fs::remove_dir(folder.join(empty));
        }
    }
    Ok((files, bytes))
}

#[cfg(test)]
mod tests {
    use super::super::aside::sum_of;
    use super::super::catalogue::Entry;
    use super::*;

    fn model(name: &str, needs: &[&str]) -> Manifest {
        let file = |path: &str, text: &[u8]| {
            format!(
                "[[file]]\npath = '{path}'\nbytes = {}\nsha256 = '{}'\nfrom = 'house'\n",
                text.len(),
                sum_of(text)
            )
        };
        Manifest::parse(&format!(
            "name = '{name}'\nfamily = 'f'\ntitle = ''\nlicence = 'MIT'\nsource = ''\nlanguages = []\nmemory_mb = 1\n\
             needs = {needs:?}\n{}{}",
            file("a/x", b"one"),
            file("LICENSE", b"terms")
        ))
        .unwrap()
    }

    fn put(data: &Path, name: &str) {
        fs::create_dir_all(folder(data, name).join("a")).unwrap();
        fs::write(folder(data, name).join("a/x"), b"one").unwrap();
        fs::write(folder(data, name).join("LICENSE"), b"terms").unwrap();
    }

    #[test]
    fn missing_truncated_and_wrong_are_told_apart() {
        let data = tempfile::tempdir().unwrap();
        let (data, model) = (data.path(), model("m", &[]));
        let flaws = |model: &Manifest| verify(data, model, &mut |_, _| ());
        assert_eq!(state(data, &model), State::Missing);
        assert!(flaws(&model).iter().all(|flaw| flaw.kind == FlawKind::Missing));
        put(data, "m");
        assert_eq!(state(data, &model), State::Installed);
        assert_eq!(flaws(&model), []);
        let catalogue = Catalogue::default();
        assert_eq!(licence_text(&catalogue, data, &model)["LICENSE"], "terms");
        let x = folder(data, "m").join("a/x");
        fs::write(&x, b"on").unwrap();
        assert_eq!(state(data, &model), State::Partial { wanting: vec!["a/x".into()] });
        assert_eq!(flaws(&model)[0].to_string(), "m/a/x is cut short: 2 B of 3 B");
        fs::write(&x, b"two").unwrap();
        assert!(flaws(&model)[0].to_string().contains("another file"));
    }

    #[test]
    fn a_file_without_a_known_sum_is_held_to_the_recorded_one() {
        let data = tempfile::tempdir().unwrap();
        let (data, mut model) = (data.path(), model("m", &[]));
        put(data, "m");
        model.files.iter_mut().for_each(|file| file.sha256 = None);
        assert_eq!(verify(data, &model, &mut |_, _| ())[0].kind, FlawKind::Unknown);
        let place = folder(data, "m");
        let mut receipt = Receipt::default();
        for path in ["a/x", "LICENSE"] {
            let sum = sum_file(&place.join(path), &mut |_| ()).unwrap();
            receipt.note(&place, path, &sum).unwrap();
        }
        assert_eq!(verify(data, &model, &mut |_, _| ()), []);
        fs::write(place.join("a/x"), b"two").unwrap();
        assert!(matches!(verify(data, &model, &mut |_, _| ())[0].kind, FlawKind::Wrong { .. }));
    }

    #[test]
    fn a_needed_model_stays() {
        let data = tempfile::tempdir().unwrap();
        let data = data.path();
        let entry = |manifest| Entry { manifest, house: BTreeMap::new() };
        let models = [model("base", &[]), model("top", &["base"])].map(entry);
        let catalogue = Catalogue::new(models, BTreeMap::new());
        put(data, "base");
        put(data, "top");
        assert!(remove(&catalogue, data, "base").unwrap_err().to_string().contains("needed by top"));
        let removed = remove(&catalogue, data, "top").unwrap();
        assert_eq!((removed.files, removed.bytes), (2, 8));
        fs::write(folder(data, "base").join("mine"), b"kept").unwrap();
        assert_eq!(remove(&catalogue, data, "base").unwrap().files, 2);
        assert!(folder(data, "base").join("mine").exists() && !folder(data, "top").exists());
        assert!(matches!(remove(&catalogue, data, "bse").unwrap_err(), PullError::Unknown { .. }));
    }

    #[test]
    fn a_set_goes_but_for_what_another_shares() {
        let data = tempfile::tempdir().unwrap();
        let data = data.path();
        let of = |name: &str, sets: &[&str], needs: &[&str]| {
            let sets = sets.iter().map(|set| (*set).to_owned()).collect();
            Entry { manifest: Manifest { sets, ..model(name, needs) }, house: BTreeMap::new() }
        };
        let models = [
            of("base", &["small", "large"], &[]),
            of("little", &["small"], &["base"]),
            of("great", &["large"], &["base"]),
            of("alone", &[], &[]),
        ];
        let catalogue = Catalogue::new(models, BTreeMap::new());
        ["base", "little", "great"].iter().for_each(|name| put(data, name));
        let removed = remove(&catalogue, data, "large").unwrap();
        assert_eq!((removed.files, removed.kept), (2, vec!["base".to_owned()]));
        assert!(
            folder(data, "base").exists()
                && folder(data, "little").exists()
                && !folder(data, "great").exists()
        );
        let removed = remove(&catalogue, data, "small").unwrap();
        assert_eq!((removed.files, removed.kept.len()), (4, 0), "nobody else is left");
        assert_eq!(remove(&catalogue, data, "alone").unwrap().files, 0);
    }
}
