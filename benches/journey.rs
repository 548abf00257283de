//! What does the house itself add to an answer? The whole house with models that answer at once: from a message that a
//! messenger offers to the reply in that messenger's hands, with one lane and with fifty, with little and much history.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aisaac::app::clock::{self, REAL};
use aisaac::app::config::Config;
use aisaac::app::house::{Foundation, House};
use aisaac::app::places;
use aisaac::inbox::Inbox;
use aisaac::message::{Address, Body, Language, Message, Notice, Person};
use aisaac::messenger::{DeliveryError, Dialect, ListenError, Messenger, Part, RemoteId};
use aisaac::store::{Role, Store};
use async_trait::async_trait;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::Places;
use crate::fakes::{Held, engines};
use crate::figures::{Figures, percentile};

const NAME: &str = "bench";

/// Lanes, messages of each, and the pause of a lane after its reply, in milliseconds (half of it up to one and a half).
const CROWDS: [(usize, usize, u64); 2] = [(1, 250, 20), (50, 12, 1_000)];

/// Rows of history: settled messages, sent replies, and turns, each so many, spread over fifty lanes.
const HISTORIES: [usize; 2] = [100, 100_000];

/// How much slower much history may make a reply.
const FLAT: f64 = 1.25;

pub(crate) fn run(_: &Places) {
    let mut figures =
        Figures::of("journey", "Journey: message in -> reply out, with models that answer at once");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for crowd in CROWDS {
        let mut medians = Vec::new();
        for rows in HISTORIES {
            let times = runtime.block_on(house(rows, crowd));
            let (lanes, ..) = crowd;
            let what = format!("{lanes} lane{}, {rows} rows of history", if lanes == 1 { "" } else { "s" });
            figures.alone((&format!("{what}, p50"), "ms"), percentile(&times, 50.0), None);
            figures.alone((&format!("{what}, p99"), "ms"), percentile(&times, 99.0), Some(5.0));
            medians.push(percentile(&times, 50.0));
        }
        let [little, much] = medians.as_slice() else { unreachable!() };
        figures.alone((&format!("{} lanes: much history / little", crowd.0), "x"), much / little, Some(FLAT));
    }
    figures.note(
        "with fifty lanes each person pauses for about a second after a reply: some fifty messages a second"
            .to_owned(),
    );
    figures.note("a reply is out when the messenger is given it; accepting, taking and settling are a commit on disk each".to_owned());
    figures.write();
}

/// Milliseconds of every message.
async fn house(rows: usize, (lanes, each, pause): (usize, usize, u64)) -> Vec<f64> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let places = places::Places::find(Some(folder.path())).unwrap();
    remember(&places, rows).await;
    let members: Vec<String> = (0..50).map(|number| format!("'{NAME}:p{number}'")).collect();
    let config =
        format!("[access]\nmembers = [{}]\n[answer]\nlanes = {}\n", members.join(", "), lanes.max(4));
    let config = Config::parse(&config).unwrap();
    let foundation = Foundation::lay(&places, &config, places.lock().unwrap(), REAL).await.unwrap();
    let crowd = Arc::new(Crowd { lanes, each, pause, waits: Mutex::default(), times: Mutex::default() });
    let messengers = vec![crowd.clone() as Arc<dyn Messenger>];
    let house = House::build(foundation, &places, &config, engines(&Held::default()), messengers, REAL);
    Box::pin(house.run(CancellationToken::new())).await.unwrap();
    let times = crowd.times.lock().unwrap();
    times.clone()
}

