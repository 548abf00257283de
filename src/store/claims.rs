//! Tables `claims` and `wrong_codes`: the one-time code that makes its sender the owner, and what is tried against it.
//!
//! Sums are compared as text, not in constant time: how long that takes says something about the sum of what was sent
//! and nothing about the code, it drowns in a transaction on a disk and a service in between, and after twenty tries the
//! code is void. A sum of eight letters can be turned back by whoever reads the database; whoever reads it owns the house.

use sqlx::{Row as _, SqliteConnection};

use super::roles;
use super::{Store, StoreError};
use crate::message::Role;

/// An hour: as long wrong codes count together, and as long somebody is locked out.
const HOUR: i64 = 3_600_000;

/// Wrong codes of one person within an hour that lock him out for an hour.
const LOCKS: u32 = 5;

/// Wrong codes of everybody that make the code void.
const VOIDS: i64 = 20;

/// What saying a code came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claimed {
    /// It was the code, and its sender is the owner now.
    Owner,
    /// It is another code.
    Wrong,
    /// It is another code, and its sender is locked out from now on.
    LockedOut,
    /// It is another code, and one too many: there is none any more.
    Void,
    /// There is no code: somebody was faster, or nobody is looked for.
    TooLate,
    /// Nothing is said to that.
    Silent,
}

impl Store {
    /// Leaves a code with this sum for each of these messengers that has no owner; any earlier code is void. False when
    /// all of them have one, and there is no code.
    ///
    /// # Errors
    /// When the database fails; the earlier code, if there was one, counts then.
    pub async fn offer_claim(&self, messengers: &[&str], sum: &str, now: i64) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM claims").execute(&mut *tx).await?;
        let mut open = false;
        for messenger in messengers {
            let left = sqlx::query(
                "INSERT INTO claims (messenger, sum, made_at) SELECT ?1, ?2, ?3
                 WHERE NOT EXISTS (SELECT 1 FROM roles WHERE messenger = ?1 AND role = 'owner')",
            )
            .bind(*messenger)
            .bind(sum)
            .bind(now)
            .execute(&mut *tx)
            .await?;
            open |= left.rows_affected() > 0;
        }
        tx.commit().await?;
        Ok(open)
    }
}

/// Who said it, and where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claimant<'a> {
    pub(super) messenger: &'a str,
    pub(super) person: &'a str,
    /// Others heard it.
    pub(super) aloud: bool,
}

/// Somebody says what may be the code: decided here, in somebody's transaction, so that of two who say it at once one
/// becomes the owner, and what is tried while somebody is locked out counts for nothing.
pub(super) async fn claim(
    connection: &mut SqliteConnection,
    who: Claimant<'_>,
    sum: &str,
    now: i64,
) -> Result<Claimed, StoreError> {
    let Claimant { messenger, person, aloud } = who;
    let row = sqlx::query("SELECT sum FROM claims WHERE messenger = ?")
        .bind(messenger)
        .fetch_optional(&mut *connection)
        .await?;
    let right = row.map(|row| row.try_get::<String, _>(0)).transpose()?.map(|kept| kept == sum);
    if aloud {
        if right == Some(true) {
            // Whoever is in the chat has read it.
            close(connection).await?;
            tracing::warn!(
                messenger,
                "the code was said in a group and counts no longer; restart for a new one"
            );
        }
        return Ok(Claimed::Silent);
    }
    let Some(right) = right else { return Ok(Claimed::TooLate) };
    let denied = roles::role_of(connection, messenger, person).await? == Some(Role::Denied);
    if denied || locked_out(connection, messenger, person, now).await? {
        return Ok(Claimed::Silent);
    }
    if right {
        roles::give(connection, messenger, person, Role::Owner, now).await?;
        close(connection).await?;
        sqlx::query("DELETE FROM wrong_codes").execute(connection).await?;
        tracing::info!(messenger, "somebody has sent the code and is the owner now");
        return Ok(Claimed::Owner);
    }
    wrong(connection, messenger, person, now).await
}

/// No code counts any more.
async fn close(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM claims").execute(connection).await?;
    Ok(())
}

