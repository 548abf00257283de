//! The house, wired: store, models, intents, painter, outbox. Built in one place, run until it is told to stop.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::clock;
use super::config::{Config, Device};
use super::places::Places;
use crate::access::Access;
use crate::assistant::{self, Assistant};
use crate::conversation::Bounds;
use crate::drawing::{self, Painter};
use crate::inbox::Inbox;
use crate::inference::{
    Answering, Boxed, Budget, Handle, Painting, Permit, Terms, Understanding, causal_lm, diffusion, runtime,
    understanding,
};
use crate::intent::{self, AnswerFacts, Kit, Known, PainterFacts};
use crate::media::Media;
use crate::message::{Language, Notice};
use crate::messenger::{Messenger, console};
use crate::models::{self, Catalogue, Manifest};
use crate::outbox::Outbox;
use crate::phrases::Phrases;
use crate::store::{Limits, Role, Store};

/// Notices under way at most; newer ones replace older ones anyway.
const NOTICES: usize = 256;

/// Everything that runs, before it runs.
pub(super) struct House {
    pub(super) store: Store,
    pub(super) phrases: Arc<Phrases>,
    pub(super) media: Media,
    pub(super) language: Language,
    assistant: Assistant,
    painter: Option<Painter>,
    notices: mpsc::Receiver<Notice>,
    keep_ms: i64,
    _lock: File,
}

impl House {
    /// Opens the house; the lock is held as long as it stands.
    pub(super) async fn open(places: &Places, config: &Config, lock: File) -> anyhow::Result<Self> {
        let boot = clock::boot();
        let store = Store::open(&places.database(), &boot, Role::House, clock::now())
            .await
            .with_context(|| format!("the database {}", places.database().display()))?;
        let media = Media::open(places.media())
            .with_context(|| format!("the folder {}", places.media().display()))?;
        media.sweep(&store.reader().files().await?).context("the media folder cannot be read")?;
        let phrases = Arc::new(Phrases::load());
        let language = config.language.unwrap_or_else(locale);
        let models = Models::new(places, config);
        let (tell, notices) = mpsc::channel(NOTICES);
        let painting = models.painting(&config.draw.model);
        let kit = Kit {
            understanding: models.understanding(),
            answering: models.answering(config.answer.model.as_deref()),
            painter: painting.as_ref().map(|(_, facts, _)| facts.clone()),
            phrases: phrases.clone(),
            reader: store.reader(),
            notices: tell.clone(),
            options: options(places, config),
        };
        let assistant = Assistant::new(
            (store.clone(), media.clone(), access(config)),
            kit,
            assistant::Options {
                lanes: config.answer.lanes,
                limits: Limits { waiting_per_person: config.draw.waiting_per_person },
                language,
                messengers: vec![console::NAME, console::ASK],
            },
            clock::now,
            clock::dice,
        );
        let painter = painting.map(|(model, _, facts)| {
            Painter::new(store.clone(), media.clone(), (model, facts), tell, clock::now)
        });
        let keep_ms = i64::from(config.keep.days) * 24 * 3_600_000;
        Ok(Self { store, phrases, media, language, assistant, painter, notices, keep_ms, _lock: lock })
    }

    /// Runs until a messenger has nothing more to say or `stop` is set, then stops in order: listeners, journeys and
    /// painter, outbox, database.
    pub(super) async fn run(
        self,
        messengers: Vec<Arc<dyn Messenger>>,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let Self { store, phrases, media, assistant, painter, notices, keep_ms, .. } = self;
        let (work, delivery) = (stop.child_token(), CancellationToken::new());
        let inbox = Inbox::new(store.clone());
        let outbox = Outbox::new(store.clone(), phrases, media.clone(), messengers.clone(), clock::now);
        let listen = async {
            if messengers.is_empty() {
                work.cancelled().await;
            }
            let heard =
                futures_util::future::join_all(messengers.iter().map(|one| one.listen(&inbox, work.clone())))
                    .await;
            work.cancel();
            heard.into_iter().collect::<Result<Vec<()>, _>>()
        };
        let paint = async {
            if let Some(painter) = &painter {
                painter.run(work.clone()).await;
            }
        };
        let working = async {
            tokio::join!(assistant.run(work.clone()), paint, prune(&store, &media, keep_ms, &work));
            // What the work left to say goes out before the outbox closes, for a moment at most.
            let flushed = async { while outbox.deliver_next().await.unwrap_or(false) {} };
            let _ = tokio::time::timeout(Duration::from_secs(3), flushed).await;
            delivery.cancel();
        };
        let (heard, (), ()) = tokio::join!(listen, working, outbox.run(notices, delivery.clone()));
        store.close().await;
        heard?;
        Ok(())
    }
}

