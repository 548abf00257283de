//! Table `roles`: who was given which role; and what is known about somebody who says something, and where he says it.

use sqlx::{Row as _, SqliteConnection};

use super::messages::of_json;
use super::{Reader, StoreError};
use crate::message::{Address, Pending, Role, Settings};

/// What is kept about whoever says something, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Known {
    /// The role that the person was given.
    pub role: Option<Role>,
    /// The chat is one of several people that the owner let in.
    pub group: bool,
    /// There is a code that makes its sender the owner.
    pub claimable: bool,
}

/// What is kept about whoever says something, and about the lane in which it is said: one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Met {
    /// The person and the chat.
    pub known: Known,
    chosen: String,
    question: String,
}

impl Met {
    /// What the lane has chosen, and the question of ours that the person has not answered yet.
    ///
    /// # Errors
    /// When another version wrote them.
    pub fn lane(&self) -> Result<(Settings, Option<Pending>), StoreError> {
        Ok((of_json(&self.chosen, "settings")?, of_json(&self.question, "pending")?))
    }
}

/// Somebody with a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPerson {
    /// The messenger's own id of the person.
    pub id: String,
    /// What the person is called there, as far as it is known.
    pub name: Option<String>,
    /// The role.
    pub role: Role,
}

impl Reader {
    /// What is kept about a person, the chat and the lane where something was said.
    ///
    /// # Errors
    /// When the database fails (this and every reading below).
    pub async fn met(&self, address: &Address, person: &str, now: i64) -> Result<Met, StoreError> {
        let row = sqlx::query(
            "SELECT (SELECT role FROM roles WHERE messenger = ?1 AND person = ?2),
                    EXISTS (SELECT 1 FROM allowed_groups WHERE messenger = ?1 AND chat = ?3),
                    EXISTS (SELECT 1 FROM claims WHERE messenger = ?1),
                    coalesce((SELECT chosen FROM settings WHERE lane = ?4), '{}'),
                    coalesce((SELECT question FROM pending WHERE lane = ?4 AND person = ?2 AND expires_at > ?5), 'null')",
        )
        .bind(&address.messenger)
        .bind(person)
        .bind(&address.chat)
        .bind(address.lane())
        .bind(now)
        .fetch_one(self.pool())
        .await?;
        let role: Option<String> = row.try_get(0)?;
        // A word that this program does not know was written by a newer one: nobody is let in by it.
        let role = role.map(|word| Role::parse(&word).unwrap_or(Role::Denied));
        let known = Known { role, group: row.try_get(1)?, claimable: row.try_get(2)? };
        Ok(Met { known, chosen: row.try_get(3)?, question: row.try_get(4)? })
    }

    /// Everybody on a messenger who was given a role, in the order of the roles.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn people(&self, messenger: &str) -> Result<Vec<KnownPerson>, StoreError> {
        let rows = sqlx::query(
            "SELECT r.person, p.name, r.role FROM roles r
             LEFT JOIN people p ON p.messenger = r.messenger AND p.person = r.person
             WHERE r.messenger = ? ORDER BY r.since, r.person",
        )
        .bind(messenger)
        .fetch_all(self.pool())
        .await?;
        let mut people = Vec::with_capacity(rows.len());
        for row in &rows {
            let word: String = row.try_get(2)?;
            let role = Role::parse(&word).unwrap_or(Role::Denied);
            people.push(KnownPerson { id: row.try_get(0)?, name: row.try_get(1)?, role });
        }
        people.sort_by_key(|person| Role::ALL.iter().position(|role| *role == person.role));
        Ok(people)
    }
}

/// The role that a person has been given.
pub(super) async fn role_of(
    connection: &mut SqliteConnection,
    messenger: &str,
    person: &str,
) -> Result<Option<Role>, StoreError> {
    let row = sqlx::query("SELECT role FROM roles WHERE messenger = ? AND person = ?")
        .bind(messenger)
        .bind(person)
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let word: String = row.try_get(0)?;
    Ok(Some(Role::parse(&word).unwrap_or(Role::Denied)))
}

/// Gives a person a role.
pub(super) async fn give(
    connection: &mut SqliteConnection,
    messenger: &str,
    person: &str,
    role: Role,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO roles (messenger, person, role, since) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET role = excluded.role, since = excluded.since",
    )
    .bind(messenger)
    .bind(person)
    .bind(role.word())
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether somebody wrote under this id of whom is known that behind it may stand anybody. (What is not for us loses its
/// words, but keeps that.)
pub(super) async fn is_shared(
    connection: &mut SqliteConnection,
    messenger: &str,
    person: &str,
) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "SELECT 1 FROM messages WHERE messenger = ? AND person = ?
           AND json_valid(message) AND json_extract(message, '$.from.shared') LIMIT 1",
    )
    .bind(messenger)
    .bind(person)
    .fetch_optional(connection)
    .await?;
    Ok(row.is_some())
}
