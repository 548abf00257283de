//! Tables `replies` and `parts`: the outbox.

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use super::messages::{address, from_json, language, or_park, to_json};
use super::{Store, StoreError, placeholders};
use crate::message::{Address, Content, DrawingId, Language, MessageId, ReplyId};

/// A reply about to be queued.
pub(super) struct NewReply<'a> {
    pub(super) message: Option<MessageId>,
    pub(super) drawing: Option<DrawingId>,
    pub(super) address: &'a Address,
    pub(super) person: &'a str,
    pub(super) reply_to: Option<&'a str>,
    pub(super) language: Language,
    /// What was heard in the recording that it answers.
    pub(super) heard: Option<&'a str>,
    pub(super) content: &'a Content,
}

/// A reply whose time has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    /// Its row.
    pub reply: ReplyId,
    /// Where it goes.
    pub address: Address,
    /// The language of its phrases.
    pub language: Language,
    /// Remote key of what it answers.
    pub reply_to: Option<String>,
    /// What was heard in the recording that it answers.
    pub heard: Option<String>,
    /// What it holds.
    pub content: Content,
    /// The message that it answers.
    pub message: Option<MessageId>,
    /// The drawing that it tells of.
    pub drawing: Option<DrawingId>,
    /// Remote key of the message that it answers; a pressed button has one of its own.
    pub key: Option<String>,
    /// What it takes the place of.
    pub replaces: Option<String>,
    /// Milliseconds since its drawing was asked for, when it was queued.
    pub waited: Option<i64>,
    /// Parts that were confirmed already, in order.
    pub parts_sent: u32,
    /// Failed attempts so far.
    pub attempt: u32,
    /// How often in a row its next part was sent without anybody knowing whether it arrived.
    pub unknown: u32,
}

/// What a part became outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Its number, from 0.
    pub part: u32,
    /// Nothing follows it.
    pub last: bool,
    /// The service's id of it.
    pub remote: String,
    /// It can be replaced later, and may stand for what is still to come.
    pub stands: bool,
    /// It was nothing but the end of what it replaced.
    pub gone: bool,
}

impl Left {
    /// The only part, or the last one, of a reply that is never edited.
    #[must_use]
    pub fn last(part: u32, remote: &str) -> Self {
        Self { part, last: true, remote: remote.to_owned(), stands: false, gone: false }
    }
}

