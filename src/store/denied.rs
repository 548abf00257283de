//! What somebody still waits for who is not heard any more: his drawings are cancelled, and what is owed to him stays here.

use sqlx::SqliteConnection;

use super::StoreError;
use super::drawings::tell_of;
use super::messages::to_json;
use crate::message::Content;

/// Ends it, inside the transaction that denies him. Nothing new is said to him; only a message that says that a drawing
/// waits says how that ended. One that is being painted stops at its next step.
pub(super) async fn ends(
    connection: &mut SqliteConnection,
    messenger: &str,
    person: &str,
    now: i64,
) -> Result<(), StoreError> {
    // What stood for his answers goes; what stands for a drawing that is not done is changed to its end below.
    sqlx::query(
        "INSERT INTO replies (messenger, lane, address, person, language, content, created_at, takes)
         SELECT r.messenger, r.lane, r.address, '', r.language, ?4, ?3, coalesce(r.takes, d.placeholder, m.placeholder)
         FROM replies r LEFT JOIN drawings d ON d.id = r.drawing LEFT JOIN messages m ON m.id = r.message
         WHERE r.messenger = ?1 AND r.person = ?2 AND r.state = 'waiting'
           AND coalesce(d.state, '') NOT IN ('waiting', 'running')
           AND coalesce(r.takes, d.placeholder, m.placeholder) IS NOT NULL",
    )
    .bind(messenger)
    .bind(person)
    .bind(now)
    .bind(to_json(&Content::Nothing, "replies")?)
    .execute(&mut *connection)
    .await?;
    for sql in [
        "UPDATE replies SET state = 'parked', ended_at = ?3, reason = 'denied'
         WHERE messenger = ?1 AND person = ?2 AND state = 'waiting'",
        "UPDATE drawings SET cancel = 1 WHERE messenger = ?1 AND person = ?2 AND state = 'running' AND ?3 = ?3",
        "UPDATE drawings SET state = 'cancelled', cancel = 1, ended_at = ?3
         WHERE messenger = ?1 AND person = ?2 AND state = 'waiting' AND placeholder IS NULL",
    ] {
        sqlx::query(sql).bind(messenger).bind(person).bind(now).execute(&mut *connection).await?;
    }
    let shown = sqlx::query(
        "UPDATE drawings SET state = 'cancelled', cancel = 1, ended_at = ?3
         WHERE messenger = ?1 AND person = ?2 AND state = 'waiting'
         RETURNING id, message, address, person, reply_to, language, commission, attempt, queued_at",
    )
    .bind(messenger)
    .bind(person)
    .bind(now)
    .fetch_all(&mut *connection)
    .await?;
    for row in &shown {
        tell_of(connection, row, "drawing-cancelled", now).await?;
    }
    Ok(())
}
