//! A precompiled charsmap: which beginnings of a text are replaced by what.
//!
//! Format (`normalizer.cc`, `DecodePrecompiledCharsMap`): u32 length of a double-array trie, the trie, then replacements
//! that end with a zero byte; numbers are little-endian. A unit of the trie is read as in Darts-clone (`darts.h`): bit 8
//! says that a value follows, bits 0 to 7 and 31 are the label, the rest is the offset. The longest beginning counts.

/// Replacements of a normaliser.
#[derive(Debug, Clone, Default)]
pub(super) struct CharsMap {
    trie: Vec<u32>,
    replacements: String,
}

impl CharsMap {
    /// Reads it; empty bytes replace nothing.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let damaged = || "its charsmap is damaged".to_owned();
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(damaged)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| damaged())?;
        let (trie, replacements) = rest.split_at_checked(length).ok_or_else(damaged)?;
        let (units, over) = trie.as_chunks::<4>();
        if !over.is_empty() {
            return Err(damaged());
        }
        let replacements = String::from_utf8(replacements.to_vec()).map_err(|_| damaged())?;
        Ok(Self { trie: units.iter().map(|unit| u32::from_le_bytes(*unit)).collect(), replacements })
    }

    /// What the longest replaceable beginning of a text becomes, and its length in bytes.
    pub(super) fn longest(&self, text: &str) -> Option<(&str, usize)> {
        let mut node = offset(*self.trie.first()?);
        let mut found = None;
        for (place, byte) in text.bytes().enumerate().take_while(|(_, byte)| *byte != 0) {
            node ^= usize::from(byte);
            let Some(unit) = self.trie.get(node).copied().filter(|unit| label(*unit) == u32::from(byte))
            else {
                break;
            };
            node ^= offset(unit);
            if has_value(unit)
                && let Some(value) = self.trie.get(node)
            {
                found = Some((value & 0x7fff_ffff, place + 1));
            }
        }
        let (value, length) = found?;
        let rest = self.replacements.get(usize::try_from(value).ok()?..)?;
        Some((rest.split('\0').next().unwrap_or_default(), length))
    }
}

const fn has_value(unit: u32) -> bool {
    unit & (1 << 8) != 0
}

const fn label(unit: u32) -> u32 {
    unit & ((1 << 31) | 0xff)
}

const fn offset(unit: u32) -> usize {
    ((unit >> 10) << ((unit & (1 << 9)) >> 6)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_bytes_are_refused_or_replace_nothing() {
        assert_eq!(CharsMap::read(&[]).unwrap().longest("a"), None);
        for bytes in [&[1][..], &[8, 0, 0, 0, 1], &[3, 0, 0, 0, 1, 2, 3, 0], &[0, 0, 0, 0, 0xff]] {
            assert!(CharsMap::read(bytes).is_err(), "{bytes:?}");
        }
        // A trie that leads nowhere.
        let wild = CharsMap::read(&[4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0]).unwrap();
        assert_eq!(wild.longest("кот"), None);
    }
}
