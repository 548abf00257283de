//! The house, wired: store, intents, painter, outbox. Built in one place, run until it is told to stop.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::clock::{Time, boot};
use super::config::{self, Config};
use super::engines::{self, Engines};
use super::metrics;
use super::places::Places;
use super::upkeep::Upkeep;
use crate::access::{self, Access, Refused};
use crate::assistant::{self, Assistant};
use crate::conversation::Bounds;
use crate::drawing::Painter;
use crate::inbox::Inbox;
use crate::inference::{Threads, UnderstandRequest, Understanding};
use crate::intent::{self, HouseNow, Kit};
use crate::media::Media;
use crate::message::{FreeDisk, Health, Language, Notice};
use crate::messenger::{Fetcher, Intake, Messenger, console};
use crate::outbox::Outbox;
use crate::phrases::Phrases;
use crate::store::{Daily, Limits, Role, Store, StoreError};

/// Notices under way at most; newer ones replace older ones anyway.
const NOTICES: usize = 256;

/// How long journeys and the painter may take to end: one token, or one denoising step, and its row.
const WORK_ENDS: Duration = Duration::from_secs(20);

/// How long what is on its way to a messenger may take to arrive: a picture over a slow line. What is cut off is sent again.
const DELIVERY_ENDS: Duration = Duration::from_secs(30);

/// How long, within that, what the work left to say may begin to leave.
const FLUSH: Duration = Duration::from_secs(3);

/// How long the database may take to close.
const CLOSES: Duration = Duration::from_secs(5);

/// How long a polite stop takes at most: journeys, painter and listeners; deliveries in hand; models; the database. A service
/// manager waits longer than this.
pub const STOPS_WITHIN: Duration = Duration::from_secs(
    WORK_ENDS.as_secs() + DELIVERY_ENDS.as_secs() + engines::MODELS_END.as_secs() + CLOSES.as_secs(),
);

/// What stands before anybody talks: the lock, the database, the media folder, the sentences.
pub struct Foundation {
    /// The database.
    pub store: Store,
    /// Files that rows name.
    pub media: Media,
    /// The house's sentences.
    pub phrases: Arc<Phrases>,
    /// The house's language where nothing else tells.
    pub language: Language,
    /// Who may talk, as far as the configuration says.
    pub access: Arc<Access>,
    /// How the house is; of its own as long as nobody puts another in its place.
    pub health: Health,
    started: i64,
    lock: File,
}

impl Foundation {
    /// Opens the data folder for one house; the lock is held as long as it stands.
    ///
    /// # Errors
    /// When the database or the media folder cannot be opened.
    pub async fn lay(places: &Places, config: &Config, lock: File, time: Time) -> anyhow::Result<Self> {
        let (health, started) = (Health::default(), (time.now)());
        let store = Store::open(&places.database(), &boot(), Role::House, started)
            .await
            .with_context(|| format!("the database {}", places.database().display()))?;
        #[cfg(debug_assertions)]
        let store = super::failpoint::watched(store);
        let media = Media::open(places.media())
            .with_context(|| format!("the folder {}", places.media().display()))?;
        media.tidy().context("the media folder cannot be read")?;
        let phrases = Arc::new(Phrases::load());
        let (language, access) = (config.language.unwrap_or_else(locale), Arc::new(access(config)));
        Ok(Self { store, media, phrases, language, access, health, started, lock })
    }
}

/// Everything that runs, before it runs.
pub struct House {
    /// The database.
    pub store: Store,
    /// Turns messages into rows.
    pub assistant: Assistant,
    /// Paints the line; none without a picture model.
    pub painter: Option<Painter>,
    /// Delivers what was promised.
    pub outbox: Outbox,
    /// What is shown while the house works.
    pub notices: mpsc::Receiver<Notice>,
    /// Brings what messages carry.
    pub fetcher: Fetcher,
    /// How the house is.
    pub health: Health,
    media: Media,
    messengers: Vec<Arc<dyn Messenger>>,
    keep_ms: i64,
    time: Time,
    threads: Threads,
    understanding: Option<Understanding>,
    _lock: File,
}

