//! Opening a recording. The service hands out files of 20 MB at most; an own Bot API server may name a file of this machine.

use std::io;

use futures_util::TryStreamExt as _;
use teloxide_core::net::Download as _;
use teloxide_core::requests::Requester as _;
use teloxide_core::types::FileId;
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
        let opened = tokio::fs::File::open(&file.path).await;
        let reason =
            |error: io::Error| Trouble::Refused(format!("the server's file cannot be read: {error}"));
        return Ok(Box::new(opened.map_err(|error| reason(error).of_fetch())?));
    }
    let bytes = bot.download_file_stream(&file.path);
    Ok(Box::new(StreamReader::new(Box::pin(bytes.map_err(broken)))))
}

/// The address of a file holds the token: it stays out of the error.
fn broken(error: reqwest12::Error) -> io::Error {
    if error.status().is_some_and(|status| status.is_client_error()) {
        return io::Error::new(io::ErrorKind::NotFound, "the service does not have it any more");
    }
    io::Error::other(format!("{:?}", network(&error.without_url())))
}
