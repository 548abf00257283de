//! What the bot changes and takes back.

use serde_json::{Value, json};

use super::super::Server;
use super::{ana, call, png, upload};

fn bad(what: &str) -> Result<Value, String> {
    Err(format!("400 Bad Request: {what}"))
}

/// The id of a text with one button.
async fn sent(server: &Server, chat: i64) -> i64 {
    let buttons = json!({ "inline_keyboard": [[{ "text": "Stop", "callback_data": "stop" }]] });
    let sent =
        json!({ "chat_id": chat, "text": "<b>one</b>", "parse_mode": "HTML", "reply_markup": buttons });
    call(server, "sendMessage", sent).await.unwrap()["message_id"].as_i64().unwrap()
}

#[tokio::test]
async fn texts_are_edited_in_place() {
    let server = Server::start().await;
    let chat = ana(&server);
    let id = sent(&server, chat).await;
    let edit = |text: &str| json!({ "chat_id": chat, "message_id": id, "text": text });
    server.passes(5);
    let edited = call(&server, "editMessageText", edit("two")).await.unwrap();
    assert_eq!(edited["edit_date"], server.now());
    let message = server.message(chat, id).unwrap();
    // An edit that names no buttons takes them away.
    assert_eq!((message.text(), message.edits, message.buttons().len()), ("two", 1, 0));
    let same = "message is not modified: specified new message content and reply markup are exactly the same as a \
                current content and reply markup of the message";
    for text in ["two", "two \n"] {
        assert_eq!(call(&server, "editMessageText", edit(text)).await, bad(same));
    }
    assert_eq!(call(&server, "editMessageText", edit(&"a".repeat(4097))).await, bad("MESSAGE_TOO_LONG"));
    let buttons = json!({ "inline_keyboard": [[{ "text": "Go", "callback_data": "go" }]] });
    let markup = json!({ "chat_id": chat, "message_id": id, "reply_markup": buttons });
    call(&server, "editMessageReplyMarkup", markup).await.unwrap();
    assert_eq!(server.message(chat, id).unwrap().buttons()[0].1, "go");
}

#[tokio::test]
async fn only_the_bots_own_messages_are_edited() {
    let server = Server::start().await;
    let chat = ana(&server);
    let asked = server.say(chat, chat, "hello");
    let edit = |id: i64| json!({ "chat_id": chat, "message_id": id, "text": "a" });
    assert_eq!(call(&server, "editMessageText", edit(asked)).await, bad("message can't be edited"));
    assert_eq!(call(&server, "editMessageText", edit(99)).await, bad("message to edit not found"));
    let nothing = json!({ "text": "a" });
    assert_eq!(call(&server, "editMessageText", nothing).await, bad("message identifier is not specified"));
}

#[tokio::test]
async fn a_text_becomes_a_photo() {
    let server = Server::start().await;
    let chat = ana(&server);
    let id = sent(&server, chat).await;
    let (to, number) = (chat.to_string(), id.to_string());
    let media = r#"{"type":"photo","media":"attach://picture","caption":"<i>a cat</i>","parse_mode":"HTML"}"#;
    let params = [("chat_id", to.as_str()), ("message_id", number.as_str()), ("media", media)];
    let (first, second) = (png(64, 64), png(65, 64));
    upload(&server, "editMessageMedia", &params, &[("picture", "a.png", &first)]).await.unwrap();
    let message = server.message(chat, id).unwrap();
    assert_eq!((message.text(), message.caption(), message.is_photo()), ("", "a cat", true));
    assert_eq!((message.bytes.as_ref(), message.edits), (Some(&first), 1));
    let again = upload(&server, "editMessageMedia", &params, &[("picture", "b.png", &first)]).await;
    assert!(again.unwrap_err().contains("message is not modified"));
    upload(&server, "editMessageMedia", &params, &[("picture", "b.png", &second)]).await.unwrap();
    let caption = json!({ "chat_id": chat, "message_id": id, "caption": "a dog" });
    call(&server, "editMessageCaption", caption).await.unwrap();
    assert_eq!(server.message(chat, id).unwrap().caption(), "a dog");
    let long = json!({ "chat_id": chat, "message_id": id, "caption": "a".repeat(1025) });
    assert_eq!(call(&server, "editMessageCaption", long).await, bad("MEDIA_CAPTION_TOO_LONG"));
    let text = json!({ "chat_id": chat, "message_id": id, "text": "a" });
    assert_eq!(call(&server, "editMessageText", text).await, bad("there is no text in the message to edit"));
    assert!(server.violations().is_empty(), "{:?}", server.violations());
}

#[tokio::test]
async fn messages_are_deleted_once() {
    let server = Server::start().await;
    let chat = ana(&server);
    let id = sent(&server, chat).await;
    let delete = |id: i64| json!({ "chat_id": chat, "message_id": id });
    call(&server, "deleteMessage", delete(id)).await.unwrap();
    assert_eq!(call(&server, "deleteMessage", delete(id)).await, bad("message to delete not found"));
    let (one, two) = (sent(&server, chat).await, sent(&server, chat).await);
    call(&server, "deleteMessages", json!({ "chat_id": chat, "message_ids": [one, two, 99] })).await.unwrap();
    assert!(server.messages(chat).is_empty());
    let old = sent(&server, chat).await;
    server.passes(48 * 3600);
    assert_eq!(call(&server, "deleteMessage", delete(old)).await, bad("message can't be deleted"));
    let bob = server.person("Bob");
    let group = server.group("Group", &[bob]);
    let theirs = json!({ "chat_id": group, "message_id": server.say(group, bob, "hello") });
    assert_eq!(call(&server, "deleteMessage", theirs.clone()).await, bad("message can't be deleted"));
    server.bot_promoted(group, bob);
    call(&server, "deleteMessage", theirs).await.unwrap();
}
