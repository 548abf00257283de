//! What people do, as the updates that the bot gets.

use serde_json::{Value, json};

use super::super::{BOT, GROUP_ANONYMOUS_BOT, Person, Post, Server, Standing, TELEGRAM, USERNAME};
use super::{ana, call, png};

fn last(server: &Server) -> Value {
    server.pending_updates().pop().unwrap()
}

fn count(server: &Server) -> usize {
    server.pending_updates().len()
}

#[tokio::test]
async fn a_message_is_a_full_update() {
    let server = Server::start().await;
    let ana = server.introduce(Person::new(6_000_000_007, "Ana").last_name("B").username("ana").speaks("ru"));
    let chat = server.private(ana);
    let text = format!("🎨 @{USERNAME} нарисуй кота https://a.example/x");
    let asked = server.say(chat, ana, &text);
    let update = last(&server);
    assert_eq!(
        update["message"],
        json!({
            "message_id": asked,
            "date": server.now(),
            "chat": { "id": 6_000_000_007_i64, "type": "private", "first_name": "Ana", "last_name": "B", "username": "ana" },
            "from": {
                "id": 6_000_000_007_i64, "is_bot": false, "first_name": "Ana", "last_name": "B", "username": "ana",
                "language_code": "ru",
            },
            "text": text,
            "entities": [
                { "type": "mention", "offset": 3, "length": 10 },
                { "type": "url", "offset": 27, "length": 19 },
            ],
        })
    );
    server.post(Post::by(ana, chat).text("to Bob").entity(
        json!({ "type": "text_mention", "offset": 3, "length": 3, "user": { "id": 1, "is_bot": false, "first_name": "Bob" } }),
    ));
    assert_eq!(last(&server)["message"]["entities"][0]["type"], "text_mention");
    assert_eq!(update["update_id"].as_i64().unwrap() + 1, last(&server)["update_id"].as_i64().unwrap());
}

#[tokio::test]
async fn replies_forwards_and_edits_say_so() {
    let server = Server::start().await;
    let chat = ana(&server);
    let first = server.say(chat, chat, "one two");
    let second = server.post(Post::by(chat, chat).text("what?").reply_to(first).quoting("two"));
    let update = last(&server);
    assert_eq!(update["message"]["reply_to_message"]["message_id"], first);
    assert_eq!(update["message"]["quote"]["position"], 4);
    server.reply(chat, chat, second, "deeper");
    assert!(last(&server)["message"]["reply_to_message"].get("reply_to_message").is_none());
    let bob = server.person("Bob");
    server.post(Post::by(chat, chat).text("a").forwarded_from(bob));
    assert_eq!(last(&server)["message"]["forward_origin"]["sender_user"]["first_name"], "Bob");
    server.post(Post::by(chat, chat).text("a").forwarded_from_hidden("Eva"));
    assert_eq!(last(&server)["message"]["forward_origin"]["type"], "hidden_user");
    server.passes(9);
    server.edit(chat, first, "one three");
    let edited = &last(&server)["edited_message"];
    assert_eq!((&edited["text"], &edited["edit_date"]), (&json!("one three"), &json!(server.now())));
}

#[tokio::test]
async fn every_kind_of_message_fits_the_schema() {
    let server = Server::start().await;
    let chat = ana(&server);
    let by = || Post::by(chat, chat);
    for (post, field) in [
        (by().photo(png(640, 480)).text("look"), "photo"),
        (by().voice(*b"OggS", 3), "voice"),
        (by().attached("audio", *b"ID3").named("song.mp3").lasting(200), "audio"),
        (by().attached("video_note", *b"mp4").lasting(9), "video_note"),
        (by().attached("video", *b"mp4").named("a.mp4"), "video"),
        (by().document("a.pdf", "application/pdf", *b"%PDF"), "document"),
        (by().sticker("😀"), "sticker"),
        (by().poll("Cats?", &["yes", "no"]), "poll"),
        (by().dice(6), "dice"),
        (by().location(55.75, 37.62), "location"),
        (by().contact("+10000000000", "Bob"), "contact"),
        (by().field("rich_message", json!({ "blocks": [] })), "rich_message"),
    ] {
        server.post(post);
        assert!(last(&server)["message"].get(field).is_some(), "{field}");
    }
    assert_eq!(server.pending_updates()[0]["message"]["caption"], "look");
    let album = server.album(chat, chat, &[&png(8, 8), &png(9, 9)], "both");
    let updates = server.pending_updates();
    let [first, second] = &updates[updates.len() - 2..] else { panic!("two updates") };
    assert_eq!((album.len(), &first["message"]["caption"]), (2, &json!("both")));
    assert_eq!(first["message"]["media_group_id"], second["message"]["media_group_id"]);
    assert!(second["message"].get("caption").is_none());
}

