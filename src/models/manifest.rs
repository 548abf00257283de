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
    /// One line for people.
    pub title: String,
    /// SPDX expression of the weights' licence.
    pub licence: String,
    /// Who made it, and where the licence text stands.
    pub source: String,
    /// Languages it works in (ISO 639-1).
    pub languages: Vec<String>,
    /// Memory it takes when loaded, in MiB.
    pub memory_mb: u32,
    /// Sets it belongs to (`starter`).
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

/// One file of a model, as it lies in `<data>/models/<name>/`.
#[derive(Debug, Clone, Deserialize)]
pub struct ModelFile {
    /// Path inside the model's folder.
    pub path: String,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 in hex; absent only where no published sum is known yet.
    pub sha256: Option<String>,
    /// Where it comes from.
    #[serde(flatten)]
    pub origin: Origin,
}

/// Where a model's file comes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Origin {
    /// Compiled into the binary (graphs, small weights, tokenizer skeletons).
    House,
    /// A member of a package, copied as it stands.
    Package {
        /// Key of the package in `models/packages.toml`.
        package: String,
        /// Path inside the package.
        member: String,
    },
    /// Made by a reader from a member of a package: weights for a weightless graph, by its fill file.
    Fill {
        /// Key of the package in `models/packages.toml`.
        package: String,
        /// Path inside the package.
        member: String,
        /// Reader (`gguf`, `e5`, `gguf_tokenizer`, `e5_tokenizer`).
        reader: String,
        /// The fill file or tokenizer skeleton beside the manifest.
        plan: String,
    },
    /// A file of a repository on a Hugging Face hub.
    Hub {
        /// `owner/name`.
        repository: String,
        /// Commit, branch or tag.
        revision: String,
        /// Path inside the repository.
        remote: String,
    },
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

    /// Whether it works in a language.
    #[must_use]
    pub fn speaks(&self, code: &str) -> bool {
        self.languages.iter().any(|language| language == code)
    }
}
