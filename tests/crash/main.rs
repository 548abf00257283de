//! Crashes: the real house with fake models, killed at every step, and held to its promises afterwards.
//!
//! [`seeds`] plays random schedules in this process, one actor at a time, and "dies" by dropping everything and opening
//! the same database file again; a seed that failed is played again by its number. [`killed`] and [`trouble`] let houses
//! live in processes of their own ([`process`], a [`yard`] full), which the system kills; debug builds alone have fail points.
//! [`binary`] does so to the program with real models, by hand. What must hold in the end stands in [`check`], once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests stand outside #[test] functions, and tell how far they are"
)]

mod board;
mod check;
#[cfg(debug_assertions)]
mod binary;
#[cfg(debug_assertions)]
mod child;
#[cfg(debug_assertions)]
mod killed;
#[cfg(debug_assertions)]
mod process;
#[cfg(debug_assertions)]
mod trouble;
#[cfg(debug_assertions)]
mod yard;
#[allow(dead_code, reason = "stories hold models; schedules hold everything")]
#[path = "../story/models.rs"]
mod models;
mod found;
mod people;
mod schedule;
mod seed;
mod seeds;
mod service;
