//! What people write becomes a message in the chat, and an update if the bot gets to see it.
//!
//! A [`Post`] says what. Every update is held to the schema before it is queued.

use serde_json::{Map, Value, json};

use super::Server;
use super::files;
use super::message::Message;
use super::post::{Origin, Post};
use super::queue::UPDATE_LIVES;
use super::text::{Formatted, length};
use super::world::{CHANNEL_BOT, GROUP_ANONYMOUS_BOT, Kind, Standing, State};

impl Server {
    /// Somebody writes. Returns the id of the message, whether the bot gets to see it or not.
    pub(crate) fn post(&self, post: Post) -> i64 {
        self.change(|state| state.post(post))
    }

    /// Somebody writes a text.
    pub(crate) fn say(&self, chat: i64, from: i64, text: &str) -> i64 {
        self.post(Post::by(from, chat).text(text))
    }

    /// Somebody replies to a message.
    pub(crate) fn reply(&self, chat: i64, from: i64, to: i64, text: &str) -> i64 {
        self.post(Post::by(from, chat).text(text).reply_to(to))
    }

    /// Several photos at once: an update each, the caption on the first. Returns their ids.
    pub(crate) fn album(&self, chat: i64, from: i64, photos: &[&[u8]], caption: &str) -> Vec<i64> {
        let group = self.change(|state| format!("{}", 13_800_000_000_000_000 + state.next()));
        let posts = photos.iter().enumerate().map(|(index, photo)| {
            let caption = if index == 0 { caption } else { "" };
            self.post(
                Post::by(from, chat).photo(*photo).text(caption).field("media_group_id", group.as_str()),
            )
        });
        posts.collect()
    }

    /// Somebody changes the text or the caption of a message; the same text again is a technical change.
    pub(crate) fn edit(&self, chat: i64, message: i64, text: &str) {
        self.change(|state| {
            let now = state.now;
            let kept = state.chat_mut(chat).messages.get_mut(&message).unwrap();
            let (text_key, entities_key) = if kept.json.contains_key("text") {
                ("text", "entities")
            } else {
                ("caption", "caption_entities")
            };
            let text = Formatted::written(text, &[]);
            kept.json.insert(text_key.into(), json!(text.text));
            kept.json.remove(entities_key);
            if let Some(entities) = text.entities_json() {
                kept.json.insert(entities_key.into(), entities);
            }
            kept.json.insert("edit_date".into(), json!(now));
            kept.edits += 1;
            let kept = kept.clone();
            state.tell(chat, &kept, true, false, now);
        });
    }

    /// Somebody takes a message back; no update tells of it.
    pub(crate) fn takes_back(&self, chat: i64, message: i64) {
        self.change(|state| state.chat_mut(chat).messages.remove(&message));
    }
}

impl State {
    pub(super) fn post(&mut self, post: Post) -> i64 {
        let chat = post.chat;
        if self.chat(chat).standing == Standing::Stranger {
            self.chat_mut(chat).standing = Standing::Member;
        }
        let id = self.next_message(chat);
        let date = post.date.unwrap_or(self.now);
        let mut json = Map::from_iter([
            ("message_id".into(), json!(id)),
            ("chat".into(), self.chat_json(chat)),
            ("date".into(), json!(date)),
        ]);
        if let Some(from) = post.from {
            json.insert("from".into(), self.person(from).json());
        }
        if let Some(sender) = post.sender_chat {
            json.insert("sender_chat".into(), self.chat_json(sender));
        }
        self.content_into(&mut json, &post);
        self.relations_into(&mut json, &post);
        let mut message = Message::new(json, false);
        message.bytes = post.media.map(|media| media.bytes);
        self.chat_mut(chat).messages.insert(id, message.clone());
        if post.from.is_some_and(|from| self.is_another_bot(from)) {
            self.chat_mut(chat).other_bot_last = true;
        }
        self.tell(chat, &message, false, post.service, date);
        id
    }

