//! Reading: every kind of message comes to something, in private: an answer, or a sentence.

use serde_json::json;

use crate::fake::{Fault, Person, Post};
use crate::models::sound;
use crate::world::{LONG, World};

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The smallest thing that says it is a PNG of this size.
fn png(width: u32, height: u32) -> Vec<u8> {
    let sizes = [width.to_be_bytes(), height.to_be_bytes()].concat();
    [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &sizes, b"\x08\x06\0\0\0"].concat()
}

const NO_TEXT: &str = "I cannot read this kind of message yet";
const NO_PHOTO: &str = "I cannot look at pictures yet: tell me in words what to draw.";

#[tokio::test]
async fn recordings_of_every_kind_come_with_their_bytes_and_are_heard() {
    let world = World::new().await;
    let by = |number: usize| Post::by(world.member(number), world.member(number));
    let files = [
        "voice/ru-weather.wav",
        "audio/voice.ogg",
        "audio/music.mp3",
        "audio/note.mp4",
        "audio/voice.flac",
        "audio/voice.m4a",
    ]
    .map(fixture);
    let posts = [
        by(0).voice(files[0].clone(), 2),
        by(1).voice(files[1].clone(), 1),
        by(2).attached("audio", files[2].clone()).lasting(1),
        by(3).attached("video_note", files[3].clone()).lasting(1),
        by(4).document("notes.FLAC", "application/octet-stream", files[4].clone()),
        by(5).document("memo", "audio/mp4", files[5].clone()).text("about the weather"),
    ];
    for post in posts {
        world.server.post(post);
    }
    for number in 0..5 {
        let read = world.reads(world.member(number), 1).await;
        assert_eq!(read, ["Many words\n\nYou said: Many words (0 before)"], "{number}");
    }
    let read = world.reads(world.member(5), 1).await;
    assert_eq!(read, ["Many words\n\nYou said: about the weather\nMany words (0 before)"]);
    let quote = &world.server.replies(world.member(0))[0];
    assert_eq!(quote.entities(), [json!({ "type": "blockquote", "offset": 0, "length": 10 })]);
    let mut brought = world.recordings();
    let mut sent = files.to_vec();
    brought.sort();
    sent.sort();
    assert!(brought == sent, "every byte arrived");
}

#[tokio::test]
async fn what_is_no_text_gets_a_sentence() {
    let world = World::new().await;
    let by = |number: usize| Post::by(world.member(number), world.member(number));
    let posts = [
        (by(0).photo(png(800, 600)), NO_PHOTO),
        (by(1).document("cat.png", "image/png", png(800, 600)), NO_PHOTO),
        (by(2).sticker("😀"), NO_TEXT),
        (by(3).poll("Tea?", &["yes", "no"]), NO_TEXT),
        (by(4).dice(3), NO_TEXT),
        (by(5).location(55.7, 37.6), NO_TEXT),
        (by(6).contact("+1", "Bob"), NO_TEXT),
        (by(7).document("report.pdf", "application/pdf", *b"%PDF"), NO_TEXT),
        (by(8).attached("video", fixture("audio/video.mp4")).lasting(1), NO_TEXT),
        (
            by(9).voice(*b"OggS", 3).of_size(25 << 20),
            "This file is too large: I take recordings of at most 20 MB.",
        ),
        (
            by(10).text("\u{200b}\u{2060}\u{feff}"),
            "The message is empty. Ask me something, or tell me what to draw.",
        ),
        (by(11).voice(*b"", 1), "This recording is empty."),
    ];
    for (post, _) in &posts {
        world.server.post(post.clone());
    }
    for (number, (_, sentence)) in posts.iter().enumerate() {
        let read = world.reads(world.member(number), 1).await;
        assert!(read.len() == 1 && read[0].starts_with(sentence), "{number}: {read:?}");
    }
    world.rests().await;
    let sent = world.number("SELECT count(*) FROM replies").await;
    assert_eq!(usize::try_from(sent).unwrap(), posts.len(), "one sentence each");
}

