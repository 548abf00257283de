//! A Hugging Face hub: what it says about a file, and the file itself.
//!
//! Address: `{endpoint}/{repository}/resolve/{revision}/{path}`. In: addresses from manifests. Out: files beside their
//! targets, of the length that was agreed to. A proxy is taken from the environment (HTTPS_PROXY, ALL_PROXY, NO_PROXY).
//! The token goes to the endpoint alone: to no mirror, to no other host that a redirect names, and never unencrypted.

mod answers;
mod download;
mod facts;
#[cfg(test)]
pub(in crate::models) mod loopback;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Method, RequestBuilder, Url};

use self::answers::Broke;
pub(super) use self::download::{Length, forget};
use super::PullError;

/// Redirects that are followed.
const HOPS: usize = 10;

/// Where files of a hub come from.
#[derive(Debug, Clone)]
pub struct HubOptions {
    /// Address of the hub.
    pub endpoint: String,
    /// Addresses that are asked, in turn, when the one before cannot be reached.
    pub mirrors: Vec<String>,
    /// Sent to the endpoint only.
    pub token: Option<Token>,
    /// Connections that may break, one after the other and without a byte, before a place is given up.
    pub attempts: u32,
    /// Wait after the first broken one; doubled after each.
    pub wait: Duration,
    /// The longest wait that a busy hub may ask for.
    pub patience: Duration,
}

impl Default for HubOptions {
    fn default() -> Self {
        Self {
            endpoint: "https://huggingface.co".to_owned(),
            mirrors: Vec::new(),
            token: None,
            attempts: 5,
            wait: Duration::from_secs(1),
            patience: Duration::from_secs(90),
        }
    }
}

impl HubOptions {
    /// Whether one of its places answers within this time, whatever it says.
    pub async fn answers(&self, within: Duration) -> bool {
        let Ok(hub) = Hub::new(self) else { return false };
        let asked = async {
            for place in hub.places() {
                if hub.still.head(place).timeout(within).send().await.is_ok() {
                    return true;
                }
            }
            false
        };
        tokio::time::timeout(within, asked).await.unwrap_or(false)
    }
}

/// An access token; `Debug` hides it.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// From the environment or a credential; surrounding space goes.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Token(hidden)")
    }
}

/// A file of a repository.
#[derive(Debug, Clone, Copy)]
pub(super) struct Address<'a> {
    pub(super) repository: &'a str,
    pub(super) revision: &'a str,
    pub(super) remote: &'a str,
}

impl Address<'_> {
    fn url(&self, place: &str) -> String {
        let Self { repository, revision, remote } = self;
        let place = place.trim_end_matches('/');
        format!(
            "{place}/{}/resolve/{}/{}",
            escaped(repository, "/"),
            escaped(revision, ""),
            escaped(remote, "/")
        )
    }
}

/// Percent-encoded but for letters, digits, `-._~` and what is `kept`.
fn escaped(text: &str, kept: &str) -> String {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.as_bytes().contains(&byte);
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

/// Connections to a hub and its mirrors.
pub(super) struct Hub<'a> {
    options: &'a HubOptions,
    /// Follows redirects.
    client: Client,
    /// Follows none.
    still: Client,
    /// The place that answered last.
    place: AtomicUsize,
}

