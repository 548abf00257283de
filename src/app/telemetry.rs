//! The log: to standard error, as lines on a terminal and as JSON elsewhere. Message text appears at `trace` only.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::message::Phrase;

/// Levels that stand alone; anything else is a filter with `=`.
const LEVELS: &[&str] = &["error", "warn", "info", "debug", "trace", "off"];

/// Starts the log at a level (`warn`, `info`, or a filter such as `aisaac=debug`).
///
/// # Errors
/// The sentence to say when it is neither.
pub(super) fn start(level: &str) -> Result<(), Phrase> {
    let read = |directive: &str| {
        let word = directive.trim().to_lowercase();
        word.contains('=') || LEVELS.contains(&word.as_str())
    };
    let wrong = || Phrase::new("log-level").with("value", level);
    if !level.split(',').all(read) {
        return Err(wrong());
    }
    // The runtime below tells its versions at every start; whoever wants that says ort=info.
    let quiet = if level.contains("ort=") { level.to_owned() } else { format!("{level},ort=warn") };
    let filter = EnvFilter::try_new(quiet).map_err(|_| wrong())?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process keeps the first.
    let _ = if std::io::stderr().is_terminal() { log.compact().try_init() } else { log.json().try_init() };
    Ok(())
}
