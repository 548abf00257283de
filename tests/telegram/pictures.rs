//! Pictures: photos with captions and buttons, files, and the line in which several people wait.

use crate::fake::Fault;

use crate::world::{LONG, World};

const DIMENSIONS: &str = "Bad Request: PHOTO_INVALID_DIMENSIONS";

fn labels(message: &crate::fake::Message) -> Vec<String> {
    message.buttons().into_iter().map(|(label, _)| label).collect()
}

#[tokio::test]
async fn a_quick_picture_takes_the_place_of_its_placeholder() {
    let (world, gate) = World::with_gate().await;
    let ana = world.ana;
    let asked = world.server.say(ana, ana, "draw a fox --seed 7");
    world.server.wait_for(LONG, |seen| seen.replies(ana).any(|reply| !reply.buttons().is_empty())).await;
    let placeholder = world.server.replies(ana)[0].clone();
    assert_eq!(labels(&placeholder), ["✖ Cancel"]);
    assert_eq!(placeholder.reply_to(), Some(asked));
    gate.opens();
    world.rests().await;
    let replies = world.server.replies(ana);
    assert_eq!((replies.len(), replies[0].id(), replies[0].is_photo()), (1, placeholder.id(), true));
    assert_eq!(replies[0].caption(), "a fox · 8×8 · seed 7 · 2 steps");
    assert_eq!(
        labels(&replies[0]),
        ["🎲 Again", "🔁 Same seed", "📐 Other shape", "💬 Answer in words instead"]
    );
    let bytes = replies[0].bytes.clone().unwrap();
    assert!(bytes.starts_with(b"\x89PNG"), "the picture itself arrived");
    let signs = world.server.actions();
    assert!(signs.iter().any(|sign| sign.action == "upload_photo" && sign.chat == ana), "{signs:?}");
}

#[tokio::test]
async fn a_picture_that_took_over_a_minute_comes_anew_and_the_placeholder_goes() {
    let (world, gate) = World::with_gate().await;
    let ana = world.ana;
    let asked = world.server.say(ana, ana, "draw a fox");
    world.server.wait_for(LONG, |seen| seen.replies(ana).next().is_some()).await;
    let placeholder = world.server.replies(ana)[0].id();
    world
        .until("painting", || async {
            world.number("SELECT count(*) FROM drawings WHERE state = 'running'").await == 1
        })
        .await;
    world.executes("UPDATE drawings SET queued_at = queued_at - 61000").await;
    gate.opens();
    world.rests().await;
    let replies = world.server.replies(ana);
    assert_eq!((replies.len(), replies[0].is_photo(), replies[0].reply_to()), (1, true, Some(asked)));
    assert_ne!(replies[0].id(), placeholder);
    assert_eq!(labels(&replies[0]).len(), 4);
    assert_eq!(world.server.calls("deleteMessage")[0].param("message_id"), placeholder);
}

#[tokio::test]
async fn a_picture_comes_as_a_file_on_wish_and_where_it_is_no_photo() {
    let (world, gate) = World::with_gate().await;
    let (ana, bob, eva) = (world.ana, world.member(0), world.member(1));
    let is_file = |chat: i64| {
        let replies = world.server.replies(chat);
        assert_eq!(replies.len(), 1, "{replies:?}");
        assert!(replies[0].json.contains_key("document") && !replies[0].is_photo());
        assert_eq!(labels(&replies[0]).len(), 4);
    };
    world.server.say(ana, ana, "draw a fox --file");
    gate.opens();
    world.rests().await;
    is_file(ana);
    world.server.fail_next("editMessageMedia", Fault::status(400, DIMENSIONS));
    world.server.say(bob, bob, "draw a hare");
    gate.opens();
    world.rests().await;
    is_file(bob);
    world.server.fail_next("sendPhoto", Fault::status(400, DIMENSIONS));
    world.server.say(eva, eva, "draw a bear");
    world.server.wait_for(LONG, |seen| seen.replies(eva).next().is_some()).await;
    world.executes("UPDATE drawings SET queued_at = queued_at - 61000").await;
    gate.opens();
    world.rests().await;
    is_file(eva);
    assert_eq!(world.server.calls("sendDocument").len(), 1);
}

#[tokio::test]
async fn a_caption_is_cut_to_what_the_service_takes_and_is_no_markup() {
    let (world, gate) = World::with_gate().await;
    let ana = world.ana;
    gate.opens();
    world.server.say(ana, ana, &format!("draw a <b>fox</b> & *{}*", "very 😀 ".repeat(300)));
    world.rests().await;
    let replies = world.server.replies(ana);
    assert_eq!(replies.len(), 1);
    let units = replies[0].caption().encode_utf16().count();
    assert!((900..=1_024).contains(&units), "{units}");
    assert!(replies[0].caption().starts_with("a <b>fox</b> & *very 😀"), "{}", replies[0].caption());
}

