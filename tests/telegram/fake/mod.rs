//! A fake of the Telegram Bot API server, strict where the real one is lenient (README.md says how far it goes).
//!
//! A test starts a [`Server`], points a bot at [`Server::url`], and is the people: [`people`] and [`posts`] make them
//! write, press and leave; [`seen`] is what came of it. Everything happens on loopback and on the fake's own clock.
//! Nothing here knows the bot; what the bot does wrong but gets away with stands in [`Server::violations`].
#![allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests stand outside #[test] functions, and no test uses all of them"
)]

mod people;
mod post;
mod posts;
mod seen;
mod message;
mod world;
mod text;
mod html;
mod entities;
mod files;
mod picture;
mod place;
mod methods;
mod sending;
mod editing;
mod polling;
mod queue;
mod limits;
mod schema;
mod call;
mod refusal;
mod fault;
mod wire;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub(crate) use fault::{ANY, DOWNLOAD, Fault};
pub(crate) use message::Message;
pub(crate) use post::Post;
pub(crate) use seen::{Action, Answered, Draft, Request, Seen, Upload};
pub(crate) use world::{CHANNEL_BOT, GROUP_ANONYMOUS_BOT, Kind, Person, Standing, TELEGRAM};

use world::State;

/// The bot's token, when a test does not care.
pub(crate) const TOKEN: &str = "7300000001:AAFakeFakeFakeFakeFakeFakeFakeFakeFake";
/// The bot's id.
pub(crate) const BOT: i64 = 7_300_000_001;
/// The bot's username.
pub(crate) const USERNAME: &str = "house_bot";
/// When the fake's clock begins: 2026-09-21, in Unix time.
pub(crate) const BEGINNING: i64 = 1_790_000_000;

/// The state, and who wants to know that it changed.
struct Shared {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
    /// Half-open calls wait for the next one.
    released: watch::Sender<u64>,
    connections: AtomicUsize,
}

impl Shared {
    fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock().unwrap())
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = self.quietly(change);
        self.changed.send_modify(|count| *count += 1);
        result
    }

    /// A change that nobody waits for.
    fn quietly<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap())
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    async fn let_go(&self) {
        // The sender lives as long as this: the wait ends with a release, or is dropped.
        self.released.subscribe().changed().await.ok();
    }
}

/// A running server. Dropping it stops it; [`Server::stop`] also waits until it has stopped.
pub(crate) struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    /// None while it is stopped.
    running: Mutex<Option<Running>>,
}

