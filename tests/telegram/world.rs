//! The world of these tests: the fake's people and the real house against it, which starts, stops and dies.
//!
//! A house lives on a thread and a runtime of its own, so that its death takes whatever it had in hand, as that of a process
//! does. Time is real. Ana owns the bot, [`World::member`] may use it, Mallory may not. When a world goes, the fake must have
//! seen nothing that Bot API 10.3 does not know.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aisaac::app::config::Config;
use aisaac::app::engines::Engines;
use aisaac::app::places::Places;
use aisaac::message::Health;
use aisaac::messenger::telegram::{NAME, TelegramOptions, Token};
use aisaac::store::Witness;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, Row as _, SqliteConnection};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::fake::{Server, TOKEN};
use crate::life::Beginning;
use crate::log::Log;
use crate::models::{self, Held};

/// Longer than anything here takes on a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// How many people may use the bot beside its owner.
const MEMBERS: usize = 12;

/// How the house is built.
#[derive(Clone)]
pub(crate) struct Plan {
    /// Lines of configuration, after [access].
    pub(crate) config: String,
    pub(crate) engines: Arc<dyn Fn(&Held) -> Engines + Send + Sync>,
    pub(crate) options: Arc<dyn Fn(&mut TelegramOptions) + Send + Sync>,
    /// Who sees every step, and may hold the house there.
    pub(crate) witness: Option<Arc<dyn Witness>>,
    /// Nobody is in the configuration.
    pub(crate) unowned: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            config: String::new(),
            engines: Arc::new(hearing),
            options: Arc::new(|_| {}),
            witness: None,
            unowned: false,
        }
    }
}

/// What is heard in [`models::sound`]: the words with the number of the recording. Any other recording says "Many words".
pub(crate) const SPOKEN: [&str; 6] = [
    "What is a fjord?",
    "Isaak, what is a fjord?",
    "Buy some bread zqheard.",
    "My friend Isaac says hello.",
    "Slow words",
    "A bay, a lake, Isaac",
];

/// The story's models, and one that hears.
pub(crate) fn hearing(held: &Held) -> Engines {
    let says = |number: usize| SPOKEN.get(number).copied().unwrap_or("Many words").to_owned();
    Engines { speech: Some(models::speech(held, says)), ..models::engines(held) }
}

/// People, the service, and a house.
pub(crate) struct World {
    pub(crate) server: Server,
    /// The owner.
    pub(crate) ana: i64,
    members: Vec<i64>,
    /// A stranger.
    pub(crate) mallory: i64,
    pub(crate) log: Log,
    pub(crate) held: Held,
    pub(crate) health: Health,
    /// What the start printed for whoever looks at the terminal.
    pub(crate) printed: String,
    /// The one-time code of this start.
    pub(crate) code: Option<String>,
    plan: Plan,
    folder: tempfile::TempDir,
    life: Option<Life>,
}

/// A house that runs.
struct Life {
    stop: CancellationToken,
    die: CancellationToken,
    thread: Option<std::thread::JoinHandle<anyhow::Result<()>>>,
}

impl Drop for Life {
    fn drop(&mut self) {
        self.die.cancel();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the house panicked");
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.life = None;
        if !std::thread::panicking() {
            assert_eq!(self.server.violations(), Vec::<String>::new());
            let (token, log) = (self.server.token(), self.log.text());
            assert!(!log.contains(&token) && !log.contains(TOKEN), "the token stands in the log");
        }
    }
}

impl World {
    /// A house that runs.
    pub(crate) async fn new() -> Self {
        Self::with(Plan::default()).await
    }

    /// A house that runs, built in another way.
    pub(crate) async fn with(plan: Plan) -> Self {
        let mut world = Self::asleep(plan).await;
        world.starts().await;
        world
    }

