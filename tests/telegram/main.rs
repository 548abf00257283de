//! Telegram: the real house against a strict fake of the Bot API (`fake/README.md` says how far it goes).
//!
//! The fake's people talk, the house of a [`world`] answers, and a test looks at what people see, at the requests, at the rows
//! and at the log. Each file holds one subject.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests stand outside #[test] functions, and tell how far they are"
)]

mod fake;
mod log;
mod life;
mod world;
#[allow(dead_code, reason = "stories hold more models than these tests")]
#[path = "../story/models.rs"]
mod models;

#[cfg(debug_assertions)]
#[path = "../crash/process.rs"]
mod process;
#[path = "../crash/seed.rs"]
mod seed;

mod work;

mod listening;
mod reading;
mod groups;
mod access;
mod speaking;
mod pictures;
mod chats;
mod dying;
mod buttons;
mod captions;
mod edits;
mod events;
#[cfg(debug_assertions)]
mod killed;
mod schedule;
mod promises;
mod seeds;
mod looking;
mod roads;
