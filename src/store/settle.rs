//! Settling: the one transaction that turns an [`Outcome`] into rows.
//!
//! The message is handled **and** the reply is queued **and/or** the drawing is queued, a setting changed, a question
//! left pending, a limit refused. What needs the truth of this moment (limits, whose drawing it is, whether it still
//! waits) is decided here, inside the transaction, and nowhere else.

use sqlx::{Row, SqliteConnection};

use super::messages::{Taken, from_json, to_json};
use super::replies::{self, NewReply};
use super::stopped::stopped;
use super::{
    Daily, Forgotten, Store, StoreError, access, chats, conversation, forget, people, recordings, requests,
};
use crate::message::{
    AccessChange, Address, Change, Content, DrawingId, Exchange, Language, Outcome, Pending, Phrase, ReplyId,
    Standing,
};

/// How long a question of ours waits for its answer: ten minutes.
const PENDING_MS: i64 = 10 * 60 * 1000;

/// Bounds that settling holds people to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most drawings one person may have waiting.
    pub waiting_per_person: u32,
    /// Most that the person may ask for in a day, where this is such a request of somebody with such a bound.
    pub daily: Option<Daily>,
}

/// Everything settling needs to know.
#[derive(Debug)]
pub struct Settlement<'a> {
    /// The message in hand.
    pub taken: &'a Taken,
    /// What it turned into.
    pub outcome: Outcome,
    /// What the person is here.
    pub standing: Standing,
    /// Messengers on which the person is the same one, this one among them.
    pub also: &'a [&'a str],
    /// Remote key of the request that this one is instead of: what was said then is no turn any more.
    pub anew: Option<&'a str>,
    /// Whether the message was for us; of one that was not, only the ids are kept.
    pub for_us: bool,
    /// Explanations given with this outcome, which are given once.
    pub told: &'a [&'a str],
    /// The language the lane is spoken to in.
    pub language: Language,
    /// What was heard in its recording; it stands above the first reply.
    pub heard: Option<&'a str>,
    /// Intent, reason and milliseconds per step, JSON.
    pub report: &'a str,
    /// Bounds.
    pub limits: Limits,
    /// Now.
    pub now: i64,
}

/// What settling made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settled {
    /// Replies queued.
    pub replies: Vec<ReplyId>,
    /// The drawing queued, and its place (1 is next).
    pub drawing: Option<(DrawingId, u32)>,
    /// What was deleted.
    pub forgotten: Option<Forgotten>,
    /// Files that no row names any more: the caller's to delete.
    pub orphans: Vec<String>,
}

impl Store {
    /// Settles a message. Does nothing (and says so with `None`) when the message is not in our hands any more.
    ///
    /// # Errors
    /// When the database fails; nothing has changed then.
    pub async fn settle(&self, mut settlement: Settlement<'_>) -> Result<Option<Settled>, StoreError> {
        let mut tx = self.begin().await?;
        let mine = sqlx::query(
            "UPDATE messages SET state = 'settled', report = ?, settled_at = ? WHERE id = ? AND state = 'taken' AND boot = ?
             RETURNING stopped",
        )
        .bind(settlement.report)
        .bind(settlement.now)
        .bind(settlement.taken.id.get())
        .bind(&*self.boot)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(mine) = mine else { return Ok(None) };
        if mine.try_get(0)? {
            settlement.outcome = stopped(settlement.outcome);
        }
        let mut made = Settled::default();
        if !settlement.for_us {
            recordings::blank(&mut tx, settlement.taken.id, &mut made.orphans).await?;
        } else {
            people::seen(&mut tx, &settlement.taken.message, settlement.now).await?;
        }
        let settled = Writing { tx: &mut tx, at: &settlement, made, refused: false }.write().await?;
        tx.commit().await?;
        self.bells().outbox.notify_one();
        if touches_drawings(&settlement.outcome) {
            self.bells().drawings.notify_one();
        }
        if settlement.outcome == Outcome::Stop {
            // What is on its way for nobody is dropped.
            self.bells().recordings.notify_one();
        }
        Ok(Some(settled))
    }
}

