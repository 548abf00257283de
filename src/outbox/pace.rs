//! How often something may leave: token buckets, one a chat and one for all. Pure: moments come in, as Unix milliseconds, and
//! may go back, as the clock on the wall does; nobody waits longer for that.
//!
//! What was promised takes a token whenever there is one. A notice leaves the last one to it, and so does a sign of life,
//! which is no message and takes half of one.

use std::collections::HashMap;
use std::time::Duration;

use crate::messenger::Rate;

/// Buckets that are full again are forgotten from this many on.
const MOST: usize = 1_000;

/// A token bucket.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: i64,
    /// The service asked for silence: when, and until when.
    held: Option<(i64, i64)>,
}

impl Bucket {
    fn new(rate: Rate, now: i64) -> Self {
        Self { tokens: f64::from(rate.burst), at: now, held: None }
    }

    fn fill(&mut self, rate: Rate, now: i64) {
        let passed = between(self.at, now);
        let back = if rate.every.is_zero() { f64::INFINITY } else { passed.div_duration_f64(rate.every) };
        self.tokens = (self.tokens + back).min(f64::from(rate.burst));
        self.at = now;
        self.held = self.held.filter(|(since, until)| (*since..*until).contains(&now));
    }

    /// How long until there are so many tokens.
    fn wait(&self, rate: Rate, tokens: f64, now: i64) -> Duration {
        let missing = (tokens.min(f64::from(rate.burst)) - self.tokens).max(0.0);
        let filled = rate.every.mul_f64(missing);
        filled.max(self.held.map_or(Duration::ZERO, |(_, until)| between(now, until)))
    }
}

/// The time between two moments; none where the clock was set back.
fn between(then: i64, now: i64) -> Duration {
    Duration::from_millis(u64::try_from(now.saturating_sub(then)).unwrap_or_default())
}

/// Every bucket of the house.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    chats: HashMap<String, (Bucket, Rate)>,
    overall: HashMap<&'static str, (Bucket, Rate)>,
}

/// Whose tokens are taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account<'a> {
    pub(super) messenger: &'static str,
    /// Messenger and chat, threads not told apart.
    pub(super) chat: &'a str,
    pub(super) of_chat: Rate,
    pub(super) overall: Rate,
}

impl Buckets {
    /// Takes a token for something that was promised; how long to wait when there is none.
    pub(super) fn take(&mut self, account: Account<'_>, now: i64) -> Result<(), Duration> {
        self.take_leaving(account, 1.0, 0.0, now)
    }

    /// Takes one for a notice.
    pub(super) fn take_for_notice(&mut self, account: Account<'_>, now: i64) -> Result<(), Duration> {
        self.take_leaving(account, 1.0, 1.0, now)
    }

    /// Takes half of one for a sign of life.
    pub(super) fn take_for_sign(&mut self, account: Account<'_>, now: i64) -> Result<(), Duration> {
        self.take_leaving(account, 0.5, 1.0, now)
    }

    fn take_leaving(
        &mut self,
        account: Account<'_>,
        taken: f64,
        left: f64,
        now: i64,
    ) -> Result<(), Duration> {
        if self.chats.len() >= MOST {
            self.chats.retain(|_, (bucket, rate)| {
                bucket.fill(*rate, now);
                bucket.held.is_some() || bucket.tokens < f64::from(rate.burst)
            });
        }
        let Account { of_chat, overall, .. } = account;
        let chat = self.chats.entry(account.chat.to_owned());
        let (chat, _) = chat.or_insert_with(|| (Bucket::new(of_chat, now), of_chat));
        let (all, _) =
            self.overall.entry(account.messenger).or_insert_with(|| (Bucket::new(overall, now), overall));
        chat.fill(of_chat, now);
        all.fill(overall, now);
        let wait = chat.wait(of_chat, taken + left, now).max(all.wait(overall, taken + left, now));
        if wait.is_zero() {
            chat.tokens -= taken;
            all.tokens -= taken;
            Ok(())
        } else {
            Err(wait)
        }
    }

    /// Whether the service wants nothing in this chat now.
    pub(super) fn is_held(&self, chat: &str, now: i64) -> bool {
        let held = self.chats.get(chat).and_then(|(bucket, _)| bucket.held);
        held.is_some_and(|(since, until)| (since..until).contains(&now))
    }

