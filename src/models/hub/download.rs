//! One range download, resumed where it broke off.
//!
//! What came lies in `.NAME.part` beside the target, the entity tag of what it belongs to in `.NAME.tag`; a resume asks
//! with `If-Range`, so a changed file starts over.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use reqwest::header::{CONTENT_RANGE, ETAG, IF_RANGE, RANGE};
use reqwest::{Method, Response, StatusCode};

use super::answers::Broke;
use super::{Address, Hub};
use crate::models::PullError;
use crate::models::aside::beside;

/// How long a file may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::models) enum Length {
    /// Known.
    Exact(u64),
    /// Agreed to.
    AtMost(u64),
}

/// One download.
struct Download<'a> {
    hub: &'a Hub<'a>,
    address: Address<'a>,
    part: PathBuf,
    tag: PathBuf,
    length: Length,
    watch: &'a (dyn Fn(u64) + Send + Sync),
}

impl Hub<'_> {
    /// Downloads a file into `.NAME.part` beside its target and returns that path, synced and of the right length; its
    /// sum is the caller's to check.
    pub(in crate::models) async fn fetch(
        &self,
        address: Address<'_>,
        (target, length): (&Path, Length),
        watch: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<PathBuf, PullError> {
        let folder = target.parent().unwrap_or(target);
        fs::create_dir_all(folder).map_err(|source| PullError::file("write", folder, source))?;
        let (part, tag) = (beside(target, "part"), beside(target, "tag"));
        let download = Download { hub: self, address, part, tag, length, watch };
        let attempts = self.options.attempts.max(1);
        self.insist(attempts, || download.there(), async |place: &str| download.connection(place).await)
            .await?;
        Ok(download.part)
    }
}

/// Forgets what a download left aside.
pub(in crate::models) fn forget(target: &Path) {
    for end in ["part", "tag"] {
        let _ = fs::remove_file(beside(target, end));
    }
}

impl Download<'_> {
    /// Bytes that have come.
    fn there(&self) -> u64 {
        fs::metadata(&self.part).map_or(0, |data| data.len())
    }

    async fn connection(&self, place: &str) -> Result<(), Broke> {
        let there = self.there();
        if there > 0 && Length::Exact(there) == self.length {
            return Ok(());
        }
        let url = self.address.url(place);
        let tag = fs::read_to_string(&self.tag).ok().filter(|_| there > 0);
        let from = if tag.is_some() { there } else { 0 };
        let mut request = self.hub.request(&self.hub.client, Method::GET, &url);
        if let Some(tag) = tag {
            request = request.header(RANGE, format!("bytes={from}-")).header(IF_RANGE, tag);
        }
        let answer = request.send().await.map_err(|source| Hub::offline(&url, source))?;
        match answer.status() {
            StatusCode::PARTIAL_CONTENT if starts_at(&answer, from) => self.take(answer, &url, from).await,
            StatusCode::OK => self.take(answer, &url, 0).await,
            StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::PARTIAL_CONTENT => {
                let _ = fs::remove_file(&self.part);
                let status = answer.status().as_u16();
                Err(Broke::Again(PullError::Hub { url, status }, None))
            }
            _ => Err(self.hub.refused(&answer, &url, (place, self.address.repository))),
        }
    }

    /// Appends what comes.
    async fn take(&self, mut answer: Response, url: &str, from: u64) -> Result<(), Broke> {
        let told = answer.content_length().map(|rest| from.saturating_add(rest));
        told.into_iter().chain(whole(&answer)).try_for_each(|told| self.agreed(told, url, true))?;
        let disk = |source| Broke::Final(PullError::file("write", &self.part, source));
        let mut out = OpenOptions::new().create(true).append(true).open(&self.part).map_err(disk)?;
        if from == 0 {
            out.set_len(0).map_err(disk)?;
            let tag = answer.headers().get(ETAG).and_then(|tag| tag.to_str().ok());
            match tag.filter(|tag| !tag.starts_with("W/")) {
                Some(tag) => fs::write(&self.tag, tag).map_err(disk)?,
                None => drop(fs::remove_file(&self.tag)),
            }
        }
        let mut there = from;
        while let Some(piece) = answer.chunk().await.map_err(|source| Hub::offline(url, source))? {
            there += piece.len() as u64;
            if let Err(error) = self.agreed(there, url, false) {
                drop(fs::remove_file(&self.part));
                return Err(error);
            }
            out.write_all(&piece).map_err(disk)?;
            (self.watch)(there);
        }
        let expected = match self.length {
            Length::Exact(length) => Some(length),
            Length::AtMost(_) => told,
        };
        if let Some(expected) = expected.filter(|expected| *expected != there) {
            let error = PullError::Length { file: url.to_owned(), expected, found: there };
            return Err(Broke::Again(error, None));
        }
        out.sync_all().map_err(disk)
    }

    /// Whether so many bytes are what was agreed to; `all` when no more come.
    fn agreed(&self, found: u64, url: &str, all: bool) -> Result<(), Broke> {
        let url = url.to_owned();
        match self.length {
            Length::Exact(agreed) | Length::AtMost(agreed) if found > agreed => {
                Err(Broke::Final(PullError::HubMore { url, agreed, found }))
            }
            Length::Exact(expected) if all && found < expected => {
                Err(Broke::Final(PullError::Length { file: url, expected, found }))
            }
            _ => Ok(()),
        }
    }
}

