//! Reads which files an ONNX graph's external data lies in, before the runtime opens any of them.
//!
//! A graph is a file from elsewhere: a location outside its folder would let it read any file of the machine into a
//! tensor. The walk over the protobuf (<https://protobuf.dev/programming-guides/encoding/>) is bounded and never
//! panics on garbage; field numbers are those of `onnx.proto`: model.graph = 7, graph.initializer = 5,
//! tensor.external_data = 13, entry.key = 1, entry.value = 2.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path};

/// Checks every external location of a graph: a plain relative path inside the folder, no link out of it, long enough.
///
/// # Errors
/// A sentence about the first location that does not hold.
pub(super) fn check(graph: &[u8], folder: &Path) -> Result<(), String> {
    for tensor in locations(graph) {
        let Some(location) = tensor.get("location") else { continue };
        let relative = Path::new(location);
        let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
        if location.is_empty() || !plain {
            return Err(format!("its external data points outside its folder: {location}"));
        }
        let path = folder.join(relative);
        let real = path.canonicalize().map_err(|_| format!("its external data {location} is missing"))?;
        let inside = folder.canonicalize().is_ok_and(|folder| real.starts_with(folder));
        if !inside {
            return Err(format!("its external data points outside its folder: {location}"));
        }
        let number = |key: &str| tensor.get(key).map_or(Some(0), |text| text.parse::<u64>().ok());
        let (Some(offset), Some(length)) = (number("offset"), number("length")) else {
            return Err(format!("its external data {location} has no readable place"));
        };
        let size = fs::metadata(&real).map(|data| data.len()).unwrap_or(0);
        if offset.checked_add(length).is_none_or(|end| end > size) {
            return Err(format!("its external data {location} is truncated ({size} bytes)"));
        }
    }
    Ok(())
}

/// The external data entries of every initializer.
fn locations(model: &[u8]) -> Vec<BTreeMap<String, String>> {
    let mut found = Vec::new();
    for graph in fields(model, 7) {
        for tensor in fields(graph, 5) {
            let mut entries = BTreeMap::new();
            for entry in fields(tensor, 13) {
                let text = |number| {
                    fields(entry, number).last().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
                };
                entries.insert(text(1).unwrap_or_default(), text(2).unwrap_or_default());
            }
            if !entries.is_empty() {
                found.push(entries);
            }
        }
    }
    found
}

/// Every length-delimited field with the number; ends quietly where the bytes stop making sense.
fn fields(mut bytes: &[u8], number: u64) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while let Some((tag, rest)) = varint(bytes) {
        let (body, rest) = match tag & 7 {
            0 => match varint(rest) {
                Some((_, rest)) => (None, rest),
                None => break,
            },
            1 => (None, rest.get(8..).unwrap_or_default()),
            5 => (None, rest.get(4..).unwrap_or_default()),
            2 => {
                let Some((length, rest)) = varint(rest) else { break };
                let Some((body, rest)) =
                    usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length))
                else {
                    break;
                };
                (Some(body), rest)
            }
            _ => break,
        };
        found.extend(body.filter(|_| tag >> 3 == number));
        bytes = rest;
    }
    found
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (place, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f).checked_shl(7 * u32::try_from(place).ok()?)?;
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(place + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn field(number: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![(number << 3) | 2, u8::try_from(body.len()).unwrap()];
        bytes.extend(body);
        bytes
    }

    fn model(entries: &[(&str, &str)]) -> Vec<u8> {
        let entries = entries.iter().flat_map(|(key, value)| {
            field(13, &[field(1, key.as_bytes()), field(2, value.as_bytes())].concat())
        });
        field(7, &field(5, &entries.collect::<Vec<_>>()))
    }

    #[test]
    fn data_outside_the_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("w.bin"), [0; 16]).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("link")).unwrap();
        let check = |entries: &[(&str, &str)]| check(&model(entries), folder.path());
        assert_eq!(check(&[("location", "w.bin"), ("offset", "8"), ("length", "8")]), Ok(()));
        for location in ["../w.bin", "/etc/hostname", "link", ""] {
            assert!(check(&[("location", location)]).unwrap_err().contains("outside"), "{location}");
        }
        assert!(check(&[("location", "gone.bin")]).unwrap_err().contains("missing"));
        assert!(
            check(&[("location", "w.bin"), ("offset", "8"), ("length", "9")])
                .unwrap_err()
                .contains("truncated")
        );
        assert!(check(&[("location", "w.bin"), ("offset", "-1")]).unwrap_err().contains("readable"));
    }

    proptest! {
        #[test]
        fn garbage_is_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = check(&bytes, Path::new("/nowhere"));
        }
    }
}
