//! `chat` and `ask`: the house at the terminal, and one message through the whole house.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::arguments::AskArguments;
use super::config::Config;
use super::engines::Engines;
use super::house::{Foundation, House, locale};
use super::places::Places;
use super::{clock, say};
use crate::assistant::Report;
use crate::inbox::Inbox;
use crate::media::Media;
use crate::message::{Address, Body, Content, Language, Message, Person};
use crate::messenger::console::{self, Console};
use crate::outbox::text_of;
use crate::phrases::Phrases;
use crate::store::{Role, Store};

/// A conversation at the terminal, until the person leaves or the pipe ends.
pub(super) async fn chat(places: &Places, config: &Config) -> anyhow::Result<()> {
    let foundation = Foundation::lay(places, config, places.lock()?, clock::REAL).await?;
    let reader = foundation.store.reader();
    let idle: console::Idle = Arc::new(move || {
        let reader = reader.clone();
        Box::pin(async move { reader.idle(console::NAME).await.unwrap_or(false) })
    });
    let files = (places.history(), clock::boot());
    let (phrases, language) = (foundation.phrases.clone(), foundation.language);
    let terminal = Arc::new(Console::new(phrases.clone(), language, files, idle, clock::now));
    if std::io::IsTerminal::is_terminal(&std::io::stdin()) {
        say(&phrases.say(language, "welcome"))?;
    }
    let (engines, messengers) = (Engines::installed(places, config), vec![terminal.clone() as _]);
    let house = House::build(foundation, places, config, engines, messengers, clock::REAL);
    let stop = CancellationToken::new();
    let interrupts = watch_interrupts(terminal, stop.clone());
    let running = house.run(stop.clone());
    tokio::pin!(running);
    tokio::select! {
        done = &mut running => done,
        () = interrupts => running.await,
    }
}

/// Ends the conversation at once when the person insists, or when SIGTERM says so.
async fn watch_interrupts(terminal: Arc<Console>, stop: CancellationToken) {
    tokio::select! {
        () = interrupted_twice(&terminal) => {}
        () = terminated() => {}
    }
    stop.cancel();
}

/// The first Ctrl-C stops what runs; a second one within two seconds ends the wait.
async fn interrupted_twice(terminal: &Console) {
    loop {
        if tokio::signal::ctrl_c().await.is_err() {
            return std::future::pending().await;
        }
        terminal.interrupt();
        if tokio::time::timeout(Duration::from_secs(2), tokio::signal::ctrl_c()).await.is_ok() {
            return;
        }
    }
}

/// Waits for SIGTERM; for ever where it cannot be heard.
async fn terminated() {
    if let Ok(mut signals) = signal(SignalKind::terminate())
        && signals.recv().await.is_some()
    {
        return;
    }
    std::future::pending().await
}

/// One message, inbox to outbox. With a house running on the data folder it is handed to that one. True when answered.
pub(super) async fn ask(places: &Places, config: &Config, arguments: &AskArguments) -> anyhow::Result<bool> {
    let text = arguments.text.join(" ");
    let stop = CancellationToken::new();
    match places.try_lock()? {
        Some(lock) => {
            let foundation = Foundation::lay(places, config, lock, clock::REAL).await?;
            let (store, phrases, media) =
                (foundation.store.clone(), foundation.phrases.clone(), foundation.media.clone());
            let engines = Engines::installed(places, config);
            let house = House::build(foundation, places, config, engines, Vec::new(), clock::REAL);
            let done = async {
                let answered = until_told(hand_in(&store, text, (&phrases, &media), arguments)).await;
                stop.cancel();
                answered
            };
            let (ran, answered) = tokio::join!(house.run(stop.clone()), done);
            ran?;
            answered
        }
        None => {
            let store = Store::open(&places.database(), &clock::boot(), Role::Guest, clock::now()).await?;
            let media = Media::open(places.media())?;
            until_told(hand_in(&store, text, (&Phrases::load(), &media), arguments)).await
        }
    }
}

/// Ends before the work does when somebody says so (Ctrl-C, SIGTERM); what was accepted stays in the database.
async fn until_told(work: impl Future<Output = anyhow::Result<bool>>) -> anyhow::Result<bool> {
    tokio::select! {
        done = work => done,
        _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted before the last reply"),
        () = terminated() => anyhow::bail!("told to end before the last reply"),
    }
}

async fn hand_in(
    store: &Store,
    text: String,
    (phrases, media): (&Phrases, &Media),
    arguments: &AskArguments,
) -> anyhow::Result<bool> {
    let message = Message {
        address: Address { messenger: console::ASK.to_owned(), chat: "ask".to_owned(), thread: None },
        key: format!("m:{}", clock::boot()),
        from: Person { id: "owner".to_owned(), name: None, language: Some(locale()) },
        body: Body::Text(text.clone()),
        at: clock::now(),
    };
    let id = Inbox::new(store.clone()).accept(message, &text, clock::now()).await?;
    let reader = store.reader();
    let mut shown = Vec::new();
    loop {
        let replies = reader.replies_of(id).await?;
        for reply in replies.iter().filter(|reply| !reply.ended) {
            shown.push(show(&reply.content, reply.language, (phrases, media), arguments)?);
            store.part_sent(reply.id, 0, "printed", true, clock::now()).await?;
        }
        if let Some((report, true)) = reader.ended(id).await? {
            return finish(report, shown, arguments);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Prints a reply for people, or keeps it for the one JSON line.
fn show(
    content: &Content,
    language: Language,
    (phrases, media): (&Phrases, &Media),
    arguments: &AskArguments,
) -> anyhow::Result<Value> {
    let text = text_of(content, language, phrases);
    let Content::Picture(picture) = content else {
        if !arguments.json {
            say(&text)?;
        }
        return Ok(json!({"kind": "text", "text": text}));
    };
    let file = placed(&media.path(&picture.file), arguments.out.as_deref())?;
    if !arguments.json {
        say(&format!("{text}\n{file}"))?;
    }
    Ok(json!({
        "kind": "picture", "file": file, "prompt": picture.prompt, "seed": picture.seed, "steps": picture.steps,
        "width": picture.width, "height": picture.height,
    }))
}

/// The picture where `--out` wants it.
fn placed(path: &Path, out: Option<&Path>) -> anyhow::Result<String> {
    let Some(out) = out else { return Ok(path.display().to_string()) };
    std::fs::create_dir_all(out).with_context(|| format!("the folder {}", out.display()))?;
    let copy = out.join(path.file_name().unwrap_or_default());
    std::fs::copy(path, &copy).with_context(|| format!("{} cannot be written", copy.display()))?;
    Ok(copy.display().to_string())
}

/// The one JSON line, if it is wanted. True when the message was answered.
fn finish(report: Option<String>, replies: Vec<Value>, arguments: &AskArguments) -> anyhow::Result<bool> {
    let report: Report = report.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
    if arguments.json {
        let mut line = json!({"intent": report.intent, "replies": replies, "ms": report.ms});
        if let (Some(reason), Some(object)) = (&report.reason, line.as_object_mut()) {
            object.insert("reason".to_owned(), json!(reason));
        }
        say(&line.to_string())?;
    }
    std::io::stdout().flush()?;
    Ok(!report.failed)
}
