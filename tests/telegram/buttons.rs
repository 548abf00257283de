//! Buttons: what stands under a reply, pressed by whoever may and by whoever may not.

use crate::fake::{Fault, Message};
use crate::world::{LONG, World};

/// Draws something, quickly; the message that the picture came in.
async fn draws(world: &World, chat: i64, by: i64, text: &str) -> Message {
    let before = world.server.replies(chat).len();
    world.server.say(chat, by, text);
    world.server.wait_for(LONG, |seen| seen.replies(chat).skip(before).any(Message::is_photo)).await;
    world.rests().await;
    world.server.replies(chat).pop().unwrap()
}

/// The photo that comes beside those which are there.
async fn another(world: &World, chat: i64, photos: usize) -> Message {
    world
        .server
        .wait_for(LONG, |seen| seen.replies(chat).filter(|reply| reply.is_photo()).count() > photos)
        .await;
    world.rests().await;
    world.server.replies(chat).into_iter().rfind(Message::is_photo).unwrap()
}

fn size(message: &Message) -> (u64, u64) {
    let photo = message.json["photo"].as_array().unwrap().last().unwrap();
    (photo["width"].as_u64().unwrap(), photo["height"].as_u64().unwrap())
}

/// Every press is answered, so that no button spins.
async fn is_answered(world: &World, press: &str) {
    world.server.wait_for(LONG, |seen| seen.answered().iter().any(|answered| answered.id == press)).await;
}

#[tokio::test]
async fn again_same_seed_and_another_shape() {
    let world = World::new().await;
    let ana = world.ana;
    let first = draws(&world, ana, ana, "draw a fox --seed 7").await;
    assert!(first.caption().contains("seed 7"));
    let press = world.server.press(ana, first.id(), "🔁 Same seed", ana);
    let same = another(&world, ana, 1).await;
    is_answered(&world, &press).await;
    assert_eq!((same.caption(), size(&same)), (first.caption(), size(&first)));
    let press = world.server.press(ana, first.id(), "🎲 Again", ana);
    let again = another(&world, ana, 2).await;
    is_answered(&world, &press).await;
    assert!(
        again.caption().starts_with("a fox · 8×8 · seed") && !again.caption().contains("seed 7 "),
        "{}",
        again.caption()
    );
    let press = world.server.press(ana, first.id(), "📐 Other shape", ana);
    let shaped = another(&world, ana, 3).await;
    is_answered(&world, &press).await;
    assert!(shaped.caption().contains("seed 7") && size(&shaped) != size(&first), "{:?}", size(&shaped));
    assert_eq!(world.server.message(ana, first.id()).unwrap().bytes, first.bytes, "the first picture stays");
}

#[tokio::test]
async fn the_requester_and_the_owner_cancel_and_nobody_else() {
    for (who, may) in [(0, true), (1, false), (2, true)] {
        let world = World::new().await;
        let (bob, eva) = (world.member(0), world.member(1));
        let who = [bob, eva, world.ana][who];
        let group = world.group("Family", &[world.ana, bob, eva]).await;
        world.server.say(group, bob, "@house_bot draw a slow lake");
        world.held.reached().await;
        world
            .server
            .wait_for(LONG, |seen| seen.replies(group).any(|reply| !reply.buttons().is_empty()))
            .await;
        let placeholder = world.server.replies(group)[0].id();
        let press = world.server.press(group, placeholder, "✖ Cancel", who);
        is_answered(&world, &press).await;
        const ASKED: &str = "SELECT count(*) FROM messages WHERE key LIKE 'c:%' AND state = 'settled'";
        world.until("the press is handled", || async { world.number(ASKED).await == 1 }).await;
        world.held.lets_go();
        world.rests().await;
        let photos = world.server.replies(group).iter().filter(|reply| reply.is_photo()).count();
        assert_eq!(photos, usize::from(!may), "{:?}", world.read(group));
    }
}

#[tokio::test]
async fn answer_instead_and_draw_instead() {
    let world = World::new().await;
    let (ana, bob) = (world.ana, world.member(0));
    let picture = draws(&world, ana, ana, "draw a fox").await;
    world.server.press(ana, picture.id(), "💬 Answer in words instead", ana);
    world
        .server
        .wait_for(LONG, |seen| seen.replies(ana).any(|reply| reply.text().contains("You said: ")))
        .await;
    world.server.say(bob, bob, "sunset over a fjord");
    world.server.wait_for(LONG, |seen| seen.replies(bob).any(|reply| !reply.buttons().is_empty())).await;
    let answer = world.server.replies(bob).pop().unwrap().id();
    world.server.press(bob, answer, "🎨 Draw it instead", bob);
    world.server.wait_for(LONG, |seen| seen.replies(bob).any(Message::is_photo)).await;
    world.rests().await;
}

