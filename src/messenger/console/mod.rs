//! The terminal as a messenger: lines in, text, progress and pictures out.
//!
//! At a terminal there is line editing, history, a bar while a picture grows and a preview of it; from a pipe one
//! message a line, answered in order. Results go to standard output, everything else to standard error. The next line
//! is asked for when the house has finished with the last one; Ctrl-C meanwhile means /stop and /cancel.

mod lines;
mod preview;
mod screen;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{DeliveryError, Dialect, ListenError, Messenger, Part, RemoteId};
use crate::inbox::Inbox;
use crate::message::{Address, Body, Language, Message, Notice, Person};
use crate::phrases::Phrases;

pub use lines::Line;
use screen::Screen;

/// Name of the terminal conversation, as in addresses.
pub const NAME: &str = "console";
/// Name of `aisaac ask`, whose replies another process prints.
pub const ASK: &str = "ask";

/// Whether everything is answered, so that the next line may be asked for.
pub type Idle = Arc<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>;

/// A conversation at the terminal.
pub struct Console {
    screen: Screen,
    language: Language,
    history: PathBuf,
    boot: String,
    count: AtomicU64,
    idle: Idle,
    interrupted: Notify,
    clock: fn() -> i64,
}

impl Console {
    /// A conversation. `history` keeps typed lines, `boot` makes message keys unique.
    #[must_use]
    pub fn new(
        phrases: Arc<Phrases>,
        language: Language,
        (history, boot): (PathBuf, String),
        idle: Idle,
        clock: fn() -> i64,
    ) -> Self {
        Self {
            screen: Screen::new(phrases, language),
            language,
            history,
            boot,
            count: AtomicU64::new(0),
            idle,
            interrupted: Notify::new(),
            clock,
        }
    }

    /// Ctrl-C while the house works: stop the answer, cancel the drawing.
    pub fn interrupt(&self) {
        self.interrupted.notify_one();
    }

    /// The message that a line is.
    fn message(&self, body: Body) -> Message {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        Message {
            address: Address { messenger: NAME.to_owned(), chat: "terminal".to_owned(), thread: None },
            key: format!("m:{}-{number}", self.boot),
            from: Person { id: "owner".to_owned(), name: None, language: Some(self.language) },
            body,
            at: (self.clock)(),
        }
    }

    async fn offer(&self, inbox: &Inbox, body: Body) -> Result<(), ListenError> {
        let message = self.message(body);
        let raw = serde_json::to_string(&message.body).unwrap_or_default();
        match inbox.accept(message, &raw, (self.clock)()).await {
            Ok(_) => Ok(()),
            Err(error) => Err(ListenError { messenger: NAME, reason: error.to_string() }),
        }
    }

    /// Waits until everything said so far is answered and drawn.
    async fn answered(&self, inbox: &Inbox, stop: &CancellationToken) -> Result<(), ListenError> {
        loop {
            if (self.idle)().await || stop.is_cancelled() {
                self.screen.rest();
                return Ok(());
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(30)) => {}
                () = self.interrupted.notified() => {
                    for command in ["/stop", "/cancel"] {
                        self.offer(inbox, Body::Text(command.to_owned())).await?;
                    }
                }
                () = stop.cancelled() => {}
            }
        }
    }
}

impl Messenger for Console {
    fn name(&self) -> &'static str {
        NAME
    }

    fn dialect(&self) -> Dialect {
        Dialect { text_limit: 100_000, caption_limit: 4_000, edits: false }
    }

    fn listen<'a>(
        &'a self,
        inbox: &'a Inbox,
        stop: CancellationToken,
    ) -> BoxFuture<'a, Result<(), ListenError>> {
        Box::pin(async move {
            let mut lines = if std::io::stdin().is_terminal() {
                lines::typed(self.history.clone(), self.screen.colour())
            } else {
                lines::piped()
            };
            // What an earlier run left unanswered comes first.
            self.answered(inbox, &stop).await?;
            loop {
                let line = tokio::select! {
                    line = lines.next() => line,
                    () = stop.cancelled() => return Ok(()),
                };
                match line {
                    Some(Line::Text(text)) => self.offer(inbox, Body::Text(text)).await?,
                    Some(Line::Broken) => self.offer(inbox, Body::Unsupported("utf8".to_owned())).await?,
                    Some(Line::Nothing) => continue,
                    None => return Ok(()),
                }
                self.answered(inbox, &stop).await?;
            }
        })
    }

    fn deliver<'a>(
        &'a self,
        part: &'a Part,
        key: &'a str,
        _replaces: Option<&'a RemoteId>,
    ) -> BoxFuture<'a, Result<RemoteId, DeliveryError>> {
        Box::pin(async move {
            self.screen
                .print(&part.body)
                .map_err(|error| DeliveryError::Never { reason: error.to_string() })?;
            Ok(RemoteId(key.to_owned()))
        })
    }

    fn show<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, ()> {
        Box::pin(async move { self.screen.show(&notice.show) })
    }
}
