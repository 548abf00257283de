//! Messages that the bot changes or takes back.
//!
//! An edit that changes nothing is refused, and one that names no buttons takes them away, as on the real server.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::place::{self, Access};
use super::refusal::Refusal;
use super::sending;
use super::world::{Kind, Standing, State};

const TEXT_LIMIT: usize = 4096;
const CAPTION_LIMIT: usize = 1024;
/// The fields that are a message's file.
const FILES: [&str; 6] = ["photo", "document", "voice", "audio", "video", "animation"];

/// `editMessageText`.
pub(super) fn text(state: &mut State, call: &Call) -> Result<Value, Refusal> {
    let text = sending::text(state, call)?;
    let markup = sending::markup(call)?;
    let (chat, message) = own(state, call)?;
    let mut json = current(state, chat, message);
    if !json.contains_key("text") {
        return Err(Refusal::bad("there is no text in the message to edit"));
    }
    if text.length() > TEXT_LIMIT {
        return Err(Refusal::bad("MESSAGE_TOO_LONG"));
    }
    json.remove("entities");
    json.remove("link_preview_options");
    sending::text_into(&mut json, &text, call);
    changed(state, chat, json, markup, None)
}

/// `editMessageCaption`.
pub(super) fn caption(state: &mut State, call: &Call) -> Result<Value, Refusal> {
    let entities = call.param("caption_entities");
    let caption = sending::caption(state, call.text("caption"), call.param("parse_mode"), entities)?;
    let markup = sending::markup(call)?;
    let (chat, message) = own(state, call)?;
    let mut json = current(state, chat, message);
    if !FILES.iter().any(|field| json.contains_key(*field)) {
        return Err(Refusal::bad("there is no caption in the message to edit"));
    }
    if caption.length() > CAPTION_LIMIT {
        return Err(Refusal::bad("MEDIA_CAPTION_TOO_LONG"));
    }
    json.remove("caption");
    json.remove("caption_entities");
    if !caption.text.is_empty() {
        json.insert("caption".into(), json!(caption.text));
    }
    if let Some(entities) = caption.entities_json() {
        json.insert("caption_entities".into(), entities);
    }
    changed(state, chat, json, markup, None)
}

/// `editMessageMedia`: a message of text becomes one of a file, and a file another one.
pub(super) fn media(state: &mut State, call: &Call) -> Result<Value, Refusal> {
    let (mut media, caption) =
        sending::input_media(state, call, call.param("media").unwrap_or(&Value::Null))?;
    let markup = sending::markup(call)?;
    let (chat, message) = own(state, call)?;
    let mut json = current(state, chat, message);
    if !json.contains_key("text") && !FILES.iter().any(|field| json.contains_key(*field)) {
        return Err(Refusal::bad("there is no media in the message to edit"));
    }
    if caption.length() > CAPTION_LIMIT {
        return Err(Refusal::bad("MEDIA_CAPTION_TOO_LONG"));
    }
    // The same picture again is no other picture, whatever its new file is called.
    let before = &state.chat(chat).messages[&message];
    if let Some(same) = json.get(&media.field).filter(|_| before.bytes.as_ref() == Some(&media.bytes)) {
        media.value = same.clone();
    }
    for field in
        ["text", "entities", "link_preview_options", "caption", "caption_entities"].iter().chain(&FILES)
    {
        json.remove(*field);
    }
    json.extend(sending::media_content(&media, &caption));
    changed(state, chat, json, markup, Some(media.bytes))
}

/// `editMessageReplyMarkup`.
pub(super) fn markup(state: &mut State, call: &Call) -> Result<Value, Refusal> {
    let markup = sending::markup(call)?;
    let (chat, message) = own(state, call)?;
    let json = current(state, chat, message);
    changed(state, chat, json, markup, None)
}

/// The bot's own message that a call names.
fn own(state: &State, call: &Call) -> Result<(i64, i64), Refusal> {
    if call.param("inline_message_id").is_some() {
        return Err(Refusal::bad("the fake has no inline messages"));
    }
    let (chat, message) = found(state, call, "message to edit", Access::Edit)?;
    let is_own = state.chat(chat).messages[&message].own && state.chat(chat).upgraded_to.is_none();
    if is_own { Ok((chat, message)) } else { Err(Refusal::bad("message can't be edited")) }
}

/// The message that a call names.
pub(super) fn found(state: &State, call: &Call, what: &str, access: Access) -> Result<(i64, i64), Refusal> {
    if call.param("chat_id").is_none() && call.integer("message_id").is_none() {
        return Err(Refusal::bad("message identifier is not specified"));
    }
    let chat = place::chat(state, call, access)?;
    let message =
        call.integer("message_id").filter(|message| state.chat(chat).messages.contains_key(message));
    message.map(|message| (chat, message)).ok_or_else(|| Refusal::bad(format!("{what} not found")))
}

fn current(state: &State, chat: i64, message: i64) -> Map<String, Value> {
    state.chat(chat).messages[&message].json.clone()
}

fn changed(
    state: &mut State,
    chat: i64,
    mut json: Map<String, Value>,
    markup: Option<Value>,
    bytes: Option<Vec<u8>>,
) -> Result<Value, Refusal> {
    json.remove("reply_markup");
    if let Some(markup) = markup {
        json.insert("reply_markup".into(), markup);
    }
    let id = json["message_id"].as_i64().unwrap();
    if json == state.chat(chat).messages[&id].json {
        return Err(Refusal::not_modified());
    }
    sending::count(state, chat)?;
    json.insert("edit_date".into(), json!(state.now));
    let value = Value::Object(json.clone());
    State::must_be("Message", &value);
    let message = state.chat_mut(chat).messages.get_mut(&id).unwrap();
    message.json = json;
    message.edits += 1;
    if bytes.is_some() {
        message.bytes = bytes;
    }
    Ok(value)
}

/// `deleteMessage`.
pub(super) fn delete(state: &mut State, call: &Call) -> Result<Value, Refusal> {
    let (chat, message) = found(state, call, "message to delete", Access::Write)?;
    if !may_delete(state, chat, message) {
        return Err(Refusal::bad("message can't be deleted"));
    }
    state.chat_mut(chat).messages.remove(&message);
    Ok(json!(true))
}

/// `deleteMessages`: those that are not there are passed over.
pub(super) fn delete_several(state: &mut State, call: &Call) -> Result<Value, Refusal> {
    let chat = place::chat(state, call, Access::Write)?;
    let ids = call.param("message_ids").and_then(Value::as_array).cloned().unwrap_or_default();
    if !(1..=100).contains(&ids.len()) {
        let what = if ids.is_empty() {
            "message identifiers are not specified"
        } else {
            "too many message identifiers specified"
        };
        return Err(Refusal::bad(what));
    }
    let ids: Vec<i64> = ids.iter().filter_map(Value::as_i64).collect();
    let there: Vec<i64> = ids.into_iter().filter(|id| state.chat(chat).messages.contains_key(id)).collect();
    if !there.iter().all(|id| may_delete(state, chat, *id)) {
        return Err(Refusal::bad("message can't be deleted"));
    }
    for id in there {
        state.chat_mut(chat).messages.remove(&id);
    }
    Ok(json!(true))
}

fn may_delete(state: &State, chat: i64, message: i64) -> bool {
    let chat = state.chat(chat);
    let message = &chat.messages[&message];
    let date = message.json["date"].as_i64().unwrap();
    let fresh = state.now - date < 48 * 3600;
    chat.standing == Standing::Administrator || (fresh && (message.own || chat.kind == Kind::Private))
}
