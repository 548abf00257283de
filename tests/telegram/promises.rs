//! What must hold after every schedule, by what people see, by what the service was asked, and by the rows.

use std::collections::{BTreeMap, BTreeSet};

use aisaac::message::Step;

use crate::fake::Message;
use crate::schedule::{Asked, Played, Wants, names};
use crate::world::World;

/// The bot's messages in a chat of which no row tells.
pub(crate) async fn not_in_rows(world: &World, chat: i64) -> BTreeSet<i64> {
    let known: BTreeSet<i64> =
        delivered(world, chat).await.into_iter().chain(begun(world, chat).await).collect();
    world.server.replies(chat).iter().map(Message::id).filter(|id| !known.contains(id)).collect()
}

/// Messages that stand for a reply, or for a part of one.
async fn delivered(world: &World, chat: i64) -> Vec<i64> {
    let sql = format!(
        "SELECT p.remote FROM parts p JOIN replies r ON r.id = p.reply
         WHERE json_extract(r.address, '$.chat') = '{chat}'"
    );
    world.texts(&sql).await.iter().map(|id| id.parse().unwrap()).collect()
}

/// Placeholders.
async fn begun(world: &World, chat: i64) -> Vec<i64> {
    let sql = format!(
        "SELECT placeholder FROM messages WHERE chat = '{chat}' AND placeholder IS NOT NULL
         UNION SELECT placeholder FROM drawings
         WHERE json_extract(address, '$.chat') = '{chat}' AND placeholder IS NOT NULL"
    );
    world.texts(&sql).await.iter().map(|id| id.parse().unwrap()).collect()
}

/// Everything that does not hold.
pub(crate) async fn broken(played: &Played) -> Vec<String> {
    let mut found = Found { wrong: Vec::new(), read: BTreeMap::new() };
    found.ends(&played.world).await;
    let chats: BTreeSet<i64> = played.asked.iter().map(|asked| asked.chat).collect();
    for chat in chats.into_iter().chain([played.world.mallory]) {
        found.reads(played, chat).await;
    }
    found.only_a_first_send(played);
    for asked in &played.asked {
        if !played.blocked.contains(&asked.chat) {
            found.once(asked);
        }
    }
    found.in_order(played);
    let knocks = found.read.get(&played.world.mallory).map_or(0, Vec::len);
    found.holds(knocks == usize::from(played.knocked), || format!("the stranger was told {knocks} times"));
    found.wrong.extend(played.world.server.violations());
    if !found.wrong.is_empty() {
        found.wrong.push(format!("the house died {} times, at {:?}", played.cut_off.len(), played.died_at));
        found.wrong.extend(found.read.iter().map(|(chat, read)| format!("{chat}: {:#?}", told(read))));
    }
    found.wrong
}

struct Found {
    wrong: Vec<String>,
    /// What people read, without what a cut off send left standing.
    read: BTreeMap<i64, Vec<Message>>,
}

