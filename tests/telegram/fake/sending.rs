//! Messages that the bot sends: text, pictures, documents, voice, albums.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::files::{self, Media};
use super::message::Message;
use super::place::{self, Place};
use super::refusal::Refusal;
use super::text::Formatted;
use super::world::State;

const TEXT_LIMIT: usize = 4096;
const CAPTION_LIMIT: usize = 1024;
const BUTTON_LIMIT: usize = 100;

/// `sendMessage`.
pub(super) fn message(state: &mut State, call: &Call) -> Result<Value, Refusal> {
    let text = text(state, call)?;
    let markup = markup(call)?;
    let place = place::of(state, call)?;
    if text.length() > TEXT_LIMIT {
        return Err(Refusal::bad("message is too long"));
    }
    count(state, place.chat)?;
    let mut content = Map::new();
    text_into(&mut content, &text, call);
    Ok(store(state, &place, content, markup, None))
}

/// `sendPhoto`, `sendDocument`, `sendVoice`.
pub(super) fn media(state: &mut State, call: &Call, field: &str) -> Result<Value, Refusal> {
    let said = call.param(field).and_then(Value::as_str);
    let caption =
        caption(state, call.text("caption"), call.param("parse_mode"), call.param("caption_entities"))?;
    let markup = markup(call)?;
    let place = place::of(state, call)?;
    let media = files::sent(state, call, field, said)?;
    if caption.length() > CAPTION_LIMIT {
        return Err(Refusal::bad("message caption is too long"));
    }
    count(state, place.chat)?;
    let content = media_content(&media, &caption);
    Ok(store(state, &place, content, markup, Some(media.bytes)))
}

/// `sendMediaGroup`: several messages at once, which belong together.
pub(super) fn album(state: &mut State, call: &Call) -> Result<Value, Refusal> {
    let items = call.param("media").and_then(Value::as_array).cloned().unwrap_or_default();
    if !(2..=10).contains(&items.len()) {
        let what = if items.len() > 10 {
            "too many messages to send as an album"
        } else {
            "there are no messages to send"
        };
        return Err(Refusal::bad(what));
    }
    let place = place::of(state, call)?;
    let mut parts = Vec::new();
    for item in &items {
        let (media, caption) = input_media(state, call, item)?;
        if caption.length() > CAPTION_LIMIT {
            return Err(Refusal::bad("message caption is too long"));
        }
        parts.push((media, caption));
    }
    count(state, place.chat)?;
    let group = format!("{}", 13_700_000_000_000_000 + state.next());
    let messages = parts.into_iter().map(|(media, caption)| {
        let mut content = media_content(&media, &caption);
        content.insert("media_group_id".into(), json!(group));
        store(state, &place, content, None, Some(media.bytes))
    });
    Ok(messages.collect())
}

/// An `InputMedia` with its caption.
pub(super) fn input_media(
    state: &mut State,
    call: &Call,
    item: &Value,
) -> Result<(Media, Formatted), Refusal> {
    let field = item["type"].as_str().unwrap_or_default();
    let caption = item["caption"].as_str().unwrap_or_default();
    let caption = self::caption(state, caption, item.get("parse_mode"), item.get("caption_entities"))?;
    let media = files::sent(state, call, field, item["media"].as_str());
    Ok((media?, caption))
}

/// The text of a call, or why it has none.
pub(super) fn text(state: &State, call: &Call) -> Result<Formatted, Refusal> {
    let source = call.text("text");
    if source.is_empty() {
        return Err(Refusal::bad("message text is empty"));
    }
    let mode = call.param("parse_mode").and_then(Value::as_str);
    let text = Formatted::read(source, mode, call.param("entities"))?;
    if text.text.is_empty() {
        return Err(Refusal::bad("text must be non-empty"));
    }
    Ok(state.with_people(text))
}