impl House {
    /// Puts the rooms on the foundation. Takes messages of these messengers, and of `aisaac ask`.
    #[must_use]
    pub fn build(
        foundation: Foundation,
        places: &Places,
        config: &Config,
        engines: Engines,
        messengers: Vec<Arc<dyn Messenger>>,
        time: Time,
    ) -> Self {
        let Foundation { store, media, phrases, language, access, health, started, lock } = foundation;
        let (tell, notices) = mpsc::channel(NOTICES);
        let understanding = engines.understanding.clone();
        let kit = Kit {
            understanding: engines.understanding,
            extractor: engines.extractor,
            translator: engines.translator,
            answering: engines.answering,
            painter: engines.painting.as_ref().map(|painting| painting.facts.clone()),
            phrases: phrases.clone(),
            access: access.clone(),
            reader: store.reader(),
            house: Arc::new(how(health.clone(), engines.threads.clone(), started)),
            notices: tell.clone(),
            options: options(places, config),
        };
        let options = assistant::Options {
            lanes: config.answer.lanes,
            groups: groups(config),
            limits: Limits { waiting_per_person: config.draw.waiting_per_person, daily: None },
            language,
            messengers: messengers.iter().map(|one| one.name()).chain([console::ASK]).collect(),
        };
        let rooms = (store.clone(), media.clone(), access);
        let assistant = Assistant::new(rooms, (kit, engines.speech), options, time.now, time.dice);
        let painter = engines.painting.map(|painting| {
            let model = (painting.model, painting.about);
            Painter::new(store.clone(), media.clone(), model, tell, time.now)
        });
        let outbox = Outbox::new(store.clone(), phrases, media.clone(), messengers.clone(), time.now);
        let inbox = Inbox::new(store.clone());
        let intake = Intake::new(inbox, media.clone(), free_disk(places));
        let fetcher = Fetcher::new(intake, messengers.clone(), time.now);
        let keep_ms = i64::from(config.keep.days) * 24 * 3_600_000;
        let threads = engines.threads;
        Self {
            store,
            assistant,
            painter,
            outbox,
            notices,
            media,
            fetcher,
            health,
            messengers,
            keep_ms,
            time,
            threads,
            understanding,
            _lock: lock,
        }
    }

    /// Deletes what is older than the configured days; [`House::run`] does so every hour.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep(&self) -> Result<(), StoreError> {
        self.upkeep().once().await
    }

    fn upkeep(&self) -> Upkeep<'_> {
        Upkeep { store: &self.store, media: &self.media, keep_ms: self.keep_ms, now: self.time.now }
    }

    /// Runs until a messenger has nothing more to say or `stop` is set, then stops in order: listeners, journeys and
    /// painter, outbox, models, database.
    ///
    /// # Errors
    /// When a messenger ends before it was told to.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let house = self;
        let (work, delivery) = (stop.child_token(), CancellationToken::new());
        let inbox = Inbox::new(house.store.clone());
        let listen = async {
            if house.messengers.is_empty() {
                work.cancelled().await;
            }
            let mut heard = Ok(Vec::new());
            let all = async {
                let every = house.messengers.iter().map(|one| one.listen(&inbox, work.clone()));
                heard = futures_util::future::join_all(every).await.into_iter().collect();
            };
            ends_in(all, &work, WORK_ENDS, "a messenger").await;
            work.cancel();
            heard
        };
        let paint = async {
            if let Some(painter) = &house.painter {
                painter.run(work.clone()).await;
            }
        };
        let keep =
            Upkeep { store: &house.store, media: &house.media, keep_ms: house.keep_ms, now: house.time.now };
        let keep = keep.run(&work);
        let fetch = house.fetcher.run(&work);
        let working = async {
            let all = async {
                // `ask` has its message already: its first request loads what it needs.
                let warm = house.understanding.filter(|_| !house.messengers.is_empty());
                let warm = warm_up(warm, &work);
                tokio::join!(house.assistant.run(work.clone()), paint, fetch, keep, warm);
            };
            Box::pin(ends_in(all, &work, WORK_ENDS, "the work in hand")).await;
            delivery.cancel();
        };
        let deliver = deliver(&house.outbox, house.notices, &delivery);
        // A terminal that nobody reads, or a service that does not answer, would hold the outbox for ever.
        let deliver = Box::pin(ends_in(deliver, &delivery, DELIVERY_ENDS, "a delivery"));
        let (heard, (), ()) = tokio::join!(listen, working, deliver);
        engines::end(&house.threads).await;
        if tokio::time::timeout(CLOSES, house.store.close()).await.is_err() {
            tracing::warn!("the database did not close in time; the next start reads its log in");
        }
        heard?;
        Ok(())
    }
}

