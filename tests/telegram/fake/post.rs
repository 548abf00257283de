//! A message that somebody is about to write: every kind of it, said in a few words.
//!
//! A value and nothing more; [`super::Server::post`] sends it.

use serde_json::{Map, Value, json};

use super::world::{CHANNEL_BOT, GROUP_ANONYMOUS_BOT, TELEGRAM};

/// One message of somebody.
#[derive(Debug, Clone, Default)]
pub(crate) struct Post {
    pub(super) chat: i64,
    pub(super) from: Option<i64>,
    pub(super) sender_chat: Option<i64>,
    pub(super) text: String,
    pub(super) entities: Vec<Value>,
    pub(super) media: Option<Attached>,
    pub(super) fields: Map<String, Value>,
    pub(super) origin: Option<Origin>,
    pub(super) reply_to: Option<i64>,
    pub(super) quote: Option<String>,
    pub(super) thread: Option<i64>,
    pub(super) date: Option<i64>,
    pub(super) service: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Attached {
    pub(super) field: String,
    pub(super) bytes: Vec<u8>,
    pub(super) name: Option<String>,
    pub(super) mime: Option<String>,
    pub(super) seconds: i64,
    pub(super) size: Option<u64>,
}

#[derive(Debug, Clone)]
pub(super) enum Origin {
    Person(i64),
    Hidden(String),
    Message(i64, i64),
}

impl Post {
    /// By somebody in a chat.
    pub(crate) fn by(from: i64, chat: i64) -> Self {
        Self { chat, from: Some(from), ..Self::default() }
    }

    /// In a channel, in its name.
    pub(crate) fn in_channel(channel: i64) -> Self {
        Self { chat: channel, sender_chat: Some(channel), ..Self::default() }
    }

    /// By an administrator who does not say which.
    pub(crate) fn by_anonymous(chat: i64) -> Self {
        Self { sender_chat: Some(chat), ..Self::by(GROUP_ANONYMOUS_BOT, chat) }
    }

    /// By somebody who writes in the name of a channel of theirs.
    pub(crate) fn by_channel(channel: i64, chat: i64) -> Self {
        Self { sender_chat: Some(channel), ..Self::by(CHANNEL_BOT, chat) }
    }

    /// A post of the linked channel, which Telegram carries over into its group.
    pub(crate) fn by_linked_channel(channel: i64, post: i64, chat: i64) -> Self {
        let origin = Some(Origin::Message(channel, post));
        let post = Self { sender_chat: Some(channel), origin, ..Self::by(TELEGRAM, chat) };
        post.field("is_automatic_forward", true)
    }

    /// The text, or the caption of what is attached.
    pub(crate) fn text(self, text: &str) -> Self {
        Self { text: text.to_owned(), ..self }
    }

    /// Entities beside those that are found in the text; offsets in UTF-16 units.
    pub(crate) fn entity(mut self, entity: Value) -> Self {
        self.entities.push(entity);
        self
    }

    pub(crate) fn reply_to(self, message: i64) -> Self {
        Self { reply_to: Some(message), ..self }
    }

    /// Quotes this part of the message that it replies to.
    pub(crate) fn quoting(self, part: &str) -> Self {
        Self { quote: Some(part.to_owned()), ..self }
    }

    pub(crate) fn in_topic(self, thread: i64) -> Self {
        Self { thread: Some(thread), ..self }
    }

    /// Sent at another time than now.
    pub(crate) fn sent_at(self, date: i64) -> Self {
        Self { date: Some(date), ..self }
    }

    pub(crate) fn forwarded_from(self, person: i64) -> Self {
        Self { origin: Some(Origin::Person(person)), ..self }
    }

    /// Forwarded from somebody who hides their account.
    pub(crate) fn forwarded_from_hidden(self, name: &str) -> Self {
        Self { origin: Some(Origin::Hidden(name.to_owned())), ..self }
    }

    /// Forwarded from a message that the server has.
    pub(crate) fn forwarded_of(self, chat: i64, message: i64) -> Self {
        Self { origin: Some(Origin::Message(chat, message)), ..self }
    }

    /// `voice`, `audio`, `video`, `video_note`, `photo` or `document`, with its bytes.
    pub(crate) fn attached(mut self, field: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.media = Some(Attached { field: field.to_owned(), bytes: bytes.into(), ..Attached::default() });
        self
    }

    pub(crate) fn photo(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.attached("photo", bytes)
    }

    pub(crate) fn voice(self, bytes: impl Into<Vec<u8>>, seconds: i64) -> Self {
        self.attached("voice", bytes).lasting(seconds)
    }

    pub(crate) fn document(self, name: &str, mime: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.attached("document", bytes).named(name).claiming(mime)
    }

    fn attachment(mut self, change: impl FnOnce(&mut Attached)) -> Self {
        change(self.media.as_mut().expect("something is attached"));
        self
    }

    pub(crate) fn named(self, name: &str) -> Self {
        self.attachment(|media| media.name = Some(name.to_owned()))
    }

    /// Says that it is of this MIME type.
    pub(crate) fn claiming(self, mime: &str) -> Self {
        self.attachment(|media| media.mime = Some(mime.to_owned()))
    }

    /// Says that it is this long.
    pub(crate) fn lasting(self, seconds: i64) -> Self {
        self.attachment(|media| media.seconds = seconds)
    }

    /// Says that it has this size; above 20 MB the bot cannot fetch it.
    pub(crate) fn of_size(self, size: u64) -> Self {
        self.attachment(|media| media.size = Some(size))
    }

    pub(crate) fn sticker(self, emoji: &str) -> Self {
        self.attached("sticker", *b"RIFF....WEBP").named(emoji)
    }

    pub(crate) fn dice(self, value: i64) -> Self {
        self.field("dice", json!({ "emoji": "🎲", "value": value }))
    }

    pub(crate) fn location(self, latitude: f64, longitude: f64) -> Self {
        self.field("location", json!({ "latitude": latitude, "longitude": longitude }))
    }

    pub(crate) fn contact(self, phone_number: &str, first_name: &str) -> Self {
        self.field("contact", json!({ "phone_number": phone_number, "first_name": first_name }))
    }

    pub(crate) fn poll(self, question: &str, options: &[&str]) -> Self {
        let options = options.iter().enumerate();
        let options = options
            .map(|(id, text)| json!({ "persistent_id": id.to_string(), "text": text, "voter_count": 0 }));
        let poll = json!({
            "id": "5312345678901234567",
            "question": question,
            "options": options.collect::<Value>(),
            "total_voter_count": 0,
            "is_closed": false,
            "is_anonymous": true,
            "type": "regular",
            "allows_multiple_answers": false,
            "allows_revoting": true,
            "members_only": false,
        });
        self.field("poll", poll)
    }

    /// Any other field of `Message`.
    pub(crate) fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// Something that happened, not something that was said.
    pub(crate) fn service(from: i64, chat: i64, field: &str, value: impl Into<Value>) -> Self {
        Self { service: true, ..Self::by(from, chat).field(field, value) }
    }
}
