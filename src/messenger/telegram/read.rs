//! An update as the service sent it becomes a message as the house keeps it. Pure, and never fails: what cannot be read is
//! kept as something unknown.

use serde::Deserialize as _;
use serde_json::Value;
use teloxide_core::types::{
    CallbackQuery, CallbackQueryId, Chat, ChatMemberUpdated, MediaKind, Message as Sent, MessageEntity,
    MessageKind, Update, UpdateKind, User,
};

use super::NAME;
use super::called::{Said, said};
use crate::message::{Address, Album, Audience, Body, Event, Language, Message, Person, Quoted, Recording};

/// Names that music and speech have as files.
const AUDIO: &[&str] = &["ogg", "oga", "opus", "mp3", "m4a", "aac", "flac", "wav"];

/// What is left of a message that cannot be read whole: who said what, where and when.
const BARE: &[&str] = &[
    "message_id",
    "message_thread_id",
    "is_topic_message",
    "from",
    "sender_chat",
    "chat",
    "date",
    "edit_date",
    "text",
    "caption",
    "voice",
    "audio",
    "video_note",
    "document",
    "photo",
];

/// Who the bot is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Me {
    pub(super) id: i64,
    pub(super) username: String,
    /// It reads everything that groups say.
    pub(super) reads_all: bool,
}

/// An update, read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Offered {
    pub(super) message: Message,
    /// A button press that waits for an answer.
    pub(super) press: Option<CallbackQueryId>,
}

/// Reads an update. `now` is for what has no date.
pub(super) fn read(raw: &Value, me: &Me, now: i64) -> Offered {
    let id = raw.get("update_id").and_then(Value::as_i64).unwrap_or_default();
    let unread = || Offered { message: unknown(raw, id, now), press: None };
    // From a reference: the library takes keys that are lent only.
    let whole = Update::deserialize(raw).ok().filter(|update| !matches!(update.kind, UpdateKind::Error(_)));
    let Some(update) = whole.or_else(|| Update::deserialize(&bare(raw)).ok()) else { return unread() };
    match update.kind {
        UpdateKind::Message(sent) => {
            let message = message(&sent, id, me);
            let album = raw.pointer("/message/media_group_id").and_then(Value::as_str);
            let album = album.map(|id| self::album(id, &message.body));
            Offered { message: Message { album, ..message }, press: None }
        }
        UpdateKind::EditedMessage(sent) => Offered { message: edited(&sent, id, me), press: None },
        UpdateKind::CallbackQuery(query) => pressed(&query, raw, now).unwrap_or_else(unread),
        UpdateKind::MyChatMember(change) => Offered { message: membership(&change, id), press: None },
        _ => unread(),
    }
}

/// An update without what surrounds its words: the library refuses a whole message for one kind of entity that it does not
/// know.
fn bare(raw: &Value) -> Value {
    let mut raw = raw.clone();
    for kind in ["message", "edited_message"] {
        if let Some(message) = raw.get_mut(kind).and_then(Value::as_object_mut) {
            message.retain(|key, _| BARE.contains(&key.as_str()));
        }
    }
    raw
}

/// The album of a message with this body.
fn album(id: &str, body: &Body) -> Album {
    Album { id: id.to_owned(), recordings: u32::from(matches!(body, Body::Voice(_))) }
}

/// The kind of an update, for the log.
fn kind(raw: &Value) -> String {
    let kinds = raw.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
    kinds
        .filter(|key| *key != "update_id")
        .map(|key| key.chars().take(40).collect())
        .next()
        .unwrap_or_default()
}

fn unknown(raw: &Value, id: i64, now: i64) -> Message {
    let kind = kind(raw);
    let chat = raw
        .get(&kind)
        .and_then(|inner| inner.pointer("/chat/id").or_else(|| inner.pointer("/message/chat/id")));
    let chat = chat.and_then(Value::as_i64).map(|chat| chat.to_string()).unwrap_or_default();
    let address = Address { messenger: NAME.to_owned(), chat, thread: None };
    Message::new(address, format!("u:{id}"), Person::default(), Body::Event(Event::Unknown(kind)), now)
}

/// Whose words an entity counts in: text or caption.
fn words(sent: &Sent) -> Option<(&str, &[MessageEntity])> {
    let text = sent.text().map(|text| (text, sent.entities().unwrap_or_default()));
    text.or_else(|| sent.caption().map(|text| (text, sent.caption_entities().unwrap_or_default())))
}

fn message(sent: &Sent, update: i64, me: &Me) -> Message {
    let said = words(sent).map(|(text, entities)| said(text, entities, me));
    let quoted = quoted(sent, me);
    let ((body, beside), key) = match event(sent) {
        // A service message has an id of its own, but nobody can edit or answer it.
        Some(event) => ((Body::Event(event), None), format!("u:{update}")),
        None => (body(sent, said.as_ref()), format!("m:{}", sent.id.0)),
    };
    let audience = audience(&sent.chat, said.as_ref(), quoted.as_ref());
    let at = sent.date.timestamp_millis();
    Message { audience, quoted, beside, ..Message::new(address(sent), key, from(sent), body, at) }
}

