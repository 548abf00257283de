//! What must hold after every schedule, however often the house died.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use crate::people::{Sent, Wants};
use crate::schedule::Played;
use crate::service::{Arrived, World};

/// Attempts after which the house gives up.
const ATTEMPTS: u32 = 3;

struct Message {
    id: i64,
    state: String,
    attempt: u32,
    control: bool,
    sent: Sent,
}

struct Reply {
    id: i64,
    message: i64,
    drawing: Option<i64>,
    lane: String,
    person: String,
    /// Everything of it that people saw, its parts put together.
    text: String,
    picture: bool,
}

struct Drawing {
    id: i64,
    message: i64,
    state: String,
    attempt: u32,
    file: Option<String>,
    cancelled: bool,
}

/// What is in the database and outside, side by side.
struct Found {
    messages: Vec<Message>,
    replies: Vec<Reply>,
    drawings: Vec<Drawing>,
    wrong: Vec<String>,
}

/// Everything that does not hold.
pub(crate) async fn check(played: &mut Played) -> Vec<String> {
    let mut found = read(played).await;
    found.accepted_once(&played.sent);
    found.settled_once(played.deaths);
    found.drawn_once(played.deaths);
    found.delivered_once(&played.world);
    found.in_order(&played.world);
    found.right_person(&played.sent);
    found.files(played).await;
    found.wrong
}

async fn rows(database: &mut SqliteConnection, sql: &'static str) -> Vec<SqliteRow> {
    sqlx::query(sql).fetch_all(database).await.unwrap()
}

async fn read(played: &mut Played) -> Found {
    let mut wrong = Vec::new();
    let mut messages = Vec::new();
    for row in rows(&mut played.database, "SELECT id, key, lane, state, attempt, control FROM messages").await
    {
        let (key, lane): (String, String) = (row.get(1), row.get(2));
        let sent =
            played.sent.iter().find(|sent| sent.message.key == key && sent.message.address.lane() == lane);
        match sent.cloned() {
            Some(sent) => messages.push(Message {
                id: row.get(0),
                state: row.get(3),
                attempt: row.get(4),
                control: row.get(5),
                sent,
            }),
            None => wrong.push(format!("{lane} {key}: nobody sent that")),
        }
    }
    let sql = "SELECT id, message, drawing, lane, person, state FROM replies ORDER BY id";
    let mut replies = Vec::new();
    for row in rows(&mut played.database, sql).await {
        let (id, state): (i64, String) = (row.get(0), row.get(5));
        if state != "sent" {
            wrong.push(format!("reply {id} is {state}"));
        }
        let parts = arrived(&played.world, id);
        replies.push(Reply {
            id,
            message: row.get::<Option<i64>, _>(1).unwrap_or_default(),
            drawing: row.get(2),
            lane: row.get(3),
            person: row.get(4),
            text: parts.values().map(|part| part.text.as_str()).collect(),
            picture: parts.values().any(|part| part.picture),
        });
    }
    let sql = "SELECT id, message, state, attempt, json_extract(picture, '$.file'), cancel FROM drawings";
    let found = rows(&mut played.database, sql).await;
    let drawings = found.iter().map(|row| Drawing {
        id: row.get(0),
        message: row.get::<Option<i64>, _>(1).unwrap_or_default(),
        state: row.get(2),
        attempt: row.get(3),
        file: row.get(4),
        cancelled: row.get(5),
    });
    Found { messages, replies, drawings: drawings.collect(), wrong }
}

/// The parts of a reply as they first arrived.
fn arrived(world: &World, reply: i64) -> BTreeMap<u32, Arrived> {
    let mut parts = BTreeMap::new();
    for part in &world.arrived {
        let (of, number) = place(part);
        if of == reply {
            parts.entry(number).or_insert_with(|| part.clone());
        }
    }
    parts
}

/// The reply and the number of a part.
fn place(part: &Arrived) -> (i64, u32) {
    let (reply, number) = part.key.split_once('-').unwrap();
    (reply.parse().unwrap(), number.parse().unwrap())
}

