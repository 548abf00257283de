//! The inbox: every update is put on disk once, before anybody confirms it outside.
//!
//! In: a message as a messenger offers it. Out: its row, or the row that was there already. Text is bounded and freed of
//! control and bidirectional characters here, so that no later room has to. It must never read who may talk.

use tokio_util::sync::CancellationToken;

use crate::message::{Body, Message, MessageId, Phrase, Press, Recording, Step, measure};
use crate::store::{Accepted, Store, attend};

pub use crate::store::{StoreError, Wanted};

/// Longest text that is kept, in characters; one more character is kept so that the journey can refuse it in words.
pub const TEXT_LIMIT: usize = 8_000;

/// Longest transcript in characters: an hour of fast speech, the longest recording that may be allowed.
pub const SPOKEN_LIMIT: usize = 90_000;

/// Commands that are handled beside their lane, at once.
const CONTROL: &[&str] = &["/stop", "/стоп", "/cancel", "/отмена", "/queue", "/очередь"];

/// What ends a running answer when it is all that somebody says.
const STOP: &[&str] = &["/stop", "/стоп", "stop", "стоп", "хватит", "стой", "enough"];

/// The door for messengers.
#[derive(Debug, Clone)]
pub struct Inbox {
    store: Store,
}

impl Inbox {
    /// An inbox over the store.
    #[must_use]
    pub const fn new(store: Store) -> Self {
        Self { store }
    }

    /// Commits a message, once per (messenger, chat, key). `raw` is the update as it came.
    ///
    /// # Errors
    /// When the row cannot be committed: the update must not be confirmed then.
    pub async fn accept(&self, mut message: Message, raw: &str, now: i64) -> Result<MessageId, StoreError> {
        if let Body::Text(text)
        | Body::Edit { text, .. }
        | Body::Voice(Recording { caption: Some(text), .. }) = &mut message.body
        {
            *text = clean(text, TEXT_LIMIT);
        }
        // A caption of nothing that anybody sees is none.
        if matches!(&message.body, Body::Text(text) if text.trim().is_empty())
            && let Some(what) = message.beside.take()
        {
            message.body = Body::Unsupported(what);
        }
        let raw: String = raw.chars().take(4 * TEXT_LIMIT).collect();
        match self.store.accept(&message, &raw, is_control(&message), now).await? {
            Accepted::New(id) => {
                tracing::info!(message = id.get(), lane = message.address.lane(), "accepted");
                measure::accepted(&message.address.messenger);
                self.store.reached(Step::Accepted, id.get()).await;
                Ok(id)
            }
            Accepted::Duplicate(id) => {
                tracing::debug!(message = id.get(), "offered again, kept once");
                Ok(id)
            }
        }
    }
}

/// What messengers bring after a message was accepted.
impl Inbox {
    /// Does `work` whenever a recording may be wanted, until told to stop.
    pub async fn attend_recordings<F: Future<Output = Result<bool, StoreError>>>(
        &self,
        stop: &CancellationToken,
        work: impl FnMut() -> F,
    ) {
        attend("bringing recordings", &self.store.bells().recordings, stop, work).await;
    }

    /// Has them looked for at once.
    pub fn look_for_recordings(&self) {
        self.store.bells().recordings.notify_one();
    }

