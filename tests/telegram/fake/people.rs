//! Who is there and where: people, chats, and what happens to them that is not a message.

use serde_json::{Value, json};

use super::Server;
use super::post::Post;
use super::queue::{PRESS_LIVES, UPDATE_LIVES};
use super::world::{Chat, Kind, Person, Press, Standing, State};

/// Ids of people and chats begin beyond 32 bits.
const PEOPLE: i64 = 5_000_000_000;
const GROUPS: i64 = -4_500_000_000;
const SUPERGROUPS: i64 = -1_002_500_000_000;

impl Server {
    /// Somebody with this first name, its small letters as username, and English. Returns the id.
    pub(crate) fn person(&self, name: &str) -> i64 {
        let id = PEOPLE + self.change(State::next);
        self.introduce(Person::new(id, name).username(&name.to_lowercase()).speaks("en"))
    }

    /// Somebody in particular. Returns the id.
    pub(crate) fn introduce(&self, person: Person) -> i64 {
        let id = person.id;
        self.change(|state| state.people.insert(id, person));
        id
    }

    /// The private chat with somebody who has started the bot. Its id is theirs.
    pub(crate) fn private(&self, person: i64) -> i64 {
        self.open(Chat::new(person, Kind::Private, ""), &[person])
    }

    /// The private chat with somebody who has never written to the bot.
    pub(crate) fn stranger(&self, person: i64) -> i64 {
        let chat = Chat { standing: Standing::Stranger, ..Chat::new(person, Kind::Private, "") };
        self.open(chat, &[person])
    }

    /// A basic group that the bot is in.
    pub(crate) fn group(&self, title: &str, people: &[i64]) -> i64 {
        let id = GROUPS - self.change(State::next);
        self.open(Chat::new(id, Kind::Group, title), people)
    }

    /// A supergroup that the bot is in.
    pub(crate) fn supergroup(&self, title: &str, people: &[i64]) -> i64 {
        let id = SUPERGROUPS - self.change(State::next);
        self.open(Chat::new(id, Kind::Supergroup, title), people)
    }

    /// A supergroup with topics.
    pub(crate) fn forum(&self, title: &str, people: &[i64]) -> i64 {
        let id = SUPERGROUPS - self.change(State::next);
        // The first message of every supergroup says that it was made: no topic has the number 1.
        let chat = Chat { forum: true, last_message: 1, ..Chat::new(id, Kind::Supergroup, title) };
        self.open(chat, people)
    }

    /// A channel that the bot is an administrator of.
    pub(crate) fn channel(&self, title: &str) -> i64 {
        let id = SUPERGROUPS - self.change(State::next);
        self.open(Chat { standing: Standing::Administrator, ..Chat::new(id, Kind::Channel, title) }, &[])
    }

    fn open(&self, mut chat: Chat, people: &[i64]) -> i64 {
        chat.members.extend(people);
        let id = chat.id;
        self.change(|state| state.chats.insert(id, chat));
        id
    }

    /// A chat gets a public name.
    pub(crate) fn set_chat_username(&self, chat: i64, username: &str) {
        self.change(|state| state.chat_mut(chat).username = Some(username.to_owned()));
    }

    /// A new topic. Returns its number.
    pub(crate) fn topic(&self, chat: i64, by: i64, name: &str) -> i64 {
        self.change(|state| {
            let thread = state.chat(chat).last_message + 1;
            let created = json!({ "name": name, "icon_color": 7_322_096 });
            let post = Post::service(by, chat, "forum_topic_created", created);
            state.post(post.field("message_thread_id", thread).field("is_topic_message", true))
        })
    }

    /// Somebody adds the bot to a group.
    pub(crate) fn bot_added(&self, chat: i64, by: i64) {
        self.change(|state| {
            state.stands(chat, Standing::Member, by);
            let me = json!([state.me.json()]);
            state.post(Post::service(by, chat, "new_chat_members", me));
        });
    }

    /// Somebody throws the bot out.
    pub(crate) fn bot_removed(&self, chat: i64, by: i64) {
        self.change(|state| state.stands(chat, Standing::Kicked, by));
    }

    pub(crate) fn bot_promoted(&self, chat: i64, by: i64) {
        self.change(|state| state.stands(chat, Standing::Administrator, by));
    }

    pub(crate) fn bot_demoted(&self, chat: i64, by: i64) {
        self.change(|state| state.stands(chat, Standing::Member, by));
    }

    /// Somebody blocks the bot.
    pub(crate) fn blocks(&self, person: i64) {
        self.change(|state| state.stands(person, Standing::Kicked, person));
    }

    pub(crate) fn unblocks(&self, person: i64) {
        self.change(|state| state.stands(person, Standing::Member, person));
    }

    /// Somebody joins a group.
    pub(crate) fn joins(&self, chat: i64, person: i64) -> i64 {
        self.change(|state| {
            state.chat_mut(chat).members.insert(person);
            let members = json!([state.person(person).json()]);
            state.post(Post::service(person, chat, "new_chat_members", members))
        })
    }

    /// Somebody leaves a group.
    pub(crate) fn leaves(&self, chat: i64, person: i64) -> i64 {
        self.change(|state| {
            state.chat_mut(chat).members.remove(&person);
            let member = state.person(person).json();
            state.post(Post::service(person, chat, "left_chat_member", member))
        })
    }

