//! What the bot sends: texts and their marks, buttons, places, refusals.

use serde_json::{Value, json};

use super::super::{BOT, Post, Server};
use super::{ana, call};

async fn send(server: &Server, params: Value) -> Result<Value, String> {
    call(server, "sendMessage", params).await
}

fn bad(what: &str) -> Result<Value, String> {
    Err(format!("400 Bad Request: {what}"))
}

#[tokio::test]
async fn html_becomes_text_and_entities() {
    let server = Server::start().await;
    let chat = ana(&server);
    let text = "🎨 <b>cat &amp; dog</b> <a href=\"tg://user?id=5000000001\">Ana</a>";
    let sent = send(&server, json!({ "chat_id": chat, "text": text, "parse_mode": "HTML" })).await.unwrap();
    assert_eq!(sent["from"]["id"], BOT);
    let message = &server.replies(chat)[0];
    assert_eq!(message.text(), "🎨 cat & dog Ana");
    assert_eq!(message.entities()[0], json!({ "type": "bold", "offset": 3, "length": 9 }));
    assert_eq!(message.entities()[1]["type"], "text_mention");
    assert_eq!(message.entities()[1]["user"]["id"], chat);
    let answer = send(&server, json!({ "chat_id": chat, "text": "a <b", "parse_mode": "html" })).await;
    assert_eq!(answer, bad("can't parse entities: Unclosed start tag at byte offset 2"));
    let answer = send(&server, json!({ "chat_id": chat, "text": "a", "parse_mode": "RTF" })).await;
    assert_eq!(answer, bad("unsupported parse_mode"));
}

#[tokio::test]
async fn lengths_are_counted_after_parsing() {
    let server = Server::start().await;
    let chat = ana(&server);
    let long = |units: usize| "🎨".repeat(units / 2) + if units % 2 == 1 { "a" } else { "" };
    send(&server, json!({ "chat_id": chat, "text": format!("<b>{}</b>", long(4096)), "parse_mode": "HTML" }))
        .await
        .unwrap();
    assert_eq!(
        send(&server, json!({ "chat_id": chat, "text": long(4097) })).await,
        bad("message is too long")
    );
    assert_eq!(send(&server, json!({ "chat_id": chat, "text": "" })).await, bad("message text is empty"));
    assert_eq!(send(&server, json!({ "chat_id": chat, "text": " \n" })).await, bad("text must be non-empty"));
}

#[tokio::test]
async fn buttons_are_checked() {
    let server = Server::start().await;
    let chat = ana(&server);
    let with = |button: Value| json!({ "chat_id": chat, "text": "a", "reply_markup": { "inline_keyboard": [[button]] } });
    send(&server, with(json!({ "text": "a", "callback_data": "x".repeat(64) }))).await.unwrap();
    for data in ["x".repeat(65), String::new(), "я".repeat(33)] {
        let answer = send(&server, with(json!({ "text": "a", "callback_data": data }))).await;
        assert_eq!(answer, bad("BUTTON_DATA_INVALID"));
    }
    let text = "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard";
    assert_eq!(send(&server, with(json!({ "text": "a" }))).await, bad(text));
    let keyboard = json!({ "keyboard": [[{ "text": "a" }]], "resize_keyboard": true });
    send(&server, json!({ "chat_id": chat, "text": "a", "reply_markup": keyboard })).await.unwrap();
    let last = server.replies(chat).pop().unwrap();
    assert_eq!((last.buttons().len(), last.keyboard), (0, Some(keyboard)));
}

#[tokio::test]
async fn replies_need_what_they_reply_to() {
    let server = Server::start().await;
    let chat = ana(&server);
    let asked = server.say(chat, chat, "Draw a cat");
    let reply = |parameters: Value| json!({ "chat_id": chat, "text": "a", "reply_parameters": parameters });
    let sent = send(&server, reply(json!({ "message_id": asked, "quote": "a cat" }))).await.unwrap();
    assert_eq!(sent["reply_to_message"]["text"], "Draw a cat");
    assert_eq!(sent["quote"]["position"], 5);
    assert_eq!(server.replies(chat)[0].reply_to(), Some(asked));
    server.takes_back(chat, asked);
    assert_eq!(
        send(&server, reply(json!({ "message_id": asked }))).await,
        bad("message to be replied not found")
    );
    let lenient = json!({ "message_id": asked, "allow_sending_without_reply": true });
    assert!(send(&server, reply(lenient)).await.unwrap().get("reply_to_message").is_none());
}

#[tokio::test]
async fn topics_are_found_or_not() {
    let server = Server::start().await;
    let bob = server.person("Bob");
    let forum = server.forum("Friends", &[bob]);
    let topic = server.topic(forum, bob, "Cats");
    assert_ne!(topic, 1);
    let sent =
        send(&server, json!({ "chat_id": forum, "text": "a", "message_thread_id": topic })).await.unwrap();
    assert_eq!((&sent["message_thread_id"], &sent["is_topic_message"]), (&json!(topic), &json!(true)));
    // As on the real server, a message of a topic hangs on the topic's first message.
    assert_eq!(sent["reply_to_message"]["message_id"], topic);
    assert_eq!(server.replies(forum)[0].reply_to(), None);
    for thread in [1, 77] {
        let answer =
            send(&server, json!({ "chat_id": forum, "text": "a", "message_thread_id": thread })).await;
        assert_eq!(answer, bad("message thread not found"));
    }
    let asked = server.post(Post::by(bob, forum).text("/draw").in_topic(topic));
    let answer = json!({ "chat_id": forum, "text": "b", "reply_parameters": { "message_id": asked } });
    assert_eq!(send(&server, answer).await.unwrap()["message_thread_id"], topic);
    let typing = json!({ "chat_id": forum, "action": "typing", "message_thread_id": 1 });
    call(&server, "sendChatAction", typing).await.unwrap();
    assert_eq!(server.actions()[0].thread, Some(1));
}

