//! Table `drawings`: the FIFO in front of the painter.
//!
//! A claim is one statement, fenced by the boot id; the attempt is counted then. Whatever ends a drawing and the reply
//! that tells of it are one transaction.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::forget;
use super::messages::{address, from_json, language, or_park, to_json};
use super::replies::{self, NewReply};
use super::{ATTEMPTS, Store, StoreError};
use crate::message::{Address, Commission, Content, DrawingId, Language, MessageId, Phrase, PictureReply};

/// A drawing in the painter's hands.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// Its row.
    pub id: DrawingId,
    /// The message that asked for it.
    pub message: Option<MessageId>,
    /// Where the picture goes.
    pub address: Address,
    /// The requester.
    pub person: String,
    /// Remote key of the request.
    pub reply_to: Option<String>,
    /// The language of what is said about it.
    pub language: Language,
    /// What was ordered.
    pub commission: Commission,
    /// 1 the first time.
    pub attempt: u32,
    /// When it was asked for.
    pub queued_at: i64,
}

/// One row of the line as `queue list` and the positions show it.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueRow {
    /// Its row.
    pub id: DrawingId,
    /// Where the picture goes.
    pub address: Address,
    /// The requester.
    pub person: String,
    /// What was ordered, in the requester's words.
    pub subject: String,
    /// `waiting`, `running`, or how it ended.
    pub state: String,
    /// 0 is being painted, 1 is next; `None` once it has ended.
    pub place: Option<u32>,
    /// Why it failed or was parked.
    pub reason: Option<String>,
    /// When it was queued.
    pub queued_at: i64,
}

impl Claimed {
    /// Name of its picture's file in the media folder: the same again when it is painted again, and no other drawing's,
    /// not even of a database that lay here before (the moment of the request stands in it).
    #[must_use]
    pub fn file(&self) -> String {
        file_of(self.id.get(), self.queued_at, &self.commission)
    }
}

/// Name of a drawing's file.
pub(super) fn file_of(id: i64, queued_at: i64, commission: &Commission) -> String {
    format!("{id}-{queued_at}-{}.png", commission.seed)
}

impl Store {
    /// Claims the oldest waiting drawing, if none is running.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim(&self, now: i64) -> Result<Option<Claimed>, StoreError> {
        loop {
            // In a transaction of its own: a statement that returns rows hides the error of its own commit (a full disk).
            let mut tx = self.begin().await?;
            let row = sqlx::query(
                "UPDATE drawings SET state = 'running', attempt = attempt + 1, boot = ?, started_at = ?
                 WHERE id = (SELECT min(id) FROM drawings WHERE state = 'waiting')
                   AND NOT EXISTS (SELECT 1 FROM drawings WHERE state = 'running')
                 RETURNING id, message, address, person, reply_to, language, commission, attempt, queued_at",
            )
            .bind(&*self.boot)
            .bind(now)
            .fetch_optional(&mut *tx)
            .await?;
            let found = row.as_ref().map(claimed).transpose();
            let found = or_park(found, row.as_ref(), "drawings", &mut tx).await?;
            tx.commit().await?;
            if let Some(found) = found {
                return Ok(found);
            }
        }
    }

    /// Whether somebody asked for this drawing to stop.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn wants_cancel(&self, id: DrawingId) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT cancel FROM drawings WHERE id = ?")
            .bind(id.get())
            .fetch_optional(&self.readers)
            .await?;
        Ok(match row {
            Some(row) => row.try_get(0)?,
            None => true,
        })
    }

    /// Drawing done and picture reply queued, in one transaction. False when the claim was not ours any more, or somebody
    /// has cancelled it meanwhile.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn painted(
        &self,
        claimed: &Claimed,
        picture: PictureReply,
        now: i64,
    ) -> Result<bool, StoreError> {
        let json = to_json(&picture, "drawings")?;
        self.end(claimed, "done", Some(&json), None, &Content::Picture(picture), now).await
    }

    /// Drawing failed for good, and the requester told.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn failed(
        &self,
        claimed: &Claimed,
        phrase: Phrase,
        reason: &str,
        now: i64,
    ) -> Result<bool, StoreError> {
        self.end(claimed, "failed", None, Some(reason), &Content::Phrases { phrases: vec![phrase] }, now)
            .await
    }

    /// Drawing cancelled while it was painted, and the requester told.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drawing_cancelled(&self, claimed: &Claimed, now: i64) -> Result<bool, StoreError> {
        let phrase = Phrase::new("drawing-cancelled").with("subject", claimed.commission.subject.clone());
        self.end(claimed, "cancelled", None, None, &Content::Phrases { phrases: vec![phrase] }, now).await
    }

    /// Back to the line with its attempt: the house stops politely.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drawing_given_back(&self, claimed: &Claimed, now: i64) -> Result<(), StoreError> {
        self.back_to_line(claimed, 1, now).await
    }

    /// Back to the line, the attempt stays counted: something went wrong that may not happen again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drawing_again(&self, claimed: &Claimed, now: i64) -> Result<(), StoreError> {
        self.back_to_line(claimed, 0, now).await
    }

    /// One that somebody has cancelled meanwhile ends here instead.
    async fn back_to_line(&self, claimed: &Claimed, attempts_back: u32, now: i64) -> Result<(), StoreError> {
        let back = sqlx::query(
            "UPDATE drawings SET state = 'waiting', attempt = attempt - ?, boot = NULL, started_at = NULL
             WHERE id = ? AND state = 'running' AND boot = ? AND cancel = 0",
        )
        .bind(attempts_back)
        .bind(claimed.id.get())
        .bind(&*self.boot)
        .execute(&self.writer)
        .await?
        .rows_affected();
        if back == 0 {
            self.drawing_cancelled(claimed, now).await?;
        }
        self.bells().drawings.notify_one();
        Ok(())
    }

    /// A picture's file is about to be written: should nobody ever say that it is done, it is to be deleted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn writes(&self, claimed: &Claimed) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        forget::doom(&mut tx, &claimed.file()).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn end(
        &self,
        claimed: &Claimed,
        state: &str,
        picture: Option<&str>,
        reason: Option<&str>,
        content: &Content,
        now: i64,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let ended = sqlx::query(
            "UPDATE drawings SET state = ?1, picture = ?2, reason = ?3, ended_at = ?4
             WHERE id = ?5 AND state = 'running' AND boot = ?6 AND (?2 IS NULL OR cancel = 0)",
        )
        .bind(state)
        .bind(picture)
        .bind(reason)
        .bind(now)
        .bind(claimed.id.get())
        .bind(&*self.boot)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if ended == 1 {
            if picture.is_some() {
                forget::spare(&mut tx, &claimed.file()).await?;
            }
            let reply = NewReply {
                message: claimed.message,
                drawing: Some(claimed.id),
                address: &claimed.address,
                person: &claimed.person,
                reply_to: claimed.reply_to.as_deref(),
                language: claimed.language,
                heard: None,
                content,
            };
            replies::insert(&mut tx, &reply, now).await?;
        }
        tx.commit().await?;
        self.bells().outbox.notify_one();
        self.bells().drawings.notify_one();
        Ok(ended == 1)
    }

    /// Puts a failed, parked or cancelled drawing back at the end of the line, once, with fresh attempts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn retry(&self, id: DrawingId, now: i64) -> Result<Option<DrawingId>, StoreError> {
        let mut tx = self.begin().await?;
        let row = sqlx::query(
            "INSERT INTO drawings (message, messenger, lane, address, person, reply_to, language, commission, queued_at)
             SELECT message, messenger, lane, address, person, reply_to, language, commission, ?
             FROM drawings WHERE id = ? AND state IN ('failed', 'parked', 'cancelled') AND retried IS NULL RETURNING id",
        )
        .bind(now)
        .bind(id.get())
        .fetch_optional(&mut *tx)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let again: i64 = row.try_get(0)?;
        sqlx::query("UPDATE drawings SET retried = ? WHERE id = ?")
            .bind(again)
            .bind(id.get())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        self.bells().drawings.notify_one();
        Ok(Some(DrawingId::new(again)))
    }
}

