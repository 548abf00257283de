//! When something goes wrong: models, deliveries, and the house itself.

use std::time::Duration;

use aisaac::messenger::DeliveryError;
use aisaac::store::Left;
use insta::assert_snapshot;

use crate::world::Story;

#[tokio::test]
async fn a_model_that_panics_is_tried_again_and_then_given_up() {
    let mut story = Story::new().await;
    story.plays("ana", 1, "draw a panic").await;
    story.plays("ana", 2, "draw a cat").await;
    story.plays("ana", 3, "Do not panic").await;
    story.plays("ana", 4, "What is a fjord?").await;
    assert_snapshot!(story.told(), @"
    ana: draw a panic
      → ana: I am drawing “a panic”.
      ~ ana: place 0
      ~ ana: place 0
      ~ ana: place 0
      → ana: I tried to draw “a panic” several times and failed. Please try a different request.
    ana: draw a cat
      → ana: I am drawing “a cat”.
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] a cat · 8×8 · seed 2 · 4 steps
    ana: Do not panic
      → ana: Something went wrong here. It is in the log; please try again.
    ana: What is a fjord?
      ~ ana: You said: …
      ~ ana: You said: What is a fjord?…
      ~ ana: You said: What is a fjord? (0 before)…
      → ana: You said: What is a fjord? (0 before)
    ");
}

