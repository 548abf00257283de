//! A file becomes samples: container, then track, then packets, each read when it is needed.
//!
//! In: bytes of unknown origin. Out: 16 kHz mono, values of at most one. A file that is cut short or damaged gives what
//! could be decoded; only one that gives nothing is an error. It never reads a packet after the bounds are passed, and
//! never holds more than one besides what it hands out.

mod container;
mod opus;
mod sound;
mod source;
mod track;

use std::any::Any;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use symphonia::core::errors::Error;
use symphonia::core::formats::FormatReader;
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use tokio_util::sync::CancellationToken;

use container::{Container, Unknown};
use sound::Sound;
use source::{Halt, Source, Watch};
use track::Track;

use super::DecodeError;

/// What is too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The longest sound that is decoded. Memory is bounded by it: 64 kB for each second, half a megabyte besides, and
    /// what the container keeps for itself (tables, a cover), which is never more than the file.
    pub most: Duration,
    /// The longest time that decoding may take.
    pub within: Duration,
}

/// Decodes a file of any of the known formats: OGG (Opus, Vorbis, FLAC; every link of a chain), MP3, MP4 and M4A (AAC-LC,
/// Opus, MP3, FLAC), AAC, FLAC and WAV, told by its bytes. Blocking.
///
/// Returns mono samples of 16 kHz in -1..=1, `round(n * 16000 / rate)` of them for the `n` that a reference decoder gives
/// (for Opus: what `opusdec` writes, bit for bit, before resampling). Channels are averaged.
///
/// # Errors
/// See [`DecodeError`]. A file that is longer than `bounds.most` is refused as a whole, before decoding where it says its
/// length, and otherwise as soon as it is passed. `stop` ends it within a packet.
pub fn decode(path: &Path, bounds: &Bounds, stop: &CancellationToken) -> Result<Vec<f32>, DecodeError> {
    let refused = |source| DecodeError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(refused)?;
    if !file.metadata().map_err(refused)?.is_file() {
        return Err(refused(io::ErrorKind::InvalidInput.into()));
    }
    decode_from(file, bounds, stop).map_err(|error| match error {
        DecodeError::Io { source, .. } => refused(source),
        other => other,
    })
}

/// Decodes bytes that can be sought in, as [`decode`] does. Blocking.
///
/// # Errors
/// As [`decode`]; the path of [`DecodeError::Io`] is empty.
pub fn decode_from<R>(bytes: R, bounds: &Bounds, stop: &CancellationToken) -> Result<Vec<f32>, DecodeError>
where
    R: Read + Seek + Send + Sync,
{
    let heard = catch_unwind(AssertUnwindSafe(|| {
        let mut sound = Sound::new(bounds.most);
        hear(bytes, &Watch::new(stop, bounds.within), &mut sound)?;
        sound.finish()
    }));
    heard.unwrap_or_else(|panic| Err(DecodeError::Panicked { reason: words(&*panic) }))
}

/// The whole file into the sound.
fn hear<R: Read + Seek + Send + Sync>(bytes: R, watch: &Watch, sound: &mut Sound) -> Result<(), DecodeError> {
    let mut source = Source::new(bytes, watch.clone()).map_err(unread)?;
    let container = Container::recognise(&mut source).map_err(|unknown| match unknown {
        Unknown::Io(error) => unread(error),
        Unknown::Refused(error) => error,
    })?;
    let size = source.len();
    let stream = MediaSourceStream::new(Box::new(source), MediaSourceStreamOptions::default());
    let mut reader = container.open(stream).map_err(|error| unopened(error, container))?;
    // Once, or once for every link of a chain.
    loop {
        let mut track = match Track::choose(&*reader, container, size) {
            // A link that cannot be decoded does not spoil those before it.
            Err(error) if !sound.is_empty() => {
                sound.lost(error);
                return Ok(());
            }
            chosen => chosen?,
        };
        sound.expect(track.stated())?;
        if !packets(&mut *reader, &mut track, watch, sound)? {
            return Ok(());
        }
    }
}

/// The packets of one link; whether another link follows.
fn packets(
    reader: &mut dyn FormatReader,
    track: &mut Track,
    watch: &Watch,
    sound: &mut Sound,
) -> Result<bool, DecodeError> {
    loop {
        watch.check()?;
        match reader.next_packet() {
            Ok(Some(packet)) => match track.decode(&packet) {
                Ok(Some(block)) => sound.push(&block)?,
                Ok(None) => {}
                Err(error) => sound.lost(error),
            },
            Ok(None) => return Ok(false),
            Err(Error::ResetRequired) => return Ok(true),
            Err(error) => {
                sound.lost(broken(error)?);
                return Ok(false);
            }
        }
    }
}

/// A container that does not open.
fn unopened(error: Error, container: Container) -> DecodeError {
    match error {
        Error::Unsupported(_) if container == Container::Wav => DecodeError::Codec { name: None },
        error => broken(error).map_or_else(|stopped| stopped, |reason| DecodeError::Damaged { reason }),
    }
}

/// What is wrong with the bytes, unless nothing is: then the disk refused, or we were told to end.
fn broken(error: Error) -> Result<String, DecodeError> {
    match error {
        Error::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Ok("it ends too early".into())
        }
        Error::IoError(error) => match unread(error) {
            DecodeError::Io { source, .. } if source.raw_os_error().is_none() => Ok(source.to_string()),
            other => Err(other),
        },
        error => Ok(error.to_string()),
    }
}

/// A failure of reading: ours, if the watch ended it.
fn unread(error: io::Error) -> DecodeError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Halt>()) {
        Some(halt) => (*halt).into(),
        None => DecodeError::Io { path: PathBuf::new(), source: error },
    }
}

/// What a panic says.
fn words(panic: &(dyn Any + Send)) -> String {
    let said = panic.downcast_ref::<&str>().map(ToString::to_string);
    said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "nothing".into())
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod changed;