    /// Nothing runs yet.
    pub(crate) async fn asleep(plan: Plan) -> Self {
        let server = Server::start().await;
        let person = |name: &str| {
            let person = server.person(name);
            server.private(person)
        };
        let ana = person("Ana");
        let members = (0..MEMBERS).map(|number| person(&format!("Member{number}"))).collect();
        let mallory = person("Mallory");
        Self {
            ana,
            members,
            mallory,
            log: Log::default(),
            held: Held::default(),
            health: Health::default(),
            printed: String::new(),
            code: None,
            plan,
            folder: tempfile::tempdir().unwrap(),
            life: None,
            server,
        }
    }

    /// Somebody who may use the bot; their private chat has their id.
    pub(crate) fn member(&self, number: usize) -> i64 {
        self.members[number]
    }

    pub(crate) fn places(&self) -> Places {
        Places::find(Some(self.folder.path())).unwrap()
    }

    /// The configuration as it would stand in its file.
    pub(crate) fn configuration(&self) -> String {
        let id = |id: &i64| format!("'{NAME}:{id}'");
        let members = self.members.iter().map(id).collect::<Vec<_>>().join(", ");
        let access = format!("[access]\nowners = [{}]\nmembers = [{members}]\n", id(&self.ana));
        let access = if self.plan.unowned { "" } else { &access };
        format!("language = 'en'\n{access}{}", self.plan.config)
    }

    /// Another way to build the next house.
    pub(crate) fn replan(&mut self, change: impl FnOnce(&mut Plan)) {
        change(&mut self.plan);
    }

    /// A process begins. Returns when it has its data folder; it may not have reached the service.
    pub(crate) async fn starts(&mut self) {
        assert!(self.life.is_none(), "one at a time");
        let mut options = TelegramOptions::new(Token::new(TOKEN).unwrap());
        (options.server, options.poll) = (self.server.url(), Duration::from_secs(1));
        (self.plan.options)(&mut options);
        let beginning = Beginning {
            places: self.places(),
            config: Config::parse(&self.configuration()).unwrap(),
            engines: (self.plan.engines)(&self.held),
            options,
            witness: self.plan.witness.clone(),
            health: self.health.clone(),
            log: self.log.clone(),
        };
        let (stop, die) = (CancellationToken::new(), CancellationToken::new());
        let (tell, ready) = oneshot::channel();
        let tokens = (stop.clone(), die.clone());
        let thread = std::thread::spawn(move || beginning.lives(tokens, tell));
        self.life = Some(Life { stop, die, thread: Some(thread) });
        let ready = tokio::time::timeout(LONG, ready).await.expect("the house starts in time");
        (self.code, self.printed) = ready.expect("the house starts");
    }

    /// The house is told to stop, and does so.
    pub(crate) async fn stops(&mut self) {
        let mut life = self.life.take().unwrap();
        life.stop.cancel();
        joined(life.thread.take().unwrap()).await.unwrap();
    }

    /// The process is gone from one moment to the next.
    pub(crate) async fn dies(&mut self) {
        let mut life = self.life.take().unwrap();
        life.die.cancel();
        joined(life.thread.take().unwrap()).await.unwrap();
    }

