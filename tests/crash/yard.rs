//! A yard where houses live one after another in processes of their own: start, hold, kill, stop, and look in the end.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use aisaac::message::Body;
use fastrand::Rng;
use sqlx::Row as _;

use crate::check::check;
use crate::child::FOLDER;
use crate::people::{Sent, Wants, says, sent};
use crate::schedule::{Deaths, Played, database, folder};
use crate::service::{Arrived, World};

/// Longer than any of these houses lives.
const LIFETIME: Duration = Duration::from_secs(60);

/// A data folder, what is sent to it, and what its houses have gone through.
pub(crate) struct Yard {
    folder: tempfile::TempDir,
    sent: Vec<Sent>,
    pub(crate) deaths: u32,
    unconfirmed: Vec<String>,
}

/// A house in a process of its own.
pub(crate) struct Running {
    child: Child,
    since: Instant,
    lines: Receiver<String>,
}

impl Yard {
    pub(crate) fn new(sent: Vec<Sent>) -> Self {
        let folder = folder();
        let spool: Vec<_> = sent.iter().map(|sent| &sent.message).collect();
        std::fs::write(folder.path().join("spool.json"), serde_json::to_vec(&spool).unwrap()).unwrap();
        Self { folder, sent, deaths: 0, unconfirmed: Vec::new() }
    }

    /// Starts a house with a fail point.
    pub(crate) fn starts(&self, hold: &str) -> Running {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["child::a_house", "--exact", "--ignored", "--nocapture"])
            .env(FOLDER, self.folder.path())
            .env("AISAAC_HOLD", hold)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (tell, lines) = channel();
        let from = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || from.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Running { child, since: Instant::now(), lines }
    }

    /// `kill -9`; what had arrived and was not written down may arrive again.
    pub(crate) async fn kills(&mut self, mut running: Running) {
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        self.deaths += 1;
        // A house that died before it had a database has delivered nothing.
        if !self.file("aisaac.db").exists() {
            return;
        }
        let mut noted = database(&self.file("aisaac.db")).await;
        let rows = sqlx::query("SELECT reply || '-' || part FROM parts").fetch_all(&mut noted).await;
        // A house that died before it had tables has delivered nothing.
        let noted: Vec<String> = rows.unwrap_or_default().iter().map(|row| row.get(0)).collect();
        let lost = self.arrived().into_iter().map(|part| part.key).filter(|key| !noted.contains(key));
        self.unconfirmed.extend(lost.collect::<std::collections::BTreeSet<_>>());
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        let text = std::fs::read_to_string(self.file("arrived")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The last house lives to its end; then everything is looked at.
    pub(crate) async fn ends(self) -> Vec<String> {
        let status = self.starts("").ends();
        let mut wrong = Vec::new();
        if !status.success() {
            wrong.push(format!("the last house ended with {status}"));
        }
        let mut played = Played {
            world: World {
                arrived: self.arrived(),
                unconfirmed: self.unconfirmed.clone(),
                ..World::default()
            },
            database: database(&self.file("aisaac.db")).await,
            media: self.file("media"),
            reached: BTreeMap::new(),
            died_at: BTreeMap::new(),
            deaths: Deaths::unknown(self.deaths),
            sent: self.sent,
            _folder: self.folder,
        };
        wrong.extend(check(&mut played).await);
        wrong
    }
}

impl Running {
    /// How long after its start the house came to its fail point; `None` when it ended before.
    pub(crate) fn holds(&self) -> Option<Duration> {
        loop {
            let line = self.lines.recv_timeout(LIFETIME).ok()?;
            if line.starts_with("holding at") {
                return Some(self.since.elapsed());
            }
        }
    }

    /// Lines of the log so far that say that something failed.
    pub(crate) fn errors(&self) -> Vec<String> {
        self.lines.try_iter().filter(|line| line.contains("ERROR") || line.contains("WARN")).collect()
    }

    pub(crate) fn ends(mut self) -> ExitStatus {
        while self.since.elapsed() < LIFETIME {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        panic!("the house never ends");
    }

    /// A polite stop, as systemd asks for it.
    pub(crate) fn terminates(self) -> ExitStatus {
        let pid = i32::try_from(self.child.id()).unwrap();
        rustix::process::kill_process(
            rustix::process::Pid::from_raw(pid).unwrap(),
            rustix::process::Signal::TERM,
        )
        .unwrap();
        self.ends()
    }
}

/// Several people, four pictures and three recordings at least, and nobody who wants to cancel, to be forgotten, or a picture that no memory holds.
pub(crate) fn talk(seed: u64) -> Vec<Sent> {
    let mut rng = Rng::with_seed(seed);
    loop {
        let sent = sent(&mut rng);
        let pictures =
            sent.iter().filter(|one| one.wants == Wants::Picture && one.message.from.id != "mallory");
        let plain = |one: &Sent| {
            let text = match &one.message.body {
                Body::Text(text) => text.clone(),
                Body::Voice(recording) => says(recording.remote.parse().unwrap()),
                _ => return true,
            };
            !["/cancel", "/forget", "/stop", "draw heavy"].iter().any(|word| text.starts_with(word))
        };
        let spoken = sent
            .iter()
            .filter(|one| matches!(one.message.body, Body::Voice(_)) && one.message.from.id != "mallory");
        if pictures.count() >= 4 && spoken.count() >= 3 && sent.iter().all(plain) {
            return sent;
        }
    }
}

pub(crate) fn holds(what: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{what}:\n  {}", wrong.join("\n  "));
}
