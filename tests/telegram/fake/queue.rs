//! The updates that wait for the bot, and how it asks for them.
//!
//! Read in tdlib/telegram-bot-api, Client.cpp (`process_get_updates_query`, `do_get_updates`, `add_update_impl`), and
//! tdlib/td, TQueue.cpp: everything below the offset is forgotten; an offset far beyond the last update starts again at
//! the oldest; kinds that are not allowed are dropped when they happen, not when they are asked for.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::{Value, json};

/// How long an update waits for the bot, in seconds from its message's date.
pub(super) const UPDATE_LIVES: i64 = 86_400;
/// How long a press on a button does.
pub(super) const PRESS_LIVES: i64 = 150;
/// The longest that a poll may wait, in seconds.
pub(super) const LONGEST_POLL: i64 = 50;
/// Kinds that come only when they are asked for by name.
const ON_REQUEST: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];
/// An offset further than this beyond the end is none of ours.
const BEYOND: i64 = 10;

struct Waiting {
    id: i64,
    json: Value,
    lives_until: i64,
}

/// The queue of one bot.
pub(super) struct Queue {
    next: i64,
    /// How many there have been.
    pub(super) pushed: u64,
    waiting: VecDeque<Waiting>,
    /// As the bot said last; none: all but [`ON_REQUEST`].
    allowed: Option<Vec<String>>,
    last: Option<(i64, Duration)>,
    /// The waiting poll; a newer one takes its place.
    pub(super) poll: u64,
    /// The offsets that the bot has asked with.
    pub(super) offsets: Vec<i64>,
    pub(super) webhook: String,
    /// Whether a newer poll (false) or a webhook (true) ended the waiting one.
    pub(super) ended_by_webhook: bool,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            next: 730_114_001,
            pushed: 0,
            waiting: VecDeque::new(),
            allowed: None,
            last: None,
            poll: 0,
            offsets: Vec::new(),
            webhook: String::new(),
            ended_by_webhook: false,
        }
    }
}

impl Queue {
    /// Adds an update unless the bot does not want its kind. Returns its id.
    pub(super) fn push(&mut self, kind: &str, body: Value, lives_until: i64) -> Option<i64> {
        self.allows(kind).then(|| self.push_any(json!({ kind: body }), lives_until))
    }

    /// Adds an update of any shape, under a new id.
    pub(super) fn push_any(&mut self, mut json: Value, lives_until: i64) -> i64 {
        let id = self.next;
        self.next += 1;
        self.pushed += 1;
        json["update_id"] = json!(id);
        self.waiting.push_back(Waiting { id, json, lives_until });
        id
    }

    pub(super) fn allows(&self, kind: &str) -> bool {
        match &self.allowed {
            Some(kinds) => kinds.iter().any(|allowed| allowed == kind),
            None => !ON_REQUEST.contains(&kind),
        }
    }

    /// What the bot wants from now on; an empty list means the default.
    pub(super) fn allow(&mut self, kinds: Vec<String>) {
        self.allowed = (!kinds.is_empty()).then_some(kinds);
    }

    /// The next update gets this id: after a quiet week the real server draws one.
    pub(super) fn continue_at(&mut self, id: i64) {
        self.next = id;
    }

    /// One that asks again with the same offset within half a second gets one update at a time.
    pub(super) fn asked(&mut self, offset: i64, limit: usize, now: Duration) -> usize {
        self.offsets.push(offset);
        let again = self
            .last
            .is_some_and(|(last, at)| last == offset && now.saturating_sub(at) < Duration::from_millis(500));
        self.last = Some((offset, now));
        if again { 1 } else { limit }
    }

    /// The offset that this one means: those at or below zero count from the end.
    pub(super) fn resolve(&mut self, offset: i64) -> i64 {
        if offset < 0 {
            let keep = usize::try_from(-offset).unwrap_or(usize::MAX);
            while self.waiting.len() > keep {
                self.waiting.pop_front();
            }
        }
        if offset > 0 { offset } else { self.head() }
    }

    fn head(&self) -> i64 {
        self.waiting.front().map_or(self.next, |first| first.id)
    }

    /// Forgets what is below the offset, and hands out what is there from it on.
    pub(super) fn take(&mut self, offset: i64, limit: usize, now: i64) -> Vec<Value> {
        if offset <= self.next + BEYOND {
            self.waiting.retain(|update| update.id >= offset);
        }
        self.waiting.retain(|update| now <= update.lives_until);
        self.waiting.iter().take(limit).map(|update| update.json.clone()).collect()
    }

    pub(super) fn pending(&self) -> Vec<Value> {
        self.waiting.iter().map(|update| update.json.clone()).collect()
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
}