impl Store {
    /// The oldest waiting reply of each lane, if its time has come; the earliest of them, `but` for some lanes. Order in
    /// a lane is kept: a reply that waits holds back the ones behind it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_reply(
        &self,
        messengers: &[&str],
        but: &[String],
        now: i64,
    ) -> Result<Option<Due>, StoreError> {
        // With nobody to deliver to, the index below answers no question, and SQLite says so.
        if messengers.is_empty() {
            return Ok(None);
        }
        let marks = vec!["?"; messengers.len()].join(", ");
        let others = vec!["?"; but.len()].join(", ");
        // By itself SQLite goes through all replies in the order of their ids, and what waits stands at the end.
        let sql = format!(
            "SELECT r.id, r.address, r.language, r.reply_to, r.content, r.attempt,
                    (SELECT count(*) FROM parts p WHERE p.reply = r.id), r.heard, r.message, r.drawing,
                    coalesce(r.takes, d.placeholder, m.placeholder), r.created_at - d.queued_at, m.key, r.unknown
             FROM replies r INDEXED BY replies_waiting
             LEFT JOIN drawings d ON d.id = r.drawing LEFT JOIN messages m ON m.id = r.message
             WHERE r.state = 'waiting' AND (r.next_at <= ? OR r.put_off_at > ?) AND r.messenger IN ({marks})
               AND r.lane NOT IN ({others})
               AND r.id = (SELECT min(o.id) FROM replies o WHERE o.lane = r.lane AND o.state = 'waiting')
             ORDER BY r.id LIMIT 1"
        );
        loop {
            let mut query = sqlx::query(AssertSqlSafe(sql.clone())).bind(now).bind(now);
            for messenger in messengers {
                query = query.bind(*messenger);
            }
            for lane in but {
                query = query.bind(lane);
            }
            let Some(row) = query.fetch_optional(&self.readers).await? else { return Ok(None) };
            match due(&row) {
                Err(StoreError::Row { .. }) => {}
                due => return due.map(Some),
            }
            let mut tx = self.begin().await?;
            or_park(due(&row), Some(&row), "replies", &mut tx).await?;
            placeholders::refused(&mut tx, ReplyId::new(row.try_get(0)?), now).await?;
            tx.commit().await?;
        }
    }

    /// Notes that a part was confirmed; with the last one the reply is done. False when the reply is gone: somebody said
    /// /forget while the part was on its way, and nothing more of it is to leave.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn part_sent(&self, reply: ReplyId, left: &Left, now: i64) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let there = sqlx::query(
            "UPDATE replies SET state = iif(?1, 'sent', state), ended_at = iif(?1, ?2, ended_at), unknown = 0 WHERE id = ?3",
        )
        .bind(left.last)
        .bind(now)
        .bind(reply.get())
        .execute(&mut *tx)
        .await?;
        if there.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO parts (reply, part, remote, sent_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(reply.get())
        .bind(left.part)
        .bind(&left.remote)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        if left.gone {
            placeholders::gone(&mut tx, reply).await?;
        } else if left.stands && left.part == 0 {
            placeholders::taken_by(&mut tx, reply, &left.remote, now).await?;
            if left.last {
                placeholders::handed_on(&mut tx, reply, &left.remote).await?;
            }
        }
        tx.commit().await?;
        self.bells().outbox.notify_one();
        Ok(true)
    }

    /// Whether a refusal need not be said because a later reply says the same to the same person, who has asked again
    /// meanwhile: that one answers both, and this one is done.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_said_later(&self, reply: ReplyId, now: i64) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE replies SET state = 'sent', ended_at = ?2, reason = 'said once for several'
             WHERE id = ?1 AND heard IS NULL AND takes IS NULL
               AND (SELECT placeholder FROM messages WHERE id = replies.message) IS NULL
               AND (SELECT json_extract(report, '$.failed') FROM messages WHERE id = replies.message)
               AND EXISTS (SELECT 1 FROM replies o JOIN messages m ON m.id = o.message
                           WHERE o.lane = replies.lane AND o.state = 'waiting' AND o.id > replies.id
                             AND o.person = replies.person AND o.language = replies.language
                             AND o.content = replies.content AND o.drawing IS NULL AND o.heard IS NULL
                             AND json_extract(m.report, '$.failed'))",
        )
        .bind(reply.get())
        .bind(now)
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Tries a reply again after `wait` milliseconds: `doubtful`, when nobody knows whether it arrived.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reply_later(
        &self,
        reply: ReplyId,
        wait: i64,
        doubtful: bool,
        now: i64,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE replies SET attempt = attempt + 1 - ?1, unknown = unknown + ?1, next_at = ?2, put_off_at = ?3 WHERE id = ?4",
        )
        .bind(doubtful)
        .bind(now.saturating_add(wait))
        .bind(now)
        .bind(reply.get())
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Sets a reply aside for good, with the reason. Where it has `not_come` for sure, whoever waits for it is told, in the
    /// place of what stood for it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn park_reply(
        &self,
        reply: ReplyId,
        reason: &str,
        not_come: bool,
        now: i64,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE replies SET state = 'parked', reason = ?, ended_at = ? WHERE id = ? AND state = 'waiting'";
        let parked = sqlx::query(sql).bind(reason).bind(now).bind(reply.get()).execute(&mut *tx).await?;
        // Two may write down the same refusal: it is told once.
        if not_come && parked.rows_affected() == 1 {
            placeholders::refused(&mut tx, reply, now).await?;
        }
        tx.commit().await?;
        self.bells().outbox.notify_one();
        Ok(())
    }
}