/// A caption; it may be empty.
pub(super) fn caption(
    state: &State,
    source: &str,
    mode: Option<&Value>,
    entities: Option<&Value>,
) -> Result<Formatted, Refusal> {
    Ok(state.with_people(Formatted::read(source, mode.and_then(Value::as_str), entities)?))
}

/// Puts a text into a message.
pub(super) fn text_into(content: &mut Map<String, Value>, text: &Formatted, call: &Call) {
    content.insert("text".into(), json!(text.text));
    if let Some(entities) = text.entities_json() {
        content.insert("entities".into(), entities);
    }
    if let Some(options) = call.param("link_preview_options") {
        content.insert("link_preview_options".into(), options.clone());
    }
}

/// A file and its caption as part of a message.
pub(super) fn media_content(media: &Media, caption: &Formatted) -> Map<String, Value> {
    let mut content = Map::from_iter([(media.field.clone(), media.value.clone())]);
    if !caption.text.is_empty() {
        content.insert("caption".into(), json!(caption.text));
    }
    if let Some(entities) = caption.entities_json() {
        content.insert("caption_entities".into(), entities);
    }
    content
}

/// The buttons or the keyboard of a call. Read in Client.cpp (`get_inline_keyboard_button`).
pub(super) fn markup(call: &Call) -> Result<Option<Value>, Refusal> {
    let Some(markup) = call.param("reply_markup") else {
        return Ok(None);
    };
    let Some(rows) = markup["inline_keyboard"].as_array() else {
        return Ok(Some(markup.clone()));
    };
    let buttons: Vec<&Value> = rows.iter().filter_map(Value::as_array).flatten().collect();
    for button in &buttons {
        if button.as_object().is_none_or(|button| button.keys().all(|key| key == "text")) {
            return Err(Refusal::bad(
                "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
            ));
        }
        if button["text"] == "" {
            return Err(Refusal::bad("BUTTON_TEXT_INVALID"));
        }
        if button["callback_data"].as_str().is_some_and(|data| !(1..=64).contains(&data.len())) {
            return Err(Refusal::bad("BUTTON_DATA_INVALID"));
        }
        if button["url"].as_str().is_some_and(|url| !url.contains('.') && !url.starts_with("tg://")) {
            return Err(Refusal::bad("BUTTON_URL_INVALID"));
        }
    }
    if buttons.len() > BUTTON_LIMIT {
        return Err(Refusal::bad("reply markup is too long"));
    }
    Ok((!buttons.is_empty()).then(|| markup.clone()))
}

/// Counts a send or an edit against the limits.
pub(super) fn count(state: &mut State, chat: i64) -> Result<(), Refusal> {
    let moment = state.moment();
    state.limits.count(chat, moment)
}

fn store(
    state: &mut State,
    place: &Place,
    content: Map<String, Value>,
    markup: Option<Value>,
    bytes: Option<Vec<u8>>,
) -> Value {
    let mut json = state.head(place);
    json.extend(content);
    let mut keyboard = markup;
    if let Some(buttons) = keyboard.take_if(|markup| markup.get("inline_keyboard").is_some()) {
        json.insert("reply_markup".into(), buttons);
    }
    let message = Message { keyboard, bytes, ..Message::new(json, true) };
    let value = message.value();
    State::must_be("Message", &value);
    let chat = state.chat_mut(place.chat);
    chat.messages.insert(message.id(), message);
    chat.other_bot_last = false;
    value
}

impl State {
    /// `tg://user?id=7` is a mention of somebody, if the server knows them; else nothing.
    fn with_people(&self, mut text: Formatted) -> Formatted {
        text.entities.retain_mut(|entity| {
            let url = entity.more.get("url").and_then(Value::as_str).unwrap_or_default();
            let Some(id) = url.strip_prefix("tg://user?id=") else {
                return true;
            };
            let person = id.parse().ok().and_then(|id: i64| self.people.get(&id));
            entity.kind = String::from("text_mention");
            entity.more =
                person.map(|person| Map::from_iter([("user".into(), person.json())])).unwrap_or_default();
            person.is_some()
        });
        text
    }
}
