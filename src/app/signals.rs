//! What the operating system and the keyboard say from outside: Ctrl-C and SIGTERM.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ctrl-C, heard from when this is made: before an editor at the terminal saves and restores what was there.
pub(super) struct Interrupts(Option<Signal>);

impl Interrupts {
    pub(super) fn listen() -> Self {
        Self(
            signal(SignalKind::interrupt())
                .inspect_err(|error| tracing::warn!(%error, "Ctrl-C is not heard"))
                .ok(),
        )
    }

    /// Waits for the next one; for ever where it cannot be heard.
    pub(super) async fn next(&mut self) {
        heard(self.0.as_mut()).await;
    }
}

/// SIGTERM, heard from when this is made.
pub(super) struct Terminations(Option<Signal>);

impl Terminations {
    pub(super) fn listen() -> Self {
        Self(
            signal(SignalKind::terminate())
                .inspect_err(|error| tracing::warn!(%error, "SIGTERM is not heard"))
                .ok(),
        )
    }

    /// Waits for the next one; for ever where it cannot be heard.
    pub(super) async fn next(&mut self) {
        heard(self.0.as_mut()).await;
    }
}

/// Waits for SIGTERM; for ever where it cannot be heard.
pub(super) async fn terminated() {
    heard(signal(SignalKind::terminate()).ok().as_mut()).await;
}

async fn heard(signals: Option<&mut Signal>) {
    if let Some(signals) = signals
        && signals.recv().await.is_some()
    {
        return;
    }
    std::future::pending().await
}
