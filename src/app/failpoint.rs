//! A fail point for crash tests, in debug builds only: the work is held where a step is reached, so that whoever
//! started the process can kill it there.
//!
//! `AISAAC_HOLD=settled:2` holds for ever what reaches *settled* the second time; `settled:2:300` for 300 ms. Either says
//! so on standard error first. What is not understood is refused in words, once, and holds nothing.

use std::future::Future;
use std::io::Write as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::message::Step;
use crate::store::{Store, Witness};

/// The variable that names it.
const VARIABLE: &str = "AISAAC_HOLD";

/// The store, watched by the fail point of the environment if there is one.
pub(super) fn watched(store: Store) -> Store {
    let Some(text) = std::env::var(VARIABLE).ok().filter(|text| !text.is_empty()) else { return store };
    match FailPoint::parse(&text) {
        Some(point) => store.watched(Arc::new(point)),
        None => {
            tracing::error!("{VARIABLE}={text} is not STEP:COUNT or STEP:COUNT:MILLISECONDS");
            store
        }
    }
}

struct FailPoint {
    step: Step,
    /// Times that the step is still to be reached.
    left: AtomicU32,
    /// For ever, where there is none.
    time: Option<Duration>,
}

impl FailPoint {
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(':');
        let (step, count) = (Step::parse(words.next()?)?, words.next()?.parse().ok()?);
        let time = match words.next() {
            Some(ms) => Some(Duration::from_millis(ms.parse().ok()?)),
            None => None,
        };
        words.next().is_none().then_some(Self { step, left: AtomicU32::new(count), time })
    }

    /// Whether this is the place; then it is said.
    fn is_here(&self, step: Step, row: i64) -> bool {
        let here = step == self.step && self.left.fetch_sub(1, Ordering::SeqCst) == 1;
        if here {
            let _ = writeln!(std::io::stderr(), "holding at {step} {row}");
        }
        here
    }
}

impl Witness for FailPoint {
    fn reached(&self, step: Step, row: i64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let (here, time) = (self.is_here(step, row), self.time);
        Box::pin(async move {
            match time {
                _ if !here => {}
                Some(time) => tokio::time::sleep(time).await,
                None => std::future::pending().await,
            }
        })
    }

    fn passed(&self, step: Step, row: i64) {
        if self.is_here(step, row) {
            std::thread::sleep(self.time.unwrap_or(Duration::from_secs(3_600)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_time_is_held() {
        let point = FailPoint::parse("drawn:2:5").unwrap();
        let here = [Step::Drawn, Step::Settled, Step::Drawn, Step::Drawn].map(|step| point.is_here(step, 1));
        assert_eq!((here, point.time), ([false, false, true, false], Some(Duration::from_millis(5))));
        assert!(FailPoint::parse("settled:1").unwrap().time.is_none());
        for wrong in ["", "settled", "seen:1", "settled:x", "settled:1:2:3"] {
            assert!(FailPoint::parse(wrong).is_none(), "{wrong}");
        }
    }
}
