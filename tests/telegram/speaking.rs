//! Speaking: answers as people see them grow, with their markup, in parts, in order.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::fake::{Fault, Post, Request};
use crate::work::writing;
use crate::world::{LONG, Plan, World};

const REFUSED: &str =
    "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"";

/// Sends and edits of a chat, in order.
fn spoken(world: &World, chat: i64) -> Vec<Request> {
    let requests = world.server.requests().into_iter();
    requests
        .filter(|request| request.method.starts_with("send") || request.method.starts_with("edit"))
        .filter(|request| request.method != "sendChatAction" && request.param("chat_id") == chat)
        .collect()
}

fn kinds(message: &crate::fake::Message) -> Vec<&str> {
    message.entities().iter().map(|entity| entity["type"].as_str().unwrap()).collect()
}

/// A writer who takes so long that the answer is seen to grow: how often it is edited, and how far apart.
async fn grows(words: u32, group: bool) -> (Vec<Request>, World) {
    let engines = Arc::new(move |held: &_| writing(words, held));
    let world = World::with(Plan { engines, ..Plan::default() }).await;
    let chat = if group { world.group("Family", &[world.ana]).await } else { world.ana };
    world.server.say(chat, world.ana, "@house_bot tell me a story");
    let last = format!("word{words}");
    world.server.wait_for(LONG, |seen| seen.replies(chat).any(|reply| reply.text().ends_with(&last))).await;
    world.rests().await;
    let read = world.read(chat);
    assert_eq!(read.len(), 1, "one message a reply");
    assert!(!read[0].contains('▍'));
    (spoken(&world, chat), world)
}

#[tokio::test]
async fn a_long_answer_grows_in_one_message_no_oftener_than_the_chat_allows() {
    let ((private, world), (group, _other)) = tokio::join!(grows(110, false), grows(190, true));
    let asked = world.server.calls("sendChatAction")[0].at;
    assert!(private[0].at - asked >= Duration::from_millis(1_900), "the placeholder waits two seconds");
    for (spoken, apart, least) in [(private, 1_000, 4), (group, 6_000, 3)] {
        assert_eq!(spoken[0].method, "sendMessage");
        assert!(spoken[1..].iter().all(|request| request.method == "editMessageText"));
        assert!(spoken.len() >= least, "{} edits", spoken.len());
        // The end may come as soon as it is there.
        let progress = &spoken[..spoken.len() - 1];
        for pair in progress.windows(2) {
            let gap = pair[1].at - pair[0].at;
            assert!(gap >= Duration::from_millis(apart * 95 / 100), "{gap:?}");
        }
    }
    let typing = world.server.actions().iter().filter(|sign| sign.action == "typing").count();
    assert!((2..=3).contains(&typing), "{typing} signs in five and a half seconds");
}

#[tokio::test]
async fn what_is_done_in_a_moment_is_one_message_and_no_edit() {
    let world = World::new().await;
    let ana = world.ana;
    let asked = world.server.say(ana, ana, "What is a fjord?");
    world.reads(ana, 1).await;
    world.rests().await;
    let spoken = spoken(&world, ana);
    assert_eq!(spoken.len(), 1);
    assert_eq!(spoken[0].param("reply_parameters")["message_id"], asked);
    assert_eq!(spoken[0].param("link_preview_options"), &json!({ "is_disabled": true }));
    let signs = world.server.actions();
    assert_eq!((signs[0].chat, signs[0].action.as_str()), (ana, "typing"));
}

#[tokio::test]
async fn markdown_becomes_entities() {
    let world = World::new().await;
    let ana = world.ana;
    world.server.say(
        ana,
        ana,
        "**bold** *italic* ~~gone~~ `code <b>` [site](https://example.org/?a=1&b=2)\n\n> quoted\n\n```rust\nlet x = 1 < 2;\n```\n\n# Title\n\n* one\n* two",
    );
    world.reads(ana, 1).await;
    let reply = &world.server.replies(ana)[0];
    let mut found = kinds(reply);
    found.sort_unstable();
    for kind in ["blockquote", "bold", "code", "italic", "pre", "strikethrough", "text_link"] {
        assert!(found.contains(&kind), "{kind} is not among {found:?}\n{}", reply.text());
    }
    let link = reply.entities().iter().find(|entity| entity["type"] == "text_link").unwrap();
    assert_eq!(link["url"], "https://example.org/?a=1&b=2");
    assert!(reply.text().contains("code <b>") && reply.text().contains("let x = 1 < 2;"), "{}", reply.text());
    assert!(!reply.text().contains("**") && !reply.text().contains("```"), "{}", reply.text());
}

