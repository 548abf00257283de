//! Chats: one that the service wants left alone, one in which nobody hears us, one that has moved.

use std::time::Duration;

use crate::fake::Fault;
use crate::work::{Gate, painting};
use crate::world::{LONG, Plan, World};

/// Every request that went to a chat, but for files.
fn requests(world: &World, chat: i64) -> Vec<crate::fake::Request> {
    let requests = world.server.requests().into_iter();
    requests.filter(|request| request.param("chat_id") == chat).collect()
}

#[tokio::test]
async fn a_chat_that_is_to_be_left_alone_is_and_others_are_not() {
    let world = World::new().await;
    let (ana, bob) = (world.ana, world.member(0));
    world.server.fail_next("sendMessage", Fault::RetryAfter(3));
    world.server.say(ana, ana, "one");
    world.server.wait_for(LONG, |seen| seen.calls("sendMessage").any(|call| call.status == Some(429))).await;
    world.server.say(ana, ana, "two");
    world.server.say(bob, bob, "three");
    assert_eq!(world.reads(bob, 1).await, ["You said: three (0 before)"]);
    assert!(world.read(ana).is_empty(), "bob does not wait for ana");
    assert_eq!(world.reads(ana, 2).await, ["You said: one (0 before)", "You said: two (1 before)"]);
    let requests = requests(&world, ana);
    let refused = requests.iter().position(|request| request.status == Some(429)).unwrap();
    let (refused, next) = (&requests[refused], &requests[refused + 1]);
    assert!(
        next.at - refused.at >= Duration::from_millis(2_950),
        "{} after {:?}",
        next.method,
        next.at - refused.at
    );
}

#[tokio::test]
async fn a_wait_that_is_asked_of_an_edit_is_kept_too() {
    let world = World::new().await;
    let ana = world.ana;
    world.server.say(ana, ana, "slow one");
    world.server.wait_for(LONG, |seen| seen.replies(ana).next().is_some()).await;
    world.server.fail_next("editMessageText", Fault::RetryAfter(2));
    world.held.lets_go();
    let whole = "You said: slow one (0 before)";
    world.server.wait_for(LONG, |seen| seen.replies(ana).any(|reply| reply.text() == whole)).await;
    let edits = world.server.calls("editMessageText");
    let refused = edits.iter().position(|edit| edit.status == Some(429)).unwrap();
    assert!(edits[refused + 1].at - edits[refused].at >= Duration::from_millis(1_950));
    assert_eq!(world.read(ana).len(), 1);
}

/// Bob waits in line behind ana, and is owed an answer, when nobody is there any more.
async fn nobody_is_there(in_group: bool) {
    let gate = Gate::default();
    let at = gate.clone();
    let engines = std::sync::Arc::new(move |held: &_| painting(&at, held));
    let world = World::with(Plan { engines, ..Plan::default() }).await;
    let (ana, bob) = (world.ana, world.member(0));
    let chat = if in_group { world.group("Family", &[ana, bob]).await } else { bob };
    world.server.say(ana, ana, "draw a lake");
    world.server.wait_for(LONG, |seen| seen.replies(ana).next().is_some()).await;
    world.server.say(chat, bob, "@house_bot draw a fox");
    world.server.wait_for(LONG, |seen| seen.replies(chat).next().is_some()).await;
    world.server.fail_next("sendMessage", Fault::RetryAfter(1));
    world.server.say(chat, bob, "@house_bot what is a fjord?");
    world.server.wait_for(LONG, |seen| seen.calls("sendMessage").any(|call| call.status == Some(429))).await;
    if in_group {
        world.server.bot_removed(chat, ana);
    } else {
        world.server.blocks(bob);
    }
    const CANCELLED: &str = "SELECT count(*) FROM drawings WHERE state = 'cancelled'";
    world.until("his drawing is cancelled", || async { world.number(CANCELLED).await == 1 }).await;
    gate.opens();
    world.rests().await;
    assert!(world.server.replies(ana)[0].is_photo(), "hers comes");
    assert_eq!(world.number("SELECT count(*) FROM replies WHERE state = 'parked'").await, 1);
    assert_eq!(world.server.replies(chat).len(), 1);
    // Whoever comes back is heard.
    if in_group {
        world.server.bot_added(chat, ana);
    } else {
        world.server.unblocks(bob);
    }
    world.server.say(chat, bob, "@house_bot and a bay?");
    // A group whose owner has brought the house back is greeted first.
    let read = world.reads(chat, if in_group { 3 } else { 2 }).await;
    assert!(read.last().unwrap().contains("and a bay?"), "{read:?}");
}

