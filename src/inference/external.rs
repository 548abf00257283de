//! Reads which files an ONNX graph's external data lies in, before the runtime opens any of them.
//!
//! A graph is a file from elsewhere: a location outside its folder would let it read any file of the machine into a
//! tensor. Tensors stand not only in a graph's initializers but also in attributes of nodes (a `Constant`, the branches
//! of an `If`), so every place is walked that `onnx.proto` has for one. The walk over the protobuf
//! (<https://protobuf.dev/programming-guides/encoding/>) is bounded and never panics on garbage; what it cannot read to
//! the end is refused, because the runtime might read on where it stopped.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path};

/// Checks every external location of a graph: a plain relative path inside the folder, no link out of it, long enough.
///
/// # Errors
/// A sentence about the first location that does not hold.
pub(super) fn check(graph: &[u8], folder: &Path) -> Result<(), String> {
    for tensor in locations(graph)? {
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

/// Deepest nesting of messages; more than any exporter writes.
const DEEPEST: u8 = 64;

/// The messages on the way from a model to its tensors.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Model,
    Training,
    Function,
    Graph,
    Node,
    Attribute,
    Sparse,
    Tensor,
}

impl Kind {
    /// What a field of this message holds, when tensors can be below it. Numbers are those of `onnx.proto`.
    const fn field(self, number: u64) -> Option<Self> {
        match (self, number) {
            (Self::Model, 7) | (Self::Training, 1 | 2) | (Self::Attribute, 6 | 11) => Some(Self::Graph),
            (Self::Model, 20) => Some(Self::Training),
            (Self::Model, 25) => Some(Self::Function),
            (Self::Graph, 1) | (Self::Function, 7) => Some(Self::Node),
            (Self::Function, 11) | (Self::Node, 5) => Some(Self::Attribute),
            (Self::Graph, 15) | (Self::Attribute, 22 | 23) => Some(Self::Sparse),
            (Self::Graph, 5) | (Self::Attribute, 5 | 10) | (Self::Sparse, 1 | 2) => Some(Self::Tensor),
            _ => None,
        }
    }
}

/// The external data entries of every tensor of a model.
fn locations(model: &[u8]) -> Result<Vec<BTreeMap<String, String>>, String> {
    let mut found = Vec::new();
    let mut open = vec![(Kind::Model, model, 0_u8)];
    while let Some((kind, message, depth)) = open.pop() {
        if depth > DEEPEST {
            return Err("its graphs are nested too deeply".to_owned());
        }
        let fields = fields(message)?;
        if matches!(kind, Kind::Tensor) {
            let entries = entries(&fields)?;
            found.extend(Some(entries).filter(|entries| !entries.is_empty()));
            continue;
        }
        open.extend(
            fields.into_iter().filter_map(|(number, body)| Some((kind.field(number)?, body, depth + 1))),
        );
    }
    Ok(found)
}

/// A tensor's `external_data` (13): pairs of key (1) and value (2); the last of a name counts, as in protobuf.
fn entries(tensor: &[Field<'_>]) -> Result<BTreeMap<String, String>, String> {
    let mut entries = BTreeMap::new();
    for (_, entry) in tensor.iter().filter(|(number, _)| *number == 13) {
        let parts = fields(entry)?;
        let text = |wanted| {
            let last = parts.iter().rev().find(|(number, _)| *number == wanted);
            last.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
        };
        entries.insert(text(1), text(2));
    }
    Ok(entries)
}

/// Number and body of a length-delimited field.
type Field<'a> = (u64, &'a [u8]);

/// Every length-delimited field of a message. Groups are refused: `onnx.proto` has none.
fn fields(mut bytes: &[u8]) -> Result<Vec<Field<'_>>, String> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        bytes = field(bytes, &mut found).ok_or("it is no ONNX graph, or damaged")?;
    }
    Ok(found)
}

/// Reads one field; what follows it.
fn field<'a>(bytes: &'a [u8], found: &mut Vec<Field<'a>>) -> Option<&'a [u8]> {
    let (tag, rest) = varint(bytes)?;
    match tag & 7 {
        0 => varint(rest).map(|(_, rest)| rest),
        1 => rest.get(8..),
        5 => rest.get(4..),
        2 => {
            let (length, rest) = varint(rest)?;
            let (body, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            found.push((tag >> 3, body));
            Some(rest)
        }
        _ => None,
    }
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
        let tag = (u16::from(number) << 3) | 2;
        let mut bytes = match u8::try_from(tag) {
            Ok(tag) if tag < 0x80 => vec![tag],
            _ => vec![u8::try_from(tag & 0x7f).unwrap() | 0x80, u8::try_from(tag >> 7).unwrap()],
        };
        bytes.push(u8::try_from(body.len()).unwrap());
        bytes.extend(body);
        bytes
    }

    fn tensor(entries: &[(&str, &str)]) -> Vec<u8> {
        let entries = entries.iter().flat_map(|(key, value)| {
            field(13, &[field(1, key.as_bytes()), field(2, value.as_bytes())].concat())
        });
        entries.collect()
    }

    fn model(entries: &[(&str, &str)]) -> Vec<u8> {
        field(7, &field(5, &tensor(entries)))
    }

    #[test]
    fn tensors_are_found_wherever_the_format_has_them() {
        let within =
            |path: &[u8]| path.iter().rev().fold(tensor(&[("location", "../w")]), |body, n| field(*n, &body));
        let paths: [&[u8]; 12] = [
            &[7, 5],                    // initializer
            &[7, 15, 1],                // values of a sparse initializer
            &[7, 15, 2],                // its indices
            &[7, 1, 5, 5],              // Constant
            &[7, 1, 5, 10],             // an attribute of several tensors
            &[7, 1, 5, 22, 1],          // sparse Constant
            &[7, 1, 5, 23, 2],          // several of them
            &[7, 1, 5, 6, 5],           // initializer of a branch of If
            &[7, 1, 5, 11, 1, 5, 6, 5], // deeper
            &[25, 7, 5, 5],             // Constant of a function
            &[25, 11, 5],               // default of a function's attribute
            &[20, 2, 5],                // training
        ];
        for path in paths {
            let error = check(&within(path), Path::new("/nowhere")).unwrap_err();
            assert!(error.contains("outside"), "{path:?}: {error}");
        }
    }

    #[test]
    fn what_cannot_be_read_to_the_end_is_refused() {
        let graph = model(&[("location", "../w")]);
        // A group that the runtime's reader would skip: field 100, start and end.
        let hidden = [&[0xa3, 0x06, 0xa4, 0x06][..], &graph].concat();
        for bytes in [&hidden[..], &graph[..graph.len() - 1], &[0xff; 11]] {
            assert!(check(bytes, Path::new("/nowhere")).unwrap_err().contains("damaged"), "{bytes:?}");
        }
        let long = |number: u8, body: Vec<u8>| {
            let (low, high) = (body.len() & 0x7f, body.len() >> 7);
            let mut bytes =
                vec![(number << 3) | 2, 0x80 | u8::try_from(low).unwrap(), u8::try_from(high).unwrap()];
            bytes.extend(body);
            bytes
        };
        let deep = (0..30).fold(Vec::new(), |graph, _| long(1, long(5, long(6, graph))));
        assert!(check(&long(7, deep), Path::new("/nowhere")).unwrap_err().contains("deeply"));
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
