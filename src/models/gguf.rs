//! Reads a GGUF file, version 2 or 3: token lists of the metadata and raw tensors. Little-endian, bounded: nothing
//! panics on garbage. The layout stands in `models/recipes/gguf_file.py`, the reference for this reader.

use std::collections::BTreeMap;

use super::bytes::Cursor;
use super::fill::{Kind, Package, Tensor};

/// Most entries of anything in the file; more is garbage.
const MOST: u64 = 10_000_000;
const STRING: u32 = 8;
const ARRAY: u32 = 9;
/// How deep arrays of arrays may go.
const DEEPEST: u32 = 4;

/// Reads the whole file; `None` where it does not hold what it says.
pub(super) fn read(file: &[u8]) -> Option<Package<'_>> {
    let mut at = Cursor::new(file);
    if at.take(4)? != b"GGUF" || !matches!(at.u32()?, 2 | 3) {
        return None;
    }
    let (tensors, entries) = (at.u64()?, at.u64()?);
    if tensors > MOST || entries > MOST {
        return None;
    }
    let (mut lists, mut align) = (BTreeMap::new(), 32_usize);
    for _ in 0..entries {
        let key = string(&mut at)?.to_owned();
        let kind = at.u32()?;
        match key.as_str() {
            "general.alignment" => align = at.u32()? as usize,
            "tokenizer.ggml.tokens" | "tokenizer.ggml.merges" if kind == ARRAY => {
                lists.insert(key, strings(&mut at)?);
            }
            _ => skip(&mut at, kind, 0)?,
        }
    }
    let mut rows = Vec::new();
    for _ in 0..tensors {
        let name = string(&mut at)?.to_owned();
        let dimensions = at.u32()?;
        let mut elements = 1_usize;
        for _ in 0..dimensions {
            elements = elements.checked_mul(usize::try_from(at.u64()?).ok()?)?;
        }
        rows.push((name, elements, at.u32()?, usize::try_from(at.u64()?).ok()?));
    }
    let start = (file.len() - at.rest().len()).checked_next_multiple_of(align)?;
    let tensors = rows.into_iter().map(|(name, elements, kind, offset)| {
        let (kind, bytes) = match kind {
            0 => (Kind::F32, elements.checked_mul(4)?),
            3 => (Kind::Q4_1, (elements / 32).checked_mul(20)?),
            8 => (Kind::Q8_0, (elements / 32).checked_mul(34)?),
            _ => return None,
        };
        let from = start.checked_add(offset)?;
        Some((name, Tensor { kind, bytes: file.get(from..from.checked_add(bytes)?)? }))
    });
    let tensors = tensors.collect::<Option<_>>()?;
    let (tokens, merges) = (lists.remove("tokenizer.ggml.tokens"), lists.remove("tokenizer.ggml.merges"));
    Some(Package {
        tensors,
        pieces: Vec::new(),
        tokens: tokens.unwrap_or_default(),
        merges: merges.unwrap_or_default(),
    })
}

fn string<'a>(at: &mut Cursor<'a>) -> Option<&'a str> {
    let size = usize::try_from(at.u64()?).ok()?;
    std::str::from_utf8(at.take(size)?).ok()
}

fn strings(at: &mut Cursor<'_>) -> Option<Vec<String>> {
    let (kind, count) = (at.u32()?, at.u64()?);
    if kind != STRING || count > MOST {
        return None;
    }
    (0..count).map(|_| string(at).map(str::to_owned)).collect()
}

/// Steps over a value.
fn skip(at: &mut Cursor<'_>, kind: u32, depth: u32) -> Option<()> {
    let size = match kind {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        10..=12 => 8,
        STRING => return string(at).map(|_| ()),
        ARRAY if depth < DEEPEST => {
            let (kind, count) = (at.u32()?, at.u64()?);
            if count > MOST {
                return None;
            }
            for _ in 0..count {
                skip(at, kind, depth + 1)?;
            }
            return Some(());
        }
        _ => return None,
    };
    at.take(size).map(|_| ())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(file: &mut Vec<u8>, text: &str) {
        file.extend((text.len() as u64).to_le_bytes());
        file.extend(text.as_bytes());
    }

    /// Tokens, a merge, and one block each of Q4_1 (d 0.5, m 1) and Q8_0 (d 2), q counting up.
    pub(crate) fn small() -> Vec<u8> {
        let mut file = b"GGUF".to_vec();
        file.extend(3_u32.to_le_bytes());
        file.extend(2_u64.to_le_bytes());
        file.extend(3_u64.to_le_bytes());
        for (key, values) in
            [("tokenizer.ggml.tokens", vec!["a", "b", "ab"]), ("tokenizer.ggml.merges", vec!["a b"])]
        {
            text(&mut file, key);
            file.extend(ARRAY.to_le_bytes());
            file.extend(STRING.to_le_bytes());
            file.extend((values.len() as u64).to_le_bytes());
            values.iter().for_each(|value| text(&mut file, value));
        }
        text(&mut file, "llama.rope.freq_base");
        file.extend(6_u32.to_le_bytes());
        file.extend(1e4_f32.to_le_bytes());
        for (name, kind, offset) in [("w", 3_u32, 0_u64), ("e", 8, 32)] {
            text(&mut file, name);
            file.extend(1_u32.to_le_bytes());
            file.extend(32_u64.to_le_bytes());
            file.extend(kind.to_le_bytes());
            file.extend(offset.to_le_bytes());
        }
        file.resize(file.len().next_multiple_of(32), 0);
        file.extend(half::f16::from_f32(0.5).to_le_bytes());
        file.extend(half::f16::from_f32(1.0).to_le_bytes());
        file.extend((0..16_u8).map(|q| q | q << 4));
        file.resize(file.len().next_multiple_of(32), 0);
        file.extend(half::f16::from_f32(2.0).to_le_bytes());
        file.extend(0..32_u8);
        file
    }

    #[test]
    fn tokens_and_tensors_are_read() {
        let file = small();
        let read = read(&file).unwrap();
        assert_eq!((read.tokens.len(), read.merges.as_slice()), (3, ["a b".to_owned()].as_slice()));
        assert_eq!((read.tensors["w"].kind, read.tensors["e"].kind), (Kind::Q4_1, Kind::Q8_0));
    }

    proptest! {
        #[test]
        fn garbage_is_no_panic(cut in 0..300_usize, at in 0..300_usize, byte in any::<u8>()) {
            let mut file = small();
            if let Some(place) = file.get_mut(at) { *place = byte; }
            file.truncate(file.len().saturating_sub(cut));
            let _ = read(&file);
        }
    }
}