#[tokio::test]
async fn a_long_text_comes_in_parts_with_fences_reopened_and_buttons_last() {
    let world = World::new().await;
    let ana = world.ana;
    let lines: String = (0..400).map(|number| format!("let line{number} = {number};\n")).collect();
    world.server.say(
        ana,
        ana,
        &format!("sunset over a fjord\n\n```rust\n{}```\n\nThat is all", &lines[..7_000]),
    );
    world.reads(ana, 2).await;
    world.rests().await;
    let replies = world.server.replies(ana);
    assert!(replies.len() >= 2, "{}", replies.len());
    let (last, others) = replies.split_last().unwrap();
    for (number, reply) in replies.iter().enumerate() {
        assert!(reply.text().encode_utf16().count() <= 4_096);
        assert!(!reply.text().contains("```"), "part {number}");
        assert!(kinds(reply).contains(&"pre"), "part {number} has no fence: {:?}", kinds(reply));
    }
    assert!(others.iter().all(|reply| reply.buttons().is_empty()));
    assert_eq!(last.buttons()[0].0, "🎨 Draw it instead");
    let whole: String = replies.iter().map(crate::fake::Message::text).collect::<Vec<_>>().join("\n");
    assert!((0..300).all(|number| whole.contains(&format!("line{number} ="))), "no line is lost");
}

#[tokio::test]
async fn markup_that_is_refused_is_sent_again_as_it_stands() {
    let world = World::new().await;
    let ana = world.ana;
    world.server.fail_next("sendMessage", Fault::status(400, REFUSED));
    world.server.say(ana, ana, "a **bold** word");
    assert_eq!(world.reads(ana, 1).await, ["You said: a **bold** word (0 before)"]);
    let sent = world.server.calls("sendMessage");
    assert_eq!((sent[0].param("parse_mode"), sent[1].param("parse_mode")), (&json!("HTML"), &Value::Null));
    assert_eq!(world.log.count("markup refused, sent without"), 1);
    // The same of an edit.
    world.server.say(ana, ana, "a slow **bold** word");
    world.server.wait_for(LONG, |seen| seen.replies(ana).count() == 2).await;
    world.server.fail_next("editMessageText", Fault::status(400, REFUSED));
    world.held.lets_go();
    let whole = "You said: a slow **bold** word (1 before)";
    world.server.wait_for(LONG, |seen| seen.replies(ana).any(|reply| reply.text() == whole)).await;
}

#[tokio::test]
async fn a_placeholder_that_is_deleted_comes_again_as_the_answer() {
    let world = World::new().await;
    let ana = world.ana;
    world.server.say(ana, ana, "slow one");
    world.server.wait_for(LONG, |seen| seen.replies(ana).next().is_some()).await;
    let placeholder = world.server.replies(ana)[0].id();
    world.server.takes_back(ana, placeholder);
    world.held.lets_go();
    assert_eq!(world.reads(ana, 1).await, ["You said: slow one (0 before)"]);
    world.rests().await;
    assert_eq!(world.read(ana).len(), 1);
    assert_ne!(world.server.replies(ana)[0].id(), placeholder);
}

#[tokio::test]
async fn answers_of_a_chat_come_in_order_each_to_its_request() {
    let world = World::new().await;
    let ana = world.ana;
    let asked: Vec<i64> =
        (0..6).map(|number| world.server.say(ana, ana, &format!("number {number}"))).collect();
    let read = world.reads(ana, 6).await;
    let expected: Vec<String> =
        (0..6).map(|number| format!("You said: number {number} ({number} before)")).collect();
    assert_eq!(read, expected);
    let answers: Vec<i64> =
        world.server.replies(ana).iter().filter_map(crate::fake::Message::reply_to).collect();
    assert_eq!(answers, asked);
    // Three at once, then one a second; a sign of life counts half of a message.
    let requests = world.server.requests().into_iter().filter(|request| request.param("chat_id") == ana);
    let cost = |request: &Request| if request.method == "sendChatAction" { 0.5 } else { 1.0 };
    let spent: Vec<(Duration, f64)> = requests.map(|request| (request.at, cost(&request))).collect();
    assert!(spent.len() > 6);
    for (first, (since, _)) in spent.iter().enumerate() {
        let mut sum = 0.0;
        for (at, cost) in &spent[first..] {
            sum += cost;
            assert!(sum <= 3.0 + (*at - *since).as_secs_f64() + 0.2, "{spent:?}");
        }
    }
}

#[tokio::test]
async fn a_stop_ends_a_running_answer() {
    let world = World::new().await;
    let ana = world.ana;
    world.server.say(ana, ana, "slow one");
    world.server.wait_for(LONG, |seen| seen.replies(ana).next().is_some()).await;
    world.server.say(ana, ana, "/stop");
    world.rests().await;
    let read = world.read(ana);
    assert!(read.iter().any(|said| said.contains("(stopped)")), "{read:?}");
    assert!(read.iter().all(|said| !said.contains('▍')), "nothing is left growing: {read:?}");
}

#[tokio::test]
async fn a_request_that_is_begun_gets_a_reaction_where_that_is_wanted() {
    let options = |options: &mut aisaac::messenger::telegram::TelegramOptions| options.reactions = true;
    let world = World::with(Plan { options: Arc::new(options), ..Plan::default() }).await;
    let ana = world.ana;
    let asked = world.server.say(ana, ana, "slow one");
    world.until("a reaction", || async { !world.server.reactions(ana, asked).is_empty() }).await;
    world.held.lets_go();
    world.reads(ana, 1).await;
}