#[tokio::test]
async fn chats_may_be_closed_to_the_bot() {
    let server = Server::start().await;
    let [bob, eva] = ["Bob", "Eva"].map(|name| server.person(name));
    let to = |chat: i64| json!({ "chat_id": chat, "text": "a" });
    assert_eq!(send(&server, to(42)).await, bad("chat not found"));
    let stranger = server.stranger(eva);
    assert_eq!(send(&server, to(stranger)).await, bad("chat not found"));
    server.say(stranger, eva, "/start");
    send(&server, to(stranger)).await.unwrap();
    server.blocks(eva);
    assert_eq!(send(&server, to(eva)).await, Err("403 Forbidden: bot was blocked by the user".into()));
    server.unblocks(eva);
    send(&server, to(eva)).await.unwrap();
    let (group, supergroup) = (server.group("Group", &[bob]), server.supergroup("Super", &[bob]));
    for (chat, what) in [(group, "group"), (supergroup, "supergroup")] {
        server.bot_removed(chat, bob);
        assert_eq!(
            send(&server, to(chat)).await,
            Err(format!("403 Forbidden: bot was kicked from the {what} chat"))
        );
        server.bot_added(chat, bob);
        send(&server, to(chat)).await.unwrap();
        call(&server, "leaveChat", json!({ "chat_id": chat })).await.unwrap();
        let left = format!("403 Forbidden: bot is not a member of the {what} chat");
        assert_eq!(send(&server, to(chat)).await, Err(left));
    }
    server.set_chat_username(supergroup, "super_friends");
    server.bot_added(supergroup, bob);
    send(&server, json!({ "chat_id": "@Super_Friends", "text": "a" })).await.unwrap();
    let member = json!({ "chat_id": supergroup, "user_id": BOT });
    assert_eq!(call(&server, "getChatMember", member).await.unwrap()["status"], "member");
    assert_eq!(call(&server, "getChat", json!({ "chat_id": eva })).await.unwrap()["first_name"], "Eva");
    assert!(server.violations().is_empty());
}

#[tokio::test]
async fn limits_count_sends_and_edits() {
    let server = Server::start().await;
    let chat = ana(&server);
    server.hold_time();
    server.set_limits(true);
    let sent = send(&server, json!({ "chat_id": chat, "text": "a" })).await.unwrap();
    let edit = |text: &str| json!({ "chat_id": chat, "message_id": sent["message_id"], "text": text });
    call(&server, "editMessageText", edit("b")).await.unwrap();
    call(&server, "editMessageText", edit("c")).await.unwrap();
    assert_eq!(
        call(&server, "editMessageText", edit("d")).await,
        Err("429 Too Many Requests: retry after 3".into())
    );
    call(&server, "sendChatAction", json!({ "chat_id": chat, "action": "typing" })).await.unwrap();
    for _ in 0..27 {
        let other = ana(&server);
        send(&server, json!({ "chat_id": other, "text": "a" })).await.unwrap();
    }
    let other = ana(&server);
    let one_more = || send(&server, json!({ "chat_id": other, "text": "a" }));
    assert_eq!(one_more().await, Err("429 Too Many Requests: retry after 1".into()));
    server.passes(1);
    one_more().await.unwrap();
    assert_eq!(
        call(&server, "editMessageText", edit("e")).await,
        Err("429 Too Many Requests: retry after 2".into())
    );
    server.passes(2);
    call(&server, "editMessageText", edit("e")).await.unwrap();
}

#[tokio::test]
async fn drafts_actions_and_reactions_are_seen() {
    let server = Server::start().await;
    let chat = ana(&server);
    let asked = server.say(chat, chat, "hello");
    let draft = json!({ "chat_id": chat, "draft_id": 7, "text": "<b>grow", "parse_mode": "HTML" });
    call(&server, "sendMessageDraft", draft).await.unwrap_err();
    call(&server, "sendMessageDraft", json!({ "chat_id": chat, "draft_id": 7, "text": "growing" }))
        .await
        .unwrap();
    let blank = json!({ "chat_id": chat, "draft_id": 7, "text": " \t" });
    assert_eq!(call(&server, "sendMessageDraft", blank).await, bad("text must be non-empty"));
    assert_eq!((server.drafts()[0].id, server.drafts()[0].text.as_str()), (7, "growing"));
    assert!(server.replies(chat).is_empty());
    let group = server.group("Group", &[chat]);
    let draft = json!({ "chat_id": group, "draft_id": 7, "text": "a" });
    assert_eq!(call(&server, "sendMessageDraft", draft).await, bad("TEXTDRAFT_PEER_INVALID"));
    let waiting = json!({ "chat_id": chat, "action": "waiting" });
    assert_eq!(call(&server, "sendChatAction", waiting).await, bad("wrong parameter action in request"));
    let react = |message: i64, emoji: &str| json!({ "chat_id": chat, "message_id": message, "reaction": [{ "type": "emoji", "emoji": emoji }] });
    call(&server, "setMessageReaction", react(asked, "👀")).await.unwrap();
    assert_eq!(server.reactions(chat, asked), ["👀"]);
    assert_eq!(call(&server, "setMessageReaction", react(asked, "🐈")).await, bad("REACTION_INVALID"));
    assert_eq!(call(&server, "setMessageReaction", react(99, "👀")).await, bad("message to react not found"));
}