impl<'a> Hub<'a> {
    pub(super) fn new(options: &'a HubOptions) -> Result<Self, PullError> {
        let client = |policy| {
            Client::builder()
                .user_agent(concat!("aisaac/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(Duration::from_secs(20))
                .read_timeout(Duration::from_secs(60))
                .redirect(policy)
                .build()
                .map_err(|source| PullError::offline(&options.endpoint, source))
        };
        let (client, still) = (client(Policy::custom(follow))?, client(Policy::none())?);
        Ok(Self { options, client, still, place: AtomicUsize::new(0) })
    }

    fn places(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.options.endpoint).chain(&self.options.mirrors).map(String::as_str)
    }

    /// A request, with the token where it may go.
    fn request(&self, client: &Client, method: Method, url: &str) -> RequestBuilder {
        let request = client.request(method, url);
        match &self.options.token {
            Some(Token(token)) if self.trusted(url) => request.bearer_auth(token),
            _ => request,
        }
    }

    /// Whether an address is one of the endpoint, and nobody on the way can read what is sent there.
    fn trusted(&self, url: &str) -> bool {
        let (Ok(url), Ok(own)) = (Url::parse(url), Url::parse(&self.options.endpoint)) else { return false };
        let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        url.origin() == own.origin() && (url.scheme() == "https" || loopback)
    }

    /// Asks the places in turn until one gives an answer, each so many times; `grown` tells how much has come so far, and whoever brings
    /// something gets all its attempts again.
    async fn insist<T>(
        &self,
        attempts: u32,
        mut grown: impl FnMut() -> u64,
        mut attempt: impl AsyncFnMut(&str) -> Result<T, Broke>,
    ) -> Result<T, PullError> {
        let (mut left, mut wait, mut most) = (attempts, self.options.wait, grown());
        loop {
            let index = self.place.load(Ordering::Relaxed);
            let place = self.places().nth(index).unwrap_or(&self.options.endpoint);
            let (error, after) = match attempt(place).await {
                Ok(done) => return Ok(done),
                Err(Broke::Final(error)) => return Err(error),
                Err(Broke::Again(error, after)) => (error, after),
            };
            let there = grown();
            if there > most {
                (left, wait, most) = (attempts, self.options.wait, there);
            }
            left -= 1;
            let pause = after.unwrap_or(wait);
            let over = left == 0 || pause > self.options.patience;
            let silent = matches!(error, PullError::HubOffline { .. });
            if index + 1 < self.places().count() && (over || silent) {
                tracing::info!(%error, "the next mirror is asked");
                self.place.store(index + 1, Ordering::Relaxed);
                (left, wait) = (attempts, self.options.wait);
                continue;
            }
            if over {
                return Err(error);
            }
            tracing::info!(%error, left, "a download broke off, going on");
            tokio::time::sleep(pause).await;
            wait = wait.saturating_mul(2);
        }
    }
}

/// Redirects are followed, but never from an encrypted address to another.
fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let encrypted = attempt.previous().last().is_some_and(|url| url.scheme() == "https");
    if attempt.previous().len() > HOPS {
        return attempt.error("more than ten redirects");
    }
    if encrypted && attempt.url().scheme() != "https" {
        return attempt.error("a redirect to an address that is not encrypted");
    }
    attempt.follow()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_hidden() {
        assert_eq!(format!("{:?}", Token::new("secret")), "Some(Token(hidden))");
        assert!(Token::new(" ").is_none());
    }

    #[test]
    fn addresses_are_escaped() {
        let address = Address { repository: "o/r", revision: "refs/pr/1", remote: "a b/ü?#%.onnx" };
        let url = address.url("https://h/");
        assert_eq!(url, "https://h/o/r/resolve/refs%2Fpr%2F1/a%20b/%C3%BC%3F%23%25.onnx");
    }

    #[test]
    fn a_token_goes_to_the_endpoint_only_and_never_unencrypted() {
        let trusted = |endpoint: &str, url: &str| {
            let options = HubOptions { endpoint: endpoint.to_owned(), ..HubOptions::default() };
            Hub::new(&options).unwrap().trusted(url)
        };
        assert!(trusted("https://h", "https://h/o/r"));
        assert!(trusted("http://127.0.0.1:9", "http://127.0.0.1:9/o"));
        for url in
            ["https://other/o", "http://h/o", "https://h:8443/o", "https://h.other/o", "https://h@other/o"]
        {
            assert!(!trusted("https://h", url), "{url}");
        }
        assert!(!trusted("http://lan-mirror", "http://lan-mirror/o"));
    }
}
