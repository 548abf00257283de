//! The terminal as a messenger: lines in, text, progress and pictures out.
//!
//! At a terminal there is line editing, history, a bar while a picture grows and a preview of it; from a pipe one
//! message a line, answered in order. Results go to standard output, everything else to standard error. The next line
//! is asked for when the house has finished with the last one. Ctrl-C meanwhile means /stop, or /cancel where only a
//! picture is under way; at the prompt it drops the line, and twice it leaves.

mod files;
mod lines;
mod preview;
mod screen;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{DeliveryError, Dialect, FetchError, Incoming, ListenError, Messenger, Part, RemoteId};
use crate::inbox::Inbox;
use crate::message::{Address, Body, Language, Message, Notice, Person, Recording, Show, causes};
use crate::phrases::Phrases;

pub use files::{open, recording, unreadable};
pub use lines::Line;
use screen::Screen;

/// Name of the terminal conversation, as in addresses.
pub const NAME: &str = "console";
/// Name of `aisaac ask`, whose replies another process prints.
pub const ASK: &str = "ask";

/// What the house still does for the terminal; the next line is asked for when that is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Busy {
    /// A message is being answered.
    pub answering: bool,
    /// A picture waits or is painted.
    pub drawing: bool,
    /// A reply is on its way.
    pub delivering: bool,
}

/// Asks the house.
pub type Watch = Arc<dyn Fn() -> BoxFuture<'static, Busy> + Send + Sync>;

/// How long to wait before a line that the disk did not take is offered again.
const AGAIN: Duration = Duration::from_secs(1);

/// Ctrl-C twice within this time leaves.
const TWICE: Duration = Duration::from_secs(2);

/// A conversation at the terminal.
pub struct Console {
    screen: Arc<Screen>,
    language: Language,
    history: PathBuf,
    boot: String,
    count: AtomicU64,
    watch: Watch,
    interrupted: Notify,
    forgotten: Arc<AtomicBool>,
    clock: fn() -> i64,
}

impl Console {
    /// A conversation. `history` keeps typed lines, `boot` makes message keys unique.
    #[must_use]
    pub fn new(
        phrases: Arc<Phrases>,
        language: Language,
        (history, boot): (PathBuf, String),
        watch: Watch,
        clock: fn() -> i64,
    ) -> Self {
        Self {
            screen: Arc::new(Screen::new(phrases, language)),
            language,
            history,
            boot,
            count: AtomicU64::new(0),
            watch,
            interrupted: Notify::new(),
            forgotten: Arc::default(),
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
        let address = Address { messenger: NAME.to_owned(), chat: "terminal".to_owned(), thread: None };
        let from = Person { id: "owner".to_owned(), language: Some(self.language), ..Person::default() };
        Message::new(address, format!("m:{}-{number}", self.boot), from, body, (self.clock)())
    }

    /// Puts a message in, however long the disk takes; whoever typed it is told once that it has to wait.
    async fn offer(&self, inbox: &Inbox, body: Body, stop: &CancellationToken) -> Result<(), ListenError> {
        let message = self.message(body);
        let raw = serde_json::to_string(&message.body).unwrap_or_default();
        let mut told = false;
        loop {
            let Err(error) = inbox.accept(message.clone(), &raw, (self.clock)()).await else {
                return Ok(());
            };
            if stop.is_cancelled() {
                return Err(ListenError { messenger: NAME, reason: error.to_string() });
            }
            if !told {
                tracing::error!(
                    error = causes(&error),
                    "a line cannot be put on disk, trying again until it works"
                );
                self.screen.hint("not-kept-yet");
                told = true;
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Waits until everything said so far is answered and drawn.
    async fn answered(&self, inbox: &Inbox, stop: &CancellationToken) -> Result<(), ListenError> {
        // A Ctrl-C that came when nothing was under way is not for what comes now.
        let _ = self.interrupted.notified().now_or_never();
        loop {
            let busy = (self.watch)().await;
            if busy == Busy::default() || stop.is_cancelled() {
                self.screen.rest();
                return Ok(());
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(30)) => {}
                () = self.interrupted.notified(), if busy.answering || busy.drawing => {
                    let command = if busy.answering { "/stop" } else { "/cancel" };
                    self.offer(inbox, Body::Text(command.to_owned()), stop).await?;
                }
                () = stop.cancelled() => {}
            }
        }
    }
}

#[async_trait]
impl Messenger for Console {
    fn name(&self) -> &'static str {
        NAME
    }

    fn dialect(&self) -> Dialect {
        Dialect::plain(100_000, 4_000)
    }

    async fn listen(&self, inbox: &Inbox, stop: CancellationToken) -> Result<(), ListenError> {
        let mut lines = if std::io::stdin().is_terminal() {
            lines::typed(self.history.clone(), self.forgotten.clone(), self.screen.colour())
        } else {
            lines::piped()
        };
        // What an earlier run left unanswered comes first.
        self.answered(inbox, &stop).await?;
        let mut interrupted: Option<Instant> = None;
        loop {
            let line = tokio::select! {
                line = lines.next() => line,
                () = stop.cancelled() => return Ok(()),
            };
            match line {
                Some(Line::Text(text)) => self.offer(inbox, files::body(text), &stop).await?,
                Some(Line::Broken) => self.offer(inbox, Body::Unsupported("utf8".to_owned()), &stop).await?,
                Some(Line::Nothing) => continue,
                Some(Line::Interrupted) if interrupted.is_some_and(|at| at.elapsed() < TWICE) => {
                    return Ok(());
                }
                Some(Line::Interrupted) => {
                    interrupted = Some(Instant::now());
                    self.screen.hint("console-leave");
                    continue;
                }
                None => return Ok(()),
            }
            self.answered(inbox, &stop).await?;
        }
    }

    async fn deliver(
        &self,
        part: &Part,
        key: &str,
        _replaces: Option<&RemoteId>,
    ) -> Result<RemoteId, DeliveryError> {
        let (screen, body) = (self.screen.clone(), part.body.clone());
        let never = |reason: String| DeliveryError::Never { reason };
        tokio::task::spawn_blocking(move || screen.print(&body))
            .await
            .map_err(|error| never(error.to_string()))?
            .map_err(|error| never(error.to_string()))?;
        Ok(RemoteId(key.to_owned()))
    }

    async fn fetch(&self, recording: &Recording) -> Result<Incoming, FetchError> {
        files::open(recording).await
    }

    async fn show(&self, notice: &Notice) {
        if notice.show == Show::Forget {
            self.forgotten.store(true, Ordering::SeqCst);
            if let Err(error) = tokio::fs::remove_file(&self.history).await
                && error.kind() != std::io::ErrorKind::NotFound
            {
                tracing::warn!(%error, "typed lines could not be deleted");
            }
        }
        let (screen, show) = (self.screen.clone(), notice.show.clone());
        // On a thread of its own: a terminal may hold up whoever writes to it.
        let _ = tokio::task::spawn_blocking(move || screen.show(&show)).await;
    }
}
