//! Writing text token by token: what every model that generates shares.
//!
//! [`cache`] hands key and value tensors from one run of a decoder to the next, [`sampling`] picks a token from its
//! scores, [`stream`] turns tokens into text that can be shown at once, [`window`] fits a conversation into the
//! context. In: scores and token ids. Out: token ids and text. Never: a prompt, a template, a model's name.

pub mod cache;
pub mod sampling;
pub mod stream;
pub mod window;
