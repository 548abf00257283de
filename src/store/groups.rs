//! Table `allowed_groups`: chats of several people that the owner has let in.

use sqlx::{Row as _, SqliteConnection};

use super::{Reader, StoreError};

impl Reader {
    /// The messenger's own ids of the chats that were let in, the first one first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn groups(&self, messenger: &str) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query("SELECT chat FROM allowed_groups WHERE messenger = ? ORDER BY since, chat")
            .bind(messenger)
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }
}

/// Lets a chat in.
pub(super) async fn allow(
    connection: &mut SqliteConnection,
    messenger: &str,
    chat: &str,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO allowed_groups (messenger, chat, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(messenger)
    .bind(chat)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// Closes a chat.
pub(super) async fn close(
    connection: &mut SqliteConnection,
    messenger: &str,
    chat: &str,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM allowed_groups WHERE messenger = ? AND chat = ?")
        .bind(messenger)
        .bind(chat)
        .execute(connection)
        .await?;
    Ok(())
}