#[tokio::test]
async fn a_picture_that_does_not_fit_into_memory_is_refused_once() {
    let mut story = Story::new().await;
    story.plays("ana", 1, "draw a heavy elephant").await;
    story.plays("bob", 1, "draw a cat").await;
    assert_snapshot!(story.told(), @"
    ana: draw a heavy elephant
      → ana: I am drawing “a heavy elephant”.
      ~ ana: place 0
      → ana: There is not enough memory to draw “a heavy elephant”. A smaller --size may help.
    bob: draw a cat
      → bob: I am drawing “a cat”.
      ~ bob: place 0
      ~ bob: step 1/4 2/4 3/4 4/4
      → bob: [picture] a cat · 8×8 · seed 2 · 4 steps
    ");
}

#[tokio::test]
async fn a_house_that_stops_while_painting_paints_it_after_the_restart() {
    let mut story = Story::new().await;
    story.says("ana", 1, "draw a slow cat").await;
    story.answers().await;
    let stop = story.stop();
    story.while_painting(async |_| stop.cancel()).await;
    let row = &story.house().store.reader().queue(0).await.unwrap()[0];
    assert_eq!((row.state.as_str(), row.place), ("waiting", Some(1)));
    story.held.lets_go();
    story.restarts().await;
    while story.paints().await {}
    assert_snapshot!(story.told(), @"
    ana: draw a slow cat
      → ana: I am drawing “a slow cat”.
      ~ ana: place 0
      ~ ana: step 1/4
    -- the house has stopped and stands up again
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] a slow cat · 8×8 · seed 1 · 4 steps
    ");
}

#[tokio::test]
async fn a_house_that_dies_while_painting_paints_it_once() {
    let mut story = Story::new().await;
    story.says("ana", 1, "draw a slow cat").await;
    story.answers().await;
    for _ in 0..2 {
        let (house, stop) = (story.house(), story.stop());
        let dead = tokio::select! {
            _ = house.painter.as_ref().unwrap().paint_next(&stop) => false,
            () = story.held.reached() => true,
        };
        assert!(dead);
        story.dies().await;
    }
    story.held.lets_go();
    while story.paints().await {}
    assert_snapshot!(story.told(), @"
    ana: draw a slow cat
      → ana: I am drawing “a slow cat”.
    -- the house dies and stands up again
    -- the house dies and stands up again
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] a slow cat · 8×8 · seed 1 · 4 steps
    ");
}

#[tokio::test]
async fn three_deaths_park_a_drawing_and_its_requester_is_told() {
    let mut story = Story::new().await;
    story.says("ana", 1, "draw a slow cat").await;
    story.says("bob", 1, "draw a dog").await;
    story.answers().await;
    for _ in 0..3 {
        story.house().store.claim(1).await.unwrap().unwrap();
        story.dies().await;
        story.delivers().await;
    }
    story.held.lets_go();
    while story.paints().await {}
    assert_snapshot!(story.told(), @"
    ana: draw a slow cat
    bob: draw a dog
      → ana: I am drawing “a slow cat”.
      → bob: “a dog”: number 2 in line.
    -- the house dies and stands up again
    -- the house dies and stands up again
    -- the house dies and stands up again
      → ana: I tried to draw “a slow cat” several times and failed. Please try a different request.
      ~ bob: place 0
      ~ bob: step 1/4 2/4 3/4 4/4
      → bob: [picture] a dog · 8×8 · seed 2 · 4 steps
    ");
}

#[tokio::test]
async fn three_deaths_over_a_message_settle_it_with_an_apology() {
    let mut story = Story::new().await;
    story.says("ana", 1, "What is a fjord?").await;
    story.says("ana", 2, "And a bay?").await;
    for _ in 0..3 {
        story.house().store.take(&[crate::messenger::NAME]).await.unwrap().unwrap();
        story.dies().await;
    }
    story.answers().await;
    assert_snapshot!(story.told(), @"
    ana: What is a fjord?
    ana: And a bay?
    -- the house dies and stands up again
    -- the house dies and stands up again
    -- the house dies and stands up again
      ~ ana: You said: …
      ~ ana: You said: And a bay?…
      ~ ana: You said: And a bay? (0 before)…
      → ana: I failed over this message three times and set it aside. Please say it differently.
      → ana: You said: And a bay? (0 before)
    ");
}

#[tokio::test]
async fn a_delivery_is_tried_again_with_the_same_key_and_order_is_kept() {
    let mut story = Story::new().await;
    let later = |after: Option<u64>| DeliveryError::Later {
        after: after.map(Duration::from_secs),
        reason: "too many requests".to_owned(),
    };
    story.fails([later(Some(30)), DeliveryError::Unknown { reason: "timed out".to_owned() }]);
    story.says("ana", 1, "one").await;
    story.says("ana", 2, "two").await;
    story.says("bob", 1, "three").await;
    story.answers().await;
    for _ in 0..2 {
        story.passes(1);
        story.answers().await;
    }
    assert_snapshot!(story.told(), @"
    ana: one
    ana: two
    bob: three
      ~ ana: You said: …
      ~ ana: You said: one…
      ~ ana: You said: one (0 before)…
      ~ ana: You said: …
      ~ ana: You said: two…
      ~ ana: You said: two (1 before)…
      ~ bob: You said: …
      ~ bob: You said: three…
      ~ bob: You said: three (0 before)…
      ✗ ana: not delivered, to be tried again: too many requests (key 1-0)
      ✗ bob: outcome unknown: timed out (key 3-0)
    -- 1 minutes pass
      → ana: You said: one (0 before)
      → ana: You said: two (1 before)
      → bob: You said: three (0 before)
    -- 1 minutes pass
    ");
}

#[tokio::test]
async fn a_night_without_the_network_makes_no_answer_doubtful() {
    let mut story = Story::new().await;
    let away = |_| DeliveryError::Later { after: None, reason: "no network".to_owned() };
    let unknown = || DeliveryError::Unknown { reason: "timed out".to_owned() };
    story.fails((0..12).map(away).chain([unknown(), unknown()]));
    story.says("ana", 1, "one").await;
    story.answers().await;
    for _ in 0..14 {
        story.passes(61);
        story.answers().await;
    }
    let told = story.told();
    assert!(told.contains("→ ana: You said: one (0 before)"), "{told}");
    assert_eq!(told.matches("outcome unknown").count(), 2, "{told}");
}

#[tokio::test]
async fn what_nobody_knows_to_have_arrived_is_sent_nine_times_and_no_more() {
    let mut story = Story::new().await;
    story.fails((0..20).map(|_| DeliveryError::Unknown { reason: "timed out".to_owned() }));
    story.says("ana", 1, "one").await;
    story.answers().await;
    for _ in 0..14 {
        story.passes(61);
        story.answers().await;
    }
    assert_eq!(story.told().matches("outcome unknown").count(), 9);
}

#[tokio::test]
async fn a_delivery_that_is_refused_for_good_does_not_hold_up_the_rest() {
    let mut story = Story::new().await;
    story.fails([DeliveryError::Never { reason: "the chat is gone".to_owned() }]);
    story.says("ana", 1, "one").await;
    story.says("ana", 2, "two").await;
    story.answers().await;
    assert_snapshot!(story.told(), @"
    ana: one
    ana: two
      ~ ana: You said: …
      ~ ana: You said: one…
      ~ ana: You said: one (0 before)…
      ~ ana: You said: …
      ~ ana: You said: two…
      ~ ana: You said: two (1 before)…
      ✗ ana: refused for good: the chat is gone (key 1-0)
      → ana: You said: two (1 before)
      → ana: I have something for you here, but the messenger refuses to show it.
    ");
}

#[tokio::test]
async fn a_full_disk_is_waited_for_and_the_picture_in_hand_is_kept() {
    let mut story = Story::new().await;
    story.says("ana", 1, "draw a cat").await;
    story.answers().await;
    story.disk_is_full(true).await;
    let (house, stop) = (story.house(), story.stop());
    let room = async {
        // Its place and its four steps: the picture is painted, and its file is refused.
        while house.notices.len() < 5 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(house.store.reader().queue(0).await.unwrap()[0].state, "running");
        story.disk_is_full(false).await;
    };
    let (painted, ()) = tokio::join!(house.painter.as_ref().unwrap().paint_next(&stop), room);
    assert!(painted.unwrap());
    story.delivers().await;
    story.plays("bob", 1, "draw a dog").await;
    assert_snapshot!(story.told(), @"
    ana: draw a cat
      → ana: I am drawing “a cat”.
    -- the disk is full
    -- there is room again
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] a cat · 8×8 · seed 1 · 4 steps
    bob: draw a dog
      → bob: I am drawing “a dog”.
      ~ bob: place 0
      ~ bob: step 1/4 2/4 3/4 4/4
      → bob: [picture] a dog · 8×8 · seed 2 · 4 steps
    ");
}

#[tokio::test]
async fn what_left_before_the_disk_was_full_does_not_leave_again() {
    let mut story = Story::new().await;
    story.says("ana", 1, "one").await;
    assert!(story.house().assistant.handle_next(&story.stop()).await.unwrap());
    story.disk_is_full(true).await;
    for _ in 0..3 {
        assert!(story.house().outbox.deliver_next().await.is_err());
    }
    story.disk_is_full(false).await;
    story.answers().await;
    assert_snapshot!(story.told(), @"
    ana: one
    -- the disk is full
      → ana: You said: one (0 before)
    -- there is room again
      ~ ana: You said: …
      ~ ana: You said: one…
      ~ ana: You said: one (0 before)…
    ");
}

#[tokio::test]
async fn an_answer_that_was_stopped_is_not_given_again_after_a_restart() {
    let mut story = Story::new().await;
    story.says("ana", 1, "Tell me a slow tale").await;
    story
        .while_answering(async |story, stop| {
            story.says("ana", 2, "/stop").await;
            story.house().assistant.handle_next(stop).await.unwrap();
            stop.cancel();
        })
        .await;
    story.restarts().await;
    story.answers().await;
    assert_snapshot!(story.told(), @"
    ana: Tell me a slow tale
    ana: /stop
    -- the house has stopped and stands up again
      → ana: You said:

          (stopped)
    ");
}

#[tokio::test]
async fn a_house_that_stops_while_answering_answers_after_the_restart() {
    let mut story = Story::new().await;
    story.says("ana", 1, "Tell me a slow tale").await;
    story
        .while_answering(async |_, stop| {
            stop.cancel();
        })
        .await;
    story.held.lets_go();
    story.restarts().await;
    story.answers().await;
    assert_snapshot!(story.told(), @"
    ana: Tell me a slow tale
    -- the house has stopped and stands up again
      ~ ana: You said: …
      ~ ana: You said: Tell me a slow tale…
      ~ ana: You said: Tell me a slow tale (0 before)…
      → ana: You said: Tell me a slow tale (0 before)
    ");
}

#[tokio::test]
async fn without_models_the_house_says_what_is_missing() {
    let mut story = Story::with(|_| Default::default(), 1_000, "").await;
    story.plays("ana", 1, "нарисуй кота").await;
    story.plays("ana", 2, "/draw a cat").await;
    story.plays("ana", 3, "/answer What is a fjord?").await;
    story.plays("ana", 4, "/queue").await;
    assert_snapshot!(story.told(), @"
    ana: нарисуй кота
      → ana: Я пока не понимаю просьб, сказанных обычными словами: модель понимания не установлена или повреждена. Хозяин может выполнить: aisaac models pull starter. Команды с косой чертой работают: /help
    ana: /draw a cat
      → ana: The picture model is missing here, or its files are damaged. The owner can run: aisaac models pull starter
    ana: /answer What is a fjord?
      → ana: There are no models here yet, so I can neither answer nor draw. The owner can run: aisaac models pull starter
    ana: /queue
      → ana: The line is empty.
    ");
}

#[tokio::test]
async fn what_is_forgotten_on_its_way_holds_nobody_up() {
    let mut story = Story::new().await;
    story.says("ana", 1, "one").await;
    assert!(story.house().assistant.handle_next(&story.stop()).await.unwrap());
    let (due, part) = story.due().await;
    story.says("ana", 2, "/forget").await;
    assert!(story.house().assistant.handle_next(&story.stop()).await.unwrap());
    let goes_on = story.house().store.part_sent(due, &Left::last(part, "remote"), 1).await.unwrap();
    assert!(!goes_on, "nothing more of it is to leave");
    story.plays("bob", 1, "two").await;
    assert_snapshot!(story.told(), @"
    ana: one
    ana: /forget
    bob: two
      ~ ana: You said: …
      ~ ana: You said: one…
      ~ ana: You said: one (0 before)…
      ~ ana: (forget what you keep yourself)
      ~ bob: You said: …
      ~ bob: You said: two…
      ~ bob: You said: two (0 before)…
      → ana: Deleted: 1 message and 0 pictures, and the settings of this chat.
      → bob: You said: two (0 before)
    ");
}

#[tokio::test]
async fn a_stop_that_was_heeded_holds_after_the_house_died() {
    let mut story = Story::new().await;
    story.says("ana", 1, "Tell me a slow tale").await;
    let (house, stop) = (story.house(), story.stop());
    let dead = tokio::select! {
        _ = house.assistant.handle_next(&stop) => false,
        () = async {
            story.held.reached().await;
            story.says("ana", 2, "/stop").await;
            let store = &house.store;
            let taken = store.take_control(&["scripted"]).await.unwrap().unwrap();
            story.settles_stop(&taken).await;
        } => true,
    };
    assert!(dead);
    story.dies().await;
    story.held.lets_go();
    story.answers().await;
    story.plays("ana", 3, "Good morning").await;
    assert_snapshot!(story.told(), @"
    ana: Tell me a slow tale
    ana: /stop
    -- the house dies and stands up again
      → ana: Stopped.
    ana: Good morning
      ~ ana: You said: …
      ~ ana: You said: Good morning…
      ~ ana: You said: Good morning (0 before)…
      → ana: You said: Good morning (0 before)
    ");
}
