//! The one-time code at the start: where a messenger has no owner, one is made, printed once, and kept as a sum.

use std::io::{Read as _, Write};

use anyhow::Context as _;

use super::house::Foundation;
use crate::access::claim;
use crate::message::Phrase;

/// Where the system's randomness comes from.
const RANDOM: &str = "/dev/urandom";

/// Bytes that are read for a code: of those a code takes eight, and now and then one is not taken.
const BYTES: usize = 256;

/// Makes a code for those of these messengers that have no owner, prints it to `out`, and returns it; `None` when each of
/// them has one. A code of an earlier start is void. `run` calls this before anybody listens; `chat` and `ask` never do.
///
/// # Errors
/// When there is no randomness, the database fails, or nothing can be printed.
pub async fn offer(
    foundation: &Foundation,
    messengers: &[&str],
    now: i64,
    out: &mut (dyn Write + Send),
) -> anyhow::Result<Option<String>> {
    let without: Vec<&str> =
        messengers.iter().copied().filter(|messenger| !foundation.access.has_owner(messenger)).collect();
    let random = tokio::task::spawn_blocking(random).await?.with_context(|| format!("reading {RANDOM}"))?;
    let code = claim::code(random).context("the system's randomness repeats itself")?;
    let open = foundation.store.offer_claim(&without, &claim::sum(&code), now).await;
    if !open.context("the code cannot be kept")? {
        return Ok(None);
    }
    let phrase = Phrase::new("claim-offer").with("code", claim::shown(&code));
    let said = foundation.phrases.render(foundation.language, &phrase);
    out.write_all(framed(&said).as_bytes()).context("the code cannot be printed")?;
    Ok(Some(code))
}

fn random() -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; BYTES];
    std::fs::File::open(RANDOM)?.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Lines in a frame, so that they are seen among those of a log.
fn framed(text: &str) -> String {
    let width = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
    let edge = "─".repeat(width + 2);
    let lines: String = text
        .lines()
        .map(|line| format!("│ {line}{} │\n", " ".repeat(width - line.chars().count())))
        .collect();
    format!("┌{edge}┐\n{lines}└{edge}┘\n")
}
