//! Any bytes as an audio file: an answer within the bounds, and never a panic or a fault.
#![no_main]

use std::io::Cursor;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use tokio_util::sync::CancellationToken;

#[allow(dead_code, unused_imports, reason = "not everything of the room is called here")]
mod speech;

use speech::{Bounds, DecodeError, RATE, decode_from};

const BOUNDS: Bounds = Bounds { most: Duration::from_secs(5), within: Duration::from_secs(10) };

/// Places where decoders are known to panic, with the lines; `decode_from` makes errors of it.
const KNOWN: &[(&str, std::ops::RangeInclusive<u32>)] = &[
    // lookup1_values of an impossible codebook: an assertion, or with overflow checks core's own pow.
    ("core/src/num/mod.rs", 0..=u32::MAX),
    ("symphonia-format-ogg-0.6.1/src/mappings/vorbis.rs", 714..=731),
    ("symphonia-codec-vorbis-0.6.1/src/codebook.rs", 36..=46),
];

/// libfuzzer-sys aborts in its hook, before anything can be caught: here too, but for what is known.
fn spare_the_known() {
    let abort = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let here = |(file, lines): &(&str, std::ops::RangeInclusive<u32>)| {
            panic.location().is_some_and(|at| at.file().ends_with(file) && lines.contains(&at.line()))
        };
        if !KNOWN.iter().any(here) {
            abort(panic);
        }
    }));
}

fn fault(what: &str) -> ! {
    eprintln!("{what}");
    std::process::abort()
}

fuzz_target!(init: spare_the_known(), |bytes: &[u8]| {
    let mut bytes = bytes.to_vec();
    sums(&mut bytes);
    match decode_from(Cursor::new(bytes), &BOUNDS, &CancellationToken::new()) {
        Ok(samples) => {
            let most = BOUNDS.most.as_secs() as usize * RATE as usize;
            if samples.is_empty() || samples.len() > most || samples.iter().any(|sample| !sample.is_finite()) {
                fault("out of bounds");
            }
        }
        Err(DecodeError::Slow { .. }) => fault("slow"),
        Err(_) => {}
    }
});

/// Makes the sums of OGG pages right, or nothing behind them would ever be reached.
fn sums(bytes: &mut [u8]) {
    let mut at = 0;
    while bytes[at..].starts_with(b"OggS") && bytes.len() > at + 27 {
        let table = at + 27 + usize::from(bytes[at + 26]);
        let Some(lengths) = bytes.get(at + 27..table) else { return };
        let end = table + lengths.iter().map(|length| usize::from(*length)).sum::<usize>();
        let Some(page) = bytes.get_mut(at..end) else { return };
        page[22..26].fill(0);
        let mut sum = 0_u32;
        for byte in &*page {
            sum ^= u32::from(*byte) << 24;
            for _ in 0..8 {
                sum = if sum & 1 << 31 == 0 { sum << 1 } else { (sum << 1) ^ 0x04c1_1db7 };
            }
        }
        page[22..26].copy_from_slice(&sum.to_le_bytes());
        at = end;
    }
}
