//! The one clock and the one pair of dice: everything else gets time and chance as arguments.

use std::hash::{BuildHasher as _, RandomState};
use std::time::{SystemTime, UNIX_EPOCH};

/// Time and chance, as the rooms get them.
#[derive(Debug, Clone, Copy)]
pub struct Time {
    /// Unix milliseconds.
    pub now: fn() -> i64,
    /// A random 32-bit seed.
    pub dice: fn() -> u64,
}

/// The real ones.
pub const REAL: Time = Time { now, dice };

/// Now, in Unix milliseconds.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
#[must_use]
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A random 32-bit seed, from the operating system through the hasher's keys.
#[must_use]
pub fn dice() -> u64 {
    RandomState::new().hash_one(now()) & u64::from(u32::MAX)
}

/// A name for this process that no other process has.
#[must_use]
pub fn boot() -> String {
    format!("{}-{}-{:08x}", std::process::id(), now(), dice())
}
