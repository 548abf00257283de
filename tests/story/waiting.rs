//! Several people, one painter.

use aisaac::message::Body;
use insta::assert_snapshot;

use crate::world::{Story, message};

#[tokio::test]
async fn two_in_line_and_their_places_move() {
    let mut story = Story::new().await;
    story.says("ana", 1, "draw a cat").await;
    story.says("bob", 1, "draw a dog").await;
    story.says("eva", 1, "draw a fox").await;
    story.answers().await;
    story.plays("bob", 2, "my place?").await;
    assert_snapshot!(story.told(), @"
    ana: draw a cat
    bob: draw a dog
    eva: draw a fox
      → ana: I am drawing “a cat”.
      → bob: “a dog”: number 2 in line.
      → eva: “a fox”: number 3 in line.
    bob: my place?
      → bob: In line:
          1. somebody else's drawing
          2. a dog
          3. somebody else's drawing
      ~ ana: place 0
      ~ bob: place 1
      ~ eva: place 2
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] a cat · 8×8 · seed 1 · 4 steps
      ~ bob: place 0
      ~ eva: place 1
      ~ bob: step 1/4 2/4 3/4 4/4
      → bob: [picture] a dog · 8×8 · seed 2 · 4 steps
      ~ eva: place 0
      ~ eva: step 1/4 2/4 3/4 4/4
      → eva: [picture] a fox · 8×8 · seed 3 · 4 steps
    ");
}

#[tokio::test]
async fn the_same_update_twice_is_one_request() {
    let mut story = Story::new().await;
    story.says("ana", 1, "draw a cat").await;
    story.says("ana", 1, "draw a cat").await;
    story.answers().await;
    story.says("ana", 1, "draw a cat").await;
    story.answers().await;
    while story.paints().await {}
    assert_snapshot!(story.told(), @"
    ana: draw a cat
    ana: draw a cat
      → ana: I am drawing “a cat”.
    ana: draw a cat
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] a cat · 8×8 · seed 1 · 4 steps
    ");
}

#[tokio::test]
async fn an_edit_changes_a_drawing_that_waits_and_no_other() {
    let mut story = Story::new().await;
    story.says("bob", 1, "draw a slow dog").await;
    story.says("ana", 1, "draw a cat").await;
    story.answers().await;
    story.edits("ana", 1, "draw a white cat").await;
    story.answers().await;
    story.held.lets_go();
    while story.paints().await {}
    story.edits("ana", 1, "draw a black cat").await;
    story.answers().await;
    while story.paints().await {}
    assert_snapshot!(story.told(), @"
    bob: draw a slow dog
    ana: draw a cat
      → bob: I am drawing “a slow dog”.
      → ana: “a cat”: number 2 in line.
    ana edits message 1: draw a white cat
      → ana: Changed: I will draw “a white cat”.
      ~ bob: place 0
      ~ ana: place 1
      ~ bob: step 1/4 2/4 3/4 4/4
      → bob: [picture] a slow dog · 8×8 · seed 1 · 4 steps
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] a white cat · 8×8 · seed 3 · 4 steps
    ana edits message 1: draw a black cat
      → ana: That drawing is begun or done already. Send the changed request as a new message.
    ");
}

#[tokio::test]
async fn a_drawing_that_waits_is_cancelled_by_who_asked_for_it() {
    let mut story = Story::new().await;
    story.says("ana", 1, "draw a cat").await;
    story.says("bob", 1, "draw a dog").await;
    story.answers().await;
    story.says("bob", 2, "/cancel 1").await;
    story.says("bob", 3, "cancel it").await;
    story.answers().await;
    story.plays("bob", 4, "/cancel").await;
    assert_snapshot!(story.told(), @"
    ana: draw a cat
    bob: draw a dog
      → ana: I am drawing “a cat”.
      → bob: “a dog”: number 2 in line.
    bob: /cancel 1
    bob: cancel it
      → bob: That drawing belongs to somebody else.
      → bob: Cancelled: “a dog”.
    bob: /cancel
      → bob: You have no drawing that could be cancelled now.
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] a cat · 8×8 · seed 1 · 4 steps
    ");
}

