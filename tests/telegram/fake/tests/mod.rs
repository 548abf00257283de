//! The fake held to what it promises: each behaviour that a bot relies on, over real HTTP.
//!
//! The bot here is a few lines of HTTP by hand, so that nothing stands between a test and the bytes.

mod files;
mod editing;
mod faults;
mod people;
mod polling;
mod sending;
mod smoke;

use std::io;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Server, TOKEN};

/// An answer as it came over the wire.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

/// Sends these bytes and reads until the server closes.
async fn exchange(server: &Server, request: &[u8]) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(server.url().trim_start_matches("http://")).await?;
    stream.write_all(request).await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    Ok(Answer { status, head: head.to_lowercase(), body: bytes[end + 4..].to_vec() })
}

fn post(path: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: fake\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// A multipart form: parameters, and files by name of their part.
fn form(params: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in params {
        let part = format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(part.as_bytes());
    }
    for (name, file, bytes) in files {
        let part = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\nContent-Type: \
             application/octet-stream\r\n\r\n"
        );
        body.extend(part.as_bytes());
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--edge--\r\n");
    body
}

/// The result, or the code and the description.
fn read(answer: &Answer) -> Result<Value, String> {
    let json: Value = serde_json::from_slice(&answer.body).unwrap();
    if json["ok"] == true {
        return Ok(json["result"].clone());
    }
    assert_eq!(json["error_code"], answer.status);
    Err(format!("{} {}", answer.status, json["description"].as_str().unwrap()))
}

async fn call(server: &Server, method: &str, params: Value) -> Result<Value, String> {
    let request = post(&format!("/bot{TOKEN}/{method}"), "application/json", params.to_string().as_bytes());
    read(&exchange(server, &request).await.unwrap())
}

async fn upload(
    server: &Server,
    method: &str,
    params: &[(&str, &str)],
    files: &[(&str, &str, &[u8])],
) -> Result<Value, String> {
    let path = format!("/bot{TOKEN}/{method}");
    let request = post(&path, "multipart/form-data; boundary=edge", &form(params, files));
    read(&exchange(server, &request).await.unwrap())
}

/// The smallest thing that says it is a PNG of this size.
fn png(width: u32, height: u32) -> Vec<u8> {
    let sizes = [width.to_be_bytes(), height.to_be_bytes()].concat();
    [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &sizes, b"\x08\x06\0\0\0"].concat()
}

/// Ana, and her chat with the bot.
fn ana(server: &Server) -> i64 {
    let ana = server.person("Ana");
    server.private(ana)
}

#[tokio::test]
async fn get_me_is_the_bot() {
    let server = Server::start().await;
    server.set_username("other_bot");
    server.set_reads_all(true);
    let me = call(&server, "getme", json!({})).await.unwrap();
    assert_eq!((&me["username"], &me["can_read_all_group_messages"]), (&json!("other_bot"), &json!(true)));
    assert_eq!(server.requests()[0].method, "getMe");
    assert!(server.violations().is_empty());
}

#[tokio::test]
async fn tokens_and_methods_are_checked() {
    let server = Server::start().await;
    for (path, expected) in [
        ("/bot1:wrong/getMe", "401 Unauthorized"),
        ("/botwrong/getMe", "401 Unauthorized: invalid token specified"),
        ("/nowhere", "404 Not Found"),
    ] {
        let answer = exchange(&server, &post(path, "application/json", b"{}")).await.unwrap();
        assert_eq!(read(&answer), Err(expected.to_owned()), "{path}");
    }
    assert_eq!(call(&server, "getThings", json!({})).await, Err("404 Not Found: method not found".into()));
    assert_eq!(server.violations(), ["getThings: Bot API 10.3 has no such method"]);
    server.set_token("1:other");
    assert_eq!(call(&server, "getMe", json!({})).await, Err("401 Unauthorized".into()));
}

#[tokio::test]
async fn every_way_to_say_parameters_is_read() {
    let server = Server::start().await;
    let chat = ana(&server);
    let path = format!("/bot{TOKEN}/SENDMESSAGE");
    let buttons = r#"{"inline_keyboard":[[{"text":"Stop","callback_data":"stop"}]]}"#;
    let encoded = format!("chat_id={chat}&text=%D0%BA%D0%BE%D1%82+%26&disable_notification=true");
    let request = post(&path, "application/x-www-form-urlencoded", encoded.as_bytes());
    assert_eq!(read(&exchange(&server, &request).await.unwrap()).unwrap()["text"], "кот &");
    let id = chat.to_string();
    let params = [("chat_id", id.as_str()), ("text", "two"), ("reply_markup", buttons)];
    upload(&server, "sendMessage", &params, &[]).await.unwrap();
    let get =
        format!("GET {path}?chat_id={chat}&text=three HTTP/1.1\r\nHost: fake\r\nConnection: close\r\n\r\n");
    read(&exchange(&server, get.as_bytes()).await.unwrap()).unwrap();
    call(&server, "sendMessage", json!({ "chat_id": id, "text": "four" })).await.unwrap();
    let replies = server.replies(chat);
    let texts: Vec<&str> = replies.iter().map(|reply| reply.text()).collect();
    assert_eq!(texts, ["кот &", "two", "three", "four"]);
    assert_eq!(replies[1].buttons(), [("Stop".to_owned(), "stop".to_owned())]);
    assert!(server.violations().is_empty(), "{:?}", server.violations());
}

#[tokio::test]
async fn what_the_schema_does_not_know_is_a_violation() {
    let server = Server::start().await;
    let chat = ana(&server);
    for (params, expected) in [
        (json!({ "chat_id": chat }), "sendMessage.text: missing"),
        (
            json!({ "chat_id": chat, "text": "a", "reply_to_message_id": 1 }),
            "sendMessage.reply_to_message_id: unknown",
        ),
        (json!({ "chat_id": chat, "text": 5 }), "sendMessage.text: expected String, found 5"),
        (json!({ "chat_id": 1.5, "text": "a" }), "sendMessage.chat_id: expected Integer, found 1.5"),
        (
            json!({ "chat_id": chat, "text": "a", "reply_parameters": { "message_id": "7" } }),
            "sendMessage.reply_parameters.message_id: expected Integer, found \"7\"",
        ),
        (
            json!({ "chat_id": chat, "text": "a", "link_preview_options": { "disabled": true } }),
            "sendMessage.link_preview_options.disabled: unknown",
        ),
        (
            json!({ "chat_id": chat, "text": "a", "reply_markup": { "inline_keyboard": [[{ "callback_data": "a" }]] } }),
            "sendMessage.reply_markup.inline_keyboard[0][0].text: missing",
        ),
        (
            json!({ "chat_id": chat, "text": "a", "entities": [{ "type": "bold", "offset": 0 }] }),
            "sendMessage.entities[0].length: missing",
        ),
    ] {
        let before = server.violations().len();
        let answer = call(&server, "sendMessage", params.clone()).await;
        assert_eq!(server.violations()[before..], [expected], "{params}");
        assert_eq!(answer, Err(format!("400 Bad Request: the fake is strict: {expected}")));
    }
    let commands = json!({ "commands": [{ "command": "draw" }], "scope": { "type": "chat" } });
    call(&server, "setMyCommands", commands).await.unwrap_err();
    let wrong = ["setMyCommands.commands[0].description: missing", "setMyCommands.scope.chat_id: missing"];
    assert_eq!(server.violations()[8..], wrong);
    let media = json!({ "chat_id": chat, "message_id": 1, "media": { "type": "photo", "caption": "a" } });
    call(&server, "editMessageMedia", media).await.unwrap_err();
    assert_eq!(server.violations()[10..], ["editMessageMedia.media.media: missing"]);
    assert!(server.replies(chat).is_empty());
}

#[tokio::test]
async fn commands_are_kept_by_scope_and_language() {
    let server = Server::start().await;
    let commands = json!([{ "command": "draw", "description": "Draws a picture" }]);
    call(&server, "setMyCommands", json!({ "commands": commands, "language_code": "ru" })).await.unwrap();
    assert_eq!(server.commands(&json!({ "type": "default" }), "ru"), Some(commands.clone()));
    assert_eq!(call(&server, "getMyCommands", json!({})).await, Ok(json!([])));
    assert_eq!(call(&server, "getMyCommands", json!({ "language_code": "ru" })).await, Ok(commands));
    call(&server, "deleteMyCommands", json!({ "language_code": "ru" })).await.unwrap();
    assert_eq!(server.commands(&json!({ "type": "default" }), "ru"), None);
    let wrong = json!({ "commands": [{ "command": "Draw!", "description": "x" }] });
    assert_eq!(
        call(&server, "setMyCommands", wrong).await,
        Err("400 Bad Request: BOT_COMMAND_INVALID".into())
    );
}