fn range(answer: &Response) -> Option<&str> {
    answer.headers().get(CONTENT_RANGE)?.to_str().ok()?.strip_prefix("bytes ")
}

fn starts_at(answer: &Response, from: u64) -> bool {
    range(answer).is_some_and(|range| range.starts_with(&format!("{from}-")))
}

/// The length of the whole file, as a part of it tells.
fn whole(answer: &Response) -> Option<u64> {
    range(answer)?.rsplit_once('/')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::loopback::{Server, TAG, answer};
    use super::super::{HubOptions, Token};
    use super::*;
    use std::time::Duration;

    const ADDRESS: Address<'_> = Address { repository: "o/r", revision: "main", remote: "onnx/x" };

    async fn with(options: &HubOptions, folder: &Path, length: Length) -> Result<Vec<u8>, PullError> {
        let hub = Hub::new(options)?;
        let target = folder.join("x");
        hub.fetch(ADDRESS, (&target, length), &|_| ()).await.map(|part| fs::read(part).unwrap())
    }

    async fn run(folder: &Path, server: &Server, length: u64) -> Result<Vec<u8>, PullError> {
        let options = server.options();
        server.during(with(&options, folder, Length::Exact(length))).await
    }

    #[tokio::test]
    async fn a_broken_download_goes_on_where_it_broke() {
        let folder = tempfile::tempdir().unwrap();
        let first = answer("200 OK", TAG, 6, b"abc");
        let rest = answer("206 Partial Content", "content-range: bytes 3-5/6\r\n", 3, b"def");
        let server = Server::new(vec![first, rest]).await;
        assert_eq!(run(folder.path(), &server, 6).await.unwrap(), b"abcdef");
        let asked = server.asked();
        assert!(asked[0].starts_with("get /o/r/resolve/main/onnx/x "));
        assert!(asked[0].contains("authorization: bearer secret") && !asked[0].contains("range"));
        assert!(asked[1].contains("range: bytes=3-") && asked[1].contains("if-range: \"t\""));
    }

    #[tokio::test]
    async fn whoever_brings_something_may_break_off_often() {
        let folder = tempfile::tempdir().unwrap();
        let mut answers = vec![answer("200 OK", TAG, 9, b"a")];
        for (at, byte) in (1..9).zip(b"bcdefghi") {
            let range = format!("content-range: bytes {at}-8/9\r\n");
            answers.push(answer("206 Partial Content", &range, 9 - at, &[*byte]));
        }
        let server = Server::new(answers).await;
        assert_eq!(
            run(folder.path(), &server, 9).await.unwrap(),
            b"abcdefghi",
            "nine connections, three attempts"
        );
    }

    #[tokio::test]
    async fn a_later_pull_goes_on_and_a_changed_file_starts_over() {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::new(vec![answer("200 OK", TAG, 6, b"abc"), vec![], vec![], vec![]]).await;
        let error = run(folder.path(), &server, 6).await.unwrap_err();
        assert!(matches!(error, PullError::HubOffline { .. }));
        let server = Server::new(vec![answer("200 OK", "etag: \"u\"\r\n", 6, b"ABCDEF")]).await;
        assert_eq!(run(folder.path(), &server, 6).await.unwrap(), b"ABCDEF");
        assert!(server.asked()[0].contains("range: bytes=3-"));
        let idle = Server::new(vec![]).await;
        assert_eq!(run(folder.path(), &idle, 6).await.unwrap(), b"ABCDEF");
        assert!(idle.asked().is_empty());
    }

    #[tokio::test]
    async fn another_length_is_refused_before_it_comes() {
        let folder = tempfile::tempdir().unwrap();
        let said = async |length: usize| {
            let server = Server::new(vec![answer("200 OK", TAG, length, b"abcde")]).await;
            run(folder.path(), &server, 6).await.unwrap_err()
        };
        assert!(matches!(said(5).await, PullError::Length { expected: 6, found: 5, .. }));
        assert!(matches!(
            said(7_000_000_000).await,
            PullError::HubMore { agreed: 6, found: 7_000_000_000, .. }
        ));
        assert!(!folder.path().join(".x.part").exists());
    }

    #[tokio::test]
    async fn more_than_was_agreed_is_refused_even_when_nothing_was_said() {
        let folder = tempfile::tempdir().unwrap();
        let unsaid = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabcdefgh".to_vec();
        let server = Server::new(vec![unsaid]).await;
        let options = server.options();
        let error = server.during(with(&options, folder.path(), Length::AtMost(6))).await.unwrap_err();
        assert!(matches!(error, PullError::HubMore { agreed: 6, .. }), "{error}");
        assert!(!folder.path().join(".x.part").exists());
        let server = Server::new(vec![answer("200 OK", "", 3, b"abc")]).await;
        let options = server.options();
        let less = server.during(with(&options, folder.path(), Length::AtMost(999))).await;
        assert_eq!(less.unwrap(), b"abc");
    }

    #[tokio::test]
    async fn a_part_of_another_whole_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let first = answer("200 OK", TAG, 6, b"abc");
        let lie = answer("206 Partial Content", "content-range: bytes 3-5/700\r\n", 3, b"def");
        let server = Server::new(vec![first, lie]).await;
        let error = run(folder.path(), &server, 6).await.unwrap_err();
        assert!(matches!(error, PullError::HubMore { found: 700, .. }), "{error}");
    }

    #[tokio::test]
    async fn a_range_that_cannot_be_had_starts_over() {
        let folder = tempfile::tempdir().unwrap();
        let first = answer("200 OK", TAG, 6, b"abc");
        let refused = answer("416 Range Not Satisfiable", "", 0, b"");
        let server = Server::new(vec![first, refused, answer("200 OK", TAG, 6, b"abcdef")]).await;
        assert_eq!(run(folder.path(), &server, 6).await.unwrap(), b"abcdef");
    }

    #[tokio::test]
    async fn refusals_have_their_cure_and_are_final() {
        let folder = tempfile::tempdir().unwrap();
        let gated = "x-error-code: GatedRepo\r\n";
        for (status, more, token, word) in [
            ("404 Not Found", "", true, "404"),
            ("401 Unauthorized", "x-error-code: RepoNotFound\r\n", false, "404"),
            ("401 Unauthorized", "", true, "refuses the token"),
            ("401 Unauthorized", "", false, "wants a token"),
            ("401 Unauthorized", gated, false, "accept"),
            ("403 Forbidden", gated, true, "accept"),
            ("418 I'm a teapot", "", true, "418"),
        ] {
            let server = Server::new(vec![answer(status, more, 0, b"")]).await;
            let mut options = server.options();
            options.token = options.token.filter(|_| token);
            let error = server.during(with(&options, folder.path(), Length::Exact(6))).await.unwrap_err();
            assert!(error.to_string().contains(word), "{error}");
            if word == "accept" {
                assert!(error.to_string().contains(&format!("{}/o/r", options.endpoint)), "{error}");
            }
            assert_eq!(server.asked().len(), 1);
        }
        let busy = || answer("503 Service Unavailable", "", 0, b"");
        let server = Server::new(vec![busy(), busy(), busy()]).await;
        let error = run(folder.path(), &server, 6).await.unwrap_err();
        assert!(error.to_string().contains("503") && server.asked().len() == 3);
    }

    #[tokio::test]
    async fn a_busy_hub_is_given_the_time_it_asks_for_but_not_all_day() {
        let folder = tempfile::tempdir().unwrap();
        let busy =
            |after: &str| answer("429 Too Many Requests", &format!("retry-after: {after}\r\n"), 0, b"");
        let server = Server::new(vec![busy("0"), answer("200 OK", TAG, 3, b"abc")]).await;
        assert_eq!(run(folder.path(), &server, 3).await.unwrap(), b"abc");
        let other = tempfile::tempdir().unwrap();
        let server = Server::new(vec![busy("3600")]).await;
        let error = run(other.path(), &server, 3).await.unwrap_err();
        assert!(matches!(error, PullError::HubBusy { seconds: Some(3600), .. }), "{error}");
    }

    #[tokio::test]
    async fn a_redirect_is_followed_without_the_token() {
        let folder = tempfile::tempdir().unwrap();
        let store = Server::new(vec![answer("200 OK", TAG, 3, b"abc")]).await;
        let to = |place: &str| format!("location: {place}/blob?signature=1\r\n");
        let hub = Server::new(vec![answer("302 Found", &to(&store.options().endpoint), 0, b"")]).await;
        let options = hub.options();
        let both = store.during(hub.during(with(&options, folder.path(), Length::Exact(3))));
        assert_eq!(both.await.unwrap(), b"abc");
        assert!(hub.asked()[0].contains("bearer secret"));
        assert!(store.asked()[0].starts_with("get /blob?signature=1 "));
        assert!(!store.asked()[0].contains("secret"), "the token stays with the hub");
    }

    #[tokio::test]
    async fn redirects_in_a_ring_end() {
        let folder = tempfile::tempdir().unwrap();
        let server =
            Server::new((0..20).map(|_| answer("302 Found", "location: /again\r\n", 0, b"")).collect()).await;
        let error = run(folder.path(), &server, 3).await.unwrap_err();
        assert!(matches!(error, PullError::HubOffline { .. }) && server.asked().len() < 15, "{error}");
    }

    #[tokio::test]
    async fn a_mirror_is_asked_when_the_hub_is_silent_and_gets_no_token() {
        let folder = tempfile::tempdir().unwrap();
        let mirror = Server::new(vec![answer("200 OK", TAG, 3, b"abc")]).await;
        let options = HubOptions {
            endpoint: "http://127.0.0.1:1".to_owned(),
            mirrors: vec![format!("{}/hub/", mirror.options().endpoint)],
            token: Token::new("secret"),
            attempts: 3,
            wait: Duration::from_secs(60),
            ..HubOptions::default()
        };
        let done = mirror.during(with(&options, folder.path(), Length::Exact(3)));
        assert_eq!(done.await.unwrap(), b"abc", "at once, without waiting");
        assert!(mirror.asked()[0].starts_with("get /hub/o/r/resolve/main/onnx/x "));
        assert!(!mirror.asked()[0].contains("secret"));
    }
}
