//! The database and what waits in it. Facts in, checks out.

use super::check::{Check, State};
use super::ground::quoted;
use crate::message::Phrase;
use crate::store::{Counts, Look, Pragmas, StoreError};

/// The database as it was seen.
#[derive(Debug)]
pub(super) struct Database {
    pub(super) path: String,
    pub(super) look: Result<Look, StoreError>,
    pub(super) pragmas: Option<Pragmas>,
    /// Whether the file may be written.
    pub(super) writable: bool,
    /// Whether a house runs.
    pub(super) house: bool,
}

impl Database {
    /// Whether somebody was made the owner on a messenger; `None` where that cannot be told.
    pub(super) fn owned(&self, messenger: &str) -> Option<bool> {
        match &self.look {
            Ok(Look::Missing) => Some(false),
            Ok(Look::Seen { counts: Some(_), owned, .. }) => Some(owned.iter().any(|name| name == messenger)),
            _ => None,
        }
    }
}

/// The database, and what waits in it.
pub(super) fn database(facts: &Database) -> Vec<Check> {
    let about = |state, key: &str| Check::new("database", state, Phrase::new(key));
    let path = quoted(&facts.path);
    let closed = || {
        let command = format!("chown \"$USER\" {path}*");
        about(State::Wrong, "doctor-database-closed")
            .cure(Phrase::new("doctor-closed-cure").with("command", command))
    };
    let check = match &facts.look {
        Ok(Look::Missing) => about(State::Ok, "doctor-database-new"),
        Ok(Look::Unfinished) => about(State::Warning, "doctor-database-unfinished").run("aisaac queue list"),
        Ok(Look::Seen { flaws, .. }) if !flaws.is_empty() => damaged(&flaws.join("; "), &path),
        Ok(Look::Seen { .. }) if !facts.writable => closed(),
        Ok(Look::Seen { behind: 0, .. }) => about(State::Ok, "doctor-database"),
        Ok(Look::Seen { .. }) => about(State::Ok, "doctor-database-behind"),
        Err(StoreError::Newer { version }) => {
            let text = Phrase::new("doctor-database-newer").with("version", *version);
            Check::new("database", State::Wrong, text).cure(Phrase::new("doctor-database-newer-cure"))
        }
        Err(StoreError::Locked { .. }) => {
            about(State::Wrong, "doctor-database-locked").run(&format!("fuser -v {path}"))
        }
        Err(StoreError::Unwritable { .. }) => closed(),
        Err(error @ StoreError::Damaged { .. }) => damaged(&root(error), &path),
        Err(error) => {
            let text = Phrase::new("doctor-database-failed").with("reason", root(error));
            Check::new("database", State::Wrong, text).cure(Phrase::new("doctor-database-failed-cure"))
        }
    };
    let counts = match &facts.look {
        Ok(Look::Seen { counts, .. }) => *counts,
        _ => None,
    };
    let promises = facts.pragmas.map(pragmas);
    let queue = counts.map(|counts| queue(counts, facts.house));
    std::iter::once(check).chain(promises).chain(queue).collect()
}

/// Whether what was promised is on disk when it is said, and what is deleted is gone.
fn pragmas(found: Pragmas) -> Check {
    let Pragmas { wal, synchronous, foreign_keys, secure_delete } = found;
    let lacking: Vec<&str> = [
        ("journal_mode = WAL", wal != Some(false)),
        ("synchronous = FULL", synchronous),
        ("foreign_keys", foreign_keys),
        ("secure_delete", secure_delete),
    ]
    .into_iter()
    .filter_map(|(name, holds)| (!holds).then_some(name))
    .collect();
    if lacking.is_empty() {
        return Check::new("pragmas", State::Ok, Phrase::new("doctor-pragmas"));
    }
    let text = Phrase::new("doctor-pragmas-lacking").with("lacking", lacking.join(", "));
    Check::new("pragmas", State::Warning, text).cure(Phrase::new("doctor-pragmas-cure"))
}

