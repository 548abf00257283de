//! Placeholders: the one message that stands for a reply, from the first sign of life to the end, where a messenger can
//! edit. Columns `placeholder` of `messages` and `drawings`; whatever is delivered next takes its place.

use sqlx::{Row, SqliteConnection};

use super::messages::{address, from_json, language, to_json};
use super::{Store, StoreError};
use crate::message::{
    Address, Commission, Content, Language, Message, MessageId, Phrase, ReplyId, Settings, Task,
};

/// What somebody works at, as far as showing its progress needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnderWay {
    /// The message that stands for what will come.
    pub placeholder: Option<String>,
    /// Nothing stands yet, and something said earlier in its lane is still to leave: what stood now would stand above it.
    pub behind: bool,
    /// Remote key of the request.
    pub reply_to: Option<String>,
    /// The language to say it in.
    pub language: Option<Language>,
    /// What is drawn.
    pub subject: Option<String>,
}

impl Store {
    /// How a task stands; `None` when it has ended, and there is nothing to show of it any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn under_way(&self, task: Task) -> Result<Option<UnderWay>, StoreError> {
        match task {
            Task::Message(id) => {
                let row = sqlx::query(
                    "SELECT m.message, m.placeholder, coalesce(s.chosen, '{}'), m.placeholder IS NULL
                       AND EXISTS (SELECT 1 FROM replies r WHERE r.lane = m.lane AND r.state = 'waiting') FROM messages m
                     LEFT JOIN settings s ON s.lane = m.lane WHERE m.id = ? AND m.state = 'taken'",
                )
                .bind(id.get())
                .fetch_optional(&self.readers)
                .await?;
                let Some(row) = row else { return Ok(None) };
                let message: Message = from_json(&row, 0, "messages")?;
                let settings: Settings = from_json(&row, 2, "settings")?;
                Ok(Some(UnderWay {
                    placeholder: row.try_get(1)?,
                    behind: row.try_get(3)?,
                    reply_to: Some(message.request().to_owned()),
                    language: settings.language.or(message.from.language),
                    subject: None,
                }))
            }
            Task::Drawing(id) => {
                let row = sqlx::query(
                    "SELECT placeholder, reply_to, language, commission FROM drawings WHERE id = ? AND state IN ('waiting', 'running')",
                )
                .bind(id.get())
                .fetch_optional(&self.readers)
                .await?;
                let Some(row) = row else { return Ok(None) };
                Ok(Some(UnderWay {
                    placeholder: row.try_get(0)?,
                    behind: false,
                    reply_to: row.try_get(1)?,
                    language: Some(language(&row, 2)?),
                    subject: Some(from_json::<Commission>(&row, 3, "drawings")?.subject),
                }))
            }
        }
    }

    /// A placeholder stands for the reply to a message from now on. False when nothing is to come any more, or when what
    /// comes has begun to come without it.
    ///
    /// # Errors
    /// When the database fails (this and the next ones).
    pub async fn stands(&self, message: MessageId, remote: &str) -> Result<bool, StoreError> {
        let kept = sqlx::query(
            "UPDATE messages SET placeholder = ?1 WHERE id = ?2 AND placeholder IS NULL
               AND (state = 'taken' OR EXISTS (SELECT 1 FROM replies r WHERE r.message = ?2 AND r.state = 'waiting'
                   AND NOT EXISTS (SELECT 1 FROM parts p WHERE p.reply = r.id)))",
        )
        .bind(remote)
        .bind(message.get())
        .execute(&self.writer)
        .await?;
        Ok(kept.rows_affected() == 1)
    }

    /// A message of ours that stands for nothing is taken away.
    pub async fn withdraw(
        &self,
        address: &Address,
        remote: &str,
        language: Language,
        now: i64,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        withdraw(&mut tx, &Remnant { address: address.clone(), remote: remote.to_owned(), language }, now)
            .await?;
        tx.commit().await?;
        self.bells().outbox.notify_one();
        Ok(())
    }

    /// What a reply takes the place of.
    pub async fn replaces(&self, reply: ReplyId) -> Result<Option<String>, StoreError> {
        let row = sqlx::query(
            "SELECT coalesce(r.takes, d.placeholder, m.placeholder) FROM replies r
             LEFT JOIN drawings d ON d.id = r.drawing LEFT JOIN messages m ON m.id = r.message WHERE r.id = ?",
        )
        .bind(reply.get())
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?.flatten())
    }

    /// A reply leaves what it should have taken the place of: that goes after it.
    pub async fn leaves(&self, reply: ReplyId, now: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO replies (messenger, lane, address, person, language, content, created_at, takes)
             SELECT r.messenger, r.lane, r.address, '', r.language, ?2, ?3, coalesce(r.takes, d.placeholder, m.placeholder)
             FROM replies r LEFT JOIN drawings d ON d.id = r.drawing LEFT JOIN messages m ON m.id = r.message
             WHERE r.id = ?1 AND coalesce(r.takes, d.placeholder, m.placeholder) IS NOT NULL",
        )
        .bind(reply.get())
        .bind(to_json(&Content::Nothing, "replies")?)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        nothing_stands(&mut tx, reply).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What should have been replaced is not there any more: the reply comes as something new.
    pub async fn nothing_stands(&self, reply: ReplyId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        nothing_stands(&mut tx, reply).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The same of a task whose progress is shown, if that is still what stands for it.
    pub async fn nothing_stands_for(&self, task: Task, gone: &str) -> Result<(), StoreError> {
        let (sql, id) = match task {
            Task::Message(id) => {
                ("UPDATE messages SET placeholder = NULL WHERE id = ? AND placeholder = ?", id.get())
            }
            Task::Drawing(id) => {
                ("UPDATE drawings SET placeholder = NULL WHERE id = ? AND placeholder = ?", id.get())
            }
        };
        sqlx::query(sql).bind(id).bind(gone).execute(&self.writer).await?;
        Ok(())
    }
}

