//! When a recording's turn comes, how long one waits after a failure, and when it is given up. Pure: moments come in, and
//! may go back, as the clock on the wall does.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::bring::COMES_WITHIN;
use super::{FetchError, backoff, console};
use crate::inbox::Wanted;

/// How long a recording is tried to be brought, from when its message was accepted.
const PATIENCE: Duration = Duration::from_secs(24 * 3_600);

/// A house that was off for longer tries for so long all the same, from its first failure: its network may not be up yet.
const AGAIN_FOR: Duration = Duration::from_secs(10 * 60);

/// The longest that a service may have a recording put off at a time.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

/// How long a recording is tried that a group has said among itself: what follows it in the group waits meanwhile, and
/// nothing of it is to be kept for longer than a minute.
const UNCALLED_PATIENCE: Duration = Duration::from_secs(45);

/// How long it is tried while a disk of this machine is at fault: one that is full may be emptied.
const DISK_PATIENCE: Duration = Duration::from_secs(3 * 60);

/// The longest wait between two of these tries.
const DISK_WAIT: Duration = Duration::from_secs(15);

/// After so long nobody brings the recording of an `aisaac ask` any more: that process is gone.
const ASK_GONE: Duration = COMES_WITHIN.saturating_add(Duration::from_secs(60));

/// How far a recording is. Moments are Unix milliseconds.
pub(super) struct Turn {
    /// When this process saw first that it is wanted.
    seen: i64,
    /// When its service failed first.
    failed: Option<i64>,
    /// When a disk refused it, the first of several times.
    refused: Option<i64>,
    failures: u32,
    state: State,
}

enum State {
    New,
    /// When it failed, and when it is tried again.
    Again(i64, i64),
    /// On its way in this lane, until nobody wants it.
    UnderWay(String, CancellationToken),
}

impl Turn {
    pub(super) const fn new(now: i64) -> Self {
        Self { seen: now, failed: None, refused: None, failures: 0, state: State::New }
    }

    /// Whether it is to be brought now. A clock that was set back makes nobody wait longer.
    pub(super) fn has_come(&mut self, now: i64) -> bool {
        self.seen = self.seen.min(now);
        self.refused = self.refused.map(|refused| refused.min(now));
        self.failed = self.failed.map(|failed| failed.min(now));
        match self.state {
            State::New => true,
            State::Again(failed, next) => next <= now || now < failed,
            State::UnderWay(..) => false,
        }
    }

    /// It is on its way, until the token is set.
    pub(super) fn begins(&mut self, lane: &str, stop: CancellationToken) {
        self.state = State::UnderWay(lane.to_owned(), stop);
    }

    /// The lane in which it is on its way.
    pub(super) fn lane(&self) -> Option<&str> {
        match &self.state {
            State::UnderWay(lane, _) => Some(lane),
            State::New | State::Again(..) => None,
        }
    }

    /// Nobody wants it any more.
    pub(super) fn ends(self) {
        if let State::UnderWay(_, stop) = self.state {
            stop.cancel();
        }
    }

    /// It failed, and comes again after a while.
    pub(super) fn again(&mut self, wait: Duration, now: i64) {
        self.failures += 1;
        let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        self.state = State::Again(now, now.saturating_add(wait));
    }

    /// The database does not take what came of it: it is waited for, however long that lasts.
    pub(super) fn put_off(&mut self, now: i64) {
        self.again(backoff(self.failures).min(DISK_WAIT), now);
    }

    /// Whether it has failed already.
    pub(super) const fn has_failed(&self) -> bool {
        self.failures > 0
    }

    /// How long to wait after a failure; `None` when it is given up.
    pub(super) fn wait(&mut self, wanted: &Wanted, error: &FetchError, now: i64) -> Option<Duration> {
        if !wanted.called && self.age(wanted, now) > UNCALLED_PATIENCE {
            return None;
        }
        let (goes_on, wait) = match error {
            FetchError::Never { .. } => return None,
            FetchError::Later { after, .. } => {
                self.refused = None;
                let first = *self.failed.get_or_insert(now);
                let goes_on = self.age(wanted, now) <= PATIENCE || between(first, now) <= AGAIN_FOR;
                (goes_on, after.unwrap_or_else(|| backoff(self.failures)).min(LONGEST_WAIT))
            }
            FetchError::Ours { .. } => {
                let since = *self.refused.get_or_insert(now);
                (between(since, now) <= DISK_PATIENCE, backoff(self.failures).min(DISK_WAIT))
            }
        };
        goes_on.then_some(wait)
    }

