//! Writing text token by token: what every model that generates shares.
//!
//! [`layout`] finds key and value tensors among a graph's ports and [`cache`] hands them from one run of a decoder to the
//! next, [`sampling`] picks a token from its scores, [`rules`] forbid some, [`beams`] follows several answers at once,
//! [`encoder_decoder`] runs an encoder and its decoder, [`writing`] lets it write, [`repetition`] sees that it goes in
//! circles, [`stream`] turns tokens into text that can be shown at once, [`window`] fits a conversation into the context.
//! In: scores and token ids. Out: token ids and text. Never: a prompt, a template, a model's name.

pub mod beams;
pub mod cache;
pub mod encoder_decoder;
pub mod layout;
pub mod repetition;
pub mod rules;
pub mod sampling;
pub mod stream;
pub mod window;
pub mod writing;
