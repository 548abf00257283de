//! `getUpdates`: the only call that waits.
//!
//! Read in tdlib/telegram-bot-api, Client.cpp (`process_get_updates_query`, `do_get_updates`, `abort_long_poll`): a poll
//! that finds something is answered at once, whoever else waits; one that has to wait ends the one that waited before.
//! Not copied: the 3 s that the second of two quick empty polls, and of two quick conflicts, are kept waiting.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::Shared;
use super::call::Call;
use super::queue::LONGEST_POLL;
use super::refusal::Refusal;
use super::schema::Schema;
use super::world::State;

const WEBHOOK: &str =
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
const OTHER_POLL: &str =
    "terminated by other getUpdates request; make sure that only one bot instance is running";

/// A poll that has begun.
struct Begun {
    offset: i64,
    limit: usize,
    timeout: u64,
    found: Vec<Value>,
    /// Which of the waiting polls it is.
    number: u64,
}

/// Waits up to `timeout` for updates.
pub(super) async fn get_updates(shared: &Shared, call: &Call) -> Result<Value, Refusal> {
    let mut changes = shared.changes();
    let begun = shared.change(|state| begin(state, call))?;
    if !begun.found.is_empty() || begun.timeout == 0 {
        return Ok(begun.found.into());
    }
    let deadline = Instant::now() + Duration::from_secs(begun.timeout);
    loop {
        let changed = tokio::time::timeout_at(deadline, changes.changed()).await;
        // Taking is no change that anybody waits for: telling of it would wake this loop for ever.
        let found = shared.quietly(|state| again(state, &begun))?;
        if !found.is_empty() || changed.is_err() {
            return Ok(found.into());
        }
    }
}

fn begin(state: &mut State, call: &Call) -> Result<Begun, Refusal> {
    if !state.queue.webhook.is_empty() {
        return Err(Refusal::conflict(WEBHOOK));
    }
    let limit = call.integer("limit").unwrap_or(100).clamp(1, 100) as usize;
    let timeout = call.integer("timeout").unwrap_or(0).clamp(0, LONGEST_POLL) as u64;
    if let Some(kinds) = call.param("allowed_updates").and_then(Value::as_array) {
        let kinds: Vec<String> = kinds.iter().filter_map(|kind| kind.as_str().map(str::to_owned)).collect();
        for kind in kinds.iter().filter(|kind| !Schema::get().knows_update(kind)) {
            state.violations.push(format!("getUpdates.allowed_updates: there are no updates {kind}"));
        }
        state.queue.allow(kinds);
    }
    let offset = call.integer("offset").unwrap_or(0);
    let moment = state.moment();
    let limit = state.queue.asked(offset, limit, moment);
    let offset = state.queue.resolve(offset);
    let found = state.queue.take(offset, limit, state.now);
    if found.is_empty() && timeout > 0 {
        state.queue.poll += 1;
        state.queue.ended_by_webhook = false;
    }
    Ok(Begun { offset, limit, timeout, found, number: state.queue.poll })
}

fn again(state: &mut State, begun: &Begun) -> Result<Vec<Value>, Refusal> {
    if state.queue.poll != begun.number {
        let webhook = state.queue.ended_by_webhook;
        return Err(Refusal::conflict(if webhook { "terminated by setWebhook request" } else { OTHER_POLL }));
    }
    Ok(state.queue.take(begun.offset, begun.limit, state.now))
}
