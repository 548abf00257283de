//! The database is held by another program for seconds, or the disk is full: the log says so once, and all goes on.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::Connection as _;
use tracing_subscriber::fmt::MakeWriter;

use crate::world::Story;

/// Longer than SQLite waits by itself (5 s), so that writing really fails.
const HELD: Duration = Duration::from_millis(7_500);

/// The log of this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Keeps the log of this thread as long as the second value stands.
fn kept_log() -> (Log, tracing::subscriber::DefaultGuard) {
    let log = Log::default();
    let to_log = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).without_time();
    (log, tracing::subscriber::set_default(to_log.with_env_filter("aisaac=info").finish()))
}

/// One line says that it failed, one that it works again.
fn said_once(log: &Log, what: &str, why: &str) {
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let errors: Vec<&str> =
        text.lines().filter(|line| line.contains("ERROR") || line.contains("WARN")).collect();
    assert_eq!(errors.len(), 1, "{text}");
    assert!(errors[0].contains(&format!("{what} failed")) && errors[0].contains(why), "{text}");
    assert_eq!(text.matches(&format!("{what} works again")).count(), 1, "{text}");
}

#[tokio::test]
async fn a_disk_that_is_full_for_a_while_is_said_once() {
    let (log, _here) = kept_log();
    let mut story = Story::new().await;
    story.says("ana", 1, "draw a cat").await;
    story.answers().await;
    story.disk_is_full(true).await;
    let (house, stop) = (story.house(), story.stop());
    let (painted, ()) = tokio::join!(house.painter.as_ref().unwrap().paint_next(&stop), async {
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        story.disk_is_full(false).await;
    });
    assert!(painted.unwrap());
    story.delivers().await;
    assert!(story.told().ends_with("→ ana: [picture] a cat · 8×8 · seed 1 · 4 steps"));
    said_once(&log, "writing a drawing down", "No such file");
}

#[tokio::test]
async fn a_database_that_a_backup_tool_holds_is_waited_for_with_one_line_in_the_log() {
    let (log, _here) = kept_log();
    let mut story = Story::new().await;
    story.says("ana", 1, "What is a slow fjord?").await;
    let url = format!("sqlite://{}", story.places().database().display());
    let mut tool = sqlx::SqliteConnection::connect(&url).await.unwrap();
    // The answer is under way; when it is to be written down, the database is held.
    story
        .while_answering(async |story, _| {
            sqlx::query("BEGIN EXCLUSIVE").execute(&mut tool).await.unwrap();
            story.held.lets_go();
            tokio::time::sleep(HELD).await;
            sqlx::query("COMMIT").execute(&mut tool).await.unwrap();
        })
        .await;
    story.answers().await;
    assert!(story.told().ends_with("→ ana: You said: What is a slow fjord? (0 before)"));
    said_once(&log, "settling", "locked");
}
