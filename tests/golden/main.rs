//! Our numbers against those of the reference implementations (see `models/recipes/`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests stand outside #[test] functions"
)]

mod diffusion;
