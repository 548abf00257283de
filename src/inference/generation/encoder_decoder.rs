//! An encoder and its decoder, run over tokens: what Whisper, T5 and Marian share.
//!
//! Exports it takes (names of inputs and outputs decide, never file names): *merged* (`use_cache_branch`), *split* (a first
//! decoder without a past, and one with it) and *one* (a past that may be empty). Whatever a graph does not declare it is
//! not fed. In: the encoder's inputs, then token ids. Out: scores after the last token of each row. It never chooses.

use std::borrow::Cow;
use std::path::Path;

use ort::session::SessionOutputs;
use ort::value::DynValue;

use crate::inference::InferenceError;
use crate::inference::generation::cache::Cache;
use crate::inference::generation::layout::{Layout, Port};
use crate::inference::graph::{Feeds, Graph};
use crate::inference::runtime::Hardware;

const IDS: &str = "input_ids";
const STATES: &str = "encoder_hidden_states";
const MASK: &str = "encoder_attention_mask";
const PLACES: &str = "cache_position";
const SAID: &str = "last_hidden_state";
const LOGITS: &str = "logits";

/// Where the graphs lie.
#[derive(Debug, Clone, Copy)]
pub struct Paths<'a> {
    /// The encoder.
    pub encoder: &'a Path,
    /// The decoder; of a split export the one with a past.
    pub decoder: &'a Path,
    /// Of a split export the one without a past.
    pub first: Option<&'a Path>,
}

/// The graphs, with what they have read so far.
pub struct EncoderDecoder {
    encoder: Graph,
    decoder: Graph,
    first: Option<Graph>,
    cache: Cache,
    /// What the encoder said, where the decoder wants to see it itself.
    states: Option<DynValue>,
    /// Scores of the last position, row by row.
    scores: Vec<f32>,
    width: usize,
}

impl EncoderDecoder {
    /// Opens the graphs.
    ///
    /// # Errors
    /// When a file is missing or the graphs are not an encoder and its decoder with a cache.
    pub fn open(paths: Paths<'_>, hardware: &Hardware) -> Result<Self, InferenceError> {
        let encoder = Graph::open(paths.encoder, hardware)?;
        let decoder = Graph::open(paths.decoder, hardware)?;
        let first = paths.first.map(|path| Graph::open(path, hardware)).transpose()?;
        for graph in first.iter().chain([&decoder]) {
            graph.require(&[IDS], &[LOGITS])?;
        }
        let inputs: Vec<Port> = decoder.inputs().iter().map(Port::from).collect();
        let outputs: Vec<Port> = decoder.outputs().iter().map(Port::from).collect();
        let unfit = |reason: String| InferenceError::Shape { graph: decoder.name().to_owned(), reason };
        let layout = Layout::read(&inputs, &outputs).map_err(unfit)?;
        if layout.is_empty() {
            return Err(unfit(
                "it has no past_key_values: decoder_with_past_model.onnx or a merged one is wanted"
                    .to_owned(),
            ));
        }
        let gives = |name: &str| encoder.has_output(name);
        match &first {
            None if layout.only_continues(&outputs) && !layout.is_given(gives) => {
                return Err(unfit(
                    "it only goes on: the first decoder (decoder_model.onnx) is wanted, too".to_owned(),
                ));
            }
            Some(_) if layout.is_merged() => {
                return Err(unfit("it is merged: no first decoder belongs to it".to_owned()));
            }
            Some(first) if first.inputs().iter().any(|input| input.name().starts_with("past")) => {
                let reason = "a first decoder has no past_key_values".to_owned();
                return Err(InferenceError::Shape { graph: first.name().to_owned(), reason });
            }
            _ => {}
        }
        let cache = Cache::new(layout).map_err(|source| decoder.failure(source))?;
        Ok(Self { encoder, decoder, first, cache, states: None, scores: Vec::new(), width: 0 })
    }

    /// Tokens that the decoder knows, where it says so.
    #[must_use]
    pub fn vocabulary(&self) -> Option<usize> {
        let logits = self.decoder.outputs().iter().find(|output| output.name() == LOGITS)?;
        usize::try_from(*logits.dtype().tensor_shape()?.last()?).ok().filter(|width| *width > 0)
    }

    /// The encoder, to be asked for its shapes.
    #[must_use]
    pub const fn encoder(&self) -> &Graph {
        &self.encoder
    }

    /// The encoder's output at its last place.
    #[cfg(test)]
    pub(crate) fn last_state(&self) -> Vec<f32> {
        let states = self.states.as_ref().and_then(|states| states.try_extract_tensor::<f32>().ok());
        states.map_or_else(Vec::new, |(shape, all)| {
            let width = usize::try_from(shape.last().copied().unwrap_or(0)).unwrap_or(0);
            all.get(all.len().saturating_sub(width)..).unwrap_or_default().to_vec()
        })
    }

    /// Runs the encoder and forgets everything else.
    ///
    /// # Errors
    /// When the runtime fails, or the outputs are not those of an encoder.
    pub fn encode(&mut self, feeds: Feeds<'_>) -> Result<(), InferenceError> {
        let Self { encoder, decoder, cache, states, .. } = self;
        cache.clear().map_err(|source| decoder.failure(source))?;
        let name = encoder.name().to_owned();
        let mut outputs = encoder.run(feeds)?;
        let given = cache.give(&mut outputs);
        *states = outputs.remove(SAID);
        if !given && states.is_none() {
            return Err(InferenceError::Shape { graph: name, reason: format!("no output {SAID}") });
        }
        Ok(())
    }

