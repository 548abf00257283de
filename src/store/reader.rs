//! The read-only view: what intents and command lines may ask the store.

use std::time::Duration;

use sqlx::sqlite::SqlitePool;
use sqlx::{Row, sqlite::SqliteRow};

use super::StoreError;
use super::drawings::QueueRow;
use super::messages::{address, from_json};
use crate::message::{Address, Commission, Content, DrawingId, Language, MessageId, ReplyId};

/// Reads, never writes.
#[derive(Debug, Clone)]
pub struct Reader {
    pool: SqlitePool,
}

/// One turn as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptTurn {
    /// A person said it; otherwise the assistant.
    pub from_person: bool,
    /// What was said.
    pub text: String,
    /// When.
    pub at: i64,
}

/// The last picture of a lane.
#[derive(Debug, Clone, PartialEq)]
pub struct LastPicture {
    /// What was ordered.
    pub commission: Commission,
    /// When it was ordered.
    pub queued_at: i64,
}

/// The last request of a lane that was answered in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRequest {
    /// What the person said.
    pub text: String,
    /// When.
    pub at: i64,
}

/// A reply as `ask` waits for it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplyRow {
    /// Its row.
    pub id: ReplyId,
    /// What was heard in the recording that it answers.
    pub heard: Option<String>,
    /// What it holds.
    pub content: Content,
    /// Language of its phrases.
    pub language: Language,
    /// Delivered or set aside.
    pub ended: bool,
}

/// How far a message has come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ended {
    /// How it was handled, JSON.
    pub report: Option<String>,
    /// It is settled, and everything that it led to has ended.
    pub everything: bool,
    /// A drawing that it asked for failed or was cancelled.
    pub undrawn: bool,
}

/// What is not done yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenWork {
    /// Messages.
    pub answers: bool,
    /// Drawings.
    pub drawings: bool,
    /// Replies to be delivered.
    pub replies: bool,
}

/// How many rows wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    /// Messages that are not settled.
    pub messages: i64,
    /// Drawings in line or being painted.
    pub drawings: i64,
    /// Replies that have not left.
    pub replies: i64,
}

impl Reader {
    pub(super) const fn new(pool: SqlitePool) -> Self {
        Self { pool }
    }

    /// For the tables that read themselves.
    pub(super) const fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// The newest turns of the lane's conversation since `since`, oldest first, beginning with a person's.
    ///
    /// # Errors
    /// When the database fails (this and every reading below).
    pub async fn turns(&self, address: &Address, most: u32, since: i64) -> Result<Vec<KeptTurn>, StoreError> {
        let rows = sqlx::query(
            "SELECT from_person, text, at FROM turns
             WHERE lane = ?1 AND at >= ?2 AND id > coalesce((SELECT fresh_after FROM settings WHERE lane = ?1), 0)
             ORDER BY id DESC LIMIT ?3",
        )
        .bind(address.lane())
        .bind(since)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        let mut turns = rows
            .iter()
            .rev()
            .map(|row| {
                Ok(KeptTurn { from_person: row.try_get(0)?, text: row.try_get(1)?, at: row.try_get(2)? })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let whole = turns.iter().position(|turn| turn.from_person).unwrap_or(turns.len());
        turns.drain(..whole);
        Ok(turns)
    }

    /// The last drawing ordered in the lane that was not cancelled.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_picture(&self, address: &Address) -> Result<Option<LastPicture>, StoreError> {
        let row = sqlx::query("SELECT commission, queued_at FROM drawings WHERE lane = ? AND state <> 'cancelled' ORDER BY id DESC LIMIT 1")
            .bind(address.lane())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| {
            Ok(LastPicture { commission: from_json(&row, 0, "drawings")?, queued_at: row.try_get(1)? })
        })
        .transpose()
    }

