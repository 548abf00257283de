//! Reads a CTranslate2 model file (binary version 6, any specification): its tensors of floats. Little-endian.
//!
//! Layout: u32 version; string specification; u32 revision; u32 variables, each: string name, u8 rank, u32 dimensions, u8
//! kind (0 f32, 1 i8, 2 i16, 3 i32, 4 f16, 5 bf16), u32 bytes, the bytes. A string is u16 length, the closing zero among
//! it, and UTF-8. Aliases follow and are not read. Source: `model_spec.py` of CTranslate2. Garbage is an error.

use std::collections::BTreeMap;

use super::FormatError;
use super::blocks::{Kind, Tensor};
use super::cursor::Cursor;

/// The file's tensors by name; a row is what one entry of the first dimension holds.
pub(super) fn read(file: &[u8]) -> Result<BTreeMap<&str, Tensor<'_>>, FormatError> {
    let mut at = Cursor::new(file);
    let version = at.u32()?;
    if version != 6 {
        return Err(FormatError::Unsupported { what: "CTranslate2 version", found: version.to_string() });
    }
    string(&mut at)?;
    at.u32()?;
    at.reading("its list of tensors");
    let count = u64::from(at.u32()?);
    let mut tensors = BTreeMap::new();
    for _ in 0..at.count(count, 8)? {
        let name = string(&mut at)?;
        let rank = at.u8()?;
        let dims = (0..rank).map(|_| at.u32().map(u64::from)).collect::<Result<Vec<_>, _>>()?;
        let (kind, size) = (at.u8()?, at.u32()? as usize);
        let offset = file.len() - at.left();
        at.take(size)?;
        let kind = match kind {
            0 => Kind::F32,
            4 => Kind::F16,
            _ => continue,
        };
        let misfit = |reason| FormatError::Misfit { name: name.to_owned(), reason };
        let product = |dims: &[u64]| dims.iter().try_fold(1_u64, |all, dim| all.checked_mul(*dim));
        let elements = product(&dims).ok_or_else(|| misfit("it is too large".to_owned()))?;
        let columns = elements / dims.first().copied().unwrap_or(1).max(1);
        let tensor = Tensor::new(kind, (elements, columns.max(1)), file, offset as u64).map_err(misfit)?;
        if tensor.bytes.len() != size {
            return Err(misfit(format!("it has {size} bytes, not {}", tensor.bytes.len())));
        }
        tensors.insert(name, tensor);
    }
    Ok(tensors)
}

fn string<'a>(at: &mut Cursor<'a>) -> Result<&'a str, FormatError> {
    let length = usize::from(at.u16()?);
    Ok(at.text(length)?.trim_end_matches('\0'))
}

#[cfg(test)]
pub(super) mod tests {
    use half::f16;
    use proptest::prelude::*;

    use super::*;

    /// A matrix of two rows (one of zeros), a vector in f32 and a flag.
    pub(crate) fn small() -> Vec<u8> {
        let mut file = 6_u32.to_le_bytes().to_vec();
        let string = |file: &mut Vec<u8>, text: &str| {
            file.extend((text.len() as u16 + 1).to_le_bytes());
            file.extend(text.as_bytes());
            file.push(0);
        };
        string(&mut file, "PocketSpec");
        file.extend(3_u32.to_le_bytes());
        file.extend(3_u32.to_le_bytes());
        let mut variable = |name: &str, dims: &[u32], kind: u8, bytes: &[u8]| {
            string(&mut file, name);
            file.push(dims.len() as u8);
            dims.iter().for_each(|dim| file.extend(dim.to_le_bytes()));
            file.push(kind);
            file.extend((bytes.len() as u32).to_le_bytes());
            file.extend(bytes);
        };
        let halves = [-2.54_f32, 1.0, 0.5, 0.0, 0.0, 0.0].map(|x| f16::from_f32(x).to_le_bytes()).concat();
        variable("m/weight", &[2, 3], 4, &halves);
        variable("v", &[2], 0, &[1.5_f32, -3.0].map(f32::to_le_bytes).concat());
        variable("flag", &[], 1, &[1]);
        file.extend(0_u32.to_le_bytes());
        file
    }

    #[test]
    fn tensors_of_floats_are_read() {
        let file = small();
        let tensors = read(&file).unwrap();
        assert_eq!(tensors.keys().copied().collect::<Vec<_>>(), ["m/weight", "v"]);
        assert_eq!(tensors["m/weight"].in_rows().count(), 2);
    }

    #[test]
    fn other_files_are_told_apart() {
        assert!(read(b"GGUF\x03\0\0\0").unwrap_err().to_string().contains("CTranslate2 version"));
        let file = small();
        assert!(read(&file[..file.len() - 8]).is_err(), "cut short");
    }

    proptest! {
        #[test]
        fn garbage_is_no_panic(cut in 0..120_usize, at in 0..120_usize, byte in any::<u8>()) {
            let mut file = small();
            if let Some(place) = file.get_mut(at) { *place = byte; }
            file.truncate(file.len().saturating_sub(cut));
            let _ = read(&file);
        }
    }
}
