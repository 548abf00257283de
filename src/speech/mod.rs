//! Speech: any audio that a messenger brings becomes 16 kHz mono, and that becomes words.
//!
//! In: a file of unknown origin, and what is too much. Out: a transcript, or in one of a few ways why there is none. It
//! never believes a name or a declared type, never holds more than the samples it hands out and one packet, never reads
//! on after somebody said stop, and never lets a panic of a decoder out. It never knows who spoke.

mod decode;
mod error;
mod hear;
mod pauses;
mod resample;

pub use decode::{Bounds, decode, decode_from};
pub use error::DecodeError;
pub use hear::{Options, Recogniser, Said, Speech, Watch};

/// Samples per second of everything this room hands out.
pub const RATE: u32 = 16_000;
