//! Dying: a house that is gone from one moment to the next is followed by another one, which finishes what was begun. At most
//! one message comes twice, and only when its first send was cut off; an edit doubles nothing.

use std::time::Duration;

use crate::fake::Fault;

use crate::world::{LONG, World};

const ANSWER: &str = "You said: slow one (0 before)";

/// Ana has asked something that takes a while, and its placeholder stands.
async fn growing() -> (World, i64) {
    let world = World::new().await;
    let ana = world.ana;
    world.server.say(ana, ana, "slow one");
    world.server.wait_for(LONG, |seen| seen.replies(ana).next().is_some()).await;
    let placeholder = world.server.replies(ana)[0].id();
    let stands = format!("SELECT count(*) FROM messages WHERE placeholder = '{placeholder}'");
    world.until("its id is kept", || async { world.number(&stands).await == 1 }).await;
    (world, placeholder)
}

#[tokio::test]
async fn a_send_that_never_reached_the_service_comes_once() {
    let mut world = World::new().await;
    let ana = world.ana;
    world.server.fail_next("sendMessage", Fault::HalfOpen);
    world.server.say(ana, ana, "What is a fjord?");
    world.server.wait_for(LONG, |seen| seen.calls("sendMessage").next().is_some()).await;
    world.dies().await;
    world.starts().await;
    world.rests().await;
    assert_eq!(world.read(ana), ["You said: What is a fjord? (0 before)"]);
}

#[tokio::test]
async fn a_send_whose_answer_is_lost_comes_twice_at_most() {
    for dies in [false, true] {
        let mut world = World::new().await;
        let (ana, bob) = (world.ana, world.member(0));
        world.server.fail_next("sendMessage", Fault::DropAfter);
        world.server.say(ana, ana, "What is a fjord?");
        world.reads(ana, 1).await;
        if dies {
            world.dies().await;
            world.starts().await;
        }
        world.rests().await;
        assert_eq!(world.read(ana), ["You said: What is a fjord? (0 before)"; 2], "dies: {dies}");
        // What was confirmed is not sent again, whoever dies.
        world.server.say(bob, bob, "And a bay?");
        world.reads(bob, 1).await;
        world.rests().await;
        world.dies().await;
        world.starts().await;
        world.server.say(bob, bob, "And a lake?");
        world.rests().await;
        assert_eq!(world.read(bob).len(), 2);
        assert_eq!(world.read(ana).len(), 2);
    }
}

#[tokio::test]
async fn an_answer_that_grows_is_grown_on_in_the_same_message() {
    for politely in [false, true] {
        let (mut world, placeholder) = growing().await;
        let ana = world.ana;
        if politely {
            world.stops().await;
        } else {
            world.dies().await;
        }
        assert_eq!(world.server.replies(ana).len(), 1, "the placeholder stands");
        world.held.lets_go();
        world.starts().await;
        world.rests().await;
        assert_eq!(world.read(ana), [ANSWER], "politely: {politely}");
        assert_eq!(world.server.replies(ana)[0].id(), placeholder);
    }
}

#[tokio::test]
async fn a_polite_stop_lets_what_is_on_its_way_arrive_and_begins_nothing_more() {
    let mut world = World::new().await;
    let ana = world.ana;
    // Longer than what the work left to say may begin to leave.
    world.server.fail_next("sendMessage", Fault::Slow(Duration::from_secs(5)));
    world.server.say(ana, ana, "one");
    world.server.wait_for(LONG, |seen| seen.calls("sendMessage").next().is_some()).await;
    world.server.say(ana, ana, "two");
    const WAITS: &str = "SELECT count(*) FROM replies WHERE state = 'waiting'";
    world.until("the second answer waits", || async { world.number(WAITS).await == 2 }).await;
    world.stops().await;
    assert_eq!(world.read(ana), ["You said: one (0 before)"]);
    assert_eq!(world.server.calls("sendMessage").len(), 1);
    world.starts().await;
    world.rests().await;
    assert_eq!(world.read(ana), ["You said: one (0 before)", "You said: two (1 before)"]);
    assert_eq!(world.server.calls("sendMessage").len(), 2);
}