/// Drawings in the hands of processes that died.
pub(super) async fn take_back(
    connection: &mut SqliteConnection,
    boot: &str,
    now: i64,
) -> Result<(), StoreError> {
    let worn = sqlx::query(
        "UPDATE drawings SET state = 'parked', reason = 'the house died over it', ended_at = ?
         WHERE state = 'running' AND boot IS NOT ? AND attempt >= ? AND cancel = 0
         RETURNING id, message, address, person, reply_to, language, commission, attempt, queued_at",
    )
    .bind(now)
    .bind(boot)
    .bind(ATTEMPTS)
    .fetch_all(&mut *connection)
    .await?;
    for row in &worn {
        tell_of(connection, row, "drawing-gave-up", now).await?;
    }
    let cancelled = sqlx::query(
        "UPDATE drawings SET state = 'cancelled', ended_at = ? WHERE state = 'running' AND boot IS NOT ? AND cancel = 1
         RETURNING id, message, address, person, reply_to, language, commission, attempt, queued_at",
    )
    .bind(now)
    .bind(boot)
    .fetch_all(&mut *connection)
    .await?;
    for row in &cancelled {
        tell_of(connection, row, "drawing-cancelled", now).await?;
    }
    sqlx::query(
        "UPDATE drawings SET state = 'waiting', boot = NULL WHERE state = 'running' AND boot IS NOT ?",
    )
    .bind(boot)
    .execute(connection)
    .await?;
    Ok(())
}

/// Tells the requester, unless the row cannot be read.
pub(super) async fn tell_of(
    connection: &mut SqliteConnection,
    row: &SqliteRow,
    key: &str,
    now: i64,
) -> Result<(), StoreError> {
    match or_park(claimed(row), Some(row), "drawings", connection).await? {
        Some(drawing) => tell(connection, &drawing, key, now).await,
        None => Ok(()),
    }
}

pub(super) async fn tell(
    connection: &mut SqliteConnection,
    drawing: &Claimed,
    key: &str,
    now: i64,
) -> Result<(), StoreError> {
    let phrase = Phrase::new(key).with("subject", drawing.commission.subject.clone());
    let reply = NewReply {
        message: drawing.message,
        drawing: Some(drawing.id),
        address: &drawing.address,
        person: &drawing.person,
        reply_to: drawing.reply_to.as_deref(),
        language: drawing.language,
        heard: None,
        content: &Content::Phrases { phrases: vec![phrase] },
    };
    replies::insert(connection, &reply, now).await?;
    Ok(())
}

pub(super) fn claimed(row: &SqliteRow) -> Result<Claimed, StoreError> {
    Ok(Claimed {
        id: DrawingId::new(row.try_get(0)?),
        message: row.try_get::<Option<i64>, _>(1)?.map(MessageId::new),
        address: address(row, 2, "drawings")?,
        person: row.try_get(3)?,
        reply_to: row.try_get(4)?,
        language: language(row, 5)?,
        commission: from_json(row, 6, "drawings")?,
        attempt: row.try_get(7)?,
        queued_at: row.try_get(8)?,
    })
}
