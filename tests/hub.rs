//! `models pull` as people meet it, against a hub on loopback that speaks the protocol, breaks off, lies and refuses; with
//! manifests of one's own. Nothing here leaves the machine.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests stand outside #[test] functions"
)]

use std::collections::VecDeque;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use sha2::{Digest as _, Sha256};

/// Answers each connection with the next of its raw answers, and keeps what was asked.
struct Hub {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Hub {
    fn new(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (kept, mut answers) = (Arc::clone(&asked), VecDeque::from(answers));
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                answer(stream, &kept, answers.pop_front().unwrap_or_default());
            }
        });
        Self { address, asked }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, asked: &Mutex<Vec<String>>, answer: Vec<u8>) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.push(byte[0]);
    }
    asked.lock().unwrap().push(String::from_utf8_lossy(&head).to_lowercase());
    let _ = stream.write_all(&answer);
}

/// A raw answer; `length` may promise more than `body` holds.
fn says(status: &str, more: &str, length: usize, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{more}\r\n");
    [head.as_bytes(), body].concat()
}

fn refuses(status: &str, code: &str) -> Vec<u8> {
    says(status, &format!("x-error-code: {code}\r\n"), 0, b"")
}

/// As a hub answers HEAD for a large file.
fn linked(body: &[u8]) -> Vec<u8> {
    let sum: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
    let more = format!(
        "location: http://elsewhere.invalid/\r\nx-linked-size: {}\r\nx-linked-etag: \"{sum}\"\r\nx-repo-commit: {}\r\n",
        body.len(),
        "c0".repeat(20)
    );
    says("302 Found", &more, 0, b"")
}

/// A data folder with one manifest that names a repository.
fn data(terms: &str) -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("manifests/mine");
    fs::create_dir_all(&folder).unwrap();
    let text = format!(
        "name = 'mine'\nfamily = 'diffusion'\ntitle = 'a trial'\nlicence = 'MIT'\nsource = 'me'\nlanguages = ['en']\n\
         memory_mb = 1\n{terms}\n[[file]]\npath = 'unet/model.onnx'\nbytes = 6\nfrom = 'hub'\nrepository = 'o/r'\n\
         revision = 'main'\nremote = 'unet/model.onnx'\n"
    );
    fs::write(folder.join("manifest.toml"), text).unwrap();
    data
}

/// Exit code, standard output and standard error together.
fn aisaac(data: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String) {
    let ran = Command::new(env!("CARGO_BIN_EXE_aisaac"))
        .args(arguments)
        .env_clear()
        .env("AISAAC_DATA", data)
        .env("LANG", "ru_RU.UTF-8")
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let both = [ran.stdout, ran.stderr].map(|stream| String::from_utf8_lossy(&stream).into_owned());
    (ran.status.code().unwrap(), both.concat())
}

fn pull(data: &Path, environment: &[(&str, &str)]) -> (i32, String) {
    aisaac(data, &["models", "pull", "mine", "--yes"], environment)
}