/// Whether the painter has something to look at: a drawing that waits, is another one now, or is to stop.
fn touches_drawings(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Draw(_)
            | Outcome::Redraw { .. }
            | Outcome::Cancel(_)
            | Outcome::Left
            | Outcome::Forget
            | Outcome::Access(AccessChange::Person { .. })
    )
}

/// A settlement being written, inside its transaction.
pub(super) struct Writing<'a, 's> {
    pub(super) tx: &'a mut SqliteConnection,
    pub(super) at: &'a Settlement<'s>,
    pub(super) made: Settled,
    /// A bound was reached, and that is said instead.
    refused: bool,
}

impl Writing<'_, '_> {
    async fn write(mut self) -> Result<Settled, StoreError> {
        if let Some(of) = self.at.anew {
            conversation::unsay(self.tx, &self.lane(), of).await?;
        }
        if !matches!(self.at.outcome, Outcome::Nothing) {
            conversation::clear_pending(self.tx, &self.lane(), &self.at.taken.message.from.id).await?;
        }
        if let Some(phrase) = requests::full(self.tx, self.at, false).await? {
            self.refuse(phrase).await?;
            return Ok(self.made);
        }
        match &self.at.outcome {
            Outcome::Nothing => {}
            Outcome::Say { content, remember } => {
                self.remember(remember.as_ref()).await?;
                self.reply(content, None).await?;
            }
            Outcome::Ask { content, pending, remember } => {
                self.remember(remember.as_ref()).await?;
                self.ask(pending).await?;
                self.reply(content, None).await?;
            }
            Outcome::Draw(commission) => self.draw(commission).await?,
            Outcome::Redraw { drawing, commission } => self.redraw(*drawing, commission).await?,
            Outcome::Set { changes, content } => {
                self.set(changes).await?;
                self.reply(content, None).await?;
            }
            Outcome::New { content } => {
                conversation::start_fresh(self.tx, &self.lane()).await?;
                self.reply(content, None).await?;
            }
            Outcome::Forget => self.forget().await?,
            Outcome::Stop => self.stop().await?,
            Outcome::Cancel(which) => self.cancel(*which).await?,
            Outcome::Left => self.left().await?,
            Outcome::Moved { to } => self.moved(to).await?,
            Outcome::Access(change) => {
                if let Some(phrase) = access::change(self.tx, self.at, change).await? {
                    self.say(phrase, None).await?;
                }
            }
        }
        if !self.refused {
            requests::count(self.tx, self.at, self.made.drawing.is_some()).await?;
        }
        for key in self.at.told {
            sqlx::query("INSERT INTO told (lane, key) VALUES (?, ?) ON CONFLICT DO NOTHING")
                .bind(self.lane())
                .bind(*key)
                .execute(&mut *self.tx)
                .await?;
        }
        Ok(self.made)
    }

    async fn left(&mut self) -> Result<(), StoreError> {
        let (address, last) = (&self.at.taken.message.address, self.at.taken.id.get());
        chats::nobody_is_there(self.tx, address, last, self.at.now).await
    }

    async fn moved(&mut self, to: &str) -> Result<(), StoreError> {
        let Address { messenger, chat, .. } = &self.at.taken.message.address;
        chats::move_chat(self.tx, messenger, chat, to).await
    }

    fn lane(&self) -> String {
        self.at.taken.message.address.lane()
    }

    pub(super) async fn reply(
        &mut self,
        content: &Content,
        drawing: Option<DrawingId>,
    ) -> Result<(), StoreError> {
        let message = &self.at.taken.message;
        let reply = NewReply {
            message: Some(self.at.taken.id),
            drawing,
            address: &message.address,
            person: &message.from.id,
            reply_to: Some(message.request()),
            language: self.language(),
            heard: self
                .at
                .heard
                .filter(|_| self.made.replies.is_empty() && self.at.outcome != Outcome::Forget),
            content,
        };
        let id = replies::insert(self.tx, &reply, self.at.now).await?;
        self.made.replies.push(id);
        Ok(())
    }

