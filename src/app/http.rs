//! What the daemon says to programs on this computer, over HTTP on loopback: `GET /health` (200, or 503 when the house does not
//! serve) and `GET /metrics`. Nothing that people wrote, nothing to be changed, no secret.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State as Of;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::metrics::{Meter, Moment};
use super::sorry::sorry;
use crate::inference::Threads;
use crate::message::{Health, Language, Level, Phrase, State};
use crate::phrases::Phrases;
use crate::store::Reader;

/// How long somebody who still reads is waited for when the house stops.
const ENDS_WITHIN: Duration = Duration::from_secs(1);

/// What the pages are made of.
pub(super) struct Pages {
    pub(super) health: Health,
    pub(super) phrases: Arc<Phrases>,
    pub(super) language: Language,
    pub(super) threads: Threads,
    pub(super) reader: Reader,
    pub(super) meter: Meter,
    /// When the process began.
    pub(super) started: i64,
    /// Unix milliseconds.
    pub(super) now: fn() -> i64,
}

/// Whether an address (`run.listen`) can be used: none, or one that only this computer reaches.
pub(super) fn is_ours(listen: &str) -> bool {
    listen.is_empty() || listen.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback())
}

/// Takes the address; none for an empty one.
///
/// # Errors
/// When it cannot be had.
pub(super) async fn bind(listen: &str) -> anyhow::Result<Option<TcpListener>> {
    if listen.is_empty() {
        return Ok(None);
    }
    let busy = |error: std::io::Error| {
        sorry(Phrase::new("listen-busy").with("address", listen).with("reason", error.to_string()))
    };
    Ok(Some(TcpListener::bind(listen).await.map_err(busy)?))
}

/// Answers until told to stop.
pub(super) async fn serve(listener: TcpListener, pages: Pages, stop: &CancellationToken) {
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "health and metrics");
    }
    let pages = Arc::new(pages);
    let router = Router::new().route("/health", get(health)).route("/metrics", get(measured));
    let router = router.with_state(pages.clone());
    let served = axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(ENDS_WITHIN).await;
    };
    tokio::select! {
        served = served => if let Err(error) = served {
            tracing::error!(%error, "health and metrics are not served any more");
        },
        () = late => {}
        () = pages.meter.keep() => {}
    }
}

async fn health(Of(pages): Of<Arc<Pages>>) -> impl IntoResponse {
    let now = (pages.now)();
    let state = pages.health.state(now);
    let code = if state.level == Level::Red { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let say = |phrase: &Phrase| pages.phrases.render(pages.language, phrase);
    let body = page(&state, say, now, pages.started);
    (code, [(header::CONTENT_TYPE, "application/json")], format!("{body}\n"))
}

/// The page as a value: nothing but what the health says.
fn page(state: &State, say: impl Fn(&Phrase) -> String, now: i64, started: i64) -> Value {
    let seconds = |ms: i64| ms.max(0) / 1_000;
    let causes = state.causes.iter().map(|stands| {
        let cause = &stands.cause;
        json!({"cause": cause.name(), "level": cause.level().name(), "seconds": seconds(now - stands.since), "text": say(&cause.phrase())})
    });
    let polls = state.polls.iter().map(|(messenger, age)| (messenger.clone(), json!(seconds(*age))));
    json!({
        "status": state.level.name(),
        "causes": causes.collect::<Vec<_>>(),
        "last_poll_age_seconds": Value::Object(polls.collect()),
        "reads_groups": &state.reads_groups,
        "uptime_seconds": seconds(now - started),
        "version": env!("CARGO_PKG_VERSION"),
    })
}

async fn measured(Of(pages): Of<Arc<Pages>>) -> impl IntoResponse {
    let state = pages.health.state((pages.now)());
    // A database that cannot be read is told by the health; the rest of the page stands.
    let waiting = pages.reader.waiting().await.ok();
    let moment = Moment { state: &state, waiting, threads: &pages.threads, started: pages.started };
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], pages.meter.page(&moment))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Cause;

    #[test]
    fn only_loopback_is_ours() {
        for ours in ["", "127.0.0.1:8075", "127.8.7.6:0", "[::1]:80"] {
            assert!(is_ours(ours), "{ours}");
        }
        for others in ["0.0.0.0:8075", "[::]:80", "192.168.1.2:80", "8075", "localhost:80", "127.0.0.1"] {
            assert!(!is_ours(others), "{others}");
        }
    }

    #[test]
    fn the_page_names_what_is_wrong_in_words_and_seconds() {
        let health = Health::default();
        health.beat("telegram", 1_000);
        health.begins(Cause::Disk, 60_000);
        health.reads_groups("telegram", false);
        let phrases = Phrases::load();
        let body = page(&health.state(62_000), |said| phrases.render(Language::En, said), 62_000, 0);
        assert_eq!(body["status"], "warn");
        assert_eq!(body["last_poll_age_seconds"]["telegram"], 61);
        assert_eq!(body["reads_groups"], json!({"telegram": false}));
        assert_eq!(body["uptime_seconds"], 62);
        let cause = &body["causes"][0];
        assert_eq!((&cause["cause"], &cause["seconds"]), (&json!("disk"), &json!(2)));
        assert!(cause["text"].as_str().unwrap().starts_with("Less than 500 MB"), "{body}");
    }

    #[test]
    fn every_cause_has_its_sentence_in_both_languages() {
        let phrases = Phrases::load();
        let causes = [Cause::Poll("telegram".into()), Cause::Database, Cause::Disk, Cause::Drawings(2)];
        let models = [Cause::Dead("sketch".into()), Cause::Model("sketch".into())];
        for cause in causes.into_iter().chain(models) {
            for language in [Language::Ru, Language::En] {
                let said = phrases.render(language, &cause.phrase());
                assert!(!said.contains("{$") && !said.starts_with("health-") && said.len() > 30, "{said}");
            }
        }
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_said_in_words() {
        let taken = bind("127.0.0.1:0").await.unwrap().unwrap();
        let address = taken.local_addr().unwrap().to_string();
        let error = bind(&address).await.unwrap_err();
        let said = super::super::sorry::sentence(&error, &Phrases::load(), Language::En);
        assert!(said.contains(&address) && said.contains("run.listen"), "{said}");
        assert!(bind("").await.unwrap().is_none());
    }
}
