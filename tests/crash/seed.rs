//! What tests with seeds share: which seeds are played, and how one that failed is told.

use std::any::Any;
use std::future::Future;
use std::ops::Range;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

/// The seeds that `AISAAC_SEEDS` names: `7`, or `7..100`.
pub(crate) fn chosen() -> Option<Range<u64>> {
    let text = std::env::var("AISAAC_SEEDS").ok()?;
    let (first, end) = match text.split_once("..") {
        Some((first, end)) => (first.parse().ok()?, end.parse().ok()?),
        None => (text.parse().ok()?, text.parse::<u64>().ok()? + 1),
    };
    Some(first..end)
}

/// What came of a schedule; a panic on the way is a failure like any other.
pub(crate) async fn caught<T>(schedule: impl Future<Output = T>) -> Result<T, String> {
    let said = |panic: Box<dyn Any + Send>| {
        let said = panic.downcast_ref::<String>().cloned();
        said.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
    };
    let caught = AssertUnwindSafe(schedule).catch_unwind().await;
    caught.map_err(|panic| format!("panicked: {}", said(panic)))
}

/// What did not hold, and how it is played again.
pub(crate) fn failure(seed: u64, again: &str, wrong: &[String]) -> String {
    format!("seed {seed} (AISAAC_SEEDS={seed} cargo test {again}):\n  {}", wrong.join("\n  "))
}
