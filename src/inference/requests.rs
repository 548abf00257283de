//! What goes into the model families and what comes out: plain values, no tensors.

use std::ops::Range;
use std::sync::Arc;

use crate::message::Commission;

/// One phrase for the *understanding* models (encoder + siamese + span heads).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnderstandRequest {
    /// Compare the phrase with every command: one encoder run.
    Intent {
        /// The phrase as typed.
        text: String,
    },
    /// Find what to draw in it.
    Subject {
        /// The phrase as typed.
        text: String,
    },
}

/// Answer to an [`UnderstandRequest`].
#[derive(Debug, Clone, PartialEq)]
pub enum Understood {
    /// Best match probability (0..=1) of each intent, best first; an intent whose command matched nothing is there with its score too.
    Intent {
        /// Intent name and score.
        scores: Vec<(String, f32)>,
        /// Whether the best one is above the manifest's threshold.
        matched: bool,
    },
    /// Byte range of the subject within the text; `None` when there is none.
    Subject(Option<Range<usize>>),
}

/// Who speaks in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// System prompt.
    System,
    /// A person.
    User,
    /// The model.
    Assistant,
}

impl Role {
    /// The word chat templates use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who.
    pub role: Role,
    /// What.
    pub text: String,
}

/// How the next token is chosen (names as in transformers' `GenerationConfig`).
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// 0 is greedy.
    pub temperature: f32,
    /// 0 is off.
    pub top_k: usize,
    /// 1 is off.
    pub top_p: f32,
    /// 0 is off.
    pub min_p: f32,
    /// 1 is off.
    pub repetition_penalty: f32,
    /// Seed of the sampler.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 0.0, top_k: 0, top_p: 1.0, min_p: 0.0, repetition_penalty: 1.0, seed: 0 }
    }
}

/// A conversation to be continued by a causal language model.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest {
    /// Whole turns, oldest first; the model drops the oldest ones that do not fit (a system turn stays).
    pub turns: Vec<Turn>,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// At most this many new tokens.
    pub max_new_tokens: usize,
    /// Text that ends the answer (and is not part of it).
    pub stop: Vec<String>,
}

/// The continuation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChatAnswer {
    /// The text.
    pub text: String,
    /// New tokens.
    pub tokens: usize,
    /// Ended because somebody said stop; the text is what there was.
    pub stopped: bool,
    /// Ended because it went in circles; the text says it once, whatever was streamed.
    pub repeated: bool,
    /// Turns left out at the old end because they did not fit.
    pub turns_dropped: usize,
}

/// A text that an encoder-decoder reads: to be translated, or to be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RewriteRequest {
    /// The text.
    pub text: String,
    /// Its language (ISO 639-1): an extractor is asked in it.
    pub language: String,
}

/// What an encoder-decoder wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewritten {
    /// The text; empty when it wrote nothing.
    pub text: String,
    /// New tokens.
    pub tokens: usize,
    /// It went in circles: the text says it once.
    pub repeated: bool,
}

/// One picture to be painted.
#[derive(Debug, Clone, PartialEq)]
pub struct DrawRequest {
    /// What to paint.
    pub prompt: String,
    /// What not to paint.
    pub negative: Option<String>,
    /// Seed for torch's CPU generator (`torch.manual_seed`).
    pub seed: u64,
    /// Width and height in pixels; the model's own when `None`.
    pub size: Option<(u32, u32)>,
    /// Denoising steps; the model's own when `None`.
    pub steps: Option<u32>,
    /// Guidance scale; the model's own when `None`.
    pub guidance: Option<f32>,
}

impl DrawRequest {
    /// What a commission asks of the model; guidance stays the model's own.
    #[must_use]
    pub fn of(order: &Commission) -> Self {
        Self {
            prompt: order.prompt.clone(),
            negative: order.negative.clone(),
            seed: order.seed,
            size: order.size,
            steps: order.steps,
            guidance: None,
        }
    }
}

/// A painted picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// RGB, 8 bit, row by row.
    pub rgb: Vec<u8>,
    /// What was really used.
    pub steps: u32,
    /// What was really used.
    pub guidance: f32,
    /// Name of the scheduler.
    pub scheduler: String,
    /// The end of the prompt that the text encoder had no room for.
    pub cut: Option<String>,
}

/// Partial results of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Steps done.
    pub done: u32,
    /// Steps in all.
    pub of: u32,
}

/// Speech to be written down, or only its language to be told.
#[derive(Debug, Clone, PartialEq)]
pub struct HearRequest {
    /// 16 kHz, mono, -1 to 1.
    pub samples: Arc<[f32]>,
    /// Languages that may be detected (ISO 639-1); of those, the ones that the model knows.
    pub languages: Vec<String>,
    /// The language, where it is known already: nothing is detected then.
    pub language: Option<String>,
    /// Text that came before, or words that are likely to be said; models without a use for it ignore it.
    pub prompt: Option<String>,
    /// Hypotheses that are followed at once; 1 is greedy. Models without a search ignore it.
    pub beams: u32,
    /// Tell the language and write nothing.
    pub language_only: bool,
}

impl Default for HearRequest {
    fn default() -> Self {
        Self {
            samples: Arc::default(),
            languages: ["ru", "en"].map(str::to_owned).to_vec(),
            language: None,
            prompt: None,
            beams: 1,
            language_only: false,
        }
    }
}

/// Quieter than this (of full scale) is nobody: three steps of 16 bit. Recordings of people that peak at 0.003 are heard
/// well (FLEURS has them), so silence that can be heard is left to the models.
const SILENT: f32 = 0.000_1;

/// Whether there is nothing to be heard in these samples (-1 to 1), however much they are amplified.
#[must_use]
pub fn is_silent(samples: &[f32]) -> bool {
    samples.iter().all(|sample| sample.abs() < SILENT)
}

/// What was said.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    /// Language of the whole (ISO 639-1): one of those that were possible, or another one where the model is sure of that.
    pub language: String,
    /// Its probability among those that were possible (another one's among all that the model knows); 1 when it was given.
    pub confidence: f32,
    /// In order of time; none when nothing was said, or when it was said in another language.
    pub segments: Vec<Segment>,
}

impl Transcript {
    /// All of it as one line.
    #[must_use]
    pub fn text(&self) -> String {
        let words = self.segments.iter().map(|segment| segment.text.trim()).filter(|text| !text.is_empty());
        words.collect::<Vec<_>>().join(" ")
    }
}

/// A piece of speech.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Milliseconds from the beginning.
    pub start_ms: u32,
    /// Milliseconds from the beginning.
    pub end_ms: u32,
    /// What was said.
    pub text: String,
}

/// How far a recogniser has listened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// Milliseconds.
    pub done_ms: u32,
    /// Milliseconds in all.
    pub of_ms: u32,
}

/// Is somebody speaking?
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VoiceRequest {
    /// 16 kHz, mono, -1 to 1.
    pub samples: Arc<[f32]>,
}

/// Where somebody speaks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Voiced {
    /// The probability of speech in each frame of [`Voiced::FRAME`] samples, from the first sample on; the last frame
    /// may reach beyond the end (there it is silent).
    pub probabilities: Vec<f32>,
}

impl Voiced {
    /// Samples of a frame, at 16 kHz: 32 ms.
    pub const FRAME: usize = 512;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_what_nobody_could_hear() {
        assert!(
            is_silent(&[0.000_05; 9]) && !is_silent(&[0.001; 9]) && !is_silent(&[0.0, 0.1]) && is_silent(&[])
        );
        assert!(is_silent(&[0.000_09, -0.000_09]) && !is_silent(&[-0.001]));
    }
}
