//! Table `requests`: how much somebody with a number of requests a day has asked for today. No words, only times.

use sqlx::{Row as _, Sqlite, SqliteConnection};

use super::settle::Settlement;
use super::{Reader, StoreError};
use crate::message::Phrase;

/// Since the midnight before `?1` (milliseconds), where this machine is, and before the next one: what a clock that was
/// ahead has left behind counts on its own day.
const ON_THIS_DAY: &str = "at >= 1000 * CAST(strftime('%s', ?1 / 1000, 'unixepoch', 'localtime', 'start of day', 'utc') AS INTEGER)
    AND at < 1000 * CAST(strftime('%s', ?1 / 1000, 'unixepoch', 'localtime', 'start of day', '+1 day', 'utc') AS INTEGER)";

/// How much somebody may ask for in a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Daily {
    /// Answers and pictures together.
    pub requests: u32,
    /// Pictures.
    pub pictures: u32,
}

impl Daily {
    /// What is said to one more request (for a picture, with `picture`) of somebody who has asked for this much today.
    #[must_use]
    pub fn refuses(self, today: Today, picture: bool) -> Option<Phrase> {
        let refusal = |key: &str, limit: u32| Some(Phrase::new(key).with("limit", i64::from(limit)));
        if today.requests >= self.requests {
            return refusal("child-requests", self.requests);
        }
        if picture && today.pictures >= self.pictures {
            return refusal("child-pictures", self.pictures);
        }
        None
    }
}

/// How much somebody has asked for today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Today {
    /// Answers and pictures together.
    pub requests: u32,
    /// Pictures.
    pub pictures: u32,
}

impl Reader {
    /// How much a person has asked for since midnight.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn today(&self, messenger: &str, person: &str, now: i64) -> Result<Today, StoreError> {
        read(self.pool(), messenger, person, now).await
    }

    /// How many messages for the house have come since midnight, as far as they are kept: `/forget` takes some away. What
    /// groups say to each other is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn messages_today(&self, now: i64) -> Result<i64, StoreError> {
        let sql = format!(
            "SELECT count(*) FROM (SELECT received_at AS at, report FROM messages)
             WHERE {ON_THIS_DAY} AND coalesce(report ->> '$.intent', 'in hand') <> ''"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now).fetch_one(self.pool()).await?;
        Ok(row.try_get(0)?)
    }
}

async fn read<'c>(
    executor: impl sqlx::Executor<'c, Database = Sqlite>,
    messenger: &str,
    person: &str,
    now: i64,
) -> Result<Today, StoreError> {
    let sql = format!(
        "SELECT count(*), coalesce(sum(picture), 0) FROM requests WHERE messenger = ?2 AND person = ?3 AND {ON_THIS_DAY}"
    );
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now).bind(messenger).bind(person);
    let row = query.fetch_one(executor).await?;
    Ok(Today { requests: row.try_get(0)?, pictures: row.try_get(1)? })
}

/// What is said when a settlement's person may not ask for more today; with `picture`, for no more pictures.
pub(super) async fn full(
    connection: &mut SqliteConnection,
    at: &Settlement<'_>,
    picture: bool,
) -> Result<Option<Phrase>, StoreError> {
    let Some(daily) = at.limits.daily else { return Ok(None) };
    let message = &at.taken.message;
    let today = read(connection, &message.address.messenger, &message.from.id, at.now).await?;
    Ok(daily.refuses(today, picture))
}

