//! Every other method, and which function does which.

use serde_json::{Value, json};

use super::call::Call;
use super::editing;
use super::files;
use super::place::{self, Access};
use super::queue::PRESS_LIVES;
use super::refusal::Refusal;
use super::seen::{Action, Answered, Draft};
use super::sending;
use super::text::{Formatted, length};
use super::world::{Kind, Standing, State};

const ACTIONS: [&str; 11] = [
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
];
/// What a bot may react with (core.telegram.org/bots/api#reactiontypeemoji).
const REACTIONS: &str = "❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 \
    💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡";

/// Why a call with this token is not taken at all.
pub(super) fn unauthorized(state: &State, token: &str) -> Option<Refusal> {
    if token == state.token {
        return None;
    }
    let well_formed = token.split_once(':').is_some_and(|(id, _)| id.parse::<u64>().is_ok());
    Some(Refusal::new(
        401,
        if well_formed { "Unauthorized" } else { "Unauthorized: invalid token specified" },
    ))
}

/// Does what a call says.
pub(super) fn perform(state: &mut State, call: &Call) -> Result<Value, Refusal> {
    match call.name.as_str() {
        "getMe" => Ok(me(state)),
        "getWebhookInfo" => Ok(webhook(state)),
        "deleteWebhook" => Ok(delete_webhook(state, call)),
        "sendMessage" => sending::message(state, call),
        "sendPhoto" => sending::media(state, call, "photo"),
        "sendDocument" => sending::media(state, call, "document"),
        "sendVoice" => sending::media(state, call, "voice"),
        "sendAudio" => sending::media(state, call, "audio"),
        "sendMediaGroup" => sending::album(state, call),
        "sendMessageDraft" => draft(state, call),
        "sendChatAction" => action(state, call),
        "editMessageText" => editing::text(state, call),
        "editMessageCaption" => editing::caption(state, call),
        "editMessageMedia" => editing::media(state, call),
        "editMessageReplyMarkup" => editing::markup(state, call),
        "deleteMessage" => editing::delete(state, call),
        "deleteMessages" => editing::delete_several(state, call),
        "setMessageReaction" => react(state, call),
        "answerCallbackQuery" => answer_press(state, call),
        "getFile" => files::get_file(state, call),
        "setMyCommands" => set_commands(state, call),
        "deleteMyCommands" => {
            state.commands.remove(&scope(call));
            Ok(json!(true))
        }
        "getMyCommands" => Ok(state.commands.get(&scope(call)).cloned().unwrap_or_else(|| json!([]))),
        "getChat" => place::chat(state, call, Access::Read).map(|chat| full_chat(state, chat)),
        "getChatMember" => chat_member(state, call),
        "leaveChat" => leave(state, call),
        other => {
            state.violations.push(format!("{other}: the fake does not do this"));
            Err(Refusal::new(404, "Not Found: the fake does not do this"))
        }
    }
}

fn me(state: &State) -> Value {
    let mut me = state.me.json();
    let more = json!({
        "can_join_groups": true,
        "can_read_all_group_messages": state.reads_all,
        "supports_inline_queries": false,
        "can_connect_to_business": false,
        "has_main_web_app": false,
        "has_topics_enabled": false,
        "allows_users_to_create_topics": false,
        "can_manage_bots": false,
        "supports_guest_queries": false,
        "supports_join_request_queries": false,
    });
    me.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    State::must_be("User", &me);
    me
}

fn webhook(state: &State) -> Value {
    json!({
        "url": state.queue.webhook,
        "has_custom_certificate": false,
        "pending_update_count": state.queue.pending().len(),
    })
}

fn delete_webhook(state: &mut State, call: &Call) -> Value {
    state.queue.webhook.clear();
    if call.flag("drop_pending_updates") {
        state.queue.clear();
    }
    json!(true)
}

/// A preview that grows: private chats only, a number that is not zero, no message comes of it.
fn draft(state: &mut State, call: &Call) -> Result<Value, Refusal> {
    let mode = call.param("parse_mode").and_then(Value::as_str);
    let text = Formatted::read(call.text("text"), mode, call.param("entities"))?.text;
    if text.is_empty() && !call.text("text").is_empty() {
        return Err(Refusal::bad("text must be non-empty"));
    }
    let chat = place::chat(state, call, Access::Write)?;
    let id = call.integer("draft_id").unwrap_or(0);
    if id == 0 {
        return Err(Refusal::bad("TEXTDRAFT_ID_INVALID"));
    }
    if state.chat(chat).kind != Kind::Private {
        return Err(Refusal::bad("TEXTDRAFT_PEER_INVALID"));
    }
    if length(&text) > 4096 {
        return Err(Refusal::bad("MESSAGE_TOO_LONG"));
    }
    state.drafts.push(Draft { chat, thread: call.integer("message_thread_id"), id, text });
    Ok(json!(true))
}

