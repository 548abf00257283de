//! The daemon in a process of its own, with a messenger that says nothing; this test is its service manager: it hears
//! `$NOTIFY_SOCKET`, asks over loopback, and says SIGTERM.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests stand outside #[test] functions"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use aisaac::app::clock;
use aisaac::app::config::Config;
use aisaac::app::engines::Engines;
use aisaac::app::places::Places;
use aisaac::app::run::{Crew, serve};
use aisaac::inbox::Inbox;
use aisaac::message::{Cause, Health, Notice};
use aisaac::messenger::{DeliveryError, Dialect, ListenError, Messenger, Part, RemoteId};
use async_trait::async_trait;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

/// Names the folder of the child.
const FOLDER: &str = "AISAAC_DAEMON";

/// The service manager's patience; the sign of life is due after half of it.
const WATCHDOG: Duration = Duration::from_millis(600);

/// Longer than anything here takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);

/// A messenger that does with the health what its standard input says.
struct Puppet(Health);

#[async_trait]
impl Messenger for Puppet {
    fn name(&self) -> &'static str {
        "puppet"
    }

    fn dialect(&self) -> Dialect {
        Dialect::plain(1_000, 1_000)
    }

    async fn listen(&self, _inbox: &Inbox, stop: CancellationToken) -> Result<(), ListenError> {
        let (say, mut lines) = tokio::sync::mpsc::unbounded_channel();
        std::thread::spawn(move || std::io::stdin().lines().try_for_each(|line| say.send(line.unwrap())));
        loop {
            let line = tokio::select! {
                line = lines.recv() => line,
                () = stop.cancelled() => return Ok(()),
            };
            match line.as_deref() {
                Some("dead") => self.0.begins(Cause::Dead("fake".into()), clock::now()),
                Some("well") => self.0.ends(&Cause::Dead("fake".into())),
                Some("silent") => self.0.beat("puppet", clock::now() - 10 * 60_000),
                Some("leave") => {
                    return Err(ListenError { messenger: "puppet", reason: "told to".to_owned() });
                }
                // A messenger that does not hear that it is told to stop.
                Some("deaf") => std::future::pending().await,
                other => panic!("{other:?}"),
            }
        }
    }

    async fn deliver(&self, _: &Part, _: &str, _: Option<&RemoteId>) -> Result<RemoteId, DeliveryError> {
        Ok(RemoteId("1".to_owned()))
    }

    async fn show(&self, _: &Notice) {}
}

/// The child's whole life.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a child of the other tests"]
async fn a_daemon() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    tracing_subscriber::fmt().json().with_writer(std::io::stderr).with_max_level(tracing::Level::INFO).init();
    let places = Places::find(Some(Path::new(&folder))).unwrap();
    let config = Config::load(None, &places.config()).unwrap();
    let health = Health::default();
    let messengers = vec![Arc::new(Puppet(health.clone())) as _];
    let crew = Crew { engines: Engines::default(), messengers, health };
    if let Err(error) = serve(&places, &config, crew).await {
        let _ = writeln!(std::io::stderr(), "{error:#}");
        std::process::exit(1);
    }
    // What the test harness would print is nobody's.
    std::process::exit(0);
}

/// A daemon, as its service manager sees it.
struct Daemon {
    folder: tempfile::TempDir,
    socket: UnixDatagram,
    child: Child,
    log: BufReader<ChildStderr>,
}

