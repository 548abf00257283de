//! Real files, changed at random: whatever comes of them, it is within the bounds and no panic.
//!
//! The seed is fixed: this holds what was looked at. `fuzz/` looks further.

use std::io::Cursor;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tokio_util::sync::CancellationToken;

use super::{Bounds, decode_from};
use crate::speech::DecodeError;

/// What is done to a file, in places that are parts of its length.
#[derive(Debug, Clone)]
enum Change {
    Byte(f64, u8),
    Cut(f64),
    Remove(f64, usize),
    Repeat(f64, usize),
    Number(f64, u32),
}

fn change() -> impl Strategy<Value = Change> {
    let place = || prop_oneof![0.0..1.0_f64, 0.0..0.05_f64];
    prop_oneof![
        (place(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        place().prop_map(Change::Cut),
        (place(), 1..400_usize).prop_map(|(at, length)| Change::Remove(at, length)),
        (place(), 1..400_usize).prop_map(|(at, length)| Change::Repeat(at, length)),
        (place(), prop_oneof![Just(0), Just(u32::MAX), any::<u32>()])
            .prop_map(|(at, to)| Change::Number(at, to)),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let place = |at: &f64| (at * bytes.len() as f64) as usize;
        let reach = |at: usize, length: &usize| at..(at + length).min(bytes.len());
        match change {
            Change::Cut(at) => bytes.truncate(place(at)),
            Change::Remove(at, length) => drop(bytes.drain(reach(place(at), length))),
            Change::Repeat(at, length) => bytes.extend_from_within(reach(place(at), length)),
            Change::Byte(at, to) => {
                let at = place(at);
                bytes.splice(reach(at, &1), [*to]);
            }
            Change::Number(at, to) => {
                let at = place(at);
                bytes.splice(reach(at, &4), to.to_be_bytes());
            }
        }
    }
    bytes
}

/// Makes the sums of OGG pages right, or nothing behind them would be reached.
fn sums(bytes: &mut [u8]) {
    let mut at = 0;
    while bytes[at..].starts_with(b"OggS") && bytes.len() > at + 27 {
        let table = at + 27 + usize::from(bytes[at + 26]);
        let Some(lengths) = bytes.get(at + 27..table) else { return };
        let end = table + lengths.iter().map(|length| usize::from(*length)).sum::<usize>();
        let Some(page) = bytes.get_mut(at..end) else { return };
        page[22..26].fill(0);
        let sum = page.iter().fold(0_u32, |sum, byte| {
            let shifted = |sum: u32| if sum >> 31 == 0 { sum << 1 } else { (sum << 1) ^ 0x04c1_1db7 };
            (0..8).fold(sum ^ (u32::from(*byte) << 24), |sum, _| shifted(sum))
        });
        page[22..26].copy_from_slice(&sum.to_le_bytes());
        at = end;
    }
}

/// Small files of every kind, for changing.
const KINDS: &[&str] = &[
    "20ms.ogg",
    "head.ogg",
    "chained.ogg",
    "vorbis.ogg",
    "flac.ogg",
    "speex.ogg",
    "video.ogg",
    "opus.mp4",
    "voice.mp3",
    "music.mp3",
    "voice.m4a",
    "voice.aac",
    "note.mp4",
    "video.mp4",
    "voice.flac",
    "stereo.wav",
    "8khz.wav",
];

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 100,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    #[test]
    fn changed_files_never_panic_and_never_pass_the_bounds(
        kind in 0..KINDS.len(),
        changes in prop::collection::vec(change(), 1..8),
    ) {
        let bounds = Bounds { most: Duration::from_secs(1), within: Duration::from_secs(60) };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/audio");
        let mut bytes = changed(std::fs::read(folder.join(KINDS[kind])).unwrap(), &changes);
        sums(&mut bytes);
        match decode_from(Cursor::new(bytes), &bounds, &CancellationToken::new()) {
            Ok(samples) => {
                prop_assert!(!samples.is_empty() && samples.len() <= 16_000);
                prop_assert!(samples.iter().all(|sample| sample.is_finite()));
            }
            Err(error) => prop_assert!(
                !matches!(error, DecodeError::Panicked { .. } | DecodeError::Slow { .. } | DecodeError::Io { .. }),
                "{:?}", error
            ),
        }
    }
}
