//! Fills weightless graphs: a plan beside the graph says, in offset order, which part of which tensor of a package goes
//! where in the graph's data file. Parts are defined in `models/recipes/{export_e5,fill}.py`, the reference for them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// What a reader finds in a package file.
#[derive(Debug, Default)]
pub(super) struct Package<'a> {
    /// Tensors by name.
    pub(super) tensors: BTreeMap<String, Tensor<'a>>,
    /// Pieces with scores, of a Unigram vocabulary.
    pub(super) pieces: Vec<(String, f32)>,
    /// Tokens, of a BPE vocabulary.
    pub(super) tokens: Vec<String>,
    /// Its merges, each two tokens with a space between.
    pub(super) merges: Vec<String>,
}

/// One tensor as it lies in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tensor<'a> {
    /// How its numbers are written.
    pub(super) kind: Kind,
    /// Its bytes.
    pub(super) bytes: &'a [u8],
}

/// How numbers are written; blocks hold 32 weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Four bytes each.
    F32,
    /// f16 d, 16 bytes: w = (q - 8) d.
    Q4_0,
    /// f16 d, f16 m, 16 bytes: w = d q + m.
    Q4_1,
    /// f16 d, 32 signed bytes: w = d q.
    Q8_0,
}

impl Kind {
    /// Bytes of a block, and those before the weights.
    const fn block(self) -> (usize, usize) {
        match self {
            Self::F32 => (4, 0),
            Self::Q4_0 => (18, 2),
            Self::Q4_1 => (20, 4),
            Self::Q8_0 => (34, 2),
        }
    }
}

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
    /// Bytes with zero point 128 instead of signed ones.
    Bytes,
    /// d of every block, f32.
    Scales,
    /// m + 8 d of every block, f32.
    Offsets,
    /// The numbers themselves, f32.
    F32,
}

/// The data file of a graph.
///
/// # Errors
/// A sentence: the plan cannot be read, a tensor is missing, or has another size.
pub(super) fn data(plan: &str, package: &Package<'_>) -> Result<Vec<u8>, String> {
    let plan: Plan =
        serde_json::from_str(plan).map_err(|error| format!("the fill plan cannot be read: {error}"))?;
    let mut data = vec![0; plan.size];
    for piece in plan.parts {
        let tensor = package
            .tensors
            .get(&piece.tensor)
            .ok_or_else(|| format!("the package has no tensor {}", piece.tensor))?;
        let made = make(piece.part, tensor)
            .ok_or_else(|| format!("the tensor {} has no part {:?}", piece.tensor, piece.part))?;
        let end = piece.offset.saturating_add(piece.bytes);
        match data.get_mut(piece.offset..end).filter(|place| place.len() == made.len()) {
            Some(place) => place.copy_from_slice(&made),
            None => return Err(format!("the tensor {} has another size than the plan says", piece.tensor)),
        }
    }
    Ok(data)
}

/// A part of a tensor; `None` where its kind has no such part.
fn make(part: Part, tensor: &Tensor<'_>) -> Option<Vec<u8>> {
    let (block, head) = tensor.kind.block();
    let blocks = || tensor.bytes.chunks_exact(block).map(|block| block.split_at(head));
    let d = |head: &[u8]| scale_of(head.get(..2).unwrap_or_default());
    Some(match (part, tensor.kind) {
        (Part::F32, Kind::F32) => tensor.bytes.to_vec(),
        (Part::F32, Kind::Q4_0) => blocks()
            .flat_map(|(head, packed)| quants(packed).map(move |q| (f32::from(q) - 8.0) * d(head)))
            .flat_map(f32::to_le_bytes)
            .collect(),
        (Part::Scales, Kind::Q4_0 | Kind::Q4_1 | Kind::Q8_0) => {
            blocks().flat_map(|(head, _)| d(head).to_le_bytes()).collect()
        }
        (Part::Offsets, Kind::Q4_1) => {
            let m = |head: &[u8]| scale_of(head.get(2..).unwrap_or_default());
            blocks().flat_map(|(head, _)| (m(head) + 8.0 * d(head)).to_le_bytes()).collect()
        }
        (Part::Nibbles, Kind::Q4_0 | Kind::Q4_1) => {
            blocks().flat_map(|(_, packed)| pairs(packed, 0)).collect()
        }
        (Part::Int4, Kind::Q4_0) => blocks().flat_map(|(_, packed)| pairs(packed, 0x88)).collect(),
        (Part::Bytes, Kind::Q8_0) => {
            blocks().flat_map(|(_, bytes)| bytes.iter().map(|byte| byte ^ 0x80)).collect()
        }
        _ => return None,
    })
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

/// `tokenizer.json` of a BPE vocabulary: the skeleton with the package's tokens and merges.
///
/// # Errors
/// A sentence when the skeleton is no tokenizer, or a merge is not two tokens.
pub(super) fn bpe_tokenizer(skeleton: &str, package: &Package<'_>) -> Result<Vec<u8>, String> {
    let mut json: serde_json::Value = serde_json::from_str(skeleton).map_err(|error| error.to_string())?;
    let vocab: serde_json::Map<_, _> =
        package.tokens.iter().enumerate().map(|(id, token)| (token.clone(), serde_json::json!(id))).collect();
    let pair = |merge: &String| merge.split_once(' ').map(|(a, b)| serde_json::json!([a, b]));
    let merges: Option<Vec<_>> = package.merges.iter().map(pair).collect();
    let model = json.pointer_mut("/model").and_then(serde_json::Value::as_object_mut);
    let model = model.ok_or("the tokenizer skeleton has no model")?;
    model.insert("vocab".to_owned(), vocab.into());
    model.insert("merges".to_owned(), merges.ok_or("a merge is not two tokens")?.into());
    serde_json::to_vec(&json).map_err(|error| error.to_string())
}

/// `tokenizer.json` of a Unigram vocabulary: the skeleton with the package's pieces. Control pieces sink so far that no typed text becomes one.
///
/// # Errors
/// A sentence when the skeleton is no tokenizer.
pub(super) fn tokenizer(skeleton: &str, package: &Package<'_>) -> Result<Vec<u8>, String> {
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
    use super::super::{e5, gguf};
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

    #[test]
    fn parts_of_a_gguf_are_what_the_recipe_defines() {
        let file = gguf::tests::small();
        let package = gguf::read(&file).unwrap();
        let part = |part, tensor: &str| make(part, &package.tensors[tensor]);
        assert_eq!(
            part(Part::Nibbles, "w").unwrap(),
            [0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe].repeat(2)
        );
        assert_eq!(part(Part::Offsets, "w").unwrap(), 5.0_f32.to_le_bytes());
        assert_eq!(part(Part::Scales, "e").unwrap(), 2.0_f32.to_le_bytes());
        assert_eq!(part(Part::Bytes, "e").unwrap()[..3], [0x80, 0x81, 0x82]);
        assert_eq!(part(Part::Offsets, "e"), None);
        let words = bpe_tokenizer(r#"{"model": {"type": "BPE"}}"#, &package).unwrap();
        let expected = r#"{"model":{"merges":[["a","b"]],"type":"BPE","vocab":{"a":0,"ab":2,"b":1}}}"#;
        assert_eq!(String::from_utf8(words).unwrap(), expected);
    }
}