#[tokio::test]
async fn a_drawing_in_hand_is_cancelled_at_its_next_step() {
    let mut story = Story::new().await;
    story.says("ana", 1, "draw a slow cat").await;
    story.says("bob", 1, "draw a dog").await;
    story.answers().await;
    let (transcript, stop) = (story.transcript.clone(), story.stop());
    let cancel = message("ana", "m:2", Body::Text("/cancel".to_owned()));
    story
        .while_painting(async |house| {
            transcript.write("ana: /cancel");
            aisaac::inbox::Inbox::new(house.store.clone()).accept(cancel, "{}", 1).await.unwrap();
            house.assistant.handle_next(&stop).await.unwrap();
        })
        .await;
    while story.paints().await {}
    assert_snapshot!(story.told(), @"
    ana: draw a slow cat
    bob: draw a dog
      → ana: I am drawing “a slow cat”.
      → bob: “a dog”: number 2 in line.
    ana: /cancel
      ~ ana: place 0
      ~ bob: place 1
      ~ ana: step 1/4
      → ana: I am stopping “a slow cat”.
      → ana: Cancelled: “a slow cat”.
      ~ bob: place 0
      ~ bob: step 1/4 2/4 3/4 4/4
      → bob: [picture] a dog · 8×8 · seed 2 · 4 steps
    ");
}

#[tokio::test]
async fn nobody_fills_the_line_alone() {
    let mut story = Story::with(crate::models::engines, 1_000, "[draw]\nwaiting_per_person = 2\n").await;
    for number in 1..=3 {
        story.says("ana", number, "draw a cat").await;
    }
    story.says("bob", 1, "draw a dog").await;
    story.answers().await;
    while story.paints().await {}
    story.plays("ana", 4, "draw a fox").await;
    assert_snapshot!(story.told(), @"
    ana: draw a cat
    ana: draw a cat
    ana: draw a cat
    bob: draw a dog
      → ana: I am drawing “a cat”.
      → ana: “a cat”: number 2 in line.
      → ana: You already have 2 drawings waiting. Let them finish, or cancel one with /cancel.
      → bob: “a dog”: number 3 in line.
      ~ ana: place 0
      ~ ana: place 1
      ~ bob: place 2
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] a cat · 8×8 · seed 1 · 4 steps
      ~ ana: place 0
      ~ bob: place 1
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] a cat · 8×8 · seed 2 · 4 steps
      ~ bob: place 0
      ~ bob: step 1/4 2/4 3/4 4/4
      → bob: [picture] a dog · 8×8 · seed 4 · 4 steps
    ana: draw a fox
      → ana: I am drawing “a fox”.
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] a fox · 8×8 · seed 5 · 4 steps
    ");
}

#[tokio::test]
async fn the_owner_cancels_anybodys_drawing_and_its_requester_is_told() {
    let mut story = Story::new().await;
    for (who, text) in [("bob", "draw a slow dog"), ("eva", "draw a fox"), ("bob", "draw a cat")] {
        story.says(who, u32::try_from(text.len()).unwrap(), text).await;
    }
    story.answers().await;
    story.says("ana", 1, "/cancel 2").await;
    story.answers().await;
    let last = story.house().store.reader().queue(0).await.unwrap().last().unwrap().id;
    story.transcript.write("-- the owner cancels the last one from the command line");
    story.house().store.cancel_as_owner(last, 1).await.unwrap();
    story.delivers().await;
    story.held.lets_go();
    while story.paints().await {}
    assert_snapshot!(story.told(), @"
    bob: draw a slow dog
    eva: draw a fox
    bob: draw a cat
      → bob: I am drawing “a slow dog”.
      → eva: “a fox”: number 2 in line.
      → bob: “a cat”: number 3 in line.
    ana: /cancel 2
      → eva: Cancelled: “a fox”.
      → ana: Cancelled: “a fox”.
    -- the owner cancels the last one from the command line
      → bob: Cancelled: “a cat”.
      ~ bob: place 0
      ~ bob: step 1/4 2/4 3/4 4/4
      → bob: [picture] a slow dog · 8×8 · seed 1 · 4 steps
    ");
}
