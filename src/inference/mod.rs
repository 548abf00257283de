//! ONNX inference: the only room that names `ort`.
//!
//! A model family implements [`Model`]: synchronous, on a thread of its own. The rest of the house holds a clonable
//! [`Handle`] and the plain request and reply types of [`requests`]. In: text and numbers. Out: text, scores, pixels.
//! Never: files of people, the store, a messenger, a clock that decides anything.

pub mod requests;
pub mod error;
pub mod handle;
pub mod permit;
pub mod runtime;
pub mod graph;
pub mod words;
pub mod encoder;
pub mod siamese;
pub mod span;
pub mod understanding;
pub mod generation;
pub mod causal_lm;
pub mod diffusion;

pub use error::InferenceError;
pub use handle::{Control, Handle, Model, Progress};
pub use requests::*;
