//! Waiting for work, and waiting for a database or a disk that refuses for a while: a full disk, a backup that locks.
//!
//! A failure is logged once when it begins and once when it is over, however long it lasts.

use std::future::Future;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::StoreError;
use crate::message::causes;

/// How often somebody looks by themselves: another process may have brought work.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How long to wait after a failure.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// How long what is in hand is tried to be written down once the house was told to stop.
const AFTER_STOP: Duration = Duration::from_secs(3);

/// Does `work` until told to stop: at once while it says that it did something, otherwise when the bell rings.
pub async fn attend<F: Future<Output = Result<bool, StoreError>>>(
    what: &str,
    bell: &Notify,
    stop: &CancellationToken,
    mut work: impl FnMut() -> F,
) {
    let mut trouble = Trouble::default();
    while !stop.is_cancelled() {
        let wait = match work().await {
            Ok(did) => {
                trouble.over(what);
                if did {
                    continue;
                }
                LOOK_EVERY
            }
            Err(error) => {
                trouble.met(what, &error);
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = bell.notified() => {}
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Does `work` until it succeeds. Told to stop, it goes on for [`AFTER_STOP`]: what is in hand would be lost, or done
/// again; then it is `None`.
pub async fn insist<T, E: std::error::Error + 'static, F: Future<Output = Result<T, E>>>(
    what: &str,
    stop: &CancellationToken,
    mut work: impl FnMut() -> F,
) -> Option<T> {
    let mut trouble = Trouble::default();
    let mut until = None;
    loop {
        match work().await {
            Ok(done) => {
                trouble.over(what);
                return Some(done);
            }
            Err(error) => trouble.met(what, &error),
        }
        if stop.is_cancelled() {
            let now = Instant::now();
            if now > *until.get_or_insert(now + AFTER_STOP) {
                return None;
            }
            tokio::time::sleep(AFTER_FAILURE / 5).await;
        } else {
            tokio::select! {
                () = tokio::time::sleep(AFTER_FAILURE) => {}
                () = stop.cancelled() => {}
            }
        }
    }
}

#[derive(Default)]
struct Trouble(u32);

impl Trouble {
    fn met(&mut self, what: &str, error: &(dyn std::error::Error + 'static)) {
        if self.0 == 0 {
            tracing::error!(error = causes(error), "{what} failed, trying again until it works");
        }
        self.0 = self.0.saturating_add(1);
    }

    fn over(&mut self, what: &str) {
        if self.0 > 0 {
            tracing::info!(tries = self.0, "{what} works again");
        }
        self.0 = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_fails_for_a_while_is_done_in_the_end() {
        let tries = Cell::new(0);
        let work = || async {
            tries.set(tries.get() + 1);
            if tries.get() < 4 { Err(std::io::Error::other("full")) } else { Ok("done") }
        };
        let stop = CancellationToken::new();
        assert_eq!(insist("writing", &stop, work).await, Some("done"));
        assert_eq!(tries.get(), 4);
        stop.cancel();
        let never = || async { Err::<(), _>(std::io::Error::other("full")) };
        assert_eq!(insist("writing", &stop, never).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn work_is_done_at_once_and_then_waited_for() {
        let (left, bell, stop) = (Cell::new(3), Notify::new(), CancellationToken::new());
        let work = || async {
            if left.get() == 0 {
                stop.cancel();
                return Ok(false);
            }
            left.set(left.get() - 1);
            Ok(true)
        };
        attend("working", &bell, &stop, work).await;
        assert_eq!(left.get(), 0);
    }
}