    /// The last thing a person said in the lane that was answered in words.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_request(&self, address: &Address) -> Result<Option<LastRequest>, StoreError> {
        let row = sqlx::query(
            "SELECT text, at FROM turns WHERE lane = ? AND from_person = 1 ORDER BY id DESC LIMIT 1",
        )
        .bind(address.lane())
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| Ok(LastRequest { text: row.try_get(0)?, at: row.try_get(1)? })).transpose()
    }

    /// The drawing that a message asked for, and whether it still waits.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drawing_of(
        &self,
        address: &Address,
        key: &str,
    ) -> Result<Option<(DrawingId, bool)>, StoreError> {
        let row = sqlx::query(
            "SELECT id, state = 'waiting' FROM drawings WHERE lane = ? AND reply_to = ? ORDER BY id DESC LIMIT 1",
        )
        .bind(address.lane())
        .bind(key)
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| Ok((DrawingId::new(row.try_get(0)?), row.try_get(1)?))).transpose()
    }

    /// What was ordered as this drawing, in this lane.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ordered(&self, address: &Address, id: DrawingId) -> Result<Option<Commission>, StoreError> {
        let row = sqlx::query("SELECT commission FROM drawings WHERE id = ? AND lane = ?")
            .bind(id.get())
            .bind(address.lane())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| from_json(&row, 0, "drawings")).transpose()
    }

    /// Whether something was explained in the lane already.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn was_told(&self, address: &Address, key: &str) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT 1 FROM told WHERE lane = ? AND key = ?")
            .bind(address.lane())
            .bind(key)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }

    /// The line: what is painted, what waits, and (with `ended`) the newest that have ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue(&self, ended: u32) -> Result<Vec<QueueRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, address, person, commission, state, reason, queued_at FROM drawings
             WHERE state IN ('waiting', 'running')
                OR id IN (SELECT id FROM drawings WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT ?)
             ORDER BY state <> 'running', id",
        )
        .bind(ended)
        .fetch_all(&self.pool)
        .await?;
        let running =
            rows.iter().any(|row| row.try_get::<String, _>(4).is_ok_and(|state| state == "running"));
        let mut place = u32::from(!running);
        rows.iter().map(|row| queue_row(row, &mut place)).collect()
    }

    /// Milliseconds that the last drawings took, on average; `None` when none was done.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn painting_takes(&self) -> Result<Option<u64>, StoreError> {
        let row = sqlx::query(
            "SELECT avg(took) FROM (SELECT max(ended_at - started_at, 0) AS took FROM drawings
             WHERE state = 'done' AND started_at IS NOT NULL ORDER BY id DESC LIMIT 5)",
        )
        .fetch_one(&self.pool)
        .await?;
        let average: Option<f64> = row.try_get(0)?;
        Ok(average.map(|ms| Duration::from_secs_f64(ms.max(0.0) / 1_000.0)).map(crate::message::millis))
    }

    /// Replies to a message, its pictures included, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn replies_of(&self, message: MessageId) -> Result<Vec<ReplyRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, content, language, state, heard FROM replies WHERE message = ? ORDER BY id",
        )
        .bind(message.get())
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(ReplyRow {
                    id: ReplyId::new(row.try_get(0)?),
                    content: from_json(row, 1, "replies")?,
                    language: super::messages::language(row, 2)?,
                    ended: row.try_get::<String, _>(3)? != "waiting",
                    heard: row.try_get(4)?,
                })
            })
            .collect()
    }

    /// How far a message has come; `None` when there is no such message.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ended(&self, message: MessageId) -> Result<Option<Ended>, StoreError> {
        let row = sqlx::query(
            "SELECT report, state IN ('settled', 'parked')
                 AND NOT EXISTS (SELECT 1 FROM drawings d WHERE d.message = m.id AND d.state IN ('waiting', 'running'))
                 AND NOT EXISTS (SELECT 1 FROM replies r WHERE r.message = m.id AND r.state = 'waiting'),
                 EXISTS (SELECT 1 FROM drawings d WHERE d.message = m.id AND d.state IN ('failed', 'parked', 'cancelled'))
             FROM messages m WHERE id = ?",
        )
        .bind(message.get())
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| {
            Ok(Ended { report: row.try_get(0)?, everything: row.try_get(1)?, undrawn: row.try_get(2)? })
        })
        .transpose()
    }

    /// What a messenger's people still wait for.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_work(&self, messenger: &str) -> Result<OpenWork, StoreError> {
        let row = sqlx::query(
            "SELECT EXISTS (SELECT 1 FROM messages INDEXED BY messages_waiting
                            WHERE messenger = ?1 AND state IN ('new', 'taken')),
                    EXISTS (SELECT 1 FROM drawings WHERE messenger = ?1 AND state = 'waiting')
                      OR EXISTS (SELECT 1 FROM drawings WHERE messenger = ?1 AND state = 'running'),
                    EXISTS (SELECT 1 FROM replies WHERE messenger = ?1 AND state = 'waiting')",
        )
        .bind(messenger)
        .fetch_one(&self.pool)
        .await?;
        Ok(OpenWork { answers: row.try_get(0)?, drawings: row.try_get(1)?, replies: row.try_get(2)? })
    }

    /// How many rows wait, of every messenger.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn waiting(&self) -> Result<Waiting, StoreError> {
        let row = sqlx::query(
            "SELECT (SELECT count(*) FROM messages INDEXED BY messages_waiting WHERE state IN ('new', 'taken')),
                    (SELECT count(*) FROM drawings WHERE state = 'waiting')
                      + (SELECT count(*) FROM drawings WHERE state = 'running'),
                    (SELECT count(*) FROM replies WHERE state = 'waiting')",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(Waiting { messages: row.try_get(0)?, drawings: row.try_get(1)?, replies: row.try_get(2)? })
    }
}

fn queue_row(row: &SqliteRow, place: &mut u32) -> Result<QueueRow, StoreError> {
    let state: String = row.try_get(4)?;
    let unfinished = state == "waiting" || state == "running";
    let at = *place;
    if unfinished {
        *place += 1;
    }
    let commission: Commission = from_json(row, 3, "drawings")?;
    Ok(QueueRow {
        id: DrawingId::new(row.try_get(0)?),
        address: address(row, 1, "drawings")?,
        person: row.try_get(2)?,
        subject: commission.subject,
        place: unfinished.then_some(at),
        state,
        reason: row.try_get(5)?,
        queued_at: row.try_get(6)?,
    })
}
