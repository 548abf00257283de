//! *encoder*: BERT and XLM-R shapes. Text in, states of its tokens out, or one vector by pooling.
//!
//! Graph: `input_ids`, `attention_mask` and, where declared, `token_type_ids`, i64 `[1, tokens]` ->
//! `last_hidden_state` f32 `[1, tokens, width]`.

use std::ops::Range;
use std::path::Path;

use serde::Deserialize;

use super::InferenceError;
use super::graph::{Feeds, Graph};
use super::runtime::Hardware;
use super::tokenizer::{Token, Tokenizer, Voice, cut};

/// How token states become one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// Mean over all tokens.
    #[default]
    Mean,
    /// State of the first token.
    Cls,
}

/// An encoder with its tokenizer.
pub struct Encoder {
    graph: Graph,
    words: Tokenizer,
    prefix: String,
    most: usize,
}

/// States of a text's tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct States {
    /// f32 `[tokens, width]`, row by row.
    pub hidden: Vec<f32>,
    /// Width of a state.
    pub width: usize,
    /// Bytes of the *text* (without the prefix) that each token covers; empty for added tokens and the prefix.
    pub spans: Vec<Range<usize>>,
    /// Token ids.
    pub ids: Vec<u32>,
    /// Byte of the text at which it was cut, when it was too long.
    pub cut: Option<usize>,
}

impl Encoder {
    /// Opens the graph and `tokenizer.json`. `prefix` goes in front of every text; longer texts are cut at `most` tokens.
    ///
    /// # Errors
    /// When a file is missing or the graph is no encoder.
    pub fn open(
        graph: &Path,
        words: &Path,
        (prefix, most): (&str, usize),
        hardware: &Hardware,
    ) -> Result<Self, InferenceError> {
        let graph = Graph::open(graph, hardware)?;
        graph.require(&["input_ids", "attention_mask"], &["last_hidden_state"])?;
        let words = Tokenizer::open(words, Voice::People)?;
        Ok(Self { graph, words, prefix: prefix.to_owned(), most: most.max(2) })
    }

    /// The states of a person's text.
    ///
    /// # Errors
    /// When the tokenizer or the runtime fails.
    pub fn states(&mut self, text: &str) -> Result<States, InferenceError> {
        let mut tokens = self.words.framed(format!("{}{text}", self.prefix))?;
        let cut = cut(&mut tokens, 0, self.most);
        let feeds = feeds(&self.graph, &tokens)?;
        let name = self.graph.name().to_owned();
        let outputs = self.graph.run(feeds)?;
        let (shape, hidden) = Graph::floats(&outputs, &name, "last_hidden_state")?;
        let width = shape.last().copied().unwrap_or_default();
        if width == 0 || hidden.len() != width * tokens.len() {
            return Err(InferenceError::Shape {
                graph: name,
                reason: format!("last_hidden_state has the shape {shape:?}"),
            });
        }
        let before = self.prefix.len();
        let own = |byte: usize| byte.saturating_sub(before);
        let span = |Token { bytes, .. }: &Token| own(bytes.start)..own(bytes.end);
        let (spans, ids) = tokens.iter().map(|token| (span(token), token.id)).unzip();
        Ok(States { hidden, width, spans, ids, cut: cut.map(own) })
    }

    /// One vector of length 1 (Euclidean) for a text, `[width]`.
    ///
    /// # Errors
    /// When the tokenizer or the runtime fails.
    pub fn embed(&mut self, text: &str, pooling: Pooling) -> Result<Vec<f32>, InferenceError> {
        let states = self.states(text)?;
        let tokens = states.ids.len();
        let mut pooled = vec![0.0_f32; states.width];
        let rows = if pooling == Pooling::Cls { 1 } else { tokens };
        for row in states.hidden.chunks_exact(states.width).take(rows) {
            pooled.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        let norm = pooled.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-12);
        Ok(pooled.into_iter().map(|value| value / norm).collect())
    }
}

/// The inputs that the graph declares, of one text or pair.
pub(super) fn feeds<'a>(graph: &Graph, tokens: &[Token]) -> Result<Feeds<'a>, InferenceError> {
    let numbers = |of: fn(&Token) -> u32| tokens.iter().map(|token| i64::from(of(token))).collect();
    let inputs = [
        ("input_ids", numbers(|token| token.id)),
        ("attention_mask", numbers(|_| 1)),
        ("token_type_ids", numbers(|token| token.kind)),
    ];
    let mut feeds: Feeds<'a> = Vec::new();
    for (name, values) in inputs {
        if graph.has_input(name) {
            feeds.push((name.into(), graph.whole(name, &[1, tokens.len()], values)?));
        }
    }
    Ok(feeds)
}
