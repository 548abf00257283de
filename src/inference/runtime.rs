//! The ONNX Runtime library: loaded once per process, before anything else of `ort` is touched.
//!
//! A missing or wrong library is an error with its reason; after such an error nothing of `ort` may be called, because
//! it would panic. Where sessions run ([`Hardware`]) is decided by the configuration.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use ort::environment::Environment;
use ort::logging::LogLevel;

use super::InferenceError;

/// What sessions run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// The processor.
    Cpu,
    /// The first NVIDIA GPU.
    Cuda,
}

/// Where and how a session runs.
#[derive(Debug, Clone)]
pub struct Hardware {
    /// The library; the one loaded first counts for the whole process.
    pub library: PathBuf,
    /// Threads of one session; 0 for one per core.
    pub threads: usize,
    /// The device.
    pub device: Device,
    /// Use the processor when the device cannot start (logged), instead of an error.
    pub fallback: bool,
}

impl Hardware {
    /// The processor, with the library at a path.
    #[must_use]
    pub const fn cpu(library: PathBuf, threads: usize) -> Self {
        Self { library, threads, device: Device::Cpu, fallback: false }
    }

    /// Loads the library if this process has not done so yet.
    ///
    /// # Errors
    /// When it is missing, no library, or too old.
    pub fn runtime(&self) -> Result<&'static Environment, InferenceError> {
        static LOADED: OnceLock<Result<Environment, (PathBuf, String)>> = OnceLock::new();
        LOADED
            .get_or_init(|| load(&self.library).map_err(|reason| (self.library.clone(), reason)))
            .as_ref()
            .map_err(|(path, reason)| InferenceError::Runtime { path: path.clone(), reason: reason.clone() })
    }
}

fn load(path: &Path) -> Result<Environment, String> {
    whole(path)?;
    let builder = ort::init_from(path).map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("{error}{cause}")
    })?;
    let environment = builder
        .with_telemetry(false)
        .with_logger(Arc::new(log))
        .build()
        .map_err(|error| error.to_string())?;
    environment.set_log_level(LogLevel::Warning);
    Ok(environment)
}

/// Refuses a library that is cut short: the loader would map what is not there, and the process would die of it. In an
/// ELF file (<https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html>) the section table comes last.
fn whole(path: &Path) -> Result<(), String> {
    let (mut header, mut file) = ([0_u8; 64], File::open(path).map_err(|error| error.to_string())?);
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    if file.read_exact(&mut header).is_err() || !header.starts_with(b"\x7fELF\x02\x01") {
        return Err("not a 64-bit library of this system".to_owned());
    }
    let number = |at: usize, bytes: usize| {
        header.iter().skip(at).take(bytes).rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    let end = number(0x28, 8).saturating_add(number(0x3a, 2) * number(0x3c, 2));
    if end > length { Err(format!("cut short: {length} of {end} bytes")) } else { Ok(()) }
}

/// The version that a library says it has, without loading it (`1.32.0`); `None` when it is another kind of file.
///
/// # Errors
/// When the file cannot be read.
pub fn version(library: &Path) -> std::io::Result<Option<String>> {
    let bytes = std::fs::read(library)?;
    let mark = b"VERS_";
    let named = bytes.windows(mark.len()).enumerate().filter(|(_, window)| *window == mark);
    let text = |at: usize| {
        let rest = bytes.get(at + mark.len()..)?.iter();
        let text: String =
            rest.take(24).map(|b| char::from(*b)).take_while(|c| *c == '.' || c.is_ascii_digit()).collect();
        (text.split('.').count() == 3).then_some(text)
    };
    let found = named.map(|(at, _)| at).find_map(text);
    Ok(found)
}

/// The runtime's own words, for the operator who asks for them. Must not panic: the caller is C++.
fn log(level: LogLevel, category: &str, _id: &str, location: &str, message: &str) {
    match level {
        LogLevel::Error | LogLevel::Fatal => {
            tracing::warn!(target: "onnxruntime", category, location, "{message}")
        }
        _ => tracing::trace!(target: "onnxruntime", category, location, "{message}"),
    }
}

/// The processor and the library that `make test` puts into the checkout's tools folder.
///
/// # Panics
/// When it is not there: a test that needs the library must not pass without it.
#[doc(hidden)]
#[must_use]
#[expect(clippy::panic, reason = "only tests call this, and they must fail without the library")]
pub fn for_tests() -> Hardware {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/runtime");
    let library = std::fs::read_dir(&folder).ok().and_then(|entries| {
        entries.flatten().map(|entry| entry.path()).find(|path| path.to_string_lossy().contains(".so"))
    });
    let Some(library) = library else {
        panic!("no libonnxruntime in {}: run `make runtime`", folder.display())
    };
    Hardware::cpu(library, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_says_its_version_and_whether_it_is_whole() {
        let library = for_tests().library;
        assert!(version(&library).unwrap().unwrap().starts_with("1."));
        assert_eq!(whole(&library), Ok(()));
        let folder = tempfile::tempdir().unwrap();
        let other = folder.path().join("l.so");
        assert!(whole(&other).is_err(), "missing");
        let bytes = std::fs::read(&library).unwrap();
        std::fs::write(&other, &bytes[..bytes.len() / 2]).unwrap();
        assert!(whole(&other).unwrap_err().starts_with("cut short"));
        for text in ["", "hello", &"hello".repeat(100)] {
            std::fs::write(&other, text).unwrap();
            assert_eq!(version(&other).unwrap(), None);
            assert!(whole(&other).unwrap_err().contains("library"));
        }
    }
}