fn damaged(reason: &str, path: &str) -> Check {
    let text = Phrase::new("doctor-database-damaged").with("reason", reason);
    Check::new("database", State::Wrong, text)
        .cure(Phrase::new("doctor-database-damaged-cure").with("path", path))
}

/// What waits, and what was given up.
fn queue(counts: Counts, house: bool) -> Check {
    let Counts { messages, drawings, replies, parked_messages, failed_drawings, parked_replies } = counts;
    let with = |key: &str| {
        let phrase =
            Phrase::new(key).with("messages", messages).with("drawings", drawings).with("replies", replies);
        phrase
            .with("lostmessages", parked_messages)
            .with("lostdrawings", failed_drawings)
            .with("lostreplies", parked_replies)
    };
    if messages + drawings + replies > 0 && !house {
        return Check::new("queue", State::Warning, with("doctor-queue-idle")).run("aisaac chat");
    }
    if parked_messages + failed_drawings + parked_replies > 0 {
        let check = Check::new("queue", State::Warning, with("doctor-queue-lost"));
        return check.cure(Phrase::new("doctor-queue-cure"));
    }
    Check::new("queue", State::Ok, with("doctor-queue"))
}

/// What SQLite itself says.
fn root(error: &StoreError) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::super::check::speakable;
    use super::*;

    fn said(look: Result<Look, StoreError>, writable: bool, house: bool) -> Vec<(State, String)> {
        let checks =
            database(&Database { path: "/d/aisaac.db".into(), look, pragmas: None, writable, house });
        speakable(&checks);
        checks.into_iter().map(|check| (check.state, check.text.key)).collect()
    }

    fn seen(counts: Counts) -> Result<Look, StoreError> {
        Ok(Look::Seen { flaws: vec![], behind: 0, counts: Some(counts), owned: vec![] })
    }

    #[test]
    fn every_trouble_has_its_sentence() {
        let one = |look| said(look, true, false).remove(0);
        assert_eq!(one(Ok(Look::Missing)), (State::Ok, "doctor-database-new".into()));
        assert_eq!(one(Ok(Look::Unfinished)), (State::Warning, "doctor-database-unfinished".into()));
        assert_eq!(
            one(Err(StoreError::Newer { version: 9 })),
            (State::Wrong, "doctor-database-newer".into())
        );
        let broken = Look::Seen { flaws: vec!["page 3".into()], behind: 0, counts: None, owned: vec![] };
        assert_eq!(one(Ok(broken)), (State::Wrong, "doctor-database-damaged".into()));
        let old = Look::Seen { flaws: vec![], behind: 2, counts: None, owned: vec![] };
        assert_eq!(said(Ok(old), true, false), [(State::Ok, "doctor-database-behind".into())]);
        let closed = said(seen(Counts::default()), false, false);
        assert_eq!(closed[0], (State::Wrong, "doctor-database-closed".into()));
    }

    #[test]
    fn what_waits_without_a_house_and_what_was_lost_is_told() {
        let queue = |counts, house| said(seen(counts), true, house).remove(1);
        let waits = Counts { messages: 2, ..Counts::default() };
        assert_eq!(queue(Counts::default(), false), (State::Ok, "doctor-queue".into()));
        assert_eq!(queue(waits, true), (State::Ok, "doctor-queue".into()));
        assert_eq!(queue(waits, false), (State::Warning, "doctor-queue-idle".into()));
        let lost = Counts { failed_drawings: 1, ..waits };
        assert_eq!(queue(lost, true), (State::Warning, "doctor-queue-lost".into()));
    }

    #[test]
    fn what_a_database_does_not_keep_is_named() {
        let kept = Pragmas { wal: Some(true), synchronous: true, foreign_keys: true, secure_delete: true };
        let checks = [kept, Pragmas { wal: None, ..kept }, Pragmas { wal: Some(false), ..kept }].map(pragmas);
        assert_eq!(checks.each_ref().map(|check| check.state), [State::Ok, State::Ok, State::Warning]);
        assert_eq!(checks[2].text.args["lacking"], "journal_mode = WAL".into());
        speakable(&checks);
    }
}