    /// The service wants nothing in this chat for a while.
    pub(super) fn hold(&mut self, account: Account<'_>, wait: Duration, now: i64) {
        let chat = self.chats.entry(account.chat.to_owned());
        let (chat, _) = chat.or_insert_with(|| (Bucket::new(account.of_chat, now), account.of_chat));
        let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        chat.held = Some((now, now.saturating_add(wait)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const LATER: i64 = 1_000;

    fn of(chat: &str) -> Account<'_> {
        let of_chat = Rate { burst: 3, every: SECOND };
        Account { messenger: "m", chat, of_chat, overall: Rate { burst: 5, every: SECOND / 10 } }
    }

    #[test]
    fn a_burst_then_one_after_each_interval() {
        let (mut buckets, now) = (Buckets::default(), 0);
        for _ in 0..3 {
            assert_eq!(buckets.take(of("a"), now), Ok(()));
        }
        assert_eq!(buckets.take(of("a"), now), Err(SECOND));
        assert_eq!(buckets.take(of("a"), now + LATER), Ok(()));
        assert!(buckets.take(of("a"), now + LATER).is_err());
        // A clock that is set back costs nobody more than what is missing.
        assert_eq!(buckets.take(of("a"), now - 100 * LATER), Err(SECOND));
        assert_eq!(buckets.take(of("a"), now - 99 * LATER), Ok(()));
    }

    #[test]
    fn the_last_token_is_for_what_was_promised() {
        let (mut buckets, now) = (Buckets::default(), 0);
        assert_eq!(buckets.take_for_notice(of("a"), now), Ok(()));
        assert_eq!(buckets.take_for_notice(of("a"), now), Ok(()));
        assert_eq!(buckets.take_for_notice(of("a"), now), Err(SECOND));
        assert_eq!(buckets.take_for_sign(of("a"), now), Err(SECOND / 2));
        assert_eq!(buckets.take(of("a"), now), Ok(()));
        let mut buckets = Buckets::default();
        assert_eq!(buckets.take_for_sign(of("b"), now), Ok(()));
        assert_eq!(buckets.take_for_notice(of("b"), now), Ok(()));
        assert_eq!(buckets.take_for_sign(of("b"), now), Ok(()), "half each");
        assert_eq!(buckets.take_for_sign(of("b"), now), Err(SECOND / 2));
    }

    #[test]
    fn all_chats_together_have_a_limit_too() {
        let (mut buckets, now) = (Buckets::default(), 0);
        for chat in ["a", "b", "c", "d", "e"] {
            assert_eq!(buckets.take(of(chat), now), Ok(()));
        }
        assert_eq!(buckets.take(of("f"), now), Err(SECOND / 10));
    }

    #[test]
    fn a_chat_that_was_told_to_wait_waits_and_the_others_do_not() {
        let (mut buckets, now) = (Buckets::default(), 0);
        buckets.hold(of("a"), 30 * SECOND, now);
        assert!(buckets.is_held("a", now + LATER) && !buckets.is_held("b", now + LATER));
        assert!(!buckets.is_held("a", now + 30 * LATER));
        assert_eq!(buckets.take(of("a"), now + LATER), Err(29 * SECOND));
        assert_eq!(buckets.take(of("b"), now), Ok(()));
        assert_eq!(buckets.take(of("a"), now + 30 * LATER), Ok(()));
        buckets.hold(of("a"), 30 * SECOND, now + 30 * LATER);
        assert_eq!(buckets.take(of("a"), now), Ok(()), "the clock was set back");
    }

    #[test]
    fn no_limit_is_no_limit() {
        let (mut buckets, now) = (Buckets::default(), 0);
        let free = Account { messenger: "m", chat: "a", of_chat: Rate::FREE, overall: Rate::FREE };
        for _ in 0..10_000 {
            assert_eq!(buckets.take_for_notice(free, now), Ok(()));
        }
    }

    #[test]
    fn chats_that_are_quiet_are_forgotten() {
        let (mut buckets, now) = (Buckets::default(), 0);
        for chat in 0..2 * MOST {
            let chat = chat.to_string();
            let free = Account { overall: Rate::FREE, ..of(&chat) };
            buckets.take(free, now + LATER * i64::try_from(chat.len()).unwrap() * 100).unwrap();
        }
        assert!(buckets.chats.len() <= MOST + 1);
    }
}