struct Running {
    stop: CancellationToken,
    task: JoinSet<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Server {
    /// A server on a free port of 127.0.0.1, with a bot that nobody has written to.
    pub(crate) async fn start() -> Self {
        let me = Person::new(BOT, "House").username(USERNAME).bot();
        let shared = Arc::new(Shared {
            state: Mutex::new(State::new(TOKEN, me, BEGINNING)),
            changed: watch::Sender::default(),
            released: watch::Sender::default(),
            connections: AtomicUsize::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let running = Mutex::new(Some(Running::begin(listener, shared.clone())));
        Self { shared, address, running }
    }

    /// The network is lost: every connection is cut, and nobody listens. The state stays.
    pub(crate) async fn stop(&self) {
        let running = self.running.lock().unwrap().take();
        if let Some(mut running) = running {
            running.stop.cancel();
            while running.task.join_next().await.is_some() {}
        }
    }

    /// The network is back, on the same port.
    pub(crate) async fn restart(&self) {
        self.stop().await;
        let listener = TcpListener::bind(self.address).await.unwrap();
        *self.running.lock().unwrap() = Some(Running::begin(listener, self.shared.clone()));
    }

    /// What a bot takes for `https://api.telegram.org`: no slash at the end.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn token(&self) -> String {
        self.look(|state| state.token.clone())
    }

    /// From now on the bot has this token; calls with the old one are not authorized.
    pub(crate) fn set_token(&self, token: &str) {
        self.change(|state| token.clone_into(&mut state.token));
    }

    pub(crate) fn set_username(&self, username: &str) {
        self.change(|state| {
            state.me.username = Some(username.to_owned());
            state.people.insert(state.me.id, state.me.clone());
        });
    }

    /// False, as in the beginning: in groups the bot gets only what is meant for it.
    pub(crate) fn set_reads_all(&self, reads_all: bool) {
        self.change(|state| state.reads_all = reads_all);
    }

    /// Whether "@bot" passes the bot's privacy. Telegram's own texts disagree; true in the beginning.
    pub(crate) fn set_mentions_pass(&self, pass: bool) {
        self.change(|state| state.mentions_pass = pass);
    }

    /// A server of one's own with `--local`: files of any size are laid down in this folder, and not handed out.
    pub(crate) fn set_local(&self, folder: &Path) {
        self.change(|state| state.local = Some(folder.to_owned()));
    }

    /// What `getFile` says about where a file lies, from now on.
    pub(crate) fn say_path(&self, path: Option<&str>) {
        self.change(|state| state.said_path = path.map(str::to_owned));
    }

    /// How many connections there have been.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// The real limits: 30 a second, 1 a second in a chat, 20 a minute in a group.
    pub(crate) fn set_limits(&self, on: bool) {
        self.change(|state| state.limits.on = on);
    }

    /// Somebody has set a webhook for this bot; a waiting poll ends.
    pub(crate) fn set_webhook(&self, url: &str) {
        self.change(|state| {
            state.queue.webhook = url.to_owned();
            state.queue.poll += 1;
            state.queue.ended_by_webhook = true;
        });
    }

    pub(crate) fn now(&self) -> i64 {
        self.look(|state| state.now)
    }

    pub(crate) fn set_now(&self, now: i64) {
        self.change(|state| state.now = now);
    }

    /// Seconds go by on the fake's clock.
    pub(crate) fn passes(&self, seconds: u64) {
        self.passes_exactly(Duration::from_secs(seconds));
    }

    /// Time goes by on the fake's clock, whose date counts whole seconds.
    pub(crate) fn passes_exactly(&self, time: Duration) {
        self.change(|state| state.pass(time));
    }

    /// From now on limits, and polls that come too soon, go by the fake's clock too and no longer by the real one.
    pub(crate) fn hold_time(&self) {
        self.change(|state| state.held = Some(state.elapsed()));
    }

    /// The next call of this method ([`ANY`], [`DOWNLOAD`]) goes wrong.
    pub(crate) fn fail_next(&self, method: &str, fault: Fault) {
        self.fail_times(method, 1, fault);
    }

    /// The next few calls go wrong.
    pub(crate) fn fail_times(&self, method: &str, times: u32, fault: Fault) {
        self.change(|state| state.faults.add(method, fault, Some(times)));
    }

    /// Every call goes wrong until the faults are cleared.
    pub(crate) fn fail_always(&self, method: &str, fault: Fault) {
        self.change(|state| state.faults.add(method, fault, None));
    }

    pub(crate) fn clear_faults(&self) {
        self.change(|state| state.faults.clear());
    }

    /// Half-open calls end: their connections are cut.
    pub(crate) fn release(&self) {
        self.shared.released.send_modify(|count| *count += 1);
    }

    /// Until something holds; panics with the latest calls when it does not within this time.
    pub(crate) async fn wait_for(&self, within: Duration, holds: impl Fn(Seen<'_>) -> bool) {
        let mut changes = self.shared.changes();
        let waited = tokio::time::timeout(within, async {
            while !self.see(&holds) {
                changes.changed().await.unwrap();
            }
        });
        if waited.await.is_err() {
            // Polls and signs of life would fill the list.
            let mut requests = self.requests();
            requests.retain(|request| !["getUpdates", "sendChatAction"].contains(&request.method.as_str()));
            let latest = requests.iter().rev().take(20).rev().map(|request| {
                format!(
                    "\n{} {} -> {:?}",
                    request.method,
                    Value::Object(request.params.clone()),
                    request.status
                )
            });
            panic!("it did not come within {within:?}; the latest calls:{}", latest.collect::<String>());
        }
    }

    fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        self.shared.look(look)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        self.shared.change(change)
    }
}

impl Running {
    fn begin(listener: TcpListener, shared: Arc<Shared>) -> Self {
        let stop = CancellationToken::new();
        let mut task = JoinSet::new();
        task.spawn(wire::serve(listener, shared, stop.clone()));
        Self { stop, task }
    }
}
