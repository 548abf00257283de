//! Listening: every update is on disk before the service forgets it, and whatever the service does, the house goes on.

use std::time::Duration;

use aisaac::app::clock;
use serde_json::{Value, json};

use crate::fake::{Fault, Post, TOKEN};
use crate::world::{LONG, Plan, World};

const ROWS: &str = "SELECT count(*) FROM messages";

#[tokio::test]
async fn an_update_that_was_committed_but_not_confirmed_is_handled_once() {
    let mut world = World::new().await;
    let ana = world.ana;
    // The poll that would confirm it never gets through.
    world.server.wait_for(LONG, |seen| seen.calls("getUpdates").next().is_some()).await;
    world.server.fail_always("getUpdates", Fault::HalfOpen);
    world.server.say(ana, ana, "What is a fjord?");
    world
        .until("an answer", || async {
            world.number("SELECT count(*) FROM replies WHERE state = 'sent'").await == 1
        })
        .await;
    assert_eq!(world.server.pending_updates().len(), 1, "the service was not told");
    world.dies().await;
    world.server.clear_faults();
    world.starts().await;
    world.rests().await;
    assert_eq!(world.number(ROWS).await, 1);
    assert_eq!(world.read(ana), ["You said: What is a fjord? (0 before)"]);
}

#[tokio::test]
async fn an_update_that_the_database_does_not_take_is_not_confirmed() {
    let mut world = World::new().await;
    let ana = world.ana;
    let refuse = "CREATE TRIGGER full BEFORE INSERT ON messages BEGIN SELECT RAISE(ABORT, 'full'); END";
    world.executes(refuse).await;
    world.server.say(ana, ana, "What is a fjord?");
    world.until_logged("an update cannot be kept").await;
    let id = world.server.pending_updates()[0]["update_id"].as_i64().unwrap();
    assert!(world.server.offsets().iter().all(|offset| *offset <= id), "asked for a later one");
    world.dies().await;
    world.starts().await;
    world.until("again", || async { world.log.count("an update cannot be kept") == 2 }).await;
    world.executes("DROP TRIGGER full").await;
    assert_eq!(world.reads(ana, 1).await, ["You said: What is a fjord? (0 before)"]);
    world.rests().await;
    assert_eq!(world.number(ROWS).await, 1);
    assert_eq!(world.log.count("an update cannot be kept"), 2, "said once a life");
}

#[tokio::test]
async fn the_same_message_in_another_update_is_a_duplicate() {
    let world = World::new().await;
    let ana = world.ana;
    let id = world.server.say(ana, ana, "What is a fjord?");
    world.reads(ana, 1).await;
    let message = Value::Object(world.server.message(ana, id).unwrap().json);
    for _ in 0..3 {
        world.server.raw_update(json!({ "message": message }));
    }
    world.server.say(ana, ana, "And a bay?");
    world.rests().await;
    assert_eq!(world.read(ana).len(), 2, "{:?}", world.read(ana));
    assert_eq!(world.number(ROWS).await, 2);
}

