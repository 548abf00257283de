//! Bringing one recording: received aside, moved into its place while its message waits for it, and then the message is
//! ready. Whatever dies on the way, the file is named by a row, doomed, or not there.

use std::io;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{FetchError, Incoming, LOCAL, console};
use crate::inbox::{Inbox, StoreError, Wanted};
use crate::media::{Media, ReceiveError, Received};
use crate::message::{FreeDisk, Phrase, disk_low};

/// The largest recording that is brought, in bytes.
pub const LARGEST: u64 = 64 << 20;

/// How long a recording may take to be opened and to come.
pub(super) const COMES_WITHIN: Duration = Duration::from_secs(10 * 60);

/// Where recordings are brought to.
#[derive(Clone)]
pub struct Intake {
    pub(super) inbox: Inbox,
    media: Media,
    free_disk: FreeDisk,
}

impl Intake {
    /// An intake into the media folder, on a disk with so much room.
    #[must_use]
    pub const fn new(inbox: Inbox, media: Media, free_disk: FreeDisk) -> Self {
        Self { inbox, media, free_disk }
    }

    /// Brings a recording `from` whoever has it; what came of it, if its message still waits. It is dropped when `stop`
    /// is set.
    ///
    /// # Errors
    /// When the database fails; the recording stays wanted.
    pub async fn bring(
        &self,
        from: impl Future<Output = Result<Incoming, FetchError>>,
        wanted: &Wanted,
        stop: &CancellationToken,
    ) -> Result<Result<(), FetchError>, StoreError> {
        match stop.run_until_cancelled(self.receive(from, wanted)).await {
            Some(Ok(received)) => self.place(received, wanted).await,
            Some(Err(error)) => Ok(Err(error)),
            None => Ok(Ok(())),
        }
    }

    async fn receive(
        &self,
        from: impl Future<Output = Result<Incoming, FetchError>>,
        wanted: &Wanted,
    ) -> Result<Received, FetchError> {
        if let Some(phrase) = disk_low((self.free_disk)()) {
            return Err(FetchError::Never { phrase, reason: "too little disk is free".to_owned() });
        }
        let received = async {
            let received = self.media.receive(&wanted.file, from.await?, LARGEST).await;
            received.map_err(|error| refusal(error, wanted))
        };
        tokio::time::timeout(COMES_WITHIN, received).await.unwrap_or_else(|_| {
            Err(FetchError::Later { after: None, reason: "it takes too long to come".to_owned() })
        })
    }

    async fn place(&self, received: Received, wanted: &Wanted) -> Result<Result<(), FetchError>, StoreError> {
        let Some(placed) = self.inbox.while_wanted(wanted.id, || received.place()).await? else {
            return Ok(Ok(()));
        };
        let synced = match placed {
            Ok(()) => self.media.sync().await,
            refused => refused,
        };
        if let Err(error) = synced {
            return Ok(Err(FetchError::disk(error)));
        }
        if !self.inbox.recording_is_here(wanted.id).await? {
            self.media.remove(std::slice::from_ref(&wanted.file));
        }
        Ok(Ok(()))
    }
}

/// What a recording that was not received means for its sender. A messenger that reads files of this machine breaks off
/// when the disk does; another one when its service does.
fn refusal(error: ReceiveError, wanted: &Wanted) -> FetchError {
    match error {
        ReceiveError::TooLarge => {
            let limit = i64::try_from(LARGEST >> 20).unwrap_or(i64::MAX);
            let phrase = Phrase::new("voice-too-large").with("limit", limit);
            FetchError::Never { phrase, reason: io::ErrorKind::FileTooLarge.to_string() }
        }
        ReceiveError::Source(source) if LOCAL.contains(&wanted.messenger.as_str()) => {
            FetchError::Ours { phrase: console::unreadable(&wanted.recording, &source), source }
        }
        ReceiveError::Source(source) if source.kind() == io::ErrorKind::NotFound => {
            FetchError::Never { phrase: Phrase::new("voice-gone"), reason: source.to_string() }
        }
        ReceiveError::Source(source) => FetchError::Later { after: None, reason: source.to_string() },
        ReceiveError::Disk(source) => FetchError::disk(source),
    }
}