#[tokio::test]
async fn replies_quotes_and_forwards_keep_what_they_are_about() {
    let world = World::new().await;
    let (ana, bob) = (world.ana, world.member(0));
    let first = world.server.say(ana, ana, "The fjord is deep and blue");
    let read = world.reads(ana, 1).await;
    let said = world.server.replies(ana)[0].id();
    let reply = world.server.reply(ana, ana, said, "Why?");
    let quote = world.server.post(Post::by(ana, ana).text("How deep?").reply_to(first).quoting("deep"));
    world.server.post(Post::by(bob, bob).text("A forwarded fjord").forwarded_from(world.mallory));
    world.server.post(Post::by(world.member(1), world.member(1)).text("Hidden").forwarded_from_hidden("X"));
    world.reads(ana, 3).await;
    assert_eq!(world.reads(bob, 1).await, ["You said: A forwarded fjord (0 before)"]);
    assert_eq!(world.reads(world.member(1), 1).await, ["You said: Hidden (0 before)"]);
    let quoted = &world.kept(ana, &format!("m:{reply}")).await["quoted"];
    assert_eq!((&quoted["text"], &quoted["ours"]), (&json!(read[0]), &json!(true)));
    let quoted = &world.kept(ana, &format!("m:{quote}")).await["quoted"];
    assert_eq!((&quoted["text"], &quoted["ours"]), (&json!("deep"), &json!(false)));
    assert_eq!(quoted["key"], format!("m:{first}"));
    let answers: Vec<_> = world.server.replies(ana).iter().map(crate::fake::Message::reply_to).collect();
    assert_eq!(answers, [Some(first), Some(reply), Some(quote)], "each answers its request");
}

#[tokio::test]
async fn a_message_that_is_gone_is_answered_all_the_same() {
    let world = World::new().await;
    let ana = world.ana;
    // The request goes while it is answered; the message that it answers is gone already.
    let earlier = world.server.say(ana, ana, "slow one");
    world.held.reached().await;
    world.server.takes_back(ana, earlier);
    world.held.lets_go();
    let read = world.reads(ana, 1).await;
    assert_eq!(read, ["You said: slow one (0 before)"]);
    assert_eq!(world.server.replies(ana)[0].reply_to(), None);
    let said = world.server.replies(ana)[0].id();
    world.server.takes_back(ana, said);
    let inner = json!({ "message_id": said, "date": 0, "chat": { "id": ana, "type": "private", "first_name": "Ana" } });
    world.server.raw_update(json!({ "message": {
        "message_id": 900, "date": world.server.now(), "text": "And now?", "reply_to_message": inner,
        "chat": { "id": ana, "type": "private", "first_name": "Ana" },
        "from": { "id": ana, "is_bot": false, "first_name": "Ana" },
    } }));
    assert_eq!(world.reads(ana, 1).await, ["You said: And now? (1 before)"]);
}

#[tokio::test]
async fn each_topic_has_a_history_of_its_own() {
    let world = World::new().await;
    let ana = world.ana;
    let forum = world.server.forum("Club", &[ana]);
    let (sea, hills) = (world.server.topic(forum, ana, "Sea"), world.server.topic(forum, ana, "Hills"));
    for (topic, text) in [(Some(sea), "one"), (Some(hills), "two"), (Some(sea), "three"), (None, "four")] {
        let post = Post::by(ana, forum).text(&format!("@house_bot {text}"));
        world.server.post(match topic {
            Some(topic) => post.in_topic(topic),
            None => post,
        });
    }
    world.reads(forum, 4).await;
    world.rests().await;
    let mut read: Vec<_> =
        world.server.replies(forum).iter().map(|reply| (reply.thread(), reply.text().to_owned())).collect();
    read.sort();
    let expected = [
        (None, "You said: four (0 before)".to_owned()),
        (Some(sea), "You said: one (0 before)".to_owned()),
        (Some(sea), "You said: three (1 before)".to_owned()),
        (Some(hills), "You said: two (0 before)".to_owned()),
    ];
    assert_eq!(read, expected);
    let signs = world.server.actions();
    assert!(signs.iter().any(|sign| sign.thread == Some(sea)), "{signs:?}");
}

