//! Fills weightless graphs: a plan beside the graph says, in offset order, which part of which tensor of a package goes
//! where in the graph's data file. Gaps are zeros. The recipes that export the graphs define the parts.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Deserialize;

use super::FormatError;
use super::blocks::{Part, Tensor};

/// Longest gap between two pieces: more is a broken plan.
const GAP: u64 = 1 << 20;
/// Bytes made at a time.
const BATCH: usize = 1 << 20;

/// A fill plan: `{"size", "parts": [...]}`, or the bare list.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Written {
    Whole(Plan),
    List(Vec<Piece>),
}

/// The plan beside a weightless graph.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    size: u64,
    parts: Vec<Piece>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Piece {
    offset: u64,
    bytes: u64,
    tensor: String,
    part: Part,
}

impl Plan {
    /// Reads a plan and checks that its pieces follow each other.
    pub(super) fn read(text: &[u8]) -> Result<Self, FormatError> {
        let misfit = |reason: String| FormatError::Misfit { name: "the fill plan".to_owned(), reason };
        let plan = match serde_json::from_slice(text).map_err(|error| misfit(error.to_string()))? {
            Written::Whole(plan) => plan,
            Written::List(parts) => {
                let size = parts.last().map_or(0, |last| last.offset.saturating_add(last.bytes));
                Self { size, parts }
            }
        };
        let mut at = 0_u64;
        for piece in &plan.parts {
            let follows = piece.offset >= at && piece.offset - at <= GAP;
            let end = piece.offset.checked_add(piece.bytes);
            at = end
                .filter(|end| follows && *end <= plan.size)
                .ok_or_else(|| misfit(format!("{} lies at {}, after {at}", piece.tensor, piece.offset)))?;
        }
        if plan.size - at > GAP {
            return Err(misfit(format!("nothing fills {at} to {}", plan.size)));
        }
        Ok(plan)
    }

    /// Writes the whole data file. The outer error is the disk's, the inner one the package's.
    pub(super) fn write(
        &self,
        tensors: &BTreeMap<&str, Tensor<'_>>,
        out: &mut dyn Write,
    ) -> io::Result<Result<(), FormatError>> {
        let mut at = 0_u64;
        for piece in &self.parts {
            let tensor = match piece.tensor(tensors) {
                Ok(tensor) => tensor,
                Err(error) => return Ok(Err(error)),
            };
            zeros(piece.offset - at, out)?;
            let mut batch = Vec::with_capacity(2 * BATCH);
            for row in tensor.in_rows() {
                tensor.part(piece.part, row, &mut batch);
                if batch.len() >= BATCH {
                    out.write_all(&batch)?;
                    batch.clear();
                }
            }
            out.write_all(&batch)?;
            at = piece.offset + piece.bytes;
        }
        zeros(self.size - at, out)?;
        Ok(Ok(()))
    }
}

impl Piece {
    /// Its tensor, which has that part at that length.
    fn tensor<'a>(&self, tensors: &BTreeMap<&str, Tensor<'a>>) -> Result<Tensor<'a>, FormatError> {
        let misfit = |reason| FormatError::Misfit { name: self.tensor.clone(), reason };
        let tensor = *tensors
            .get(self.tensor.as_str())
            .ok_or_else(|| FormatError::Absent { what: "tensor", name: self.tensor.clone() })?;
        match tensor.size(self.part) {
            Some(size) if size == self.bytes => Ok(tensor),
            Some(size) => Err(misfit(format!("its {:?} have {size} bytes, not {}", self.part, self.bytes))),
            None => Err(misfit(format!("a {:?} tensor has no {:?}", tensor.kind, self.part))),
        }
    }
}

