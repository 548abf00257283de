//! Table `turned_away`: who was told that this is a private house. Rows age like everything else.

use sqlx::SqliteConnection;

use super::StoreError;
use crate::message::Knock;

/// Whether this is the first time; from now on it is not.
pub(super) async fn first(
    connection: &mut SqliteConnection,
    messenger: &str,
    knock: &Knock,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO turned_away (messenger, chat, person, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(messenger)
    .bind(knock.chat.as_deref().unwrap_or_default())
    .bind(knock.person.as_deref().unwrap_or_default())
    .bind(now)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Whoever was let in is told again if that ends.
pub(super) async fn forget(
    connection: &mut SqliteConnection,
    messenger: &str,
    knock: &Knock,
) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM turned_away WHERE messenger = ?1 AND (?2 <> '' AND chat = ?2 OR ?2 = '' AND person = ?3)",
    )
    .bind(messenger)
    .bind(knock.chat.as_deref().unwrap_or_default())
    .bind(knock.person.as_deref().unwrap_or_default())
    .execute(connection)
    .await?;
    Ok(())
}
