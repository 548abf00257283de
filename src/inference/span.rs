//! *span*: extractive question answering: which piece of a text is the answer?
//!
//! A head over an encoder's token states: `last_hidden_state` f32 `[1, tokens, width]`, `attention_mask` i64 ->
//! `start_logits`, `end_logits` f32 `[1, tokens]`; or a whole graph over question and context, as BertForQuestionAnswering
//! is exported. The first token means "no answer" (SQuAD 2.0, Rajpurkar et al. 2018).

use std::ops::Range;
use std::path::Path;

use super::InferenceError;
use super::encoder::{self, States};
use super::graph::{Feeds, Graph};
use super::runtime::Hardware;
use super::siamese::head_feeds;
use super::tokenizer::{Token, Tokenizer, Voice, cut};

/// Longest answer, in tokens.
const LONGEST: usize = 64;

/// A head over token states.
pub struct SpanHead {
    graph: Graph,
    margin: f32,
}

impl SpanHead {
    /// Opens the graph. An answer must beat "no answer" by `margin`.
    ///
    /// # Errors
    /// When it is missing or has other inputs and outputs.
    pub fn open(path: &Path, margin: f32, hardware: &Hardware) -> Result<Self, InferenceError> {
        let graph = Graph::open(path, hardware)?;
        graph.require(&["last_hidden_state", "attention_mask"], &["start_logits", "end_logits"])?;
        Ok(Self { graph, margin })
    }

    /// Bytes of the text that answer.
    ///
    /// # Errors
    /// When the runtime fails.
    pub fn answer(&mut self, states: &States) -> Result<Option<Range<usize>>, InferenceError> {
        let feeds = head_feeds(&self.graph, states)?;
        let (start, end) = logits(&mut self.graph, feeds)?;
        Ok(best(&start, &end, &states.spans, self.margin))
    }
}

/// A whole question-answering graph with its tokenizer.
pub struct QuestionAnswering {
    graph: Graph,
    words: Tokenizer,
    most: usize,
}

/// What a question found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Bytes of the context that answer; `None` when nothing does.
    pub answer: Option<Range<usize>>,
    /// Byte of the context at which it was cut, when it was too long: nothing was looked for behind it.
    pub cut: Option<usize>,
}

impl QuestionAnswering {
    /// Opens the graph and `tokenizer.json`. Question and context are `most` tokens together (the graph's positions).
    ///
    /// # Errors
    /// When a file is missing or the graph has other inputs and outputs.
    pub fn open(
        graph: &Path,
        words: &Path,
        most: usize,
        hardware: &Hardware,
    ) -> Result<Self, InferenceError> {
        let graph = Graph::open(graph, hardware)?;
        graph.require(&["input_ids", "attention_mask"], &["start_logits", "end_logits"])?;
        Ok(Self { graph, words: Tokenizer::open(words, Voice::People)?, most })
    }

    /// What the context answers to the question; a context that is too long is cut.
    ///
    /// # Errors
    /// [`InferenceError::Refused`] when the question alone is too long; else when the tokenizer or the runtime fails.
    pub fn answer(&mut self, question: &str, context: &str) -> Result<Found, InferenceError> {
        let mut tokens = self.words.framed((question, context))?;
        let cut = cut(&mut tokens, 1, self.most);
        if tokens.len() > self.most {
            return Err(InferenceError::Refused {
                key: "message-too-long",
                value: tokens.len().to_string(),
                bound: self.most.to_string(),
            });
        }
        let feeds = encoder::feeds(&self.graph, &tokens)?;
        let (start, end) = logits(&mut self.graph, feeds)?;
        // Only the context can answer.
        let of_context = |token: Token| if token.text == Some(1) { token.bytes } else { 0..0 };
        let spans: Vec<Range<usize>> = tokens.into_iter().map(of_context).collect();
        Ok(Found { answer: best(&start, &end, &spans, 0.0), cut })
    }
}

fn logits(graph: &mut Graph, feeds: Feeds<'_>) -> Result<(Vec<f32>, Vec<f32>), InferenceError> {
    let name = graph.name().to_owned();
    let outputs = graph.run(feeds)?;
    Ok((Graph::floats(&outputs, &name, "start_logits")?.1, Graph::floats(&outputs, &name, "end_logits")?.1))
}

/// The best start and end within the text, unless "no answer" (the first token) scores higher.
fn best(start: &[f32], end: &[f32], spans: &[Range<usize>], margin: f32) -> Option<Range<usize>> {
    let nothing = start.first()? + end.first()?;
    let mut found: Option<(f32, Range<usize>)> = None;
    for (from, (first, open)) in start.iter().zip(spans).enumerate() {
        if open.is_empty() {
            continue;
        }
        for (last, close) in
            end.iter().zip(spans).skip(from).take(LONGEST).filter(|(_, close)| !close.is_empty())
        {
            let score = first + last;
            if found.as_ref().is_none_or(|(best, _)| score > *best) {
                found = Some((score, open.start..close.end));
            }
        }
    }
    found.filter(|(score, range)| *score > nothing + margin && !range.is_empty()).map(|(_, range)| range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_span_beats_nothing_or_there_is_none() {
        let spans = vec![0..0, 0..4, 4..9, 9..13, 0..0];
        let start = [0.0, 1.0, 3.0, 0.0, 9.0];
        let end = [0.0, 5.0, 1.0, 2.0, 9.0];
        assert_eq!(best(&start, &end, &spans, 0.0), Some(0..4), "the end is never before the start");
        assert_eq!(best(&start, &end, &spans, 7.0), None);
        assert_eq!(best(&[], &[], &[], 0.0), None);
    }
}