#[tokio::test]
async fn two_people_and_a_group_draw_at_once_and_see_their_places_move() {
    let (world, gate) = World::with_gate().await;
    let (ana, bob) = (world.ana, world.member(0));
    let group = world.group("Family", &[ana, bob]).await;
    let line = [(ana, ana, "draw a lake"), (bob, bob, "draw a fox"), (group, ana, "@house_bot draw a hare")];
    for (chat, by, text) in line {
        world.server.say(chat, by, text);
        world.server.wait_for(LONG, |seen| seen.replies(chat).next().is_some()).await;
    }
    let shows = async |chat: i64, words: &str| {
        world
            .server
            .wait_for(LONG, |seen| seen.replies(chat).any(|reply| reply.text().contains(words)))
            .await;
    };
    shows(ana, "Drawing “a lake”.").await;
    shows(bob, "“a fox”: number 1 in line.").await;
    shows(group, "“a hare”: number 2 in line.").await;
    gate.opens();
    shows(bob, "Drawing “a fox”.").await;
    shows(group, "“a hare”: 1 drawing before it.").await;
    gate.opens();
    shows(group, "Drawing “a hare”.").await;
    gate.opens();
    world.rests().await;
    for (chat, subject) in [(ana, "a lake"), (bob, "a fox"), (group, "a hare")] {
        let replies = world.server.replies(chat);
        assert_eq!(replies.len(), 1, "{chat}");
        assert!(
            replies[0].is_photo() && replies[0].caption().starts_with(subject),
            "{}",
            replies[0].caption()
        );
    }
}

#[tokio::test]
async fn a_picture_that_is_refused_for_good_is_said_to_be_in_the_place_of_its_placeholder() {
    let (world, gate) = World::with_gate().await;
    let ana = world.ana;
    world.server.say(ana, ana, "draw a fox");
    world.server.wait_for(LONG, |seen| seen.replies(ana).next().is_some()).await;
    let placeholder = world.server.replies(ana)[0].id();
    world
        .server
        .fail_next("editMessageMedia", Fault::status(400, "Bad Request: not enough rights to send photos"));
    gate.opens();
    world.rests().await;
    assert_eq!(world.read(ana), ["I have something for you here, but the messenger refuses to show it."]);
    assert_eq!(world.server.replies(ana)[0].id(), placeholder);
    assert!(labels(&world.server.replies(ana)[0]).is_empty(), "there is nothing to cancel");
    // A refusal of that sentence is not spoken of.
    world.server.fail_times("sendMessage", 2, Fault::status(400, "Bad Request: TOPIC_CLOSED"));
    world.server.say(ana, ana, "What is a fjord?");
    world.rests().await;
    assert_eq!(world.number("SELECT count(*) FROM replies WHERE state = 'parked'").await, 3);
    world.until("nothing else stands", || async { world.read(ana).len() == 1 }).await;
}

#[tokio::test]
async fn what_is_forgotten_leaves_no_progress_standing() {
    let (world, _gate) = World::with_gate().await;
    let (ana, bob) = (world.ana, world.member(0));
    let group = world.group("Family", &[ana, bob]).await;
    world.server.say(group, bob, "@house_bot draw a fox");
    world.server.wait_for(LONG, |seen| seen.replies(group).any(|reply| reply.text().contains('▰'))).await;
    world.server.say(bob, bob, "draw a hare");
    world.server.wait_for(LONG, |seen| seen.replies(bob).next().is_some()).await;
    world.server.say(bob, bob, "/forget");
    world
        .server
        .wait_for(LONG, |seen| seen.replies(bob).any(|reply| reply.text().starts_with("Deleted")))
        .await;
    world.rests().await;
    assert_eq!(world.read(bob).len(), 1, "{:?}", world.read(bob));
    assert!(world.read(group).is_empty(), "{:?}", world.read(group));
}

#[tokio::test]
async fn a_placeholder_that_is_too_old_to_be_deleted_says_that_it_counts_no_more() {
    let (world, gate) = World::with_gate().await;
    let ana = world.ana;
    world.server.say(ana, ana, "draw a fox");
    world.server.wait_for(LONG, |seen| seen.replies(ana).any(|reply| reply.text().contains('▰'))).await;
    world.executes("UPDATE drawings SET queued_at = queued_at - 61000").await;
    world.server.passes(49 * 3_600);
    gate.opens();
    world.rests().await;
    let read = world.read(ana);
    assert_eq!((read.len(), read[0].as_str()), (2, "This message is not needed any more."), "{read:?}");
    assert!(labels(&world.server.replies(ana)[0]).is_empty());
}
