//! What came of an earlier message: what an edit of it changes, what a button under its reply asks for again.

use sqlx::Row as _;

use super::messages::from_json;
use super::{Reader, StoreError};
use crate::message::{Address, Commission, DrawingId, Message, MessageId};

/// What came of a request before it was edited.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Earlier {
    /// What it said, the last time.
    pub text: Option<String>,
    /// The drawing that it asked for, and whether that still waits.
    pub drawing: Option<(DrawingId, bool)>,
    /// The service's id of the one message that answered it.
    pub answer: Option<String>,
}

impl Reader {
    /// What came of the request with this remote key before `edit` arrived.
    ///
    /// # Errors
    /// When the database fails (this and the next).
    pub async fn earlier(&self, address: &Address, of: &str, edit: MessageId) -> Result<Earlier, StoreError> {
        let said = sqlx::query(
            "SELECT message FROM messages WHERE lane = ?1 AND id < ?3
               AND (key = ?2 OR json_extract(message, '$.body.edit.of') = ?2) ORDER BY id DESC LIMIT 1",
        )
        .bind(address.lane())
        .bind(of)
        .bind(edit.get())
        .fetch_optional(self.pool())
        .await?;
        let said: Option<Message> = said.map(|row| from_json(&row, 0, "messages")).transpose()?;
        let answer = sqlx::query(
            "SELECT p.remote FROM replies r JOIN parts p ON p.reply = r.id
             WHERE r.id = (SELECT max(id) FROM replies WHERE lane = ?1 AND reply_to = ?2 AND state = 'sent')
               AND r.drawing IS NULL AND (SELECT count(*) FROM parts WHERE reply = r.id) = 1",
        )
        .bind(address.lane())
        .bind(of)
        .fetch_optional(self.pool())
        .await?;
        Ok(Earlier {
            text: said.and_then(|message| message.words().map(str::to_owned)),
            drawing: self.drawing_of(address, of).await?,
            answer: answer.map(|row| row.try_get(0)).transpose()?,
        })
    }

    /// What was ordered as the picture that a message of this lane is about: its request, or what was said or shown of
    /// it since. `key` is the message's remote key.
    pub async fn ordered_at(&self, address: &Address, key: &str) -> Result<Option<Commission>, StoreError> {
        let row = sqlx::query(
            "SELECT commission FROM drawings d
             WHERE lane = ?1 AND (reply_to = ?2 OR ?2 IN (placeholder, 'm:' || placeholder) OR EXISTS (
               SELECT 1 FROM replies r JOIN parts p ON p.reply = r.id WHERE r.drawing = d.id AND ?2 IN (p.remote, 'm:' || p.remote)))
             ORDER BY id DESC LIMIT 1",
        )
        .bind(address.lane())
        .bind(key)
        .fetch_optional(self.pool())
        .await?;
        row.map(|row| from_json(&row, 0, "drawings")).transpose()
    }

    /// What a message of this lane said, typed or heard.
    pub async fn said(&self, address: &Address, id: MessageId) -> Result<Option<String>, StoreError> {
        let row = sqlx::query(
            "SELECT message, json_extract(report, '$.transcript') FROM messages WHERE id = ? AND lane = ?",
        )
        .bind(id.get())
        .bind(address.lane())
        .fetch_optional(self.pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let message: Message = from_json(&row, 0, "messages")?;
        let heard: Option<String> = row.try_get(1)?;
        let said = [message.words(), heard.as_deref()].into_iter().flatten().collect::<Vec<_>>().join("\n");
        Ok(Some(said).filter(|said| !said.trim().is_empty()))
    }
}