fn zeros(count: u64, out: &mut dyn Write) -> io::Result<()> {
    io::copy(&mut io::Read::take(io::repeat(0), count), out).map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::ctranslate2;
    use super::super::e5::{self, E5};
    use super::super::gguf::{self, Gguf};
    use super::*;
    use proptest::prelude::*;

    fn made(tensors: &BTreeMap<&str, Tensor<'_>>, piece: &str) -> Result<Vec<u8>, FormatError> {
        let plan = Plan::read(format!("[{{\"offset\": 0, {piece}}}]").as_bytes())?;
        let mut out = Vec::new();
        plan.write(tensors, &mut out).unwrap().map(|()| out)
    }

    fn floats(values: &[f32]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    const UP: [u8; 8] = [0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe];
    const UP_SIGNED: [u8; 8] = [0x98, 0xba, 0xdc, 0xfe, 0x10, 0x32, 0x54, 0x76];

    #[test]
    fn parts_of_e5_are_what_the_recipe_defines() {
        let file = e5::tests::small();
        let tensors = E5::read(&file).unwrap().tensors;
        let of = |part: &str, tensor: &str, bytes: u32| {
            made(&tensors, &format!(r#""bytes": {bytes}, "tensor": "{tensor}", "part": "{part}""#))
        };
        assert_eq!(of("nibbles", "q", 16).unwrap(), UP.repeat(2));
        assert_eq!(of("int4", "q", 16).unwrap(), UP_SIGNED.repeat(2));
        assert_eq!(of("scales", "q", 4).unwrap(), floats(&[0.5]));
        assert_eq!(of("f32", "n", 8).unwrap(), floats(&[1.0, 2.0]));
        assert_eq!(of("f32", "q", 128).unwrap()[..8], floats(&[-4.0, -3.5]));
        assert!(of("f32", "q", 64).unwrap_err().to_string().contains("128 bytes, not 64"));
        assert!(of("f32", "gone", 8).unwrap_err().to_string().contains("no tensor gone"));
        assert!(of("offsets", "q", 4).unwrap_err().to_string().contains("Q4_0 tensor has no Offsets"));
        assert!(of("scales", "n", 4).is_err());
    }

    #[test]
    fn parts_of_plain_numbers_are_made_row_by_row() {
        let file = ctranslate2::tests::small();
        let tensors = ctranslate2::read(&file).unwrap();
        let of = |part: &str, tensor: &str, bytes: u32| {
            made(&tensors, &format!(r#""bytes": {bytes}, "tensor": "{tensor}", "part": "{part}""#))
        };
        let first = half::f16::from_f32(-2.54).to_f32();
        assert_eq!(of("row_scales", "m/weight", 8).unwrap(), floats(&[-first / 127.0, 0.0]));
        assert_eq!(of("i8", "m/weight", 6).unwrap(), [-127_i8, 50, 25, 0, 0, 0].map(i8::cast_unsigned));
        assert_eq!(of("f32", "m/weight", 24).unwrap()[..8], floats(&[first, 1.0]));
        assert_eq!(of("f32", "v", 8).unwrap(), floats(&[1.5, -3.0]));
        assert_eq!(of("row_scales", "v", 8).unwrap(), floats(&[1.5 / 127.0, 3.0 / 127.0]));
        assert!(of("nibbles", "m/weight", 3).is_err() && of("flag", "f32", 4).is_err());
    }

    #[test]
    fn parts_of_gguf_are_exact() {
        let file = gguf::tests::small();
        let tensors = Gguf::read(&file).unwrap().tensors;
        let of = |part: &str, tensor: &str, bytes: u32| {
            made(&tensors, &format!(r#""bytes": {bytes}, "tensor": "{tensor}", "part": "{part}""#)).unwrap()
        };
        assert_eq!(of("nibbles", "q1", 64), UP.repeat(8));
        assert_eq!(of("scales", "q1", 16), floats(&[1.0; 4]));
        assert_eq!(of("offsets", "q1", 16), floats(&[8.0, 9.0, 10.0, 11.0]));
        assert_eq!(of("f32", "q1", 512)[128..140], floats(&[1.0, 2.0, 3.0]));
        assert_eq!(of("bytes", "q8", 32), (112..144).collect::<Vec<u8>>());
        assert_eq!(of("f32", "q8", 128)[..8], floats(&[-32.0, -30.0]));
    }

    /// A GGUF that llama.cpp's own package wrote; the sum is of what `models/recipes/fill.py` makes of it.
    #[test]
    fn a_whole_plan_gives_the_bytes_of_the_recipe() {
        let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let file = std::fs::read(fixtures.join("pocket/instruct/tiny.gguf")).unwrap();
        let plan = std::fs::read(fixtures.join("pocket/instruct/model.fill.json")).unwrap();
        let golden = std::fs::read_to_string(fixtures.join("golden/instruct.json")).unwrap();
        let golden: serde_json::Value = serde_json::from_str(&golden).unwrap();
        let mut data = Vec::new();
        Plan::read(&plan).unwrap().write(&Gguf::read(&file).unwrap().tensors, &mut data).unwrap().unwrap();
        assert_eq!(data.len() as u64, golden["data"]["bytes"]);
        let sum = <sha2::Sha256 as sha2::Digest>::digest(&data);
        let sum: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(sum, golden["data"]["sha256"]);
    }

    #[test]
    fn gaps_are_zeros_and_overlaps_are_refused() {
        let file = e5::tests::small();
        let tensors = E5::read(&file).unwrap().tensors;
        let plan = |second: u32, size: u32| {
            format!(
                r#"{{"size": {size}, "parts": [{{"offset": 0, "bytes": 4, "tensor": "q", "part": "scales"}},
                {{"offset": {second}, "bytes": 8, "tensor": "n", "part": "f32"}}]}}"#
            )
        };
        let mut out = Vec::new();
        Plan::read(plan(8, 20).as_bytes()).unwrap().write(&tensors, &mut out).unwrap().unwrap();
        assert_eq!(out, floats(&[0.5, 0.0, 1.0, 2.0, 0.0]));
        for wrong in [plan(2, 20), plan(8, 12), plan(4_000_000, 5_000_000), "{}".to_owned()] {
            assert!(Plan::read(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn garbage_is_no_panic(at in 0..600_usize, byte in any::<u8>(), bytes in 0..600_u64) {
            let mut file = gguf::tests::small();
            if let Some(place) = file.get_mut(at) { *place = byte; }
            if let Ok(read) = Gguf::read(&file) {
                let piece = format!(r#""bytes": {bytes}, "tensor": "q1", "part": "nibbles""#);
                let _ = made(&read.tensors, &piece);
            }
        }
    }
}