fn due(row: &SqliteRow) -> Result<Due, StoreError> {
    Ok(Due {
        reply: ReplyId::new(row.try_get(0)?),
        address: address(row, 1, "replies")?,
        language: language(row, 2)?,
        reply_to: row.try_get(3)?,
        content: from_json(row, 4, "replies")?,
        attempt: row.try_get(5)?,
        parts_sent: row.try_get(6)?,
        heard: row.try_get(7)?,
        message: row.try_get::<Option<i64>, _>(8)?.map(MessageId::new),
        drawing: row.try_get::<Option<i64>, _>(9)?.map(DrawingId::new),
        replaces: row.try_get(10)?,
        waited: row.try_get(11)?,
        key: row.try_get(12)?,
        unknown: row.try_get(13)?,
    })
}

/// Queues a reply inside somebody's transaction.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    reply: &NewReply<'_>,
    now: i64,
) -> Result<ReplyId, StoreError> {
    let row = sqlx::query(
        "INSERT INTO replies (message, drawing, messenger, lane, address, person, reply_to, language, heard, content, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
    )
    .bind(reply.message.map(MessageId::get))
    .bind(reply.drawing.map(DrawingId::get))
    .bind(&reply.address.messenger)
    .bind(reply.address.lane())
    .bind(to_json(reply.address, "replies")?)
    .bind(reply.person)
    .bind(reply.reply_to)
    .bind(reply.language.code())
    .bind(reply.heard)
    .bind(to_json(reply.content, "replies")?)
    .bind(now)
    .fetch_one(connection)
    .await?;
    Ok(ReplyId::new(row.try_get(0)?))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{desk, says, settlement};
    use super::Left;
    use crate::message::{Content, Outcome, Phrase};

    #[tokio::test]
    async fn a_refusal_is_told_once_and_its_own_is_not_told() {
        let desk = desk().await;
        desk.store.accept(&says("c", "ana", "m:1", "hi"), "{}", false, 1).await.unwrap();
        let taken = desk.store.take(&["console"]).await.unwrap().unwrap();
        let outcome = Outcome::Say { content: Content::Text { text: "hello".into() }, remember: None };
        desk.store.settle(settlement(&taken, outcome, 2)).await.unwrap().unwrap();
        let next = async || desk.store.next_reply(&["console"], &[], 3).await.unwrap();
        let refused = next().await.unwrap().reply;
        for _ in 0..2 {
            desk.store.park_reply(refused, "no", true, 3).await.unwrap();
        }
        let told = next().await.unwrap();
        assert_eq!(told.content, Content::Phrases { phrases: vec![Phrase::new("not-sent")] });
        desk.store.park_reply(told.reply, "no", true, 3).await.unwrap();
        assert_eq!(next().await, None);
    }

    #[tokio::test]
    async fn a_placeholder_that_comes_after_the_first_part_stands_for_nothing() {
        let desk = desk().await;
        desk.store.accept(&says("c", "ana", "m:1", "hi"), "{}", false, 1).await.unwrap();
        let taken = desk.store.take(&["console"]).await.unwrap().unwrap();
        let outcome = Outcome::Say { content: Content::Text { text: "hello".into() }, remember: None };
        desk.store.settle(settlement(&taken, outcome, 2)).await.unwrap().unwrap();
        let reply = desk.store.next_reply(&["console"], &[], 3).await.unwrap().unwrap().reply;
        assert!(desk.store.stands(taken.id, "7").await.unwrap(), "nothing has left yet");
        desk.store.nothing_stands(reply).await.unwrap();
        let first = Left { part: 0, remote: "8".into(), last: false, stands: true, gone: false };
        assert!(desk.store.part_sent(reply, &first, 4).await.unwrap());
        assert!(!desk.store.stands(taken.id, "9").await.unwrap());
    }

    #[tokio::test]
    async fn a_reply_waits_while_there_is_nobody_to_deliver_it() {
        let desk = desk().await;
        desk.store.accept(&says("c", "ana", "m:1", "hi"), "{}", false, 1).await.unwrap();
        let taken = desk.store.take(&["console"]).await.unwrap().unwrap();
        let outcome = Outcome::Say { content: Content::Text { text: "hello".into() }, remember: None };
        desk.store.settle(settlement(&taken, outcome, 2)).await.unwrap().unwrap();
        assert_eq!(desk.store.next_reply(&[], &[], 3).await.unwrap(), None);
        assert!(desk.store.next_reply(&["console"], &[], 3).await.unwrap().is_some());
    }
}
