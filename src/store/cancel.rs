//! Cancelling a drawing, waiting or running: by its requester, by the owner in a chat, by the owner at the command line.
//!
//! A waiting one ends here; a running one gets its cancel column set, which the painter reads between steps. A requester
//! whose drawing somebody else cancelled is told.

use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use super::drawings::{Claimed, claimed, tell};
use super::{Store, StoreError, recordings};
use crate::message::{DrawingId, MessageId, Phrase, Which};

/// What a request to cancel came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelWord {
    /// There is nothing to cancel.
    Nothing,
    /// It belongs to somebody else.
    NotYours,
    /// It waited and is gone.
    Cancelled(String),
    /// It is being painted and stops at the next step.
    Stopping(String),
}

impl Store {
    /// Whoever sent a message has gone and reads nothing more: it is settled, its recording is not waited for, its
    /// drawings are cancelled, its replies parked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn abandon(&self, message: MessageId, now: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        recordings::give_up(&mut tx, "id = ?", &message.to_string(), &Phrase::new("stopping")).await?;
        for sql in [
            "UPDATE messages SET state = 'settled', settled_at = ?1, reason = 'nobody waits for it'
             WHERE id = ?2 AND state IN ('new', 'taken')",
            "UPDATE drawings SET state = 'cancelled', cancel = 1, ended_at = ?1 WHERE message = ?2 AND state = 'waiting'",
            "UPDATE drawings SET cancel = 1 WHERE message = ?2 AND state = 'running' AND ?1 = ?1",
            "UPDATE replies SET state = 'parked', ended_at = ?1, reason = 'nobody waits for it'
             WHERE message = ?2 AND state = 'waiting'",
        ] {
            sqlx::query(sql).bind(now).bind(message.get()).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        self.bells().drawings.notify_one();
        Ok(())
    }

    /// Cancels as the owner, from the command line; the requester is told.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cancel_as_owner(&self, id: DrawingId, now: i64) -> Result<CancelWord, StoreError> {
        let mut tx = self.begin().await?;
        let word = match unfinished(&mut tx, "id = ?", &[Bind::Number(id.get())]).await? {
            Some((drawing, running)) => {
                if !running {
                    tell(&mut tx, &drawing, "drawing-cancelled", now).await?;
                }
                cancel_it(&mut tx, drawing, running, now).await?
            }
            None => CancelWord::Nothing,
        };
        tx.commit().await?;
        self.bells().drawings.notify_one();
        self.bells().outbox.notify_one();
        Ok(word)
    }
}

/// Who asks for a cancel.
pub(super) struct Who<'a> {
    pub(super) messenger: &'a str,
    pub(super) person: &'a str,
    /// May cancel anybody's.
    pub(super) owner: bool,
    /// The lane where it is asked for, when several people hear the answer: what was ordered elsewhere is not named there.
    pub(super) lane: Option<&'a str>,
}

/// Cancels a drawing inside somebody's transaction. A requester whose drawing somebody else cancelled is told.
pub(super) async fn cancel(
    connection: &mut SqliteConnection,
    who: Who<'_>,
    which: Which,
    now: i64,
) -> Result<CancelWord, StoreError> {
    let found = match which {
        Which::Newest => {
            let (lane, any) = who.lane.map_or(("", 1), |lane| (lane, 0));
            let mine =
                [Bind::Text(who.messenger), Bind::Text(who.person), Bind::Text(lane), Bind::Number(any)];
            let sql = "messenger = ? AND person = ? AND (lane = ? OR 1 = ?) ORDER BY id DESC";
            unfinished(connection, sql, &mine).await?
        }
        Which::At(0) => unfinished(connection, "state = 'running'", &[]).await?,
        Which::At(place) => {
            let before = [Bind::Number(i64::from(place) - 1)];
            unfinished(connection, "state = 'waiting' ORDER BY id LIMIT 1 OFFSET ?", &before).await?
        }
        Which::Under(id) => unfinished(connection, "id = ?", &[Bind::Number(id.get())]).await?,
    };
    let Some((mut drawing, running)) = found else { return Ok(CancelWord::Nothing) };
    let mine = drawing.address.messenger == who.messenger && drawing.person == who.person;
    if !mine && !who.owner {
        return Ok(CancelWord::NotYours);
    }
    // Where a message says that it waits, that one says how it ended, too. Under a button that is what is said anyway.
    let said = matches!(which, Which::Under(_));
    if !said && !running && (!mine || has_placeholder(connection, drawing.id).await?) {
        tell(connection, &drawing, "drawing-cancelled", now).await?;
    }
    if who.lane.is_some_and(|lane| lane != drawing.address.lane()) {
        drawing.commission.subject = format!("№ {}", drawing.id);
    }
    cancel_it(connection, drawing, running, now).await
}

async fn has_placeholder(connection: &mut SqliteConnection, id: DrawingId) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT placeholder IS NOT NULL FROM drawings WHERE id = ?")
        .bind(id.get())
        .fetch_one(connection)
        .await?;
    Ok(row.try_get(0)?)
}

enum Bind<'a> {
    Number(i64),
    Text(&'a str),
}

/// The first unfinished drawing of a condition, and whether it is being painted.
async fn unfinished(
    connection: &mut SqliteConnection,
    condition: &str,
    binds: &[Bind<'_>],
) -> Result<Option<(Claimed, bool)>, StoreError> {
    let sql = format!(
        "SELECT id, message, address, person, reply_to, language, commission, attempt, queued_at, state = 'running'
         FROM drawings WHERE state IN ('waiting', 'running') AND {condition}"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for bind in binds {
        query = match bind {
            Bind::Number(number) => query.bind(*number),
            Bind::Text(text) => query.bind(*text),
        };
    }
    let row = query.fetch_optional(connection).await?;
    row.map(|row| Ok((claimed(&row)?, row.try_get(9)?))).transpose()
}

async fn cancel_it(
    connection: &mut SqliteConnection,
    drawing: Claimed,
    running: bool,
    now: i64,
) -> Result<CancelWord, StoreError> {
    if running {
        sqlx::query("UPDATE drawings SET cancel = 1 WHERE id = ?")
            .bind(drawing.id.get())
            .execute(connection)
            .await?;
        return Ok(CancelWord::Stopping(drawing.commission.subject));
    }
    sqlx::query("UPDATE drawings SET state = 'cancelled', cancel = 1, ended_at = ? WHERE id = ?")
        .bind(now)
        .bind(drawing.id.get())
        .execute(&mut *connection)
        .await?;
    Ok(CancelWord::Cancelled(drawing.commission.subject))
}

#[cfg(test)]
mod tests {
    use super::super::Accepted;
    use super::super::tests::{cat, desk, says, settlement};
    use crate::message::Outcome;

    #[tokio::test]
    async fn what_nobody_waits_for_is_not_done() {
        let desk = desk().await;
        let Accepted::New(id) =
            desk.store.accept(&says("c", "ana", "m:1", "cat"), "{}", false, 1).await.unwrap()
        else {
            panic!("new")
        };
        let taken = desk.store.take(&["console"]).await.unwrap().unwrap();
        desk.store.settle(settlement(&taken, Outcome::Draw(cat()), 2)).await.unwrap().unwrap();
        desk.store.abandon(id, 3).await.unwrap();
        assert_eq!(desk.store.claim(4).await.unwrap(), None);
        assert_eq!(desk.store.next_reply(&["console"], &[], 4).await.unwrap(), None);
        assert!(desk.store.reader().ended(id).await.unwrap().unwrap().everything);
    }
}
