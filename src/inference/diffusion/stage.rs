//! One graph of the picture model, fed in whatever number type it declares.
//!
//! In: shapes with `f32` or `i64` values. Out: one output as `f32`. Inputs that a graph does not declare are left out,
//! so that exports with and without a mask are called alike. Never: what the numbers mean.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use half::f16;
use ort::session::SessionInputValue;
use ort::value::{DynValue, Tensor, TensorElementType};
use serde_json::Value;

use crate::inference::InferenceError;
use crate::inference::graph::Graph;
use crate::inference::runtime::Hardware;

/// Values for one input.
pub(super) enum Feed<'a> {
    Floats(&'a [f32]),
    Ints(&'a [i64]),
}

/// An output: its shape and its values.
pub(super) struct Floats {
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<f32>,
}

/// A graph and its folder's configuration.
pub(super) struct Stage {
    graph: Graph,
    config: Value,
    name: String,
}

impl Stage {
    /// Opens `path`; `config.json` beside it is read when there is one.
    pub(super) fn open(path: &Path, hardware: &Hardware) -> Result<Self, InferenceError> {
        let beside = path.with_file_name("config.json");
        let config = match fs::read_to_string(&beside) {
            Ok(text) => serde_json::from_str(&text)
                .map_err(|error| InferenceError::File { path: beside, reason: error.to_string() })?,
            Err(_) => Value::Null,
        };
        let folder = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = folder.map_or_else(|| file.clone(), |folder| format!("{folder}/{file}"));
        Ok(Self { graph: Graph::open(path, hardware)?, config, name })
    }

    /// A number of `config.json`.
    pub(super) fn number(&self, key: &str) -> Option<f64> {
        self.config.get(key)?.as_f64()
    }

    /// Length of a list of `config.json`.
    pub(super) fn count(&self, key: &str) -> Option<usize> {
        self.config.get(key)?.as_array().map(Vec::len)
    }

    /// Whether it declares an input.
    pub(super) fn takes(&self, input: &str) -> bool {
        self.graph.has_input(input)
    }

    /// A dimension of an input, when the graph fixes it.
    pub(super) fn fixed(&self, input: &str, axis: usize) -> Option<u32> {
        let size = *self.graph.input_shape(input)?.get(axis)?;
        u32::try_from(size).ok().filter(|&size| size > 0)
    }

    /// How many dimensions an input has.
    pub(super) fn rank(&self, input: &str) -> Option<usize> {
        self.graph.input_shape(input).map(|shape| shape.len())
    }

    /// This graph does not fit the family.
    pub(super) fn misfit(&self, reason: impl Into<String>) -> InferenceError {
        InferenceError::Shape { graph: self.name.clone(), reason: reason.into() }
    }

    /// Runs it and takes the first of the `wanted` outputs that it has.
    pub(super) fn run(
        &mut self,
        feeds: &[(&str, &[usize], Feed<'_>)],
        wanted: &[&str],
    ) -> Result<Floats, InferenceError> {
        let failed = |name: &str, source| InferenceError::Run { graph: name.to_owned(), source };
        let mut inputs: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = Vec::with_capacity(feeds.len());
        for (name, shape, feed) in feeds {
            let Some(kind) = self.graph.input_type(name) else { continue };
            let value = tensor(kind, shape, feed).map_err(|source| failed(&self.name, source))?;
            let value = value.ok_or_else(|| self.misfit(format!("input {name} is of type {kind}")))?;
            inputs.push((Cow::Borrowed(*name), value.into()));
        }
        let name = wanted.iter().find(|name| self.graph.has_output(name)).copied();
        let Some(name) = name else {
            return Err(self.misfit(format!("no output is called {}", wanted.join(" or "))));
        };
        let outputs = self.graph.run(inputs)?;
        let read = outputs.get(name).map(read).transpose().map_err(|source| failed(&self.name, source))?;
        drop(outputs);
        read.ok_or_else(|| self.misfit(format!("output {name} is missing")))
    }
}

/// A tensor of the declared type; `None` for a type that this family never has.
fn tensor(kind: TensorElementType, shape: &[usize], feed: &Feed<'_>) -> Result<Option<DynValue>, ort::Error> {
    let shape = shape.to_vec();
    let value = match (kind, feed) {
        (TensorElementType::Float32, feed) => {
            Tensor::from_array((shape, feed.map(|v| v, |v| v as f32)))?.into_dyn()
        }
        (TensorElementType::Float16, feed) => {
            Tensor::from_array((shape, feed.map(f16::from_f32, |v| f16::from_f32(v as f32))))?.into_dyn()
        }
        (TensorElementType::Float64, feed) => {
            Tensor::from_array((shape, feed.map(f64::from, |v| v as f64)))?.into_dyn()
        }
        (TensorElementType::Int64, feed) => {
            Tensor::from_array((shape, feed.map(|v| v as i64, |v| v)))?.into_dyn()
        }
        (TensorElementType::Int32, feed) => {
            Tensor::from_array((shape, feed.map(|v| v as i32, |v| i32::try_from(v).unwrap_or(i32::MAX))))?
                .into_dyn()
        }
        _ => return Ok(None),
    };
    Ok(Some(value))
}

impl Feed<'_> {
    fn map<T>(&self, float: impl Fn(f32) -> T, int: impl Fn(i64) -> T) -> Vec<T> {
        match self {
            Self::Floats(values) => values.iter().map(|&value| float(value)).collect(),
            Self::Ints(values) => values.iter().map(|&value| int(value)).collect(),
        }
    }
}

fn read(value: &DynValue) -> Result<Floats, ort::Error> {
    let (shape, values) = if value.dtype().tensor_type() == Some(TensorElementType::Float16) {
        let (shape, values) = value.try_extract_tensor::<f16>()?;
        (shape, values.iter().map(|value| value.to_f32()).collect())
    } else {
        let (shape, values) = value.try_extract_tensor::<f32>()?;
        (shape, values.to_vec())
    };
    Ok(Floats { shape: shape.iter().map(|&size| usize::try_from(size).unwrap_or(0)).collect(), values })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_type_is_fed_as_declared() {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pocket/number-types/model.onnx");
        let mut stage = Stage::open(&path, &crate::inference::diffusion::tests::hardware()).unwrap();
        assert_eq!(
            (stage.rank("long"), stage.rank("half"), stage.fixed("half", 0)),
            (Some(0), Some(1), None)
        );
        let feeds = || {
            [
                ("half", &[2][..], Feed::Floats(&[0.5, 1.0])),
                ("float", &[2][..], Feed::Ints(&[10, 20])),
                ("double", &[2][..], Feed::Floats(&[0.25, 0.75])),
                ("int", &[2][..], Feed::Floats(&[100.9, 200.0])),
                ("long", &[][..], Feed::Floats(&[1000.7])),
                ("nobody", &[2][..], Feed::Ints(&[1, 1])),
            ]
        };
        let made = stage.run(&feeds(), &["sum"]).unwrap();
        assert_eq!((made.shape, made.values), (vec![2], vec![1110.75, 1221.75]));
        let half = stage.run(&feeds(), &["absent", "half_sum"]).unwrap();
        assert_eq!(half.values, [1111.0, 1222.0]);
        let error = stage.run(&feeds(), &["absent"]).err().unwrap();
        assert!(error.to_string().contains("absent"), "{error}");
    }
}