    /// A group becomes a supergroup: both tell of it, and the old one takes no messages any more. Returns the new id.
    pub(crate) fn migrates(&self, group: i64, by: i64) -> i64 {
        let people: Vec<i64> = self.look(|state| state.chat(group).members.iter().copied().collect());
        let title = self.look(|state| state.chat(group).title.clone());
        let supergroup = self.supergroup(&title, &people);
        self.change(|state| {
            state.post(Post::service(by, group, "migrate_to_chat_id", supergroup));
            state.chat_mut(group).upgraded_to = Some(supergroup);
            state.post(Post::service(by, supergroup, "migrate_from_chat_id", group));
        });
        supergroup
    }

    /// Somebody presses a button, named by its text or its data. Returns the id of the press.
    pub(crate) fn press(&self, chat: i64, message: i64, button: &str, by: i64) -> String {
        self.change(|state| {
            let kept = state.chat(chat).messages.get(&message).expect("the message is there");
            let buttons = kept.buttons();
            let found = buttons.iter().find(|(text, data)| text == button || data == button);
            let (_, data) =
                found.unwrap_or_else(|| panic!("there is no button {button:?} among {buttons:?}"));
            let (data, kept) = (data.clone(), kept.value());
            state.pressed(chat, &kept, &data, by)
        })
    }

    /// Somebody presses a button of a message that the bot may not see any more.
    pub(crate) fn press_on_old(&self, chat: i64, message: i64, data: &str, by: i64) -> String {
        self.change(|state| {
            let inaccessible = json!({ "chat": state.chat_json(chat), "message_id": message, "date": 0 });
            state.pressed(chat, &inaccessible, data, by)
        })
    }

    /// Somebody reacts to a message; the bot hears of it as an administrator, when it has asked for it.
    pub(crate) fn reacts(&self, chat: i64, message: i64, by: i64, emoji: &str) {
        self.change(|state| {
            let sees = state.chat(chat).kind == Kind::Private
                || state.chat(chat).standing == Standing::Administrator;
            let update = json!({
                "chat": state.chat_json(chat),
                "message_id": message,
                "user": state.person(by).json(),
                "date": state.now,
                "old_reaction": [],
                "new_reaction": [{ "type": "emoji", "emoji": emoji }],
            });
            if sees {
                let until = state.now + UPDATE_LIVES;
                state.push_update("message_reaction", update, until);
            }
        });
    }

    /// An update of any shape, unchecked, under a new id. Returns the id.
    pub(crate) fn raw_update(&self, update: Value) -> i64 {
        self.change(|state| {
            let until = state.now + UPDATE_LIVES;
            state.queue.push_any(update, until)
        })
    }

    /// An update of a kind that nobody knows yet. Returns its id.
    pub(crate) fn unknown_update(&self) -> i64 {
        self.raw_update(json!({ "thought": { "by": { "id": 1 }, "about": "something new" } }))
    }

    /// The next update gets this id: after a quiet week ids start anywhere.
    pub(crate) fn continue_updates_at(&self, id: i64) {
        self.change(|state| state.queue.continue_at(id));
    }
}

impl State {
    fn pressed(&mut self, chat: i64, message: &Value, data: &str, by: i64) -> String {
        let id = format!("{}", 4_382_000_000_000_000_000 + self.next());
        let query = json!({
            "id": id,
            "from": self.person(by).json(),
            "message": message,
            "chat_instance": format!("{}", 8_000_000_000_000_000_000_i64 - chat.abs()),
            "data": data,
        });
        self.presses.push(Press { id: id.clone(), at: self.now, answered: false });
        self.push_update("callback_query", query, self.now + PRESS_LIVES);
        id
    }

    /// The bot stands differently in a chat from now on, and hears of it.
    pub(super) fn stands(&mut self, chat: i64, standing: Standing, by: i64) {
        let me = self.me.id;
        let private = self.chat(chat).kind == Kind::Private;
        let before = match self.chat(chat).standing {
            Standing::Stranger if private => Standing::Member,
            before => before,
        };
        let update = json!({
            "chat": self.chat_json(chat),
            "from": self.person(by).json(),
            "date": self.now,
            "old_chat_member": self.member(me, before),
            "new_chat_member": self.member(me, standing),
        });
        self.chat_mut(chat).standing = standing;
        self.push_update("my_chat_member", update, self.now + UPDATE_LIVES);
    }

    /// A `ChatMember`.
    pub(super) fn member(&self, person: i64, standing: Standing) -> Value {
        let mut member = json!({ "user": self.person(person).json() });
        member["status"] = json!(match standing {
            Standing::Stranger | Standing::Left => "left",
            Standing::Member => "member",
            Standing::Administrator => "administrator",
            Standing::Kicked => "kicked",
        });
        if standing == Standing::Kicked {
            member["until_date"] = json!(0);
        }
        if standing == Standing::Administrator {
            let may = ["can_manage_chat", "can_delete_messages", "can_invite_users", "can_pin_messages"];
            let may_not = [
                "can_be_edited",
                "is_anonymous",
                "can_manage_video_chats",
                "can_restrict_members",
                "can_promote_members",
                "can_change_info",
                "can_post_stories",
                "can_edit_stories",
                "can_delete_stories",
                "can_send_welcome_messages",
            ];
            for (rights, value) in [(may.as_slice(), true), (may_not.as_slice(), false)] {
                for right in rights {
                    member[*right] = json!(value);
                }
            }
        }
        Self::must_be("ChatMember", &member);
        member
    }
}