/// See [`Store::nothing_stands`].
async fn nothing_stands(connection: &mut SqliteConnection, reply: ReplyId) -> Result<(), StoreError> {
    for sql in [
        "UPDATE replies SET takes = NULL WHERE id = ?",
        "UPDATE messages SET placeholder = NULL WHERE id = (SELECT message FROM replies WHERE id = ?)",
        "UPDATE drawings SET placeholder = NULL WHERE id = (SELECT drawing FROM replies WHERE id = ?)",
    ] {
        sqlx::query(sql).bind(reply.get()).execute(&mut *connection).await?;
    }
    Ok(())
}

/// The first part of a reply has left, as `remote`: it has taken the placeholder's place. That of a drawing which is not
/// done, or whose picture is still to leave, is the placeholder now.
pub(super) async fn taken_by(
    connection: &mut SqliteConnection,
    reply: ReplyId,
    remote: &str,
    now: i64,
) -> Result<(), StoreError> {
    // One that came to stand meanwhile stands for nothing.
    sqlx::query(
        "INSERT INTO replies (messenger, lane, address, person, language, content, created_at, takes)
         SELECT r.messenger, r.lane, r.address, '', r.language, ?2, ?3, m.placeholder
         FROM replies r JOIN messages m ON m.id = r.message WHERE r.id = ?1 AND m.placeholder <> ?4",
    )
    .bind(reply.get())
    .bind(to_json(&Content::Nothing, "replies")?)
    .bind(now)
    .bind(remote)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "UPDATE messages SET placeholder = NULL WHERE id = (SELECT message FROM replies WHERE id = ?)",
    )
    .bind(reply.get())
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "UPDATE drawings SET placeholder = iif(state IN ('waiting', 'running')
             OR EXISTS (SELECT 1 FROM replies o WHERE o.drawing = drawings.id AND o.id > ?1 AND o.state = 'waiting'), ?2, NULL)
         WHERE id = (SELECT drawing FROM replies WHERE id = ?1)",
    )
    .bind(reply.get())
    .bind(remote)
    .execute(connection)
    .await?;
    Ok(())
}

/// A whole answer has left, as `remote`. An edit of its request that is being answered, or whose answer waits behind it, found
/// nothing that it could take the place of: now there is something.
pub(super) async fn handed_on(
    connection: &mut SqliteConnection,
    reply: ReplyId,
    remote: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE messages SET placeholder = ?2 WHERE placeholder IS NULL AND id = (
             SELECT min(e.id) FROM replies r JOIN messages e ON e.lane = r.lane AND e.id > r.message
             WHERE r.id = ?1 AND r.drawing IS NULL AND json_extract(e.message, '$.body.edit.of') = r.reply_to
               AND (e.state = 'taken' OR EXISTS (SELECT 1 FROM replies o WHERE o.message = e.id AND o.state = 'waiting')))",
    )
    .bind(reply.get())
    .bind(remote)
    .execute(connection)
    .await?;
    Ok(())
}

