//! When the wall clock is set: it steps forward or back, and nobody waits for hours or loses anything.

use aisaac::messenger::DeliveryError;
use insta::assert_snapshot;

use crate::world::Story;

#[tokio::test]
async fn two_hours_forward_and_three_back_while_a_picture_is_painted() {
    let mut story = Story::new().await;
    story.passes(120);
    story.says("ana", 1, "draw a slow cat").await;
    story.says("bob", 1, "draw a dog").await;
    story.answers().await;
    let held = story.held.clone();
    let clock = story.clock();
    story
        .while_painting(async |_| {
            clock.passes(120);
            clock.passes(-180);
            held.lets_go();
        })
        .await;
    while story.paints().await {}
    story.plays("eva", 1, "What is a fjord?").await;
    assert_snapshot!(story.told(), @"
    -- 120 minutes pass
    ana: draw a slow cat
    bob: draw a dog
      → ana: I am drawing “a slow cat”.
      → bob: “a dog”: number 2 in line.
    -- 120 minutes pass
    -- the clock is set back by 180 minutes
      ~ ana: place 0
      ~ bob: place 1
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] a slow cat · 8×8 · seed 1 · 4 steps
      ~ bob: place 0
      ~ bob: step 1/4 2/4 3/4 4/4
      → bob: [picture] a dog · 8×8 · seed 2 · 4 steps
    eva: What is a fjord?
      ~ eva: You said: …
      ~ eva: You said: What is a fjord?…
      ~ eva: You said: What is a fjord? (0 before)…
      → eva: You said: What is a fjord? (0 before)
    ");
}

#[tokio::test]
async fn a_reply_put_off_before_the_clock_was_set_back_does_not_wait_for_hours() {
    let mut story = Story::new().await;
    story.passes(120);
    story.fails([DeliveryError::Later { after: None, reason: "busy".into() }]);
    story.plays("ana", 1, "one").await;
    story.passes(-180);
    story.delivers().await;
    assert_snapshot!(story.told(), @"
    -- 120 minutes pass
    ana: one
      ~ ana: You said: …
      ~ ana: You said: one…
      ~ ana: You said: one (0 before)…
      ✗ ana: not delivered, to be tried again: busy (key 1-0)
    -- the clock is set back by 180 minutes
      → ana: You said: one (0 before)
    ");
}

#[tokio::test]
async fn a_clock_set_back_a_little_holds_nothing_up_either() {
    for minutes in [1, 10, 30, 59, 61] {
        let mut story = Story::new().await;
        story.passes(600);
        story.fails([DeliveryError::Later { after: None, reason: "busy".into() }]);
        story.plays("ana", 1, "one").await;
        story.passes(-minutes);
        story.delivers().await;
        let told = story.told();
        assert!(told.ends_with("→ ana: You said: one (0 before)"), "{minutes} minutes back: {told}");
    }
}
