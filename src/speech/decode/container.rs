//! Which container a file is, by its first bytes alone.
//!
//! What is not known here is never shown to a decoder. Formats that people do send and that are not decoded have a name.

use std::io::{self, Read, Seek};

use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader};
use symphonia::core::io::{MediaSourceStream, ReadBytes as _};
use symphonia::default::formats::{AdtsReader, FlacReader, IsoMp4Reader, MpaReader, OggReader, WavReader};

use super::source::Source;
use crate::speech::DecodeError;

/// Bytes that are enough to tell: an OGG file names the codecs of its tracks in its first pages.
const HEAD: usize = 2048;

/// An ID3 tag's own header.
const ID3: usize = 10;

/// Pictures in the boxes of MP4: HEIC and AVIF.
const PICTURES: [&[u8; 4]; 7] = [b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis"];

/// What audio comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    Ogg,
    Mp4,
    Wav,
    Flac,
    Mp3,
    Adts,
}

/// Why a file is not opened.
pub(super) enum Unknown {
    Io(io::Error),
    Refused(DecodeError),
}

impl Container {
    /// Looks at the first bytes and moves the source to where the container starts.
    pub(super) fn recognise<R: Read + Seek>(source: &mut Source<R>) -> Result<Self, Unknown> {
        if source.len() == 0 {
            return Err(Unknown::Refused(DecodeError::Empty));
        }
        let mut head = source.head::<HEAD>().map_err(Unknown::Io)?;
        while let Some(bytes) = id3(&head) {
            source.skip(bytes);
            head = source.head::<HEAD>().map_err(Unknown::Io)?;
        }
        named(&head).map_err(Unknown::Refused)
    }

    /// What people call it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ogg => "OGG",
            Self::Mp4 => "MP4",
            Self::Wav => "WAV",
            Self::Flac => "FLAC",
            Self::Mp3 => "MP3",
            Self::Adts => "AAC",
        }
    }

    /// Whether a length is an estimate from the first frames' bit rate.
    pub(super) const fn guesses(self) -> bool {
        matches!(self, Self::Mp3 | Self::Adts)
    }

    /// Opens a reader of this container, and of no other.
    pub(super) fn open(self, mut stream: MediaSourceStream<'_>) -> Result<Box<dyn FormatReader + '_>, Error> {
        let options = FormatOptions::default();
        Ok(match self {
            Self::Ogg => Box::new(OggReader::try_new(stream, options)?),
            Self::Wav => Box::new(WavReader::try_new(stream, options)?),
            Self::Flac => Box::new(FlacReader::try_new(stream, options)?),
            Self::Mp3 => Box::new(MpaReader::try_new(stream, options)?),
            Self::Adts => Box::new(AdtsReader::try_new(stream, options)?),
            Self::Mp4 => {
                // It expects to stand behind the length of the first box.
                stream.ignore_bytes(4)?;
                Box::new(IsoMp4Reader::try_new(stream, options)?)
            }
        })
    }
}

