//! Tensors in ggml's block formats, and the parts of them that ONNX graphs take.
//!
//! Blocks of 32 weights, little-endian: Q4_0 = f16 d, 16 bytes, w = (q - 8) d; Q4_1 = f16 d, f16 m, 16 bytes,
//! w = q d + m; Q8_0 = f16 d, 32 i8, w = q d. Byte j of 4-bit blocks holds weight j in its low and weight j + 16 in its
//! high four bits. Source: `ggml-quants.c`; the parts are those of `models/recipes/`. Plain f16 and f32 are blocks of one;
//! they are made 8 bit row by row.

use half::f16;
use serde::Deserialize;

/// Weights of a block.
const BLOCK: u64 = 32;

/// How a tensor's numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    F32,
    F16,
    Q4_0,
    Q4_1,
    Q8_0,
}

impl Kind {
    /// Weights and bytes of a block.
    const fn block(self) -> (u64, usize) {
        match self {
            Self::F32 => (1, 4),
            Self::F16 => (1, 2),
            Self::Q4_0 => (BLOCK, 18),
            Self::Q4_1 => (BLOCK, 20),
            Self::Q8_0 => (BLOCK, 34),
        }
    }
}

/// One tensor as it lies in a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tensor<'a> {
    pub(super) kind: Kind,
    pub(super) bytes: &'a [u8],
    elements: u64,
    columns: u64,
}

impl<'a> Tensor<'a> {
    /// A tensor of `elements` numbers in rows of `columns`, at an offset of a file; else the reason.
    pub(super) fn new(
        kind: Kind,
        (elements, columns): (u64, u64),
        file: &'a [u8],
        offset: u64,
    ) -> Result<Self, String> {
        let (weights, bytes) = kind.block();
        if elements == 0 || !columns.is_multiple_of(weights) || !elements.is_multiple_of(columns) {
            return Err(format!("{elements} numbers in rows of {columns} are no whole blocks"));
        }
        let end = || "it reaches past the end of the file".to_owned();
        let size = usize::try_from(elements / weights).ok().and_then(|blocks| blocks.checked_mul(bytes));
        let from = usize::try_from(offset).map_err(|_| end())?;
        let range = size.and_then(|size| from.checked_add(size)).map(|to| from..to).ok_or_else(end)?;
        let bytes = file.get(range).ok_or_else(end)?;
        Ok(Self { kind, bytes, elements, columns })
    }

    /// Length of a part in bytes; `None` where this kind has no such part.
    pub(super) const fn size(&self, part: Part) -> Option<u64> {
        match (part, self.kind) {
            (Part::F32, _) => self.elements.checked_mul(4),
            (Part::I8, Kind::F32 | Kind::F16) => Some(self.elements),
            (Part::RowScales, Kind::F32 | Kind::F16) => (self.elements / self.columns).checked_mul(4),
            (Part::I8 | Part::RowScales, _) | (_, Kind::F32 | Kind::F16) => None,
            (Part::Scales, _) | (Part::Offsets, Kind::Q4_1) => Some(self.elements / BLOCK * 4),
            (Part::Nibbles | Part::Int4, Kind::Q4_0 | Kind::Q4_1) => Some(self.elements / 2),
            (Part::Bytes, Kind::Q8_0) => Some(self.elements),
            _ => None,
        }
    }

    /// Its rows as they lie in the file.
    pub(super) fn in_rows(&self) -> impl Iterator<Item = &'a [u8]> {
        let (weights, bytes) = self.kind.block();
        let width =
            usize::try_from(self.columns / weights).map_or(bytes, |blocks| blocks.saturating_mul(bytes));
        self.bytes.chunks(width.max(bytes))
    }

    /// Appends a part of one row.
    pub(super) fn part(&self, part: Part, blocks: &[u8], out: &mut Vec<u8>) {
        let (_, bytes) = self.kind.block();
        match self.kind {
            Kind::F32 if part == Part::F32 => return out.extend_from_slice(blocks),
            Kind::F32 => {
                let row = blocks.chunks_exact(4).filter_map(|four| four.try_into().ok());
                return plain(part, &row.map(f32::from_le_bytes).collect::<Vec<_>>(), out);
            }
            Kind::F16 => {
                let row = blocks.chunks_exact(2).map(|two| number(Some(two)));
                return plain(part, &row.collect::<Vec<_>>(), out);
            }
            _ => {}
        }
        for block in blocks.chunks_exact(bytes) {
            match self.kind {
                Kind::Q8_0 => eight(part, block, out),
                _ => four(self.kind, part, block, out),
            }
        }
    }
}

