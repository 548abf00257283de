//! Keeping house: what is older than the configured days goes, with its files and every trace in the database's files.
//!
//! Once an hour, a little at a time, beside everybody's work. What the disk or the database refuses now is tried again
//! an hour later. The database's log is folded into it every second: a commit, for which somebody waits, would have
//! to do it otherwise. Folded text still stands in the log; it is emptied so often that what was not for the house is gone
//! from the disk within a minute.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::media::Media;
use crate::store::{Store, StoreError};

/// How often.
const EVERY: Duration = Duration::from_secs(3_600);

/// How often the log is folded.
const FOLD_EVERY: Duration = Duration::from_secs(1);

/// Every so many times that the log is folded, it is emptied too.
const EMPTIED: u32 = 20;

/// Rows of a table that are deleted in one transaction.
const BATCH: u32 = 200;

/// Between two transactions others write, those of other processes too.
const BREATH: Duration = Duration::from_millis(20);

/// What is kept, and for how long.
pub(super) struct Upkeep<'a> {
    pub(super) store: &'a Store,
    pub(super) media: &'a Media,
    pub(super) keep_ms: i64,
    pub(super) now: fn() -> i64,
}

impl Upkeep<'_> {
    /// Keeps house until told to stop.
    pub(super) async fn run(&self, stop: &CancellationToken) {
        loop {
            tokio::select! {
                done = self.once() => if let Err(error) = done {
                    tracing::warn!(error = crate::message::causes(&error), "old rows could not be deleted, trying again in an hour");
                },
                () = stop.cancelled() => return,
            }
            tokio::select! {
                () = self.fold_along() => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// Folds the log, until it is time to look for what is old.
    async fn fold_along(&self) {
        let (since, mut times) = (Instant::now(), 0_u32);
        while since.elapsed() < EVERY {
            tokio::time::sleep(FOLD_EVERY).await;
            times = times.wrapping_add(1);
            let folded = match times % EMPTIED {
                0 => self.store.fold().await.map(drop),
                _ => self.store.fold_along().await,
            };
            if let Err(error) = folded {
                tracing::debug!(
                    error = crate::message::causes(&error),
                    "the log was not folded, trying again"
                );
            }
        }
    }

    /// Everything that is old now, to the end. What is left when it is cut off goes the next time.
    pub(super) async fn once(&self) -> Result<(), StoreError> {
        let now = (self.now)();
        while self.store.prune(now - self.keep_ms, BATCH).await? {
            tokio::time::sleep(BREATH).await;
        }
        self.bury().await?;
        while self.store.shrink().await? {
            tokio::time::sleep(BREATH).await;
        }
        self.store.drop_copies(Some(now));
        self.store.fold().await?;
        Ok(())
    }

    /// Deletes the files of rows that are gone.
    async fn bury(&self) -> Result<(), StoreError> {
        let (files, media) = (self.store.doomed().await?, self.media.clone());
        if files.is_empty() {
            return Ok(());
        }
        let gone = tokio::task::spawn_blocking(move || media.remove(&files)).await.unwrap_or_default();
        self.store.buried(&gone).await
    }
}
