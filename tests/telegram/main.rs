//! Telegram: the real house against a strict fake of the Bot API (`fake/README.md` says how far it goes).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests stand outside #[test] functions"
)]

mod fake;
