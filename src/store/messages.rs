//! Table `messages`: accept once, take in order, give back, settle or park.

use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use super::replies::{self, NewReply};
use super::{ATTEMPTS, Store, StoreError, albums, recordings};
use crate::message::{Address, Content, Language, Message, MessageId, Phrase};

/// What became of an offered message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It is on disk now.
    New(MessageId),
    /// It was there already.
    Duplicate(MessageId),
}

/// A message in hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// Its row.
    pub id: MessageId,
    /// What was said.
    pub message: Message,
    /// 1 the first time.
    pub attempt: u32,
    /// Its recording, where it carries one.
    pub recording: Option<Brought>,
}

/// A recording that is not waited for any more.
#[derive(Debug, Clone, PartialEq)]
pub enum Brought {
    /// It lies in the media folder, in this file.
    File(String),
    /// It cannot be brought, for this reason.
    Flaw(Phrase),
}

impl Store {
    /// Puts a message on disk, once per (messenger, chat, key). `control` messages are handled beside their lane.
    ///
    /// # Errors
    /// When the row cannot be committed: the messenger must not confirm it then.
    pub async fn accept(
        &self,
        message: &Message,
        raw: &str,
        control: bool,
        now: i64,
    ) -> Result<Accepted, StoreError> {
        let mut tx = self.begin().await?;
        let mut message = message.clone();
        albums::edit_of(&mut tx, &mut message).await?;
        let json = to_json(&message, "messages")?;
        let inserted = sqlx::query(
            "INSERT INTO messages (messenger, chat, lane, key, person, raw, message, control, received_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id",
        )
        .bind(&message.address.messenger)
        .bind(&message.address.chat)
        .bind(message.address.lane())
        .bind(&message.key)
        .bind(&message.from.id)
        .bind(raw)
        .bind(json)
        .bind(control)
        .bind(now)
        .fetch_optional(&mut *tx)
        .await?;
        let accepted = match inserted {
            Some(row) => {
                let id = MessageId::new(row.try_get(0)?);
                albums::gather(&mut tx, id, &message, now).await?;
                Accepted::New(id)
            }
            None => Accepted::Duplicate(row_of(&mut tx, &message).await?),
        };
        tx.commit().await?;
        self.bells().inbox.notify_one();
        Ok(accepted)
    }

    /// Takes the oldest waiting message whose lane has none in hand, or that is handled beside its lane, and counts the
    /// attempt. A message whose recording is still being brought holds back what its lane says after it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take(&self, messengers: &[&str]) -> Result<Option<Taken>, StoreError> {
        self.take_where(
            messengers,
            "(m.control = 1 OR m.ready = 1
               AND NOT EXISTS (SELECT 1 FROM messages o INDEXED BY messages_waiting
                 WHERE o.state IN ('new', 'taken') AND o.state = 'taken' AND o.lane = m.lane AND o.control = 0)
               AND NOT EXISTS (SELECT 1 FROM messages o INDEXED BY messages_unready
                 WHERE o.ready = 0 AND o.state = 'new' AND o.lane = m.lane AND o.id < m.id))",
        )
        .await
    }

    /// Takes the oldest waiting control message (`/stop`, `/cancel`, `/queue`) only, whatever its lane is doing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_control(&self, messengers: &[&str]) -> Result<Option<Taken>, StoreError> {
        self.take_where(messengers, "m.control = 1").await
    }

    async fn take_where(&self, messengers: &[&str], condition: &str) -> Result<Option<Taken>, StoreError> {
        let marks = vec!["?"; messengers.len()].join(", ");
        // By itself SQLite goes through every message of the messenger. The index holds those that wait or are in hand;
        // its own condition is repeated so that SQLite sees that it fits.
        let sql = format!(
            "UPDATE messages SET state = 'taken', attempt = attempt + 1, boot = ? WHERE id = (
                 SELECT m.id FROM messages m INDEXED BY messages_waiting
                 WHERE m.state IN ('new', 'taken') AND m.state = 'new' AND m.messenger IN ({marks}) AND {condition}
                 ORDER BY m.id LIMIT 1)
             RETURNING id, message, attempt, recording, flaw"
        );
        loop {
            let mut query = sqlx::query(AssertSqlSafe(sql.clone())).bind(&*self.boot);
            for messenger in messengers {
                query = query.bind(*messenger);
            }
            // In a transaction of its own: a statement that returns rows hides the error of its own commit (a full disk).
            let mut tx = self.begin().await?;
            let row = query.fetch_optional(&mut *tx).await?;
            let found =
                or_park(row.as_ref().map(taken).transpose(), row.as_ref(), "messages", &mut tx).await?;
            tx.commit().await?;
            if let Some(found) = found {
                return Ok(found);
            }
        }
    }

    /// Puts a taken message back, with its attempt: the house stops politely.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn give_back(&self, id: MessageId) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE messages SET state = 'new', attempt = attempt - 1, boot = NULL WHERE id = ? AND state = 'taken' AND boot = ?",
        )
        .bind(id.get())
        .bind(&*self.boot)
        .execute(&self.writer)
        .await?;
        self.bells().inbox.notify_one();
        Ok(())
    }
}

