//! `kill -9` at every step: the house with the Telegram adapter in a process of its own, against the fake in this one.
//!
//! What must hold afterwards is what people see: each request is answered once, and only a message whose first send was under
//! way when the house died may stand there twice.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aisaac::app::clock;
use aisaac::app::config::Config;
use aisaac::app::house::{Foundation, House};
use aisaac::app::places::Places;
use aisaac::message::{Health, Step};
use aisaac::messenger::telegram::{Telegram, TelegramOptions, Token};

use crate::fake::{Post, TOKEN};
use crate::models::{Held, sound};
use crate::process::{Process, lives, told};
use crate::world::{LONG, Plan, World, hearing};

/// Names the folder, the service and the configuration of the child.
const CHILD: [&str; 3] = ["AISAAC_CHILD", "AISAAC_SERVER", "AISAAC_CONFIG"];

/// The child's whole life, until SIGTERM.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a child of the other tests"]
async fn a_house() {
    let Some([folder, server, config]) = told(CHILD) else { return };
    let places = Places::find(Some(Path::new(&folder))).unwrap();
    let config = Config::parse(&config).unwrap();
    let foundation = Foundation::lay(&places, &config, places.lock().unwrap(), clock::REAL).await.unwrap();
    let options = TelegramOptions::new(Token::new(TOKEN).unwrap());
    let options = TelegramOptions { server, poll: Duration::from_secs(1), ..options };
    let telegram = Telegram::new(options, Health::default(), clock::now).unwrap();
    let held = Held::default();
    held.lets_go();
    let messengers = vec![Arc::new(telegram) as _];
    let house = House::build(foundation, &places, &config, hearing(&held), messengers, clock::REAL);
    lives(house).await;
}

/// A house in a process of its own.
fn starts(world: &World, hold: &str) -> Process {
    let (places, server, config) = (world.places(), world.server.url(), world.configuration());
    let told = [places.data().as_os_str(), server.as_ref(), config.as_ref()];
    let knows: Vec<_> = CHILD.into_iter().zip(told).collect();
    Process::starts("killed::a_house", hold, &knows)
}

/// Waits for a process without holding up other worlds.
async fn waits<T: Send + 'static>(wait: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(wait).await.unwrap()
}

/// Messages of a chat of which no row tells: their send was under way when the house died. These alone may come again.
async fn under_way(world: &World, chat: i64) -> usize {
    let sql = format!(
        "SELECT p.remote FROM parts p JOIN replies r ON r.id = p.reply WHERE json_extract(r.address, '$.chat') = '{chat}'
         UNION SELECT placeholder FROM messages WHERE chat = '{chat}' AND placeholder IS NOT NULL
         UNION SELECT placeholder FROM drawings WHERE lane LIKE '%/{chat}' AND placeholder IS NOT NULL"
    );
    let known = world.texts(&sql).await;
    world.server.replies(chat).iter().filter(|reply| !known.contains(&reply.id().to_string())).count()
}

/// One world, killed at a step for the n-th time it is reached; what does not hold afterwards.
async fn killed_at(step: Step, time: u32) -> Vec<String> {
    let world = World::asleep(Plan::default()).await;
    let (ana, bob, eva, mallory) = (world.ana, world.member(0), world.member(1), world.mallory);
    let group = world.server.group("Family", &[ana, bob]);
    let process = starts(&world, &format!("{step}:{time}"));
    world.server.say(ana, ana, "What is a fjord?");
    world.server.post(Post::by(eva, eva).voice(sound(0), 1));
    world.server.say(bob, bob, "draw a hare");
    world.server.say(group, ana, "@house_bot and a bay?");
    world.server.say(mallory, mallory, "hello");
    waits(move || {
        process.holds().expect("it comes to its fail point");
        process.dies();
    })
    .await;
    let said = [
        (ana, "You said: What is a fjord? (0 before)"),
        (eva, "You said: What is a fjord? (0 before)"),
        (bob, "a hare · 8×8 · seed"),
        (group, "You said: and a bay? (0 before)"),
        (mallory, "This is a private assistant."),
    ];
    let mut may = Vec::new();
    for (chat, _) in said {
        may.push(under_way(&world, chat).await);
    }
    let polls = world.server.calls("getUpdates").len();
    let process = starts(&world, "");
    world.server.wait_for(LONG, |seen| seen.calls("getUpdates").count() > polls).await;
    world.rests().await;
    let status = waits(move || process.terminates()).await;
    assert!(status.success(), "{status}");
    let mut wrong = Vec::new();
    let rows = world.number("SELECT count(*) FROM messages").await;
    if rows != 5 {
        wrong.push(format!("five messages have {rows} rows"));
    }
    for ((chat, words), may) in said.into_iter().zip(may) {
        let read = world.read(chat);
        if !read.iter().any(|said| said.contains(words)) || read.len() > 1 + may || may > 1 {
            wrong.push(format!("{may} sends were under way, and there stand {read:?}"));
        }
    }
    wrong.into_iter().map(|wrong| format!("killed at {step}, the {time}. time: {wrong}")).collect()
}

#[tokio::test]
async fn kill_9_at_every_step_loses_nothing_and_doubles_nothing_but_a_first_send() {
    let mut wrong = Vec::new();
    for step in Step::ALL {
        // As often as the talk reaches it for sure.
        let times = match step {
            Step::Brought | Step::Heard | Step::Claimed | Step::Written | Step::Drawn => 1,
            Step::Denoised | Step::Understood | Step::Acted => 3,
            _ => 5,
        };
        let worlds = (1..=times).map(|time| killed_at(*step, time));
        wrong.extend(futures_util::future::join_all(worlds).await.concat());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