    /// Until something holds that no change of the fake tells of; it is looked at again and again.
    pub(crate) async fn until<F: Future<Output = bool>>(&self, what: &str, holds: impl Fn() -> F) {
        let waited = tokio::time::timeout(LONG, async {
            while !holds().await {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        assert!(waited.await.is_ok(), "it did not come: {what}\n{}", self.log.text());
    }

    /// Until the log has a line with this.
    pub(crate) async fn until_logged(&self, words: &str) {
        self.until(words, || async { self.log.count(words) > 0 }).await;
    }

    /// What is left to be done for anybody.
    pub(crate) async fn left(&self) -> Vec<String> {
        const LEFT: &str = "SELECT 'message ' || key || ' ' || state FROM messages WHERE state IN ('new', 'taken')
            UNION ALL SELECT 'drawing ' || id || ' ' || state FROM drawings WHERE state IN ('waiting', 'running')
            UNION ALL SELECT 'reply ' || id || ' after ' || attempt || ' attempts, next at ' || next_at FROM replies WHERE state = 'waiting'";
        let updates = self.server.pending_updates().into_iter().map(|update| update.to_string());
        updates.chain(self.texts(LEFT).await).collect()
    }

    /// Until every update is confirmed and nothing is left to be done for anybody.
    pub(crate) async fn rests(&self) {
        let waited = tokio::time::timeout(LONG, async {
            while !self.left().await.is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        if waited.await.is_err() {
            panic!("it does not come to rest: {:#?}\n{}", self.left().await, self.log.text());
        }
    }

    /// Until the bot has so many messages in a chat; they are returned as people read them, in order.
    pub(crate) async fn reads(&self, chat: i64, count: usize) -> Vec<String> {
        self.server.wait_for(LONG, |seen| seen.replies(chat).count() >= count).await;
        self.read(chat)
    }

    /// The bot's messages in a chat, as people read them.
    pub(crate) fn read(&self, chat: i64) -> Vec<String> {
        let words = |text: &str, caption: &str| if text.is_empty() { caption } else { text }.to_owned();
        let replies = self.server.replies(chat);
        replies.iter().map(|reply| words(reply.text(), reply.caption())).collect()
    }

    /// A look at the database beside the house, however busy the machine is.
    pub(crate) async fn database(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new()
            .filename(self.places().database())
            .busy_timeout(Duration::from_secs(30));
        SqliteConnection::connect_with(&options).await.unwrap()
    }

    /// The one number that a question has for an answer.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let mut database = self.database().await;
        sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut database).await.unwrap().get(0)
    }

    /// The texts in the first column.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        let mut database = self.database().await;
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut database).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    pub(crate) async fn executes(&self, sql: &str) {
        let mut database = self.database().await;
        sqlx::query(AssertSqlSafe(sql)).execute(&mut database).await.unwrap();
    }

    /// A group that the owner has let in.
    pub(crate) async fn group(&self, title: &str, people: &[i64]) -> i64 {
        let group = self.server.group(title, people);
        self.lets_in(group).await;
        group
    }

    pub(crate) async fn lets_in(&self, group: i64) {
        self.executes(&format!("INSERT INTO allowed_groups VALUES ('{NAME}', '{group}', 1)")).await;
    }

    /// The message of a row, as it is kept.
    pub(crate) async fn kept(&self, chat: i64, key: &str) -> serde_json::Value {
        let sql = format!("SELECT message FROM messages WHERE chat = '{chat}' AND key = '{key}'");
        serde_json::from_str(&self.texts(&sql).await.remove(0)).unwrap()
    }

    /// Files of the data folder that hold a word: database, write-ahead log, media.
    pub(crate) fn hold(&self, word: &str) -> BTreeSet<PathBuf> {
        let (mut folders, mut found) = (vec![self.folder.path().to_owned()], BTreeSet::new());
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if std::fs::read(&path)
                    .unwrap()
                    .windows(word.len())
                    .any(|some| some == word.as_bytes())
                {
                    found.insert(path);
                }
            }
        }
        found
    }

    /// Recordings that lie in the media folder.
    pub(crate) fn recordings(&self) -> Vec<Vec<u8>> {
        let entries = std::fs::read_dir(self.places().media()).unwrap().map(|entry| entry.unwrap().path());
        let named = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("voice-");
        entries.filter(named).map(|path| std::fs::read(path).unwrap()).collect()
    }
}

async fn joined(thread: std::thread::JoinHandle<anyhow::Result<()>>) -> anyhow::Result<()> {
    let ended = tokio::task::spawn_blocking(move || thread.join());
    let ended = tokio::time::timeout(LONG, ended).await.expect("the house ends in time");
    ended.unwrap().expect("the house does not panic")
}
