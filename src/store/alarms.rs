//! Tables `alarms` and `pulse`: what the owner was told about the house itself, and whether the disk still takes a row.
//!
//! A cause is told once an hour at most; while it lasts, seldomer and seldomer. The row that remembers it and the replies
//! that tell it are one transaction, so that no restart tells it twice.

use sqlx::Row as _;

use super::replies::{self, NewReply};
use super::{Store, StoreError};
use crate::message::{Address, Content, Language, Phrase};

/// The shortest time between two words about one cause.
const HOUR_MS: i64 = 3_600_000;

/// What lasts is told at least this often.
const LONGEST_MS: i64 = 24 * HOUR_MS;

/// How long a cause that was told `times` times in a row, and lasts, is not told again.
fn quiet_ms(times: u32) -> i64 {
    HOUR_MS.saturating_mul(1_i64.checked_shl(times.saturating_sub(1)).unwrap_or(i64::MAX)).min(LONGEST_MS)
}

/// Whether a cause may be told: never told, told long enough ago, or told by a clock that was set back since.
fn may_tell(told: Option<(i64, u32)>, now: i64) -> bool {
    told.is_none_or(|(told_at, times)| now < told_at || now - told_at >= quiet_ms(times))
}

impl Store {
    /// Queues a sentence to somebody who did not ask: a reply without a message.
    ///
    /// # Errors
    /// When the database fails; nothing is queued then.
    pub async fn tell(
        &self,
        address: &Address,
        language: Language,
        phrase: &Phrase,
        now: i64,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        replies::insert(&mut tx, &unasked(address, language, &said(phrase)), now).await?;
        tx.commit().await?;
        self.bells().outbox.notify_one();
        Ok(())
    }

    /// Tells the owners about a cause, unless they were told lately. Whether they are told now; with no owner nothing is
    /// told, nor remembered as told.
    ///
    /// # Errors
    /// When the database fails; nothing is queued then.
    pub async fn alarm(
        &self,
        cause: &str,
        owners: &[Address],
        language: Language,
        phrase: &Phrase,
        now: i64,
    ) -> Result<bool, StoreError> {
        let told = self.told(cause).await?;
        if owners.is_empty() || !may_tell(told, now) {
            return Ok(false);
        }
        let mut tx = self.begin().await?;
        for owner in owners {
            replies::insert(&mut tx, &unasked(owner, language, &said(phrase)), now).await?;
        }
        sqlx::query(
            "INSERT INTO alarms (cause, told_at) VALUES (?, ?)
             ON CONFLICT DO UPDATE SET told_at = excluded.told_at, times = times + 1",
        )
        .bind(cause)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        self.bells().outbox.notify_one();
        Ok(true)
    }

    /// A cause is over: the next time counts from one again, an hour after the last word at the earliest.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn alarm_over(&self, cause: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE alarms SET times = 0 WHERE cause = ? AND times <> 0")
            .bind(cause)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// Drawings that were set aside since the owner was last told of such, in the last day at most.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drawings_set_aside(&self, cause: &str, now: i64) -> Result<i64, StoreError> {
        let day = now - LONGEST_MS;
        let since = self.told(cause).await?.map_or(day, |(told_at, _)| told_at.max(day));
        let row = sqlx::query("SELECT count(*) FROM drawings WHERE state = 'parked' AND ended_at > ?")
            .bind(since)
            .fetch_one(&self.readers)
            .await?;
        Ok(row.try_get(0)?)
    }

    /// Writes a row, as everything else here is written: whether the disk takes it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pulse(&self, now: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("INSERT INTO pulse (id, at) VALUES (1, ?) ON CONFLICT DO UPDATE SET at = excluded.at")
            .bind(now)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    async fn told(&self, cause: &str) -> Result<Option<(i64, u32)>, StoreError> {
        let row = sqlx::query("SELECT told_at, times FROM alarms WHERE cause = ?")
            .bind(cause)
            .fetch_optional(&self.readers)
            .await?;
        row.map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).transpose()
    }
}

fn said(phrase: &Phrase) -> Content {
    Content::Phrases { phrases: vec![phrase.clone()] }
}

