//! One ONNX graph: a session, and what it says about its inputs and outputs.
//!
//! Names, types and shapes are read from the session, never assumed. The file and its external data are checked before
//! the runtime sees them.

use std::borrow::Cow;
use std::path::Path;

use ort::ep;
use ort::session::builder::SessionBuilder;
use ort::session::{Session, SessionInputValue, SessionOutputs};
use ort::value::{Outlet, Tensor, TensorElementType};

use super::runtime::{Device, Hardware};
use super::{InferenceError, external};

/// Inputs of a run, by name.
pub type Feeds<'a> = Vec<(Cow<'a, str>, SessionInputValue<'a>)>;

/// How threads of a session wait for their share of a node: awake for a moment, because the next node comes within
/// microseconds while tokens are written, and never between two runs.
const WAITING: [(&str, &str); 3] = [
    ("session.intra_op.allow_spinning", "1"),
    ("session.intra_op.spin_duration_us", "200"),
    ("session.force_spinning_stop", "1"),
];

/// Without it, 8-bit products overflow on x86 processors that have no instruction of their own for them.
const EXACT: (&str, &str) = ("session.x64quantprecision", "1");

/// One graph, ready to run.
pub struct Graph {
    session: Session,
    name: String,
}

impl Graph {
    /// Opens a graph.
    ///
    /// # Errors
    /// When the runtime cannot be loaded, the file is missing, broken or points outside its folder, or the device
    /// cannot start.
    pub fn open(path: &Path, hardware: &Hardware) -> Result<Self, InferenceError> {
        let refuse = |reason: String| InferenceError::File { path: path.to_owned(), reason };
        let bytes = std::fs::read(path).map_err(|error| refuse(error.to_string()))?;
        external::check(&bytes, path.parent().unwrap_or(Path::new("."))).map_err(refuse)?;
        drop(bytes);
        let environment = hardware.runtime()?;
        let session = match session(environment, path, hardware, hardware.device) {
            Err(error @ InferenceError::Cuda { .. }) if hardware.fallback => {
                tracing::warn!(%error, "the processor is used instead, as the configuration says");
                session(environment, path, hardware, Device::Cpu)?
            }
            opened => opened?,
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { session, name })
    }

    /// File name of the graph, for messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its inputs, as the session declares them.
    #[must_use]
    pub fn inputs(&self) -> &[Outlet] {
        self.session.inputs()
    }

    /// Its outputs, as the session declares them.
    #[must_use]
    pub fn outputs(&self) -> &[Outlet] {
        self.session.outputs()
    }

    /// Whether there is an input of that name.
    #[must_use]
    pub fn has_input(&self, name: &str) -> bool {
        self.input(name).is_some()
    }

    /// Whether there is an output of that name.
    #[must_use]
    pub fn has_output(&self, name: &str) -> bool {
        self.outputs().iter().any(|output| output.name() == name)
    }

    /// Element type of an input.
    #[must_use]
    pub fn input_type(&self, name: &str) -> Option<TensorElementType> {
        self.input(name)?.dtype().tensor_type()
    }

    /// Dimensions of an input; -1 where they are free.
    #[must_use]
    pub fn input_shape(&self, name: &str) -> Option<Vec<i64>> {
        Some(self.input(name)?.dtype().tensor_shape()?.to_vec())
    }

    /// Refuses a graph that lacks an input or output its family needs.
    ///
    /// # Errors
    /// Names the first one that is missing.
    pub fn require(&self, inputs: &[&str], outputs: &[&str]) -> Result<(), InferenceError> {
        let lacks = |what: &str, name: &str| InferenceError::Shape {
            graph: self.name.clone(),
            reason: format!("no {what} {name}"),
        };
        for name in inputs {
            if !self.has_input(name) {
                return Err(lacks("input", name));
            }
        }
        for name in outputs {
            if !self.has_output(name) {
                return Err(lacks("output", name));
            }
        }
        Ok(())
    }