    /// Forgets the tokens, not what the encoder said, and goes back to one row.
    ///
    /// # Errors
    /// When the runtime refuses to make a tensor.
    pub fn restart(&mut self) -> Result<(), InferenceError> {
        self.cache.restart().map_err(|reason| self.unfit(reason))
    }

    /// Forgets the tokens and what the encoder said.
    ///
    /// # Errors
    /// When the runtime refuses to make a tensor.
    pub fn forget(&mut self) -> Result<(), InferenceError> {
        self.states = None;
        self.scores.clear();
        self.cache.clear().map_err(|source| self.decoder.failure(source))
    }

    fn unfit(&self, reason: String) -> InferenceError {
        InferenceError::Shape { graph: self.decoder.name().to_owned(), reason }
    }

    /// Tokens that each row has read.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.cache.len()
    }

    /// Whether nothing has been read yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.cache.is_empty()
    }

    /// Scores after the last token of a row, one per token of the vocabulary.
    #[must_use]
    pub fn scores(&self, row: usize) -> &[f32] {
        self.scores.get(row * self.width..(row + 1) * self.width).unwrap_or_default()
    }

    /// The same, to be changed before a token is chosen.
    pub fn scores_mut(&mut self, row: usize) -> &mut [f32] {
        self.scores.get_mut(row * self.width..(row + 1) * self.width).unwrap_or_default()
    }

    /// Goes on with these rows, some perhaps several times.
    ///
    /// # Errors
    /// When the cache cannot be copied.
    pub fn choose(&mut self, rows: &[usize]) -> Result<(), InferenceError> {
        self.cache.choose(rows).map_err(|reason| self.unfit(reason))
    }

    /// Reads tokens, as many for each row.
    ///
    /// # Errors
    /// When the runtime fails; nothing may be read on then.
    pub fn read(&mut self, rows: &[&[u32]]) -> Result<(), InferenceError> {
        let count = rows.iter().map(|row| row.len()).min().unwrap_or(0);
        if self.cache.is_empty() || (self.first.is_none() && self.cache.is_general()) {
            return self.run(rows, 0, count);
        }
        (0..count).try_for_each(|place| self.run(rows, place, 1))
    }

    fn run(&mut self, rows: &[&[u32]], from: usize, count: usize) -> Result<(), InferenceError> {
        let Self { decoder, first, cache, states, scores, width, .. } = self;
        let begins = cache.is_empty();
        let graph = first.as_mut().filter(|_| begins).unwrap_or(decoder);
        let tokens = rows.iter().flat_map(|row| row.iter().skip(from).take(count));
        let ids = tokens.map(|token| i64::from(*token)).collect();
        let mut feeds: Feeds<'_> = vec![(Cow::Borrowed(IDS), graph.whole(IDS, &[rows.len(), count], ids)?)];
        if let Some(states) = states.as_ref() {
            if graph.has_input(STATES) {
                feeds.push((Cow::Borrowed(STATES), states.into()));
            }
            if graph.has_input(MASK) {
                let length = length(states);
                let ones = vec![1; rows.len() * length];
                feeds.push((Cow::Borrowed(MASK), graph.whole(MASK, &[rows.len(), length], ones)?));
            }
        }
        if graph.has_input(PLACES) {
            let places = (cache.len()..cache.len() + count).filter_map(|place| i64::try_from(place).ok());
            feeds.push((Cow::Borrowed(PLACES), graph.whole(PLACES, &[count], places.collect())?));
        }
        let name = graph.name().to_owned();
        if graph.inputs().iter().any(|input| input.name().starts_with("past")) {
            cache.feed(&mut feeds).map_err(|source| graph.failure(source))?;
        }
        let mut outputs = graph.run(feeds)?;
        let unfit = |reason| InferenceError::Shape { graph: name.clone(), reason };
        *width = last_scores(&outputs, rows.len(), scores).map_err(unfit)?;
        // Without a way out in the middle many are compared at once.
        if scores.iter().fold(false, |found, score| found | score.is_nan() | (*score == f32::INFINITY)) {
            return Err(InferenceError::Overflow { graph: name });
        }
        cache.absorb(&mut outputs, count).map_err(unfit)
    }
}

/// Positions that an encoder's `[B, S, D]` has.
fn length(states: &DynValue) -> usize {
    let shape = states.dtype().tensor_shape();
    shape.and_then(|shape| usize::try_from(*shape.get(1)?).ok()).unwrap_or(0)
}

/// Copies the last position of each row of `logits [B, T, V]`; how many scores a row has.
fn last_scores(outputs: &SessionOutputs<'_>, rows: usize, scores: &mut Vec<f32>) -> Result<usize, String> {
    let logits = outputs.get(LOGITS).ok_or("no logits")?;
    let width = logits.dtype().tensor_shape().and_then(|shape| shape.last().copied()).unwrap_or(0);
    let width = usize::try_from(width).unwrap_or(0);
    scores.clear();
    if let Ok((_, all)) = logits.try_extract_tensor::<f32>() {
        let row = (all.len() / rows.max(1)).max(1);
        all.chunks(row).for_each(|row| scores.extend(row.iter().skip(row.len().saturating_sub(width))));
    } else if let Ok((_, all)) = logits.try_extract_tensor::<half::f16>() {
        let row = (all.len() / rows.max(1)).max(1);
        let last = |row: &[half::f16]| {
            row.iter().skip(row.len().saturating_sub(width)).map(|s| s.to_f32()).collect()
        };
        all.chunks(row).for_each(|row| scores.extend::<Vec<f32>>(last(row)));
    }
    if width > 0 && scores.len() == rows * width {
        Ok(width)
    } else {
        Err(format!("logits are {}", logits.dtype()))
    }
}
