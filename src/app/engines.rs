//! The models that a house runs: which are installed, which the configuration wants, and a thread for each.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::config::{Config, Device};
use super::places::Places;
use super::preferred;
use crate::drawing;
use crate::inference::{
    Answering, Boxed, Budget, Handle, InferenceError, Listening, Painting, Permit, Terms, Threads,
    Understanding, causal_lm, ctc, diffusion, runtime, seq2seq, understanding, voice_activity, whisper,
};
use crate::intent::{self, AnswerFacts, Known, PainterFacts, Rewrites};
use crate::models::{self, Catalogue, Manifest, Purpose, State};
use crate::speech::{self, Recogniser, Speech};

/// How long models have to end: one token, or one denoising step.
pub(super) const MODELS_END: Duration = Duration::from_secs(10);

/// A picture model, and what the intents and the painter say about it.
#[derive(Clone)]
pub struct PictureModel {
    /// The model.
    pub model: Painting,
    /// What it draws, for the intents.
    pub facts: PainterFacts,
    /// What stands in files and captions.
    pub about: drawing::Facts,
}

/// The models of a house; what is not installed is not there.
#[derive(Default)]
pub struct Engines {
    /// Encoder, intent and subject heads.
    pub understanding: Option<Understanding>,
    /// Finds subjects before the span head is asked.
    pub extractor: Option<Rewrites>,
    /// Puts subjects into a language that the picture model speaks.
    pub translator: Option<Rewrites>,
    /// The answer model.
    pub answering: Option<(Answering, AnswerFacts)>,
    /// The picture model.
    pub painting: Option<PictureModel>,
    /// What hears.
    pub speech: Option<Speech>,
    /// The threads they run on.
    pub threads: Threads,
}

impl Engines {
    /// What is installed and the configuration wants. Nothing is loaded yet.
    #[must_use]
    pub fn installed(places: &Places, config: &Config) -> Self {
        let models = Models::new(places, config);
        Self {
            understanding: models.understanding(),
            extractor: config
                .draw
                .extract
                .as_deref()
                .and_then(|name| models.rewrites(name, Purpose::Extract)),
            translator: models.translator(config.draw.translate.as_deref()),
            answering: models.answering(config.answer.model.as_deref()),
            painting: models.painting(&config.draw.model),
            speech: models.speech(config),
            threads: models.threads,
        }
    }
}

/// Ends every model.
pub(super) async fn end(threads: &Threads) {
    if !threads.end(MODELS_END).await {
        tracing::warn!("a model did not end in time");
    }
}

/// Model threads by manifest, and what they share.
struct Models {
    places: Places,
    catalogue: Catalogue,
    hardware: runtime::Hardware,
    permit: Option<Permit>,
    budget: Arc<Budget>,
    idle: Duration,
    threads: Threads,
}

impl Models {
    fn new(places: &Places, config: &Config) -> Self {
        let inference = &config.inference;
        Self {
            places: places.clone(),
            catalogue: Catalogue::of(places.data()),
            hardware: hardware(places, config),
            permit: (inference.device == Device::Cuda).then(Permit::default),
            budget: Budget::new(inference.memory_mb),
            idle: Duration::from_secs(60 * inference.idle_minutes),
            threads: Threads::default(),
        }
    }

    fn ready(&self, name: &str) -> Option<(Manifest, PathBuf)> {
        let manifest = self.catalogue.get(name)?;
        match models::state(self.places.data(), manifest) {
            State::Installed => Some((manifest.clone(), models::folder(self.places.data(), &manifest.name))),
            State::Missing => None,
            State::Partial { wanting } => {
                let files = wanting.join(", ");
                tracing::warn!(model = name, files, "incomplete or damaged; cure: aisaac models pull {name}");
                None
            }
        }
    }

