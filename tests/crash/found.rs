//! What a schedule has left behind: rows of the database, and what has arrived outside, side by side.

use std::collections::BTreeMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use crate::people::Sent;
use crate::schedule::Played;
use crate::service::{Arrived, World};

pub(crate) struct Message {
    pub(crate) id: i64,
    pub(crate) state: String,
    pub(crate) attempt: u32,
    pub(crate) control: bool,
    /// Its recording.
    pub(crate) recording: Option<String>,
    /// Its recording never came.
    pub(crate) unheard: bool,
    pub(crate) sent: Sent,
}

pub(crate) struct Reply {
    pub(crate) id: i64,
    pub(crate) message: i64,
    pub(crate) drawing: Option<i64>,
    pub(crate) lane: String,
    pub(crate) person: String,
    /// Everything of it that people saw, its parts put together.
    pub(crate) text: String,
    /// Its picture's grey.
    pub(crate) grey: Option<u8>,
}

pub(crate) struct Drawing {
    pub(crate) id: i64,
    pub(crate) message: i64,
    pub(crate) state: String,
    pub(crate) attempt: u32,
    pub(crate) file: Option<String>,
    pub(crate) cancelled: bool,
    pub(crate) subject: String,
}

/// What is in the database and outside, side by side.
pub(crate) struct Found {
    pub(crate) messages: Vec<Message>,
    pub(crate) replies: Vec<Reply>,
    pub(crate) drawings: Vec<Drawing>,
    pub(crate) wrong: Vec<String>,
}

pub(crate) async fn rows(database: &mut SqliteConnection, sql: &'static str) -> Vec<SqliteRow> {
    sqlx::query(sql).fetch_all(database).await.unwrap()
}

pub(crate) async fn read(played: &mut Played) -> Found {
    let mut wrong = Vec::new();
    let mut messages = Vec::new();
    let sql = "SELECT id, key, lane, state, attempt, control, recording, flaw IS NOT NULL FROM messages";
    for row in rows(&mut played.database, sql).await {
        let (key, lane): (String, String) = (row.get(1), row.get(2));
        let sent =
            played.sent.iter().find(|sent| sent.message.key == key && sent.message.address.lane() == lane);
        match sent.cloned() {
            Some(sent) => messages.push(Message {
                id: row.get(0),
                state: row.get(3),
                attempt: row.get(4),
                control: row.get(5),
                recording: row.get(6),
                unheard: row.get(7),
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
            grey: parts.values().find_map(|part| part.grey),
        });
    }
    let sql = "SELECT id, message, state, attempt, json_extract(picture, '$.file'), cancel, json_extract(commission, '$.subject') FROM drawings ORDER BY id";
    let found = rows(&mut played.database, sql).await;
    let drawings = found.iter().map(|row| Drawing {
        id: row.get(0),
        message: row.get::<Option<i64>, _>(1).unwrap_or_default(),
        state: row.get(2),
        attempt: row.get(3),
        file: row.get(4),
        cancelled: row.get(5),
        subject: row.get(6),
    });
    Found { messages, replies, drawings: drawings.collect(), wrong }
}

/// The parts of a reply as they first arrived.
pub(crate) fn arrived(world: &World, reply: i64) -> BTreeMap<u32, Arrived> {
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
pub(crate) fn place(part: &Arrived) -> (i64, u32) {
    let (reply, number) = part.key.split_once('-').unwrap();
    (reply.parse().unwrap(), number.parse().unwrap())
}
