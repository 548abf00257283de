//! A model's manifest: family, files, sums, licence, languages, memory, measured quality.
//!
//! One `manifest.toml` per model folder under `models/`, compiled into the binary. Unknown keys are refused. What
//! only one family understands stands in `[settings]` and is read by that family with [`Manifest::settings`].

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Everything known about one model.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Name in the catalogue and of its folder (`instruct`).
    pub name: String,
    /// Model family (`understanding`, `causal_lm`, `diffusion`, ...): which code of `inference` runs it.
    pub family: String,
    /// What it is there for, where its family serves several ends (`seq2seq`).
    pub purpose: Option<Purpose>,
    /// One line for people.
    pub title: String,
    /// SPDX expression of the weights' licence.
    pub licence: String,
    /// Where terms stand that somebody must agree to before it is brought; absent for licences that ask for nothing.
    pub terms: Option<String>,
    /// Who made it, and where the licence text stands.
    pub source: String,
    /// Languages it works in (ISO 639-1).
    pub languages: Vec<String>,
    /// Memory it takes when loaded, in MiB.
    pub memory_mb: u32,
    /// Sets it belongs to (`starter`, `home`, `gpu`).
    #[serde(default)]
    pub sets: Vec<String>,
    /// Other models whose files it reads.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Its files.
    #[serde(rename = "file")]
    pub files: Vec<ModelFile>,
    /// Measured figures, each with the command that produces it.
    #[serde(default)]
    pub quality: BTreeMap<String, String>,
    /// What its family alone understands.
    #[serde(default)]
    pub settings: toml::Table,
}

/// What a model of text is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// It answers people.
    Answer,
    /// It finds what is to be drawn in a request.
    Extract,
    /// It translates a subject for picture models that do not speak its language.
    Translate,
}

/// One file of a model, as it lies in its folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "FileKeys")]
pub struct ModelFile {
    /// Path inside the model's folder.
    pub path: String,
    /// Length in bytes; only an estimate where `sha256` is absent.
    pub bytes: u64,
    /// SHA-256 in hex; absent only where no published sum is known yet: then the first pull records it.
    pub sha256: Option<String>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a model's file comes from (`from` and the keys that go with it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// `house`: compiled into the binary (graphs, small weights, tokenizer skeletons).
    House,
    /// `package`: a member of a package, copied as it stands.
    Package(Member),
    /// `fill`: made by a reader from a member of a package: weights for a weightless graph, by its fill file.
    Fill {
        /// What it is made from.
        from: Member,
        /// Where the rest of that file lies, when it had to be cut up to fit into packages.
        rest: Vec<Member>,
        /// Reader (`gguf`, `e5`, `ctranslate2`, `gguf_tokenizer`, `e5_tokenizer`).
        reader: String,
        /// The fill file or tokenizer skeleton beside the manifest.
        plan: String,
    },
    /// `hub`: a file of a repository on a Hugging Face hub.
    Hub {
        /// `owner/name`.
        repository: String,
        /// Commit, branch or tag.
        revision: String,
        /// Path inside the repository.
        remote: String,
    },
}

/// A file in a package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Key of the package in `models/packages.toml`.
    pub package: String,
    /// Path inside the package.
    #[serde(rename = "member")]
    pub path: String,
}

impl Origin {
    /// Files of packages that it is made from.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        let (first, rest) = match self {
            Self::House | Self::Hub { .. } => (None, &[][..]),
            Self::Package(member) => (Some(member), &[][..]),
            Self::Fill { from, rest, .. } => (Some(from), rest.as_slice()),
        };
        first.into_iter().chain(rest)
    }
}

/// The keys of a `[[file]]` as written. (serde cannot refuse unknown keys beside a flattened enum.)
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileKeys {
    path: String,
    bytes: u64,
    sha256: Option<String>,
    from: String,
    package: Option<String>,
    member: Option<String>,
    #[serde(default)]
    rest: Vec<Member>,
    reader: Option<String>,
    plan: Option<String>,
    repository: Option<String>,
    revision: Option<String>,
    remote: Option<String>,
}

impl TryFrom<FileKeys> for ModelFile {
    type Error = String;

