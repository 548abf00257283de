//! `ask`: one message through the whole house, inbox to outbox.
//!
//! With a house running on the data folder the message is handed to that one; when that house goes before it has
//! answered, this process takes its place. The same message is offered again then and kept once.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::arguments::AskArguments;
use super::config::Config;
use super::engines::Engines;
use super::house::{Foundation, House, free_disk, locale};
use super::places::Places;
use super::signals::{Interrupts, terminated};
use super::sorry::sorry;
use super::{clock, say};
use crate::assistant::Report;
use crate::inbox::Inbox;
use crate::media::Media;
use crate::message::{Address, Body, Content, FreeDisk, Message, MessageId, Person, Phrase};
use crate::messenger::{Intake, console};
use crate::outbox::{quoted, text_of};
use crate::phrases::Phrases;
use crate::store::{Ended, Left, ReplyRow, Role, Store, insist};

/// How often a process beside a house looks whether that house is gone.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Asks. True when answered, false when it ended in a phrase of failure.
pub(super) async fn ask(places: &Places, config: &Config, arguments: &AskArguments) -> anyhow::Result<bool> {
    let mut question = Question::new(arguments, free_disk(places));
    let mut interrupts = Interrupts::listen();
    let lock = match places.try_lock()? {
        Some(lock) => lock,
        None => {
            let store = Store::open(&places.database(), &clock::boot(), Role::Guest, clock::now()).await?;
            let media = Media::open(places.media())?;
            let phrases = Phrases::load();
            let outcome = tokio::select! {
                answered = question.until_told(&store, &phrases, &media, &mut interrupts) => Ok(answered?),
                lock = until_free(places) => Err(lock?),
            };
            store.close().await;
            match outcome {
                Ok(answered) => return Ok(answered),
                Err(lock) => lock,
            }
        }
    };
    let foundation = Foundation::lay(places, config, lock, clock::REAL).await?;
    let (store, phrases, media) =
        (foundation.store.clone(), foundation.phrases.clone(), foundation.media.clone());
    let engines = Engines::installed(places, config);
    let house = House::build(foundation, places, config, engines, Vec::new(), clock::REAL);
    let stop = CancellationToken::new();
    let done = async {
        let answered = question.until_told(&store, &phrases, &media, &mut interrupts).await;
        stop.cancel();
        answered
    };
    let mut told = Interrupts::listen();
    tokio::select! {
        (ran, answered) = async { tokio::join!(house.run(stop.clone()), done) } => {
            ran?;
            answered
        }
        // Whoever insists does not wait for a model to end.
        () = async { told.next().await; told.next().await } => Err(sorry(Phrase::new("interrupted"))),
    }
}

/// Waits until no house runs on the data folder, and takes its place.
async fn until_free(places: &Places) -> anyhow::Result<File> {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if let Some(lock) = places.try_lock()? {
            return Ok(lock);
        }
    }
}

/// The message, and what has been said to it so far.
struct Question<'a> {
    arguments: &'a AskArguments,
    message: Message,
    id: Option<MessageId>,
    replies: Vec<Value>,
    free_disk: FreeDisk,
}

impl<'a> Question<'a> {
    fn new(arguments: &'a AskArguments, free_disk: FreeDisk) -> Self {
        let address = Address { messenger: console::ASK.to_owned(), chat: "ask".to_owned(), thread: None };
        let from = Person { id: "owner".to_owned(), language: Some(locale()), ..Person::default() };
        let key = format!("m:{}", clock::boot());
        let message = Message::new(address, key, from, body(arguments), clock::now());
        Self { arguments, message, id: None, replies: Vec::new(), free_disk }
    }

    /// Puts the message, and ends before the last reply when somebody says so: then nothing more is done for it.
    async fn until_told(
        &mut self,
        store: &Store,
        phrases: &Phrases,
        media: &Media,
        interrupts: &mut Interrupts,
    ) -> anyhow::Result<bool> {
        tokio::select! {
            done = self.put(store, phrases, media) => {
                // Nobody waits for what failed here, and what is asked next must not.
                if let (Err(_), Some(id)) = (&done, self.id) {
                    store.abandon(id, clock::now()).await?;
                }
                return done;
            }
            () = interrupts.next() => {}
            () = terminated() => {}
        }
        if let Some(id) = self.id {
            store.abandon(id, clock::now()).await?;
        }
        Err(sorry(Phrase::new("interrupted")))
    }