impl Daemon {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("aisaac.toml"), "[run]\nlisten = '127.0.0.1:0'\n").unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let mut child = child(folder.path(), &path);
        let log = BufReader::new(child.stderr.take().unwrap());
        Self { folder, socket, child, log }
    }

    /// What it tells next; nothing when it is silent for so long.
    fn told(&self, within: Duration) -> Option<String> {
        let mut buffer = [0; 4_096];
        self.socket.set_read_timeout(Some(within)).unwrap();
        let length = self.socket.recv(&mut buffer).ok()?;
        Some(String::from_utf8(buffer[..length].to_vec()).unwrap())
    }

    /// Until it tells this.
    fn tells(&self, what: &str) {
        while let Some(told) = self.told(LONG) {
            if told.lines().any(|line| line == what) {
                return;
            }
        }
        panic!("never told: {what}");
    }

    fn does(&mut self, word: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{word}").unwrap();
    }

    /// Where it answers, as its log says.
    fn address(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert!(self.log.read_line(&mut line).unwrap() > 0, "the log ends without an address");
            // The frame around the one-time code is for people.
            let Ok(line) = serde_json::from_str::<Value>(&line) else { continue };
            if let Some(address) = line["fields"]["address"].as_str() {
                return address.to_owned();
            }
        }
    }

    fn ends(mut self) -> bool {
        let mut rest = String::new();
        self.log.read_to_string(&mut rest).unwrap();
        self.child.wait().unwrap().success()
    }
}

fn child(folder: &Path, socket: &PathBuf) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_daemon", "--ignored", "--nocapture"])
        .env_clear()
        .env(FOLDER, folder)
        .env("NOTIFY_SOCKET", socket)
        .env("WATCHDOG_USEC", WATCHDOG.as_micros().to_string())
        .env("LANG", "en_US.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Status and body of a page.
fn page(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

fn terminate(daemon: &Daemon) {
    let pid = rustix::process::Pid::from_child(&daemon.child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
}

#[test]
fn the_sign_of_life_and_the_page_say_the_same() {
    let mut daemon = Daemon::new();
    let address = daemon.address();
    let first = daemon.told(LONG).unwrap();
    assert_eq!(first, "READY=1\nSTATUS=serving puppet\n", "nothing is told before it is ready");
    daemon.tells("WATCHDOG=1");
    daemon.tells("WATCHDOG=1");
    let (code, body) = page(&address, "/health");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((code, &body["status"]), (200, &"green".into()));
    assert!(body["last_poll_age_seconds"]["puppet"].is_u64() && body["version"].is_string(), "{body}");

    for (word, status, cause) in [
        ("dead", "STATUS=red: dead:fake", "dead:fake"),
        ("well", "STATUS=serving puppet", ""),
        ("silent", "STATUS=red: poll:puppet", "poll:puppet"),
    ] {
        daemon.does(word);
        daemon.tells(status);
        let (code, body) = page(&address, "/health");
        let body: Value = serde_json::from_str(&body).unwrap();
        if cause.is_empty() {
            assert_eq!(code, 200, "{body}");
            daemon.tells("WATCHDOG=1");
        } else {
            assert_eq!((code, &body["causes"][0]["cause"]), (503, &cause.into()));
            assert_eq!(daemon.told(WATCHDOG), None, "red: no sign of life");
        }
    }
    let (code, text) = page(&address, "/metrics");
    assert_eq!(code, 200);
    for line in ["aisaac_healthy 0", "aisaac_waiting{what=\"messages\"} 0"] {
        assert!(text.lines().any(|has| has == line), "{line}\n{text}");
    }
    assert_eq!(page(&address, "/").0, 404);

    terminate(&daemon);
    daemon.tells("STOPPING=1");
    assert!(daemon.ends(), "a polite stop is no failure");
}

#[test]
fn a_second_sigterm_leaves_at_once() {
    let mut daemon = Daemon::new();
    daemon.tells("READY=1");
    daemon.does("dead");
    daemon.tells("STATUS=red: dead:fake");
    daemon.does("deaf");
    terminate(&daemon);
    daemon.tells("STOPPING=1");
    let since = std::time::Instant::now();
    terminate(&daemon);
    assert!(daemon.ends());
    assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
}

#[test]
fn one_house_in_a_folder_and_a_messenger_that_leaves_is_a_failure() {
    let mut daemon = Daemon::new();
    daemon.tells("READY=1");
    let mut second = child(daemon.folder.path(), &daemon.folder.path().join("nobody"));
    let mut said = String::new();
    second.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(!second.wait().unwrap().success() && said.contains("house-runs"), "{said}");
    daemon.does("leave");
    assert!(!daemon.ends());
}
