//! What goes wrong on demand.

use std::time::Duration;

use serde_json::json;

use super::super::{ANY, Fault, Server, TOKEN};
use super::{ana, call, exchange, post};

async fn bytes(server: &Server, method: &str, params: serde_json::Value) -> std::io::Result<super::Answer> {
    let request = post(&format!("/bot{TOKEN}/{method}"), "application/json", params.to_string().as_bytes());
    exchange(server, &request).await
}

#[tokio::test]
async fn calls_fail_as_told() {
    let server = Server::start().await;
    server.fail_next("sendMessage", Fault::status(500, "Internal Server Error"));
    server.fail_times(ANY, 2, Fault::RetryAfter(7));
    let answer = bytes(&server, "getMe", json!({})).await.unwrap();
    assert!(answer.status == 429 && answer.head.contains("retry-after: 7"), "{}", answer.head);
    let parameters: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(parameters["parameters"]["retry_after"], 7);
    let chat = ana(&server);
    let say = || json!({ "chat_id": chat, "text": "a" });
    assert_eq!(call(&server, "sendmessage", say()).await, Err("500 Internal Server Error".into()));
    assert_eq!(call(&server, "sendMessage", say()).await, Err("429 Too Many Requests: retry after 7".into()));
    call(&server, "sendMessage", say()).await.unwrap();
    server.fail_next("getMe", Fault::Html502);
    let answer = bytes(&server, "getMe", json!({})).await.unwrap();
    assert!(answer.status == 502 && answer.head.contains("text/html") && answer.body.starts_with(b"<html>"));
    server.fail_always("getMe", Fault::Garbage);
    for _ in 0..3 {
        let answer = bytes(&server, "getMe", json!({})).await.unwrap();
        assert!(serde_json::from_slice::<serde_json::Value>(&answer.body).is_err());
    }
    server.clear_faults();
    call(&server, "getMe", json!({})).await.unwrap();
}

#[tokio::test]
async fn a_connection_is_cut_before_or_after() {
    let server = Server::start().await;
    let chat = ana(&server);
    let say = || json!({ "chat_id": chat, "text": "a" });
    server.fail_next("sendMessage", Fault::Drop);
    server.fail_next("sendMessage", Fault::DropAfter);
    assert!(bytes(&server, "sendMessage", say()).await.is_err());
    assert!(server.replies(chat).is_empty());
    assert!(bytes(&server, "sendMessage", say()).await.is_err());
    assert_eq!(server.replies(chat).len(), 1);
    call(&server, "sendMessage", say()).await.unwrap();
    let statuses: Vec<Option<u16>> = server.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [None, None, Some(200)]);
}

#[tokio::test]
async fn a_half_open_call_waits_until_it_is_let_go() {
    let server = Server::start().await;
    server.fail_next("getMe", Fault::HalfOpen);
    let release = async {
        server.wait_for(Duration::from_secs(5), |seen| seen.requests().len() == 1).await;
        server.release();
    };
    let (answer, ()) = tokio::join!(bytes(&server, "getMe", json!({})), release);
    assert!(answer.is_err());
    server.fail_next("getMe", Fault::HalfOpen);
    let stop = async {
        server.wait_for(Duration::from_secs(5), |seen| seen.requests().len() == 2).await;
        server.stop().await;
    };
    let (answer, ()) = tokio::join!(bytes(&server, "getMe", json!({})), stop);
    assert!(answer.is_err());
}

#[tokio::test]
async fn a_slow_call_is_still_handled() {
    let server = Server::start().await;
    server.fail_next("getMe", Fault::Slow(Duration::from_millis(50)));
    let before = std::time::Instant::now();
    call(&server, "getMe", json!({})).await.unwrap();
    assert!(before.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn the_network_is_lost_and_comes_back() {
    let server = Server::start().await;
    let chat = ana(&server);
    let stop = async {
        server.wait_for(Duration::from_secs(5), |seen| seen.offsets().len() == 1).await;
        server.stop().await;
    };
    let (poll, ()) = tokio::join!(bytes(&server, "getUpdates", json!({ "timeout": 50 })), stop);
    assert!(poll.is_err());
    assert!(bytes(&server, "getMe", json!({})).await.is_err());
    server.say(chat, chat, "meanwhile");
    server.restart().await;
    let updates = call(&server, "getUpdates", json!({})).await.unwrap();
    assert_eq!(updates[0]["message"]["text"], "meanwhile");
}

#[tokio::test]
#[should_panic(expected = "it did not come within 20ms")]
async fn what_does_not_come_is_told() {
    let server = Server::start().await;
    server.wait_for(Duration::from_millis(20), |seen| !seen.requests().is_empty()).await;
}
