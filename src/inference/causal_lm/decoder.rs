//! Runs a decoder-only graph over tokens and keeps its cache.
//!
//! Which inputs it gets is read from the graph: `input_ids` always; `attention_mask`, `position_ids`, the past and
//! `use_cache_branch` where they are declared. In: token ids. Out: the scores after the last one. A graph without a
//! cache is run over everything each time. It never chooses a token.

use std::borrow::Cow;
use std::path::Path;

use ort::session::{SessionInputValue, SessionOutputs};
use ort::value::{DynValue, Tensor, TensorElementType};

use crate::inference::error::InferenceError;
use crate::inference::generation::cache::Cache;
use crate::inference::generation::layout::{Layout, Port};
use crate::inference::graph::Graph;
use crate::inference::runtime::Hardware;

const IDS: &str = "input_ids";
const MASK: &str = "attention_mask";
const POSITIONS: &str = "position_ids";
const LOGITS: &str = "logits";

/// A graph with what it has read so far.
pub(super) struct Decoder {
    graph: Graph,
    /// File name, for errors.
    name: String,
    cache: Cache,
    /// What it has read: exactly the tokens in the cache, where there is one.
    read: Vec<u32>,
    scores: Vec<f32>,
}

impl Decoder {
    /// Opens a graph and checks that it is of this family.
    pub(super) fn open(path: &Path, hardware: &Hardware) -> Result<Self, InferenceError> {
        let graph = Graph::open(path, hardware)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let unfit = |reason: String| InferenceError::Shape { graph: name.clone(), reason };
        for (there, port) in [(graph.has_input(IDS), IDS), (graph.has_output(LOGITS), LOGITS)] {
            if !there {
                return Err(unfit(format!("no {port}")));
            }
        }
        let inputs: Vec<Port> = graph.inputs().iter().map(Port::from).collect();
        let outputs: Vec<Port> = graph.outputs().iter().map(Port::from).collect();
        let layout = Layout::read(&inputs, &outputs).map_err(unfit)?;
        let cache =
            Cache::new(layout).map_err(|source| InferenceError::Run { graph: name.clone(), source })?;
        Ok(Self { graph, name, cache, read: Vec::new(), scores: Vec::new() })
    }

    /// Prepares for a prompt: keeps the part of the cache that the prompt begins with and returns its length. At
    /// least the last token is left to be read.
    pub(super) fn begin(&mut self, prompt: &[u32]) -> Result<usize, InferenceError> {
        let same = self.read.iter().zip(prompt).take_while(|(old, new)| old == new).count();
        let same = same.min(prompt.len().saturating_sub(1)).min(self.cache.len());
        self.cache.shorten(same).map_err(|source| self.failed(source))?;
        self.read.truncate(self.cache.len());
        Ok(self.cache.len())
    }

    /// Whether a prompt can be read in pieces without reading anything twice.
    pub(super) const fn remembers(&self) -> bool {
        self.cache.is_kept()
    }

    /// Tokens read so far.
    pub(super) const fn len(&self) -> usize {
        self.read.len()
    }

    /// Forgets what it has read.
    pub(super) fn forget(&mut self) -> Result<(), InferenceError> {
        self.read.clear();
        self.cache.clear().map_err(|source| self.failed(source))
    }

    /// Scores after the last token read, one per token of the vocabulary.
    pub(super) fn scores(&mut self) -> &mut [f32] {
        &mut self.scores
    }

    /// Reads on; after an error nothing is remembered.
    pub(super) fn feed(&mut self, tokens: &[u32]) -> Result<(), InferenceError> {
        self.read.extend_from_slice(tokens);
        let fed = self.run(if self.remembers() { tokens.len() } else { self.read.len() });
        if fed.is_err() {
            self.forget()?;
        }
        fed
    }

    /// Runs the graph over the last `count` tokens of what was read.
    fn run(&mut self, count: usize) -> Result<(), InferenceError> {
        let past = self.cache.len();
        let new = self.read.iter().skip(self.read.len() - count).map(|id| i64::from(*id)).collect();
        let graph = self.name.clone();
        let failed = |source| InferenceError::Run { graph: graph.clone(), source };
        let mut inputs = Vec::new();
        self.integers(&mut inputs, IDS, new).map_err(failed)?;
        if self.graph.has_input(MASK) {
            self.integers(&mut inputs, MASK, vec![1; past + count]).map_err(failed)?;
        }
        if self.graph.has_input(POSITIONS) {
            let positions = (past..past + count).filter_map(|place| i64::try_from(place).ok()).collect();
            self.integers(&mut inputs, POSITIONS, positions).map_err(failed)?;
        }
        self.cache.feed(&mut inputs).map_err(failed)?;
        let mut outputs = self.graph.run(inputs)?;
        let unfit = |reason| InferenceError::Shape { graph: graph.clone(), reason };
        last_scores(&outputs, &mut self.scores).map_err(unfit)?;
        if self.cache.is_kept() {
            self.cache.absorb(&mut outputs, count).map_err(unfit)?;
        }
        Ok(())
    }

    /// Adds a `[1, n]` input of the integer type that the graph declares.
    fn integers<'a>(
        &self,
        inputs: &mut Vec<(Cow<'a, str>, SessionInputValue<'a>)>,
        name: &'static str,
        values: Vec<i64>,
    ) -> ort::Result<()> {
        let shape = [1, values.len()];
        let value: DynValue = if self.graph.input_type(name) == Some(TensorElementType::Int32) {
            let values: Vec<i32> = values.into_iter().filter_map(|value| i32::try_from(value).ok()).collect();
            Tensor::from_array((shape, values))?.into_dyn()
        } else {
            Tensor::from_array((shape, values))?.into_dyn()
        };
        inputs.push((Cow::Borrowed(name), value.into()));
        Ok(())
    }

    fn failed(&self, source: ort::Error) -> InferenceError {
        InferenceError::Run { graph: self.name.clone(), source }
    }
}

/// Copies the last row of `logits [B, T, V]` (or `[B, 1, V]`, or `[B, V]`).
fn last_scores(outputs: &SessionOutputs<'_>, scores: &mut Vec<f32>) -> Result<(), String> {
    let logits = outputs.get(LOGITS).ok_or("no logits")?;
    let width = logits.dtype().tensor_shape().and_then(|shape| shape.last().copied()).unwrap_or(0);
    let width = usize::try_from(width).unwrap_or(0);
    scores.clear();
    if let Ok((_, row)) = logits.try_extract_tensor::<f32>() {
        scores.extend(row.iter().skip(row.len().saturating_sub(width)));
    } else if let Ok((_, row)) = logits.try_extract_tensor::<half::f16>() {
        scores.extend(row.iter().skip(row.len().saturating_sub(width)).map(|score| score.to_f32()));
    } else if let Ok((_, row)) = logits.try_extract_tensor::<half::bf16>() {
        scores.extend(row.iter().skip(row.len().saturating_sub(width)).map(|score| score.to_f32()));
    }
    if scores.is_empty() { Err(format!("logits are {}", logits.dtype())) } else { Ok(()) }
}
