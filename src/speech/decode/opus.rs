//! What the head of an Opus track says that the decoder does not act on: samples to drop, and the gain (RFC 7845, 5.1).
//!
//! The adapter around libopus drops from the first packet only, so that a pre-skip longer than a packet would be cut
//! short, and knows no gain; so it is not told of either, and the caller does both.

/// Pre-skip and gain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Head {
    /// Samples of 48 kHz to drop at the start of the track.
    pub(super) skip: usize,
    /// What every sample is multiplied with.
    pub(super) gain: f32,
}

impl Head {
    /// Reads an identification header. Those of MP4 files (version 0) are big-endian, those of OGG (1 to 15) little.
    /// One that cannot be read drops nothing.
    pub(super) fn read(head: &[u8]) -> Self {
        let pair = |at: usize| {
            let pair =
                head.get(at..at + 2).and_then(|pair| <[u8; 2]>::try_from(pair).ok()).unwrap_or_default();
            if head.get(8) == Some(&0) { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
        };
        let decibels = f32::from(pair(16).cast_signed()) / 256.0;
        Self { skip: pair(10).into(), gain: 10_f32.powf(decibels / 20.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_byte_orders_are_read() {
        let ogg = b"OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\xfa\x00";
        let mp4 = b"OpusHead\x00\x01\x01\x38\x00\x00\xbb\x80\xfa\x00\x00";
        for head in [ogg, mp4] {
            let Head { skip, gain } = Head::read(head);
            assert_eq!(skip, 312);
            assert!((gain - 0.501).abs() < 0.001, "-6 dB: {gain}");
        }
        assert_eq!(Head::read(b"OpusHead"), Head { skip: 0, gain: 1.0 });
    }
}
