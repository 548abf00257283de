//! Reads GGUF (versions 2 and 3, little-endian): metadata and the tensors of the kinds that starters use.
//!
//! Layout: magic `GGUF`, u32 version, u64 tensors, u64 keys; each key: text, u32 type, value; each tensor: text, u32
//! dimensions, u64 dims (the contiguous one first), u32 kind, u64 offset from the aligned end of the header. Texts are
//! u64 length and UTF-8. Source: `docs/gguf.md` of ggml. Bounded by the file's length: garbage is an error.

use std::collections::BTreeMap;

use super::FormatError;
use super::blocks::{Kind, Tensor};
use super::cursor::Cursor;

const DEEPEST: u32 = 2;

/// The file, in pieces.
#[derive(Debug)]
pub(super) struct Gguf<'a> {
    /// Metadata.
    pub(super) metadata: BTreeMap<&'a str, Value<'a>>,
    /// Tensors by name.
    pub(super) tensors: BTreeMap<&'a str, Tensor<'a>>,
}

/// A metadata value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Whole(i128),
    Real(f64),
    Flag(bool),
    Text(&'a str),
    Texts(Vec<&'a str>),
    Values(Vec<Self>),
}

impl<'a> Gguf<'a> {
    /// Reads a whole file.
    pub(super) fn read(file: &'a [u8]) -> Result<Self, FormatError> {
        let mut at = Cursor::new(file);
        if at.take(4)? != b"GGUF" {
            return Err(FormatError::Magic { wanted: "GGUF" });
        }
        let version = at.u32()?;
        if !(2..=3).contains(&version) {
            return Err(FormatError::Unsupported { what: "GGUF version", found: version.to_string() });
        }
        let (tensors, keys) = (at.u64()?, at.u64()?);
        at.reading("its metadata");
        let mut metadata = BTreeMap::new();
        for _ in 0..at.count(keys, 13)? {
            let key = text(&mut at)?;
            let kind = at.u32()?;
            metadata.insert(key, value(&mut at, kind, 0)?);
        }
        let headers = headers(&mut at, tensors)?;
        let align = match metadata.get("general.alignment") {
            None => 32,
            Some(Value::Whole(align @ 1..=65536)) => usize::try_from(*align).unwrap_or(32),
            Some(other) => {
                return Err(FormatError::Unsupported { what: "alignment", found: format!("{other:?}") });
            }
        };
        let data = (file.len() - at.left()).next_multiple_of(align);
        let data = file.get(data..).unwrap_or_default();
        let tensors =
            headers.into_iter().map(|header| header.tensor(data)).collect::<Result<BTreeMap<_, _>, _>>()?;
        Ok(Self { metadata, tensors })
    }

    /// A list of texts.
    pub(super) fn texts(&self, key: &str) -> Result<&[&'a str], FormatError> {
        match self.metadata.get(key) {
            Some(Value::Texts(texts)) => Ok(texts),
            _ => Err(FormatError::Absent { what: "list of texts", name: key.to_owned() }),
        }
    }
}

fn text<'a>(at: &mut Cursor<'a>) -> Result<&'a str, FormatError> {
    let length = at.u64()?;
    let length = at.count(length, 1)?;
    at.text(length)
}

fn value<'a>(at: &mut Cursor<'a>, kind: u32, depth: u32) -> Result<Value<'a>, FormatError> {
    Ok(match kind {
        0 => Value::Whole(at.u8()?.into()),
        1 => Value::Whole(at.u8()?.cast_signed().into()),
        2 => Value::Whole(at.u16()?.into()),
        3 => Value::Whole(at.u16()?.cast_signed().into()),
        4 => Value::Whole(at.u32()?.into()),
        5 => Value::Whole(at.u32()?.cast_signed().into()),
        6 => Value::Real(at.f32()?.into()),
        7 => Value::Flag(at.u8()? != 0),
        8 => Value::Text(text(at)?),
        9 if depth < DEEPEST => array(at, depth + 1)?,
        10 => Value::Whole(at.u64()?.into()),
        11 => Value::Whole(at.u64()?.cast_signed().into()),
        12 => Value::Real(at.f64()?),
        other => {
            return Err(FormatError::Unsupported { what: "metadata type", found: other.to_string() });
        }
    })
}