    /// A language that this very message chooses counts for its reply already.
    fn language(&self) -> Language {
        match &self.at.outcome {
            Outcome::Set { changes, .. } => changes
                .iter()
                .rev()
                .find_map(|change| if let Change::Language(language) = change { *language } else { None })
                .unwrap_or(self.at.language),
            _ => self.at.language,
        }
    }

    /// A bound was reached: this is said, and the report says so.
    pub(super) async fn refuse(&mut self, phrase: Phrase) -> Result<(), StoreError> {
        self.refused = true;
        sqlx::query("UPDATE messages SET report = json_set(report, '$.failed', json('true'), '$.reason', 'limit') WHERE id = ?")
            .bind(self.at.taken.id.get())
            .execute(&mut *self.tx)
            .await?;
        self.say(phrase, None).await
    }

    pub(super) async fn say(&mut self, phrase: Phrase, drawing: Option<DrawingId>) -> Result<(), StoreError> {
        self.reply(&Content::Phrases { phrases: vec![phrase] }, drawing).await
    }

    async fn remember(&mut self, exchange: Option<&Exchange>) -> Result<(), StoreError> {
        let Some(Exchange { asked, answered }) = exchange else { return Ok(()) };
        sqlx::query(
            "INSERT INTO turns (lane, person, message, from_person, text, at)
             VALUES (?1, ?2, ?3, 1, ?4, ?6), (?1, ?2, ?3, 0, ?5, ?6)",
        )
        .bind(self.lane())
        .bind(&self.at.taken.message.from.id)
        .bind(self.at.taken.id.get())
        .bind(asked)
        .bind(answered)
        .bind(self.at.now)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    async fn ask(&mut self, pending: &Pending) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO pending (lane, person, question, expires_at) VALUES (?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET question = excluded.question, expires_at = excluded.expires_at",
        )
        .bind(self.lane())
        .bind(&self.at.taken.message.from.id)
        .bind(to_json(pending, "pending")?)
        .bind(self.at.now + PENDING_MS)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    async fn set(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        let lane = self.lane();
        let row = sqlx::query("SELECT chosen FROM settings WHERE lane = ?")
            .bind(&lane)
            .fetch_optional(&mut *self.tx)
            .await?;
        let mut settings: crate::message::Settings = match &row {
            Some(row) => from_json(row, 0, "settings")?,
            None => crate::message::Settings::default(),
        };
        for change in changes {
            settings.apply(change);
        }
        sqlx::query("INSERT INTO settings (lane, chosen) VALUES (?, ?) ON CONFLICT DO UPDATE SET chosen = excluded.chosen")
            .bind(lane)
            .bind(to_json(&settings, "settings")?)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    async fn forget(&mut self) -> Result<(), StoreError> {
        let gone = forget::forget(
            self.tx,
            self.at.taken,
            self.at.also,
            (self.at.standing, self.at.language),
            self.at.now,
        )
        .await?;
        let phrase = Phrase::new(if gone.whole { "forgot" } else { "forgot-own" });
        let phrase = phrase.with("messages", gone.messages).with("pictures", gone.pictures);
        self.made.forgotten = Some(gone);
        self.say(phrase, None).await
    }

    /// What is in hand in the lane ends as stopped and says so itself.
    async fn stop(&mut self) -> Result<(), StoreError> {
        let sql = "UPDATE messages SET stopped = 1 WHERE lane = ? AND state = 'taken' AND control = 0";
        let found = sqlx::query(sql).bind(self.lane()).execute(&mut *self.tx).await?.rows_affected();
        // A recording that does not come is not waited for; its message says so when its turn comes.
        let unheard =
            recordings::give_up(self.tx, "lane = ?", &self.lane(), &Phrase::new("stopping")).await?;
        if found > 0 || unheard > 0 { Ok(()) } else { self.say(Phrase::new("nothing-to-stop"), None).await }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Desk, cat, desk, open, says, settlement};
    use super::*;
    use crate::message::{Phrase, PictureReply, Which};
    use crate::store::Left;

    async fn take(desk: &Desk, person: &str, key: &str) -> Taken {
        desk.store.accept(&says(person, person, key, "words"), "{}", false, 1).await.unwrap();
        desk.store.take(&["console"]).await.unwrap().unwrap()
    }

    async fn settle(desk: &Desk, taken: &Taken, outcome: Outcome, now: i64) -> Settled {
        desk.store.settle(settlement(taken, outcome, now)).await.unwrap().unwrap()
    }

    async fn keys(desk: &Desk) -> Vec<String> {
        let mut keys = Vec::new();
        while let Some(due) = desk.store.next_reply(&["console"], &[], 9_000).await.unwrap() {
            keys.push(match due.content {
                Content::Phrases { phrases } => phrases[0].key.clone(),
                other => format!("{other:?}").chars().take(7).collect(),
            });
            desk.store.part_sent(due.reply, &Left::last(0, "r"), 9_000).await.unwrap();
        }
        keys
    }

    fn exchange() -> Exchange {
        Exchange { asked: "words".into(), answered: "fine".into() }
    }

    fn text() -> Outcome {
        Outcome::Say { content: Content::Text { text: "fine".into() }, remember: Some(exchange()) }
    }

    #[tokio::test]
    async fn a_message_is_settled_once() {
        let desk = desk().await;
        let taken = take(&desk, "ana", "m:1").await;
        settle(&desk, &taken, text(), 10).await;
        let again = settlement(&taken, text(), 11);
        assert_eq!(desk.store.settle(again).await.unwrap(), None);
        assert_eq!(keys(&desk).await.len(), 1);
        let turns = desk.store.reader().turns(&taken.message.address, 10, 0).await.unwrap();
        assert_eq!(turns.iter().map(|turn| turn.text.as_str()).collect::<Vec<_>>(), ["words", "fine"]);
    }

    #[tokio::test]
    async fn the_limit_is_per_person_and_only_one_drawing_runs() {
        let desk = desk().await;
        for (person, key) in [("ana", "m:1"), ("ana", "m:2"), ("ana", "m:3"), ("bob", "m:4")] {
            let taken = take(&desk, person, key).await;
            settle(&desk, &taken, Outcome::Draw(cat()), 10).await;
        }
        assert_eq!(keys(&desk).await, ["drawing-now", "queued", "limit-drawings", "queued"]);
        let first = desk.store.claim(20).await.unwrap().unwrap();
        assert_eq!(desk.store.claim(20).await.unwrap(), None, "one at a time");
        let picture = PictureReply {
            file: "1-7.png".into(),
            prompt: "a cat".into(),
            seed: 7,
            steps: 20,
            width: 8,
            height: 8,
            caption: None,
            cut: None,
            as_file: false,
        };
        assert!(desk.store.painted(&first, picture.clone(), 30).await.unwrap());
        assert!(!desk.store.painted(&first, picture, 31).await.unwrap(), "done once");
        assert_eq!(keys(&desk).await, ["Picture"]);
        assert_eq!(desk.store.claim(40).await.unwrap().unwrap().person, "ana");
    }

    #[tokio::test]
    async fn a_row_that_cannot_be_read_holds_up_nobody() {
        let desk = desk().await;
        for (person, key) in [("ana", "m:1"), ("bob", "m:2")] {
            let taken = take(&desk, person, key).await;
            settle(&desk, &taken, Outcome::Draw(cat()), 10).await;
        }
        for (chat, key) in [("ana", "m:3"), ("bob", "m:4")] {
            desk.store.accept(&says(chat, chat, key, "words"), "{}", false, 1).await.unwrap();
        }
        for sql in [
            "UPDATE drawings SET commission = '{}' WHERE id = 1",
            "UPDATE replies SET content = 'no json' WHERE id = 1",
            "UPDATE messages SET message = '{}' WHERE key = 'm:3'",
        ] {
            let mut tx = desk.store.begin().await.unwrap();
            sqlx::query(sql).execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(desk.store.take(&["console"]).await.unwrap().unwrap().message.key, "m:4");
        assert_eq!(desk.store.claim(20).await.unwrap().unwrap().person, "bob");
        assert_eq!(desk.store.next_reply(&["console"], &[], 20).await.unwrap().unwrap().address.chat, "bob");
    }

    #[tokio::test]
    async fn a_drawing_cut_off_comes_back_and_is_parked_after_three_deaths() {
        let mut desk = desk().await;
        let taken = take(&desk, "ana", "m:1").await;
        settle(&desk, &taken, Outcome::Draw(cat()), 10).await;
        keys(&desk).await;
        for boot in ["b2", "b3", "b4"] {
            assert!(desk.store.claim(20).await.unwrap().is_some(), "{boot}");
            desk.store.close().await;
            desk.store = open(&desk.folder, boot).await;
        }
        assert_eq!(desk.store.claim(50).await.unwrap(), None);
        assert_eq!(keys(&desk).await, ["drawing-gave-up"]);
        assert!(desk.store.retry(DrawingId::new(1), 60).await.unwrap().is_some());
        assert_eq!(desk.store.claim(70).await.unwrap().unwrap().attempt, 1);
    }

    #[tokio::test]
    async fn cancelling_is_for_the_requester_waiting_or_running() {
        let desk = desk().await;
        let taken = take(&desk, "ana", "m:1").await;
        settle(&desk, &taken, Outcome::Draw(cat()), 10).await;
        let bob = take(&desk, "bob", "m:2").await;
        settle(&desk, &bob, Outcome::Cancel(Which::At(1)), 11).await;
        let claimed = desk.store.claim(12).await.unwrap().unwrap();
        assert!(!desk.store.wants_cancel(claimed.id).await.unwrap());
        let ana = take(&desk, "ana", "m:3").await;
        settle(&desk, &ana, Outcome::Cancel(Which::Newest), 13).await;
        assert!(desk.store.wants_cancel(claimed.id).await.unwrap());
        desk.store.drawing_cancelled(&claimed, 14).await.unwrap();
        let ana = take(&desk, "ana", "m:4").await;
        settle(&desk, &ana, Outcome::Cancel(Which::Newest), 15).await;
        assert_eq!(
            keys(&desk).await,
            ["drawing-now", "not-yours", "cancelling", "drawing-cancelled", "nothing-to-cancel"]
        );
    }

    #[tokio::test]
    async fn a_question_waits_ten_minutes_and_forget_leaves_nothing() {
        let desk = desk().await;
        let subject = || Pending::Subject { options: String::new() };
        let taken = take(&desk, "ana", "m:1").await;
        let content = Content::Phrases { phrases: vec![Phrase::new("what-to-draw")] };
        settle(&desk, &taken, Outcome::Ask { content, pending: subject(), remember: None }, 10).await;
        let (reader, address) = (desk.store.reader(), taken.message.address.clone());
        for (at, expected) in [(599_000, Some(subject())), (601_000, None)] {
            let met = reader.met(&address, "ana", at).await.unwrap();
            assert_eq!(met.lane().unwrap().1, expected);
        }
        let taken = take(&desk, "ana", "m:2").await;
        settle(&desk, &taken, text(), 20).await;
        let taken = take(&desk, "ana", "m:3").await;
        let gone = settle(&desk, &taken, Outcome::Forget, 30).await.forgotten.unwrap();
        assert_eq!(gone.messages, 2);
        assert!(reader.turns(&address, 10, 0).await.unwrap().is_empty());
        assert_eq!(keys(&desk).await, ["forgot"]);
    }
}
