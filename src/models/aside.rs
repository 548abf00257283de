//! Writing files whole or not at all: aside, summed on the way, synced, renamed.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::{ModelFile, PullError};

/// A file being written beside its place; gone again when it is dropped unfinished.
pub(super) struct Aside {
    file: Option<BufWriter<File>>,
    aside: PathBuf,
    target: PathBuf,
    sum: Sha256,
    bytes: u64,
}

/// Length and SHA-256 of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

impl Aside {
    /// Begins a file, with its folders.
    pub(super) fn create(target: &Path) -> Result<Self, PullError> {
        let at = |source| PullError::file("write", target, source);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(at)?;
        }
        let aside = beside(target, "new");
        let file = BufWriter::with_capacity(1 << 20, File::create(&aside).map_err(at)?);
        Ok(Self { file: Some(file), aside, target: target.to_owned(), sum: Sha256::new(), bytes: 0 })
    }

    /// Checks, syncs and renames it.
    pub(super) fn finish(mut self, file: &ModelFile) -> Result<Sum, PullError> {
        let at = |source| PullError::file("write", &self.target, source);
        if let Some(out) = self.file.take() {
            let out = out.into_inner().map_err(|error| at(error.into_error()))?;
            let sum = Sum { bytes: self.bytes, sha256: hex(&std::mem::take(&mut self.sum).finalize()) };
            check(&self.target, file, &sum)?;
            out.sync_all().map_err(at)?;
            drop(out);
            place(&self.aside, &self.target)?;
            return Ok(sum);
        }
        Err(PullError::Interrupted)
    }
}

impl Write for Aside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(file) = &mut self.file else { return Ok(0) };
        let written = file.write(bytes)?;
        self.sum.update(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), BufWriter::flush)
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if fs::remove_file(&self.aside).is_ok() {
            tracing::debug!(file = %self.aside.display(), "unfinished file removed");
        }
    }
}

/// A hidden name in the same folder.
pub(super) fn beside(target: &Path, end: &str) -> PathBuf {
    let name = target.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    target.with_file_name(format!(".{name}.{end}"))
}

/// Renames a synced file into its place, and syncs the folder.
pub(super) fn place(aside: &Path, target: &Path) -> Result<(), PullError> {
    let at = |source| PullError::file("write", target, source);
    fs::rename(aside, target).map_err(at)?;
    let folder = target.parent().map(File::open).transpose().map_err(at)?;
    folder.map_or(Ok(()), |folder| folder.sync_all()).map_err(at)
}

/// Whether a file is the one that its manifest names.
pub(super) fn check(path: &Path, file: &ModelFile, found: &Sum) -> Result<(), PullError> {
    let Some(expected) = &file.sha256 else { return Ok(()) };
    if found.bytes != file.bytes {
        let (file, expected, found) = (path.display().to_string(), file.bytes, found.bytes);
        return Err(PullError::Length { file, expected, found });
    }
    if *expected != found.sha256 {
        let (file, expected, found) = (path.to_owned(), expected.clone(), found.sha256.clone());
        return Err(PullError::Sum { file, expected, found });
    }
    Ok(())
}

/// Length and sum of a file; `watch` is told the bytes read.
pub(super) fn sum_file(path: &Path, watch: &mut dyn FnMut(u64)) -> io::Result<Sum> {
    let mut file = File::open(path)?;
    let (mut sum, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; 1 << 20]);
    loop {
        let count = file.read(&mut piece)?;
        if count == 0 {
            return Ok(Sum { bytes, sha256: hex(&sum.finalize()) });
        }
        sum.update(piece.get(..count).unwrap_or_default());
        bytes += count as u64;
        watch(bytes);
    }
}

/// SHA-256 in hex.
#[cfg(test)]
pub(super) fn sum_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::super::Origin;
    use super::*;

    fn expected(bytes: u64, sha256: Option<String>) -> ModelFile {
        ModelFile { path: "x".into(), bytes, sha256, origin: Origin::House }
    }

    #[test]
    fn a_finished_file_is_in_its_place_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a/x");
        let mut out = Aside::create(&target).unwrap();
        out.write_all(b"abc").unwrap();
        assert!(!target.exists());
        let sum = out.finish(&expected(3, Some(sum_of(b"abc")))).unwrap();
        assert_eq!(sum.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(sum_file(&target, &mut |_| ()).unwrap(), sum);
        assert_eq!(fs::read_dir(folder.path().join("a")).unwrap().count(), 1);
    }

    #[test]
    fn a_wrong_file_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("x");
        for wrong in [expected(4, Some(sum_of(b"abc"))), expected(3, Some(sum_of(b"abd")))] {
            let mut out = Aside::create(&target).unwrap();
            out.write_all(b"abc").unwrap();
            assert!(out.finish(&wrong).unwrap_err().to_string().contains("not used"));
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }
}