async fn wrong(
    connection: &mut SqliteConnection,
    messenger: &str,
    person: &str,
    now: i64,
) -> Result<Claimed, StoreError> {
    sqlx::query("INSERT INTO wrong_codes (messenger, person, at) VALUES (?, ?, ?)")
        .bind(messenger)
        .bind(person)
        .bind(now)
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE claims SET wrong = wrong + 1").execute(&mut *connection).await?;
    let wrong: i64 = sqlx::query("SELECT coalesce(max(wrong), 0) FROM claims")
        .fetch_one(&mut *connection)
        .await?
        .try_get(0)?;
    if wrong >= VOIDS {
        close(connection).await?;
        tracing::error!(
            messenger,
            wrong,
            "too many wrong codes: the code counts no longer; restart for a new one"
        );
        return Ok(Claimed::Void);
    }
    let locked = locked_out(connection, messenger, person, now).await?;
    Ok(if locked { Claimed::LockedOut } else { Claimed::Wrong })
}

/// Whether a person's last wrong codes came within an hour, and the last of them less than an hour ago. While somebody is
/// locked out nothing is added, so it ends. Tries of a time that is still to come (the clock was set back) do not count.
async fn locked_out(
    connection: &mut SqliteConnection,
    messenger: &str,
    person: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let rows = sqlx::query(
        "SELECT at FROM wrong_codes WHERE messenger = ? AND person = ? AND at <= ? ORDER BY at DESC LIMIT ?",
    )
    .bind(messenger)
    .bind(person)
    .bind(now)
    .bind(LOCKS)
    .fetch_all(connection)
    .await?;
    let times = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<i64>, _>>()?;
    let (Some(last), Some(first)) = (times.first(), times.last()) else { return Ok(false) };
    let enough = u32::try_from(times.len()) == Ok(LOCKS);
    Ok(enough && last - first < HOUR && now - last < HOUR)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Desk, desk, open};
    use super::*;

    const MINUTE: i64 = 60_000;

    async fn says(desk: &Desk, person: &str, sum: &str, now: i64) -> Claimed {
        said(desk, Claimant { messenger: "telegram", person, aloud: false }, sum, now).await
    }

    async fn said(desk: &Desk, who: Claimant<'_>, sum: &str, now: i64) -> Claimed {
        let mut tx = desk.store.begin().await.unwrap();
        let claimed = claim(&mut tx, who, sum, now).await.unwrap();
        tx.commit().await.unwrap();
        claimed
    }

    async fn offered(desk: &Desk, sum: &str) -> bool {
        desk.store.offer_claim(&["telegram", "matrix"], sum, 1).await.unwrap()
    }

    #[tokio::test]
    async fn the_code_is_used_once_and_an_owner_is_not_looked_for_again() {
        let desk = desk().await;
        assert_eq!(says(&desk, "ana", "right", 1).await, Claimed::TooLate, "nobody has offered anything");
        assert!(offered(&desk, "right").await);
        assert_eq!(says(&desk, "ana", "right", 2).await, Claimed::Owner);
        assert_eq!(says(&desk, "bob", "right", 3).await, Claimed::TooLate);
        let on_matrix = Claimant { messenger: "matrix", person: "eva", aloud: false };
        assert_eq!(
            said(&desk, on_matrix, "right", 4).await,
            Claimed::TooLate,
            "the other messenger's goes with it"
        );
        assert!(!desk.store.offer_claim(&["telegram"], "new", 5).await.unwrap());
        assert!(offered(&desk, "new").await, "matrix has none");
        assert_eq!(says(&desk, "bob", "new", 6).await, Claimed::TooLate);
        assert_eq!(said(&desk, on_matrix, "new", 7).await, Claimed::Owner);
        let people = desk.store.reader().people("telegram").await.unwrap();
        assert_eq!(people.len(), 1);
        assert_eq!((people[0].id.as_str(), people[0].role), ("ana", Role::Owner));
    }

    #[tokio::test]
    async fn a_restart_makes_the_old_code_void_and_keeps_the_lock() {
        let mut desk = desk().await;
        offered(&desk, "old").await;
        for _ in 0..4 {
            assert_eq!(says(&desk, "bob", "wrong", 1).await, Claimed::Wrong);
        }
        assert_eq!(says(&desk, "bob", "wrong", 1).await, Claimed::LockedOut);
        desk.store.close().await;
        desk.store = open(&desk.folder, "boot-2").await;
        offered(&desk, "new").await;
        assert_eq!(says(&desk, "bob", "new", 2).await, Claimed::Silent);
        assert_eq!(says(&desk, "ana", "old", 2).await, Claimed::Wrong);
        assert_eq!(says(&desk, "ana", "new", 3).await, Claimed::Owner);
    }

    #[tokio::test]
    async fn five_wrong_codes_within_an_hour_lock_one_person_out_for_an_hour() {
        let desk = desk().await;
        offered(&desk, "right").await;
        for minute in [0, 20, 30, 40] {
            assert_eq!(says(&desk, "bob", "wrong", minute * MINUTE).await, Claimed::Wrong);
        }
        assert_eq!(
            says(&desk, "bob", "wrong", 61 * MINUTE).await,
            Claimed::Wrong,
            "the first is an hour old"
        );
        assert_eq!(says(&desk, "bob", "wrong", 62 * MINUTE).await, Claimed::LockedOut);
        for minute in [63, 100, 121] {
            assert_eq!(says(&desk, "bob", "right", minute * MINUTE).await, Claimed::Silent, "{minute}");
        }
        assert_eq!(says(&desk, "eva", "wrong", 63 * MINUTE).await, Claimed::Wrong, "others are not");
        assert_eq!(
            says(&desk, "bob", "right", 62 * MINUTE - 1).await,
            Claimed::Owner,
            "the clock was set back"
        );
    }

    #[tokio::test]
    async fn a_lock_ends_and_begins_anew() {
        let desk = desk().await;
        offered(&desk, "right").await;
        for _ in 0..4 {
            says(&desk, "bob", "wrong", 0).await;
        }
        assert_eq!(says(&desk, "bob", "wrong", 0).await, Claimed::LockedOut);
        assert_eq!(says(&desk, "bob", "wrong", 60 * MINUTE - 1).await, Claimed::Silent);
        for tried in 0..4 {
            assert_eq!(says(&desk, "bob", "wrong", 60 * MINUTE).await, Claimed::Wrong, "{tried}");
        }
        assert_eq!(says(&desk, "bob", "wrong", 60 * MINUTE).await, Claimed::LockedOut);
        assert_eq!(says(&desk, "bob", "right", 120 * MINUTE).await, Claimed::Owner);
    }

    #[tokio::test]
    async fn twenty_wrong_codes_make_the_code_void_whoever_sent_them() {
        let desk = desk().await;
        offered(&desk, "right").await;
        for number in 0..19 {
            let person = format!("p{}", number % 10);
            assert_eq!(says(&desk, &person, "wrong", 1).await, Claimed::Wrong, "{number}");
        }
        assert_eq!(says(&desk, "last", "wrong", 1).await, Claimed::Void);
        assert_eq!(says(&desk, "ana", "right", 1).await, Claimed::TooLate);
        offered(&desk, "new").await;
        assert_eq!(says(&desk, "ana", "wrong", 1).await, Claimed::Wrong, "they count from anew");
        assert_eq!(says(&desk, "ana", "new", 1).await, Claimed::Owner);
    }

    #[tokio::test]
    async fn whom_the_owner_has_denied_the_code_makes_nothing() {
        let desk = desk().await;
        let mut tx = desk.store.begin().await.unwrap();
        roles::give(&mut tx, "telegram", "bob", Role::Denied, 1).await.unwrap();
        tx.commit().await.unwrap();
        offered(&desk, "right").await;
        assert_eq!(says(&desk, "bob", "right", 2).await, Claimed::Silent);
        assert_eq!(says(&desk, "ana", "right", 2).await, Claimed::Owner);
    }

    #[tokio::test]
    async fn a_code_that_others_heard_is_nobodys() {
        let desk = desk().await;
        offered(&desk, "right").await;
        let aloud = Claimant { messenger: "telegram", person: "ana", aloud: true };
        for _ in 0..30 {
            assert_eq!(said(&desk, aloud, "wrong", 1).await, Claimed::Silent);
        }
        assert_eq!(
            says(&desk, "ana", "wrong", 1).await,
            Claimed::Wrong,
            "what is said in groups does not count"
        );
        assert_eq!(said(&desk, aloud, "right", 1).await, Claimed::Silent);
        assert_eq!(says(&desk, "bob", "right", 1).await, Claimed::TooLate);
    }
}
