//! *siamese*: is a phrase a form of a command? Both are encoded; the L1 distance of the encodings goes through a dense
//! layer to two outputs, and the second one exceeding the first is a match (the design of the seed, after Koch et al.
//! 2015, "Siamese Neural Networks for One-shot Image Recognition").
//!
//! Encodings come from one shared encoder or from two separate ones; that is the caller's affair. Graph `match`:
//! `a`, `b` f32 `[commands, width]` -> `logits` f32 `[commands, 2]`.

use std::path::Path;

use super::InferenceError;
use super::encoder::States;
use super::graph::Graph;
use super::runtime::Hardware;

/// Token states -> one encoding: `last_hidden_state` f32 `[1, tokens, width]`, `attention_mask` i64 `[1, tokens]` ->
/// `encoding` f32 `[1, width]`.
pub struct Trunk {
    graph: Graph,
}

impl Trunk {
    /// Opens the graph.
    ///
    /// # Errors
    /// When it is missing or has other inputs and outputs.
    pub fn open(path: &Path, hardware: &Hardware) -> Result<Self, InferenceError> {
        let graph = Graph::open(path, hardware)?;
        graph.require(&["last_hidden_state", "attention_mask"], &["encoding"])?;
        Ok(Self { graph })
    }

    /// The encoding of a text, `[width]`.
    ///
    /// # Errors
    /// When the runtime fails.
    pub fn encode(&mut self, states: &States) -> Result<Vec<f32>, InferenceError> {
        let feeds = head_feeds(&self.graph, states)?;
        let name = self.graph.name().to_owned();
        let outputs = self.graph.run(feeds)?;
        Ok(Graph::floats(&outputs, &name, "encoding")?.1)
    }
}

/// Inputs of a head over token states.
pub(super) fn head_feeds<'a>(
    graph: &Graph,
    states: &States,
) -> Result<super::graph::Feeds<'a>, InferenceError> {
    let tokens = states.ids.len();
    let hidden = graph.real("last_hidden_state", &[1, tokens, states.width], states.hidden.clone())?;
    let mask = graph.whole("attention_mask", &[1, tokens], vec![1; tokens])?;
    Ok(vec![("last_hidden_state".into(), hidden), ("attention_mask".into(), mask)])
}

/// Commands, encoded once, and the head that compares.
pub struct Siamese {
    head: Graph,
    /// Intent of each command.
    intents: Vec<String>,
    /// Encodings of the commands, row by row.
    commands: Vec<f32>,
    width: usize,
}

impl Siamese {
    /// Opens the head and keeps the encodings of every command.
    ///
    /// # Errors
    /// When the head is missing or has other inputs and outputs, or the encodings have different widths.
    pub fn open(
        head: &Path,
        commands: Vec<(String, Vec<f32>)>,
        hardware: &Hardware,
    ) -> Result<Self, InferenceError> {
        let head = Graph::open(head, hardware)?;
        head.require(&["a", "b"], &["logits"])?;
        let width = commands.first().map_or(0, |(_, encoding)| encoding.len());
        if width == 0 || commands.iter().any(|(_, encoding)| encoding.len() != width) {
            return Err(InferenceError::Shape {
                graph: head.name().to_owned(),
                reason: "commands of different widths".into(),
            });
        }
        let (intents, encodings): (Vec<_>, Vec<_>) = commands.into_iter().unzip();
        Ok(Self { head, intents, commands: encodings.concat(), width })
    }

    /// The two outputs for every command, in order.
    ///
    /// # Errors
    /// When the runtime fails.
    pub fn logits(&mut self, phrase: &[f32]) -> Result<Vec<[f32; 2]>, InferenceError> {
        let count = self.intents.len();
        let a = self.head.real("a", &[count, self.width], phrase.repeat(count))?;
        let b = self.head.real("b", &[count, self.width], self.commands.clone())?;
        let name = self.head.name().to_owned();
        let outputs = self.head.run(vec![("a".into(), a), ("b".into(), b)])?;
        let (_, logits) = Graph::floats(&outputs, &name, "logits")?;
        Ok(logits.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).collect())
    }

    /// Best match probability of each intent, best first.
    ///
    /// # Errors
    /// When the runtime fails.
    pub fn scores(&mut self, phrase: &[f32]) -> Result<Vec<(String, f32)>, InferenceError> {
        let logits = self.logits(phrase)?;
        let mut scores: Vec<(String, f32)> = Vec::new();
        for (intent, [no, yes]) in self.intents.iter().zip(logits) {
            // Softmax over two outputs.
            let score = 1.0 / (1.0 + (no - yes).exp());
            match scores.iter_mut().find(|(name, _)| name == intent) {
                Some((_, best)) => *best = best.max(score),
                None => scores.push((intent.clone(), score)),
            }
        }
        scores.sort_by(|a, b| b.1.total_cmp(&a.1));
        Ok(scores)
    }
}
