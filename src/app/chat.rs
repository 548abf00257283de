//! `chat`: the house at the terminal, until the person leaves or the pipe ends.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::config::Config;
use super::engines::Engines;
use super::house::{Foundation, House};
use super::offer::offer;
use super::places::Places;
use super::signals::{Interrupts, terminated};
use super::sorry::sorry;
use super::{clock, say};
use crate::intent::{self, Tongue};
use crate::message::{Language, Phrase};
use crate::messenger::console::{self, Busy, Console};
use crate::phrases::Phrases;
use crate::store::Reader;

/// A second Ctrl-C within this time leaves at once.
const TWICE: Duration = Duration::from_secs(2);

/// How long leaving at once may take.
const AT_ONCE: Duration = Duration::from_secs(1);

/// A conversation at the terminal.
pub(super) async fn chat(places: &Places, config: &Config) -> anyhow::Result<()> {
    let mut interrupts = Interrupts::listen();
    let person = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let lock = places.lock()?;
    let laid = async {
        tokio::select! {
            foundation = Foundation::lay(places, config, lock, clock::REAL) => foundation,
            () = interrupts.next() => Err(sorry(Phrase::new("interrupted"))),
        }
    };
    let offered = async { if person { offer(places, config).await } else { None } };
    let (foundation, offered) = tokio::join!(laid, offered);
    let foundation = foundation?;
    let engines = Engines::installed(places, config);
    let (phrases, language) = (foundation.phrases.clone(), foundation.language);
    let watch = watch(foundation.store.reader(), engines.painting.is_some());
    let files = (places.history(), clock::boot());
    let terminal = Arc::new(Console::new(phrases.clone(), language, files, watch, clock::now));
    if std::io::stdin().is_terminal() {
        for phrase in welcome(&engines, &phrases, language) {
            say(&phrases.render(language, &phrase))?;
        }
        if let Some(offered) = offered {
            say(&phrases.render(language, &offered.phrase("offer")))?;
        }
    }
    let (store, messengers) = (foundation.store.clone(), vec![terminal.clone() as _]);
    let house = House::build(foundation, places, config, engines, messengers, clock::REAL);
    let stop = CancellationToken::new();
    let running = house.run(stop.clone());
    tokio::pin!(running);
    tokio::select! {
        done = &mut running => return done,
        () = interrupted_twice(&mut interrupts, &terminal) => {
            stop.cancel();
            // Whoever insists does not wait for a model: what is in hand goes back as it is.
            let done = tokio::time::timeout(AT_ONCE, &mut running).await;
            if let Ok(done) = done {
                return done;
            }
            if let Ok(Err(error)) = tokio::time::timeout(AT_ONCE, store.leave()).await {
                tracing::debug!(%error, "not given back; the next start takes it back");
            }
            return Ok(());
        }
        () = terminated() => {}
    }
    stop.cancel();
    running.await
}

/// What the terminal still waits for. A drawing that nobody can paint is not waited for.
fn watch(reader: Reader, paints: bool) -> console::Watch {
    Arc::new(move || {
        let reader = reader.clone();
        Box::pin(async move {
            // A database that cannot be read just now counts as busy: the next look tells.
            reader.open_work(console::NAME).await.map_or(
                Busy { delivering: true, ..Busy::default() },
                |work| Busy {
                    answering: work.answers,
                    drawing: work.drawings && paints,
                    delivering: work.replies,
                },
            )
        })
    })
}

/// What this house is, and what it can do with the models that are there.
fn welcome(engines: &Engines, phrases: &Phrases, language: Language) -> Vec<Phrase> {
    let mut said = vec![Phrase::new("welcome")];
    if engines.understanding.is_none() {
        let nothing = engines.answering.is_none() && engines.painting.is_none();
        said.push(Phrase::new(if nothing { "nothing-installed" } else { "understand-model-missing" }));
        return said;
    }
    match &engines.answering {
        None if engines.painting.is_some() => said.push(Phrase::new("answer-model-missing")),
        None => {}
        Some((_, facts)) if intent::answers_in(facts, language) => said.push(Phrase::new("welcome-answers")),
        Some((_, facts)) => {
            let tongue = if language == Language::Ru { Tongue::Ru } else { Tongue::En };
            said.push(intent::explanation(tongue, facts, phrases, language));
        }
    }
    said.push(Phrase::new(if engines.painting.is_some() { "welcome-draws" } else { "draw-model-missing" }));
    said.extend(engines.speech.as_ref().map(|_| Phrase::new("welcome-hears")));
    said
}

/// The first Ctrl-C stops what runs; a second one soon after ends the wait.
async fn interrupted_twice(interrupts: &mut Interrupts, terminal: &Console) {
    loop {
        interrupts.next().await;
        terminal.interrupt();
        if tokio::time::timeout(TWICE, interrupts.next()).await.is_ok() {
            return;
        }
    }
}