#[tokio::test]
async fn updates_whose_ids_jump_down_after_a_quiet_week_are_not_lost() {
    let mut world = World::new().await;
    let ana = world.ana;
    world.server.say(ana, ana, "one");
    world.reads(ana, 1).await;
    world.server.continue_updates_at(4_711);
    world.server.say(ana, ana, "two");
    world.reads(ana, 2).await;
    // A house that dies before it has noted a delivery delivers again.
    world.rests().await;
    world.server.continue_updates_at(815);
    world.dies().await;
    world.server.say(ana, ana, "three");
    world.starts().await;
    let read = world.reads(ana, 3).await;
    assert_eq!(read[1..], ["You said: two (1 before)", "You said: three (2 before)"]);
    world.rests().await;
    assert_eq!(world.number(ROWS).await, 3);
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_and_blocks_nobody() {
    let world = World::new().await;
    let ana = world.ana;
    let unread = [
        json!({ "thought": { "by": { "id": 1 }, "about": "zqthought" } }),
        json!({}),
        json!({ "message": { "message_id": 5, "text": "zqlost" } }),
        json!({ "message": "a word" }),
        json!({ "message": { "message_id": 6, "date": "yesterday", "chat": { "id": ana, "type": "private" }, "text": "zqdate" } }),
        json!({ "callback_query": { "id": "1" } }),
        json!({ "edited_message": null }),
        json!({ "message": { "message_id": 7, "date": 1, "chat": { "id": ana, "type": "tent", "title": "t" }, "text": "t" } }),
    ];
    let ids: Vec<i64> = unread.iter().map(|update| world.server.raw_update(update.clone())).collect();
    world.server.say(ana, ana, "What is a fjord?");
    assert_eq!(world.reads(ana, 1).await, ["You said: What is a fjord? (0 before)"]);
    world.rests().await;
    let keys = world.texts("SELECT key FROM messages WHERE key LIKE 'u:%' ORDER BY id").await;
    assert_eq!(keys, ids.iter().map(|id| format!("u:{id}")).collect::<Vec<_>>());
    assert_eq!(world.log.count("an update of a kind that this program does not know is kept"), ids.len());
    assert!(world.log.text().contains("kind=\"thought\"") && !world.log.text().contains("zq"));
}

/// What goes wrong with polls, how the log calls it, and what puts it right.
struct Trouble {
    said: &'static str,
    begins: fn(&World),
    ends: fn(&World),
}

const TROUBLES: &[Trouble] = &[
    Trouble {
        said: "Telegram wants fewer requests",
        begins: |world| world.server.fail_times("getUpdates", 2, Fault::RetryAfter(1)),
        ends: |_| (),
    },
    Trouble {
        said: "Telegram does not answer as it should",
        begins: |world| {
            world.server.fail_next("getUpdates", Fault::Html502);
            world.server.fail_next("getUpdates", Fault::Garbage);
        },
        ends: |_| (),
    },
    Trouble {
        said: "Telegram does not answer as it should",
        begins: |world| {
            world.server.fail_next("getUpdates", Fault::Drop);
            world.server.fail_next("getUpdates", Fault::DropAfter);
        },
        ends: |_| (),
    },
    // Half-open: the client gives up by itself.
    Trouble {
        said: "Telegram does not answer as it should",
        begins: |world| world.server.fail_next("getUpdates", Fault::HalfOpen),
        ends: |_| (),
    },
    Trouble {
        said: "Telegram does not know this token",
        begins: |world| world.server.set_token("7300000001:AnotherAnotherAnotherAnotherAnother"),
        ends: |world| world.server.set_token(TOKEN),
    },
    Trouble {
        said: "a webhook takes the updates of this bot",
        begins: |world| world.server.set_webhook("https://elsewhere.example/hook"),
        ends: |_| (),
    },
    Trouble {
        said: "another program polls with the same token",
        begins: |world| {
            let words = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
            world.server.fail_times("getUpdates", 2, Fault::status(409, words));
        },
        ends: |_| (),
    },
];

#[tokio::test]
async fn each_trouble_is_said_once_and_the_house_goes_on() {
    let goes_on = async |trouble: &Trouble| {
        let world = World::new().await;
        let ana = world.ana;
        world.server.say(ana, ana, "before");
        world.reads(ana, 1).await;
        (trouble.begins)(&world);
        world.server.say(ana, ana, "while");
        world.until_logged(trouble.said).await;
        (trouble.ends)(&world);
        world.server.say(ana, ana, "after");
        // On a busy machine the answer itself may meet a refused token, which is left alone for five minutes.
        world.server.wait_for(7 * LONG, |seen| seen.replies(ana).count() >= 3).await;
        let read = world.reads(ana, 3).await;
        assert_eq!(read[1..], ["You said: while (1 before)", "You said: after (2 before)"]);
        world.rests().await;
        assert_eq!(world.log.count(trouble.said), 1, "{}", world.log.text());
        assert_eq!(world.log.count("Telegram answers again"), 1, "{}", world.log.text());
        assert_eq!(world.number(ROWS).await, 3);
    };
    futures_util::future::join_all(TROUBLES.iter().map(goes_on)).await;
}

#[tokio::test]
async fn a_network_that_is_lost_and_comes_back_costs_nothing() {
    let world = World::new().await;
    let ana = world.ana;
    world.server.wait_for(LONG, |seen| seen.calls("getUpdates").next().is_some()).await;
    world.server.stop().await;
    world.until_logged("Telegram").await;
    world.server.say(ana, ana, "What is a fjord?");
    world.until_logged("Telegram cannot be reached").await;
    world.server.restart().await;
    assert_eq!(world.reads(ana, 1).await, ["You said: What is a fjord? (0 before)"]);
    assert_eq!(world.log.count("Telegram answers again"), 1, "{}", world.log.text());
    assert_eq!(world.log.count("Telegram cannot be reached"), 1, "{}", world.log.text());
}

#[tokio::test]
async fn a_house_that_starts_while_the_service_is_away_waits_for_it() {
    let mut world = World::asleep(Plan::default()).await;
    let ana = world.ana;
    world.server.fail_times("getMe", 2, Fault::Drop);
    world.server.fail_next("setMyCommands", Fault::status(400, "Bad Request: BOT_COMMAND_INVALID"));
    world.replan(|plan| {
        plan.options = std::sync::Arc::new(|options| {
            options.menu =
                vec![(aisaac::message::Language::En, vec![("help".into(), "what I can do".into())])];
        });
    });
    world.server.say(ana, ana, "What is a fjord?");
    world.starts().await;
    assert_eq!(world.reads(ana, 1).await, ["You said: What is a fjord? (0 before)"]);
    assert_eq!(world.log.count("the menu of commands is not set"), 1);
}

#[tokio::test]
async fn a_second_poller_is_named_and_outlived() {
    let world = World::new().await;
    let ana = world.ana;
    world.server.wait_for(LONG, |seen| seen.calls("getUpdates").next().is_some()).await;
    let address = format!("{}/bot{TOKEN}/getUpdates?timeout=1", world.server.url());
    let second = reqwest12::Client::new();
    // The older of two polls that wait is ended: until the house was the older one.
    while world.log.count("another program polls with the same token") == 0 {
        second.get(&address).send().await.unwrap();
    }
    world.server.say(ana, ana, "What is a fjord?");
    assert_eq!(world.reads(ana, 1).await, ["You said: What is a fjord? (0 before)"]);
    assert_eq!(world.log.count("another program polls with the same token"), 1);
}

#[tokio::test]
async fn a_poll_that_is_slow_is_no_trouble() {
    let world = World::new().await;
    let ana = world.ana;
    world.server.fail_times("getUpdates", 2, Fault::Slow(Duration::from_millis(1_500)));
    world.server.say(ana, ana, "What is a fjord?");
    assert_eq!(world.reads(ana, 1).await, ["You said: What is a fjord? (0 before)"]);
    assert_eq!(world.log.count("WARN"), 1, "privacy mode and nothing else\n{}", world.log.text());
}

#[tokio::test]
async fn five_hundred_updates_at_once_are_all_in_the_inbox() {
    let world = World::new().await;
    let (ana, bob) = (world.ana, world.member(0));
    world.server.set_reads_all(true);
    let group = world.server.group("Family", &[ana, bob]);
    for number in 0..500 {
        world.server.post(Post::by(bob, group).text(&format!("word {number}")));
    }
    world.server.say(ana, ana, "What is a fjord?");
    assert_eq!(world.reads(ana, 1).await, ["You said: What is a fjord? (0 before)"]);
    world.rests().await;
    assert_eq!(world.number(ROWS).await, 501);
    assert_eq!(world.number("SELECT count(DISTINCT key) FROM messages WHERE key LIKE 'm:%'").await, 500);
    assert!(world.read(group).is_empty());
}

#[tokio::test]
async fn polls_beat_in_the_health_and_failing_ones_do_not() {
    let mut world = World::asleep(Plan::default()).await;
    world.server.fail_always("getUpdates", Fault::RetryAfter(1));
    world.starts().await;
    world.until_logged("Telegram wants fewer requests").await;
    assert!(world.health.state(clock::now()).polls.is_empty());
    world.server.clear_faults();
    world.until("a beat", || async { world.health.state(clock::now()).polls.contains_key("telegram") }).await;
    world.server.fail_always("getUpdates", Fault::HalfOpen);
    let age = |world: &World| world.health.state(clock::now()).polls["telegram"];
    world.until("silence", || async { age(&world) > 1_500 }).await;
    world.server.clear_faults();
    world.server.release();
    world.until("another beat", || async { age(&world) < 500 }).await;
}
