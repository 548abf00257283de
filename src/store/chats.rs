//! What happens to a chat as a whole: it has another id from now on, or nobody is there any more.

use sqlx::{Row as _, SqliteConnection};

use super::{Store, StoreError, recordings};
use crate::message::{Address, Phrase, ReplyId};

/// Whether a row's lane (its column `lane`) is the chat's own or one of its threads': `?1` is the chat's lane.
const OF_CHAT: &str = "(lane = ?1 OR substr(lane, 1, length(?1) + 1) = ?1 || '/')";

/// The lane of a chat itself.
fn lane_of(messenger: &str, chat: &str) -> String {
    Address { messenger: messenger.to_owned(), chat: chat.to_owned(), thread: None }.lane()
}

impl Store {
    /// A chat has another id from now on: whatever was kept for it or is owed to it goes there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn move_chat(&self, messenger: &str, from: &str, to: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        move_chat(&mut tx, messenger, from, to).await?;
        tx.commit().await?;
        self.bells().outbox.notify_one();
        self.bells().inbox.notify_one();
        Ok(())
    }

    /// Nobody in a chat hears us any more, as `reply` has shown: its replies are parked, its drawings cancelled, its
    /// messages dropped, up to the one that this reply answers. Whoever writes after that is there again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn nobody_is_there(
        &self,
        reply: ReplyId,
        address: &Address,
        now: i64,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "UPDATE replies SET state = 'parked', ended_at = ?, reason = 'nobody is there' WHERE id = ?",
        )
        .bind(now)
        .bind(reply.get())
        .execute(&mut *tx)
        .await?;
        let asked = sqlx::query("SELECT coalesce(message, 0) FROM replies WHERE id = ?")
            .bind(reply.get())
            .fetch_optional(&mut *tx)
            .await?;
        let last: i64 = asked.map(|row| row.try_get(0)).transpose()?.unwrap_or_default();
        nobody_is_there(&mut tx, address, last, now).await?;
        tx.commit().await?;
        self.bells().drawings.notify_one();
        self.bells().recordings.notify_one();
        Ok(())
    }
}

/// See [`Store::move_chat`].
pub(super) async fn move_chat(
    connection: &mut SqliteConnection,
    messenger: &str,
    from: &str,
    to: &str,
) -> Result<(), StoreError> {
    let (old, new) = (lane_of(messenger, from), lane_of(messenger, to));
    let lane = "lane = ?2 || substr(lane, length(?1) + 1)";
    for set in [
        // The new chat numbers its messages anew: what the old one called m:17 is none of them, and answers none.
        format!(
            "messages SET {lane}, chat = ?3, key = ?4 || '/' || key,
                 message = json_set(message, '$.address.chat', ?3, '$.key', ?4 || '/' || key)"
        ),
        format!("drawings SET {lane}, address = json_set(address, '$.chat', ?3), reply_to = NULL"),
        format!("replies SET {lane}, address = json_set(address, '$.chat', ?3), reply_to = NULL"),
        format!("turns SET {lane}"),
        format!("settings SET {lane}"),
        format!("pending SET {lane}"),
        format!("told SET {lane}"),
    ] {
        let sql = format!("UPDATE OR IGNORE {set} WHERE {OF_CHAT} AND ?3 = ?3 AND ?4 = ?4");
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(&old)
            .bind(&new)
            .bind(to)
            .bind(from)
            .execute(&mut *connection)
            .await?;
    }
    for sql in [
        "UPDATE OR IGNORE allowed_groups SET chat = ?1 WHERE messenger = ?2 AND chat = ?3",
        "UPDATE OR IGNORE turned_away SET chat = ?1 WHERE messenger = ?2 AND chat = ?3",
    ] {
        sqlx::query(sql).bind(to).bind(messenger).bind(from).execute(&mut *connection).await?;
    }
    // The new chat has none of the old one's messages.
    for sql in [
        "UPDATE messages SET placeholder = NULL WHERE messenger = ? AND chat = ?",
        "UPDATE drawings SET placeholder = NULL WHERE messenger = ? AND json_extract(address, '$.chat') = ?",
        "UPDATE replies SET takes = NULL WHERE state = 'waiting' AND messenger = ? AND json_extract(address, '$.chat') = ?",
    ] {
        sqlx::query(sql).bind(messenger).bind(to).execute(&mut *connection).await?;
    }
    Ok(())
}