fn array<'a>(at: &mut Cursor<'a>, depth: u32) -> Result<Value<'a>, FormatError> {
    let (kind, count) = (at.u32()?, at.u64()?);
    if kind == 8 {
        let count = at.count(count, 8)?;
        return (0..count).map(|_| text(at)).collect::<Result<_, _>>().map(Value::Texts);
    }
    let least = match kind {
        9 => 12,
        10..=12 => 8,
        4..=6 => 4,
        2 | 3 => 2,
        _ => 1,
    };
    let count = at.count(count, least)?;
    (0..count).map(|_| value(at, kind, depth)).collect::<Result<_, _>>().map(Value::Values)
}

/// What the header says of a tensor.
struct Header<'a> {
    name: &'a str,
    columns: u64,
    elements: u64,
    kind: u32,
    offset: u64,
}

fn headers<'a>(at: &mut Cursor<'a>, count: u64) -> Result<Vec<Header<'a>>, FormatError> {
    at.reading("its list of tensors");
    let count = at.count(count, 24)?;
    let mut headers = Vec::with_capacity(count);
    for _ in 0..count {
        let name = text(at)?;
        let misfit = |reason: &str| FormatError::Misfit { name: name.to_owned(), reason: reason.to_owned() };
        let dimensions = at.u32()?;
        if dimensions > 4 {
            return Err(misfit("it has more than four dimensions"));
        }
        let dims = (0..dimensions).map(|_| at.u64()).collect::<Result<Vec<_>, _>>()?;
        let elements = dims
            .iter()
            .try_fold(1_u64, |product, dim| product.checked_mul(*dim))
            .ok_or_else(|| misfit("it is too large"))?;
        let columns = dims.first().copied().unwrap_or(1);
        headers.push(Header { name, columns, elements, kind: at.u32()?, offset: at.u64()? });
    }
    Ok(headers)
}

