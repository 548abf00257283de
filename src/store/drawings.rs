//! Table `drawings`: the FIFO in front of the painter.
//!
//! A claim is one statement, fenced by the boot id; the attempt is counted then. Whatever ends a drawing and the reply
//! that tells of it are one transaction.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::messages::{address, from_json, language, to_json};
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
    /// Claims the oldest waiting drawing, if none is running.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim(&self, now: i64) -> Result<Option<Claimed>, StoreError> {
        let row = sqlx::query(
            "UPDATE drawings SET state = 'running', attempt = attempt + 1, boot = ?, started_at = ?
             WHERE id = (SELECT min(id) FROM drawings WHERE state = 'waiting')
               AND NOT EXISTS (SELECT 1 FROM drawings WHERE state = 'running')
             RETURNING id, message, address, person, reply_to, language, commission, attempt",
        )
        .bind(&*self.boot)
        .bind(now)
        .fetch_optional(&self.writer)
        .await?;
        row.as_ref().map(claimed).transpose()
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

    /// Drawing done and picture reply queued, in one transaction. False when the claim was not ours any more.
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
    pub async fn drawing_given_back(&self, id: DrawingId) -> Result<(), StoreError> {
        self.back_to_line(id, 1).await
    }

    /// Back to the line, the attempt stays counted: something went wrong that may not happen again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drawing_again(&self, id: DrawingId) -> Result<(), StoreError> {
        self.back_to_line(id, 0).await
    }

    async fn back_to_line(&self, id: DrawingId, attempts_back: u32) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE drawings SET state = 'waiting', attempt = attempt - ?, boot = NULL, started_at = NULL
             WHERE id = ? AND state = 'running' AND boot = ?",
        )
        .bind(attempts_back)
        .bind(id.get())
        .bind(&*self.boot)
        .execute(&self.writer)
        .await?;
        self.bells().drawings.notify_one();
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
            "UPDATE drawings SET state = ?, picture = ?, reason = ?, ended_at = ? WHERE id = ? AND state = 'running' AND boot = ?",
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
            let reply = NewReply {
                message: claimed.message,
                drawing: Some(claimed.id),
                address: &claimed.address,
                person: &claimed.person,
                reply_to: claimed.reply_to.as_deref(),
                language: claimed.language,
                content,
            };
            replies::insert(&mut tx, &reply, now).await?;
        }
        tx.commit().await?;
        self.bells().outbox.notify_one();
        self.bells().drawings.notify_one();
        Ok(ended == 1)
    }

    /// Cancels as the owner, from the command line.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cancel_as_owner(&self, id: DrawingId, now: i64) -> Result<CancelWord, StoreError> {
        let mut tx = self.begin().await?;
        let word = cancel(&mut tx, Who::Owner, Some(id), now).await?;
        tx.commit().await?;
        self.bells().drawings.notify_one();
        Ok(word)
    }

    /// Puts a failed, parked or cancelled drawing back at the end of the line, with fresh attempts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn retry(&self, id: DrawingId, now: i64) -> Result<Option<DrawingId>, StoreError> {
        let row = sqlx::query(
            "INSERT INTO drawings (message, messenger, lane, address, person, reply_to, language, commission, queued_at)
             SELECT message, messenger, lane, address, person, reply_to, language, commission, ?
             FROM drawings WHERE id = ? AND state IN ('failed', 'parked', 'cancelled') RETURNING id",
        )
        .bind(now)
        .bind(id.get())
        .fetch_optional(&self.writer)
        .await?;
        self.bells().drawings.notify_one();
        row.map(|row| Ok(DrawingId::new(row.try_get(0)?))).transpose()
    }
}

/// Who asks for a cancel.
pub(super) enum Who<'a> {
    /// A person, in a lane of a messenger.
    Person { messenger: &'a str, person: &'a str },
    /// The owner.
    Owner,
}

/// Cancels a drawing (or the newest unfinished one of the person) inside somebody's transaction.
pub(super) async fn cancel(
    connection: &mut SqliteConnection,
    who: Who<'_>,
    id: Option<DrawingId>,
    now: i64,
) -> Result<CancelWord, StoreError> {
    let row = sqlx::query(
        "SELECT id, messenger, person, commission, state FROM drawings
         WHERE state IN ('waiting', 'running')
           AND ((?1 IS NOT NULL AND id = ?1) OR (?1 IS NULL AND messenger = ?2 AND person = ?3))
         ORDER BY id DESC LIMIT 1",
    );
    let (messenger, person) = match who {
        Who::Person { messenger, person } => (Some(messenger), Some(person)),
        Who::Owner => (None, None),
    };
    let Some(row) = row
        .bind(id.map(DrawingId::get))
        .bind(messenger)
        .bind(person)
        .fetch_optional(&mut *connection)
        .await?
    else {
        return Ok(CancelWord::Nothing);
    };
    let (id, of_messenger, of_person): (i64, String, String) =
        (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    if messenger.is_some_and(|messenger| messenger != of_messenger)
        || person.is_some_and(|person| person != of_person)
    {
        return Ok(CancelWord::NotYours);
    }
    let commission: Commission = from_json(&row, 3, "drawings")?;
    if row.try_get::<String, _>(4)? == "running" {
        sqlx::query("UPDATE drawings SET cancel = 1 WHERE id = ?").bind(id).execute(connection).await?;
        return Ok(CancelWord::Stopping(commission.subject));
    }
    sqlx::query("UPDATE drawings SET state = 'cancelled', cancel = 1, ended_at = ? WHERE id = ?")
        .bind(now)
        .bind(id)
        .execute(connection)
        .await?;
    Ok(CancelWord::Cancelled(commission.subject))
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
         RETURNING id, message, address, person, reply_to, language, commission, attempt",
    )
    .bind(now)
    .bind(boot)
    .bind(ATTEMPTS)
    .fetch_all(&mut *connection)
    .await?;
    for row in &worn {
        tell(connection, &claimed(row)?, "drawing-gave-up", now).await?;
    }
    let cancelled = sqlx::query(
        "UPDATE drawings SET state = 'cancelled', ended_at = ? WHERE state = 'running' AND boot IS NOT ? AND cancel = 1
         RETURNING id, message, address, person, reply_to, language, commission, attempt",
    )
    .bind(now)
    .bind(boot)
    .fetch_all(&mut *connection)
    .await?;
    for row in &cancelled {
        tell(connection, &claimed(row)?, "drawing-cancelled", now).await?;
    }
    sqlx::query(
        "UPDATE drawings SET state = 'waiting', boot = NULL WHERE state = 'running' AND boot IS NOT ?",
    )
    .bind(boot)
    .execute(connection)
    .await?;
    Ok(())
}

async fn tell(
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
        content: &Content::Phrases { phrases: vec![phrase] },
    };
    replies::insert(connection, &reply, now).await?;
    Ok(())
}

fn claimed(row: &SqliteRow) -> Result<Claimed, StoreError> {
    Ok(Claimed {
        id: DrawingId::new(row.try_get(0)?),
        message: row.try_get::<Option<i64>, _>(1)?.map(MessageId::new),
        address: address(row, 2, "drawings")?,
        person: row.try_get(3)?,
        reply_to: row.try_get(4)?,
        language: language(row, 5)?,
        commission: from_json(row, 6, "drawings")?,
        attempt: row.try_get(7)?,
    })
}
