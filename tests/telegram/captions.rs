//! Captions and albums: words that came with something that nobody here looks at, and several messages that are one.

use crate::fake::{Message, Post};
use crate::models::sound;
use crate::world::{LONG, World};

/// The smallest thing that says it is a PNG.
fn png() -> Vec<u8> {
    let sizes = [8_u32.to_be_bytes(), 8_u32.to_be_bytes()].concat();
    [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &sizes, b"\x08\x06\0\0\0"].concat()
}

const NO_PHOTO: &str = "I cannot look at pictures yet: tell me in words what to draw.";
const BY_WORDS: &str = "I cannot look at pictures yet, so I went by your words alone.";

/// One photo of an album.
fn photo(by: i64, chat: i64, album: &str, caption: &str) -> Post {
    Post::by(by, chat).photo(png()).text(caption).field("media_group_id", album)
}

/// What was said to something with this caption.
fn answered(caption: &str) -> String {
    format!("You said: {caption} (0 before)\n\n{BY_WORDS}")
}

#[tokio::test]
async fn a_caption_is_what_its_sender_says() {
    let world = World::new().await;
    let by = |number: usize| Post::by(world.member(number), world.member(number));
    let alone = |what: &str| {
        format!(
            "You said: What is a fjord? (0 before)\n\nI cannot {what} yet, so I went by your words alone."
        )
    };
    let posts = [
        (by(0).photo(png()).text("What is a fjord?"), alone("look at pictures")),
        (by(1).attached("video", *b"mp4").lasting(1).text("What is a fjord?"), alone("watch videos")),
        (by(2).document("a.pdf", "application/pdf", *b"%PDF").text("What is a fjord?"), alone("open files")),
        (by(3).document("cat.png", "image/png", png()).text("What is a fjord?"), alone("look at pictures")),
        (by(4).photo(png()), NO_PHOTO.to_owned()),
        (by(5).photo(png()).text("\u{200b}"), NO_PHOTO.to_owned()),
    ];
    for (post, _) in &posts {
        world.server.post(post.clone());
    }
    for (number, (_, said)) in posts.iter().enumerate() {
        assert_eq!(world.reads(world.member(number), 1).await, [said.as_str()], "{number}");
    }
}

#[tokio::test]
async fn a_caption_draws_and_is_edited_as_words_are() {
    let world = World::new().await;
    let ana = world.ana;
    world.server.post(Post::by(ana, ana).photo(png()).text("draw a fox"));
    world.server.wait_for(LONG, |seen| seen.replies(ana).any(Message::is_photo)).await;
    world.rests().await;
    let replies = world.server.replies(ana);
    assert_eq!(replies.iter().filter(|reply| reply.is_photo()).count(), 1);
    assert!(replies.iter().any(|reply| reply.text() == BY_WORDS), "{:?}", world.read(ana));
    let bob = world.member(0);
    let asked = world.server.post(Post::by(bob, bob).photo(png()).text("What is a fjord?"));
    assert_eq!(world.reads(bob, 1).await, [answered("What is a fjord?")]);
    world.rests().await;
    world.server.passes(5);
    world.server.edit(bob, asked, "What is a bay?");
    world.server.wait_for(LONG, |seen| seen.replies(bob).any(|reply| reply.text().contains("a bay"))).await;
    world.rests().await;
    let read = world.read(bob);
    assert!(read.len() == 1 && read[0].ends_with(BY_WORDS), "{read:?}");
}

#[tokio::test]
async fn an_album_is_one_message_wherever_its_caption_stands() {
    let world = World::new().await;
    world.server.set_reads_all(true);
    let (ana, bob) = (world.ana, world.member(0));
    world.server.album(ana, ana, &[&png(), &png(), &png()], "our cats");
    for caption in ["", "", "our dogs"] {
        world.server.post(photo(bob, bob, "7", caption));
    }
    for _ in 0..2 {
        world.server.post(photo(world.member(1), world.member(1), "8", ""));
    }
    let group = world.group("Family", &[ana, bob]).await;
    for caption in ["", "Isaac, our hares"] {
        world.server.post(photo(bob, group, "9", caption));
    }
    world.rests().await;
    assert_eq!(world.read(ana), [answered("our cats")]);
    assert_eq!(world.read(bob), [answered("our dogs")]);
    assert_eq!(world.read(world.member(1)), [NO_PHOTO]);
    assert_eq!(world.read(group), [answered("our hares")]);
    assert_eq!(world.number("SELECT count(*) FROM messages").await, 10, "each is on disk");
}

#[tokio::test]
async fn an_album_may_come_with_two_polls_and_be_offered_twice() {
    let world = World::new().await;
    let ana = world.ana;
    world.server.post(photo(ana, ana, "7", ""));
    world.until("a poll has brought it", || async { world.server.pending_updates().is_empty() }).await;
    let second = world.server.post(photo(ana, ana, "7", "our cats"));
    let again = serde_json::Value::Object(world.server.message(ana, second).unwrap().json);
    world.server.raw_update(serde_json::json!({ "message": again }));
    world.rests().await;
    assert_eq!(world.read(ana), [answered("our cats")]);
    // An edit of any of them is one of the whole; one that changes nothing is none.
    world.server.passes(5);
    world.server.edit(ana, second, "our cats");
    world.rests().await;
    assert_eq!(world.read(ana), [answered("our cats")]);
    world.server.passes(5);
    world.server.edit(ana, second, "our dogs");
    world.rests().await;
    let read = world.read(ana);
    assert!(read.len() == 1 && read[0].contains("our dogs"), "{read:?}");
}

#[tokio::test]
async fn a_house_that_dies_in_the_middle_of_an_album_answers_it_once_and_whole() {
    let mut world = World::new().await;
    let ana = world.ana;
    world.server.post(photo(ana, ana, "7", ""));
    let first = "SELECT count(*) FROM messages WHERE album = '7' AND state = 'new'";
    world.until("the first is on disk", || async { world.number(first).await == 1 }).await;
    world.dies().await;
    world.server.post(photo(ana, ana, "7", "our cats"));
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    world.starts().await;
    world.rests().await;
    assert_eq!(world.read(ana), [answered("our cats")]);
    assert_eq!(world.number("SELECT count(*) FROM messages").await, 2);
}

#[tokio::test]
async fn what_of_an_album_comes_too_late_is_not_lost() {
    let world = World::new().await;
    let ana = world.ana;
    world.server.post(photo(ana, ana, "7", ""));
    assert_eq!(world.reads(ana, 1).await, [NO_PHOTO]);
    world.server.post(photo(ana, ana, "7", ""));
    world.server.post(photo(ana, ana, "7", "our cats"));
    world.rests().await;
    assert_eq!(world.read(ana), [NO_PHOTO.to_owned(), answered("our cats")]);
}

#[tokio::test]
async fn of_several_recordings_the_first_is_heard_and_that_is_said() {
    let world = World::new().await;
    let ana = world.ana;
    for (number, caption) in [(0, ""), (1, "listen"), (3, "")] {
        let post = Post::by(ana, ana).attached("audio", sound(number)).lasting(1);
        world.server.post(post.text(caption).field("media_group_id", "7"));
    }
    world.rests().await;
    assert_eq!(
        world.read(ana),
        ["What is a fjord?\n\nYou said: listen\nWhat is a fjord? (0 before)\n\n\
          Of these 3 recordings I have heard only the first. Please send me the others one at a time."]
    );
    assert_eq!(world.recordings().len(), 1, "the others are not brought");
}
