//! `run`: the daemon. Every configured messenger, until somebody says stop; health and metrics on loopback beside it, and
//! word to the service manager.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::claim;
use super::clock;
use super::config::Config;
use super::engines::Engines;
use super::house::{Foundation, House, free_disk};
use super::http::{self, Pages};
use super::metrics::Meter;
use super::owners::Owners;
use super::places::Places;
use super::service;
use super::signals::{Interrupts, Terminations};
use super::sorry::misuse;
use super::telegram::telegram;
use super::watch::Watch;
use crate::inference::Threads;
use crate::message::{Health, Phrase};
use crate::messenger::Messenger;
use crate::store::Store;

/// How long leaving at once may take, when somebody insists.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Who is in the house.
pub struct Crew {
    /// The models.
    pub engines: Engines,
    /// The messengers, each of which beats in `health` with every poll that ends.
    pub messengers: Vec<Arc<dyn Messenger>>,
    /// The health of the house.
    pub health: Health,
}

/// The messengers that are configured. A new one is one line here.
fn messengers(config: &Config, health: &Health) -> anyhow::Result<Vec<Arc<dyn Messenger>>> {
    let telegram = telegram(config, health)?.map(|telegram| Arc::new(telegram) as Arc<dyn Messenger>);
    Ok(telegram.into_iter().collect())
}

/// The daemon, as the configuration wants it.
pub(super) async fn run(places: &Places, config: &Config) -> anyhow::Result<()> {
    let health = Health::default();
    let messengers = messengers(config, &health)?;
    if messengers.is_empty() {
        return Err(misuse(Phrase::new("no-messenger")));
    }
    serve(places, config, Crew { engines: Engines::installed(places, config), messengers, health }).await
}

/// Serves with this crew until SIGTERM or Ctrl-C, then stops politely. A second one of them leaves at once.
///
/// # Errors
/// When another house runs here, the database cannot be opened, the address is taken, or a messenger ends by itself.
pub async fn serve(places: &Places, config: &Config, crew: Crew) -> anyhow::Result<()> {
    let started = clock::now();
    let (mut interrupts, mut terminations) = (Interrupts::listen(), Terminations::listen());
    let lock = places.lock()?;
    let listener = http::bind(&config.run.listen).await?;
    let mut foundation = tokio::select! {
        foundation = Foundation::lay(places, config, lock, clock::REAL) => foundation?,
        () = interrupts.next() => return Ok(()),
        () = terminations.next() => return Ok(()),
    };
    let Crew { engines, messengers, health } = crew;
    foundation.health = health.clone();
    let threads = engines.threads.clone();
    let (access, reader) = (foundation.access.clone(), foundation.store.reader());
    let owners = Owners { access, reader, messengers: messengers.clone() };
    let watch = watch(&foundation, places, (health.clone(), threads.clone()), owners);
    let pages = listener.map(|listener| pages(listener, &foundation, (&health, &threads), started));
    let names: Vec<&str> = messengers.iter().map(|messenger| messenger.name()).collect();
    claim::offer(&foundation, &names, clock::now(), &mut std::io::stderr()).await?;
    let serves = format!("serving {}", names.join(", "));
    for name in names {
        health.beat(name, clock::now());
    }
    let store = foundation.store.clone();
    let house = House::build(foundation, places, config, engines, messengers, clock::REAL);
    let stop = CancellationToken::new();
    service::ready(&serves);
    tracing::info!(version = env!("CARGO_PKG_VERSION"), data = %places.data().display(), "{serves}");
    let beside = async {
        let page = async {
            if let Some((listener, pages)) = pages {
                http::serve(listener, pages, &stop).await;
            }
        };
        tokio::join!(watch.run(&stop), service::feed(&health, clock::now, &serves, &stop), page);
    };
    let running = async {
        let ended = house.run(stop.clone()).await;
        stop.cancel();
        ended
    };
    let work = Box::pin(async { tokio::join!(running, beside).0 });
    let told = async {
        tokio::select! {
            () = interrupts.next() => {}
            () = terminations.next() => {}
        }
        tracing::info!("told to stop");
        service::stopping();
        stop.cancel();
        // Whoever insists does not wait for a model, or for an upload.
        tokio::select! {
            () = interrupts.next() => {}
            () = terminations.next() => {}
        }
    };
    tokio::select! {
        ended = work => ended,
        () = told => leave(&store).await,
    }
}

/// What is in hand goes back as it is.
async fn leave(store: &Store) -> anyhow::Result<()> {
    if let Ok(Err(error)) = tokio::time::timeout(AT_ONCE, store.leave()).await {
        tracing::debug!(%error, "not given back; the next start takes it back");
    }
    Ok(())
}

fn watch(
    foundation: &Foundation,
    places: &Places,
    (health, threads): (Health, Threads),
    owners: Owners,
) -> Watch {
    let (store, language) = (foundation.store.clone(), foundation.language);
    Watch { health, store, threads, free_disk: free_disk(places), owners, language, now: clock::now }
}

fn pages(
    listener: TcpListener,
    foundation: &Foundation,
    (health, threads): (&Health, &Threads),
    started: i64,
) -> (TcpListener, Pages) {
    let pages = Pages {
        health: health.clone(),
        phrases: foundation.phrases.clone(),
        language: foundation.language,
        threads: threads.clone(),
        reader: foundation.store.reader(),
        meter: Meter::listen(),
        started,
        now: clock::now,
    };
    (listener, pages)
}
