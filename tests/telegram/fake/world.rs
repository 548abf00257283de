//! The world that the server keeps: people, chats, messages and files, as they stand now.
//!
//! No HTTP and no waiting: the methods and the people change it under one lock.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::fault::Faults;
use super::limits::Limits;
use super::message::Message;
use super::queue::Queue;
use super::schema::Schema;
use super::seen::{Action, Answered, Draft, Request};

/// The account that anonymous administrators write from.
pub(crate) const GROUP_ANONYMOUS_BOT: i64 = 1_087_968_824;
/// The account that a linked channel's posts come from.
pub(crate) const TELEGRAM: i64 = 777_000;
/// The account of those who write in the name of a channel.
pub(crate) const CHANNEL_BOT: i64 = 136_817_688;

/// Somebody, a bot or not.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: i64,
    pub(crate) first_name: String,
    pub(crate) last_name: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) language_code: Option<String>,
    pub(crate) is_bot: bool,
}

impl Person {
    /// Somebody without a username, whose language is not told.
    pub(crate) fn new(id: i64, first_name: &str) -> Self {
        let first_name = first_name.to_owned();
        Self { id, first_name, last_name: None, username: None, language_code: None, is_bot: false }
    }

    pub(crate) fn last_name(self, name: &str) -> Self {
        Self { last_name: Some(name.to_owned()), ..self }
    }

    pub(crate) fn username(self, name: &str) -> Self {
        Self { username: Some(name.to_owned()), ..self }
    }

    pub(crate) fn speaks(self, language_code: &str) -> Self {
        Self { language_code: Some(language_code.to_owned()), ..self }
    }

    pub(crate) fn bot(self) -> Self {
        Self { is_bot: true, ..self }
    }

    pub(super) fn json(&self) -> Value {
        let mut json = json!({ "id": self.id, "is_bot": self.is_bot, "first_name": self.first_name });
        let more = [
            ("last_name", &self.last_name),
            ("username", &self.username),
            ("language_code", &self.language_code),
        ];
        for (key, value) in more {
            if let Some(value) = value {
                json[key] = json!(value);
            }
        }
        json
    }
}

/// What a chat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Private,
    Group,
    Supergroup,
    Channel,
}

/// How the bot stands in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The person has never written to the bot: it does not find the chat.
    Stranger,
    Member,
    Administrator,
    Left,
    /// Blocked by the person, or thrown out of the group.
    Kicked,
}

impl Standing {
    pub(super) fn is_in(self) -> bool {
        matches!(self, Self::Member | Self::Administrator)
    }
}

/// One chat.
pub(super) struct Chat {
    pub(super) id: i64,
    pub(super) kind: Kind,
    pub(super) title: String,
    pub(super) username: Option<String>,
    pub(super) forum: bool,
    pub(super) standing: Standing,
    pub(super) members: BTreeSet<i64>,
    pub(super) messages: BTreeMap<i64, Message>,
    pub(super) last_message: i64,
    pub(super) upgraded_to: Option<i64>,
    /// Whether another bot was the last bot to write here: a bare command is then not for this one.
    pub(super) other_bot_last: bool,
}

/// One file on the server.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) unique: String,
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
    /// As it says; a file that says more than it has is too big without being sent.
    pub(super) size: u64,
    pub(super) field: String,
}

/// A press on a button that waits for its answer.
pub(super) struct Press {
    pub(super) id: String,
    pub(super) at: i64,
    pub(super) answered: bool,
}

/// Everything.
pub(super) struct State {
    pub(super) token: String,
    pub(super) me: Person,
    /// Off: privacy mode, the default of every bot.
    pub(super) reads_all: bool,
    /// Whether a mention of the bot passes its privacy.
    pub(super) mentions_pass: bool,
    /// Unix time; goes on only when told.
    pub(super) now: i64,
    pub(super) started: Instant,
    /// Since the beginning, while short times are held; they are real ones else.
    pub(super) held: Option<Duration>,
    pub(super) people: BTreeMap<i64, Person>,
    pub(super) chats: BTreeMap<i64, Chat>,
    pub(super) files: BTreeMap<String, File>,
    /// Where files are laid down, as by a server with `--local`.
    pub(super) local: Option<PathBuf>,
    /// What is said about where a file lies, whatever is true.
    pub(super) said_path: Option<String>,
    pub(super) presses: Vec<Press>,
    /// By scope and language.
    pub(super) commands: BTreeMap<String, Value>,
    pub(super) queue: Queue,
    pub(super) faults: Faults,
    pub(super) limits: Limits,
    pub(super) requests: Vec<Request>,
    pub(super) violations: Vec<String>,
    pub(super) actions: Vec<Action>,
    pub(super) drafts: Vec<Draft>,
    pub(super) answered: Vec<Answered>,
    counter: i64,
}

