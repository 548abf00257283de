//! What a reply carries, and what a painter is asked for.

use serde::{Deserialize, Serialize};

use super::Phrase;

/// What a reply row holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// Text of a model or a person, as it stands.
    Text {
        /// The text.
        text: String,
    },
    /// Sentences of the house, one paragraph each.
    Phrases {
        /// In reading order.
        phrases: Vec<Phrase>,
    },
    /// Text of a model, then sentences of the house (an offer, a mark that it was cut short).
    Mixed {
        /// The model's text.
        text: String,
        /// In reading order.
        phrases: Vec<Phrase>,
    },
    /// A finished picture.
    Picture(PictureReply),
    /// Nothing: what it takes the place of goes.
    Nothing,
}

impl Content {
    /// Adds sentences of the house. A question of ours stays the last.
    pub fn note(&mut self, notes: Vec<Phrase>) {
        match self {
            Self::Text { text } if !notes.is_empty() => {
                *self = Self::Mixed { text: std::mem::take(text), phrases: notes };
            }
            Self::Mixed { phrases, .. } => drop(phrases.splice(0..0, notes)),
            Self::Phrases { phrases } => phrases.extend(notes),
            Self::Text { .. } | Self::Picture(_) | Self::Nothing => {}
        }
    }
}

/// A finished picture as a reply carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureReply {
    /// File name inside the media folder.
    pub file: String,
    /// What was painted.
    pub prompt: String,
    /// Seed of the noise.
    pub seed: u64,
    /// Denoising steps.
    pub steps: u32,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Key of the sentence under the picture, if the model's manifest has one.
    pub caption: Option<String>,
    /// The end of the request that the picture model had no room for.
    #[serde(default)]
    pub cut: Option<String>,
    /// It is wanted as a file with all its bytes, not as a photo.
    #[serde(default)]
    pub as_file: bool,
}

/// What somebody ordered from the painter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Commission {
    /// What to draw, in the requester's words.
    pub subject: String,
    /// What the picture model reads (the subject, or its translation).
    pub prompt: String,
    /// What should not be in the picture.
    pub negative: Option<String>,
    /// Seed of the noise; drawn by the intent when nobody names one.
    pub seed: u64,
    /// Pixels; the model's own size when `None`.
    pub size: Option<(u32, u32)>,
    /// Denoising steps; the model's own number when `None`.
    pub steps: Option<u32>,
    /// It is wanted as a file with all its bytes, not as a photo.
    #[serde(default)]
    pub as_file: bool,
    /// The words that it comes from.
    #[serde(default)]
    pub request: String,
    /// How they were understood: the intent, with its score where a model compared (`draw 0.98`, `/draw`).
    #[serde(default)]
    pub intent: String,
}
