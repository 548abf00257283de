//! What a house that runs says about itself: its own `GET /health`, asked over loopback, and what that comes to.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::check::{Check, State};
use crate::message::Phrase;

/// How long the page may take.
const WITHIN: Duration = Duration::from_secs(3);

/// Most bytes of the page.
const LONGEST: u64 = 64 << 10;

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Page {
    /// Nobody listens there: a house of `aisaac chat`, for example.
    Nobody { address: String },
    /// Somebody does, and gives no such page.
    Odd { address: String, reason: String },
    /// The page.
    Said(Said),
}

/// The page, as far as it counts here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Said {
    status: String,
    #[serde(default)]
    causes: Vec<SaidCause>,
    #[serde(default)]
    last_poll_age_seconds: BTreeMap<String, i64>,
    #[serde(default)]
    pub(super) reads_groups: BTreeMap<String, bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct SaidCause {
    text: String,
}

impl Said {
    /// Whether it listens on a messenger.
    pub(super) fn polls(&self, messenger: &str) -> bool {
        self.last_poll_age_seconds.contains_key(messenger)
    }
}

/// Asks a house for its page; `None` where it has none (`run.listen`).
pub(super) async fn ask(listen: &str) -> Option<Page> {
    let address: SocketAddr = listen.parse().ok().filter(|address: &SocketAddr| address.port() != 0)?;
    let listen = listen.to_owned();
    let odd = |reason: String| Page::Odd { address: listen.clone(), reason };
    Some(match tokio::time::timeout(WITHIN, get(address)).await {
        Ok(Ok(body)) => serde_json::from_str(&body).map_or_else(|error| odd(error.to_string()), Page::Said),
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
            Page::Nobody { address: listen }
        }
        Ok(Err(error)) => odd(error.to_string()),
        Err(_) => odd(format!("> {} s", WITHIN.as_secs())),
    })
}

/// The body of `/health`, which comes in one piece.
async fn get(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut said = Vec::new();
    stream.take(LONGEST).read_to_end(&mut said).await?;
    let said = String::from_utf8_lossy(&said);
    Ok(said.split_once("\r\n\r\n").map_or_else(String::new, |(_, body)| body.to_owned()))
}

/// How the house is, as it says.
pub(super) fn page(page: &Page) -> Check {
    let about = |state, key: &str, address: &str| {
        Check::new("health", state, Phrase::new(key).with("address", address))
    };
    let said = match page {
        Page::Nobody { address } => return about(State::Ok, "doctor-health-nobody", address),
        Page::Odd { address, reason } => {
            let mut check = about(State::Warning, "doctor-health-odd", address);
            check.text = check.text.with("reason", reason.as_str());
            return check.run("systemctl status aisaac");
        }
        Page::Said(said) => said,
    };
    let polls: Vec<String> =
        said.last_poll_age_seconds.iter().map(|(messenger, age)| format!("{messenger} {age}")).collect();
    let causes: Vec<&str> = said.causes.iter().map(|cause| cause.text.as_str()).collect();
    let state = match said.status.as_str() {
        "green" => {
            let text = Phrase::new("doctor-health").with("polls", polls.join(", "));
            return Check::new("health", State::Ok, text);
        }
        "warn" => State::Warning,
        _ => State::Wrong,
    };
    let text = Phrase::new("doctor-health-causes").with("causes", causes.join("\n"));
    Check::new("health", state, text).cure(Phrase::new("doctor-health-cure"))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::super::check::speakable;
    use super::*;

    async fn answering(body: &'static str) -> Option<Page> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let answer = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 1_024];
            let length = stream.read(&mut asked).await.unwrap();
            assert!(asked[..length].starts_with(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1:"));
            stream.write_all(format!("HTTP/1.1 503 X\r\n\r\n{body}").as_bytes()).await.unwrap();
        };
        tokio::join!(ask(&address), answer).0
    }

    #[tokio::test]
    async fn a_house_says_how_it_is() {
        let found = |found: Option<Page>| {
            let check = page(&found.unwrap());
            speakable(std::slice::from_ref(&check));
            check
        };
        let said = |page| {
            let check = found(page);
            (check.state, check.text.key)
        };
        let well =
            r#"{"status": "green", "causes": [], "last_poll_age_seconds": {"telegram": 4}, "later": 1}"#;
        assert_eq!(found(answering(well).await).text.args["polls"], "telegram 4".into());
        let red = r#"{"status": "red", "causes": [{"cause": "database", "text": "It refuses."}]}"#;
        let red = found(answering(red).await);
        assert_eq!((red.state, &red.text.args["causes"]), (State::Wrong, &"It refuses.".into()));
        assert_eq!(
            said(answering(r#"{"status": "warn", "causes": [{"text": "Disk."}]}"#).await).0,
            State::Warning
        );
        for other in ["<html>", "{}"] {
            assert_eq!(said(answering(other).await), (State::Warning, "doctor-health-odd".into()));
        }
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
        assert_eq!(said(ask(&gone).await), (State::Ok, "doctor-health-nobody".into()));
        assert_eq!(ask("").await, None);
        assert_eq!(ask("127.0.0.1:0").await, None, "nobody knows which port that became");
    }
}
