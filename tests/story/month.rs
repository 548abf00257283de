//! A family of six lives with the house for weeks, on a compressed clock: 200 messages and 20 pictures a day.
//!
//! What is kept stays as large as the kept days, the files of the database too, and so does the process.

use std::path::Path;

use aisaac::inbox::Inbox;
use aisaac::message::{Body, Person};
use sqlx::{Connection as _, Row as _};

use crate::world::{Story, message};

const FAMILY: [&str; 6] = ["ana", "bob", "eva", "ida", "leo", "max"];
const MESSAGES: u32 = 200;
const PICTURES: u32 = 20;

/// What one kept day takes in the database at most, in bytes: 220 messages with their updates as they came (600
/// bytes), what was answered (300), conversations, drawings, replies, indexes.
const DAY_BYTES: u64 = 750_000;

/// How far the write-ahead log grows before SQLite folds it by itself, with room for one batch of deletions.
const LOG_BYTES: u64 = 12 << 20;

/// How it stands at the end of a day.
#[derive(Debug, Clone, Copy)]
struct Evening {
    database: u64,
    log: u64,
    messages: i64,
    rows: i64,
    pictures: i64,
    files: i64,
    resident: u64,
}

/// How large the log is before the house is kept.
async fn one_day(story: &mut Story, day: u32) -> u64 {
    let inbox = Inbox::new(story.house().store.clone());
    for number in 0..MESSAGES + PICTURES {
        let who = FAMILY[(number as usize) % FAMILY.len()];
        let id = day * 1_000 + number;
        let text = if number % 11 == 0 {
            format!("draw a cat number {id}")
        } else {
            format!("What would you say about thing number {id}, {}?", "if you think of it ".repeat(12))
        };
        let mut message = message(who, &format!("m:{id}"), Body::Text(text.clone()));
        message.from = Person { name: Some(format!("{who} of the family")), ..message.from };
        let raw = format!("{{\"update_id\": {id}, \"more\": \"{}\", \"text\": \"{text}\"}}", "x".repeat(300));
        inbox.accept(message, &raw, story.now()).await.unwrap();
        story.answers().await;
        while number % 11 == 0 && story.paints().await {}
    }
    story.told();
    // The day is over; so is its hour of keeping house.
    story.passes(60 * 24);
    let log = length(&story.places().data().join("aisaac.db-wal"));
    story.house().keep().await.unwrap();
    log
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |found| found.len())
}

async fn evening(story: &Story, log: u64) -> Evening {
    let places = story.places();
    let url = format!("sqlite://{}?mode=ro", places.database().display());
    let mut database = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let sql = "SELECT (SELECT count(*) FROM messages),
                      (SELECT count(*) FROM replies) + (SELECT count(*) FROM parts) + (SELECT count(*) FROM turns),
                      (SELECT count(*) FROM drawings), (SELECT count(*) FROM doomed)";
    let row = sqlx::query(sql).fetch_one(&mut database).await.unwrap();
    assert_eq!(row.get::<i64, _>(3), 0, "what is doomed is buried");
    database.close().await.unwrap();
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    Evening {
        database: length(&places.database()),
        log,
        messages: row.get(0),
        rows: row.get(1),
        pictures: row.get(2),
        files: std::fs::read_dir(places.media()).unwrap().count().try_into().unwrap(),
        resident: pages.unwrap_or_default() * 4_096,
    }
}

#[expect(clippy::print_stdout, reason = "--nocapture shows the days")]
/// Lives `days` days with a house that keeps `keep`; what each evening was like.
async fn live(days: u32, keep: u32) -> Vec<Evening> {
    let members: Vec<String> = FAMILY.iter().map(|who| format!("'scripted:{who}'")).collect();
    let mut story = Story::of(&members.join(", "), &format!("[keep]\ndays = {keep}\n")).await;
    let mut evenings = Vec::new();
    for day in 0..days {
        let log = one_day(&mut story, day).await;
        let at = evening(&story, log).await;
        println!("day {day}: {at:?}");
        let (day, kept) = (i64::from(day + 1), i64::from(keep.min(day + 1)));
        let a_day = i64::from(MESSAGES + PICTURES);
        // The clock also goes on while people talk: the oldest kept day may be cut.
        assert!(at.messages <= kept * a_day, "day {day}: {at:?}");
        assert!(at.messages >= (kept - 1) * a_day, "day {day}: {at:?}");
        assert!(at.rows <= 5 * kept * a_day, "day {day}: {at:?}");
        assert_eq!(at.files, at.pictures, "day {day}: files are those that rows name");
        let kept = u64::try_from(kept).unwrap();
        assert!(at.database <= (kept + 1) * DAY_BYTES, "day {day}: {at:?}");
        assert!(at.log <= LOG_BYTES, "day {day}: {at:?}");
        evenings.push(at);
    }
    evenings
}

#[tokio::test]
async fn some_days_of_a_family_take_the_room_of_the_days_that_are_kept() {
    let evenings = live(4, 1).await;
    let (full, last) = (evenings[1], evenings[3]);
    assert!(last.database <= full.database + full.database / 10, "{full:?}, {last:?}");
}

/// cargo test --locked --test story month -- --ignored --nocapture
#[tokio::test]
#[ignore = "takes minutes; prints sizes and memory day by day"]
async fn a_month_of_a_family_takes_the_room_of_the_days_that_are_kept() {
    let evenings = live(30, 7).await;
    let (full, last) = (evenings[9], evenings[29]);
    assert!(last.database <= full.database + full.database / 10, "{full:?}, {last:?}");
    assert!(last.resident <= full.resident + (8 << 20), "memory is flat: {full:?}, {last:?}");
}