#[tokio::test]
#[should_panic(expected = "Update.message.voice.duration: missing")]
async fn a_wrong_update_is_not_made() {
    let server = Server::start().await;
    let chat = ana(&server);
    server.post(Post::by(chat, chat).field("voice", json!({ "file_id": "a", "file_unique_id": "b" })));
}

#[tokio::test]
async fn privacy_hides_what_is_not_for_the_bot() {
    let server = Server::start().await;
    let [ana, bob] = ["Ana", "Bob"].map(|name| server.person(name));
    let other = server.introduce(Person::new(99, "Other").username("other_bot").bot());
    let group = server.supergroup("Friends", &[ana, bob]);
    let own = call(&server, "sendMessage", json!({ "chat_id": group, "text": "hello" })).await.unwrap();
    let own = own["message_id"].as_i64().unwrap();
    let mut expected = 0;
    let mention = format!("well, @{}: draw", USERNAME.to_uppercase());
    for (post, seen) in [
        (Post::by(ana, group).text("hello all"), false),
        (Post::by(ana, group).text("/draw a cat"), true),
        (Post::by(ana, group).text(&format!("/draw@{USERNAME} a cat")), true),
        (Post::by(ana, group).text("/draw@other_bot a cat"), false),
        (Post::by(ana, group).text("no /draw"), false),
        (Post::by(ana, group).text(&mention), true),
        (Post::by(ana, group).text("thanks").reply_to(own), true),
        (Post::by(ana, group).photo(png(8, 8)).text(&format!("@{USERNAME} what is this?")), true),
        (Post::by(ana, group).photo(png(8, 8)), false),
        (Post::by(other, group).text(&format!("@{USERNAME} hello")), false),
        (Post::by(ana, group).text("/draw, but another bot spoke last"), false),
    ] {
        server.post(post.clone());
        expected += usize::from(seen);
        assert_eq!(count(&server), expected, "{post:?}");
    }
    server.joins(group, bob);
    server.set_mentions_pass(false);
    server.say(group, ana, &mention);
    assert_eq!(count(&server), expected + 1);
    server.set_reads_all(true);
    server.say(group, ana, "hello all");
    assert_eq!(count(&server), expected + 2);
    server.bot_removed(group, ana);
    server.say(group, ana, "is it gone?");
    assert_eq!(count(&server), expected + 3);
}

#[tokio::test]
async fn presses_are_answered_once_and_soon() {
    let server = Server::start().await;
    let chat = ana(&server);
    let buttons = json!({ "inline_keyboard": [[{ "text": "Stop", "callback_data": "s:1" }]] });
    let sent =
        call(&server, "sendMessage", json!({ "chat_id": chat, "text": "a", "reply_markup": buttons })).await;
    let sent = sent.unwrap()["message_id"].as_i64().unwrap();
    let first = server.press(chat, sent, "Stop", chat);
    let query = &last(&server)["callback_query"];
    assert_eq!((&query["data"], &query["message"]["message_id"]), (&json!("s:1"), &json!(sent)));
    let answer = |id: &str| json!({ "callback_query_id": id, "text": "Stopped" });
    call(&server, "answerCallbackQuery", answer(&first)).await.unwrap();
    assert_eq!(
        (server.answered()[0].id.as_str(), server.answered()[0].text.as_str()),
        (first.as_str(), "Stopped")
    );
    let old = server.press(chat, sent, "s:1", chat);
    server.passes(150);
    for id in [first.as_str(), old.as_str(), "17"] {
        let expected =
            "400 Bad Request: query is too old and response timeout expired or query ID is invalid";
        assert_eq!(call(&server, "answerCallbackQuery", answer(id)).await, Err(expected.into()));
    }
    server.press_on_old(chat, 3, "s:2", chat);
    assert_eq!(last(&server)["callback_query"]["message"]["date"], 0);
}