/// One more, where requests are counted.
pub(super) async fn count(
    connection: &mut SqliteConnection,
    at: &Settlement<'_>,
    picture: bool,
) -> Result<(), StoreError> {
    if at.limits.daily.is_none() {
        return Ok(());
    }
    sqlx::query("INSERT INTO requests (messenger, person, picture, at) VALUES (?, ?, ?, ?)")
        .bind(&at.taken.message.address.messenger)
        .bind(&at.taken.message.from.id)
        .bind(picture)
        .bind(at.now)
        .execute(connection)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Limits;
    use super::super::tests::{Desk, cat, desk, says, settlement};
    use super::*;
    use crate::message::{Content, Outcome};

    const NOON: i64 = 1_700_000_000_000;

    /// The first moment after `from` at which it is another day here, found by asking SQLite what the wall shows.
    async fn midnight(desk: &Desk, from: i64) -> i64 {
        let mut tx = desk.store.begin().await.unwrap();
        let mut day = async |at: i64| -> String {
            let sql = "SELECT strftime('%Y-%m-%d', ? / 1000, 'unixepoch', 'localtime')";
            sqlx::query(sql).bind(at).fetch_one(&mut *tx).await.unwrap().get(0)
        };
        let today = day(from).await;
        let (mut same, mut other) = (from, from + 25 * 3_600_000);
        while other - same > 1 {
            let between = same + (other - same) / 2;
            if day(between).await == today { same = between } else { other = between }
        }
        other
    }

    fn said() -> Outcome {
        Outcome::Say { content: Content::Text { text: "fine".into() }, remember: None }
    }

    /// What was said to a request.
    async fn asks(desk: &Desk, key: &str, outcome: Outcome, now: i64) -> String {
        desk.store.accept(&says("c", "kid", key, "words"), "{}", false, now).await.unwrap();
        let taken = desk.store.take(&["console"]).await.unwrap().unwrap();
        let limits = Limits { waiting_per_person: 2, daily: Some(Daily { requests: 4, pictures: 1 }) };
        desk.store.settle(Settlement { limits, ..settlement(&taken, outcome, now) }).await.unwrap().unwrap();
        let replies = desk.store.reader().replies_of(taken.id).await.unwrap();
        match &replies[0].content {
            Content::Phrases { phrases } => phrases[0].key.clone(),
            Content::Text { text } => text.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn the_day_ends_at_midnight_and_what_was_refused_does_not_count() {
        let desk = desk().await;
        let midnight = midnight(&desk, NOON).await;
        let late = midnight - 1_000;
        assert_eq!(asks(&desk, "m:1", Outcome::Draw(cat()), late).await, "drawing-now");
        assert_eq!(asks(&desk, "m:2", Outcome::Draw(cat()), late).await, "child-pictures");
        for key in ["m:3", "m:4", "m:5"] {
            assert_eq!(asks(&desk, key, said(), late).await, "fine");
        }
        assert_eq!(asks(&desk, "m:6", said(), midnight - 1).await, "child-requests");
        let reader = desk.store.reader();
        let full = Today { requests: 4, pictures: 1 };
        assert_eq!(reader.today("console", "kid", midnight - 1).await.unwrap(), full);
        assert_eq!(reader.today("console", "kid", midnight).await.unwrap(), Today::default());
        assert_eq!(asks(&desk, "m:7", Outcome::Draw(cat()), midnight).await, "queued");
        assert_eq!(reader.today("console", "eva", midnight).await.unwrap(), Today::default());
        assert_eq!(
            reader.today("console", "kid", late).await.unwrap(),
            full,
            "a clock that is set back finds its day"
        );
    }

    #[tokio::test]
    async fn messages_for_the_house_are_counted_from_midnight_on() {
        let desk = desk().await;
        let midnight = midnight(&desk, NOON).await;
        for (key, report, at) in [
            ("m:1", r#"{"intent": "answer"}"#, midnight - 1),
            ("m:2", r#"{"intent": "draw"}"#, midnight),
            ("m:3", r#"{"intent": ""}"#, midnight),
        ] {
            desk.store.accept(&says("c", "ana", key, "words"), "{}", false, at).await.unwrap();
            let taken = desk.store.take(&["console"]).await.unwrap().unwrap();
            let settlement = settlement(&taken, said(), at);
            desk.store.settle(Settlement { report, ..settlement }).await.unwrap().unwrap();
        }
        desk.store.accept(&says("c", "ana", "m:4", "words"), "{}", false, midnight).await.unwrap();
        let reader = desk.store.reader();
        assert_eq!(reader.messages_today(midnight - 1).await.unwrap(), 1);
        let today = reader.messages_today(midnight + 1_000).await.unwrap();
        assert_eq!(today, 2, "one is done, one waits, one was not meant for us");
    }

    #[tokio::test]
    async fn forgetting_does_not_give_the_day_back() {
        let desk = desk().await;
        for key in ["m:1", "m:2", "m:3", "m:4"] {
            assert_eq!(asks(&desk, key, said(), NOON).await, "fine");
        }
        desk.store.accept(&says("c", "kid", "m:5", "/forget"), "{}", false, NOON).await.unwrap();
        let taken = desk.store.take(&["console"]).await.unwrap().unwrap();
        desk.store.settle(settlement(&taken, Outcome::Forget, NOON)).await.unwrap().unwrap();
        assert_eq!(asks(&desk, "m:6", said(), NOON).await, "child-requests");
    }
}
