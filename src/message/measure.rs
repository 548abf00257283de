//! What is counted and timed while the house works, by name: rooms say what happened, and whoever listens in this process (the
//! daemon does) adds it up. Nobody listening, nothing is kept. Labels are words of the house, never of people.

use std::time::Duration;

use metrics::{counter, histogram};

/// A number that the house keeps, and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// Its name.
    pub name: &'static str,
    /// What it counts or times.
    pub help: &'static str,
    /// Seconds, with how often; otherwise a counter.
    pub seconds: bool,
}

const fn count(name: &'static str, help: &'static str) -> Measure {
    Measure { name, help, seconds: false }
}

const fn time(name: &'static str, help: &'static str) -> Measure {
    Measure { name, help, seconds: true }
}

const ACCEPTED: Measure = count("aisaac_messages_accepted_total", "Messages put on disk, by messenger.");
const SETTLED: Measure = count("aisaac_messages_settled_total", "Messages handled, by intent and outcome.");
const REPLIES: Measure =
    count("aisaac_replies_total", "Parts of replies, by outcome: delivered, put_off, parked.");
const DRAWINGS: Measure =
    count("aisaac_drawings_total", "Drawings that ended, by outcome: painted, failed, cancelled.");
const STEPS: Measure = time("aisaac_step_seconds", "Time of a step: hear, understand, act, paint, deliver.");
const MODELS: Measure = time("aisaac_model_run_seconds", "Time of one run of a model, by model and outcome.");

/// Everything that rooms count or time.
pub const MEASURES: &[Measure] = &[ACCEPTED, SETTLED, REPLIES, DRAWINGS, STEPS, MODELS];

/// A message is on disk.
pub fn accepted(messenger: &str) {
    counter!(ACCEPTED.name, "messenger" => messenger.to_owned()).increment(1);
}

/// A message has been handled.
pub fn settled(intent: &str, failed: bool) {
    let intent = if intent.is_empty() { "none" } else { intent };
    let outcome = if failed { "failed" } else { "done" };
    counter!(SETTLED.name, "intent" => intent.to_owned(), "outcome" => outcome).increment(1);
}

/// What became of a part of a reply.
pub fn reply(outcome: &'static str) {
    counter!(REPLIES.name, "outcome" => outcome).increment(1);
}

/// How a drawing ended.
pub fn drawing(outcome: &'static str) {
    counter!(DRAWINGS.name, "outcome" => outcome).increment(1);
}

/// How long a step took.
pub fn step(step: &str, took: Duration) {
    histogram!(STEPS.name, "step" => step.to_owned()).record(took);
}

/// How long a model ran.
pub fn model(model: &str, ok: bool, took: Duration) {
    let outcome = if ok { "done" } else { "failed" };
    histogram!(MODELS.name, "model" => model.to_owned(), "outcome" => outcome).record(took);
}
