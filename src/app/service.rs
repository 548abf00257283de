//! What the service manager is told: ready, stopping, a line of status, and a sign of life as long as the house serves.
//!
//! In: the health of the house. Out: datagrams to `$NOTIFY_SOCKET` (sd_notify(3)); without one, nothing. The sign of life
//! ceases when health is red, and says the same as `GET /health`.

use std::time::{Duration, Instant};

use sd_notify::NotifyState;
use tokio_util::sync::CancellationToken;

use crate::message::{Health, Level, State};

/// How often health is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The database is open and messengers are about to listen.
pub(super) fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// Somebody said stop.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping: what is in hand is put back or ends")]);
}

/// Tells how the house is until it is told to stop; `serves` is what the status says while all is well.
pub(super) async fn feed(health: &Health, now: fn() -> i64, serves: &str, stop: &CancellationToken) {
    // Half of what the service manager waits for, so that one late sign does no harm.
    let half = sd_notify::watchdog_enabled().map(|patience| patience / 2);
    let mut fed: Option<Instant> = None;
    let mut said = serves.to_owned();
    loop {
        let state = health.state(now());
        let status = status(&state, serves);
        if status != said {
            tell(&[NotifyState::Status(&status)]);
            said = status;
        }
        if half.is_some_and(|half| is_due(state.level, fed.map(|fed| fed.elapsed()), half)) {
            tell(&[NotifyState::Watchdog]);
            fed = Some(Instant::now());
        }
        tokio::select! {
            () = tokio::time::sleep(half.map_or(LOOK_EVERY, |half| half.min(LOOK_EVERY))) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Whether a sign of life is to be given now.
fn is_due(level: Level, since: Option<Duration>, half: Duration) -> bool {
    level < Level::Red && since.is_none_or(|since| since >= half)
}

/// One line for `systemctl status`.
fn status(state: &State, serves: &str) -> String {
    let causes: Vec<String> = state.causes.iter().map(|stands| stands.cause.name()).collect();
    if causes.is_empty() {
        serves.to_owned()
    } else {
        format!("{}: {}", state.level.name(), causes.join(", "))
    }
}

fn tell(what: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(what) {
        tracing::warn!(%error, "the service manager does not hear");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Cause;

    #[test]
    fn a_sign_of_life_is_given_at_half_time_and_never_while_red() {
        let half = Duration::from_secs(10);
        for (level, since, due) in [
            (Level::Green, None, true),
            (Level::Green, Some(9), false),
            (Level::Green, Some(10), true),
            (Level::Warn, Some(10), true),
            (Level::Red, None, false),
            (Level::Red, Some(100), false),
        ] {
            assert_eq!(is_due(level, since.map(Duration::from_secs), half), due, "{level:?} {since:?}");
        }
    }

    #[test]
    fn the_status_names_what_is_wrong() {
        let health = Health::default();
        assert_eq!(status(&health.state(0), "serving telegram"), "serving telegram");
        health.begins(Cause::Disk, 0);
        health.begins(Cause::Dead("instruct".into()), 0);
        assert_eq!(status(&health.state(0), "serving telegram"), "red: dead:instruct, disk");
    }
}