    /// Whole numbers (ids, masks) for an input, in the type that the graph declares for it; i64 when it says nothing.
    ///
    /// # Errors
    /// When the shape does not fit the numbers, or the declared type holds none.
    pub fn whole(
        &self,
        name: &str,
        shape: &[usize],
        numbers: Vec<i64>,
    ) -> Result<SessionInputValue<'static>, InferenceError> {
        let shape = shape.to_vec();
        let made = match self.input_type(name) {
            None | Some(TensorElementType::Int64) => {
                Tensor::from_array((shape, numbers)).map(Tensor::into_dyn)
            }
            Some(TensorElementType::Int32) => {
                let narrow = numbers.into_iter().map(|number| i32::try_from(number).unwrap_or(i32::MAX));
                Tensor::from_array((shape, narrow.collect::<Vec<_>>())).map(Tensor::into_dyn)
            }
            Some(TensorElementType::Bool) => {
                let bits = numbers.into_iter().map(|number| number != 0);
                Tensor::from_array((shape, bits.collect::<Vec<_>>())).map(Tensor::into_dyn)
            }
            Some(other) => return Err(self.misfit(name, other)),
        };
        made.map(Into::into).map_err(|source| self.failure(source))
    }

    /// Numbers for an input, in the type that the graph declares for it; f32 when it says nothing.
    ///
    /// # Errors
    /// When the shape does not fit the numbers, or the declared type holds none.
    pub fn real(
        &self,
        name: &str,
        shape: &[usize],
        numbers: Vec<f32>,
    ) -> Result<SessionInputValue<'static>, InferenceError> {
        let shape = shape.to_vec();
        let made = match self.input_type(name) {
            None | Some(TensorElementType::Float32) => {
                Tensor::from_array((shape, numbers)).map(Tensor::into_dyn)
            }
            Some(TensorElementType::Float16) => {
                let half = numbers.into_iter().map(half::f16::from_f32);
                Tensor::from_array((shape, half.collect::<Vec<_>>())).map(Tensor::into_dyn)
            }
            Some(other) => return Err(self.misfit(name, other)),
        };
        made.map(Into::into).map_err(|source| self.failure(source))
    }

    /// Runs the graph.
    ///
    /// # Errors
    /// When the runtime fails, out of memory among others.
    pub fn run(&mut self, feeds: Feeds<'_>) -> Result<SessionOutputs<'_>, InferenceError> {
        let Self { session, name } = self;
        session.run(feeds).map_err(|source| failed(name, source))
    }

    /// An output as numbers, f16 among them.
    ///
    /// # Errors
    /// When it is missing or holds no floats.
    pub fn floats(
        outputs: &SessionOutputs<'_>,
        graph: &str,
        name: &str,
    ) -> Result<(Vec<usize>, Vec<f32>), InferenceError> {
        let wrong = |reason: String| InferenceError::Shape { graph: graph.to_owned(), reason };
        let value = outputs.get(name).ok_or_else(|| wrong(format!("no output {name}")))?;
        let sizes = |shape: &ort::value::Shape| {
            shape.iter().map(|size| usize::try_from(*size).unwrap_or(0)).collect()
        };
        if let Ok((shape, numbers)) = value.try_extract_tensor::<f32>() {
            return Ok((sizes(shape), numbers.to_vec()));
        }
        let (shape, numbers) = value
            .try_extract_tensor::<half::f16>()
            .map_err(|_| wrong(format!("the output {name} holds no floats")))?;
        Ok((sizes(shape), numbers.iter().map(|number| number.to_f32()).collect()))
    }

    /// An error of this graph, from the runtime.
    #[must_use]
    pub fn failure(&self, source: ort::Error) -> InferenceError {
        failed(&self.name, source)
    }

    fn misfit(&self, input: &str, kind: TensorElementType) -> InferenceError {
        InferenceError::Shape { graph: self.name.clone(), reason: format!("input {input} is of type {kind}") }
    }

    fn input(&self, name: &str) -> Option<&Outlet> {
        self.inputs().iter().find(|input| input.name() == name)
    }
}

fn session(
    environment: &ort::environment::Environment,
    path: &Path,
    hardware: &Hardware,
    device: Device,
) -> Result<Session, InferenceError> {
    let mut builder = builder(environment, path, hardware, device)?;
    builder.commit_from_file(path).map_err(|error| unopened(path, device, &error.to_string()))
}

/// Tries whether a graph (its bytes, without external data) can be opened on the GPU.
///
/// # Errors
/// Whatever stands in the way: the runtime, CUDA, memory.
pub fn try_cuda(graph: &[u8], hardware: &Hardware) -> Result<(), InferenceError> {
    let (environment, path) = (hardware.runtime()?, Path::new("a trial"));
    let mut builder = builder(environment, path, hardware, Device::Cuda)?;
    let opened = builder.commit_from_memory(graph);
    opened.map(drop).map_err(|error| unopened(path, Device::Cuda, &error.to_string()))
}

fn builder(
    environment: &ort::environment::Environment,
    path: &Path,
    hardware: &Hardware,
    device: Device,
) -> Result<SessionBuilder, InferenceError> {
    let threads = match hardware.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let builder = || -> ort::Result<_> {
        let mut builder = Session::builder(environment)?.with_intra_threads(threads)?;
        for (key, value) in WAITING.into_iter().chain([EXACT]) {
            builder = builder.with_config_entry(key, value)?;
        }
        Ok(builder)
    };
    let mut builder = builder().map_err(|error| unopened(path, device, &error.to_string()))?;
    if device == Device::Cuda {
        builder = builder
            .with_execution_providers([ep::CUDA::default().build().error_on_failure()])
            .map_err(|error| InferenceError::Cuda { reason: error.to_string() })?;
    }
    Ok(builder)
}

