//! The log: to standard error, as lines on a terminal and as JSON elsewhere. Message text appears at `trace` only.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Starts the log at a level (`warn`, `info`, or a filter such as `aisaac=debug`).
pub(super) fn start(level: &str) {
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process keeps the first.
    let _ = if std::io::stderr().is_terminal() { log.compact().try_init() } else { log.json().try_init() };
}
