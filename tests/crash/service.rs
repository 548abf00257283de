//! The world outside: a messenger's service that takes parts, refuses them, or takes them and does not say so.

use std::io::{self, Cursor};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use aisaac::inbox::Inbox;
use aisaac::message::{Notice, Phrase, Recording};
use aisaac::messenger::{
    DeliveryError, Dialect, FetchError, Incoming, ListenError, Messenger, Part, PartBody, RemoteId,
};
use async_trait::async_trait;
use fastrand::Rng;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt as _, ReadBuf};
use tokio_util::sync::CancellationToken;

use crate::board::Board;
use crate::models::sound;

/// The messenger's name in addresses.
pub(crate) const NAME: &str = "scripted";

/// A part that people see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Arrived {
    /// The same again when the part is sent again.
    pub(crate) key: String,
    pub(crate) lane: String,
    pub(crate) reply_to: Option<String>,
    pub(crate) text: String,
    /// The grey of its first pixel, when it is a picture.
    pub(crate) grey: Option<u8>,
}

impl Arrived {
    /// A part as people see it; a picture has its file.
    pub(crate) fn of(part: &Part, key: &str) -> Self {
        let (text, grey) = match &part.body {
            PartBody::Text { plain: text, .. } => (text.clone(), None),
            PartBody::Picture { path, caption, .. } => (caption.clone(), Some(first_pixel(path))),
            PartBody::Gone => (String::new(), None),
        };
        let (lane, reply_to) = (part.address.lane(), part.reply_to.clone());
        Self { key: key.to_owned(), lane, reply_to, text, grey }
    }
}

/// As a viewer would open it: a file that is no picture is a failure.
fn first_pixel(path: &Path) -> u8 {
    let file = std::fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut reader = png::Decoder::new(std::io::BufReader::new(file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    pixels[0]
}

/// A line that is cut.
struct Broken;

impl AsyncRead for Broken {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }
}

/// What has arrived outlives the house.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) arrived: Vec<Arrived>,
    /// Keys of parts that arrived without a confirmation: these alone may arrive again.
    pub(crate) unconfirmed: Vec<String>,
    /// Keys of pictures whose file was gone when they were about to arrive.
    pub(crate) without_file: Vec<String>,
    /// The part that is between its arrival and its confirmation.
    pub(crate) under_way: Option<String>,
}

/// One life's connection to the service.
pub(crate) struct Service {
    pub(crate) world: Arc<Mutex<World>>,
    pub(crate) rng: Mutex<Rng>,
    pub(crate) board: Board,
}

impl Service {
    fn arrives(&self, part: &Part, key: &str) {
        let mut world = self.world.lock().unwrap();
        world.under_way = Some(key.to_owned());
        world.arrived.push(Arrived::of(part, key));
    }
}

#[async_trait]
impl Messenger for Service {
    fn name(&self) -> &'static str {
        NAME
    }

    fn dialect(&self) -> Dialect {
        Dialect::plain(24, 1_000)
    }

    async fn listen(&self, _inbox: &Inbox, stop: CancellationToken) -> Result<(), ListenError> {
        stop.cancelled().await;
        Ok(())
    }

    async fn deliver(
        &self,
        part: &Part,
        key: &str,
        _replaces: Option<&RemoteId>,
    ) -> Result<RemoteId, DeliveryError> {
        let reason = String::from("the schedule says so");
        let chance = self.rng.lock().unwrap().usize(0..20);
        match chance {
            0 => return Err(DeliveryError::Later { after: None, reason }),
            1 => return Err(DeliveryError::Later { after: Some(Duration::from_secs(30)), reason }),
            2 => return Err(DeliveryError::Unknown { reason }),
            3 => {
                self.arrives(part, key);
                let mut world = self.world.lock().unwrap();
                world.under_way = None;
                world.unconfirmed.push(key.to_owned());
                return Err(DeliveryError::Unknown { reason });
            }
            // Slow: others move meanwhile, before and after it arrives.
            4..8 => self.board.park(None).await,
            _ => {}
        }
        if let PartBody::Picture { path, .. } = &part.body
            && !path.exists()
        {
            self.world.lock().unwrap().without_file.push(key.to_owned());
            return Err(DeliveryError::Later { after: None, reason });
        }
        self.arrives(part, key);
        if chance == 4 {
            self.board.park(None).await;
        }
        Ok(RemoteId(format!("remote-{key}")))
    }

    async fn fetch(&self, recording: &Recording) -> Result<Incoming, FetchError> {
        let reason = String::from("the schedule says so");
        let chance = self.rng.lock().unwrap().usize(0..20);
        match chance {
            0 => return Err(FetchError::Later { after: None, reason }),
            1 => return Err(FetchError::Later { after: Some(Duration::from_secs(30)), reason }),
            2 => return Err(FetchError::Never { phrase: Phrase::new("voice-gone"), reason }),
            // It breaks off half way.
            3 => {
                let half = Cursor::new(sound(recording.remote.parse().unwrap())[..100].to_vec());
                return Ok(Box::new(half.chain(Broken)));
            }
            4..10 => self.board.park(None).await,
            _ => {}
        }
        Ok(Box::new(Cursor::new(sound(recording.remote.parse().unwrap()))))
    }

    async fn show(&self, _notice: &Notice) {}
}
