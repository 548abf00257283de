//! `kill -9` and SIGTERM, by the system, on a process of its own that runs the whole house.

use std::time::Duration;

use aisaac::message::Step;
use fastrand::Rng;
use sqlx::Row as _;

use crate::schedule::database;
use crate::yard::{Yard, holds, talk};

/// What the issue asks of a restart is one second; a busy machine gets three.
const CLAIMS_WITHIN: Duration = Duration::from_secs(3);

#[tokio::test]
async fn kill_9_at_every_step_three_times() {
    let mut late = Vec::new();
    for &step in Step::ALL {
        for time in 1..=3 {
            let mut yard = Yard::new(talk(time));
            let running = yard.starts(&format!("{step}:{time}"));
            assert!(running.holds().is_some(), "the house never reached {step} for the {time}. time");
            yard.kills(running).await;
            // What is next in line is begun at once.
            let next = if step < Step::Settled { Step::Taken } else { Step::Claimed };
            let running = yard.starts(&format!("{next}:1:0"));
            if let Some(took) = running.holds().filter(|took| *took > CLAIMS_WITHIN) {
                late.push(format!("killed at {step}: {next} after {took:?}"));
            }
            assert!(running.ends().success(), "the house after the one killed at {step} did not end well");
            holds(&format!("killed at {step}, the {time}. time"), &yard.ends().await);
        }
    }
    assert!(late.is_empty(), "{late:#?}");
}

/// `AISAAC_KILLS=200 cargo test --test crash at_random` for more of them.
#[tokio::test]
async fn kill_9_at_random() {
    let kills: u64 = std::env::var("AISAAC_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(20);
    let mut rng = Rng::with_seed(kills);
    let mut left = kills;
    while left > 0 {
        let seed = rng.u64(..);
        let mut yard = Yard::new(talk(seed));
        let mut lives = Vec::new();
        for _ in 0..rng.u64(1..=left.min(4)) {
            let life = Duration::from_millis(rng.u64(10..250));
            let running = yard.starts("");
            std::thread::sleep(life);
            yard.kills(running).await;
            lives.push(life);
            left -= 1;
        }
        holds(&format!("talk({seed}), killed after {lives:?}"), &yard.ends().await);
    }
}

/// A polite stop costs nobody an attempt, wherever it comes.
#[tokio::test]
async fn sigterm_at_every_step() {
    for &step in Step::ALL {
        let yard = Yard::new(talk(7));
        let running = yard.starts(&format!("{step}:2:200"));
        assert!(running.holds().is_some(), "the house never reached {step}");
        let status = running.terminates();
        assert!(status.success(), "stopped at {step}: {status}");
        let mut rows = database(&yard.file("aisaac.db")).await;
        let sql = "SELECT (SELECT count(*) FROM messages WHERE state = 'taken' OR (state = 'new' AND attempt > 0))
                        + (SELECT count(*) FROM drawings WHERE state = 'running' OR (state = 'waiting' AND attempt > 0))";
        let lost: i64 = sqlx::query(sql).fetch_one(&mut rows).await.unwrap().get(0);
        assert_eq!(lost, 0, "stopped at {step}: rows in hand, or attempts lost");
        drop(rows);
        holds(&format!("stopped at {step}"), &yard.ends().await);
    }
}
