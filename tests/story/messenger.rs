//! A messenger that says what a story wrote for it, and writes down what it is given.

use std::collections::VecDeque;
use std::io::Cursor;
use std::path::Path;
use std::sync::{Arc, Mutex};

use aisaac::inbox::Inbox;
use aisaac::message::{Address, Notice, Recording, Show};
use aisaac::messenger::{
    DeliveryError, Dialect, FetchError, Incoming, ListenError, Messenger, Part, PartBody, RemoteId,
};
use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use crate::models::sound;

/// Its name in addresses.
pub(crate) const NAME: &str = "scripted";

/// A recording that never ends.
pub(crate) const ENDLESS: &str = "endless";

/// What happened, line by line.
#[derive(Clone, Default)]
pub(crate) struct Transcript(Arc<Mutex<Vec<String>>>);

impl Transcript {
    pub(crate) fn write(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    /// A notice as people would see it; typing and clearing are no news.
    pub(crate) fn notice(&self, notice: &Notice) {
        let who = who(&notice.address);
        match &notice.show {
            Show::Typing | Show::Clear => {}
            Show::Forget => self.write(format!("  ~ {who}: (forget what you keep yourself)")),
            Show::Draft(text) => self.write(format!("  ~ {who}: {text}…")),
            Show::Hearing { done, of } => self.write(format!("  ~ {who}: heard {done} of {of} s")),
            Show::Position { place, .. } => self.write(format!("  ~ {who}: place {place}")),
            Show::Progress { step, of, .. } => {
                self.goes_on(&format!("  ~ {who}: step"), &format!(" {step}/{of}"))
            }
        }
    }

    /// Adds to the last line when it begins the same way.
    fn goes_on(&self, start: &str, more: &str) {
        let mut lines = self.0.lock().unwrap();
        match lines.last_mut() {
            Some(last) if last.starts_with(start) => last.push_str(more),
            _ => lines.push(format!("{start}{more}")),
        }
    }

    /// Everything so far; the transcript begins anew.
    pub(crate) fn take(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap()).join("\n")
    }
}

/// Delivers into the transcript, or fails as it was told to.
pub(crate) struct Scripted {
    pub(crate) transcript: Transcript,
    pub(crate) failures: Mutex<VecDeque<DeliveryError>>,
    /// Why the next recordings do not come.
    pub(crate) refusals: Mutex<VecDeque<FetchError>>,
    pub(crate) text_limit: usize,
}

impl Scripted {
    pub(crate) fn new(transcript: Transcript, text_limit: usize) -> Self {
        Self { transcript, failures: Mutex::default(), refusals: Mutex::default(), text_limit }
    }
}

fn indented(text: &str) -> String {
    text.split('\n').collect::<Vec<_>>().join("\n      ").replace("\n      \n", "\n\n")
}

fn who(address: &Address) -> &str {
    &address.chat
}

#[async_trait]
impl Messenger for Scripted {
    fn name(&self) -> &'static str {
        NAME
    }

    fn dialect(&self) -> Dialect {
        Dialect::plain(self.text_limit, 1_000)
    }

    fn private(&self, person: &str) -> Option<Address> {
        Some(Address { messenger: NAME.to_owned(), chat: person.to_owned(), thread: None })
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
        let who = who(&part.address);
        if let Some(failure) = self.failures.lock().unwrap().pop_front() {
            self.transcript.write(format!("  ✗ {who}: {failure} (key {key})"));
            return Err(failure);
        }
        match &part.body {
            PartBody::Text { plain: text, .. } => {
                self.transcript.write(format!("  → {who}: {}", indented(text)));
            }
            PartBody::Picture { path, caption, .. } => {
                let there = if path.exists() { "picture" } else { "MISSING FILE" };
                self.transcript.write(format!("  → {who}: [{there}] {}", indented(caption)));
            }
            PartBody::Gone => self.transcript.write(format!("  ✂ {who}")),
        }
        Ok(RemoteId(format!("remote-{key}")))
    }

    async fn fetch(&self, recording: &Recording) -> Result<Incoming, FetchError> {
        if let Some(failure) = self.refusals.lock().unwrap().pop_front() {
            self.transcript.write(format!("  ✗ {failure}"));
            return Err(failure);
        }
        let remote = recording.remote.as_str();
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/audio").join(remote);
        let bytes = match remote.parse() {
            Ok(number) => sound(number),
            Err(_) if remote == ENDLESS => return Ok(Box::new(tokio::io::repeat(0))),
            Err(_) if file.is_file() => std::fs::read(file).unwrap(),
            Err(_) => remote.to_owned().into_bytes(),
        };
        Ok(Box::new(Cursor::new(bytes)))
    }

    async fn show(&self, notice: &Notice) {
        self.transcript.notice(notice)
    }
}