/// Delivers until told to stop. Then what is on its way goes to its end, and what the work left to say may begin to leave for a
/// moment.
async fn deliver(outbox: &Outbox, notices: mpsc::Receiver<Notice>, stop: &CancellationToken) {
    let no_more = CancellationToken::new();
    let all = async {
        outbox.run(notices, stop.clone()).await;
        outbox.flush(&no_more).await;
    };
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(FLUSH).await;
        no_more.cancel();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = all => {}
        () = late => {}
    }
}

/// Does something to its end, but not for longer than `most` after it was told to stop; then its rows come back at the
/// next start.
async fn ends_in(work: impl Future<Output = ()>, stop: &CancellationToken, most: Duration, what: &str) {
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(most).await;
    };
    tokio::select! {
        () = work => {}
        () = late => tracing::warn!("{what} did not end in time"),
    }
}

/// Loads the understanding model before the first message needs it.
async fn warm_up(model: Option<Understanding>, stop: &CancellationToken) {
    let Some(model) = model else { return };
    let hello = UnderstandRequest::Intent { text: "hello".to_owned() };
    if let Err(error) = model.run(hello, stop.clone(), Box::new(|()| ())).await {
        tracing::debug!(%error, "the understanding model is not warm; the first message says why");
    }
}

fn access(config: &Config) -> Access {
    let config::Access { owners, members, guest_waiting, child } = &config.access;
    let daily = Daily { requests: child.requests_per_day, pictures: child.pictures_per_day };
    let child = access::Child { refused: Refused::new(&child.refused), daily };
    let rules = access::Rules { guest_waiting: *guest_waiting, child };
    Access::new(owners.iter().cloned(), members.iter().cloned(), rules)
}

fn groups(config: &Config) -> assistant::Groups {
    let wake = assistant::Wake::new(&config.groups.wake_words);
    assistant::Groups { wake, listens: config.groups.listen }
}

fn options(places: &Places, config: &Config) -> intent::Options {
    intent::Options {
        conversation: Bounds {
            turns: config.answer.turns,
            age_ms: i64::from(config.answer.hours) * 3_600_000,
        },
        persona: Some(config.answer.persona.clone()).filter(|persona| !persona.is_empty()),
        offer_from: config.draw.offer_from,
        free_disk: free_disk(places),
    }
}

/// How the house is at a moment, for `/status`.
fn how(health: Health, threads: Threads, started: i64) -> impl Fn(i64) -> HouseNow {
    move |now| HouseNow {
        health: health.state(now),
        models: threads.states(),
        resident: metrics::resident(),
        started,
    }
}

/// How much room the disk of the data folder has.
pub(super) fn free_disk(places: &Places) -> FreeDisk {
    let data = places.data().to_owned();
    Arc::new(move || fs4::available_space(&data).ok())
}

/// The language of the locale; English when it says nothing.
pub(super) fn locale() -> Language {
    let of = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = of("LC_ALL").or_else(|| of("LC_MESSAGES")).or_else(|| of("LANG"));
    locale.and_then(|locale| Language::parse(&locale)).unwrap_or(Language::En)
}
