//! ONNX inference: the only room that names `ort`.
//!
//! A model family implements [`Model`]: synchronous, on a thread of its own. The rest of the house holds a clonable
//! [`Handle`] and the plain request and reply types. In: text and numbers. Out: text, scores, pixels. Never: files of
//! people, the store, a messenger, a clock that decides anything.

mod requests;
mod error;
mod model;
mod handle;
mod worker;
mod threads;
mod permit;
mod budget;
pub mod runtime;
mod external;
pub mod graph;
mod tokenizer;
mod sentencepiece;
pub mod spectrum;
pub mod encoder;
pub mod siamese;
pub mod span;
pub mod understanding;
pub mod voice_activity;
pub mod ctc;
pub mod generation;
pub mod causal_lm;
pub mod seq2seq;
pub mod diffusion;
pub mod whisper;

pub use budget::Budget;
pub use error::InferenceError;
pub use handle::{Handle, Readiness, Terms};
pub use model::{Boxed, Control, Model, Progress};
pub use permit::Permit;
pub use requests::{
    ChatAnswer, ChatRequest, DrawRequest, HearRequest, Heard, Picture, RewriteRequest, Rewritten, Role,
    Sampling, Segment, Step, Transcript, Turn, UnderstandRequest, Understood, VoiceRequest, Voiced,
    is_silent,
};
pub use threads::{ModelState, Threads};

/// Encoder, intent and subject heads.
pub type Understanding = Handle<UnderstandRequest, Understood, ()>;
/// An answer model; its partial results are pieces of text.
pub type Answering = Handle<ChatRequest, ChatAnswer, String>;
/// A translator or an extractor; its partial results are pieces of text.
pub type Rewriting = Handle<RewriteRequest, Rewritten, String>;
/// A speech recogniser.
pub type Hearing = Handle<HearRequest, Transcript, Heard>;
/// A detector of voices.
pub type Listening = Handle<VoiceRequest, Voiced, ()>;
/// A picture model.
pub type Painting = Handle<DrawRequest, Picture, Step>;
