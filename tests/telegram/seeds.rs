//! Some schedules in `make test`, as many as one likes by hand, one by its number.

use std::collections::BTreeSet;
use std::ops::Range;

use aisaac::message::Step;
use futures_util::StreamExt as _;

use crate::promises::{broken, steps_left};
use crate::schedule::play;
use crate::seed::{caught, chosen, failure};

/// Schedules at once: most of the time they wait for clocks.
const AT_ONCE: usize = 12;

#[derive(Default)]
struct Seen {
    failures: Vec<String>,
    deaths: usize,
    died_at: BTreeSet<Step>,
    updates: u64,
}

async fn plays(seeds: Range<u64>, every: u64) -> Seen {
    let mut seen = Seen::default();
    let mut ended = futures_util::stream::iter(seeds.clone()).map(one).buffer_unordered(AT_ONCE);
    let mut count = 0;
    while let Some(one) = ended.next().await {
        if every > 0 {
            one.failures.iter().for_each(|failure| eprintln!("{failure}"));
        }
        seen.failures.extend(one.failures);
        seen.died_at.extend(one.died_at);
        (seen.deaths, seen.updates) = (seen.deaths + one.deaths, seen.updates + one.updates);
        count += 1;
        if every > 0 && count % every == 0 {
            eprintln!("{count} of {seeds:?}: {} failures, {} deaths", seen.failures.len(), seen.deaths);
        }
    }
    seen
}

/// One schedule and its checks.
async fn one(seed: u64) -> Seen {
    let schedule = caught(async move {
        let played = play(seed).await?;
        let wrong = broken(&played).await;
        let (deaths, updates) = (played.cut_off.len(), played.world.server.updates());
        Ok((wrong, deaths, updates, played.died_at.iter().copied().collect()))
    });
    let (wrong, deaths, updates, died_at) = match schedule.await.flatten() {
        Ok(ended) => ended,
        Err(wrong) => (vec![wrong], 0, 0, BTreeSet::new()),
    };
    let failures =
        if wrong.is_empty() { Vec::new() } else { vec![failure(seed, "--test telegram seeds", &wrong)] };
    Seen { failures, deaths, died_at, updates }
}

fn hold(seen: &Seen) {
    assert!(seen.failures.is_empty(), "{} failures\n{}", seen.failures.len(), seen.failures.join("\n"));
}

/// Every promise, over some schedules with deaths and a service that fails.
#[tokio::test]
async fn nothing_is_lost_and_nothing_but_a_first_send_is_doubled() {
    let seen = plays(chosen().unwrap_or(0..16), 0).await;
    hold(&seen);
    assert!(chosen().is_some() || seen.deaths > 8, "{} deaths are few", seen.deaths);
}

/// By hand: `AISAAC_SEEDS=0..1000 cargo test --test telegram a_thousand -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "takes an hour"]
async fn a_thousand_schedules() {
    let seeds = chosen().unwrap_or(0..1_000);
    let seen = plays(seeds.clone(), 50).await;
    hold(&seen);
    let left = steps_left(&seen.died_at);
    eprintln!("{seeds:?} hold: {} updates, {} deaths, none at {left:?}", seen.updates, seen.deaths);
}
