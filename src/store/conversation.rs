//! Tables `turns`, `settings` and `pending`, as settling writes them; the reader reads them.

use sqlx::SqliteConnection;

use super::StoreError;

/// The person's question is answered, or overtaken.
pub(super) async fn clear_pending(
    connection: &mut SqliteConnection,
    lane: &str,
    person: &str,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM pending WHERE lane = ? AND person = ?")
        .bind(lane)
        .bind(person)
        .execute(connection)
        .await?;
    Ok(())
}

/// Turns so far are no longer part of the lane's conversation.
pub(super) async fn start_fresh(connection: &mut SqliteConnection, lane: &str) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO settings (lane, fresh_after) VALUES (?1, (SELECT coalesce(max(id), 0) FROM turns WHERE lane = ?1))
         ON CONFLICT DO UPDATE SET fresh_after = excluded.fresh_after",
    )
    .bind(lane)
    .execute(connection)
    .await?;
    Ok(())
}

/// What was said in answer to a request, and its earlier edits, is no part of the conversation any more.
pub(super) async fn unsay(connection: &mut SqliteConnection, lane: &str, of: &str) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM turns WHERE message IN (SELECT id FROM messages
         WHERE lane = ?1 AND (key = ?2 OR json_extract(message, '$.body.edit.of') = ?2))",
    )
    .bind(lane)
    .bind(of)
    .execute(connection)
    .await?;
    Ok(())
}