/// Why a graph cannot be opened. The provider is registered before, but meets the card and its driver only here.
fn unopened(path: &Path, device: Device, reason: &str) -> InferenceError {
    let words = reason.to_lowercase();
    let of_cuda = ["cuda failure", "cudnn failure", "cublas failure"].iter().any(|word| words.contains(word));
    let reason = reason.to_owned();
    if is_of_memory(&words) {
        InferenceError::OutOfMemory { model: path.display().to_string() }
    } else if device == Device::Cuda && of_cuda {
        InferenceError::Cuda { reason }
    } else {
        InferenceError::File { path: path.to_owned(), reason }
    }
}

fn failed(graph: &str, source: ort::Error) -> InferenceError {
    if is_of_memory(&source.to_string().to_lowercase()) {
        return InferenceError::OutOfMemory { model: graph.to_owned() };
    }
    InferenceError::Run { graph: graph.to_owned(), source }
}

/// The runtime has no code for "out of memory": it says so in words (of its arena, of CUDA, of the C++ library).
fn is_of_memory(words: &str) -> bool {
    ["failed to allocate", "out of memory", "bad_alloc", "alloc failed"]
        .iter()
        .any(|word| words.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_fed_in_the_declared_type() {
        let pocket =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pocket/number-types/model.onnx");
        let graph = Graph::open(&pocket, &super::super::runtime::for_tests()).unwrap();
        let kind = |made: Result<SessionInputValue<'_>, InferenceError>| {
            made.map(|value| value.dtype().tensor_type().unwrap()).map_err(|error| error.to_string())
        };
        assert_eq!(kind(graph.whole("long", &[2], vec![1, 2])), Ok(TensorElementType::Int64));
        assert_eq!(kind(graph.whole("int", &[2], vec![1, 2])), Ok(TensorElementType::Int32));
        assert_eq!(kind(graph.real("float", &[2], vec![1.0, 2.0])), Ok(TensorElementType::Float32));
        assert_eq!(kind(graph.real("half", &[2], vec![1.0, 2.0])), Ok(TensorElementType::Float16));
        assert!(
            kind(graph.real("long", &[2], vec![1.0, 2.0])).unwrap_err().contains("input long is of type")
        );
        assert!(graph.whole("long", &[3], vec![1, 2]).is_err(), "the shape does not fit");
    }

    #[test]
    fn a_file_that_is_no_graph_is_refused_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.onnx");
        let hardware = super::super::runtime::for_tests();
        let refused = |path: &Path| Graph::open(path, &hardware).err().unwrap().to_string();
        assert!(refused(&path).contains("model.onnx"), "missing");
        std::fs::write(&path, "version https://git-lfs.github.com/spec/v1").unwrap();
        assert!(refused(&path).contains("no ONNX graph"));
        std::fs::write(&path, "").unwrap();
        assert!(refused(&path).contains("model.onnx"), "empty");
    }

    #[test]
    fn only_what_cuda_says_is_cudas_fault() {
        let path = Path::new("model.onnx");
        let no_card = "Exception during initialization: CUDA failure 100: no CUDA-capable device is detected ; \
                       expr=cudaSetDevice(info_.device_id);";
        assert!(matches!(unopened(path, Device::Cuda, no_card), InferenceError::Cuda { .. }));
        let full = "CUDA failure 2: out of memory ; expr=cudaMalloc((void**)&p, size);";
        assert!(matches!(unopened(path, Device::Cuda, full), InferenceError::OutOfMemory { .. }));
        for (device, reason) in [
            (Device::Cuda, "Load model from /cuda/model.onnx failed: Protobuf parsing failed."),
            (Device::Cpu, no_card),
        ] {
            let error = unopened(path, device, reason);
            assert!(matches!(&error, InferenceError::File { reason: said, .. } if said == reason), "{error}");
        }
    }

    #[test]
    fn a_library_without_cuda_says_so_or_falls_back() {
        let pocket =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pocket/number-types/model.onnx");
        let cpu = super::super::runtime::for_tests();
        let cuda = Hardware { device: Device::Cuda, ..cpu };
        let error = Graph::open(&pocket, &cuda).err().unwrap();
        assert!(matches!(error, InferenceError::Cuda { .. }), "{error}");
        let tried = try_cuda(&std::fs::read(&pocket).unwrap(), &cuda);
        assert!(matches!(tried, Err(InferenceError::Cuda { .. })), "{tried:?}");
        assert!(Graph::open(&pocket, &Hardware { fallback: true, ..cuda }).is_ok());
    }
}