#[tokio::test]
async fn a_button_of_another_version_or_of_something_gone_is_told_so() {
    let world = World::new().await;
    let ana = world.ana;
    let picture = draws(&world, ana, ana, "draw a fox").await;
    let told = async |words: &str| {
        world
            .server
            .wait_for(LONG, |seen| {
                seen.replies(ana).any(|reply| reply.text().contains(words))
                    || seen.answered().iter().any(|answered| answered.text.contains(words))
            })
            .await;
    };
    for data in ["0 draw again", "{}", "2 again 1"] {
        let press = world.server.press_on_old(ana, picture.id(), data, ana);
        is_answered(&world, &press).await;
    }
    told("of another version").await;
    world.server.press_on_old(ana, picture.id(), "1 again 4711", ana);
    told("I do not have that drawing any more").await;
    world.server.press_on_old(ana, picture.id(), "1 cancel 1", ana);
    told("It is too late to cancel this drawing").await;
    world.rests().await;
}

#[tokio::test]
async fn a_button_that_is_pressed_twice_is_two_requests_and_one_offered_twice_is_one() {
    let world = World::new().await;
    let ana = world.ana;
    let picture = draws(&world, ana, ana, "draw a fox --seed 7").await;
    world.server.press(ana, picture.id(), "🔁 Same seed", ana);
    world.server.press(ana, picture.id(), "🔁 Same seed", ana);
    another(&world, ana, 2).await;
    let pressed = "SELECT count(*) FROM messages WHERE key LIKE 'c:%'";
    assert_eq!(world.number(pressed).await, 2);
    let update = world.server.press(ana, picture.id(), "🔁 Same seed", ana);
    is_answered(&world, &update).await;
    world.rests().await;
    assert_eq!(world.number(pressed).await, 3);
}

#[tokio::test]
async fn a_strangers_press_is_answered_and_does_nothing() {
    let world = World::new().await;
    let (ana, mallory) = (world.ana, world.mallory);
    let group = world.server.group("Family", &[ana, mallory]);
    let picture = draws(&world, group, ana, "@house_bot draw a fox").await;
    let press = world.server.press(group, picture.id(), "🎲 Again", mallory);
    is_answered(&world, &press).await;
    world.rests().await;
    assert_eq!(world.server.replies(group).iter().filter(|reply| reply.is_photo()).count(), 1);
}

#[tokio::test]
async fn whoever_presses_somebody_elses_cancel_is_told_in_passing() {
    let world = World::new().await;
    let (bob, eva) = (world.member(0), world.member(1));
    let group = world.group("Family", &[bob, eva]).await;
    world.server.say(group, bob, "@house_bot draw a slow lake");
    world.held.reached().await;
    world.server.wait_for(LONG, |seen| seen.replies(group).any(|reply| !reply.buttons().is_empty())).await;
    let placeholder = world.server.replies(group)[0].id();
    for _ in 0..3 {
        let press = world.server.press(group, placeholder, "✖ Cancel", eva);
        is_answered(&world, &press).await;
    }
    let said: Vec<String> = world.server.answered().into_iter().map(|answered| answered.text).collect();
    assert_eq!(said, ["That drawing belongs to somebody else."; 3]);
    // What changes something is no word in passing: it stands where the drawing was said to come.
    let press = world.server.press(group, placeholder, "✖ Cancel", bob);
    is_answered(&world, &press).await;
    assert_eq!(world.server.answered().pop().unwrap().text, "");
    world.held.lets_go();
    world.rests().await;
    let read = world.read(group);
    assert!(read.len() == 1 && read[0].starts_with("Cancelled"), "{read:?}");
}

#[tokio::test]
async fn a_press_that_cannot_be_answered_in_passing_is_answered_by_a_message() {
    let world = World::new().await;
    let ana = world.ana;
    let picture = draws(&world, ana, ana, "draw a fox").await;
    const OLD: &str = "Bad Request: query is too old and response timeout expired or query ID is invalid";
    world.server.fail_next("answerCallbackQuery", Fault::status(400, OLD));
    world.server.press_on_old(ana, picture.id(), "1 again 4711", ana);
    world.reads(ana, 2).await;
    world.rests().await;
    let told = world.read(ana);
    assert_eq!(told.last().unwrap(), "I do not have that drawing any more.", "{told:?}");
}