    /// Whether the process that should have brought it is gone.
    pub(super) fn is_orphan(&self, wanted: &Wanted, now: i64) -> bool {
        wanted.messenger == console::ASK && self.age(wanted, now) > ASK_GONE
    }

    /// How long it has been wanted: as its row says, or as this process saw it where that is longer.
    fn age(&self, wanted: &Wanted, now: i64) -> Duration {
        between(wanted.since.min(self.seen), now)
    }
}

/// The time between two moments; none where the clock was set back.
fn between(then: i64, now: i64) -> Duration {
    Duration::from_millis(u64::try_from(now.saturating_sub(then)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{MessageId, Recording};

    const MINUTE: i64 = 60_000;
    const DAY: i64 = 24 * 60 * MINUTE;

    fn wanted(messenger: &str, since: i64) -> Wanted {
        Wanted {
            id: MessageId::new(1),
            messenger: messenger.to_owned(),
            lane: String::new(),
            recording: Recording { remote: String::new(), caption: None },
            file: String::new(),
            since,
            called: true,
        }
    }

    fn away() -> FetchError {
        FetchError::Later { after: None, reason: String::new() }
    }

    fn full() -> FetchError {
        FetchError::disk(std::io::ErrorKind::StorageFull.into())
    }

    #[test]
    fn a_service_that_is_away_is_given_up_a_day_after_the_message_came() {
        let wanted = wanted("post", 0);
        let mut turn = Turn::new(MINUTE);
        assert!(turn.wait(&wanted, &away(), MINUTE).is_some());
        assert!(turn.wait(&wanted, &away(), DAY).is_some());
        assert_eq!(turn.wait(&wanted, &away(), DAY + 1), None);
        let mut after_a_restart = Turn::new(2 * DAY);
        assert!(after_a_restart.wait(&wanted, &away(), 2 * DAY).is_some());
        assert_eq!(after_a_restart.wait(&wanted, &away(), 2 * DAY + 11 * MINUTE), None);
    }

    #[test]
    fn what_a_group_says_among_itself_is_not_waited_for() {
        let wanted = Wanted { called: false, ..wanted("post", 0) };
        let mut turn = Turn::new(0);
        assert!(turn.wait(&wanted, &away(), MINUTE / 2).is_some());
        assert_eq!(turn.wait(&wanted, &away(), MINUTE), None);
    }

    #[test]
    fn a_clock_that_was_set_back_costs_a_day_at_most() {
        let wanted = wanted("post", 100 * DAY);
        let mut turn = Turn::new(100 * DAY);
        turn.again(Duration::from_secs(3_600), 100 * DAY);
        assert!(turn.has_come(DAY), "nobody waits for the old hour");
        assert!(turn.wait(&wanted, &away(), DAY).is_some());
        assert!(turn.wait(&wanted, &away(), 2 * DAY).is_some());
        assert_eq!(turn.wait(&wanted, &away(), 2 * DAY + 1), None);
    }

    #[test]
    fn a_disk_is_waited_for_for_minutes() {
        let wanted = wanted("post", 0);
        let mut turn = Turn::new(DAY);
        let mut now = DAY;
        while let Some(wait) = turn.wait(&wanted, &full(), now) {
            assert!(wait <= DISK_WAIT);
            turn.again(wait, now);
            now += i64::try_from(wait.as_millis()).unwrap();
        }
        assert!((3 * MINUTE..4 * MINUTE).contains(&(now - DAY)), "{now}");
        assert!(turn.wait(&wanted, &away(), 1).is_some());
        assert!(turn.wait(&wanted, &full(), now + DAY).is_some(), "this is another trouble");
    }

    #[test]
    fn an_ask_is_gone_when_its_recording_could_have_come() {
        let wanted = wanted(console::ASK, 10 * DAY);
        let came = i64::try_from(COMES_WITHIN.as_millis()).unwrap();
        let mut turn = Turn::new(10 * DAY);
        assert!(!turn.is_orphan(&wanted, 10 * DAY + came));
        assert!(turn.is_orphan(&wanted, 10 * DAY + came + 2 * MINUTE));
        assert!(turn.has_come(DAY), "the clock was set back");
        assert!(!turn.is_orphan(&wanted, DAY + came));
        assert!(turn.is_orphan(&wanted, DAY + came + 2 * MINUTE));
    }
}
