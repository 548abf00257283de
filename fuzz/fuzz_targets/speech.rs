//! The decoding half of the room, without the rest of the house.

#[path = "../../src/speech/decode/mod.rs"]
mod decode;
#[path = "../../src/speech/error.rs"]
mod error;
#[path = "../../src/speech/resample.rs"]
mod resample;

pub use decode::{Bounds, decode, decode_from};
pub use error::DecodeError;

pub const RATE: u32 = 16_000;
