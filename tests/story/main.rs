//! Stories: the real house, from inbox to outbox, with fakes at its seams, read as transcripts.
//!
//! A story says things, lets the house work step by step, and holds the transcript to an inline snapshot: what people
//! said, what the house replied (`→`), what it showed meanwhile (`~`), and what happened to it (`--`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests stand outside #[test] functions"
)]

mod world;
mod messenger;
mod models;

mod access;
mod clock;
mod talking;
mod voice;
mod fetching;
mod drawing;
mod waiting;
mod trouble;
mod pixels;
mod refused;
mod steps;
mod traces;
mod month;
mod backup;
mod locked;
mod alarm;
mod status;