/// What is made of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Part {
    /// `MatMulNBits` weights: byte j holds weight 2j (low four bits) and 2j + 1 (high), zero point 8.
    Nibbles,
    /// The same order in two's complement (q - 8), for `GatherBlockQuantized`.
    Int4,
    /// d of every block, f32.
    Scales,
    /// m + 8 d of every block, f32: what is missing when q - 8 is used for Q4_1.
    Offsets,
    /// q + 128 of Q8_0, for `MatMulNBits` with 8 bits and zero point 128.
    Bytes,
    /// The numbers themselves, f32.
    F32,
    /// The largest number of each row, divided by 127, f32.
    RowScales,
    /// The numbers divided by their row's scale, rounded (halves to even), i8; a row of zeros stays one.
    I8,
}

/// A part of a row of plain numbers.
fn plain(part: Part, row: &[f32], out: &mut Vec<u8>) {
    let scale = || row.iter().fold(0.0_f32, |most, number| most.max(number.abs())) / 127.0;
    match part {
        Part::RowScales => out.extend(scale().to_le_bytes()),
        Part::I8 => {
            let scale = scale();
            let step = |number: &f32| if scale > 0.0 { (number / scale).round_ties_even() } else { 0.0 };
            #[expect(clippy::cast_possible_truncation, reason = "-127 to 127")]
            out.extend(row.iter().map(|number| (step(number) as i8).cast_unsigned()));
        }
        _ => out.extend(row.iter().flat_map(|number| number.to_le_bytes())),
    }
}

fn number(bytes: Option<&[u8]>) -> f32 {
    bytes.and_then(|two| two.try_into().ok()).map_or(0.0, |two| f16::from_le_bytes(two).to_f32())
}

fn four(kind: Kind, part: Part, block: &[u8], out: &mut Vec<u8>) {
    let (d, (m, packed)) = match kind {
        Kind::Q4_1 => (number(block.get(..2)), (number(block.get(2..4)), block.get(4..))),
        _ => {
            let d = number(block.get(..2));
            (d, (-8.0 * d, block.get(2..)))
        }
    };
    let packed = packed.unwrap_or_default();
    let low = packed.iter().map(|byte| byte & 15);
    let quants = low.chain(packed.iter().map(|byte| byte >> 4));
    match part {
        Part::Scales => out.extend(d.to_le_bytes()),
        Part::Offsets => out.extend((m + 8.0 * d).to_le_bytes()),
        Part::F32 if kind == Kind::Q4_0 => {
            out.extend(quants.flat_map(|q| ((f32::from(q) - 8.0) * d).to_le_bytes()));
        }
        Part::F32 => out.extend(quants.flat_map(|q| (f32::from(q) * d + m).to_le_bytes())),
        _ => {
            let flip = if part == Part::Int4 { 0x88 } else { 0 };
            for shift in [0_u32, 4] {
                let join = |pair: &[u8]| match pair {
                    [a, b] => Some(((a >> shift & 15) | (b >> shift & 15) << 4) ^ flip),
                    _ => None,
                };
                out.extend(packed.chunks_exact(2).filter_map(join));
            }
        }
    }
}

fn eight(part: Part, block: &[u8], out: &mut Vec<u8>) {
    let d = number(block.get(..2));
    let quants = block.get(2..).unwrap_or_default();
    match part {
        Part::Scales => out.extend(d.to_le_bytes()),
        Part::F32 => out.extend(quants.iter().flat_map(|q| (f32::from(q.cast_signed()) * d).to_le_bytes())),
        _ => out.extend(quants.iter().map(|q| q ^ 0x80)),
    }
}