fn named(head: &[u8]) -> Result<Container, DecodeError> {
    let at = |start: usize, wanted: &[u8]| head.get(start..).is_some_and(|rest| rest.starts_with(wanted));
    let other = |name| Err(DecodeError::Codec { name: Some(name) });
    match head {
        _ if at(0, b"OggS") => ogg(head),
        _ if at(4, b"ftyp") && !PICTURES.iter().any(|brand| at(8, *brand)) => Ok(Container::Mp4),
        _ if at(0, b"RIFF") && at(8, b"WAVE") => Ok(Container::Wav),
        _ if at(0, b"fLaC") => Ok(Container::Flac),
        _ if at(0, b"#!AMR") => other("AMR"),
        _ if at(0, b"#!SILK") || at(1, b"#!SILK") => other("SILK"),
        _ if at(0, b"\x1a\x45\xdf\xa3") => other("WebM"),
        _ if at(0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11") => other("WMA"),
        _ if at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC")) => other("AIFF"),
        _ if at(0, b"caff") => other("CAF"),
        _ if at(0, b".snd") => other("AU"),
        [0xff, second, third, ..] if mpeg(*second, *third) => Ok(Container::Mp3),
        [0xff, second, ..] if second & 0xf6 == 0xf0 => Ok(Container::Adts),
        _ => Err(DecodeError::NotAudio),
    }
}

/// Whether bytes after 0xff begin a frame of MPEG audio: layer, bit rate and sample rate are none of the reserved ones.
const fn mpeg(second: u8, third: u8) -> bool {
    second & 0xe0 == 0xe0
        && second & 0x18 != 0x08
        && second & 0x06 == 0x02
        && !matches!(third & 0xf0, 0x00 | 0xf0)
        && third & 0x0c != 0x0c
}

/// Length of an ID3v2 tag, when one begins here.
fn id3(head: &[u8]) -> Option<u64> {
    let [b'I', b'D', b'3', _, _, flags, length @ ..] = head.first_chunk::<ID3>()? else { return None };
    let footer = if flags & 0x10 == 0 { 0 } else { ID3 as u64 };
    let length = length.iter().fold(0, |sum, byte| (sum << 7) | u64::from(byte & 0x7f));
    Some(ID3 as u64 + length + footer)
}

/// An OGG file, by what its tracks begin with.
fn ogg(head: &[u8]) -> Result<Container, DecodeError> {
    let mut refused = DecodeError::NoAudioTrack { container: Container::Ogg.name() };
    for packet in first_packets(head) {
        let starts = |with: &[u8]| packet.starts_with(with);
        if starts(b"OpusHead") || starts(b"\x01vorbis") || starts(b"\x7fFLAC") {
            return Ok(Container::Ogg);
        }
        if starts(b"Speex   ") {
            refused = DecodeError::Codec { name: Some("Speex") };
        } else if starts(b"CELT    ") {
            refused = DecodeError::Codec { name: Some("CELT") };
        } else if packet.len() < 8 {
            refused = DecodeError::Damaged { reason: "it ends within its first page".into() };
        }
    }
    Err(refused)
}

/// The packets of the pages that begin a track. They all stand before any other page (RFC 3533, 4).
fn first_packets(mut head: &[u8]) -> Vec<&[u8]> {
    let mut packets = Vec::new();
    while let [b'O', b'g', b'g', b'S', _, flags, rest @ ..] = head {
        let segments = rest.get(20).copied().map_or(0, usize::from);
        let body = rest.get(21 + segments..).unwrap_or_default();
        let lengths = rest.get(21..21 + segments).unwrap_or_default();
        let length: usize = lengths.iter().copied().map(usize::from).sum();
        if flags & 0x02 == 0 {
            break;
        }
        packets.push(body.get(..length).unwrap_or(body));
        head = body.get(length..).unwrap_or_default();
    }
    packets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_bytes() {
        for (head, wanted) in [
            (&b"\0\0\0\x18ftypM4A "[..], "Ok(Mp4)"),
            (b"\0\0\0\x18ftypheic\0\0\0\0", "Err(NotAudio)"),
            (b"RIFF\xff\xff\xff\xffWAVEfmt ", "Ok(Wav)"),
            (b"RIFF\xff\xff\xff\xffAVI LIST", "Err(NotAudio)"),
            (b"fLaC\0", "Ok(Flac)"),
            (b"\xff\xfb\x90\x64", "Ok(Mp3)"),
            (b"\xff\xf1\x50\x80", "Ok(Adts)"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "Err(NotAudio)"),
            (b"\xff\xfe<\0h\0", "Err(NotAudio)"),
            (b"\xff\xff\xff\xff", "Err(NotAudio)"),
            (b"#!AMR\n", "Err(Codec { name: Some(\"AMR\") })"),
            (b"\x1a\x45\xdf\xa3", "Err(Codec { name: Some(\"WebM\") })"),
            (b"O", "Err(NotAudio)"),
            (b"OggS", "Err(NoAudioTrack { container: \"OGG\" })"),
            (b"\0\0\0\0\0\0\0\0", "Err(NotAudio)"),
        ] {
            assert_eq!(format!("{:?}", named(head)), wanted, "{head:?}");
        }
    }

    #[test]
    fn tags_in_front_are_measured() {
        assert_eq!(id3(b"ID3\x04\0\0\0\0\x02\x01"), Some(10 + 257));
        assert_eq!(id3(b"ID3\x04\0\x10\0\0\0\0"), Some(20));
        assert_eq!(id3(b"ID3\x04"), None);
    }
}
