//! How the house is: what is wrong with it now, since when, and which of it a restart could cure. The rules stand here, once.
//!
//! In: beats of messengers and causes that somebody has seen begin or end, each with the moment. Out: a [`State`] at a
//! moment. It is only a value behind a lock: nothing here looks at a disk, a clock or a socket by itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Phrase;

/// A messenger whose last finished poll is older than this, in milliseconds, hears nobody.
pub const SILENT_MS: i64 = 2 * 60_000;

/// A database that refuses for longer than this, in milliseconds, is more than somebody's backup.
pub const REFUSES_MS: i64 = 60_000;

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// No poll of this messenger has ended for [`SILENT_MS`].
    Poll(String),
    /// The database takes nothing.
    Database,
    /// The thread of this model has ended, and nobody ended it.
    Dead(String),
    /// This model could not be loaded, or panicked; the next request tries again.
    Model(String),
    /// Free disk is under [`super::NEEDED_DISK`].
    Disk,
    /// So many drawings were set aside because they killed the house or the model too often.
    Drawings(i64),
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// All is well.
    #[default]
    Green,
    /// Somebody should look, and a restart would cure nothing: the house serves as far as it can.
    Warn,
    /// The house does not serve, and a restart may cure it.
    Red,
}

impl Level {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Warn => "warn",
            Self::Red => "red",
        }
    }
}

impl Cause {
    /// Its name: `poll:telegram`, `disk`. One name stands once, whatever numbers come with it.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Poll(messenger) => format!("poll:{messenger}"),
            Self::Database => "database".to_owned(),
            Self::Dead(model) => format!("dead:{model}"),
            Self::Model(model) => format!("model:{model}"),
            Self::Disk => "disk".to_owned(),
            Self::Drawings(_) => "drawings".to_owned(),
        }
    }

    /// How bad it is.
    #[must_use]
    pub const fn level(&self) -> Level {
        match self {
            Self::Poll(_) | Self::Database | Self::Dead(_) => Level::Red,
            Self::Model(_) | Self::Disk | Self::Drawings(_) => Level::Warn,
        }
    }

    /// How long it may stand, in milliseconds, before it counts.
    const fn patience_ms(&self) -> i64 {
        match self {
            Self::Poll(_) => SILENT_MS,
            Self::Database => REFUSES_MS,
            _ => 0,
        }
    }

    /// What the owner is told, with the cure.
    #[must_use]
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Poll(messenger) => Phrase::new("health-poll").with("messenger", messenger.as_str()),
            Self::Database => Phrase::new("health-database"),
            Self::Dead(model) => Phrase::new("health-dead").with("model", model.as_str()),
            Self::Model(model) => Phrase::new("health-model").with("model", model.as_str()),
            Self::Disk => Phrase::new("health-disk").with("needed", "500 MB"),
            Self::Drawings(count) => Phrase::new("health-drawings").with("count", *count),
        }
    }
}

/// A cause that counts, and since when it stands (Unix milliseconds).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lasting {
    /// What.
    pub cause: Cause,
    /// Since when.
    pub since: i64,
}

/// How the house is at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    /// The worst of the causes.
    pub level: Level,
    /// What counts, the worst first.
    pub causes: Vec<Lasting>,
    /// How long ago the last poll of each messenger ended, in milliseconds.
    pub polls: BTreeMap<String, i64>,
    /// Whether a messenger is shown everything that groups say, where it knows.
    pub reads_groups: BTreeMap<String, bool>,
}

/// The health of a house. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Health(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    /// When the last poll of each messenger ended.
    polls: BTreeMap<String, i64>,
    /// What somebody has seen begin, by name.
    lasting: BTreeMap<String, Lasting>,
    /// What messengers are shown of groups.
    reads_groups: BTreeMap<String, bool>,
}

impl Health {
    /// A messenger begins to listen (then it has two minutes for its first poll), or a poll has ended: the service has
    /// answered, with news or without. A poll that reached nobody is no beat.
    pub fn beat(&self, messenger: &str, now: i64) {
        self.seen().polls.insert(messenger.to_owned(), now);
    }

    /// A messenger listens no more, because it was told so: its silence is no cause.
    pub fn rests(&self, messenger: &str) {
        self.seen().polls.remove(messenger);
    }

    /// A messenger has learnt whether the service shows it everything that groups say. That is no cause: its owner may want
    /// it so.
    pub fn reads_groups(&self, messenger: &str, all: bool) {
        self.seen().reads_groups.insert(messenger.to_owned(), all);
    }

    /// Something is wrong. It stands since it was first said.
    pub fn begins(&self, cause: Cause, now: i64) {
        let mut seen = self.seen();
        let lasting = seen.lasting.entry(cause.name());
        lasting.and_modify(|stands| stands.cause = cause.clone()).or_insert(Lasting { cause, since: now });
    }