#[tokio::test]
async fn the_bot_hears_how_it_stands() {
    let server = Server::start().await;
    let bob = server.person("Bob");
    let (chat, group) = (server.private(bob), server.group("Group", &[bob]));
    let stood = |update: &Value| {
        let member = &update["my_chat_member"];
        ["old_chat_member", "new_chat_member"]
            .map(|key| member[key]["status"].as_str().unwrap_or("none").to_owned())
    };
    server.blocks(bob);
    assert_eq!(stood(&last(&server)), ["member", "kicked"]);
    server.unblocks(bob);
    assert_eq!(stood(&last(&server)), ["kicked", "member"]);
    server.bot_promoted(group, bob);
    assert_eq!(stood(&last(&server)), ["member", "administrator"]);
    server.bot_removed(group, bob);
    assert_eq!(stood(&last(&server)), ["administrator", "kicked"]);
    server.bot_added(group, bob);
    let updates = server.pending_updates();
    assert_eq!(stood(&updates[4]), ["kicked", "member"]);
    assert_eq!(updates[5]["message"]["new_chat_members"][0]["id"], BOT);
    server.leaves(group, bob);
    assert_eq!(last(&server)["message"]["left_chat_member"]["id"], bob);
    assert_eq!(server.see(|seen| seen.standing(chat)), Standing::Member);
}

#[tokio::test]
async fn a_group_becomes_a_supergroup() {
    let server = Server::start().await;
    let bob = server.person("Bob");
    let group = server.group("Group", &[bob]);
    let supergroup = server.migrates(group, bob);
    let updates = server.pending_updates();
    assert_eq!(updates[0]["message"]["migrate_to_chat_id"], supergroup);
    assert_eq!(updates[1]["message"]["migrate_from_chat_id"], group);
    assert!(group < i64::from(i32::MIN) && supergroup < -1_000_000_000_000);
    let answer = call(&server, "sendMessage", json!({ "chat_id": group, "text": "a" })).await;
    assert_eq!(answer, Err("400 Bad Request: group chat was upgraded to a supergroup chat".into()));
    call(&server, "sendMessage", json!({ "chat_id": supergroup, "text": "a" })).await.unwrap();
}

#[tokio::test]
async fn channels_and_those_who_write_for_chats() {
    let server = Server::start().await;
    let bob = server.person("Bob");
    let (channel, group) = (server.channel("News"), server.supergroup("News chat", &[bob]));
    server.set_reads_all(true);
    let post = server.post(Post::in_channel(channel).text("news"));
    assert_eq!(last(&server)["channel_post"]["sender_chat"]["id"], channel);
    assert!(last(&server)["channel_post"].get("from").is_none());
    server.edit(channel, post, "more news");
    assert_eq!(last(&server)["edited_channel_post"]["text"], "more news");
    server.post(Post::by_linked_channel(channel, post, group).text("more news"));
    let message = &last(&server)["message"];
    assert_eq!((&message["from"]["id"], &message["sender_chat"]["id"]), (&json!(TELEGRAM), &json!(channel)));
    assert_eq!(
        (&message["is_automatic_forward"], &message["forward_origin"]["type"]),
        (&json!(true), &json!("channel"))
    );
    server.post(Post::by_anonymous(group).text("quiet, please"));
    let message = &last(&server)["message"];
    assert_eq!(
        (&message["from"]["id"], &message["sender_chat"]["id"]),
        (&json!(GROUP_ANONYMOUS_BOT), &json!(group))
    );
    let sent = call(&server, "sendMessage", json!({ "chat_id": channel, "text": "a" })).await.unwrap();
    assert_eq!(sent["sender_chat"]["id"], channel);
}

#[tokio::test]
async fn updates_of_no_known_shape_come_too() {
    let server = Server::start().await;
    let id = server.unknown_update();
    assert_eq!(last(&server)["update_id"], id);
    let raw = server.raw_update(json!({ "message": { "message_id": "not a number" } }));
    assert_eq!((raw, last(&server)["message"]["message_id"].as_str()), (id + 1, Some("not a number")));
}