#[tokio::test]
async fn strange_texts_are_texts() {
    let world = World::new().await;
    let texts = [
        "What is שלום, \u{202e}and what\u{202c} is a \u{2067}fjord\u{2069}?",
        "a\u{200b}b\u{200d}c",
        "<b>&amp;</b> </code> *a* _b_ [x](y)",
        "\u{0}\u{1}x",
    ];
    for (number, text) in texts.iter().enumerate() {
        world.server.say(world.member(number), world.member(number), text);
    }
    let emoji = "😀".repeat(4_096);
    world.server.say(world.ana, world.ana, &emoji);
    for number in 0..texts.len() {
        let read = world.reads(world.member(number), 1).await;
        assert!(read[0].starts_with("You said: "), "{read:?}");
        assert!(!read[0].contains(['\u{202e}', '\u{0}']), "{read:?}");
    }
    assert_eq!(world.read(world.member(2)), ["You said: <b>&</b> </code> a b x (y) (0 before)"]);
    let read = world.reads(world.ana, 3).await;
    assert!(read.iter().all(|part| part.encode_utf16().count() <= 4_096));
    assert_eq!(read.concat().matches('😀').count(), 4_096, "nothing is lost on the way");
}

#[tokio::test]
async fn ids_are_as_large_as_telegrams() {
    let world = World::new().await;
    let (ana, group) = (world.ana, world.server.supergroup("Large", &[world.ana]));
    assert!(ana > i64::from(u32::MAX) && group < -i64::from(u32::MAX));
    let stranger = world.server.introduce(Person::new((1 << 52) - 1, "Large"));
    let chat = world.server.private(stranger);
    world.server.say(chat, stranger, "hello");
    world.server.say(group, ana, "@house_bot hello");
    let read = world.reads(chat, 1).await;
    assert!(read[0].contains("4503599627370495"), "{read:?}");
    assert_eq!(world.reads(group, 1).await, ["You said: hello (0 before)"]);
}

#[tokio::test]
async fn what_has_no_sender_or_is_a_service_message_is_nobodys() {
    let world = World::new().await;
    let (ana, bob) = (world.ana, world.member(0));
    let group = world.server.group("Family", &[ana, bob]);
    let channel = world.server.channel("News");
    world.server.post(Post::in_channel(channel).text("@house_bot hello"));
    world.server.joins(group, world.mallory);
    world.server.leaves(group, world.mallory);
    world.server.post(Post::service(ana, group, "new_chat_title", "Our family"));
    let nobody = json!({ "message_id": 900, "date": world.server.now(), "text": "@house_bot hello",
        "entities": [{ "type": "mention", "offset": 0, "length": 10 }],
        "chat": { "id": group, "type": "group", "title": "Family" } });
    world.server.raw_update(json!({ "message": nobody }));
    world.server.say(ana, ana, "What is a fjord?");
    world.reads(ana, 1).await;
    world.rests().await;
    assert!(world.read(channel).is_empty());
    let said = world.read(group);
    assert!(said.len() <= 1 && !said.concat().contains("You said"), "{said:?}");
}

#[tokio::test]
async fn a_recording_that_the_service_keeps_for_a_while_is_brought_later() {
    let world = World::new().await;
    let (ana, bob) = (world.ana, world.member(0));
    world.server.fail_next("getFile", Fault::RetryAfter(1));
    world.server.post(Post::by(ana, ana).voice(sound(0), 1));
    assert_eq!(world.reads(ana, 1).await, ["What is a fjord?\n\nYou said: What is a fjord? (0 before)"]);
    world.server.fail_next(crate::fake::DOWNLOAD, Fault::Drop);
    world.server.post(Post::by(bob, bob).voice(sound(0), 1));
    assert_eq!(world.reads(bob, 1).await, ["What is a fjord?\n\nYou said: What is a fjord? (0 before)"]);
    assert_eq!(world.log.count("a recording cannot be brought now, trying again"), 2);
}

#[tokio::test]
async fn a_request_that_waits_in_line_takes_its_new_words() {
    let world = World::new().await;
    let (ana, bob) = (world.ana, world.member(0));
    world.server.say(bob, bob, "draw a slow lake");
    world.held.reached().await;
    let request = world.server.say(ana, ana, "draw a fox");
    world.reads(ana, 1).await;
    world.server.edit(ana, request, "draw a hare");
    world.server.wait_for(LONG, |seen| seen.replies(ana).any(|reply| reply.text().contains("hare"))).await;
    world.held.lets_go();
    world.rests().await;
    let pictures: Vec<_> = world.server.replies(ana).into_iter().filter(|reply| reply.is_photo()).collect();
    assert_eq!(pictures.len(), 1);
    assert!(pictures[0].caption().starts_with("a hare"), "{}", pictures[0].caption());
}
