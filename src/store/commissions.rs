//! Settling what has to do with drawings: queued within bounds, changed while they wait, cancelled by whom they belong to.

use sqlx::Row as _;

use super::cancel::{self, CancelWord, Who};
use super::messages::to_json;
use super::settle::Writing;
use super::{StoreError, requests};
use crate::message::{Commission, Content, DrawingId, Phrase, Standing, Which};

impl Writing<'_, '_> {
    pub(super) async fn draw(&mut self, commission: &Commission) -> Result<(), StoreError> {
        let message = &self.at.taken.message;
        let waiting: u32 = sqlx::query(
            "SELECT count(*) FROM drawings WHERE state = 'waiting' AND messenger = ? AND person = ?",
        )
        .bind(&message.address.messenger)
        .bind(&message.from.id)
        .fetch_one(&mut *self.tx)
        .await?
        .try_get(0)?;
        if waiting >= self.at.limits.waiting_per_person {
            let limit = i64::from(self.at.limits.waiting_per_person);
            return self.refuse(Phrase::new("limit-drawings").with("limit", limit)).await;
        }
        if let Some(phrase) = requests::full(self.tx, self.at, true).await? {
            return self.refuse(phrase).await;
        }
        let id: i64 = sqlx::query(
            "INSERT INTO drawings (message, messenger, lane, address, person, reply_to, language, commission, queued_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(self.at.taken.id.get())
        .bind(&message.address.messenger)
        .bind(message.address.lane())
        .bind(to_json(&message.address, "drawings")?)
        .bind(&message.from.id)
        .bind(message.request())
        .bind(self.at.language.code())
        .bind(to_json(commission, "drawings")?)
        .bind(self.at.now)
        .fetch_one(&mut *self.tx)
        .await?
        .try_get(0)?;
        let row = sqlx::query(
            "SELECT count(*), EXISTS (SELECT 1 FROM drawings WHERE state = 'running')
             FROM drawings WHERE state = 'waiting' AND id <= ?",
        )
        .bind(id)
        .fetch_one(&mut *self.tx)
        .await?;
        let (place, busy): (u32, bool) = (row.try_get(0)?, row.try_get(1)?);
        self.made.drawing = Some((DrawingId::new(id), place));
        self.note().await?;
        let phrase = if place <= 1 && !busy {
            Phrase::new("drawing-now")
        } else {
            Phrase::new("queued").with("place", i64::from(place))
        };
        self.say(phrase.with("subject", commission.subject.clone()), Some(DrawingId::new(id))).await
    }

    pub(super) async fn redraw(
        &mut self,
        drawing: DrawingId,
        commission: &Commission,
    ) -> Result<(), StoreError> {
        let changed = sqlx::query(
            "UPDATE drawings SET commission = ? WHERE id = ? AND state = 'waiting' AND messenger = ? AND person = ?",
        )
        .bind(to_json(commission, "drawings")?)
        .bind(drawing.get())
        .bind(&self.at.taken.message.address.messenger)
        .bind(&self.at.taken.message.from.id)
        .execute(&mut *self.tx)
        .await?
        .rows_affected();
        if changed == 0 {
            return self.draw(commission).await;
        }
        self.note().await?;
        self.say(Phrase::new("request-changed").with("subject", commission.subject.clone()), Some(drawing))
            .await
    }

    /// What nobody has looked at is said by itself: what stands for the drawing is changed to its end.
    async fn note(&mut self) -> Result<(), StoreError> {
        let phrases = self.at.taken.message.unread();
        if phrases.is_empty() { Ok(()) } else { self.reply(&Content::Phrases { phrases }, None).await }
    }

    /// What a button came to takes the place of the message under which it stands.
    pub(super) async fn cancel(&mut self, which: Which) -> Result<(), StoreError> {
        let message = &self.at.taken.message;
        let lane = message.address.lane();
        let who = Who {
            messenger: &message.address.messenger,
            person: &message.from.id,
            owner: self.at.standing == Standing::Owner,
            lane: message.audience.is_group().then_some(&*lane),
        };
        let word = cancel::cancel(self.tx, who, which, self.at.now).await?;
        let its = match (which, &word) {
            (Which::Under(drawing), CancelWord::Cancelled(_) | CancelWord::Stopping(_)) => Some(drawing),
            _ => None,
        };
        // A button stands under one drawing: others of the person have nothing to do with it.
        let late = matches!(which, Which::Under(_)) && word == CancelWord::Nothing;
        let phrase = if late { Phrase::new("cancel-too-late") } else { phrase_of(word) };
        self.say(phrase, its).await
    }
}

fn phrase_of(word: CancelWord) -> Phrase {
    match word {
        CancelWord::Nothing => Phrase::new("nothing-to-cancel"),
        CancelWord::NotYours => Phrase::new("not-yours"),
        CancelWord::Cancelled(subject) => Phrase::new("cancelled").with("subject", subject),
        CancelWord::Stopping(subject) => Phrase::new("cancelling").with("subject", subject),
    }
}