    fn try_from(keys: FileKeys) -> Result<Self, String> {
        let FileKeys { path, bytes, sha256, from, rest, .. } = keys;
        let given =
            [keys.package, keys.member, keys.reader, keys.plan, keys.repository, keys.revision, keys.remote];
        let origin = match (from.as_str(), given) {
            ("house", [None, None, None, None, None, None, None]) => Origin::House,
            ("package", [Some(package), Some(path), None, None, None, None, None]) => {
                Origin::Package(Member { package, path })
            }
            ("fill", [Some(package), Some(path), Some(reader), Some(plan), None, None, None]) => {
                Origin::Fill { from: Member { package, path }, rest: rest.clone(), reader, plan }
            }
            ("hub", [None, None, None, None, Some(repository), Some(revision), Some(remote)]) => {
                Origin::Hub { repository, revision, remote }
            }
            _ => return Err(format!("the keys of file {path} do not go with from = {from:?}")),
        };
        if !rest.is_empty() && !matches!(origin, Origin::Fill { .. }) {
            return Err(format!("the keys of file {path} do not go with from = {from:?}"));
        }
        if !plain(&path) {
            return Err(format!("file {path:?} does not lie inside the model's folder"));
        }
        if let Origin::Hub { repository, revision, remote } = &origin {
            let whole = plain(repository) && repository.split('/').count() == 2;
            if !whole || !plain(remote) || !plain(revision) {
                return Err(format!("file {path:?}: repository, revision or remote is no plain path"));
            }
        }
        Ok(Self { path, bytes, sha256, origin })
    }
}

/// Whether a path stays where it is put: no root, no way up, no empty part.
fn plain(path: &str) -> bool {
    !path.is_empty()
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && !path.contains(|c: char| c == '\\' || c.is_control())
}

/// A manifest's settings do not fit its family.
#[derive(Debug, thiserror::Error)]
#[error("the [settings] of model {model} do not fit family {family}")]
pub struct SettingsError {
    /// Which model.
    pub model: String,
    /// Which family.
    pub family: String,
    /// What is wrong.
    #[source]
    pub source: Box<toml::de::Error>,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// When the text is not TOML or has other keys.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The family's own settings.
    ///
    /// # Errors
    /// When they do not fit `T`.
    pub fn settings<T: DeserializeOwned>(&self) -> Result<T, SettingsError> {
        T::deserialize(self.settings.clone()).map_err(|source| SettingsError {
            model: self.name.clone(),
            family: self.family.clone(),
            source: Box::new(source),
        })
    }

    /// Whether it is there for this.
    #[must_use]
    pub fn is_for(&self, purpose: Purpose) -> bool {
        self.purpose.map_or(self.family == "causal_lm" && purpose == Purpose::Answer, |own| own == purpose)
    }

    /// Whether it works in a language.
    #[must_use]
    pub fn speaks(&self, code: &str) -> bool {
        self.languages.iter().any(|language| language == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(file: &str) -> Result<Manifest, toml::de::Error> {
        Manifest::parse(&format!(
            "name = 'a'\nfamily = 'b'\ntitle = ''\nlicence = 'MIT'\nsource = ''\nlanguages = ['en']\nmemory_mb = 1\n\
             [[file]]\nbytes = 1\n{file}"
        ))
    }

    #[test]
    fn each_origin_has_its_keys_and_no_others() {
        let origin = |file: &str| with(file).unwrap().files.remove(0).origin;
        assert_eq!(origin("path = 'a/b.onnx'\nfrom = 'house'"), Origin::House);
        assert!(matches!(
            origin("path = 'x'\nfrom = 'fill'\npackage = 'p'\nmember = 'm'\nreader = 'e5'\nplan = 'f'"),
            Origin::Fill { .. }
        ));
        assert!(matches!(
            origin("path = 'x'\nfrom = 'hub'\nrepository = 'a/b'\nrevision = 'main'\nremote = 'x'"),
            Origin::Hub { .. }
        ));
        for wrong in [
            "path = 'x'\nfrom = 'house'\npackage = 'p'",
            "path = 'x'\nfrom = 'package'\npackage = 'p'",
            "path = 'x'\nfrom = 'moon'",
            "path = 'x'\nfrom = 'house'\nrest = [{ package = 'p', member = 'm' }]",
            "path = 'x'\nfrom = 'house'\nsha = 'p'",
        ] {
            assert!(with(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_file_lies_inside_its_folder() {
        for path in ["../x", "/etc/passwd", "a/../b", "", "a//b", "."] {
            let text = format!("path = {path:?}\nfrom = 'house'");
            assert!(with(&text).unwrap_err().to_string().contains("inside"), "{path}");
        }
    }

    #[test]
    fn an_address_is_made_of_plain_paths() {
        let hub = |repository: &str, revision: &str, remote: &str| {
            with(&format!(
                "path = 'x'\nfrom = 'hub'\nrepository = {repository:?}\nrevision = {revision:?}\nremote = {remote:?}"
            ))
        };
        assert!(hub("o/r", "refs/pr/1", "a/x").is_ok());
        for (repository, revision, remote) in [
            ("o", "main", "x"),
            ("../r", "main", "x"),
            ("o/r/z", "main", "x"),
            ("o/r", "..", "x"),
            ("o/r", "main", "/x"),
        ] {
            assert!(hub(repository, revision, remote).is_err(), "{repository} {revision} {remote}");
        }
    }

    #[test]
    fn languages_are_asked_by_code() {
        let manifest = with("path = 'x'\nfrom = 'house'").unwrap();
        assert!(manifest.speaks("en") && !manifest.speaks("ru"));
    }
}