    /// A loader that looks at the sums of the model's files first.
    fn proven<T>(
        &self,
        manifest: &Manifest,
        load: impl Fn() -> Result<T, InferenceError> + Send + 'static,
    ) -> impl Fn() -> Result<T, InferenceError> + Send + 'static {
        let (data, manifest) = (self.places.data().to_owned(), manifest.clone());
        move || {
            models::prove(&data, &manifest).map_err(|flaw| InferenceError::File {
                path: models::folder(&data, &manifest.name),
                reason: format!("{flaw}; cure: aisaac models pull {}", manifest.name),
            })?;
            load()
        }
    }

    fn terms(&self, manifest: &Manifest) -> Terms {
        Terms {
            name: manifest.name.clone(),
            idle: self.idle,
            permit: self.permit.clone(),
            budget: self.budget.clone(),
            memory_mb: manifest.memory_mb,
            threads: self.threads.clone(),
        }
    }

    /// The understanding model, if it is installed.
    fn understanding(&self) -> Option<Understanding> {
        let (manifest, folder) = self.ready("understand")?;
        let (terms, hardware, commands) = (self.terms(&manifest), self.hardware.clone(), intent::commands());
        let proven = self.proven(&manifest.clone(), move || {
            understanding::load(&manifest, &folder, &commands, &hardware)
                .map(|model| Box::new(model) as Boxed<_, _, _>)
        });
        Some(Handle::spawn(terms, proven))
    }

    fn answering(&self, chosen: Option<&str>) -> Option<(Answering, AnswerFacts)> {
        let (manifest, folder) = match chosen {
            Some(name) => self.ready(name)?,
            None => {
                preferred::answering(&self.catalogue).into_iter().find_map(|model| self.ready(&model.name))?
            }
        };
        let writes = manifest.family == "seq2seq";
        let own = if writes {
            let own = seq2seq::Facts::of(&manifest, &folder);
            own.map(|own| (String::new(), own.sampling, own.max_new_tokens))
        } else {
            let own = causal_lm::Facts::of(&manifest);
            own.map(|own| (own.system.unwrap_or_default(), own.sampling, own.max_new_tokens))
        };
        let own = own.inspect_err(|error| tracing::error!(%error, "answer model"));
        let (system, sampling, max_new_tokens) = own.ok()?;
        let better = self.catalogue.get("answer-ru").map_or(0, |model| self.catalogue.download_bytes(model));
        let facts = AnswerFacts {
            model: manifest.title.clone(),
            languages: manifest.languages.clone(),
            system,
            sampling,
            max_new_tokens,
            better_mb: i64::try_from(better.div_ceil(1_000_000)).unwrap_or(i64::MAX),
        };
        let (terms, hardware) = (self.terms(&manifest), self.hardware.clone());
        let proven = self.proven(&manifest.clone(), move || {
            if writes {
                seq2seq::instruct(&manifest, &folder, &hardware)
                    .map(|model| Box::new(model) as Boxed<_, _, _>)
            } else {
                causal_lm::load(&manifest, &folder, &hardware).map(|model| Box::new(model) as Boxed<_, _, _>)
            }
        });
        Some((Handle::spawn(terms, proven), facts))
    }

    /// The translator that is wanted, or the best that is installed.
    fn translator(&self, chosen: Option<&str>) -> Option<Rewrites> {
        let names = preferred::translating(&self.catalogue).into_iter().map(|model| model.name.as_str());
        chosen
            .into_iter()
            .chain(names.filter(|_| chosen.is_none()))
            .find_map(|name| self.rewrites(name, Purpose::Translate))
    }

    /// A model that finds subjects, or translates them.
    fn rewrites(&self, name: &str, purpose: Purpose) -> Option<Rewrites> {
        let (manifest, folder) = self.ready(name)?;
        if !manifest.is_for(purpose) {
            tracing::error!(name, ?purpose, "the model is for something else: aisaac doctor says for what");
            return None;
        }
        let to =
            seq2seq::writes(&manifest).inspect_err(|error| tracing::error!(%error, name, "model")).ok()?;
        let (terms, hardware, languages) =
            (self.terms(&manifest), self.hardware.clone(), manifest.languages.clone());
        let proven = self.proven(&manifest.clone(), move || {
            seq2seq::rewriter(&manifest, &folder, &hardware).map(|model| Box::new(model) as Boxed<_, _, _>)
        });
        Some(Rewrites { model: Handle::spawn(terms, proven), languages, to })
    }

    fn painting(&self, name: &str) -> Option<PictureModel> {
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
            side: known
                .as_ref()
                .map_or_else(|| settings.sides(), |_| (size.0.min(size.1), size.0.max(size.1))),
            size,
            multiple: 8,
            languages: manifest.languages.clone(),
            steps: (*diffusion::STEPS.start(), *diffusion::STEPS.end()),
            known,
        };
        let caption = facts.known.is_some().then(|| "sketch-caption".to_owned());
        let about = drawing::Facts { model: manifest.name.clone(), caption };
        let mut terms = self.terms(&manifest);
        terms.permit = terms.permit.as_ref().map(Permit::for_pictures);
        let hardware = self.hardware.clone();
        let proven = self.proven(&manifest.clone(), move || {
            diffusion::load(&manifest, &folder, &needs, &hardware)
                .map(|model| Box::new(model) as Boxed<_, _, _>)
        });
        Some(PictureModel { model: Handle::spawn(terms, proven), facts, about })
    }

    /// What hears; nothing when no recogniser is installed.
    fn speech(&self, config: &Config) -> Option<Speech> {
        let general = match config.hear.model.as_deref() {
            Some(name) => self.ready(name),
            None => preferred::hearing(&self.catalogue).into_iter().find_map(|model| self.ready(&model.name)),
        };
        // One that knows a single language is preferred for that language.
        let special = self.catalogue.models().filter(|model| model.family == "ctc");
        let special = special.filter_map(|model| self.ready(&model.name)).next();
        let recognisers: Vec<Recogniser> =
            special.into_iter().chain(general).map(|found| self.recogniser(found)).collect();
        let options = speech::Options {
            languages: config.hear.languages.clone(),
            most: Duration::from_secs(60 * u64::from(config.hear.minutes)),
            beams: config.hear.beams,
        };
        (!recognisers.is_empty()).then(|| Speech { voices: self.voices(), recognisers, options })
    }

    fn recogniser(&self, (manifest, folder): (Manifest, PathBuf)) -> Recogniser {
        let (terms, hardware, single) =
            (self.terms(&manifest), self.hardware.clone(), manifest.family == "ctc");
        let languages = if single { manifest.languages.clone() } else { Vec::new() };
        let proven = self.proven(&manifest.clone(), move || {
            if single {
                ctc::load(&manifest, &folder, &hardware).map(|model| Box::new(model) as Boxed<_, _, _>)
            } else {
                whisper::load(&manifest, &folder, &hardware).map(|model| Box::new(model) as Boxed<_, _, _>)
            }
        });
        Recogniser { model: Handle::spawn(terms, proven), languages }
    }

    /// The detector of voices. It runs on the processor, so it waits for no card.
    fn voices(&self) -> Option<Listening> {
        let (manifest, folder) = self.ready("voice-activity")?;
        let (mut terms, hardware) = (self.terms(&manifest), self.hardware.clone());
        terms.permit = None;
        let proven = self.proven(&manifest.clone(), move || {
            voice_activity::load(&folder, &hardware).map(|model| Box::new(model) as Boxed<_, _, _>)
        });
        Some(Handle::spawn(terms, proven))
    }
}

/// What the configuration says that models run on.
pub(super) fn hardware(places: &Places, config: &Config) -> runtime::Hardware {
    let inference = &config.inference;
    runtime::Hardware {
        library: inference.library.clone().unwrap_or_else(|| library(places)),
        threads: inference.threads,
        device: match inference.device {
            Device::Cpu => runtime::Device::Cpu,
            Device::Cuda => runtime::Device::Cuda,
        },
        fallback: inference.fall_back_to_cpu,
    }
}

/// Where `models pull runtime` puts the library.
pub(super) fn library(places: &Places) -> PathBuf {
    models::folder(places.data(), "runtime").join("libonnxruntime.so")
}