/// The general topic has the number 1 here, and here alone.
fn action(state: &mut State, call: &Call) -> Result<Value, Refusal> {
    let action = call.text("action").to_lowercase();
    if !ACTIONS.contains(&action.as_str()) {
        return Err(Refusal::bad("wrong parameter action in request"));
    }
    let chat = place::chat(state, call, Access::Write)?;
    let thread = call.integer("message_thread_id").filter(|thread| *thread > 0);
    if thread.is_some_and(|thread| thread != 1 && state.chat(chat).topic(thread).is_none()) {
        return Err(Refusal::bad("message thread not found"));
    }
    state.actions.push(Action { chat, thread, action });
    Ok(json!(true))
}

fn react(state: &mut State, call: &Call) -> Result<Value, Refusal> {
    let (chat, message) = editing::found(state, call, "message to react", Access::Read)?;
    let reactions = call.param("reaction").and_then(Value::as_array).cloned().unwrap_or_default();
    let known = |reaction: &Value| {
        let emoji = reaction["emoji"].as_str().unwrap_or_default();
        REACTIONS.split_whitespace().any(|known| known == emoji)
    };
    if !reactions.iter().all(known) {
        return Err(Refusal::bad("REACTION_INVALID"));
    }
    if reactions.len() > 1 {
        return Err(Refusal::bad("REACTIONS_TOO_MANY"));
    }
    state.chat_mut(chat).messages.get_mut(&message).unwrap().reactions = reactions;
    Ok(json!(true))
}

/// Once, and soon.
fn answer_press(state: &mut State, call: &Call) -> Result<Value, Refusal> {
    let (id, now) = (call.text("callback_query_id").to_owned(), state.now);
    let press = state.presses.iter_mut().find(|press| press.id == id);
    let press = press.filter(|press| !press.answered && now - press.at < PRESS_LIVES);
    let press = press.ok_or_else(Refusal::query_too_old)?;
    if length(call.text("text")) > 200 {
        return Err(Refusal::bad("MESSAGE_TOO_LONG"));
    }
    press.answered = true;
    let (text, alert) = (call.text("text").to_owned(), call.flag("show_alert"));
    state.answered.push(Answered { id, text, alert });
    Ok(json!(true))
}

fn scope(call: &Call) -> String {
    let default = json!({ "type": "default" });
    format!("{} {}", call.param("scope").unwrap_or(&default), call.text("language_code"))
}

fn set_commands(state: &mut State, call: &Call) -> Result<Value, Refusal> {
    let commands = call.param("commands").cloned().unwrap_or_else(|| json!([]));
    let list = commands.as_array().cloned().unwrap_or_default();
    if list.len() > 100 {
        return Err(Refusal::bad("BOT_COMMANDS_TOO_MUCH"));
    }
    for command in &list {
        let name = command["command"].as_str().unwrap_or_default();
        let name = name.strip_prefix('/').unwrap_or(name);
        let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        if !(1..=32).contains(&name.len()) || !name.chars().all(fits) {
            return Err(Refusal::bad("BOT_COMMAND_INVALID"));
        }
        let description = command["description"].as_str().unwrap_or_default();
        if !(1..=256).contains(&length(description)) {
            return Err(Refusal::bad("BOT_COMMAND_DESCRIPTION_INVALID"));
        }
    }
    state.commands.insert(scope(call), commands);
    Ok(json!(true))
}

fn full_chat(state: &State, chat: i64) -> Value {
    let mut json = state.chat_json(chat);
    json["accent_color_id"] = json!(0);
    json["max_reaction_count"] = json!(11);
    json["accepted_gift_types"] = json!({
        "unlimited_gifts": false,
        "limited_gifts": false,
        "unique_gifts": false,
        "premium_subscription": false,
        "gifts_from_channels": false,
    });
    State::must_be("ChatFullInfo", &json);
    json
}

fn chat_member(state: &State, call: &Call) -> Result<Value, Refusal> {
    let chat = place::chat(state, call, Access::Read)?;
    let user = call.integer("user_id").unwrap_or(0);
    if !state.people.contains_key(&user) {
        return Err(Refusal::bad("user not found"));
    }
    let standing = match state.chat(chat).members.contains(&user) {
        _ if user == state.me.id => state.chat(chat).standing,
        true => Standing::Member,
        false => Standing::Left,
    };
    Ok(state.member(user, standing))
}

fn leave(state: &mut State, call: &Call) -> Result<Value, Refusal> {
    let chat = place::chat(state, call, Access::Edit)?;
    if state.chat(chat).kind == Kind::Private {
        return Err(Refusal::bad("chat member status can't be changed in private chats"));
    }
    let me = state.me.id;
    state.stands(chat, Standing::Left, me);
    Ok(json!(true))
}