impl<'a> Header<'a> {
    fn tensor(self, data: &'a [u8]) -> Result<(&'a str, Tensor<'a>), FormatError> {
        let kind = match self.kind {
            0 => Kind::F32,
            2 => Kind::Q4_0,
            3 => Kind::Q4_1,
            8 => Kind::Q8_0,
            other => {
                return Err(FormatError::Unsupported { what: "tensor type", found: other.to_string() });
            }
        };
        Tensor::new(kind, (self.elements, self.columns), data, self.offset)
            .map(|tensor| (self.name, tensor))
            .map_err(|reason| FormatError::Misfit { name: self.name.to_owned(), reason })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    fn put(file: &mut Vec<u8>, text: &str) {
        file.extend((text.len() as u64).to_le_bytes());
        file.extend(text.as_bytes());
    }

    /// A key with its type, and the value's bytes.
    fn key(file: &mut Vec<u8>, name: &str, kind: u32, value: &[u8]) {
        put(file, name);
        file.extend(kind.to_le_bytes());
        file.extend(value);
    }

    fn texts(items: &[&str]) -> Vec<u8> {
        let mut bytes = 8_u32.to_le_bytes().to_vec();
        bytes.extend((items.len() as u64).to_le_bytes());
        items.iter().for_each(|item| put(&mut bytes, item));
        bytes
    }

    /// Version 3 with three keys and four tensors: `f` [2] F32, `q0` [32, 1] Q4_0, `q1` [32, 4] Q4_1 whose row r has
    /// d = 1, m = r and nibbles that count up, `q8` [32] Q8_0 with -16..16 and d = 2.
    pub(crate) fn small() -> Vec<u8> {
        let mut file = b"GGUF".to_vec();
        file.extend(3_u32.to_le_bytes());
        file.extend(4_u64.to_le_bytes());
        file.extend(3_u64.to_le_bytes());
        key(&mut file, "tokenizer.ggml.tokens", 9, &texts(&["<end>", "a", "b", "ab"]));
        key(&mut file, "tokenizer.ggml.merges", 9, &texts(&["a b"]));
        let mut kinds = 5_u32.to_le_bytes().to_vec();
        kinds.extend(4_u64.to_le_bytes());
        [3_i32, 1, 1, 1].iter().for_each(|kind| kinds.extend(kind.to_le_bytes()));
        key(&mut file, "tokenizer.ggml.token_type", 9, &kinds);
        let tensors: [(&str, &[u64], u32, u64); 4] =
            [("f", &[2], 0, 0), ("q0", &[32, 1], 2, 32), ("q1", &[32, 4], 3, 64), ("q8", &[32], 8, 160)];
        for (name, dims, kind, offset) in tensors {
            put(&mut file, name);
            file.extend(u32::try_from(dims.len()).unwrap().to_le_bytes());
            dims.iter().for_each(|dim| file.extend(dim.to_le_bytes()));
            file.extend(kind.to_le_bytes());
            file.extend(offset.to_le_bytes());
        }
        file.resize(file.len().next_multiple_of(32), 0);
        let data = file.len();
        let half = |value: f32| half::f16::from_f32(value).to_le_bytes();
        [1.0_f32, 2.0].iter().for_each(|value| file.extend(value.to_le_bytes()));
        file.resize(data + 32, 0);
        file.extend(half(0.5));
        file.extend((0..16_u8).map(|q| q | q << 4));
        file.resize(data + 64, 0);
        for row in 0..4_u8 {
            file.extend(half(1.0));
            file.extend(half(f32::from(row)));
            file.extend((0..16_u8).map(|q| q | q << 4));
        }
        file.resize(data + 160, 0);
        file.extend(half(2.0));
        file.extend((-16..16_i8).map(i8::cast_unsigned));
        file
    }

    #[test]
    fn metadata_and_tensors_are_read() {
        let file = small();
        let read = Gguf::read(&file).unwrap();
        assert_eq!(read.texts("tokenizer.ggml.tokens").unwrap(), ["<end>", "a", "b", "ab"]);
        let kinds = [3, 1, 1, 1].map(Value::Whole).to_vec();
        assert_eq!(read.metadata["tokenizer.ggml.token_type"], Value::Values(kinds));
        assert_eq!(read.tensors["q1"].in_rows().count(), 4);
        assert_eq!(read.tensors["q8"].bytes.len(), 34);
        assert!(read.texts("tokenizer.ggml.scores").is_err());
    }

    #[test]
    fn other_files_are_told_apart() {
        assert_eq!(Gguf::read(b"PK\x03\x04....").unwrap_err(), FormatError::Magic { wanted: "GGUF" });
        let mut file = small();
        file[4] = 1;
        assert!(Gguf::read(&file).unwrap_err().to_string().contains("version 1"));
        let mut file = small();
        file.truncate(file.len() - 1);
        assert!(Gguf::read(&file).unwrap_err().to_string().contains("q8"));
        let mut file = small();
        file[16..24].fill(0xff);
        assert_eq!(Gguf::read(&file).unwrap_err(), FormatError::Short { what: "its metadata" });
    }

    proptest! {
        #[test]
        fn garbage_is_no_panic(cut in 0..500_usize, at in 0..500_usize, byte in any::<u8>(), tail in any::<Vec<u8>>()) {
            let mut file = small();
            if let Some(place) = file.get_mut(at) { *place = byte; }
            file.truncate(file.len().saturating_sub(cut));
            let _ = Gguf::read(&file);
            let head = [b"GGUF\x03\0\0\0".as_slice(), &tail].concat();
            let _ = Gguf::read(&head);
        }
    }
}
