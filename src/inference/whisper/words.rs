//! Whisper's tokens: text, and the ones that say language, task and time. Read by name, since their ids move with the
//! size of the vocabulary (large-v3 has one language more).

use std::path::Path;

use crate::inference::InferenceError;
use crate::inference::tokenizer::{Tokenizer, Voice};

/// Milliseconds from one time token to the next.
pub(super) const TICK_MS: u32 = 20;

/// Languages that a Whisper with several of them knows, as it names them (openai/whisper, `tokenizer.py`; `yue` since
/// large-v3).
#[rustfmt::skip]
pub const LANGUAGES: &[&str] = &[
    "en", "zh", "de", "es", "ru", "ko", "fr", "ja", "pt", "tr", "pl", "ca", "nl", "ar", "sv", "it", "id", "hi",
    "fi", "vi", "he", "uk", "el", "ms", "cs", "ro", "da", "hu", "ta", "no", "th", "ur", "hr", "bg", "lt", "la",
    "mi", "ml", "cy", "sk", "te", "fa", "lv", "bn", "sr", "az", "sl", "kn", "et", "mk", "br", "eu", "is", "hy",
    "ne", "mn", "bs", "kk", "sq", "sw", "gl", "mr", "pa", "si", "km", "sn", "yo", "so", "af", "oc", "ka", "be",
    "tg", "sd", "gu", "am", "yi", "lo", "uz", "fo", "ht", "ps", "tk", "nn", "mt", "sa", "lb", "my", "bo", "tl",
    "mg", "as", "tt", "haw", "ln", "ha", "ba", "jw", "su", "yue",
];

/// A language that the model knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Language {
    /// ISO 639-1, or 639-3 where there is none (`haw`, `yue`).
    pub(super) code: String,
    pub(super) token: u32,
}

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
    pub(super) no_speech: Option<u32>,
    /// Text without times follows.
    pub(super) plain: u32,
    /// Every language that the model tells from others.
    pub(super) languages: Vec<Language>,
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
        let transcribe = need("<|transcribe|>")?;
        let language = |token| {
            let name = own.token(token)?;
            let code = name.strip_prefix("<|")?.strip_suffix("|>")?.to_owned();
            Some(Language { code, token })
        };
        // They stand between the beginning and the tasks.
        let tasks = own.id("<|translate|>").unwrap_or(transcribe).min(transcribe);
        let languages = (start + 1..tasks).filter_map(language).collect();
        Ok(Self {
            end,
            start,
            plain,
            transcribe,
            languages,
            before: found(&["<|startofprev|>"]),
            no_speech: found(&["<|nospeech|>", "<|nocaptions|>"]),
            marks: (start..plain).collect(),
            said: Tokenizer::open(path, Voice::People)?,
            own,
        })
    }

    /// The language with this code.
    pub(super) fn language(&self, code: &str) -> Option<&Language> {
        self.languages.iter().find(|language| language.code == code)
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