/// A message of ours that was left standing.
#[derive(Debug)]
pub(super) struct Remnant {
    address: Address,
    remote: String,
    language: Language,
}

/// Has a message of ours taken away, inside somebody's transaction. The row knows where it stands, and no words.
pub(super) async fn withdraw(
    connection: &mut SqliteConnection,
    left: &Remnant,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO replies (messenger, lane, address, person, language, content, created_at, takes)
         VALUES (?, ?, ?, '', ?, ?, ?, ?)",
    )
    .bind(&left.address.messenger)
    .bind(left.address.lane())
    .bind(to_json(&left.address, "replies")?)
    .bind(left.language.code())
    .bind(to_json(&Content::Nothing, "replies")?)
    .bind(now)
    .bind(&left.remote)
    .execute(connection)
    .await?;
    Ok(())
}

/// What is left standing of rows that are about to be deleted: those of a lane, or of a person on a messenger. A row that
/// cannot be read leaves it standing.
pub(super) async fn standing(
    connection: &mut SqliteConnection,
    (lane, messenger, person): (&str, &str, &str),
    but: MessageId,
    language: Language,
) -> Result<Vec<Remnant>, StoreError> {
    let rows = sqlx::query(
        "SELECT address, placeholder FROM drawings
         WHERE placeholder IS NOT NULL AND (lane = ?1 OR (messenger = ?2 AND person = ?3))
         UNION SELECT json_extract(message, '$.address'), placeholder FROM messages
         WHERE placeholder IS NOT NULL AND id <> ?4 AND state IN ('settled', 'parked')
           AND (lane = ?1 OR (messenger = ?2 AND person = ?3))
         UNION SELECT address, takes FROM replies
         WHERE takes IS NOT NULL AND state = 'waiting' AND (lane = ?1 OR (messenger = ?2 AND person = ?3))",
    )
    .bind(lane)
    .bind(messenger)
    .bind(person)
    .bind(but.get())
    .fetch_all(connection)
    .await?;
    let mut left = Vec::new();
    for row in &rows {
        if let Ok(address) = address(row, 0, "replies") {
            left.push(Remnant { address, remote: row.try_get(1)?, language });
        }
    }
    Ok(left)
}

/// A reply was refused for good: whoever waits for it is told in one sentence, in the place of what stood for it. Of that
/// sentence nothing more is said, nor of what nobody asked for.
pub(super) async fn refused(
    connection: &mut SqliteConnection,
    reply: ReplyId,
    now: i64,
) -> Result<(), StoreError> {
    let sentence = |key: &str| to_json(&Content::Phrases { phrases: vec![Phrase::new(key)] }, "replies");
    let told = sqlx::query(
        "INSERT INTO replies (message, messenger, lane, address, person, reply_to, language, content, created_at, takes)
         SELECT r.message, r.messenger, r.lane, r.address, r.person, r.reply_to, r.language,
                iif(EXISTS (SELECT 1 FROM parts p WHERE p.reply = r.id), ?3, ?2), ?4,
                coalesce(r.takes, d.placeholder, m.placeholder)
         FROM replies r LEFT JOIN drawings d ON d.id = r.drawing LEFT JOIN messages m ON m.id = r.message
         WHERE r.id = ?1 AND coalesce(r.message, r.drawing) IS NOT NULL AND r.content NOT IN (?2, ?3)",
    )
    .bind(reply.get())
    .bind(sentence("not-sent")?)
    .bind(sentence("not-sent-whole")?)
    .bind(now)
    .execute(&mut *connection)
    .await?
    .rows_affected();
    if told == 1 {
        nothing_stands(connection, reply).await?;
    }
    Ok(())
}

/// A placeholder was taken away.
pub(super) async fn gone(connection: &mut SqliteConnection, reply: ReplyId) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE drawings SET placeholder = NULL WHERE id = (SELECT drawing FROM replies WHERE id = ?)",
    )
    .bind(reply.get())
    .execute(connection)
    .await?;
    Ok(())
}
