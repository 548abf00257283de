//! Looking after a house that runs: disk, database, models, drawings that were set aside. What is wrong becomes a cause of its
//! health; the owners are told, through the outbox like everybody.
//!
//! In: the health, and where to look. Out: causes, replies to owners, one line in the log when a cause begins and one when it
//! ends. It decides nothing: which cause is how bad stands in `message/health.rs`, who is told when in `store/alarms.rs`.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::owners::Owners;
use crate::inference::{ModelState, Readiness, Threads};
use crate::message::{Cause, FreeDisk, Health, Language, Level, State, causes, disk_low};
use crate::store::{Store, StoreError};

/// How often somebody looks.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// How often, at least, a row is written to see that the disk takes it; every time while it does not.
const PULSE_MS: i64 = 60_000;

/// A database that has not answered by then has refused.
const PULSE_WITHIN: Duration = Duration::from_secs(8);

/// Looks after a house.
pub struct Watch {
    /// What is found goes here.
    pub health: Health,
    /// Where owners are told, and whether it takes rows.
    pub store: Store,
    /// The models.
    pub threads: Threads,
    /// The disk.
    pub free_disk: FreeDisk,
    /// Who is told, and where.
    pub owners: Owners,
    /// In which language.
    pub language: Language,
    /// Unix milliseconds.
    pub now: fn() -> i64,
}

/// What the last look found.
#[derive(Debug, Default)]
pub struct Found {
    /// When the database last took a row.
    pulse: Option<i64>,
    /// Causes that stood, by name.
    stood: BTreeMap<String, Cause>,
}

impl Watch {
    /// Looks until told to stop.
    pub async fn run(&self, stop: &CancellationToken) {
        let mut found = Found::default();
        let look = async {
            loop {
                self.look(&mut found).await;
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::select! {
            () = look => {}
            () = stop.cancelled() => {}
        }
    }

    /// Looks once, and tells what is to be told.
    pub async fn look(&self, found: &mut Found) {
        let now = (self.now)();
        self.health.is(disk_low((self.free_disk)()).is_some(), Cause::Disk, now);
        for model in self.threads.states() {
            self.model(&model, now);
        }
        self.pulse(found, now).await;
        if let Ok(count) = self.store.drawings_set_aside(&Cause::Drawings(0).name(), now).await {
            self.health.is(count > 0, Cause::Drawings(count), now);
        }
        let state = self.health.state(now);
        if let Err(error) = self.tell(&state, found, now).await {
            tracing::warn!(error = causes(&error), "the owner could not be told, trying again");
        }
    }

    fn model(&self, model: &ModelState, now: i64) {
        self.health.is(model.readiness.is_none(), Cause::Dead(model.name.clone()), now);
        let broken = model.readiness == Some(Readiness::Broken);
        self.health.is(broken, Cause::Model(model.name.clone()), now);
    }

    async fn pulse(&self, found: &mut Found, now: i64) {
        if found.pulse.is_some_and(|last| (0..PULSE_MS).contains(&(now - last))) {
            return;
        }
        let taken = tokio::time::timeout(PULSE_WITHIN, self.store.pulse(now)).await;
        let refused = !matches!(taken, Ok(Ok(())));
        found.pulse = Some(now).filter(|_| !refused);
        self.health.is(refused, Cause::Database, now);
    }

    async fn tell(&self, state: &State, found: &mut Found, now: i64) -> Result<(), StoreError> {
        let stand: BTreeMap<String, Cause> =
            state.causes.iter().map(|stands| (stands.cause.name(), stands.cause.clone())).collect();
        let stood = std::mem::replace(&mut found.stood, stand.clone());
        for (name, cause) in &stand {
            if !stood.contains_key(name) {
                begun(name, cause.level());
            }
            let owners = self.owners.addresses().await?;
            self.store.alarm(name, &owners, self.language, &cause.phrase(), now).await?;
        }
        for name in stood.keys().filter(|name| !stand.contains_key(*name)) {
            tracing::info!(cause = name, "is well again");
            self.store.alarm_over(name).await?;
        }
        Ok(())
    }
}

fn begun(name: &str, level: Level) {
    match level {
        Level::Red => tracing::error!(cause = name, "the house does not serve"),
        _ => tracing::warn!(cause = name, "somebody should look"),
    }
}
