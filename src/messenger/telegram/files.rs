//! Opening a recording. The service hands out files of 20 MB at most; an own Bot API server may name a file of this machine.

use std::io;
use std::path::{Component, Path};

use futures_util::TryStreamExt as _;
use reqwest12::StatusCode;
use teloxide_core::net::Download as _;
use teloxide_core::requests::Requester as _;
use teloxide_core::types::FileId;
use tokio::fs::File;
use tokio_util::io::StreamReader;

use super::client::Client;
use super::trouble::{Trouble, network, trouble};
use crate::message::Recording;
use crate::messenger::{FetchError, Incoming};

pub(super) async fn open(client: &Client, recording: &Recording) -> Result<Incoming, FetchError> {
    let bot = client.sending();
    let file = bot.get_file(FileId(recording.remote.clone())).await;
    let file = file.map_err(|error| trouble(&error).of_fetch())?;
    if file.path.starts_with('/') {
        let opened = of_this_machine(client, Path::new(&file.path)).await;
        return Ok(Box::new(opened.map_err(|trouble| trouble.of_fetch())?));
    }
    let bytes = bot.download_file_stream(&file.path);
    Ok(Box::new(StreamReader::new(Box::pin(bytes.map_err(broken)))))
}

/// A file that an own server with `--local` has laid down beside us, in the folder that it names after the bot's token. Whoever
/// answers in its place can name any file that we may read: nothing else is opened, and nothing at all for Telegram's own.
async fn of_this_machine(client: &Client, path: &Path) -> Result<File, Trouble> {
    if client.is_telegrams_own() {
        return Err(Trouble::Refused("the service names a file of this machine".to_owned()));
    }
    let mut pieces = path.components();
    if path.components().any(|piece| piece == Component::ParentDir)
        || !pieces.any(|piece| client.is_named_after_token(piece.as_os_str()))
    {
        return Err(Trouble::Refused("the server names a file outside the bot's folder".to_owned()));
    }
    let unread = |error: io::Error| Trouble::Refused(format!("the server's file cannot be read: {error}"));
    // Opening anything else might never return.
    if !tokio::fs::symlink_metadata(path).await.map_err(unread)?.is_file() {
        return Err(Trouble::Refused("what the server names is no file".to_owned()));
    }
    File::open(path).await.map_err(unread)
}

/// The address of a file holds the token: it stays out of the error.
fn broken(error: reqwest12::Error) -> io::Error {
    let gone = |status: StatusCode| {
        status.is_client_error()
            && !matches!(
                status,
                StatusCode::UNAUTHORIZED | StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
            )
    };
    if error.status().is_some_and(gone) {
        return io::Error::new(io::ErrorKind::NotFound, "the service does not have it any more");
    }
    io::Error::other(format!("{:?}", network(&error.without_url())))
}
