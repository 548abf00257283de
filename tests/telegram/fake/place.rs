//! Where a message goes: the chat and whether the bot may write there, the topic, and what it replies to.
//!
//! Read in tdlib/telegram-bot-api, Client.cpp (`check_chat`, `check_chat_access`, `check_reply_parameters`,
//! `TdOnCheckMessageThreadCallback`), the order of the checks included.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::refusal::Refusal;
use super::world::{Kind, Standing, State};

/// What the bot wants to do in a chat.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Edit,
    Write,
}

/// Where a message goes.
pub(super) struct Place {
    pub(super) chat: i64,
    thread: Option<i64>,
    reply_to: Option<i64>,
    quote: Option<Value>,
    /// A reply to another chat or topic shows only what it replies to.
    elsewhere: Option<Value>,
}

/// The chat that `chat_id` names, when the bot may do this there.
pub(super) fn chat(state: &State, call: &Call, access: Access) -> Result<i64, Refusal> {
    reached(state, call.param("chat_id"), access)
}

fn reached(state: &State, said: Option<&Value>, access: Access) -> Result<i64, Refusal> {
    let said = said.filter(|said| *said != "").ok_or_else(|| Refusal::bad("chat_id is empty"))?;
    let found = match said.as_str() {
        Some(name) => state.chats.values().find(|chat| {
            let username = chat.username.as_deref().filter(|_| chat.kind != Kind::Private);
            username.is_some_and(|username| {
                name.strip_prefix('@').is_some_and(|name| name.eq_ignore_ascii_case(username))
            })
        }),
        None => said.as_i64().and_then(|id| state.chats.get(&id)),
    };
    let chat = found.filter(|chat| chat.standing != Standing::Stranger);
    let chat = chat.ok_or_else(|| Refusal::bad("chat not found"))?;
    let outside = access != Access::Read;
    match (chat.kind, chat.standing) {
        (Kind::Private, Standing::Kicked) if outside => {
            Err(Refusal::forbidden("bot was blocked by the user"))
        }
        (Kind::Private, _) => Ok(chat.id),
        (Kind::Group, standing) => match chat.upgraded_to {
            Some(to) if access == Access::Write => Err(Refusal::migrated(to)),
            None if standing == Standing::Kicked && outside => {
                Err(Refusal::forbidden("bot was kicked from the group chat"))
            }
            None if standing == Standing::Left && outside => {
                Err(Refusal::forbidden("bot is not a member of the group chat"))
            }
            _ => Ok(chat.id),
        },
        (kind, standing) => {
            let what = if kind == Kind::Channel { "channel" } else { "supergroup" };
            match standing {
                Standing::Kicked => Err(Refusal::forbidden(&format!("bot was kicked from the {what} chat"))),
                Standing::Left if outside || chat.username.is_none() => {
                    Err(Refusal::forbidden(&format!("bot is not a member of the {what} chat")))
                }
                Standing::Member if kind == Kind::Channel && outside => {
                    Err(Refusal::bad("need administrator rights in the channel chat"))
                }
                _ => Ok(chat.id),
            }
        }
    }
}

/// Where a call sends its message.
pub(super) fn of(state: &State, call: &Call) -> Result<Place, Refusal> {
    let chat = chat(state, call, Access::Write)?;
    let mut place = Place { chat, thread: None, reply_to: None, quote: None, elsewhere: None };
    let empty = json!({});
    let reply = call.param("reply_parameters").unwrap_or(&empty);
    let target = replied(state, chat, reply)?;
    let thread = call.integer("message_thread_id").filter(|thread| *thread > 0);
    if let Some(thread) = thread {
        if state.chat(chat).topic(thread).is_none() {
            return Err(Refusal::bad("message thread not found"));
        }
        place.thread = Some(thread);
    }
    let Some((reply_chat, message)) = target else {
        return Ok(place);
    };
    let replied = &state.chat(reply_chat).messages[&message];
    let there = replied.thread();
    if let Some(quote) = reply["quote"].as_str() {
        let whole = if replied.text().is_empty() { replied.caption() } else { replied.text() };
        let at = whole.find(quote).ok_or_else(|| Refusal::bad("QUOTE_TEXT_INVALID"))?;
        let position = super::text::length(&whole[..at]);
        place.quote = Some(json!({ "text": quote, "position": position, "is_manual": true }));
    }
    if reply_chat != chat || (thread.is_some() && thread != there) {
        place.elsewhere = Some(json!({
            "origin": state.origin(reply_chat, message),
            "chat": state.chat_json(reply_chat),
            "message_id": message,
        }));
    } else {
        place.thread = there;
        place.reply_to = Some(message);
    }
    Ok(place)
}

/// The chat and the message that are replied to; none when nothing is, or when it need not be there.
fn replied(state: &State, chat: i64, reply: &Value) -> Result<Option<(i64, i64)>, Refusal> {
    let Some(message) = reply["message_id"].as_i64().filter(|message| *message > 0) else {
        return Ok(None);
    };
    let elsewhere = reply.get("chat_id").is_some();
    let reply_chat = if elsewhere { reached(state, reply.get("chat_id"), Access::Read)? } else { chat };
    if state.chat(reply_chat).messages.contains_key(&message) {
        return Ok(Some((reply_chat, message)));
    }
    if reply["allow_sending_without_reply"] == true && reply_chat == chat {
        return Ok(None);
    }
    Err(Refusal::bad("message to be replied not found"))
}

impl State {
    /// Everything about a new message of the bot but its content.
    pub(super) fn head(&mut self, place: &Place) -> Map<String, Value> {
        let mut head = Map::new();
        head.insert("message_id".into(), json!(self.next_message(place.chat)));
        if self.chat(place.chat).kind == Kind::Channel {
            head.insert("sender_chat".into(), self.chat_json(place.chat));
        } else {
            head.insert("from".into(), self.me.json());
        }
        head.insert("chat".into(), self.chat_json(place.chat));
        head.insert("date".into(), json!(self.now));
        self.thread_into(&mut head, place.chat, place.thread, place.reply_to);
        for (key, value) in [("quote", &place.quote), ("external_reply", &place.elsewhere)] {
            if let Some(value) = value {
                head.insert(key.into(), value.clone());
            }
        }
        head
    }

    /// A message of a topic that replies to nothing "replies" to the topic's first message.
    pub(super) fn thread_into(
        &self,
        json: &mut Map<String, Value>,
        chat: i64,
        thread: Option<i64>,
        reply_to: Option<i64>,
    ) {
        if let Some(thread) = thread {
            json.insert("message_thread_id".into(), json!(thread));
            json.insert("is_topic_message".into(), json!(true));
        }
        let target = reply_to.or(thread).and_then(|target| self.chat(chat).messages.get(&target));
        if let Some(target) = target {
            json.insert("reply_to_message".into(), target.embedded());
        }
    }

    /// Who wrote a message first, as a forward says it.
    pub(super) fn origin(&self, chat: i64, message: i64) -> Value {
        let json = &self.chat(chat).messages[&message].json;
        let date = &json["date"];
        match (json.get("sender_chat"), json.get("from")) {
            (Some(sender), _) if self.chat(chat).kind == Kind::Channel => {
                json!({ "type": "channel", "date": date, "chat": sender, "message_id": message })
            }
            (Some(sender), _) => json!({ "type": "chat", "date": date, "sender_chat": sender }),
            (None, Some(from)) => json!({ "type": "user", "date": date, "sender_user": from }),
            (None, None) => json!({ "type": "hidden_user", "date": date, "sender_user_name": "Somebody" }),
        }
    }
}