fn unasked<'a>(address: &'a Address, language: Language, content: &'a Content) -> NewReply<'a> {
    NewReply {
        message: None,
        drawing: None,
        address,
        // Where the owner is told, the chat is the owner's own: what is kept of it goes with their /forget.
        person: &address.chat,
        reply_to: None,
        language,
        heard: None,
        content,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{desk, execute, open};
    use super::*;

    fn owner(chat: &str) -> Address {
        Address { messenger: "console".into(), chat: chat.into(), thread: None }
    }

    async fn queued(store: &Store) -> i64 {
        let row = sqlx::query("SELECT count(*) FROM replies").fetch_one(&store.readers).await.unwrap();
        row.try_get(0).unwrap()
    }

    #[test]
    fn what_lasts_is_told_after_one_two_four_hours_and_then_daily() {
        assert!(may_tell(None, 5));
        for (times, hours) in [(0, 1), (1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 24), (99, 24)] {
            let next = 5 + hours * HOUR_MS;
            assert!(!may_tell(Some((5, times)), next - 1) && may_tell(Some((5, times)), next), "{times}");
        }
        assert!(may_tell(Some((5_000, 3)), 4_999), "the clock was set back: better once too often");
    }

    #[tokio::test]
    async fn a_cause_is_told_once_to_each_owner_and_not_again_after_a_restart() {
        let desk = desk().await;
        let (owners, phrase) = ([owner("ana"), owner("bob")], Phrase::new("health-disk"));
        let tell = async |store: &Store, cause, now| {
            store.alarm(cause, &owners, Language::En, &phrase, now).await.unwrap()
        };
        assert!(tell(&desk.store, "disk", 10).await);
        assert!(!tell(&desk.store, "disk", 20).await);
        assert!(tell(&desk.store, "database", 20).await, "another cause");
        assert_eq!(queued(&desk.store).await, 4);
        desk.store.close().await;
        let store = open(&desk.folder, "boot-2").await;
        assert!(!tell(&store, "disk", HOUR_MS).await);
        assert!(tell(&store, "disk", 10 + HOUR_MS).await);
        assert!(!tell(&store, "disk", 10 + 2 * HOUR_MS).await, "it lasts: told seldomer");
        store.alarm_over("disk").await.unwrap();
        assert!(!tell(&store, "disk", 9 + 2 * HOUR_MS).await, "and over in between, an hour all the same");
        assert!(tell(&store, "disk", 10 + 2 * HOUR_MS).await);
        let due = store.next_reply(&["console"], &[], 11).await.unwrap().unwrap();
        assert_eq!((due.address, due.reply_to), (owner("ana"), None));
    }

    #[tokio::test]
    async fn without_an_owner_nothing_is_remembered_as_told() {
        let desk = desk().await;
        let phrase = Phrase::new("health-disk");
        let tell = async |owners: &[Address]| {
            desk.store.alarm("disk", owners, Language::En, &phrase, 10).await.unwrap()
        };
        assert!(!tell(&[]).await);
        assert!(tell(&[owner("ana")]).await);
        desk.store.tell(&owner("bob"), Language::Ru, &phrase, 11).await.unwrap();
        assert_eq!(queued(&desk.store).await, 2);
    }

    #[tokio::test]
    async fn drawings_are_counted_from_the_last_word_about_them() {
        let desk = desk().await;
        let day = LONGEST_MS;
        for (state, ended_at) in [("parked", 1), ("parked", day), ("failed", day), ("parked", day + 50)] {
            sqlx::query(
                "INSERT INTO drawings (messenger, lane, address, person, language, commission, state, queued_at, ended_at)
                 VALUES ('console', 'l', '{}', 'p', 'en', '{}', ?, 1, ?)",
            )
            .bind(state)
            .bind(ended_at)
            .execute(&desk.store.writer)
            .await
            .unwrap();
        }
        let count = async |now| desk.store.drawings_set_aside("drawings", now).await.unwrap();
        assert_eq!(count(day + 60).await, 2, "what was set aside before yesterday is no news");
        let (owners, phrase) = ([owner("ana")], Phrase::new("health-drawings"));
        desk.store.alarm("drawings", &owners, Language::En, &phrase, day + 10).await.unwrap();
        assert_eq!(count(day + 60).await, 1);
        assert_eq!(count(day + 70 + day).await, 0);
    }

    #[tokio::test]
    async fn a_pulse_fails_when_the_disk_takes_no_row() {
        let desk = desk().await;
        desk.store.pulse(1).await.unwrap();
        desk.store.pulse(2).await.unwrap();
        execute(
            &desk.store,
            "CREATE TRIGGER full BEFORE UPDATE ON pulse BEGIN SELECT RAISE(ABORT, 'full'); END",
        )
        .await;
        assert!(desk.store.pulse(3).await.is_err());
    }
}
