//! Whisper's tokens: text, and the ones that say language, task and time. Read by name, since their ids move with the
//! size of the vocabulary (large-v3 has one language more).

use std::path::Path;

use crate::inference::InferenceError;
use crate::inference::tokenizer::{Tokenizer, Voice};

/// Milliseconds from one time token to the next.
pub(super) const TICK_MS: u32 = 20;

/// The tokenizer and the ids that matter.
pub(super) struct Words {
    own: Tokenizer,
    said: Tokenizer,
    /// Ends an answer; every id below is text.
    pub(super) end: u32,
    /// Begins a transcript.
    pub(super) start: u32,
    /// Writes what is said, in its own language.
    pub(super) transcribe: u32,
    /// Begins text that came before.
    pub(super) before: Option<u32>,
    /// Nobody speaks.
    pub(super) silence: Option<u32>,
    /// Text without times follows.
    pub(super) plain: u32,
    /// Languages, tasks and marks that are never written.
    pub(super) marks: Vec<u32>,
}

impl Words {
    pub(super) fn open(path: &Path) -> Result<Self, InferenceError> {
        let own = Tokenizer::open(path, Voice::House)?;
        let found = |names: &[&str]| names.iter().find_map(|name| own.id(name));
        let need = |name: &str| {
            let reason = format!("it has no token {name}, which every Whisper with several languages has");
            own.id(name).ok_or_else(|| InferenceError::File { path: path.to_owned(), reason })
        };
        let (end, start, plain) =
            (need("<|endoftext|>")?, need("<|startoftranscript|>")?, need("<|notimestamps|>")?);
        Ok(Self {
            end,
            start,
            plain,
            transcribe: need("<|transcribe|>")?,
            before: found(&["<|startofprev|>"]),
            silence: found(&["<|nospeech|>", "<|nocaptions|>"]),
            marks: (start..plain).collect(),
            said: Tokenizer::open(path, Voice::People)?,
            own,
        })
    }

    /// The token of a language.
    pub(super) fn language(&self, code: &str) -> Option<u32> {
        self.own.id(&format!("<|{code}|>"))
    }

    /// The first time token, 0 s.
    pub(super) const fn zero(&self) -> u32 {
        self.plain + 1
    }

    /// Ids of a text of somebody's, with the space before it that text has between other text.
    pub(super) fn ids(&self, text: &str) -> Result<Vec<u32>, InferenceError> {
        self.said.ids(&format!(" {}", text.trim()))
    }

    /// The text among tokens.
    pub(super) fn text(&self, tokens: &[u32]) -> Result<String, InferenceError> {
        let text: Vec<u32> = tokens.iter().copied().filter(|token| *token < self.end).collect();
        Ok(self.own.decode(&text)?.replace('\u{fffd}', ""))
    }
}
