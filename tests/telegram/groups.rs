//! Groups: when the house speaks, and what it keeps of what was not for it.

use serde_json::{Value, json};

use crate::fake::{BOT, Post};
use crate::models::sound;
use crate::world::{LONG, Plan, World};

fn listening(config: &str) -> Plan {
    Plan { config: config.to_owned(), ..Plan::default() }
}

/// One message in a group of its own, and what is said to it.
type Case = (&'static str, fn(Post, i64) -> Post, Option<&'static str>);

const HELLO: Option<&str> = Some("You said: hello (0 before)");

const CASES: &[Case] = &[
    ("a mention", |post, _| post.text("@house_bot hello"), HELLO),
    ("in any letters", |post, _| post.text("@HOUSE_Bot, hello"), HELLO),
    ("at the end", |post, _| post.text("hello, @house_bot"), HELLO),
    ("behind emoji", |post, _| post.text("👩🏽‍🚀👩🏽‍🚀 @house_bot hello"), Some("You said: 👩🏽‍🚀👩🏽‍🚀 hello (0 before)")),
    ("without a username", |post, _| post.text("House, hello").entity(text_mention()), HELLO),
    ("another bot", |post, _| post.text("@house_bot2 hello"), None),
    ("a name that is no mention", |post, _| post.text("house_bot hello"), None),
    (
        "our command",
        |post, _| post.text("/persona@house_bot"),
        Some("I answer in my own character. Change it with /persona and a description."),
    ),
    (
        "our command in other letters",
        |post, _| post.text("/persona@House_BOT"),
        Some("I answer in my own character. Change it with /persona and a description."),
    ),
    ("another bot's command", |post, _| post.text("/persona@other_bot"), None),
    ("anybody's command", |post, _| post.text("/persona"), None),
    ("a reply to somebody else", |post, earlier| post.text("hello").reply_to(earlier), None),
    ("a wake word", |post, _| post.text("Isaac, hello"), HELLO),
    ("a wake word behind another", |post, _| post.text("hey AISAAC hello"), HELLO),
    ("a wake word at the end", |post, _| post.text("hello, Isaac!"), Some("You said: hello (0 before)")),
    ("spoken of", |post, _| post.text("my friend Isaac says hello"), None),
    ("a letter different, typed", |post, _| post.text("Isaak, hello"), None),
    ("Russian", |post, _| post.text("Айзек, hello"), HELLO),
    ("Russian with an ending", |post, _| post.text("Айзеку: hello"), HELLO),
    ("Russian at the end", |post, _| post.text("hello, Исаак"), HELLO),
    ("nobody", |post, _| post.text("hello"), None),
    (
        "a caption",
        |post, _| post.photo(png()).text("👩🏽‍🚀 @house_bot make it night"),
        Some(
            "You said: 👩🏽‍🚀 make it night (0 before)\n\nI cannot look at pictures yet, so I went by your words alone.",
        ),
    ),
    (
        "a caption with a wake word",
        |post, _| post.attached("video", *b"mp4").text("Айзек, hello"),
        Some("You said: hello (0 before)\n\nI cannot watch videos yet, so I went by your words alone."),
    ),
    (
        "a caption of nothing but our name",
        |post, _| post.photo(png()).text("@house_bot"),
        Some("I cannot look at pictures yet: tell me in words what to draw."),
    ),
    ("a caption that speaks of us", |post, _| post.photo(png()).text("my friend Isaac says hello"), None),
    ("somebody's caption", |post, _| post.photo(png()).text("hello"), None),
    ("somebody's photo", |post, _| post.photo(png()), None),
    (
        "a note that calls",
        |post, _| post.voice(sound(1), 1),
        Some("Isaak, what is a fjord?\n\nYou said: what is a fjord? (0 before)"),
    ),
    (
        "a note that calls at its end",
        |post, _| post.voice(sound(5), 1),
        Some("A bay, a lake, Isaac\n\nYou said: A bay, a lake (0 before)"),
    ),
    ("a note that does not call", |post, _| post.voice(sound(0), 1), None),
    ("a note that speaks of it", |post, _| post.voice(sound(3), 1), None),
    (
        "a note with a caption",
        |post, _| post.voice(sound(0), 1).text("@house_bot listen"),
        Some("What is a fjord?\n\nYou said: listen\nWhat is a fjord? (0 before)"),
    ),
    ("a note that is broken", |post, _| post.voice(*b"OggS", 1), None),
    ("a sticker", |post, _| post.sticker("😀"), None),
];

fn png() -> Vec<u8> {
    let sizes = [8_u32.to_be_bytes(), 8_u32.to_be_bytes()].concat();
    [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &sizes, b"\x08\x06\0\0\0"].concat()
}

fn text_mention() -> Value {
    let user = json!({ "id": BOT, "is_bot": true, "first_name": "House" });
    json!({ "type": "text_mention", "offset": 0, "length": 5, "user": user })
}

