//! What is heard: any audio that a messenger brings becomes 16 kHz mono.
//!
//! In: a file of unknown origin, and what is too much. Out: samples, or an error that says in one of a few ways why there
//! are none. It never believes a name or a declared type, never holds more than the samples it hands out and one packet,
//! never reads on after somebody said stop, and never lets a panic of a decoder out.

mod decode;
mod error;
mod resample;

pub use decode::{Bounds, decode, decode_from};
pub use error::DecodeError;

/// Samples per second of everything this room hands out.
pub const RATE: u32 = 16_000;