fn edited(sent: &Sent, update: i64, me: &Me) -> Message {
    let message = message(sent, update, me);
    let of = format!("m:{}", sent.id.0);
    let date = sent.edit_date().map_or(sent.date, |date| *date).timestamp();
    let body = match (&message.body, words(sent)) {
        (Body::Text(text), _) => Body::Edit { of, text: text.clone() },
        (Body::Voice(Recording { caption: Some(text), .. }), _) => Body::Edit { of, text: text.clone() },
        _ => Body::Event(Event::Silent("edited".to_owned())),
    };
    Message { key: format!("e:{}:{date}", sent.id.0), body, ..message }
}

fn pressed(query: &CallbackQuery, raw: &Value, now: i64) -> Option<Offered> {
    let under = query.message.as_ref()?;
    let chat = under.chat();
    let thread = under.regular_message().map_or_else(|| topic(raw), thread);
    let address = Address { messenger: NAME.to_owned(), chat: chat.id.0.to_string(), thread };
    let data = query.data.clone().unwrap_or_default();
    let body = Body::Press { of: format!("m:{}", under.id().0), data };
    let audience = if chat.is_private() { Audience::Private } else { Audience::Group { called: true } };
    let message = Message::new(address, format!("c:{}", query.id.0), person(&query.from), body, now);
    Some(Offered { message: Message { audience, ..message }, press: Some(query.id.clone()) })
}

fn membership(change: &ChatMemberUpdated, update: i64) -> Message {
    let (was, is) = (change.old_chat_member.is_present(), change.new_chat_member.is_present());
    let event = match (was, is) {
        (_, false) => Event::Removed,
        (false, true) => Event::Added,
        (true, true) => Event::Silent("rights".to_owned()),
    };
    let address = Address { messenger: NAME.to_owned(), chat: change.chat.id.0.to_string(), thread: None };
    let (from, at) = (person(&change.from), change.date.timestamp_millis());
    let message = Message::new(address, format!("u:{update}"), from, Body::Event(event), at);
    Message { audience: audience(&change.chat, None, None), ..message }
}

fn address(sent: &Sent) -> Address {
    Address { messenger: NAME.to_owned(), chat: sent.chat.id.0.to_string(), thread: thread(sent) }
}

/// Only topics are threads: in other groups the id names the message that began a chain of replies.
fn thread(sent: &Sent) -> Option<String> {
    sent.thread_id.filter(|_| sent.is_topic_message).map(|thread| thread.0.0.to_string())
}

/// The topic of a message that is not accessible any more: the library has no place for it.
fn topic(raw: &Value) -> Option<String> {
    let under = raw.pointer("/callback_query/message")?;
    let says = |path: &str| under.pointer(path).and_then(Value::as_bool).unwrap_or_default();
    let thread = under.get("message_thread_id").and_then(Value::as_i64)?;
    (says("/is_topic_message") || says("/chat/is_forum")).then(|| thread.to_string())
}

/// Who said it. A channel or an anonymous admin speaks for a chat; the service itself has ids of its own.
fn from(sent: &Sent) -> Person {
    if let Some(chat) = &sent.sender_chat {
        let name = chat.title().map(str::to_owned);
        return Person { id: chat.id.0.to_string(), name, language: None, shared: true };
    }
    sent.from.as_ref().map(person).unwrap_or_else(|| Person { shared: true, ..Person::default() })
}

fn person(user: &User) -> Person {
    Person {
        id: user.id.0.to_string(),
        name: Some(user.full_name()),
        language: user.language_code.as_deref().and_then(Language::parse),
        shared: user.is_bot || user.is_anonymous() || user.is_channel() || user.is_telegram(),
    }
}

fn audience(chat: &Chat, said: Option<&Said>, quoted: Option<&Quoted>) -> Audience {
    if chat.is_private() {
        return Audience::Private;
    }
    let answers = quoted.is_some_and(|quoted| quoted.ours);
    let called = said.map_or(answers, |said| said.to_us || answers && !said.to_another);
    Audience::Group { called }
}

/// What happened, when nobody said anything.
fn event(sent: &Sent) -> Option<Event> {
    if let Some(to) = sent.migrate_to_chat_id() {
        return Some(Event::Moved { to: to.0.to_string() });
    }
    if sent.chat.is_channel() {
        return Some(Event::Silent("channel".to_owned()));
    }
    // Two bots that answer each other would never end.
    if sent.sender_chat.is_none()
        && sent.from.as_ref().is_some_and(|from| from.is_bot && !from.is_anonymous())
    {
        return Some(Event::Silent("bot".to_owned()));
    }
    match &sent.kind {
        MessageKind::Common(common) if !matches!(common.media_kind, MediaKind::Migration(_)) => None,
        MessageKind::Dice(_) => None,
        MessageKind::Empty {} => None,
        _ => Some(Event::Silent("service".to_owned())),
    }
}