#[tokio::test]
async fn the_house_speaks_when_it_is_called_and_never_else() {
    let world = World::new().await;
    world.server.set_reads_all(true);
    let (ana, bob) = (world.ana, world.member(0));
    let mut groups = Vec::new();
    for (name, post, _) in CASES {
        let group = world.group(name, &[ana, bob]).await;
        let earlier = world.server.say(group, ana, "so it goes");
        world.server.post(post(Post::by(bob, group), earlier));
        groups.push(group);
    }
    world.rests().await;
    for (group, (name, _, expected)) in groups.iter().zip(CASES) {
        assert_eq!(world.read(*group), expected.iter().copied().collect::<Vec<_>>(), "{name}");
    }
}

#[tokio::test]
async fn who_answers_the_house_speaks_to_it_and_private_history_stays_private() {
    let world = World::new().await;
    let (ana, bob) = (world.ana, world.member(0));
    world.server.say(bob, bob, "My secret is zqsecret");
    world.reads(bob, 1).await;
    let group = world.group("Family", &[ana, bob]).await;
    world.server.say(group, bob, "@house_bot what is my secret?");
    assert_eq!(world.reads(group, 1).await, ["You said: what is my secret? (0 before)"]);
    let said = world.server.replies(group)[0].id();
    world.server.reply(group, ana, said, "and mine?");
    world.server.reply(group, ana, said, "@somebody_else and yours?");
    assert_eq!(world.reads(group, 3).await[1], "You said: and mine? (1 before)");
    world.server.say(bob, bob, "Go on");
    assert_eq!(world.reads(bob, 2).await[1], "You said: Go on (1 before)");
}

#[tokio::test]
async fn what_was_not_for_the_house_is_gone_within_a_minute() {
    let world = World::new().await;
    world.server.set_reads_all(true);
    let bob = world.member(0);
    let group = world.group("Family", &[world.ana, bob]).await;
    let recording = sound(2);
    world.server.post(Post::by(bob, group).voice(recording.clone(), 1));
    world.server.say(group, bob, "Buy some bread zqtyped");
    world.server.post(Post::by(bob, group).photo(png()).text("Our cat zqcaption"));
    for caption in ["", "Our dogs zqalbum"] {
        world.server.post(Post::by(bob, group).photo(png()).text(caption).field("media_group_id", "1"));
    }
    let earlier = world.server.say(group, bob, "Nobody reads zqearlier");
    world.server.post(Post::by(bob, group).text("zqanswers").reply_to(earlier).quoting("zqearlier"));
    world.server.say(group, bob, "Isaac, remember zqkept");
    world.reads(group, 1).await;
    world.rests().await;
    assert_eq!(world.log.count(" heard"), 1, "the note was listened to");
    world
        .until("nothing is left", || async {
            ["zqheard", "zqtyped", "zqearlier", "zqanswers", "zqcaption", "zqalbum"]
                .iter()
                .all(|word| world.hold(word).is_empty())
        })
        .await;
    assert!(world.recordings().is_empty(), "nor its sound");
    assert!(!world.hold("zqkept").is_empty(), "what was for it is kept");
    assert_eq!(world.number("SELECT count(*) FROM messages WHERE key LIKE 'm:%'").await, 8, "ids are kept");
    assert!(!world.log.text().contains("zq"), "nobody's words stand in the log");
}

#[tokio::test]
async fn where_recordings_are_not_listened_to_none_calls() {
    let world = World::with(listening("[groups]\nlisten = false\nwake_words = ['robot']\n")).await;
    world.server.set_reads_all(true);
    let bob = world.member(0);
    let group = world.group("Family", &[bob]).await;
    world.server.post(Post::by(bob, group).voice(sound(1), 1));
    world.server.say(group, bob, "Isaac, hello");
    world.server.say(group, bob, "Robot, hello");
    world.rests().await;
    assert_eq!(world.read(group), ["You said: hello (0 before)"]);
    assert_eq!(world.log.count(" heard"), 0);
}

#[tokio::test]
async fn a_group_chooses_its_own_names_and_whether_recordings_are_heard() {
    let world = World::new().await;
    world.server.set_reads_all(true);
    let (bob, other) = (world.member(0), world.member(1));
    let group = world.group("Family", &[bob]).await;
    world.server.say(group, bob, "@house_bot /settings wake robot");
    world.reads(group, 1).await;
    world.server.say(group, bob, "Isaac, hello");
    world.server.say(group, bob, "Robot, hello");
    world.rests().await;
    let read = world.read(group);
    assert_eq!((read.len(), read[1].as_str()), (2, "You said: hello (0 before)"), "{read:?}");
    let elsewhere = world.group("Others", &[other]).await;
    world.server.say(elsewhere, other, "Isaac, hello");
    assert_eq!(world.reads(elsewhere, 1).await, ["You said: hello (0 before)"]);
}

#[tokio::test]
async fn the_log_says_what_privacy_mode_means() {
    let mut world = World::new().await;
    world.until_logged("privacy mode is on").await;
    // The fake hides what the service would hide, too.
    let group = world.group("Family", &[world.ana]).await;
    world.server.say(group, world.ana, "Isaac, hello");
    world.server.say(group, world.ana, "@house_bot hello");
    world.server.wait_for(LONG, |seen| seen.replies(group).next().is_some()).await;
    world.stops().await;
    assert_eq!(world.read(group), ["You said: hello (0 before)"]);
    world.server.set_reads_all(true);
    world.starts().await;
    world.until_logged("groups are read whole").await;
    assert_eq!(world.log.count("privacy mode is on"), 1);
}
