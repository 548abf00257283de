//! Why a file gives no sound, each in a way that a sentence can be said about.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why audio could not be decoded. Nothing is changed by a failure: the file stays as it is and can be tried again.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// There is nothing to hear: no byte, or a whole file without a sample.
    #[error("it holds no sound at all")]
    Empty,
    /// The bytes are of no format that this room knows.
    #[error("it is no audio")]
    NotAudio,
    /// A container that holds other things only.
    #[error("this {container} file has no sound track")]
    NoAudioTrack {
        /// Name of the container.
        container: &'static str,
    },
    /// A sound track of a kind that cannot be decoded.
    #[error("{} cannot be decoded", name.unwrap_or("this kind of audio"))]
    Codec {
        /// What people call the codec or format, where it has such a name.
        name: Option<&'static str>,
    },
    /// More than is listened to.
    #[error("it is longer than {} s", most.as_secs())]
    TooLong {
        /// The limit.
        most: Duration,
        /// What the file says of itself, where it says so; decoding was not even begun then.
        stated: Option<Duration>,
    },
    /// Decoding took longer than allowed.
    #[error("it was not decoded within {} s", within.as_secs())]
    Slow {
        /// The limit.
        within: Duration,
    },
    /// It begins like audio, and not one sample could be decoded.
    #[error("it is damaged: {reason}")]
    Damaged {
        /// What the decoder says.
        reason: String,
    },
    /// The decoder panicked.
    #[error("the decoder panicked: {reason}")]
    Panicked {
        /// What the panic says.
        reason: String,
    },
    /// The disk refuses.
    #[error("{} could not be read", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Somebody said stop.
    #[error("decoding was stopped")]
    Stopped,
}