    /// Offers the message and shows every reply to it.
    async fn put(&mut self, store: &Store, phrases: &Phrases, media: &Media) -> anyhow::Result<bool> {
        let raw = serde_json::to_string(&self.message.body)?;
        let id = Inbox::new(store.clone()).accept(self.message.clone(), &raw, clock::now()).await?;
        self.id = Some(id);
        self.bring(store, media).await?;
        let (reader, never) = (store.reader(), CancellationToken::new());
        loop {
            for reply in reader.replies_of(id).await?.iter().filter(|reply| !reply.ended) {
                let shown = self.show(reply, phrases, media)?;
                self.replies.push(shown);
                let printed = Left::last(0, "printed");
                let sent = || store.part_sent(reply.id, &printed, clock::now());
                insist("noting a reply", &never, sent).await;
            }
            match reader.ended(id).await? {
                Some(ended) if ended.everything => return self.finish(ended),
                Some(_) => {}
                // Somebody said /forget meanwhile.
                None => return Err(sorry(Phrase::new("ask-forgotten"))),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Brings the recording into the house; a daemon may not be allowed to read where it lies.
    async fn bring(&self, store: &Store, media: &Media) -> anyhow::Result<()> {
        let wanted = store.wanted_recordings().await?;
        let Some(wanted) = wanted.into_iter().find(|one| Some(one.id) == self.id) else { return Ok(()) };
        let intake = Intake::new(Inbox::new(store.clone()), media.clone(), self.free_disk.clone());
        let (from, never) = (console::open(&wanted.recording), CancellationToken::new());
        // Whoever asks waits at a terminal: what fails is said at once.
        if let Err(error) = intake.bring(from, &wanted, &never).await? {
            store.recording_is_missing(wanted.id, &error.phrase()).await?;
        }
        Ok(())
    }

    /// Prints a reply for people, or keeps it for the one JSON line.
    fn show(&self, reply: &ReplyRow, phrases: &Phrases, media: &Media) -> anyhow::Result<Value> {
        let text = text_of(&reply.content, reply.language, phrases);
        let Content::Picture(picture) = &reply.content else {
            if !self.arguments.json {
                say(&quoted(reply.heard.as_deref(), &text))?;
            }
            return Ok(json!({"kind": "text", "text": text}));
        };
        let file = placed(&media.path(&picture.file), self.arguments.out.as_deref())?;
        if !self.arguments.json {
            say(&format!("{text}\n{file}"))?;
        }
        Ok(json!({
            "kind": "picture", "file": file, "prompt": picture.prompt, "seed": picture.seed, "steps": picture.steps,
            "width": picture.width, "height": picture.height,
        }))
    }

    /// The one JSON line, if it is wanted. True when the message was answered.
    fn finish(&mut self, ended: Ended) -> anyhow::Result<bool> {
        let report = ended.report.and_then(|json| serde_json::from_str(&json).ok());
        let report: Report = report.unwrap_or_default();
        if self.arguments.json {
            let replies = std::mem::take(&mut self.replies);
            let mut line = json!({"intent": report.intent, "replies": replies, "ms": report.ms});
            for (name, value) in [("reason", &report.reason), ("transcript", &report.transcript)] {
                if let (Some(value), Some(object)) = (value, line.as_object_mut()) {
                    object.insert(name.to_owned(), json!(value));
                }
            }
            say(&line.to_string())?;
        }
        std::io::stdout().flush()?;
        Ok(!report.failed && !ended.undrawn)
    }
}

fn body(arguments: &AskArguments) -> Body {
    let text = arguments.text.join(" ");
    match &arguments.voice {
        Some(file) => Body::Voice(console::recording(file, Some(text).filter(|text| !text.is_empty()))),
        None => Body::Text(text),
    }
}

/// The picture where `--out` wants it.
fn placed(path: &Path, out: Option<&Path>) -> anyhow::Result<String> {
    let Some(out) = out else { return Ok(path.display().to_string()) };
    std::fs::create_dir_all(out).with_context(|| format!("the folder {}", out.display()))?;
    let copy = out.join(path.file_name().unwrap_or_default());
    std::fs::copy(path, &copy).with_context(|| format!("{} cannot be written", copy.display()))?;
    Ok(copy.display().to_string())
}
