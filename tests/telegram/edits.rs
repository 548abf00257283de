//! Edits, and what a message refers to: a request that was answered is answered anew, a quoted message is read.

use crate::fake::{Fault, Post};
use crate::models::sound;
use crate::world::{LONG, World};

#[tokio::test]
async fn an_answered_request_that_is_edited_is_answered_anew_in_the_same_message() {
    let world = World::new().await;
    let ana = world.ana;
    let asked = world.server.say(ana, ana, "What is a fjord?");
    world.reads(ana, 1).await;
    let reply = world.server.replies(ana)[0].id();
    world.rests().await;
    world.server.passes(5);
    world.server.edit(ana, asked, "What is a bay?");
    world.server.wait_for(LONG, |seen| seen.replies(ana).any(|reply| reply.text().contains("a bay"))).await;
    world.rests().await;
    assert_eq!(
        (world.read(ana).len(), world.server.replies(ana)[0].id()),
        (1, reply),
        "{:?}",
        world.read(ana)
    );
    // And once more.
    world.server.passes(5);
    world.server.edit(ana, asked, "What is a lake?");
    world.server.wait_for(LONG, |seen| seen.replies(ana).any(|reply| reply.text().contains("a lake"))).await;
    world.rests().await;
    assert_eq!(world.read(ana).len(), 1);
}

#[tokio::test]
async fn a_request_that_is_edited_before_its_answer_has_left_is_answered_in_one_message() {
    let world = World::new().await;
    let ana = world.ana;
    world.server.fail_next("sendMessage", Fault::RetryAfter(2));
    let asked = world.server.say(ana, ana, "What is a fjord?");
    world.server.wait_for(LONG, |seen| seen.calls("sendMessage").any(|call| call.status == Some(429))).await;
    for (number, text) in ["What is a bay?", "What is a lake?"].into_iter().enumerate() {
        world.server.passes(5);
        world.server.edit(ana, asked, text);
        let waiting = format!("SELECT count(*) = {} FROM replies WHERE state = 'waiting'", number + 2);
        world.until("its answer waits behind", || async { world.number(&waiting).await == 1 }).await;
    }
    world.rests().await;
    assert_eq!(world.read(ana), ["You said: What is a lake? (1 before)"]);
}

#[tokio::test]
async fn an_edit_that_changes_no_word_does_nothing() {
    let world = World::new().await;
    let ana = world.ana;
    let asked = world.server.say(ana, ana, "What is a fjord?");
    world.reads(ana, 1).await;
    world.rests().await;
    let sent = world.server.calls("sendMessage").len();
    for _ in 0..3 {
        world.server.passes(5);
        world.server.edit(ana, asked, "What is a fjord?");
    }
    world.rests().await;
    assert_eq!(world.server.calls("sendMessage").len(), sent);
    assert!(world.server.calls("editMessageText").is_empty());
}

#[tokio::test]
async fn an_edit_in_a_group_counts_when_it_calls_the_house() {
    let world = World::new().await;
    world.server.set_reads_all(true);
    let bob = world.member(0);
    let group = world.group("Family", &[bob]).await;
    let asked = world.server.say(group, bob, "@house_bot what is a fjord?");
    let other = world.server.say(group, bob, "so it goes");
    world.reads(group, 1).await;
    world.rests().await;
    world.server.passes(5);
    world.server.edit(group, other, "so it goes on");
    world.server.edit(group, asked, "@house_bot what is a bay?");
    world.server.wait_for(LONG, |seen| seen.replies(group).any(|reply| reply.text().contains("a bay"))).await;
    world.rests().await;
    assert_eq!(world.read(group).len(), 1, "{:?}", world.read(group));
}

#[tokio::test]
async fn a_picture_that_is_begun_is_not_changed_and_that_is_said() {
    let world = World::new().await;
    let ana = world.ana;
    let asked = world.server.say(ana, ana, "draw a fox");
    world.server.wait_for(LONG, |seen| seen.replies(ana).any(crate::fake::Message::is_photo)).await;
    world.rests().await;
    world.server.passes(5);
    world.server.edit(ana, asked, "draw a hare");
    world
        .server
        .wait_for(LONG, |seen| seen.replies(ana).any(|reply| reply.text().contains("begun or done")))
        .await;
}

#[tokio::test]
async fn what_a_question_is_about_is_read_too() {
    let world = World::new().await;
    let (ana, bob) = (world.ana, world.member(0));
    let group = world.group("Family", &[ana, bob]).await;
    let earlier = world.server.say(group, ana, "A fjord is a long inlet with cliffs");
    world.server.post(Post::by(bob, group).text("@house_bot is that so?").reply_to(earlier));
    let read = world.reads(group, 1).await;
    assert!(read[0].contains("a long inlet with cliffs"), "{read:?}");
    world
        .server
        .post(Post::by(bob, group).text("@house_bot and that?").reply_to(earlier).quoting("with cliffs"));
    let read = world.reads(group, 2).await;
    assert!(read[1].contains("with cliffs") && !read[1].contains("a long inlet"), "{read:?}");
}

#[tokio::test]
async fn somebodys_note_is_heard_when_the_house_is_asked_about_it() {
    let world = World::new().await;
    let (ana, bob) = (world.ana, world.member(0));
    let group = world.group("Family", &[ana, bob]).await;
    let note = world.server.post(Post::by(ana, group).voice(sound(0), 1));
    world.server.post(Post::by(bob, group).text("@house_bot what does it say?").reply_to(note));
    let read = world.reads(group, 1).await;
    assert!(read[0].contains("What is a fjord?"), "{read:?}");
}
