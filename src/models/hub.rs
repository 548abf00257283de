//! Files of a Hugging Face hub: one HTTPS range download each, resumed where it broke off.
//!
//! Address: `{endpoint}/{repository}/resolve/{revision}/{path}`. What came lies in `.NAME.part` beside the target, the
//! entity tag of what it belongs to in `.NAME.tag`; a resume asks with `If-Range`, so a changed file starts over.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_RANGE, ETAG, IF_RANGE, RANGE};
use reqwest::{Client, Response, StatusCode};

use super::aside::beside;
use super::{ModelFile, PullError};

/// Where files of a hub come from.
#[derive(Debug, Clone)]
pub struct HubOptions {
    /// Address without a slash at the end.
    pub endpoint: String,
    /// Sent to the endpoint only.
    pub token: Option<Token>,
    /// Connections that may break before a pull gives up.
    pub attempts: u32,
    /// Wait after the first broken one; doubled after each.
    pub wait: Duration,
}

impl Default for HubOptions {
    fn default() -> Self {
        Self {
            endpoint: "https://huggingface.co".to_owned(),
            token: None,
            attempts: 5,
            wait: Duration::from_secs(1),
        }
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

/// Why one connection gave no whole file.
enum Broke {
    /// Worth another connection.
    Again(PullError),
    /// It will not get better.
    Final(PullError),
}

/// One download.
struct Download<'a> {
    client: Client,
    options: &'a HubOptions,
    url: String,
    part: PathBuf,
    tag: PathBuf,
    /// Length, where the manifest knows it for sure.
    length: Option<u64>,
    watch: &'a (dyn Fn(u64) + Send + Sync),
}

/// Downloads a file into `.NAME.part` beside its target and returns that path, synced and of the right length; its sum
/// is the caller's to check.
pub(super) async fn fetch(
    options: &HubOptions,
    (repository, revision, remote): (&str, &str, &str),
    (file, target): (&ModelFile, &Path),
    watch: &(dyn Fn(u64) + Send + Sync),
) -> Result<PathBuf, PullError> {
    let url = format!("{}/{repository}/resolve/{revision}/{remote}", options.endpoint.trim_end_matches('/'));
    let folder = target.parent().unwrap_or(target);
    fs::create_dir_all(folder).map_err(|source| PullError::file("write", folder, source))?;
    let client = Client::builder()
        .user_agent(concat!("aisaac/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(20))
        .read_timeout(Duration::from_secs(60))
        .build()
        .map_err(|source| PullError::HubOffline { url: url.clone(), source })?;
    let length = file.sha256.as_ref().map(|_| file.bytes);
    let (part, tag) = (beside(target, "part"), beside(target, "tag"));
    let download = Download { client, options, url, part, tag, length, watch };
    let mut wait = options.wait;
    let mut left = options.attempts.max(1);
    loop {
        match download.connection().await {
            Ok(()) => return Ok(download.part),
            Err(Broke::Final(error)) => return Err(error),
            Err(Broke::Again(error)) => {
                left -= 1;
                if left == 0 {
                    return Err(error);
                }
                tracing::info!(url = download.url, %error, left, "download broke off, going on");
                tokio::time::sleep(wait).await;
                wait = wait.saturating_mul(2);
            }
        }
    }
}

/// Forgets what a download left aside.
pub(super) fn forget(target: &Path) {
    for end in ["part", "tag"] {
        let _ = fs::remove_file(beside(target, end));
    }
}

impl Download<'_> {
    async fn connection(&self) -> Result<(), Broke> {
        let there = fs::metadata(&self.part).map_or(0, |data| data.len());
        if there > 0 && Some(there) == self.length {
            return Ok(());
        }
        let tag = fs::read_to_string(&self.tag).ok().filter(|_| there > 0);
        let from = if tag.is_some() { there } else { 0 };
        let mut request = self.client.get(&self.url);
        if let Some(Token(token)) = &self.options.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(tag) = tag {
            request = request.header(RANGE, format!("bytes={from}-")).header(IF_RANGE, tag);
        }
        let answer = request.send().await.map_err(|source| Broke::Again(self.offline(source)))?;
        match answer.status() {
            StatusCode::PARTIAL_CONTENT if starts_at(&answer, from) => self.take(answer, from).await,
            StatusCode::OK => self.take(answer, 0).await,
            StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::PARTIAL_CONTENT => {
                let _ = fs::remove_file(&self.part);
                let status = answer.status().as_u16();
                Err(Broke::Again(PullError::Hub { url: self.url.clone(), status }))
            }
            status => Err(self.refused(status)),
        }
    }

    /// Appends what comes.
    async fn take(&self, mut answer: Response, from: u64) -> Result<(), Broke> {
        let told = answer.content_length().map(|rest| from + rest);
        if let (Some(expected), Some(found)) = (self.length, told)
            && expected != found
        {
            let file = self.url.clone();
            return Err(Broke::Final(PullError::Length { file, expected, found }));
        }
        let disk = |source| Broke::Final(PullError::file("write", &self.part, source));
        let mut out = OpenOptions::new().create(true).append(true).open(&self.part).map_err(disk)?;
        if from == 0 {
            out.set_len(0).map_err(disk)?;
            match answer
                .headers()
                .get(ETAG)
                .and_then(|tag| tag.to_str().ok())
                .filter(|tag| !tag.starts_with("W/"))
            {
                Some(tag) => fs::write(&self.tag, tag).map_err(disk)?,
                None => drop(fs::remove_file(&self.tag)),
            }
        }
        let mut there = from;
        while let Some(piece) = answer.chunk().await.map_err(|source| Broke::Again(self.offline(source)))? {
            there += piece.len() as u64;
            if let Some(expected) = self.length.filter(|length| there > *length) {
                drop(fs::remove_file(&self.part));
                let file = self.url.clone();
                return Err(Broke::Final(PullError::Length { file, expected, found: there }));
            }
            out.write_all(&piece).map_err(disk)?;
            (self.watch)(there);
        }
        let expected = self.length.or(told);
        if let Some(expected) = expected.filter(|expected| *expected != there) {
            let file = self.url.clone();
            return Err(Broke::Again(PullError::Length { file, expected, found: there }));
        }
        out.sync_all().map_err(disk)
    }

    fn offline(&self, source: reqwest::Error) -> PullError {
        PullError::HubOffline { url: self.url.clone(), source: source.without_url() }
    }

    fn refused(&self, status: StatusCode) -> Broke {
        let (url, number) = (self.url.clone(), status.as_u16());
        match number {
            404 | 410 => Broke::Final(PullError::HubMissing { url }),
            401 | 403 => Broke::Final(PullError::HubRefused { url, status: number }),
            408 | 429 | 500..=599 => Broke::Again(PullError::Hub { url, status: number }),
            _ => Broke::Final(PullError::Hub { url, status: number }),
        }
    }
}

fn starts_at(answer: &Response, from: u64) -> bool {
    let range = answer.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
    range
        .and_then(|range| range.strip_prefix("bytes "))
        .is_some_and(|range| range.starts_with(&format!("{from}-")))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Origin;
    use super::super::aside::sum_of;
    use super::*;
    use std::collections::VecDeque;
    use std::sync::Mutex;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    /// Answers each connection with the next of some raw answers, and keeps what was asked.
    pub(crate) struct Server {
        listener: TcpListener,
        pub(crate) asked: Mutex<Vec<String>>,
        answers: Mutex<VecDeque<Vec<u8>>>,
    }

    impl Server {
        pub(crate) async fn new(answers: Vec<Vec<u8>>) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            Self { listener, asked: Mutex::default(), answers: Mutex::new(answers.into()) }
        }

        pub(crate) fn options(&self) -> HubOptions {
            let endpoint = format!("http://{}", self.listener.local_addr().unwrap());
            let token = Token::new(" secret\n");
            HubOptions { endpoint, token, attempts: 3, wait: Duration::from_millis(1) }
        }

        /// Serves until somebody else is done.
        pub(crate) async fn serve(&self) {
            loop {
                let (mut stream, _) = self.listener.accept().await.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                self.asked.lock().unwrap().push(String::from_utf8(head).unwrap().to_lowercase());
                let answer = self.answers.lock().unwrap().pop_front().unwrap_or_default();
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
            }
        }
    }

    /// A raw answer; `length` may promise more than `body` holds.
    pub(crate) fn answer(status: &str, more: &str, length: usize, body: &[u8]) -> Vec<u8> {
        let head =
            format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{more}\r\n");
        [head.as_bytes(), body].concat()
    }

    fn wanted(body: &[u8]) -> ModelFile {
        let origin = Origin::House;
        ModelFile { path: "x".into(), bytes: body.len() as u64, sha256: Some(sum_of(body)), origin }
    }

    async fn run(folder: &Path, server: &Server, file: &ModelFile) -> Result<Vec<u8>, PullError> {
        let (options, target) = (server.options(), folder.join("x"));
        let place = ("o/r", "main", "onnx/x");
        tokio::select! {
            done = fetch(&options, place, (file, &target), &|_| ()) => done.map(|part| fs::read(part).unwrap()),
            () = server.serve() => unreachable!(),
        }
    }

    const TAG: &str = "etag: \"t\"\r\n";

    #[tokio::test]
    async fn a_broken_download_goes_on_where_it_broke() {
        let folder = tempfile::tempdir().unwrap();
        let first = answer("200 OK", TAG, 6, b"abc");
        let rest = answer("206 Partial Content", "content-range: bytes 3-5/6\r\n", 3, b"def");
        let server = Server::new(vec![first, rest]).await;
        assert_eq!(run(folder.path(), &server, &wanted(b"abcdef")).await.unwrap(), b"abcdef");
        let asked = server.asked.lock().unwrap().clone();
        assert!(asked[0].starts_with("get /o/r/resolve/main/onnx/x "));
        assert!(asked[0].contains("authorization: bearer secret") && !asked[0].contains("range"));
        assert!(asked[1].contains("range: bytes=3-") && asked[1].contains("if-range: \"t\""));
    }

    #[tokio::test]
    async fn a_later_pull_goes_on_and_a_changed_file_starts_over() {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::new(vec![answer("200 OK", TAG, 6, b"abc"), vec![], vec![]]).await;
        assert!(matches!(
            run(folder.path(), &server, &wanted(b"abcdef")).await.unwrap_err(),
            PullError::HubOffline { .. }
        ));
        let server = Server::new(vec![answer("200 OK", "etag: \"u\"\r\n", 6, b"ABCDEF")]).await;
        assert_eq!(run(folder.path(), &server, &wanted(b"ABCDEF")).await.unwrap(), b"ABCDEF");
        assert!(server.asked.lock().unwrap()[0].contains("range: bytes=3-"));
        let idle = Server::new(vec![]).await;
        assert_eq!(run(folder.path(), &idle, &wanted(b"ABCDEF")).await.unwrap(), b"ABCDEF");
        assert!(idle.asked.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_wrong_length_is_refused_before_it_comes() {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::new(vec![answer("200 OK", TAG, 5, b"abcde")]).await;
        let error = run(folder.path(), &server, &wanted(b"abcdef")).await.unwrap_err();
        assert!(error.to_string().contains("5 bytes, not 6"), "{error}");
        assert!(!folder.path().join(".x.part").exists());
    }

    #[tokio::test]
    async fn a_range_that_cannot_be_had_starts_over() {
        let folder = tempfile::tempdir().unwrap();
        let first = answer("200 OK", TAG, 6, b"abc");
        let refused = answer("416 Range Not Satisfiable", "", 0, b"");
        let server = Server::new(vec![first, refused, answer("200 OK", TAG, 6, b"abcdef")]).await;
        assert_eq!(run(folder.path(), &server, &wanted(b"abcdef")).await.unwrap(), b"abcdef");
    }

    #[tokio::test]
    async fn refusals_have_their_cure_and_are_final() {
        let folder = tempfile::tempdir().unwrap();
        for (status, word) in [
            ("404 Not Found", "404"),
            ("401 Unauthorized", "HF_TOKEN"),
            ("403 Forbidden", "accept its terms"),
        ] {
            let server = Server::new(vec![answer(status, "", 0, b"")]).await;
            let error = run(folder.path(), &server, &wanted(b"abcdef")).await.unwrap_err();
            assert!(error.to_string().contains(word), "{error}");
            assert_eq!(server.asked.lock().unwrap().len(), 1);
        }
        let busy = || answer("503 Service Unavailable", "", 0, b"");
        let server = Server::new(vec![busy(), busy(), busy()]).await;
        let error = run(folder.path(), &server, &wanted(b"abcdef")).await.unwrap_err();
        assert!(error.to_string().contains("503") && server.asked.lock().unwrap().len() == 3);
    }

    #[tokio::test]
    async fn without_a_known_sum_the_length_is_the_servers() {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::new(vec![answer("200 OK", "", 3, b"abc")]).await;
        let file = ModelFile { bytes: 999, sha256: None, ..wanted(b"") };
        assert_eq!(run(folder.path(), &server, &file).await.unwrap(), b"abc");
    }

    #[test]
    fn a_token_is_hidden() {
        assert_eq!(format!("{:?}", Token::new("secret")), "Some(Token(hidden))");
        assert!(Token::new(" ").is_none());
    }
}