#[tokio::test]
async fn for_whoever_blocks_the_bot_nothing_is_done_any_more() {
    nobody_is_there(false).await;
}

#[tokio::test]
async fn for_a_group_that_throws_the_bot_out_nothing_is_done_any_more() {
    nobody_is_there(true).await;
}

#[tokio::test]
async fn what_a_group_is_owed_follows_it_when_it_becomes_a_supergroup() {
    let world = World::new().await;
    let (ana, bob) = (world.ana, world.member(0));
    let group = world.group("Family", &[ana, bob]).await;
    world.server.say(group, bob, "@house_bot my name is Bob");
    world.reads(group, 1).await;
    world.server.fail_next("sendMessage", Fault::RetryAfter(1));
    let asked = world.server.say(group, bob, "@house_bot what is my name?");
    world.server.wait_for(LONG, |seen| seen.calls("sendMessage").any(|call| call.status == Some(429))).await;
    let supergroup = world.server.migrates(group, ana);
    // Its messages are numbered anew, and the request is none of them.
    while world.server.say(supergroup, ana, "so it goes") < asked {}
    assert_eq!(world.reads(supergroup, 1).await, ["You said: what is my name? (1 before)"]);
    assert_eq!(world.server.replies(supergroup)[0].reply_to(), None);
    // It is let in, and remembers.
    world.server.say(supergroup, bob, "@house_bot and yours?");
    assert_eq!(world.reads(supergroup, 2).await[1], "You said: and yours? (2 before)");
}

#[tokio::test]
async fn a_drawing_follows_its_group_too() {
    let gate = Gate::default();
    let at = gate.clone();
    let engines = std::sync::Arc::new(move |held: &_| painting(&at, held));
    let world = World::with(Plan { engines, ..Plan::default() }).await;
    let group = world.group("Family", &[world.ana]).await;
    world.server.say(group, world.ana, "@house_bot draw a fox");
    world.server.wait_for(LONG, |seen| seen.replies(group).next().is_some()).await;
    let supergroup = world.server.migrates(group, world.ana);
    gate.opens();
    world.rests().await;
    let replies = world.server.replies(supergroup);
    assert_eq!(replies.len(), 1);
    assert!(replies[0].is_photo() && replies[0].caption().starts_with("a fox"), "{:?}", replies[0]);
}

#[tokio::test]
async fn a_message_of_the_new_chat_with_an_old_number_is_not_taken_for_the_old_one() {
    let world = World::new().await;
    let ana = world.ana;
    let group = world.group("Family", &[ana]).await;
    for text in ["@house_bot one", "@house_bot two"] {
        world.server.say(group, ana, text);
    }
    world.reads(group, 2).await;
    world.server.fail_next("sendMessage", Fault::RetryAfter(1));
    let third = world.server.say(group, ana, "@house_bot three");
    world.server.wait_for(LONG, |seen| seen.calls("sendMessage").any(|call| call.status == Some(429))).await;
    let supergroup = world.server.migrates(group, ana);
    world.reads(supergroup, 1).await;
    let mut answers = 1;
    loop {
        let number = world.server.say(supergroup, ana, "@house_bot again");
        answers += 1;
        world.reads(supergroup, answers).await;
        if number >= third {
            break;
        }
    }
}
