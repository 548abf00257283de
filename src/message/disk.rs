//! Free disk: under a bound the house takes nothing large, and says so.

use std::sync::Arc;

use super::Phrase;

/// Free disk, in bytes, under which no drawing is queued and no recording brought: 500 MB.
pub const NEEDED_DISK: u64 = 500_000_000;

/// Free bytes of disk, where that can be told.
pub type FreeDisk = Arc<dyn Fn() -> Option<u64> + Send + Sync>;

/// What is said to whoever wants something large done, when there is no room for it.
#[must_use]
pub fn disk_low(free: Option<u64>) -> Option<Phrase> {
    free.is_some_and(|free| free < NEEDED_DISK).then(|| Phrase::new("disk-low").with("needed", "500 MB"))
}