#[tokio::test]
async fn a_placeholder_does_not_stand_above_a_reply_that_was_put_off() {
    let world = World::new().await;
    let ana = world.ana;
    // The second time it is put off for longer than work goes without a placeholder.
    world.server.fail_times("sendMessage", 2, Fault::Garbage);
    world.server.say(ana, ana, "What is a fjord?");
    world.server.wait_for(LONG, |seen| seen.calls("sendMessage").next().is_some()).await;
    world.server.say(ana, ana, "slow one");
    world.reads(ana, 2).await;
    world.held.lets_go();
    world.rests().await;
    assert_eq!(world.read(ana), ["You said: What is a fjord? (0 before)", "You said: slow one (1 before)"]);
}

/// Ana is told a story of four seconds whose second edit takes so long to arrive.
async fn slow_edit(takes: Duration) -> (World, i64) {
    let engines = Arc::new(move |held: &_| writing(80, held));
    let world = World::with(Plan { engines, ..Plan::default() }).await;
    let ana = world.ana;
    world.server.fail_next("editMessageText", Fault::Slow(takes));
    world.server.say(ana, ana, "tell me a story");
    world.server.wait_for(LONG, |seen| seen.replies(ana).next().is_some()).await;
    let placeholder = world.server.replies(ana)[0].id();
    world.server.wait_for(LONG, |seen| seen.replies(ana).any(|reply| reply.text().ends_with("word80"))).await;
    (world, placeholder)
}

#[tokio::test]
async fn an_answer_waits_for_the_edit_that_is_on_its_way() {
    let (world, placeholder) = slow_edit(Duration::from_millis(2_500)).await;
    world.rests().await;
    let edits = world.server.calls("editMessageText");
    assert!(edits[1].at - edits[0].at >= Duration::from_millis(2_450), "the answer does not overtake it");
    assert_eq!(world.server.replies(world.ana)[0].id(), placeholder);
}

#[tokio::test]
async fn an_answer_does_not_wait_long_for_an_edit_and_is_not_undone_by_it() {
    let (world, placeholder) = slow_edit(Duration::from_secs(8)).await;
    let edit = || world.server.calls("editMessageText").remove(0);
    assert_eq!(edit().status, None, "the edit has not arrived");
    world.until("the edit arrives", || async { edit().status.is_some() }).await;
    world.rests().await;
    let read = world.read(world.ana);
    assert!(read.len() == 1 && read[0].ends_with("word80"), "{read:?}");
    assert_ne!(world.server.replies(world.ana)[0].id(), placeholder);
}

#[tokio::test]
async fn a_placeholder_that_is_slow_holds_up_neither_its_answer_nor_another_chat() {
    let world = World::new().await;
    let (ana, bob) = (world.ana, world.member(0));
    world.server.fail_next("sendMessage", Fault::Slow(Duration::from_secs(8)));
    world.server.say(ana, ana, "slow one");
    world.server.wait_for(LONG, |seen| seen.calls("sendMessage").next().is_some()).await;
    world.server.say(bob, bob, "slow two");
    world.reads(bob, 1).await;
    assert!(world.read(ana).is_empty(), "bob's is told while ana's is on its way");
    world.held.lets_go();
    let whole = ["You said: slow one (0 before)"];
    assert_eq!(world.reads(ana, 1).await, whole);
    let slow = || world.server.calls("sendMessage").remove(0);
    assert_eq!(slow().status, None, "the answer is there first");
    world.until("the placeholder arrives", || async { slow().status.is_some() }).await;
    world.server.wait_for(LONG, |seen| seen.calls("deleteMessage").next().is_some()).await;
    world.rests().await;
    assert_eq!(world.read(ana), whole);
}

#[tokio::test]
async fn a_refusal_that_many_messages_get_at_once_is_said_a_few_times() {
    let world = World::new().await;
    let (ana, bob) = (world.ana, world.member(0));
    let group = world.group("Family", &[ana, bob]).await;
    let sticker = |by: i64| world.server.post(Post::by(by, by).sticker("😀"));
    let sent: Vec<i64> = (0..12).map(|_| sticker(ana)).collect();
    let question = world.server.say(ana, ana, "What is a fjord?");
    world.server.say(group, bob, "@house_bot and a bay?");
    world.rests().await;
    let (replies, read) = (world.server.replies(ana), world.read(ana));
    assert!((2..=6).contains(&replies.len()), "{read:?}");
    // The last one answers all of them, before what was asked after it.
    let answers: Vec<i64> = replies.iter().filter_map(crate::fake::Message::reply_to).collect();
    assert_eq!(answers[answers.len() - 2..], [sent[11], question], "{read:?}");
    assert_eq!(read.last().unwrap(), "You said: What is a fjord? (0 before)");
    assert_eq!(world.read(group).len(), 1);
}