/// Fills the database with what a house of some age holds.
async fn remember(places: &places::Places, rows: usize) {
    Store::open(&places.database(), "history", Role::House, clock::now()).await.unwrap().close().await;
    let url = format!("sqlite://{}", places.database().display());
    let mut database = SqliteConnection::connect(&url).await.unwrap();
    let (now, message) = (clock::now(), message(0, 0, "hello"));
    let json = serde_json::to_string(&message).unwrap();
    let address = serde_json::to_string(&message.address).unwrap();
    let numbers = format!(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {rows} - 1) INSERT INTO"
    );
    let lane = format!("'{NAME}/p' || (i % 50)");
    for insert in [
        format!("messages (messenger, chat, lane, key, person, raw, message, state, attempt, report, received_at, settled_at)
                 SELECT '{NAME}', 'p' || (i % 50), {lane}, 'h:' || i, 'p' || (i % 50), '{{}}', '{json}', 'settled', 1, '{{}}', {now}, {now} FROM n"),
        format!("replies (message, messenger, lane, address, person, reply_to, language, content, state, created_at, ended_at)
                 SELECT i + 1, '{NAME}', {lane}, '{address}', 'p' || (i % 50), 'h:' || i, 'en', '{{\"text\":\"hello\"}}', 'sent', {now}, {now} FROM n"),
        format!("parts (reply, part, remote, sent_at) SELECT i + 1, 0, 'r' || i, {now} FROM n"),
        format!("turns (lane, person, message, from_person, text, at)
                 SELECT {lane}, 'p' || (i % 50), i + 1, (i / 50) % 2, 'some words of an earlier talk', {now} FROM n"),
    ] {
        sqlx::query(AssertSqlSafe(format!("{numbers} {insert}"))).execute(&mut database).await.unwrap();
    }
    database.close().await.unwrap();
}

fn message(lane: usize, number: usize, text: &str) -> Message {
    let address = Address { messenger: NAME.to_owned(), chat: format!("p{lane}"), thread: None };
    let from = Person { id: format!("p{lane}"), language: Some(Language::En), ..Person::default() };
    Message::new(address, format!("m:{lane}-{number}"), from, Body::Text(text.to_owned()), clock::now())
}

/// A messenger behind which so many people talk, each waiting for the reply before saying more.
struct Crowd {
    lanes: usize,
    each: usize,
    pause: u64,
    /// Who waits, by chat.
    waits: Mutex<HashMap<String, oneshot::Sender<Instant>>>,
    times: Mutex<Vec<f64>>,
}

impl Crowd {
    async fn talk(&self, lane: usize, inbox: &Inbox) {
        // Knuth's multiplicative hash: pauses that are spread alike in every run.
        let spread =
            |number: usize| (lane * 1_000 + number).wrapping_mul(2_654_435_761) as u64 % (self.pause + 1);
        for number in 0..self.each {
            tokio::time::sleep(Duration::from_millis(self.pause / 2 + spread(number))).await;
            let (tell, told) = oneshot::channel();
            let message = message(lane, number, "hello, who are you?");
            self.waits.lock().unwrap().insert(message.address.chat.clone(), tell);
            let start = Instant::now();
            inbox.accept(message, "{}", clock::now()).await.unwrap();
            let out = told.await.unwrap();
            // The first ones start threads and open connections.
            if number > 1 {
                self.times.lock().unwrap().push((out - start).as_secs_f64() * 1e3);
            }
        }
    }
}

#[async_trait]
impl Messenger for Crowd {
    fn name(&self) -> &'static str {
        NAME
    }

    fn dialect(&self) -> Dialect {
        Dialect::plain(4_000, 1_000)
    }

    async fn listen(&self, inbox: &Inbox, _: CancellationToken) -> Result<(), ListenError> {
        futures_util::future::join_all((0..self.lanes).map(|lane| self.talk(lane, inbox))).await;
        Ok(())
    }

    async fn deliver(&self, part: &Part, key: &str, _: Option<&RemoteId>) -> Result<RemoteId, DeliveryError> {
        if let Some(waits) = self.waits.lock().unwrap().remove(&part.address.chat) {
            let _ = waits.send(Instant::now());
        }
        Ok(RemoteId(key.to_owned()))
    }

    async fn show(&self, _: &Notice) {}
}
