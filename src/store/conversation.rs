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
