//! The ONNX Runtime library: loaded once per process, before anything else of `ort` is touched.
//!
//! A missing or wrong library is an error with its reason; after such an error nothing of `ort` may be called, because
//! it would panic. Where sessions run ([`Hardware`]) is decided by the configuration.

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
