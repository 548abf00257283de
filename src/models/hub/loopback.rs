//! A hub on loopback for tests: raw answers in their order, and what was asked.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{HubOptions, Token};

pub(super) const TAG: &str = "etag: \"t\"\r\n";

/// Answers each connection with the next of some raw answers, and keeps what was asked.
pub(in crate::models) struct Server {
    listener: TcpListener,
    asked: Mutex<Vec<String>>,
    answers: Mutex<VecDeque<Vec<u8>>>,
}

impl Server {
    pub(in crate::models) async fn new(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { listener, asked: Mutex::default(), answers: Mutex::new(answers.into()) }
    }

    pub(in crate::models) fn options(&self) -> HubOptions {
        let endpoint = format!("http://{}", self.listener.local_addr().unwrap());
        let (token, wait) = (Token::new(" secret\n"), Duration::from_millis(1));
        HubOptions { endpoint, token, attempts: 3, wait, ..HubOptions::default() }
    }

    /// The requests, in lower case.
    pub(in crate::models) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// Serves until something else is done.
    pub(in crate::models) async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::select! {
            done = work => done,
            () = self.serve() => unreachable!(),
        }
    }

    async fn serve(&self) {
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
pub(in crate::models) fn answer(status: &str, more: &str, length: usize, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{more}\r\n");
    [head.as_bytes(), body].concat()
}
