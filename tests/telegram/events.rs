//! What happens to a chat or to the house without anybody saying a word to it, and what the owner reads about it.

use crate::fake::{Fault, Post};
use crate::models::sound;

use crate::world::{LONG, Plan, World};

#[tokio::test]
async fn whoever_blocks_the_bot_needs_no_refused_send_to_be_left_alone() {
    let (world, gate) = World::with_gate().await;
    let (ana, bob) = (world.ana, world.member(0));
    world.server.say(ana, ana, "draw a lake");
    world.server.wait_for(LONG, |seen| seen.replies(ana).next().is_some()).await;
    world.server.say(bob, bob, "draw a fox");
    world.server.wait_for(LONG, |seen| seen.replies(bob).next().is_some()).await;
    world.server.blocks(bob);
    const CANCELLED: &str = "SELECT count(*) FROM drawings WHERE state = 'cancelled'";
    world.until("his drawing is cancelled", || async { world.number(CANCELLED).await == 1 }).await;
    let before = world.server.requests().len();
    gate.opens();
    world.rests().await;
    let later = world.server.requests().split_off(before);
    assert!(later.iter().all(|request| request.param("chat_id") != bob), "nothing more goes to bob");
    assert!(world.server.replies(ana)[0].is_photo());
}

#[tokio::test]
async fn a_group_that_says_where_it_moves_takes_everything_along() {
    let (world, gate) = World::with_gate().await;
    let (ana, bob) = (world.ana, world.member(0));
    let group = world.group("Family", &[ana, bob]).await;
    world.server.say(group, bob, "@house_bot my name is Bob");
    world.reads(group, 1).await;
    world.server.say(group, bob, "@house_bot draw a fox");
    world.server.wait_for(LONG, |seen| seen.replies(group).count() == 2).await;
    let supergroup = world.server.migrates(group, ana);
    world.server.say(supergroup, bob, "@house_bot what is my name?");
    let read = world.reads(supergroup, 1).await;
    assert!(read.iter().any(|said| said.contains("what is my name? (1 before)")), "{read:?}");
    gate.opens();
    world.rests().await;
    assert!(world.server.replies(supergroup).iter().any(|reply| reply.is_photo()));
}

#[tokio::test]
async fn recordings_that_nobody_listens_to_are_not_fetched() {
    let world = World::with(Plan { config: "[groups]\nlisten = false\n".into(), ..Plan::default() }).await;
    world.server.set_reads_all(true);
    let (bob, mallory) = (world.member(0), world.mallory);
    let group = world.group("Family", &[bob]).await;
    let strange = world.server.group("Strangers", &[mallory]);
    world.server.post(Post::by(bob, group).voice(sound(1), 1));
    world.server.post(Post::by(mallory, strange).voice(sound(1), 1));
    world.rests().await;
    assert_eq!(world.server.calls("getFile").len(), 0);
    world.server.post(Post::by(bob, bob).voice(sound(0), 1));
    world.reads(bob, 1).await;
    assert_eq!(world.server.calls("getFile").len(), 1);
}

#[tokio::test]
async fn the_owner_reads_how_the_house_is_and_nobody_else() {
    let world = World::new().await;
    let (ana, bob) = (world.ana, world.member(0));
    world.server.say(ana, ana, "/status");
    world.server.say(bob, bob, "/status");
    let told = world.reads(ana, 1).await.concat();
    for words in ["MB", "version", "model", "telegram: last heard from"] {
        assert!(told.contains(words), "{words} is not in:\n{told}");
    }
    let refused = world.reads(bob, 1).await.concat();
    assert!(refused.contains("Only my owner can do that."), "{refused}");
}

#[tokio::test]
async fn an_unknown_update_is_kept_as_it_came() {
    let world = World::new().await;
    let id = world.server.unknown_update();
    world.server.fail_next("getUpdates", Fault::RetryAfter(1));
    world.rests().await;
    let raw = world.texts(&format!("SELECT raw FROM messages WHERE key = 'u:{id}'")).await;
    assert!(raw[0].contains("something new"), "{raw:?}");
}