    /// Recordings that are still to be brought, the oldest message first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn wanted(&self) -> Result<Vec<Wanted>, StoreError> {
        self.store.wanted_recordings().await
    }

    /// Whether a recording is still to be brought.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn wants(&self, id: MessageId) -> Result<bool, StoreError> {
        self.store.wants_recording(id).await
    }

    /// Places the file of a recording; `None` when it is not wanted any more and nothing was done.
    ///
    /// # Errors
    /// When the database fails; the recording stays wanted.
    pub async fn while_wanted<T>(
        &self,
        id: MessageId,
        place: impl FnOnce() -> T,
    ) -> Result<Option<T>, StoreError> {
        self.store.while_wanted(id, place).await
    }

    /// The file lies in its place: the message is ready. False when nobody waits for it: it is to be deleted then.
    ///
    /// # Errors
    /// When the database fails; the recording stays wanted.
    pub async fn recording_is_here(&self, id: MessageId) -> Result<bool, StoreError> {
        self.store.reached(Step::Brought, id.get()).await;
        self.store.recording_is_here(id).await
    }

    /// The file will never come: the message is ready, and its sender will be told why.
    ///
    /// # Errors
    /// When the database fails; the recording stays wanted.
    pub async fn recording_is_missing(&self, id: MessageId, why: &Phrase) -> Result<(), StoreError> {
        self.store.recording_is_missing(id, why).await
    }
}

/// Whether a message is handled beside its lane. What a group says among itself is not.
#[must_use]
pub fn is_control(message: &Message) -> bool {
    // What an album says is known when all of it is here.
    if message.album.is_some() {
        return matches!(message.body, Body::Event(_));
    }
    let text = match &message.body {
        // A button that has a model answer waits for its turn, as if that had been asked.
        Body::Press { data, .. } => return !matches!(Press::parse(data), Some(Press::Answer(_))),
        Body::Event(_) => return true,
        Body::Text(text) => text,
        Body::Edit { .. } | Body::Voice(_) | Body::Unsupported(_) => return false,
    };
    // "Isaac, stop": whether that calls us is for heed to say, but it must not wait for what it is to stop.
    if message.audience.is_overheard() {
        let words: Vec<&str> =
            text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        return words.len() == 2 && words.iter().any(|word| is_stop(word));
    }
    if is_stop(text) {
        return true;
    }
    let first = text.split_whitespace().next().unwrap_or_default().to_lowercase();
    CONTROL.contains(&first.as_str())
}

/// Whether a text ends the running answer.
#[must_use]
pub fn is_stop(text: &str) -> bool {
    let said = text.trim().trim_end_matches(['!', '.']).to_lowercase();
    STOP.contains(&said.as_str())
}

/// Text as every later room may take it: without control characters (line feed and tab stay), bidirectional controls, the
/// byte order mark and spaces of no width (what joins letters or emoji stays); of more than `limit` characters one more is left, so that whoever heeds it sees that it is too long.
#[must_use]
pub fn clean(text: &str, limit: usize) -> String {
    text.chars()
        .filter(|&c| c == '\n' || c == '\t' || !c.is_control())
        .filter(|c| !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{200b}' | '\u{2060}'))
        .take(limit + 1)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Audience;

    fn says(text: &str) -> Message {
        crate::store::tests::says("c", "ana", "m:1", text)
    }

    #[test]
    fn control_and_bidi_characters_go() {
        assert_eq!(clean("a\u{0}b\u{202e}c\nd\te\u{feff}", 9), "abc\nd\te");
        assert_eq!(clean("\u{200b}\u{2060}", 9), "");
        assert_eq!(clean("👩\u{200d}🚀", 9), "👩\u{200d}🚀");
        assert_eq!(clean(&"я".repeat(100_000), 70).chars().count(), 71);
    }

    #[test]
    fn only_the_first_word_makes_a_control_message() {
        for (text, expected) in [
            ("/stop", true),
            (" /Cancel 3", true),
            ("/стоп", true),
            ("Стоп!", true),
            ("stop the music", false),
            ("please /stop", false),
            ("/stopwatch", false),
        ] {
            assert_eq!(is_control(&says(text)), expected, "{text}");
            let group = Message { audience: Audience::Group { called: false }, ..says(text) };
            assert!(!is_control(&group) || text.split_whitespace().count() == 2, "{text}");
        }
        for (text, expected) in
            [("Айзек, стоп!", true), ("stop, Isaac", true), ("Isaac, stop the music", false)]
        {
            let group = Message { audience: Audience::Group { called: false }, ..says(text) };
            assert_eq!(is_control(&group), expected, "{text}");
        }
    }
}