    fn content_into(&mut self, json: &mut Map<String, Value>, post: &Post) {
        let text = Formatted::written(&post.text, &post.entities);
        let (text_key, entities_key) = match post.media {
            Some(_) => ("caption", "caption_entities"),
            None => ("text", "entities"),
        };
        if !text.text.is_empty() {
            json.insert(text_key.into(), json!(text.text));
        }
        if let Some(entities) = text.entities_json() {
            json.insert(entities_key.into(), entities);
        }
        if let Some(media) = &post.media {
            let (name, mime) = (media.name.as_deref(), media.mime.as_deref());
            let file_name = name.filter(|_| media.field != "sticker");
            let mut value = files::described(
                self,
                &media.field,
                file_name,
                mime,
                &media.bytes,
                media.size,
                &media.seconds,
            );
            if media.field == "sticker" {
                value["type"] = json!("regular");
                value["width"] = json!(512);
                value["height"] = json!(512);
                value["is_animated"] = json!(false);
                value["is_video"] = json!(false);
                value["emoji"] = json!(name);
            }
            json.insert(media.field.clone(), value);
        }
        json.extend(post.fields.clone());
    }

    fn relations_into(&self, json: &mut Map<String, Value>, post: &Post) {
        let there = post.reply_to.and_then(|target| self.chat(post.chat).messages.get(&target)?.thread());
        self.thread_into(json, post.chat, post.thread.or(there), post.reply_to);
        if let (Some(part), Some(target)) = (&post.quote, post.reply_to) {
            let target = &self.chat(post.chat).messages[&target];
            let whole = if target.text().is_empty() { target.caption() } else { target.text() };
            let at = whole.find(part).expect("a quote is a part of what it quotes");
            let position = length(&whole[..at]);
            json.insert("quote".into(), json!({ "text": part, "position": position, "is_manual": true }));
        }
        let origin = post.origin.as_ref().map(|origin| match origin {
            Origin::Person(id) => {
                json!({ "type": "user", "date": self.now - 3600, "sender_user": self.person(*id).json() })
            }
            Origin::Hidden(name) => {
                json!({ "type": "hidden_user", "date": self.now - 3600, "sender_user_name": name })
            }
            Origin::Message(chat, message) => self.origin(*chat, *message),
        });
        if let Some(origin) = origin {
            json.insert("forward_origin".into(), origin);
        }
    }

    /// Queues the update of a message that the bot gets to see.
    fn tell(&mut self, chat: i64, message: &Message, edited: bool, service: bool, date: i64) {
        if !self.bot_sees(chat, message, service) {
            Self::must_be("Message", &message.value());
            return;
        }
        let kind = match (self.chat(chat).kind == Kind::Channel, edited) {
            (false, false) => "message",
            (false, true) => "edited_message",
            (true, false) => "channel_post",
            (true, true) => "edited_channel_post",
        };
        self.push_update(kind, message.value(), date + UPDATE_LIVES);
    }

    fn is_another_bot(&self, id: i64) -> bool {
        let own = [self.me.id, GROUP_ANONYMOUS_BOT, CHANNEL_BOT];
        self.person(id).is_bot && !own.contains(&id)
    }

    fn bot_sees(&self, chat: i64, message: &Message, service: bool) -> bool {
        let chat = self.chat(chat);
        if !chat.standing.is_in() {
            return false;
        }
        if matches!(chat.kind, Kind::Private | Kind::Channel) || service {
            return true;
        }
        let from = message.json.get("from").and_then(|from| from["id"].as_i64());
        if from.is_some_and(|from| self.is_another_bot(from)) {
            return false;
        }
        let channel_post = message.json.contains_key("is_automatic_forward");
        self.reads_all
            || chat.standing == Standing::Administrator
            || channel_post
            || self.is_meant(chat.other_bot_last, message)
    }

    /// Whether a message of a group passes the bot's privacy (core.telegram.org/bots/features#privacy-mode).
    fn is_meant(&self, other_bot_last: bool, message: &Message) -> bool {
        let me = self.me.id;
        if message.json.get("reply_to_message").is_some_and(|target| target["from"]["id"] == me) {
            return true;
        }
        let text = if message.text().is_empty() { message.caption() } else { message.text() };
        let units: Vec<u16> = text.encode_utf16().collect();
        let name = format!("@{}", self.me.username.as_deref().unwrap_or_default()).to_lowercase();
        message.entities().iter().any(|entity| {
            let number = |key: &str| entity[key].as_u64().unwrap_or(0) as usize;
            let stretch = &units[number("offset")..number("offset") + number("length")];
            let stretch = String::from_utf16_lossy(stretch).to_lowercase();
            match entity["type"].as_str().unwrap_or_default() {
                "bot_command" if stretch.contains('@') => stretch.ends_with(&name),
                "bot_command" => number("offset") == 0 && !other_bot_last,
                "mention" => self.mentions_pass && stretch == name,
                "text_mention" => self.mentions_pass && entity["user"]["id"] == me,
                _ => false,
            }
        })
    }
}