impl Found {
    fn holds(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.wrong.push(what());
        }
    }

    /// Each message has one row.
    fn accepted_once(&mut self, sent: &[Sent]) {
        for one in sent {
            let rows = self.messages.iter().filter(|row| row.sent.word == one.word).count();
            self.holds(rows == 1, || format!("{:?} has {rows} rows", one.word));
        }
    }

    /// Each message came to its one end, with the replies that go with it.
    fn settled_once(&mut self, deaths: u32) {
        for message in std::mem::take(&mut self.messages) {
            let Message { id, state, attempt, sent, .. } = &message;
            let replies: Vec<&Reply> = self.replies.iter().filter(|reply| reply.message == *id).collect();
            let about_drawing = replies.iter().filter(|reply| reply.drawing.is_some()).count();
            let drawings: Vec<_> = self.drawings.iter().filter(|drawing| drawing.message == *id).collect();
            let stranger = sent.message.from.id == "mallory";
            let parked = state == "parked";
            let expected = match sent.wants {
                _ if parked || stranger => replies.len() == 1 && drawings.is_empty(),
                Wants::Answer => replies.len() == 1 && drawings.is_empty(),
                // Its place in line and what came of it, unless its requester was told so as the answer to /cancel; or
                // that there are too many already.
                Wants::Picture => match (replies.len(), about_drawing, drawings.as_slice()) {
                    (2, 2, [_]) | (1, 0, []) => true,
                    (1, 1, [drawing]) => drawing.state == "cancelled" && self.told_elsewhere(*id, sent),
                    _ => false,
                },
                // A request that was too late for the change is a drawing of its own.
                Wants::Change => replies.len() <= 2 && drawings.len() <= 1,
                Wants::Word => replies.len() <= 1 && drawings.is_empty(),
            };
            let answered = sent.wants != Wants::Answer
                || parked
                || stranger
                || replies.iter().all(|reply| reply.text.contains(&sent.word) || is_stop(&reply.text));
            let texts: Vec<&str> = replies.iter().map(|reply| reply.text.as_str()).collect();
            let drawings = drawings.len();
            let told = format!("{sent:?} is {state} after {attempt}, {drawings} drawings, says {texts:?}");
            let (parked_late, fair) = (!parked || *attempt == ATTEMPTS, *attempt <= deaths + 1);
            self.holds(matches!(state.as_str(), "settled" | "parked"), || format!("not settled: {told}"));
            self.holds(expected, || format!("not the replies it wants: {told}"));
            self.holds(answered, || format!("not its answer: {told}"));
            self.holds(parked_late && fair, || format!("attempts do not add up ({deaths} deaths): {told}"));
            self.messages.push(message);
        }
    }

    /// Whether the requester has read about it in the reply to another message.
    fn told_elsewhere(&self, message: i64, sent: &Sent) -> bool {
        self.replies.iter().any(|reply| {
            reply.message != message
                && reply.person == sent.message.from.id
                && reply.text.contains(&sent.word)
        })
    }

    /// Each drawing came to its one end, and its requester has been told once.
    fn drawn_once(&mut self, deaths: u32) {
        for drawing in std::mem::take(&mut self.drawings) {
            let Drawing { id, state, attempt, cancelled, .. } = &drawing;
            let replies: Vec<&Reply> =
                self.replies.iter().filter(|reply| reply.drawing == Some(*id)).collect();
            let pictures = replies.iter().filter(|reply| reply.picture).count();
            let done = state == "done";
            let ended = matches!(state.as_str(), "done" | "cancelled" | "failed" | "parked");
            self.holds(!(done && *cancelled), || format!("drawing {id} came although it was cancelled"));
            self.holds(ended, || format!("drawing {id} is {state}"));
            self.holds(pictures == usize::from(done), || {
                format!("drawing {id} is {state} with {pictures} pictures")
            });
            self.holds(*attempt <= deaths + 1 && (state != "parked" || *attempt == ATTEMPTS), || {
                format!("drawing {id} is {state} after {attempt} attempts and {deaths} deaths")
            });
            self.drawings.push(drawing);
        }
    }

    /// A part arrives again only when nothing has said that it had arrived, and is the same part then.
    fn delivered_once(&mut self, world: &World) {
        let mut times: BTreeMap<&str, Vec<&Arrived>> = BTreeMap::new();
        for part in &world.arrived {
            times.entry(&part.key).or_default().push(part);
        }
        for (key, parts) in times {
            let may = 1 + world.unconfirmed.iter().filter(|lost| *lost == key).count();
            self.holds(parts.len() <= may, || format!("part {key} arrived {} times, may {may}", parts.len()));
            self.holds(parts.windows(2).all(|pair| pair[0] == pair[1]), || {
                format!("part {key} changed: {parts:?}")
            });
        }
        for reply in std::mem::take(&mut self.replies) {
            let parts = arrived(world, reply.id);
            let whole = !parts.is_empty() && parts.keys().enumerate().all(|(n, part)| n == *part as usize);
            self.holds(whole, || format!("reply {} arrived as parts {:?}", reply.id, parts.keys()));
            self.holds(parts.values().all(|part| part.lane == reply.lane), || {
                format!("reply {} went elsewhere", reply.id)
            });
            self.replies.push(reply);
        }
    }

    /// Replies of a lane arrive in the order in which they were promised, and requests are handled in theirs.
    fn in_order(&mut self, world: &World) {
        let (mut seen, mut last) = (BTreeSet::new(), BTreeMap::new());
        for part in &world.arrived {
            if !seen.insert(&part.key) {
                continue;
            }
            let before = last.insert(&part.lane, place(part));
            self.holds(before.is_none_or(|before| before < place(part)), || {
                format!("{}: {:?} came after {before:?}", part.lane, place(part))
            });
        }
        let mut handled: BTreeMap<String, i64> = BTreeMap::new();
        let mut first = BTreeSet::new();
        let mut late = Vec::new();
        for reply in &self.replies {
            let of = self.messages.iter().find(|message| message.id == reply.message);
            let Some(message) = of.filter(|message| !message.control && message.state == "settled") else {
                continue;
            };
            if first.insert(message.id)
                && handled.insert(reply.lane.clone(), message.id).is_some_and(|before| before > message.id)
            {
                late.push(format!("{}: message {} was handled late", reply.lane, message.id));
            }
        }
        self.wrong.append(&mut late);
    }

    /// Nobody reads a word that somebody else wrote in another lane.
    fn right_person(&mut self, sent: &[Sent]) {
        let mut wrong = Vec::new();
        for reply in &self.replies {
            for one in sent.iter().filter(|one| reply.text.contains(&one.word)) {
                let (lane, person) = (one.message.address.lane(), &one.message.from.id);
                if reply.lane != lane && reply.person != *person {
                    wrong
                        .push(format!("{} reads {:?} of {person} in {}", reply.person, one.word, reply.lane));
                }
            }
        }
        self.wrong.append(&mut wrong);
    }

    /// Every file has a row that names it, and every finished drawing its file.
    async fn files(&mut self, played: &mut Played) {
        let doomed: BTreeSet<String> = rows(&mut played.database, "SELECT file FROM doomed")
            .await
            .iter()
            .map(|row| row.get(0))
            .collect();
        let named: BTreeSet<String> =
            self.drawings.iter().filter_map(|drawing| drawing.file.clone()).collect();
        let files: BTreeSet<String> = std::fs::read_dir(&played.media)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let missing: Vec<&String> = named.difference(&files).collect();
        self.holds(missing.is_empty(), || format!("rows without files: {missing:?}"));
        let stray: Vec<&String> =
            files.iter().filter(|file| !named.contains(*file) && !doomed.contains(*file)).collect();
        self.holds(stray.is_empty(), || format!("files without rows: {stray:?}"));
        let both: Vec<&String> = named.intersection(&doomed).collect();
        self.holds(both.is_empty(), || format!("files about to be deleted under their rows: {both:?}"));
    }
}

/// Whether an answer was ended by somebody's /stop.
fn is_stop(text: &str) -> bool {
    text.contains("topped")
}
