//! Albums: several messages that were sent as one. Pure.

use serde::{Deserialize, Serialize};

use super::{Audience, Body, Message, Recording};

/// The album that a message belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Album {
    /// The messenger's own id of it.
    pub id: String,
    /// Recordings in it; the first one is heard.
    #[serde(default)]
    pub recordings: u32,
}

impl Message {
    /// Whether it says something by itself: words, or a recording.
    #[must_use]
    pub fn says_something(&self) -> bool {
        matches!(self.body, Body::Text(_) | Body::Voice(_) | Body::Edit { .. })
    }

    /// The first message of an album with a later one: the words of both, the first recording, and whatever calls the house.
    #[must_use]
    pub fn with_more(mut self, later: Self) -> Self {
        let (first, more) = (Parts::of(self.body, self.beside), Parts::of(later.body, later.beside));
        (self.body, self.beside) = first.and(more).body();
        self.audience = match (self.audience, later.audience) {
            (Audience::Group { called }, Audience::Group { called: too }) => {
                Audience::Group { called: called || too }
            }
            (audience, _) => audience,
        };
        self.quoted = self.quoted.or(later.quoted);
        if let (Some(album), Some(more)) = (&mut self.album, later.album) {
            album.recordings += more.recordings;
        }
        self
    }
}

/// What one message of an album carries.
struct Parts {
    words: String,
    recording: Option<Recording>,
    /// What nobody here looks at.
    unseen: Option<String>,
}

impl Parts {
    fn of(body: Body, beside: Option<String>) -> Self {
        match body {
            Body::Text(words) => Self { words, recording: None, unseen: beside },
            Body::Voice(recording) => Self {
                words: recording.caption.clone().unwrap_or_default(),
                recording: Some(recording),
                unseen: beside,
            },
            Body::Unsupported(what) => Self { words: String::new(), recording: None, unseen: Some(what) },
            Body::Edit { .. } | Body::Press { .. } | Body::Event(_) => {
                Self { words: String::new(), recording: None, unseen: beside }
            }
        }
    }

    fn and(self, more: Self) -> Self {
        let words = [self.words, more.words];
        let words: Vec<&str> =
            words.iter().map(String::as_str).filter(|words| !words.trim().is_empty()).collect();
        Self {
            words: words.join("\n"),
            recording: self.recording.or(more.recording),
            unseen: self.unseen.or(more.unseen),
        }
    }

    fn body(self) -> (Body, Option<String>) {
        let Self { words, recording, unseen } = self;
        match recording {
            Some(recording) => {
                let caption = (!words.is_empty()).then_some(words);
                (Body::Voice(Recording { caption, ..recording }), unseen)
            }
            None if words.is_empty() => (Body::Unsupported(unseen.unwrap_or_default()), None),
            None => (Body::Text(words), unseen),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Address, Person};

    fn one(body: Body, beside: Option<&str>) -> Message {
        let address = Address { messenger: "m".into(), chat: "c".into(), thread: None };
        let recordings = u32::from(matches!(body, Body::Voice(_)));
        let message = Message::new(address, "m:1", Person::default(), body, 1);
        let album = Some(Album { id: "7".into(), recordings });
        Message {
            audience: Audience::Group { called: false },
            beside: beside.map(str::to_owned),
            album,
            ..message
        }
    }

    fn voice(remote: &str, caption: Option<&str>) -> Message {
        let caption = caption.map(str::to_owned);
        one(Body::Voice(Recording { remote: remote.to_owned(), caption }), None)
    }

    fn photo() -> Message {
        one(Body::Unsupported("photo".into()), None)
    }

    fn text(words: &str) -> Message {
        one(Body::Text(words.into()), Some("photo"))
    }

    #[test]
    fn words_are_added_wherever_they_stand() {
        for (first, later, words) in [
            (photo(), text("cats"), "cats"),
            (text("cats"), photo(), "cats"),
            (text("cats"), text("dogs"), "cats\ndogs"),
        ] {
            let joined = first.with_more(later);
            assert_eq!(joined.body, Body::Text(words.into()));
            assert_eq!(joined.beside.as_deref(), Some("photo"));
        }
        assert_eq!(photo().with_more(photo()).body, Body::Unsupported("photo".into()));
    }

    #[test]
    fn the_first_recording_is_heard_and_all_are_counted() {
        let joined = voice("1", None).with_more(voice("2", Some("which?"))).with_more(voice("3", None));
        let caption = Some("which?".to_owned());
        assert_eq!(joined.body, Body::Voice(Recording { remote: "1".into(), caption }));
        assert_eq!(joined.album.as_ref().map(|album| album.recordings), Some(3));
        let joined = one(Body::Unsupported("document".into()), None).with_more(voice("2", None));
        assert_eq!(joined.body, Body::Voice(Recording { remote: "2".into(), caption: None }));
        assert_eq!(joined.beside.as_deref(), Some("document"));
    }

    #[test]
    fn one_that_calls_calls_for_all() {
        let called = Message { audience: Audience::Group { called: true }, ..text("cats") };
        assert!(!photo().with_more(called.clone()).audience.is_overheard());
        assert!(!called.with_more(photo()).audience.is_overheard());
        assert!(photo().with_more(photo()).audience.is_overheard());
    }
}
