//! What an intent is given: the request, and the house's means.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::known::Known;
use super::letters::letters;
use crate::access::Access;
use crate::conversation::Bounds;
use crate::inference::{Answering, ModelState, Rewriting, Sampling, Understanding};
use crate::message::{
    Address, Audience, FreeDisk, Language, MessageId, Notice, Pending, Quoted, Settings, Standing, State,
};
use crate::phrases::Phrases;
use crate::store::Reader;

/// A request, understood so far.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Its row.
    pub message: MessageId,
    /// The whole text, as typed.
    pub text: String,
    /// What follows the slash command; the whole text when there is none.
    pub args: String,
    /// Whether a slash command chose the intent.
    pub slash: bool,
    /// Where it was said.
    pub address: Address,
    /// Who said it.
    pub person: String,
    /// What that person is here.
    pub standing: Standing,
    /// Who hears it.
    pub audience: Audience,
    /// What it answers.
    pub quoted: Option<Quoted>,
    /// The language to reply in.
    pub language: Language,
    /// What the lane has chosen.
    pub settings: Settings,
    /// How it was understood: the intent, with its score where a model compared.
    pub understood: String,
    /// The question of ours that this may answer.
    pub pending: Option<Pending>,
    /// Low confidence: offer to draw it instead.
    pub offer_drawing: bool,
    /// Random, for a drawing or a sampler.
    pub seed: u64,
    /// Set by /stop and when the house stops.
    pub stop: CancellationToken,
    /// Now.
    pub now: i64,
}

/// The house's means.
#[derive(Clone)]
pub struct Kit {
    /// Encoder, intent and subject heads.
    pub understanding: Option<Understanding>,
    /// Finds subjects before the span head is asked.
    pub extractor: Option<Rewrites>,
    /// Puts subjects into a language that the picture model speaks.
    pub translator: Option<Rewrites>,
    /// The answer model.
    pub answering: Option<(Answering, AnswerFacts)>,
    /// What is known about the picture model.
    pub painter: Option<PainterFacts>,
    /// The house's sentences.
    pub phrases: Arc<Phrases>,
    /// What the configuration says about who may talk.
    pub access: Arc<Access>,
    /// The store, to be read.
    pub reader: Reader,
    /// How the house is at a moment (Unix milliseconds).
    pub house: Arc<dyn Fn(i64) -> HouseNow + Send + Sync>,
    /// Where drafts go.
    pub notices: mpsc::Sender<Notice>,
    /// Bounds and defaults from the configuration.
    pub options: Options,
}

/// A model that writes a text anew, and in which languages.
#[derive(Clone)]
pub struct Rewrites {
    /// The model.
    pub model: Rewriting,
    /// Languages it reads (ISO 639-1).
    pub languages: Vec<String>,
    /// The one that a translator writes.
    pub to: Option<String>,
}

impl Rewrites {
    /// Whether it reads the language of a text; letters alone decide.
    pub(super) fn reads(&self, text: &str) -> bool {
        let code = letters(text).unwrap_or("en");
        self.languages.iter().any(|language| language == code)
    }
}

/// How the house is, for whoever runs it.
#[derive(Debug, Clone, Default)]
pub struct HouseNow {
    /// What is wrong, and when messengers last heard from their services.
    pub health: State,
    /// Every model of this process.
    pub models: Vec<ModelState>,
    /// Resident memory of this process, in bytes, where the system tells.
    pub resident: Option<u64>,
    /// When the house stood up.
    pub started: i64,
}

/// What is known about the answer model.
#[derive(Debug, Clone, Default)]
pub struct AnswerFacts {
    /// Its name, for people.
    pub model: String,
    /// Languages it works in (ISO 639-1).
    pub languages: Vec<String>,
    /// The system message it was trained with.
    pub system: String,
    /// How it chooses tokens.
    pub sampling: Sampling,
    /// Most new tokens of one answer.
    pub max_new_tokens: usize,
    /// Size of the bilingual model that could be pulled, in megabytes.
    pub better_mb: i64,
}

/// What is known about the picture model.
#[derive(Debug, Clone, Default)]
pub struct PainterFacts {
    /// The only things it knows; `None` when it draws anything.
    pub known: Option<Known>,
    /// Its own size.
    pub size: (u32, u32),
    /// Smallest and largest side.
    pub side: (u32, u32),
    /// Every side is a multiple of this.
    pub multiple: u32,
    /// Fewest and most steps.
    pub steps: (u32, u32),
    /// Languages it speaks (ISO 639-1); none when it speaks all.
    pub languages: Vec<String>,
}

/// Bounds and defaults from the configuration.
#[derive(Clone)]
pub struct Options {
    /// How much of the conversation an answer sees.
    pub conversation: Bounds,
    /// The owner's default persona.
    pub persona: Option<String>,
    /// Draw scores from this up, below a match, offer a drawing.
    pub offer_from: f32,
    /// Free bytes under which drawings are refused, and where that is measured.
    pub free_disk: FreeDisk,
}