impl Found {
    fn holds(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.wrong.push(what());
        }
    }

    /// Every update has one row and one end; every reply left, but to those who wanted none.
    async fn ends(&mut self, world: &World) {
        let rows = world.number("SELECT count(*) FROM messages").await;
        let updates = world.server.updates();
        self.holds(u64::try_from(rows) == Ok(updates), || format!("{updates} updates have {rows} rows"));
        for sql in [
            "SELECT 'message ' || key || ' is ' || state FROM messages WHERE state <> 'settled'",
            "SELECT 'drawing ' || id || ' is ' || state FROM drawings
             WHERE state NOT IN ('done', 'cancelled')",
        ] {
            self.wrong.extend(world.texts(sql).await);
        }
        self.holds(world.log.count("panicked") == 0, || "somebody panicked".to_owned());
    }

    /// What stands in a chat: each message is part of a reply, or was cut off on its way.
    async fn reads(&mut self, played: &Played, chat: i64) {
        let world = &played.world;
        let delivered: BTreeSet<i64> = delivered(world, chat).await.into_iter().collect();
        let (orphans, unanswered) = (not_in_rows(world, chat).await, unanswered(world, chat));
        let cut_off = |id: &i64| {
            played.cut_off.iter().any(|death| death.get(&chat).is_some_and(|ids| ids.contains(id)))
        };
        let mut read = Vec::new();
        for message in world.server.replies(chat) {
            let id = message.id();
            let said = format!("{:?} in {chat}", words(&message));
            if orphans.contains(&id) {
                let lost = cut_off(&id) || unanswered.contains(&id);
                self.holds(lost, || format!("no row knows {said}, and no send was cut off"));
                continue;
            }
            if !played.blocked.contains(&chat) {
                self.holds(delivered.contains(&id), || format!("a placeholder is left: {said}"));
                let unfinished = words(&message).contains(['▍', '▰', '▱', '…']);
                self.holds(!unfinished, || format!("it was never finished: {said}"));
            }
            read.push(message);
        }
        if !played.blocked.contains(&chat) {
            let sql = format!(
                "SELECT 'reply ' || id || ' is ' || state FROM replies
                 WHERE state <> 'sent' AND json_extract(address, '$.chat') = '{chat}'"
            );
            self.wrong.extend(world.texts(&sql).await);
        }
        self.read.insert(chat, read);
    }

    /// One death cuts off one first send of a chat at most, whose message may then come again.
    fn only_a_first_send(&mut self, played: &Played) {
        for (chat, ids) in played.cut_off.iter().flatten() {
            let cut_off = ids.difference(&unanswered(&played.world, *chat)).count();
            self.holds(cut_off <= 1, || format!("one death cut off {cut_off} messages in {chat}"));
        }
    }

    /// Messages that people read with this word in them.
    fn with(&self, asked: &Asked, word: &str) -> Vec<&Message> {
        let read = self.read.get(&asked.chat).into_iter().flatten();
        read.filter(|message| names(words(message), word)).collect()
    }

    /// A request has its answer, or its pictures, once.
    fn once(&mut self, asked: &Asked) {
        let first = self.with(asked, &asked.word);
        let later = asked.edited.as_ref().map(|word| self.with(asked, word)).unwrap_or_default();
        let photos = |messages: &[&Message]| messages.iter().filter(|message| message.is_photo()).count();
        let right = match (asked.wants.is_picture(), &asked.edited) {
            (false, None) => first.len() == 1,
            // Answered anew in the same message, but where the new answer had one of its own to grow in before the first
            // one had left.
            (false, Some(_)) if asked.wants == Wants::LongAnswer => first.len() <= 1 && later.len() == 1,
            (false, Some(_)) => first.is_empty() && later.len() == 1,
            (true, None) => first.len() == 1 + asked.again && photos(&first) == first.len(),
            // Changed while it waited; begun already, and that was said; or a drawing of its own.
            (true, Some(_)) => {
                let all = photos(&first) + photos(&later);
                all == 1 + asked.again || all == 2 + asked.again && photos(&later) == 1
            }
        };
        if !right {
            let [first, later] =
                [first, later].map(|some| some.into_iter().map(words).map(str::to_owned).collect::<Vec<_>>());
            self.wrong.push(format!("{asked:?} came to {first:?} and {later:?}"));
        }
    }

    /// In each lane the replies stand in the order of the requests.
    fn in_order(&mut self, played: &Played) {
        let mut last: BTreeMap<(i64, Option<i64>), (i64, &str)> = BTreeMap::new();
        let mut wrong = Vec::new();
        for asked in played.asked.iter().filter(|asked| !played.blocked.contains(&asked.chat)) {
            let stands = |word: &String| self.with(asked, word).iter().map(|message| message.id()).min();
            let Some(id) = stands(&asked.word).or_else(|| asked.edited.as_ref().and_then(stands)) else {
                continue;
            };
            let lane = last.entry((asked.chat, asked.thread)).or_insert((0, ""));
            if id < lane.0 {
                wrong.push(format!("{} stands before {} in {}", asked.word, lane.1, asked.chat));
            }
            *lane = (id, &asked.word);
        }
        self.wrong.extend(wrong);
    }
}

fn told(read: &[Message]) -> Vec<String> {
    read.iter().map(|message| format!("{}: {}", message.id(), words(message))).collect()
}

fn words(message: &Message) -> &str {
    if message.text().is_empty() { message.caption() } else { message.text() }
}

/// Messages that were made without the house being told: the answer was lost.
fn unanswered(world: &World, chat: i64) -> BTreeSet<i64> {
    let requests = world.server.requests().into_iter();
    let lost = requests.filter(|request| request.status.is_none() && request.param("chat_id") == chat);
    lost.filter_map(|request| request.made).collect()
}

/// Every step at which a house can die is one at which some did.
pub(crate) fn steps_left(died_at: &BTreeSet<Step>) -> Vec<Step> {
    Step::ALL.iter().copied().filter(|step| !died_at.contains(step)).collect()
}
