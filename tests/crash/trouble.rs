//! What else befalls a running house: a model that takes the process along, a full disk, a locked database.

use std::time::Duration;

use aisaac::message::Body;
use sqlx::Connection as _;

use crate::people::Wants;
use crate::schedule::database;
use crate::yard::{Yard, holds, talk};

/// Three processes die over the same message; then it is apologised for, and its lane goes on.
#[tokio::test]
async fn a_model_that_aborts_the_process_three_times() {
    let mut deadly = talk(3).remove(0);
    deadly.wants = Wants::Answer;
    deadly.message.from.id = "ana".to_owned();
    deadly.message.body = Body::Text("tell me about abort".to_owned());
    let mut next = deadly.clone();
    next.word = "w99x".to_owned();
    next.message.key = "m:99".to_owned();
    next.message.body = Body::Text("tell me about w99x".to_owned());
    let mut yard = Yard::new(vec![deadly, next]);
    for _ in 0..3 {
        let status = yard.starts("").ends();
        assert!(!status.success(), "the process was to die: {status}");
        yard.deaths += 1;
    }
    let last = yard.starts("").ends();
    assert!(last.success(), "the fourth house does not die: {last}");
    let said: Vec<String> = yard.arrived().into_iter().map(|part| part.text).collect();
    let said = said.concat();
    assert!(said.contains("set it aside") && said.contains("w99x"), "an apology, then the answer: {said}");
    holds("aborted three times", &yard.ends().await);
}

/// Most lines that a trouble may leave in the log: each of the three loops, whoever brings recordings, and each of four
/// lanes with a message in hand, says once that it has met it, and tries again.
const SAID: usize = 3 + 1 + 4;

/// What a full disk does not take: accepting, taking, claiming, settling, confirming.
const REFUSED: [(&str, &str); 8] = [
    ("messages", "INSERT"),
    ("messages", "UPDATE"),
    ("drawings", "INSERT"),
    ("drawings", "UPDATE"),
    ("replies", "INSERT"),
    ("replies", "UPDATE"),
    ("parts", "INSERT"),
    ("doomed", "INSERT"),
];

/// Rows and pictures are refused for a while, as by a full disk, in the middle of the work; nobody starts anything anew.
#[tokio::test]
async fn a_disk_that_fills_and_empties_again() {
    let yard = Yard::new(talk(11));
    let running = yard.starts("settled:2:500");
    assert!(running.holds().is_some());
    let mut rows = database(&yard.file("aisaac.db")).await;
    for (table, what) in REFUSED {
        let refuse = format!(
            "CREATE TRIGGER full_{table}_{what} BEFORE {what} ON {table} BEGIN SELECT RAISE(ABORT, 'full'); END"
        );
        sqlx::query(sqlx::AssertSqlSafe(refuse)).execute(&mut rows).await.unwrap();
    }
    std::fs::rename(yard.file("media"), yard.file("away")).unwrap();
    // The first comes at once, or when a busy machine lets the house go on.
    let mut errors = Vec::new();
    for _ in 0..600 {
        errors.extend(running.errors());
        if !errors.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    errors.extend(running.errors());
    assert!((1..=SAID).contains(&errors.len()), "{errors:#?}");
    tokio::time::sleep(Duration::from_secs(5)).await;
    let more = running.errors();
    assert!(more.is_empty(), "a trouble that is known already is said again: {more:#?}");
    std::fs::rename(yard.file("away"), yard.file("media")).unwrap();
    for (table, what) in REFUSED {
        sqlx::query(sqlx::AssertSqlSafe(format!("DROP TRIGGER full_{table}_{what}")))
            .execute(&mut rows)
            .await
            .unwrap();
    }
    assert!(running.ends().success());
    holds("a full disk", &yard.ends().await);
}

/// Another program locks the database for longer than SQLite waits.
#[tokio::test]
async fn a_database_locked_by_a_backup_tool() {
    let yard = Yard::new(talk(12));
    let running = yard.starts("settled:2:100");
    assert!(running.holds().is_some());
    let mut rows = database(&yard.file("aisaac.db")).await;
    let lock = rows.begin_with("BEGIN EXCLUSIVE").await.unwrap();
    tokio::time::sleep(Duration::from_secs(7)).await;
    let errors = running.errors();
    assert!(errors.len() <= SAID, "{errors:#?}");
    lock.rollback().await.unwrap();
    drop(rows);
    assert!(running.ends().success());
    holds("a locked database", &yard.ends().await);
}
