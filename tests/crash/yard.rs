//! A yard where houses live one after another in processes of their own: start, hold, kill, stop, and look in the end.

use std::collections::BTreeMap;
use std::path::PathBuf;

use aisaac::message::Body;
use fastrand::Rng;
use sqlx::Row as _;

use crate::check::check;
use crate::child::FOLDER;
use crate::people::{Sent, Wants, says, sent};
use crate::process::Process;
use crate::schedule::{Deaths, Played, database, folder};
use crate::service::{Arrived, World};

/// A data folder, what is sent to it, and what its houses have gone through.
pub(crate) struct Yard {
    folder: tempfile::TempDir,
    sent: Vec<Sent>,
    pub(crate) deaths: u32,
    unconfirmed: Vec<String>,
}

impl Yard {
    pub(crate) fn new(sent: Vec<Sent>) -> Self {
        let folder = folder();
        let spool: Vec<_> = sent.iter().map(|sent| &sent.message).collect();
        std::fs::write(folder.path().join("spool.json"), serde_json::to_vec(&spool).unwrap()).unwrap();
        Self { folder, sent, deaths: 0, unconfirmed: Vec::new() }
    }

    /// Starts a house with a fail point.
    pub(crate) fn starts(&self, hold: &str) -> Process {
        Process::starts("child::a_house", hold, &[(FOLDER, self.folder.path().as_os_str())])
    }

    /// `kill -9`; what had arrived and was not written down may arrive again.
    pub(crate) async fn kills(&mut self, running: Process) {
        running.dies();
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