impl State {
    pub(super) fn new(token: &str, me: Person, now: i64) -> Self {
        let people = [
            Person::new(GROUP_ANONYMOUS_BOT, "Group").username("GroupAnonymousBot").bot(),
            Person::new(CHANNEL_BOT, "Channel").username("Channel_Bot").bot(),
            Person::new(TELEGRAM, "Telegram"),
            me.clone(),
        ];
        Self {
            token: token.to_owned(),
            me,
            reads_all: false,
            mentions_pass: true,
            now,
            started: Instant::now(),
            held: None,
            people: people.into_iter().map(|person| (person.id, person)).collect(),
            chats: BTreeMap::new(),
            files: BTreeMap::new(),
            local: None,
            said_path: None,
            presses: Vec::new(),
            commands: BTreeMap::new(),
            queue: Queue::default(),
            faults: Faults::default(),
            limits: Limits::default(),
            requests: Vec::new(),
            violations: Vec::new(),
            actions: Vec::new(),
            drafts: Vec::new(),
            answered: Vec::new(),
            counter: 0,
        }
    }

    /// A number that was not used before.
    pub(super) fn next(&mut self) -> i64 {
        self.counter += 1;
        self.counter
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Since the beginning, for what is counted in seconds and less: limits, and polls that come too soon.
    pub(super) fn moment(&self) -> Duration {
        self.held.unwrap_or_else(|| self.elapsed())
    }

    /// Time goes on.
    pub(super) fn pass(&mut self, time: Duration) {
        self.now += i64::try_from(time.as_secs()).unwrap();
        self.held = self.held.map(|held| held + time);
    }

    pub(super) fn person(&self, id: i64) -> &Person {
        self.people.get(&id).unwrap_or_else(|| panic!("there is nobody with the id {id}"))
    }

    pub(super) fn chat(&self, id: i64) -> &Chat {
        self.chats.get(&id).unwrap_or_else(|| panic!("there is no chat {id}"))
    }

    pub(super) fn chat_mut(&mut self, id: i64) -> &mut Chat {
        self.chats.get_mut(&id).unwrap_or_else(|| panic!("there is no chat {id}"))
    }

    /// The short `Chat` that stands in messages.
    pub(super) fn chat_json(&self, id: i64) -> Value {
        let chat = self.chat(id);
        let kind = match chat.kind {
            Kind::Private => "private",
            Kind::Group => "group",
            Kind::Supergroup => "supergroup",
            Kind::Channel => "channel",
        };
        let mut json = json!({ "id": id, "type": kind });
        if chat.kind == Kind::Private {
            let person = self.person(id);
            json["first_name"] = json!(person.first_name);
            for (key, value) in [("last_name", &person.last_name), ("username", &person.username)] {
                if let Some(value) = value {
                    json[key] = json!(value);
                }
            }
            return json;
        }
        json["title"] = json!(chat.title);
        if let Some(username) = &chat.username {
            json["username"] = json!(username);
        }
        if chat.forum {
            json["is_forum"] = json!(true);
        }
        json
    }

    /// Keeps a file; the field says what it is. Returns its id.
    pub(super) fn keep_file(&mut self, field: &str, name: Option<&str>, bytes: Vec<u8>, size: u64) -> String {
        let number = self.next();
        let (mark, folder, ending) = match field {
            "photo" => ("AgACAgIAAxkBAAIB", "photos", "jpg"),
            "voice" => ("AwACAgIAAxkBAAIB", "voice", "oga"),
            "audio" => ("CQACAgIAAxkBAAIB", "music", "mp3"),
            "video" => ("BAACAgIAAxkBAAIB", "videos", "mp4"),
            "video_note" => ("DQACAgIAAxkBAAIB", "video_notes", "mp4"),
            "sticker" => ("CAACAgIAAxkBAAIB", "stickers", "webp"),
            _ => ("BQACAgIAAxkBAAIB", "documents", "bin"),
        };
        let ending = name.and_then(|name| name.rsplit_once('.')).map_or(ending, |(_, ending)| ending);
        let id = format!("{mark}{number:012}AAE0fAke0fAke");
        let path = format!("{folder}/file_{number}.{ending}");
        let unique = format!("AgAD{number:08}");
        self.files.insert(id.clone(), File { unique, path, bytes, size, field: field.to_owned() });
        id
    }

    /// The id of the next message in a chat.
    pub(super) fn next_message(&mut self, chat: i64) -> i64 {
        let chat = self.chat_mut(chat);
        chat.last_message += 1;
        chat.last_message
    }

    /// Holds what the fake made to the schema: a fake that makes wrong things proves nothing.
    pub(super) fn must_be(kind: &str, value: &Value) {
        let wrong = Schema::get().check(kind, value);
        assert!(wrong.is_empty(), "the fake made something that is no {kind}: {}\n{value}", wrong.join("; "));
    }

    /// Queues an update, if the bot wants its kind. Returns its id.
    pub(super) fn push_update(&mut self, kind: &str, body: Value, lives_until: i64) -> Option<i64> {
        Self::must_be("Update", &json!({ "update_id": 1, kind: body }));
        self.queue.push(kind, body, lives_until)
    }
}

impl Chat {
    pub(super) fn new(id: i64, kind: Kind, title: &str) -> Self {
        Self {
            id,
            kind,
            title: title.to_owned(),
            username: None,
            forum: false,
            standing: Standing::Member,
            members: BTreeSet::new(),
            messages: BTreeMap::new(),
            last_message: 0,
            upgraded_to: None,
            other_bot_last: false,
        }
    }

    /// The first message of a topic, whose id is the topic's.
    pub(super) fn topic(&self, thread: i64) -> Option<&Message> {
        let root = self.messages.get(&thread)?;
        root.json.contains_key("forum_topic_created").then_some(root)
    }
}