    /// It is over.
    pub fn ends(&self, cause: &Cause) {
        self.seen().lasting.remove(&cause.name());
    }

    /// [`Health::begins`] or [`Health::ends`].
    pub fn is(&self, wrong: bool, cause: Cause, now: i64) {
        if wrong { self.begins(cause, now) } else { self.ends(&cause) }
    }

    /// How the house is at this moment.
    #[must_use]
    pub fn state(&self, now: i64) -> State {
        let mut seen = self.seen();
        // A clock that was set back: what was seen later than now counts from now.
        seen.polls.values_mut().for_each(|at| *at = now.min(*at));
        seen.lasting.values_mut().for_each(|stands| stands.since = now.min(stands.since));
        let silent = seen
            .polls
            .iter()
            .map(|(messenger, at)| Lasting { cause: Cause::Poll(messenger.clone()), since: *at });
        let all = silent.chain(seen.lasting.values().cloned());
        let mut causes: Vec<Lasting> =
            all.filter(|stands| now - stands.since >= stands.cause.patience_ms()).collect();
        causes.sort_by_key(|stands| (std::cmp::Reverse(stands.cause.level()), stands.since));
        let level = causes.iter().map(|stands| stands.cause.level()).max().unwrap_or(Level::Green);
        let polls = seen.polls.iter().map(|(messenger, at)| (messenger.clone(), now - at)).collect();
        State { level, causes, polls, reads_groups: seen.reads_groups.clone() }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(state: &State) -> Vec<String> {
        state.causes.iter().map(|stands| stands.cause.name()).collect()
    }

    #[test]
    fn a_messenger_that_hears_nothing_for_two_minutes_is_red_until_its_next_poll() {
        let health = Health::default();
        assert_eq!(health.state(0).level, Level::Green, "who has no messenger misses none");
        health.beat("telegram", 1_000);
        health.beat("matrix", 60_000);
        let state = health.state(SILENT_MS + 999);
        assert_eq!((state.level, state.polls["telegram"]), (Level::Green, SILENT_MS - 1));
        let state = health.state(SILENT_MS + 1_000);
        assert_eq!((state.level, names(&state)), (Level::Red, vec!["poll:telegram".to_owned()]));
        assert_eq!(state.causes[0].since, 1_000);
        health.beat("telegram", SILENT_MS + 2_000);
        assert_eq!(health.state(SILENT_MS + 2_000).level, Level::Green);
        health.rests("matrix");
        assert_eq!(names(&health.state(10 * SILENT_MS)), ["poll:telegram"]);
    }

    #[test]
    fn a_clock_that_is_set_back_neither_hides_a_silence_for_long_nor_makes_one() {
        let health = Health::default();
        health.beat("telegram", 100 * SILENT_MS);
        assert_eq!(health.state(0).level, Level::Green);
        assert_eq!(health.state(SILENT_MS - 1).level, Level::Green);
        assert_eq!(health.state(SILENT_MS).level, Level::Red);
    }

    #[test]
    fn the_database_has_a_minute_and_nothing_else_has() {
        let health = Health::default();
        health.begins(Cause::Database, 5_000);
        health.begins(Cause::Database, 50_000);
        assert_eq!(health.state(5_000 + REFUSES_MS - 1).level, Level::Green);
        assert_eq!(health.state(5_000 + REFUSES_MS).level, Level::Red, "counted from the first refusal");
        health.ends(&Cause::Database);
        health.begins(Cause::Database, 90_000);
        assert_eq!(health.state(91_000).level, Level::Green, "once over it begins anew");
        health.begins(Cause::Dead("instruct".into()), 91_000);
        assert_eq!(health.state(91_000).level, Level::Red);
    }

    #[test]
    fn what_no_restart_cures_only_warns_and_stands_behind_what_is_red() {
        let health = Health::default();
        for cause in [Cause::Disk, Cause::Model("sketch".into()), Cause::Drawings(1), Cause::Drawings(3)] {
            health.is(true, cause, 1);
        }
        let state = health.state(2);
        assert_eq!((state.level, names(&state).len()), (Level::Warn, 3));
        let drawings = state.causes.iter().find(|stands| stands.cause == Cause::Drawings(3)).unwrap();
        assert_eq!(drawings.since, 1, "a number that grows is the same cause");
        health.beat("telegram", 1);
        let state = health.state(1 + SILENT_MS);
        assert_eq!((state.level, names(&state)[0].as_str()), (Level::Red, "poll:telegram"));
        health.is(false, Cause::Disk, 3);
        assert!(!names(&health.state(3)).contains(&"disk".to_owned()));
    }
}
