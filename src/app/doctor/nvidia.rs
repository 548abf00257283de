//! What `nvidia-smi` and the runtime library's CUDA part say. Reads; writes nothing.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::card::{Cards, parse};

/// How long `nvidia-smi` may take; where the driver hangs, it never ends.
const PATIENCE: Duration = Duration::from_secs(5);

const QUERY: [&str; 2] =
    ["--query-gpu=name,driver_version,compute_cap,memory.total", "--format=csv,noheader,nounits"];

/// The cards. Waits: not for async code.
pub(super) fn cards(program: &str) -> Cards {
    let started = Command::new(program)
        .args(QUERY)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Cards::None,
        Err(error) => return Cards::Silent(error.to_string()),
    };
    if !ended(&mut child) {
        let _ = child.kill();
        let _ = child.wait();
        return Cards::Silent(format!("{program} does not answer"));
    }
    let said = match child.wait_with_output() {
        Ok(output) if output.status.success() => {
            let cards = parse(&String::from_utf8_lossy(&output.stdout));
            return if cards.is_empty() { Cards::None } else { Cards::Seen(cards) };
        }
        Ok(output) => [output.stdout, output.stderr].concat(),
        Err(error) => return Cards::Silent(error.to_string()),
    };
    let said = String::from_utf8_lossy(&said).trim().replace('\n', " ");
    if said.contains("No devices were found") {
        Cards::None
    } else {
        Cards::Silent(said.chars().take(200).collect())
    }
}

fn ended(child: &mut Child) -> bool {
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        if !matches!(child.try_wait(), Ok(None)) {
            return true;
        }
        sleep(Duration::from_millis(20));
    }
    false
}

/// The major version of CUDA that a library links (`libcublas.so.12`); `None` where it says nothing.
pub(super) fn linked_cuda(provider: &Path) -> Option<u32> {
    links(File::open(provider).ok()?).ok().flatten()
}

/// Looks for the name in a file of hundreds of megabytes, piece by piece.
fn links(mut file: impl Read) -> io::Result<Option<u32>> {
    const NAME: &[u8] = b"libcublas.so.";
    let (mut piece, mut kept) = (vec![0; 1 << 20], Vec::new());
    loop {
        let read = file.read(&mut piece)?;
        kept.extend_from_slice(piece.get(..read).unwrap_or_default());
        let found = kept.windows(NAME.len()).position(|part| part == NAME);
        let digits = found.and_then(|at| kept.get(at + NAME.len()..)).unwrap_or_default();
        let end = digits.iter().position(|byte| !byte.is_ascii_digit());
        // The number may go on in the next piece.
        if let Some(number) = end.and_then(|end| digits.get(..end)).filter(|number| !number.is_empty()) {
            return Ok(std::str::from_utf8(number).ok().and_then(|text| text.parse().ok()));
        }
        if read == 0 {
            return Ok(None);
        }
        let from = found.unwrap_or_else(|| kept.len().saturating_sub(NAME.len()));
        kept.drain(..from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Slowly<'a>(&'a [u8]);

    impl Read for Slowly<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(5);
            into[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    #[test]
    fn a_library_says_its_cuda_wherever_the_name_is_cut() {
        for lead in 0..8 {
            let text = [&vec![b'x'; lead][..], b"\0libcublas.so.12\0libcudart.so.12\0"].concat();
            assert_eq!(links(Slowly(&text)).unwrap(), Some(12), "{lead}");
        }
        assert_eq!(links(Slowly(b"nothing of the kind")).unwrap(), None);
        assert_eq!(links(Slowly(b"libcublas.so.")).unwrap(), None);
    }

    #[cfg(unix)]
    #[test]
    fn nvidia_smi_is_missing_failing_or_answers() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let with = |name: &str, body: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
            // Another test's child may still hold the file open for writing.
            let again = |_| {
                sleep(Duration::from_millis(20));
                let found = cards(path.to_str().unwrap());
                (!matches!(&found, Cards::Silent(text) if text.contains("busy"))).then_some(found)
            };
            (0..100).find_map(again).unwrap()
        };
        assert_eq!(cards("/nowhere/nvidia-smi"), Cards::None);
        assert_eq!(with("none", "echo No devices were found; exit 6"), Cards::None);
        let failed =
            with("bad", "echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18");
        assert!(matches!(failed, Cards::Silent(text) if text.contains("mismatch")));
        let seen = with("good", "echo 'RTX 4090, 580.65.06, 8.9, 24564'");
        assert!(matches!(seen, Cards::Seen(cards) if cards.len() == 1 && cards[0].name == "RTX 4090"));
    }
}