fn taken(row: &SqliteRow) -> Result<Taken, StoreError> {
    Ok(Taken {
        id: MessageId::new(row.try_get(0)?),
        message: from_json(row, 1, "messages")?,
        attempt: row.try_get(2)?,
        recording: recordings::brought(row)?,
    })
}

/// A row that this program cannot read (another version wrote it) is set aside with the reason, so that it does not
/// hold up the ones behind it: `None` then, and the next one is to be looked for.
pub(super) async fn or_park<T>(
    found: Result<T, StoreError>,
    row: Option<&SqliteRow>,
    table: &'static str,
    connection: &mut SqliteConnection,
) -> Result<Option<T>, StoreError> {
    match (found, row) {
        (Ok(found), _) => Ok(Some(found)),
        (Err(StoreError::Row { source, .. }), Some(row)) => {
            let id: i64 = row.try_get(0)?;
            tracing::error!(table, id, %source, "a row cannot be read and is set aside");
            sqlx::query(AssertSqlSafe(format!(
                "UPDATE {table} SET state = 'parked', reason = ? WHERE id = ?"
            )))
            .bind(format!("cannot be read: {source}"))
            .bind(id)
            .execute(connection)
            .await?;
            Ok(None)
        }
        (Err(error), _) => Err(error),
    }
}

async fn row_of(connection: &mut SqliteConnection, message: &Message) -> Result<MessageId, StoreError> {
    let row = sqlx::query("SELECT id FROM messages WHERE messenger = ? AND chat = ? AND key = ?")
        .bind(&message.address.messenger)
        .bind(&message.address.chat)
        .bind(&message.key)
        .fetch_one(connection)
        .await?;
    Ok(MessageId::new(row.try_get(0)?))
}

/// Messages in the hands of processes that died: back to their lanes, unless the house has died over one too often, or
/// somebody has said /stop meanwhile.
pub(super) async fn take_back(
    connection: &mut SqliteConnection,
    boot: &str,
    now: i64,
) -> Result<(), StoreError> {
    let ended = sqlx::query(
        "UPDATE messages SET state = iif(stopped, 'settled', 'parked'), settled_at = ?1,
                reason = iif(stopped, NULL, 'the house died over it')
         WHERE state = 'taken' AND boot IS NOT ?2 AND (attempt >= ?3 OR stopped) RETURNING id, message, stopped",
    )
    .bind(now)
    .bind(boot)
    .bind(ATTEMPTS)
    .fetch_all(&mut *connection)
    .await?;
    for row in ended {
        let id: i64 = row.try_get(0)?;
        let read = from_json::<Message>(&row, 1, "messages");
        let Some(message) = or_park(read, Some(&row), "messages", connection).await? else { continue };
        if message.audience.is_overheard() {
            // A group that did not call is told nothing, and nothing that it said is kept.
            recordings::blank(connection, MessageId::new(id), &mut Vec::new()).await?;
            continue;
        }
        let word = if row.try_get(2)? { "stopping" } else { "gave-up" };
        let reply = NewReply {
            message: Some(MessageId::new(id)),
            drawing: None,
            address: &message.address,
            person: &message.from.id,
            reply_to: Some(&message.key),
            language: message.from.language.unwrap_or(Language::En),
            heard: None,
            content: &Content::Phrases { phrases: vec![Phrase::new(word)] },
        };
        replies::insert(connection, &reply, now).await?;
    }
    sqlx::query("UPDATE messages SET state = 'new', boot = NULL WHERE state = 'taken' AND boot IS NOT ?")
        .bind(boot)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) fn to_json<T: serde::Serialize>(value: &T, table: &'static str) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|source| StoreError::Row { table, source })
}