#[tokio::test]
async fn an_edit_whose_answer_is_lost_doubles_nothing() {
    for (fault, dies) in [(Fault::DropAfter, false), (Fault::DropAfter, true), (Fault::HalfOpen, true)] {
        let (mut world, placeholder) = growing().await;
        let ana = world.ana;
        world.server.fail_always("editMessageText", fault.clone());
        let before = world.server.calls("editMessageText").len();
        world.held.lets_go();
        world.server.wait_for(LONG, |seen| seen.calls("editMessageText").count() > before).await;
        if dies {
            world.dies().await;
        }
        world.server.clear_faults();
        if dies {
            world.starts().await;
        }
        world.rests().await;
        assert_eq!(world.read(ana), [ANSWER], "{fault:?}, dies: {dies}");
        assert_eq!(world.server.replies(ana)[0].id(), placeholder);
    }
}

#[tokio::test]
async fn a_placeholder_whose_send_is_cut_off_is_the_one_message_too_many() {
    let mut world = World::new().await;
    let ana = world.ana;
    world.server.fail_next("sendMessage", Fault::DropAfter);
    world.server.say(ana, ana, "slow one");
    world.server.wait_for(LONG, |seen| seen.replies(ana).next().is_some()).await;
    world.dies().await;
    world.held.lets_go();
    world.starts().await;
    world.rests().await;
    let read = world.read(ana);
    assert!(read.len() <= 2 && read.iter().filter(|said| *said == ANSWER).count() == 1, "{read:?}");
}

#[tokio::test]
async fn of_several_parts_each_comes_once() {
    let mut world = World::new().await;
    let ana = world.ana;
    let words: String = (0..1_200).map(|number| format!("word{number} ")).collect();
    world.server.fail_next("sendMessage", Fault::Slow(Duration::from_millis(1)));
    world.server.fail_always("sendMessage", Fault::HalfOpen);
    world.server.say(ana, ana, &words[..7_900]);
    world.server.wait_for(LONG, |seen| seen.calls("sendMessage").count() == 2).await;
    world.dies().await;
    assert_eq!(world.read(ana).len(), 1, "the second part was on its way");
    world.server.clear_faults();
    world.starts().await;
    world.rests().await;
    let read = world.read(ana);
    assert_eq!(read.len(), 2);
    for number in 0..800 {
        let word = format!("word{number} ");
        let times: usize =
            read.iter().map(|part| format!("{part} ").matches(&format!(" {word}")).count()).sum();
        assert!(times + usize::from(read[1].starts_with(&word)) == 1, "{word} comes once");
    }
}

#[tokio::test]
async fn a_picture_that_is_cut_off_is_painted_again_and_comes_once() {
    let (mut world, gate) = World::with_gate().await;
    let ana = world.ana;
    world.server.say(ana, ana, "draw a fox --seed 7");
    world.server.wait_for(LONG, |seen| seen.replies(ana).any(|reply| reply.text().contains("▰"))).await;
    let placeholder = world.server.replies(ana)[0].id();
    world.dies().await;
    world.starts().await;
    world.server.fail_next("editMessageMedia", Fault::DropAfter);
    gate.opens();
    world.rests().await;
    let replies = world.server.replies(ana);
    assert_eq!((replies.len(), replies[0].id(), replies[0].is_photo()), (1, placeholder, true));
    assert_eq!(replies[0].caption(), "a fox · 8×8 · seed 7 · 2 steps");
}

#[tokio::test]
async fn between_a_new_picture_and_the_end_of_its_placeholder_nothing_is_forgotten() {
    let (mut world, gate) = World::with_gate().await;
    let ana = world.ana;
    world.server.say(ana, ana, "draw a fox");
    const RUNS: &str = "SELECT count(*) FROM drawings WHERE state = 'running' AND placeholder IS NOT NULL";
    world.until("painting", || async { world.number(RUNS).await == 1 }).await;
    let placeholder = world.server.replies(ana)[0].id();
    world.executes("UPDATE drawings SET queued_at = queued_at - 61000").await;
    world.server.fail_always("deleteMessage", Fault::HalfOpen);
    gate.opens();
    world.server.wait_for(LONG, |seen| seen.calls("deleteMessage").next().is_some()).await;
    world.dies().await;
    world.server.clear_faults();
    world.starts().await;
    world.rests().await;
    let replies = world.server.replies(ana);
    assert_eq!((replies.len(), replies[0].is_photo()), (1, true), "{replies:?}");
    assert_ne!(replies[0].id(), placeholder);
    world.server.say(ana, ana, "What is a fjord?");
    assert_eq!(world.reads(ana, 2).await[1], "You said: What is a fjord? (0 before)", "the chat goes on");
}