/// See [`Store::nobody_is_there`]; `last` is the newest message that goes, and whatever came of it and of those before it.
pub(super) async fn nobody_is_there(
    connection: &mut SqliteConnection,
    address: &Address,
    last: i64,
    now: i64,
) -> Result<(), StoreError> {
    let lane = lane_of(&address.messenger, &address.chat);
    let of_chat = format!("id <= {last} AND {OF_CHAT}");
    recordings::give_up(connection, &of_chat, &lane, &Phrase::new("stopping")).await?;
    for set in [
        "messages SET state = 'settled', settled_at = ?2, reason = 'nobody is there' WHERE id <= ?3 AND state = 'new' AND control = 0",
        "drawings SET state = 'cancelled', cancel = 1, ended_at = ?2 WHERE coalesce(message, 0) <= ?3 AND state = 'waiting'",
        "drawings SET cancel = 1 WHERE coalesce(message, 0) <= ?3 AND state = 'running' AND ?2 = ?2",
        "replies SET state = 'parked', ended_at = ?2, reason = 'nobody is there' WHERE coalesce(message, 0) <= ?3 AND state = 'waiting'",
    ] {
        let sql = format!("UPDATE {set} AND {OF_CHAT}");
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&lane).bind(now).bind(last);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Accepted;
    use super::super::tests::{Desk, cat, desk, says, settlement};
    use super::*;
    use crate::message::{Body, Content, Event, Message, Outcome};

    fn in_thread(chat: &str, thread: Option<&str>, key: &str) -> Message {
        let message = says(chat, "ana", key, "words");
        Message {
            address: Address { thread: thread.map(str::to_owned), ..message.address.clone() },
            ..message
        }
    }

    async fn owed(desk: &Desk, message: &Message, outcome: Outcome) {
        desk.store.accept(message, "{}", false, 1).await.unwrap();
        let taken = desk.store.take(&["console"]).await.unwrap().unwrap();
        desk.store.settle(settlement(&taken, outcome, 2)).await.unwrap().unwrap();
    }

    fn hello() -> Outcome {
        Outcome::Say { content: Content::Text { text: "hello".into() }, remember: None }
    }

    #[tokio::test]
    async fn what_a_chat_is_owed_moves_with_it_and_others_stay() {
        let desk = desk().await;
        owed(&desk, &in_thread("-5", None, "m:1"), hello()).await;
        owed(&desk, &in_thread("-5", Some("7"), "m:2"), hello()).await;
        owed(&desk, &in_thread("-55", None, "m:3"), hello()).await;
        desk.store.accept(&in_thread("-5", None, "m:4"), "{}", false, 1).await.unwrap();
        desk.store.move_chat("console", "-5", "-1009").await.unwrap();
        let mut lanes = Vec::new();
        while let Some(due) = desk.store.next_reply(&["console"], &lanes, 3).await.unwrap() {
            lanes.push(due.address.lane());
        }
        assert_eq!(lanes, ["console/-1009", "console/-1009/7", "console/-55"]);
        // A message of the new chat that has the same number is another one.
        let anew = in_thread("-1009", None, "m:4");
        assert!(matches!(desk.store.accept(&anew, "{}", false, 2).await.unwrap(), Accepted::New(_)));
        let taken = desk.store.take(&["console"]).await.unwrap().unwrap().message;
        assert_eq!((taken.address.chat.as_str(), taken.key.as_str()), ("-1009", "-5/m:4"));
    }

    #[tokio::test]
    async fn where_nobody_is_nothing_is_done() {
        let desk = desk().await;
        owed(&desk, &in_thread("5", None, "m:1"), Outcome::Draw(cat())).await;
        owed(&desk, &in_thread("6", None, "m:2"), Outcome::Draw(cat())).await;
        desk.store.accept(&in_thread("5", None, "m:3"), "{}", false, 1).await.unwrap();
        let refused = desk.store.next_reply(&["console"], &[], 3).await.unwrap().unwrap();
        desk.store.nobody_is_there(refused.reply, &refused.address, 4).await.unwrap();
        let claimed = desk.store.claim(5).await.unwrap().unwrap();
        assert_eq!(claimed.address.chat, "6");
        let due = desk.store.next_reply(&["console"], &[], 5).await.unwrap().unwrap();
        assert_eq!(due.address.chat, "6");
        let again = desk.store.take(&["console"]).await.unwrap().unwrap();
        assert_eq!(again.message.key, "m:3", "who wrote after what was refused may be there");
    }

    #[tokio::test]
    async fn who_comes_back_is_heard() {
        let desk = desk().await;
        desk.store.accept(&in_thread("5", None, "m:1"), "{}", false, 1).await.unwrap();
        let gone = Message { body: Body::Event(Event::Removed), ..in_thread("5", None, "u:2") };
        desk.store.accept(&gone, "{}", true, 1).await.unwrap();
        desk.store.accept(&in_thread("5", None, "m:3"), "{}", false, 1).await.unwrap();
        let event = desk.store.take_control(&["console"]).await.unwrap().unwrap();
        desk.store.settle(settlement(&event, Outcome::Left, 2)).await.unwrap().unwrap();
        assert_eq!(desk.store.take(&["console"]).await.unwrap().unwrap().message.key, "m:3");
    }
}
