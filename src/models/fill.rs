//! Fills weightless graphs: a plan beside the graph says, in offset order, which part of which tensor of a package goes
//! where in the graph's data file. Parts are defined in `models/recipes/export_e5.py`, the reference for them.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::e5::{E5, Tensor};

/// Bytes of a Q4_0 block: an f16 scale and 32 weights in 4 bits.
const BLOCK: usize = 18;

/// The plan beside a weightless graph.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    size: usize,
    parts: Vec<Piece>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Piece {
    offset: usize,
    bytes: usize,
    tensor: String,
    part: Part,
}

/// What is made of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    /// `MatMulNBits` weights: byte j holds weight 2j (low four bits) and 2j + 1 (high), zero point 8.
    Nibbles,
    /// The same order in two's complement, for `GatherBlockQuantized`.
    Int4,
    /// Scale of every block, f32.
    Scales,
    /// The numbers themselves, f32.
    F32,
}

/// The data file of a graph.
///
/// # Errors
/// A sentence: the plan cannot be read, a tensor is missing, or has another size.
pub(super) fn data(plan: &str, package: &E5<'_>) -> Result<Vec<u8>, String> {
    let plan: Plan =
        serde_json::from_str(plan).map_err(|error| format!("the fill plan cannot be read: {error}"))?;
    let mut data = vec![0; plan.size];
    for piece in plan.parts {
        let tensor = package
            .tensors
            .get(&piece.tensor)
            .ok_or_else(|| format!("the package has no tensor {}", piece.tensor))?;
        let made = make(piece.part, tensor);
        let end = piece.offset.saturating_add(piece.bytes);
        match data.get_mut(piece.offset..end).filter(|place| place.len() == made.len()) {
            Some(place) => place.copy_from_slice(&made),
            None => return Err(format!("the tensor {} has another size than the plan says", piece.tensor)),
        }
    }
    Ok(data)
}

fn make(part: Part, tensor: &Tensor<'_>) -> Vec<u8> {
    let blocks = || tensor.bytes.chunks_exact(BLOCK).map(|block| block.split_at(2));
    match (part, tensor.quantised) {
        (Part::F32, false) => tensor.bytes.to_vec(),
        (Part::F32, true) => blocks()
            .flat_map(|(scale, packed)| {
                let scale = scale_of(scale);
                quants(packed).map(move |q| (f32::from(q) - 8.0) * scale)
            })
            .flat_map(f32::to_le_bytes)
            .collect(),
        (Part::Scales, _) => blocks().flat_map(|(scale, _)| scale_of(scale).to_le_bytes()).collect(),
        (Part::Nibbles, _) => blocks().flat_map(|(_, packed)| pairs(packed, 0)).collect(),
        (Part::Int4, _) => blocks().flat_map(|(_, packed)| pairs(packed, 0x88)).collect(),
    }
}

fn scale_of(bytes: &[u8]) -> f32 {
    bytes.try_into().map_or(0.0, |two| half::f16::from_le_bytes(two).to_f32())
}

/// The 32 weights of a block in order: low halves of the bytes, then high halves.
fn quants(packed: &[u8]) -> impl Iterator<Item = u8> + '_ {
    packed.iter().map(|byte| byte & 15).chain(packed.iter().map(|byte| byte >> 4))
}

/// Two neighbours in a byte, low first, with bits flipped by `mask`.
fn pairs(packed: &[u8], mask: u8) -> Vec<u8> {
    let quants: Vec<u8> = quants(packed).collect();
    quants.chunks_exact(2).map(|pair| pair.iter().rev().fold(0, |byte, q| byte << 4 | q) ^ mask).collect()
}

/// `tokenizer.json`: the skeleton with the package's pieces. Control pieces sink so far that no typed text becomes one.
///
/// # Errors
/// A sentence when the skeleton is no tokenizer.
pub(super) fn tokenizer(skeleton: &str, package: &E5<'_>) -> Result<Vec<u8>, String> {
    const SUNK: f32 = -100.0;
    let mut json: serde_json::Value = serde_json::from_str(skeleton).map_err(|error| error.to_string())?;
    let control: BTreeSet<usize> = [0, 1, 2, 3, package.pieces.len().saturating_sub(1)].into();
    let vocab = package.pieces.iter().enumerate().map(|(id, (piece, score))| {
        let score = if control.contains(&id) { SUNK } else { *score };
        serde_json::json!([piece, f64::from(score)])
    });
    let place = json.pointer_mut("/model/vocab").ok_or("the tokenizer skeleton has no vocabulary")?;
    *place = vocab.collect();
    serde_json::to_vec(&json).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::e5;
    use super::*;

    #[test]
    fn parts_are_what_the_recipe_defines() {
        let file = e5::tests::small();
        let package = e5::read(&file).unwrap();
        let plan = |part: &str, tensor: &str, bytes: usize| {
            let plan = format!(
                r#"{{"size": {bytes}, "parts": [{{"offset": 0, "bytes": {bytes}, "tensor": "{tensor}", "part": "{part}"}}]}}"#
            );
            data(&plan, &package)
        };
        assert_eq!(
            plan("nibbles", "q", 16).unwrap(),
            [0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe].repeat(2)
        );
        assert_eq!(
            plan("int4", "q", 16).unwrap(),
            [0x98, 0xba, 0xdc, 0xfe, 0x10, 0x32, 0x54, 0x76].repeat(2)
        );
        assert_eq!(plan("scales", "q", 4).unwrap(), 0.5_f32.to_le_bytes());
        assert_eq!(plan("f32", "n", 8).unwrap(), [1.0_f32, 2.0].map(f32::to_le_bytes).concat());
        assert_eq!(plan("f32", "q", 128).unwrap()[..8], [-4.0_f32, -3.5].map(f32::to_le_bytes).concat());
        assert!(plan("f32", "q", 64).unwrap_err().contains("another size"));
        assert!(plan("f32", "gone", 8).unwrap_err().contains("no tensor"));
    }

    #[test]
    fn the_tokenizer_gets_its_pieces() {
        let file = e5::tests::small();
        let made = tokenizer(r#"{"model": {"vocab": []}}"#, &e5::read(&file).unwrap()).unwrap();
        assert_eq!(String::from_utf8(made).unwrap(), r#"{"model":{"vocab":[["a",-100.0],["▁",-100.0]]}}"#);
    }
}