/// What a message carries, and what stands beside its words that nobody here looks at.
fn body(sent: &Sent, said: Option<&Said>) -> (Body, Option<String>) {
    let text = said.map(|said| said.text.clone());
    if let Some(recording) = recording(sent) {
        let caption = text.filter(|text| !text.is_empty());
        return (Body::Voice(Recording { caption, ..recording }), None);
    }
    let what = match &sent.kind {
        MessageKind::Common(common) => match &common.media_kind {
            MediaKind::Text(_) => return (Body::Text(text.unwrap_or_default()), None),
            MediaKind::Photo(_) => "photo",
            MediaKind::Sticker(_) => "sticker",
            MediaKind::Poll(_) => "poll",
            MediaKind::Video(_) => "video",
            MediaKind::Animation(_) => "animation",
            MediaKind::Document(document) if is_picture(document.document.mime_type.as_ref()) => "photo",
            MediaKind::Document(_) => "document",
            MediaKind::Location(_) | MediaKind::Venue(_) => "location",
            MediaKind::Contact(_) => "contact",
            _ => "something",
        },
        MessageKind::Dice(_) => "dice",
        _ => "something",
    };
    let what = what.to_owned();
    match text.filter(|text| !text.trim().is_empty()) {
        Some(caption) => (Body::Text(caption), Some(what)),
        None => (Body::Unsupported(what), None),
    }
}

fn is_picture(mime: Option<&impl ToString>) -> bool {
    mime.is_some_and(|mime| mime.to_string().starts_with("image/"))
}

/// What was spoken in a message: the sender says what kind it is, the bytes decide later.
fn recording(sent: &Sent) -> Option<Recording> {
    let document = sent.document().filter(|document| {
        let name = document.file_name.as_deref().unwrap_or_default().to_lowercase();
        let ending = name.rsplit_once('.').is_some_and(|(_, ending)| AUDIO.contains(&ending));
        ending || document.mime_type.as_ref().is_some_and(|mime| mime.to_string().starts_with("audio/"))
    });
    let file = sent.voice().map(|voice| &voice.file);
    let file = file.or_else(|| sent.audio().map(|audio| &audio.file));
    let file = file.or_else(|| sent.video_note().map(|note| &note.file));
    let file = file.or_else(|| document.map(|document| &document.file));
    file.map(|file| Recording { remote: file.id.0.clone(), caption: None })
}

/// The message that is answered. Whatever is said in a topic seems to answer the message that opened it.
fn quoted(sent: &Sent, me: &Me) -> Option<Quoted> {
    let opened =
        |earlier: &Sent| sent.is_topic_message && sent.thread_id.is_some_and(|thread| thread.0 == earlier.id);
    if let Some(earlier) = sent.reply_to_message().filter(|earlier| !opened(earlier)) {
        let own = sent.quote().map(|quote| quote.text.clone());
        let text = own.or_else(|| words(earlier).map(|(text, entities)| said(text, entities, me).text));
        let ours =
            earlier.from.as_ref().is_some_and(|from| i64::try_from(from.id.0).is_ok_and(|id| id == me.id));
        return Some(Quoted {
            key: format!("m:{}", earlier.id.0),
            ours,
            text,
            recording: recording(earlier),
            from: Some(from(earlier)),
        });
    }
    let quote = sent.quote()?;
    Some(Quoted {
        key: String::new(),
        ours: false,
        text: Some(quote.text.clone()),
        recording: None,
        from: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_press_under_a_message_that_is_gone_keeps_its_topic() {
        let me = Me { id: 99, username: "house_bot".into(), reads_all: false };
        let thread = |forum: bool, more: Value| {
            let mut under = json!({
                "chat": { "id": -1_001, "type": "supergroup", "title": "Club", "is_forum": forum },
                "message_id": 17, "date": 0,
            });
            under.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let raw = json!({ "update_id": 5, "callback_query": {
                "id": "1", "chat_instance": "2", "data": "1 again 7", "message": under,
                "from": { "id": 7, "is_bot": false, "first_name": "Ana" },
            } });
            let message = read(&raw, &me, 1).message;
            assert_eq!(message.request(), "m:17");
            message.address.thread
        };
        assert_eq!(thread(true, json!({ "message_thread_id": 4 })), Some("4".to_owned()));
        let told = json!({ "message_thread_id": 4, "is_topic_message": true });
        assert_eq!(thread(false, told), Some("4".to_owned()));
        assert_eq!(thread(false, json!({ "message_thread_id": 4 })), None, "a chain of replies is no topic");
        assert_eq!(thread(true, json!({})), None);
    }
}
