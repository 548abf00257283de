//! A thousand schedules in `make test`; a hundred thousand by hand; one by its number.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aisaac::message::Step;

use crate::check::check;
use crate::schedule::play;
use crate::seed::{caught, chosen, failure};

/// What can become of requests, by words that people then read: every one of them comes in a thousand schedules.
const ENDS: &[&str] = &[
    "You said",
    "Changed:",
    "begun or done already",
    "You already have",
    "Cancelled:",
    "I am stopping",
    "belongs to somebody else",
    "Nothing is running.",
    "Stopped.",
    "(stopped)",
    "set it aside",
    "several times",
    "not enough memory",
    "Deleted:",
    "private assistant",
];

/// How long one schedule may take before it counts as one that never ends.
const AT_MOST: Duration = Duration::from_secs(120);

type Counts = BTreeMap<Step, u64>;

/// What all schedules together have seen.
#[derive(Default)]
struct Seen {
    reached: Counts,
    died_at: Counts,
    failures: Vec<String>,
    /// Words by which the ends are known that have come.
    ends: BTreeSet<&'static str>,
}

/// Plays the schedules of these seeds on every core.
fn plays(seeds: Range<u64>, every: u64) -> Seen {
    let (next, seen) = (AtomicU64::new(seeds.start), Mutex::new(Seen::default()));
    let cores = std::thread::available_parallelism().unwrap().get();
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end || seen.lock().unwrap().failures.len() >= 10 {
                        break;
                    }
                    let one = runtime.block_on(one(seed));
                    let mut all = seen.lock().unwrap();
                    add(&mut all.reached, &one.reached);
                    add(&mut all.died_at, &one.died_at);
                    all.ends.extend(one.ends);
                    if every > 0 {
                        one.failures.iter().for_each(|failure| eprintln!("{failure}"));
                    }
                    all.failures.extend(one.failures);
                    let seed = seed.saturating_sub(cores as u64);
                    if every > 0 && seed > seeds.start && seed.is_multiple_of(every) {
                        eprintln!(
                            "{seed}: {} failures; goes on with AISAAC_SEEDS={seed}..{}",
                            all.failures.len(),
                            seeds.end
                        );
                    }
                }
            });
        }
    });
    seen.into_inner().unwrap()
}

fn add(to: &mut Counts, more: &Counts) {
    for (step, count) in more {
        *to.entry(*step).or_default() += count;
    }
}

/// One schedule and its checks; a panic on the way is a failure like any other.
async fn one(seed: u64) -> Seen {
    let played = caught(async {
        let endless = |_| "it never comes to an end".to_owned();
        let mut played = tokio::time::timeout(AT_MOST, play(seed)).await.map_err(endless)??;
        let wrong = check(&mut played).await;
        Ok::<_, String>((played, wrong))
    });
    let (mut seen, wrong) = match played.await.flatten() {
        Ok((played, wrong)) => {
            let came = |end: &&'static str| played.texts().any(|text| text.contains(*end));
            let ends = ENDS.iter().copied().filter(came).collect();
            (Seen { reached: played.reached, died_at: played.died_at, failures: Vec::new(), ends }, wrong)
        }
        Err(ended) => (Seen::default(), vec![ended]),
    };
    if !wrong.is_empty() {
        seen.failures.push(failure(seed, "--test crash seeds", &wrong));
    }
    seen
}

fn holds(seen: &Seen) {
    assert!(seen.failures.is_empty(), "{} failures\n{}", seen.failures.len(), seen.failures.join("\n"));
}

/// Every promise, over a thousand schedules that reach every step and die at every step.
#[test]
fn nothing_is_lost_and_nothing_is_doubled() {
    let seen = plays(chosen().unwrap_or(0..1_000), 0);
    holds(&seen);
    if chosen().is_none() {
        for &step in Step::ALL {
            assert!(seen.reached.contains_key(&step), "no schedule reached “{step}”");
            assert!(seen.died_at.contains_key(&step), "no house died at “{step}”");
        }
        for end in ENDS {
            assert!(seen.ends.contains(end), "no schedule came to “{end}”");
        }
    }
}

/// By hand: `AISAAC_SEEDS=0..100000 cargo test --release --test crash a_hundred_thousand -- --ignored --nocapture`.
#[test]
#[ignore = "takes an hour"]
fn a_hundred_thousand_schedules() {
    let seeds = chosen().unwrap_or(0..100_000);
    let seen = plays(seeds.clone(), 1_000);
    holds(&seen);
    eprintln!("{seeds:?} hold; deaths by step: {:?}", seen.died_at);
}
