//! A second pair of eyes: the fake through teloxide-core, whose types were not made from our schema.

use std::time::Duration;

use serde::{Deserialize as _, Serialize};
use serde_json::{Value, json};
use teloxide_core::net::Download as _;
use teloxide_core::payloads::{SendMessageSetters as _, SendPhotoSetters as _};
use teloxide_core::prelude::*;
use teloxide_core::requests::{JsonRequest, Payload};
use teloxide_core::types::{ChatId, InputFile, ParseMode, Update, UpdateKind};
use teloxide_core::{ApiError, RequestError};

use super::super::{Fault, Post, Server, TOKEN};
use super::{ana, png};

/// The poll as a bot makes it: updates as they come.
#[derive(Clone, Serialize)]
struct GetUpdates {
    offset: i64,
    timeout: u32,
    allowed_updates: Vec<&'static str>,
}

impl Payload for GetUpdates {
    type Output = Vec<Value>;
    const NAME: &'static str = "getUpdates";
}

fn bot(server: &Server) -> Bot {
    // The crate's reqwest brings no cryptography of its own; a second call finds the first one's.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Bot::new(TOKEN).set_api_url(server.url().parse().unwrap())
}

#[tokio::test]
async fn teloxide_reads_what_people_do() {
    let server = Server::start().await;
    let chat = ana(&server);
    let bot = bot(&server);
    server.say(chat, chat, "hello");
    server.post(Post::by(chat, chat).voice(*b"OggS", 3));
    server.blocks(chat);
    server.unblocks(chat);
    let payload = GetUpdates { offset: 0, timeout: 5, allowed_updates: vec!["message", "my_chat_member"] };
    let raw = JsonRequest::new(bot.clone(), payload).await.unwrap();
    // Not `from_value`: its keys are not borrowed, and then teloxide takes every update for one of no known kind.
    let updates: Vec<Update> =
        raw.iter().map(|raw| serde_json::from_str(&raw.to_string()).unwrap()).collect();
    let kinds: Vec<&UpdateKind> = updates.iter().map(|update| &update.kind).collect();
    let [UpdateKind::Message(text), UpdateKind::Message(voice), UpdateKind::MyChatMember(blocked), _] =
        kinds[..]
    else {
        panic!("{updates:?}");
    };
    assert_eq!(text.text(), Some("hello"));
    let borrowed: Vec<Update> = raw.iter().map(|raw| Update::deserialize(raw).unwrap()).collect();
    assert!(matches!(borrowed[0].kind, UpdateKind::Message(_)));
    let owned: Update = serde_json::from_value(raw[0].clone()).unwrap();
    assert!(matches!(owned.kind, UpdateKind::Error(_)));
    assert!(blocked.new_chat_member.is_banned());
    let file = bot.get_file(voice.voice().unwrap().file.id.clone()).await.unwrap();
    let mut bytes = Vec::new();
    bot.download_file(&file.path, &mut bytes).await.unwrap();
    assert_eq!(bytes, b"OggS");
    assert!(server.violations().is_empty(), "{:?}", server.violations());
}

#[tokio::test]
async fn teloxide_sends_edits_and_uploads() {
    let server = Server::start().await;
    let chat = ana(&server);
    let bot = bot(&server);
    assert_eq!(bot.get_me().await.unwrap().username(), "house_bot");
    let sent = bot.send_message(ChatId(chat), "<b>one</b>").parse_mode(ParseMode::Html).await.unwrap();
    bot.edit_message_text(ChatId(chat), sent.id, "two").await.unwrap();
    let again = bot.edit_message_text(ChatId(chat), sent.id, "two").await.unwrap_err();
    assert!(matches!(again, RequestError::Api(ApiError::MessageNotModified)), "{again:?}");
    let photo = InputFile::memory(png(64, 32)).file_name("a.png");
    let photo = bot.send_photo(ChatId(chat), photo).caption("a cat").await.unwrap();
    assert_eq!(photo.photo().unwrap().last().unwrap().width, 64);
    let replies = server.replies(chat);
    assert_eq!((replies[0].text(), replies[0].edits), ("two", 1));
    assert_eq!((replies[1].caption(), replies[1].bytes.clone()), ("a cat", Some(png(64, 32))));
    bot.delete_message(ChatId(chat), sent.id).await.unwrap();
    assert!(server.violations().is_empty(), "{:?}", server.violations());
}

#[tokio::test]
async fn teloxide_knows_the_errors() {
    let server = Server::start().await;
    let chat = ana(&server);
    let bot = bot(&server);
    server.fail_next("SendMessage", Fault::RetryAfter(11));
    let error = bot.send_message(ChatId(chat), "a").await.unwrap_err();
    assert!(
        matches!(&error, RequestError::RetryAfter(after) if after.duration() == Duration::from_secs(11)),
        "{error:?}"
    );
    let group = server.group("Group", &[chat]);
    let supergroup = server.migrates(group, chat);
    let error = bot.send_message(ChatId(group), "a").await.unwrap_err();
    assert!(matches!(&error, RequestError::MigrateToChatId(to) if to.0 == supergroup), "{error:?}");
    server.blocks(chat);
    let error = bot.send_message(ChatId(chat), "a").await.unwrap_err();
    assert!(matches!(error, RequestError::Api(ApiError::BotBlocked)), "{error:?}");
    server.fail_next("sendMessage", Fault::DropAfter);
    let error = bot.send_message(ChatId(supergroup), "a").await.unwrap_err();
    assert!(matches!(error, RequestError::Network(_)), "{error:?}");
    assert_eq!(server.replies(supergroup).len(), 1);
    assert_eq!(server.calls("sendMessage")[3].param("text"), &json!("a"));
}