pub(super) fn from_json<T: DeserializeOwned>(
    row: &SqliteRow,
    column: usize,
    table: &'static str,
) -> Result<T, StoreError> {
    let text: String = row.try_get(column)?;
    of_json(&text, table)
}

pub(super) fn of_json<T: DeserializeOwned>(text: &str, table: &'static str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|source| StoreError::Row { table, source })
}

/// The address column of a row.
pub(super) fn address(row: &SqliteRow, column: usize, table: &'static str) -> Result<Address, StoreError> {
    from_json(row, column, table)
}

pub(super) fn language(row: &SqliteRow, column: usize) -> Result<Language, StoreError> {
    let code: String = row.try_get(column)?;
    Ok(Language::parse(&code).unwrap_or(Language::En))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{desk, open, says};
    use super::*;

    #[tokio::test]
    async fn the_same_update_is_accepted_once() {
        let desk = desk().await;
        let message = says("c", "ana", "m:1", "hi");
        let Accepted::New(id) = desk.store.accept(&message, "{}", false, 1).await.unwrap() else {
            panic!("new")
        };
        assert_eq!(desk.store.accept(&message, "{}", false, 2).await.unwrap(), Accepted::Duplicate(id));
    }

    #[tokio::test]
    async fn a_lane_has_one_message_in_hand_and_keeps_its_order() {
        let desk = desk().await;
        for (chat, key) in [("a", "m:1"), ("a", "m:2"), ("b", "m:3")] {
            desk.store.accept(&says(chat, "ana", key, key), "{}", false, 1).await.unwrap();
        }
        let first = desk.store.take(&["console"]).await.unwrap().unwrap();
        let second = desk.store.take(&["console"]).await.unwrap().unwrap();
        assert_eq!((first.message.key.as_str(), second.message.key.as_str()), ("m:1", "m:3"));
        assert_eq!(desk.store.take(&["console"]).await.unwrap(), None);
        assert_eq!(desk.store.take(&["telegram"]).await.unwrap(), None);
        desk.store.give_back(first.id).await.unwrap();
        let again = desk.store.take(&["console"]).await.unwrap().unwrap();
        assert_eq!((again.id, again.attempt), (first.id, 1), "a polite stop costs no attempt");
    }

    #[tokio::test]
    async fn a_control_message_passes_its_busy_lane() {
        let desk = desk().await;
        desk.store.accept(&says("a", "ana", "m:1", "long"), "{}", false, 1).await.unwrap();
        desk.store.take(&["console"]).await.unwrap().unwrap();
        desk.store.accept(&says("a", "ana", "m:2", "/stop"), "{}", true, 1).await.unwrap();
        desk.store.accept(&says("a", "ana", "m:3", "next"), "{}", false, 1).await.unwrap();
        desk.store.accept(&says("b", "bob", "m:4", "/queue"), "{}", true, 1).await.unwrap();
        assert_eq!(desk.store.take(&["console"]).await.unwrap().unwrap().message.key, "m:2");
        assert_eq!(desk.store.take_control(&["console"]).await.unwrap().unwrap().message.key, "m:4");
        assert_eq!(desk.store.take(&["console"]).await.unwrap(), None, "m:3 waits for its lane");
    }

    #[tokio::test]
    async fn a_message_that_kills_the_house_three_times_is_parked_with_an_apology() {
        let desk = desk().await;
        desk.store.accept(&says("a", "ana", "m:1", "boom"), "{}", false, 1).await.unwrap();
        desk.store.accept(&says("a", "ana", "m:2", "next"), "{}", false, 1).await.unwrap();
        let mut store = desk.store.clone();
        for boot in ["b2", "b3", "b4"] {
            let taken = store.take(&["console"]).await.unwrap().unwrap();
            assert_eq!(taken.message.key, "m:1");
            store.close().await;
            store = open(&desk.folder, boot).await;
        }
        assert_eq!(store.take(&["console"]).await.unwrap().unwrap().message.key, "m:2");
        let due = store.next_reply(&["console"], &[], 5_000).await.unwrap().unwrap();
        assert_eq!(due.content, Content::Phrases { phrases: vec![Phrase::new("gave-up")] });
    }
}
