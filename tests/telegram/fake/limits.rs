//! The real rate limits, which a test can switch on: overall, per chat, and per group.
//!
//! Telegram names the figures (30 a second, 1 a second, 20 a minute; <https://core.telegram.org/bots/faq>) and keeps the
//! rest to itself: the burst and the time to wait are ours. Edits count as sends do.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::refusal::Refusal;

const OVERALL: (usize, Duration) = (30, Duration::from_secs(1));
/// One a second, after a small burst.
const CHAT: (usize, Duration) = (3, Duration::from_secs(3));
const GROUP: (usize, Duration) = (20, Duration::from_secs(60));

/// What has been sent lately.
#[derive(Default)]
pub(super) struct Limits {
    pub(super) on: bool,
    overall: VecDeque<Duration>,
    chats: BTreeMap<i64, VecDeque<Duration>>,
    groups: BTreeMap<i64, VecDeque<Duration>>,
}

impl Limits {
    /// Counts one send or edit to a chat (groups have ids below zero), or says when it may come again.
    pub(super) fn count(&mut self, chat: i64, now: Duration) -> Result<(), Refusal> {
        if !self.on {
            return Ok(());
        }
        let mut windows = vec![(OVERALL, &mut self.overall), (CHAT, self.chats.entry(chat).or_default())];
        if chat < 0 {
            windows.push((GROUP, self.groups.entry(chat).or_default()));
        }
        for ((most, within), sent) in &mut windows {
            sent.retain(|at| now.saturating_sub(*at) < *within);
            if sent.len() >= *most {
                let wait = *within - now.saturating_sub(sent[0]);
                return Err(Refusal::retry_after(wait.as_secs_f64().ceil() as u64));
            }
        }
        for (_, sent) in windows {
            sent.push_back(now);
        }
        Ok(())
    }
}
