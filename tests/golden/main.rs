//! Our numbers against those of the reference implementations (see `models/recipes/`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests stand outside #[test] functions"
)]

mod causal;
mod ctc;
mod diffusion;
mod sd15;
mod understanding;
mod voice;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use aisaac::inference::Control;
use tokio_util::sync::CancellationToken;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// A control that nobody stops or listens to.
fn quiet<P: 'static>() -> Control<'static, P> {
    Control::detached(CancellationToken::new(), Box::new(|_| ()))
}

/// Partial results as they are told, and a stop after `most` of them.
fn watched<P: Send + 'static>(most: usize) -> (Control<'static, P>, Arc<Mutex<Vec<P>>>) {
    let (seen, stop) = (Arc::new(Mutex::new(Vec::new())), CancellationToken::new());
    if most == 0 {
        stop.cancel();
    }
    let (told, halt) = (seen.clone(), stop.clone());
    let progress = Box::new(move |part| {
        let mut told = told.lock().unwrap();
        told.push(part);
        if told.len() == most {
            halt.cancel();
        }
    });
    (Control::detached(stop, progress), seen)
}
