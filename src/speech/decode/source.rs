//! Bytes of a file for as long as nobody says stop and there is time.

use std::io::{self, Read, Seek, SeekFrom};
use std::time::{Duration, Instant};

use symphonia::core::io::MediaSource;
use tokio_util::sync::CancellationToken;

use crate::speech::DecodeError;

/// Why reading ends early.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(super) enum Halt {
    #[error("stopped")]
    Stopped,
    #[error("no time is left")]
    Late { within: Duration },
}

impl From<Halt> for DecodeError {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Stopped => Self::Stopped,
            Halt::Late { within } => Self::Slow { within },
        }
    }
}

/// Somebody who may say stop, and a deadline.
#[derive(Clone)]
pub(super) struct Watch {
    stop: CancellationToken,
    begun: Instant,
    within: Duration,
}

impl Watch {
    pub(super) fn new(stop: &CancellationToken, within: Duration) -> Self {
        Self { stop: stop.clone(), begun: Instant::now(), within }
    }

    /// Asked before every read and every packet.
    pub(super) fn check(&self) -> Result<(), Halt> {
        if self.stop.is_cancelled() {
            Err(Halt::Stopped)
        } else if self.begun.elapsed() > self.within {
            Err(Halt::Late { within: self.within })
        } else {
            Ok(())
        }
    }
}

/// A file, from where its audio starts (what stands before, an ID3 tag, is not there for whoever reads).
pub(super) struct Source<R> {
    bytes: R,
    start: u64,
    end: u64,
    watch: Watch,
}

impl<R: Read + Seek> Source<R> {
    pub(super) fn new(mut bytes: R, watch: Watch) -> io::Result<Self> {
        let end = bytes.seek(SeekFrom::End(0))?;
        bytes.rewind()?;
        Ok(Self { bytes, start: 0, end, watch })
    }

    /// Bytes from the start of the audio.
    pub(super) const fn len(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Moves the start on.
    pub(super) fn skip(&mut self, bytes: u64) {
        self.start = self.start.saturating_add(bytes);
    }

    /// The first bytes, as many as there are; reading begins at the start again afterwards.
    pub(super) fn head<const N: usize>(&mut self) -> io::Result<Vec<u8>> {
        self.rewind()?;
        let mut head = Vec::with_capacity(N);
        self.by_ref().take(N as u64).read_to_end(&mut head)?;
        self.rewind()?;
        Ok(head)
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.watch.check().map_err(io::Error::other)?;
        self.bytes.read(buffer)
    }
}

impl<R: Seek> Seek for Source<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => SeekFrom::Start(self.start.saturating_add(at)),
            other => other,
        };
        let at = self.bytes.seek(to)?;
        at.checked_sub(self.start).ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }
}

impl<R: Read + Seek + Send + Sync> MediaSource for Source<R> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.len())
    }
}
