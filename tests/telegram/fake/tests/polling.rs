//! `getUpdates`, held to what the real server does with offsets, waiting and forgetting.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::Server;
use super::{ana, call};

async fn poll(server: &Server, params: Value) -> Vec<Value> {
    call(server, "getUpdates", params).await.unwrap().as_array().unwrap().clone()
}

fn ids(updates: &[Value]) -> Vec<i64> {
    updates.iter().map(|update| update["update_id"].as_i64().unwrap()).collect()
}

fn texts(updates: &[Value]) -> Vec<&str> {
    updates.iter().map(|update| update["message"]["text"].as_str().unwrap()).collect()
}

/// Ana has said one, two, three; the ids of the updates.
async fn three(server: &Server) -> Vec<i64> {
    let chat = ana(server);
    for text in ["one", "two", "three"] {
        server.say(chat, chat, text);
    }
    ids(&server.pending_updates())
}

#[tokio::test]
async fn an_offset_forgets_what_is_below_it() {
    let server = Server::start().await;
    let known = three(&server).await;
    assert_eq!(texts(&poll(&server, json!({})).await), ["one", "two", "three"]);
    assert_eq!(texts(&poll(&server, json!({ "offset": known[1] })).await), ["two", "three"]);
    assert_eq!(texts(&poll(&server, json!({ "offset": known[0], "limit": 1 })).await), ["two"]);
    assert_eq!(poll(&server, json!({ "offset": known[2] + 1 })).await, [Value::Null; 0]);
    assert!(server.pending_updates().is_empty());
    assert_eq!(server.offsets(), [0, known[1], known[0], known[2] + 1]);
}

#[tokio::test]
async fn a_negative_offset_counts_from_the_end() {
    let server = Server::start().await;
    three(&server).await;
    assert_eq!(texts(&poll(&server, json!({ "offset": -2 })).await), ["two", "three"]);
    assert_eq!(server.pending_updates().len(), 2);
}

#[tokio::test]
async fn an_unknown_offset_starts_again_at_the_oldest() {
    let server = Server::start().await;
    let known = three(&server).await;
    assert_eq!(texts(&poll(&server, json!({ "offset": known[2] + 1000 })).await), ["one", "two", "three"]);
    server.continue_updates_at(17);
    let chat = ana(&server);
    server.say(chat, chat, "after a quiet week");
    assert_eq!(ids(&server.pending_updates())[3], 17);
}

#[tokio::test]
async fn asking_again_at_once_brings_one_at_a_time() {
    let server = Server::start().await;
    server.hold_time();
    let known = three(&server).await;
    assert_eq!(poll(&server, json!({ "offset": known[0] })).await.len(), 3);
    assert_eq!(poll(&server, json!({ "offset": known[0] })).await.len(), 1);
    server.passes_exactly(Duration::from_millis(500));
    assert_eq!(poll(&server, json!({ "offset": known[0] })).await.len(), 3);
    assert_eq!(poll(&server, json!({ "offset": known[1] })).await.len(), 2);
}

#[tokio::test]
async fn a_poll_waits_until_something_happens() {
    let server = Server::start().await;
    let chat = ana(&server);
    let speak = async {
        server.wait_for(Duration::from_secs(5), |seen| seen.offsets().len() == 1).await;
        server.say(chat, chat, "here");
    };
    let (updates, ()) = tokio::join!(poll(&server, json!({ "timeout": 50 })), speak);
    assert_eq!(texts(&updates), ["here"]);
    assert!(poll(&server, json!({ "timeout": 1, "offset": 900_000_000 })).await.len() == 1);
    assert_eq!(poll(&server, json!({ "timeout": 1, "offset": -1 })).await.len(), 1);
}

#[tokio::test]
async fn the_older_waiting_poll_is_told_of_the_conflict() {
    let server = Server::start().await;
    let chat = ana(&server);
    let newer = async {
        server.wait_for(Duration::from_secs(5), |seen| seen.offsets().len() == 1).await;
        let speak = async {
            server
                .wait_for(Duration::from_secs(5), |seen| {
                    seen.calls("getUpdates").any(|call| call.status == Some(409))
                })
                .await;
            server.say(chat, chat, "here");
        };
        tokio::join!(poll(&server, json!({ "timeout": 50 })), speak).0
    };
    let (older, newer) = tokio::join!(call(&server, "getUpdates", json!({ "timeout": 50 })), newer);
    let conflict = "409 Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
    assert_eq!(older, Err(conflict.to_owned()));
    assert_eq!(texts(&newer), ["here"]);
}

#[tokio::test]
async fn a_webhook_stands_in_the_way() {
    let server = Server::start().await;
    let set = async {
        server.wait_for(Duration::from_secs(5), |seen| seen.offsets().len() == 1).await;
        server.set_webhook("https://bot.example/hook");
    };
    let (waiting, ()) = tokio::join!(call(&server, "getUpdates", json!({ "timeout": 50 })), set);
    assert_eq!(waiting, Err("409 Conflict: terminated by setWebhook request".into()));
    let conflict = "409 Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
    assert_eq!(call(&server, "getUpdates", json!({})).await, Err(conflict.to_owned()));
    assert_eq!(call(&server, "getWebhookInfo", json!({})).await.unwrap()["url"], "https://bot.example/hook");
    three(&server).await;
    call(&server, "deleteWebhook", json!({ "drop_pending_updates": true })).await.unwrap();
    assert!(poll(&server, json!({})).await.is_empty());
}

#[tokio::test]
async fn what_the_bot_wants_to_hear_is_remembered() {
    let server = Server::start().await;
    let chat = ana(&server);
    poll(&server, json!({ "allowed_updates": ["my_chat_member"] })).await;
    server.say(chat, chat, "not wanted");
    server.blocks(chat);
    assert_eq!(server.pending_updates().len(), 1);
    poll(&server, json!({ "allowed_updates": [] })).await;
    server.unblocks(chat);
    server.say(chat, chat, "wanted");
    server.reacts(chat, 1, chat, "👍");
    assert_eq!(server.pending_updates().len(), 3);
    poll(&server, json!({ "allowed_updates": ["message", "message_reaction"] })).await;
    server.reacts(chat, 1, chat, "👍");
    assert_eq!(server.pending_updates().len(), 4);
    assert!(server.violations().is_empty());
    poll(&server, json!({ "allowed_updates": ["messages"] })).await;
    assert_eq!(server.violations(), ["getUpdates.allowed_updates: there are no updates messages"]);
}

#[tokio::test]
async fn updates_live_a_day_and_presses_shorter() {
    let server = Server::start().await;
    let chat = ana(&server);
    server.say(chat, chat, "old");
    let buttons = json!({ "inline_keyboard": [[{ "text": "Stop", "callback_data": "stop" }]] });
    let sent =
        call(&server, "sendMessage", json!({ "chat_id": chat, "text": "a", "reply_markup": buttons })).await;
    server.press(chat, sent.unwrap()["message_id"].as_i64().unwrap(), "Stop", chat);
    assert_eq!(poll(&server, json!({})).await.len(), 2);
    server.passes(151);
    assert_eq!(poll(&server, json!({ "offset": 1 })).await.len(), 1);
    server.passes(86_400);
    assert!(poll(&server, json!({})).await.is_empty());
}
