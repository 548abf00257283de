//! What a hub says about a file before it is fetched: its length, its sum where it keeps one, and the commit behind a
//! branch. With that a pull says what will come, and is held to it.

use reqwest::header::{CONTENT_LENGTH, LOCATION};
use reqwest::{Method, Response, Url};

use super::answers::{Broke, unasked};
use super::{Address, Hub};
use crate::models::PullError;

/// Redirects inside the hub that are followed for facts.
const HOPS: usize = 5;
/// Times a place is asked: nothing is lost yet, so people are told soon.
const ATTEMPTS: u32 = 2;

/// What was said; nothing where a hub says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::models) struct Facts {
    /// Bytes.
    pub(in crate::models) length: Option<u64>,
    /// SHA-256, hex; known of large files.
    pub(in crate::models) sha256: Option<String>,
    /// The commit that the revision stands for.
    pub(in crate::models) commit: Option<String>,
}

impl Hub<'_> {
    /// Asks about one file.
    pub(in crate::models) async fn facts(&self, address: Address<'_>) -> Result<Facts, PullError> {
        let attempts = self.options.attempts.clamp(1, ATTEMPTS);
        self.insist(attempts, || 0, async |place: &str| self.ask(place, address).await).await
    }

    async fn ask(&self, place: &str, address: Address<'_>) -> Result<Facts, Broke> {
        let mut url = address.url(place);
        let mut facts = Facts::default();
        for _ in 0..HOPS {
            let asked = self.request(&self.still, Method::HEAD, &url).send().await;
            let answer = asked.map_err(|source| Self::offline(&url, source))?;
            facts.read(&answer);
            let status = answer.status();
            if status.is_redirection() {
                // Large files lie with another host, which need not know what the hub has said.
                let Some(next) = inside(&url, &answer) else { break };
                url = next;
                continue;
            }
            if !status.is_success() && !unasked(status) {
                return Err(self.refused(&answer, &url, (place, address.repository)));
            }
            break;
        }
        Ok(facts)
    }
}

impl Facts {
    fn read(&mut self, answer: &Response) {
        let said = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let hex = |text: &str, length: usize| {
            (text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
                .then(|| text.to_ascii_lowercase())
        };
        let own = answer.status().is_success().then(|| said(CONTENT_LENGTH.as_str())).flatten();
        let length = said("x-linked-size").or(own).and_then(|text| text.parse().ok());
        let sum = said("x-linked-etag").and_then(|tag| hex(tag.trim_matches('"'), 64));
        self.length = self.length.or(length);
        self.sha256 = self.sha256.take().or(sum);
        self.commit = self.commit.take().or_else(|| said("x-repo-commit").and_then(|text| hex(text, 40)));
    }
}

/// Where a redirect leads, if that is the same host.
fn inside(url: &str, answer: &Response) -> Option<String> {
    let here = Url::parse(url).ok()?;
    let next = here.join(answer.headers().get(LOCATION)?.to_str().ok()?).ok()?;
    (next.origin() == here.origin()).then(|| next.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::loopback::{Server, answer};
    use super::*;

    const ADDRESS: Address<'_> = Address { repository: "o/r", revision: "main", remote: "x" };

    async fn said(answers: Vec<Vec<u8>>) -> (Result<Facts, PullError>, Vec<String>) {
        let server = Server::new(answers).await;
        let options = server.options();
        let hub = Hub::new(&options).unwrap();
        (server.during(hub.facts(ADDRESS)).await, server.asked())
    }

    #[tokio::test]
    async fn a_large_file_has_length_sum_and_commit() {
        let (sum, commit) = ("ab".repeat(32), "c0".repeat(20));
        let more = format!(
            "location: http://elsewhere.invalid/blob\r\nx-linked-size: 7000000000\r\n\
             x-linked-etag: \"{sum}\"\r\nx-repo-commit: {commit}\r\n"
        );
        let (facts, asked) = said(vec![answer("302 Found", &more, 0, b"")]).await;
        let told = Facts { length: Some(7_000_000_000), sha256: Some(sum), commit: Some(commit) };
        assert_eq!(facts.unwrap(), told);
        assert!(asked[0].starts_with("head /o/r/resolve/main/x ") && asked.len() == 1);
    }

    #[tokio::test]
    async fn a_small_file_lies_behind_a_redirect_of_the_hub_itself() {
        let commit = "c0".repeat(20);
        let first = format!("location: /cache/x\r\nx-repo-commit: {commit}\r\n");
        let answers = vec![answer("307 Temporary Redirect", &first, 0, b""), answer("200 OK", "", 245, b"")];
        let (facts, _) = said(answers).await;
        assert_eq!(facts.unwrap(), Facts { length: Some(245), sha256: None, commit: Some(commit) });
    }

    #[tokio::test]
    async fn nonsense_and_silence_say_nothing() {
        let more = "x-linked-size: many\r\nx-linked-etag: \"md5\"\r\nx-repo-commit: main\r\nlocation: http://e.invalid/\r\n";
        assert_eq!(said(vec![answer("302 Found", more, 0, b"")]).await.0.unwrap(), Facts::default());
        assert_eq!(
            said(vec![answer("405 Method Not Allowed", "", 0, b"")]).await.0.unwrap(),
            Facts::default()
        );
        let (gone, _) = said(vec![answer("404 Not Found", "", 0, b"")]).await;
        assert!(matches!(gone.unwrap_err(), PullError::HubMissing { .. }));
    }
}