/// Deletes what is older than the configured days, daily, in small batches.
async fn prune(store: &Store, media: &Media, keep_ms: i64, stop: &CancellationToken) {
    loop {
        match store.prune(clock::now() - keep_ms, 500).await {
            Ok(gone) => {
                media.remove(&gone.files);
                if gone.messages >= 500 || gone.files.len() >= 500 {
                    continue;
                }
            }
            Err(error) => tracing::warn!(%error, "old rows could not be deleted"),
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(24 * 3_600)) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Model threads by manifest, and what they share.
pub(super) struct Models {
    places: Places,
    catalogue: Catalogue,
    hardware: runtime::Hardware,
    permit: Option<Permit>,
    budget: Arc<Budget>,
    idle: Duration,
}

impl Models {
    pub(super) fn new(places: &Places, config: &Config) -> Self {
        let inference = &config.inference;
        let cuda = inference.device == Device::Cuda;
        Self {
            places: places.clone(),
            catalogue: Catalogue::built_in(),
            hardware: runtime::Hardware {
                library: inference.library.clone().unwrap_or_else(|| library(places)),
                threads: inference.threads,
                device: if cuda { runtime::Device::Cuda } else { runtime::Device::Cpu },
                fallback: inference.fall_back_to_cpu,
            },
            permit: cuda.then(Permit::default),
            budget: Budget::new(inference.memory_mb),
            idle: Duration::from_secs(60 * inference.idle_minutes),
        }
    }

    fn ready(&self, name: &str) -> Option<(Manifest, PathBuf)> {
        let manifest = self.catalogue.get(name)?;
        let folder = models::folder(self.places.data(), name);
        models::installed(self.places.data(), manifest).then(|| (manifest.clone(), folder))
    }

    fn terms(&self, manifest: &Manifest) -> Terms {
        Terms {
            name: manifest.name.clone(),
            idle: self.idle,
            permit: self.permit.clone(),
            budget: self.budget.clone(),
            memory_mb: manifest.memory_mb,
        }
    }

    /// The understanding model, if it is installed.
    pub(super) fn understanding(&self) -> Option<Understanding> {
        let (manifest, folder) = self.ready("understand")?;
        let (terms, hardware, commands) = (self.terms(&manifest), self.hardware.clone(), intent::commands());
        Some(Handle::spawn(terms, move || {
            understanding::load(&manifest, &folder, &commands, &hardware)
                .map(|model| Box::new(model) as Boxed<_, _, _>)
        }))
    }

    /// The answer model of that name, or the best installed one.
    pub(super) fn answering(&self, chosen: Option<&str>) -> Option<(Answering, AnswerFacts)> {
        let of_family = self.catalogue.models().filter(|model| model.family == "causal_lm");
        let mut names: Vec<&str> = of_family.map(|model| model.name.as_str()).collect();
        // The one with more languages answers more people.
        names.sort_by_key(|name| {
            std::cmp::Reverse(self.catalogue.get(name).map_or(0, |model| model.languages.len()))
        });
        let (manifest, folder) = match chosen {
            Some(name) => self.ready(name)?,
            None => names.into_iter().find_map(|name| self.ready(name))?,
        };
        let own = causal_lm::Facts::of(&manifest)
            .inspect_err(|error| tracing::error!(%error, "answer model"))
            .ok()?;
        let better = self.catalogue.get("answer-ru").map_or(0, |model| self.catalogue.download_bytes(model));
        let facts = AnswerFacts {
            model: manifest.title.clone(),
            languages: own.languages,
            system: own.system.unwrap_or_default(),
            sampling: own.sampling,
            max_new_tokens: own.max_new_tokens,
            better_size: format!("{} MB", better.div_ceil(1_000_000)),
        };
        let (terms, hardware) = (self.terms(&manifest), self.hardware.clone());
        let handle = Handle::spawn(terms, move || {
            causal_lm::load(&manifest, &folder, &hardware).map(|model| Box::new(model) as Boxed<_, _, _>)
        });
        Some((handle, facts))
    }

    /// The picture model of that name, if it and what it needs are installed.
    pub(super) fn painting(&self, name: &str) -> Option<(Painting, PainterFacts, drawing::Facts)> {
        let (manifest, folder) = self.ready(name)?;
        let needs: BTreeMap<String, PathBuf> = manifest
            .needs
            .iter()
            .map(|need| self.ready(need).map(|(_, folder)| (need.clone(), folder)))
            .collect::<Option<_>>()?;
        let known = std::fs::read_to_string(folder.join("subjects.json"))
            .ok()
            .and_then(|json| Known::parse(&json).ok());
        let settings = diffusion::settings(&manifest, &folder)
            .inspect_err(|error| tracing::error!(%error, "picture model"))
            .ok()?;
        let size = (settings.width.unwrap_or(512), settings.height.unwrap_or(512));
        let facts = PainterFacts {
            side: known.as_ref().map_or((64, 1024), |_| (size.0.min(size.1), size.0.max(size.1))),
            size,
            multiple: 8,
            steps: (1, 150),
            known,
        };
        let caption = facts.known.is_some().then(|| "sketch-caption".to_owned());
        let about = drawing::Facts { model: manifest.name.clone(), caption };
        let (terms, hardware) = (self.terms(&manifest), self.hardware.clone());
        let handle = Handle::spawn(terms, move || {
            diffusion::load(&manifest, &folder, &needs, &hardware)
                .map(|model| Box::new(model) as Boxed<_, _, _>)
        });
        Some((handle, facts, about))
    }
}

/// Where `models pull runtime` puts the library.
pub(super) fn library(places: &Places) -> PathBuf {
    models::folder(places.data(), "runtime").join("libonnxruntime.so")
}

fn access(config: &Config) -> Access {
    Access::new(config.access.owners.iter().cloned(), config.access.members.iter().cloned())
}

fn options(places: &Places, config: &Config) -> intent::Options {
    let data = places.data().to_owned();
    intent::Options {
        conversation: Bounds {
            turns: config.answer.turns,
            age_ms: i64::from(config.answer.hours) * 3_600_000,
        },
        persona: Some(config.answer.persona.clone()).filter(|persona| !persona.is_empty()),
        offer_from: config.draw.offer_from,
        free_disk: Arc::new(move || fs4::available_space(&data).ok()),
    }
}

/// The language of the locale; English when it says nothing.
pub(super) fn locale() -> Language {
    let of = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = of("LC_ALL").or_else(|| of("LC_MESSAGES")).or_else(|| of("LANG"));
    locale.and_then(|locale| Language::parse(&locale)).unwrap_or(Language::En)
}