#[test]
fn what_comes_is_announced_resumed_held_to_its_sum_and_recorded() {
    let data = data("");
    let hub = Hub::new(vec![
        linked(b"abcdefgh"),
        says("200 OK", "etag: \"t\"\r\n", 8, b"abc"),
        says("206 Partial Content", "content-range: bytes 3-7/8\r\n", 5, b"defgh"),
    ]);
    let (code, said) = pull(data.path(), &[("HF_ENDPOINT", &hub.url()), ("HF_TOKEN", "secret")]);
    assert_eq!(code, 0, "{said}");
    for word in
        ["скачать 8 B", "которую называет сам хаб", "записана SHA-256", "draw", "Готово: 1 файл, 8 B."]
    {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(!said.contains("secret"));
    let asked = hub.asked();
    assert!(
        asked[0].starts_with("head /o/r/resolve/main/unet/model.onnx ") && asked[0].contains("bearer secret")
    );
    assert!(asked[1].starts_with(&format!("get /o/r/resolve/{}/unet/model.onnx ", "c0".repeat(20))));
    assert!(asked[2].contains("range: bytes=3-"));
    let file = data.path().join("models/mine/unet/model.onnx");
    assert_eq!(fs::read(&file).unwrap(), b"abcdefgh");
    assert_eq!(pull(data.path(), &[]).0, 0, "nothing is left to do, so no hub is needed");
    fs::write(&file, b"abcdefgX").unwrap();
    let (code, said) = aisaac(data.path(), &["models", "verify", "mine"], &[]);
    assert!(code == 1 && said.contains("другой файл"), "{said}");
    assert_eq!(aisaac(data.path(), &["models", "remove", "mine"], &[]).0, 0);
    assert!(!file.exists());
}

#[test]
fn nothing_comes_that_was_not_agreed_to() {
    let terms = data("terms = 'https://terms.example'");
    let hub = Hub::new(vec![linked(b"abcdef")]);
    let (code, said) = aisaac(terms.path(), &["models", "pull", "mine"], &[("HF_ENDPOINT", &hub.url())]);
    assert_eq!(code, 1);
    assert!(said.contains("https://terms.example") && said.contains("--yes"), "{said}");
    assert_eq!(hub.asked().len(), 1, "it was asked about, not fetched");
    let plain = data("");
    let hub = Hub::new(vec![linked(b"abcdef"), says("200 OK", "", 5_000_000, b"z")]);
    let (code, said) = pull(plain.path(), &[("HF_ENDPOINT", &hub.url())]);
    assert!(code == 1 && said.contains("предлагает 5 MB, а согласились на 6 B"), "{said}");
    let hub = Hub::new(vec![linked(b"abcdef"), says("200 OK", "", 6, b"abcdeX")]);
    let (code, said) = pull(plain.path(), &[("HF_ENDPOINT", &hub.url())]);
    assert!(code == 1 && said.contains("не тот файл"), "{said}");
    assert!(!plain.path().join("models/mine/unet/model.onnx").exists());
}

#[test]
fn a_refusal_says_what_to_do() {
    let data = data("");
    for (answer, token, words) in [
        (refuses("401 Unauthorized", "GatedRepo"), "", &["/o/r", "лиценз", "HF_TOKEN"][..]),
        (refuses("403 Forbidden", "GatedRepo"), "secret", &["/o/r", "лиценз", "владельца токена"]),
        (refuses("401 Unauthorized", ""), "secret", &["не принимает токен"]),
        (refuses("404 Not Found", "EntryNotFound"), "", &["404", "изменилось"]),
        (says("429 Too Many Requests", "retry-after: 7200\r\n", 0, b""), "", &["через 120 минут"]),
    ] {
        let hub = Hub::new(vec![answer]);
        let (code, said) = pull(data.path(), &[("HF_ENDPOINT", &hub.url()), ("HF_TOKEN", token)]);
        assert_eq!(code, 1);
        assert!(words.iter().all(|word| said.contains(word)), "{words:?}: {said}");
        assert_eq!(hub.asked().len(), 1, "{said}");
    }
}

#[test]
fn the_configuration_names_hub_and_mirror_and_a_proxy_is_honoured() {
    let data = data("");
    let mirror = Hub::new(vec![linked(b"abcdef"), says("200 OK", "", 6, b"abcdef")]);
    let text = format!("[hub]\nendpoint = 'http://127.0.0.1:1'\nmirrors = ['{}']\n", mirror.url());
    fs::write(data.path().join("aisaac.toml"), text).unwrap();
    let (code, said) = pull(data.path(), &[("HF_TOKEN", "secret")]);
    assert_eq!(code, 0, "{said}");
    assert!(mirror.asked().iter().all(|asked| !asked.contains("secret")), "a mirror gets no token");

    fs::remove_file(data.path().join("aisaac.toml")).unwrap();
    fs::remove_dir_all(data.path().join("models")).unwrap();
    let proxy = Hub::new(vec![linked(b"abcdef"), says("200 OK", "", 6, b"abcdef")]);
    let through =
        [("HF_ENDPOINT", "http://hub.invalid"), ("HTTP_PROXY", &proxy.url()), ("HF_TOKEN", "secret")];
    let (code, said) = pull(data.path(), &through);
    assert_eq!(code, 0, "{said}");
    assert!(proxy.asked()[0].starts_with("head http://hub.invalid/o/r/resolve/main/unet/model.onnx "));
    assert!(!proxy.asked()[0].contains("secret"), "the token goes nowhere unencrypted");

    fs::remove_dir_all(data.path().join("models")).unwrap();
    let proxy = Hub::new(vec![says("403 Forbidden", "", 0, b""), says("403 Forbidden", "", 0, b"")]);
    let through =
        [("HF_ENDPOINT", "https://hub.invalid"), ("HTTPS_PROXY", &proxy.url()), ("HF_TOKEN", "secret")];
    let (code, said) = pull(data.path(), &through);
    assert!(code == 1 && said.contains("HTTPS_PROXY"), "{said}");
    assert!(proxy.asked()[0].starts_with("connect hub.invalid:443 "), "{:?}", proxy.asked());
    assert!(!proxy.asked()[0].contains("secret"));
}

#[test]
fn files_that_were_carried_over_need_no_hub() {
    let (data, from) = (data(""), tempfile::tempdir().unwrap());
    let carried = ["models", "pull", "mine", "--from", from.path().to_str().unwrap()];
    let (code, said) = aisaac(data.path(), &carried, &[]);
    assert!(code == 1 && said.contains("не хватает: mine/unet/model.onnx"), "{said}");
    fs::create_dir_all(from.path().join("mine/unet")).unwrap();
    fs::write(from.path().join("mine/unet/model.onnx"), b"abcdef").unwrap();
    let (code, said) = aisaac(data.path(), &carried, &[]);
    assert!(code == 0 && said.contains("записана SHA-256"), "{said}");
}
