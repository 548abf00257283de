//! One schedule: a seed decides who asks for what and when, what goes wrong at the service, who blocks the bot, and where
//! the house dies or stops. Time and threads are real, so that a seed says what is tried and not how it comes out.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aisaac::app::engines::{Engines, PictureModel};
use aisaac::inference::{
    self, ChatAnswer, ChatRequest, Control, DrawRequest, Handle, InferenceError, Picture,
};
use aisaac::message::Step;
use aisaac::store::Witness;
use fastrand::Rng;

use crate::fake::{DOWNLOAD, Fault, Message, Post};
use crate::models::{self, Held, sound};
use crate::promises::not_in_rows;
use crate::world::{Plan, World};

/// Deaths at most: three over the same message, and it is apologised for.
const DEATHS: usize = 2;

/// How long everything may take to come to its end once the service is well.
const ENDS_WITHIN: Duration = Duration::from_secs(120);

/// What somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wants {
    Answer,
    /// An answer or a picture that takes longer than the two seconds without a placeholder.
    LongAnswer,
    LongPicture,
    Picture,
    /// An answer to a recording.
    Spoken,
}

impl Wants {
    pub(crate) const fn is_picture(self) -> bool {
        matches!(self, Self::Picture | Self::LongPicture)
    }
}

/// A request, known by a word of its own.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) chat: i64,
    pub(crate) thread: Option<i64>,
    by: i64,
    pub(crate) wants: Wants,
    pub(crate) word: String,
    /// The word that an edit has put in its place.
    pub(crate) edited: Option<String>,
    /// How often somebody asked for its picture again.
    pub(crate) again: usize,
    /// The message.
    id: i64,
}

/// What a schedule has left behind.
pub(crate) struct Played {
    pub(crate) world: World,
    pub(crate) asked: Vec<Asked>,
    /// Chats whose people blocked the bot for a while.
    pub(crate) blocked: BTreeSet<i64>,
    /// Messages whose first send was under way when the house died, by chat; one set a death.
    pub(crate) cut_off: Vec<BTreeMap<i64, BTreeSet<i64>>>,
    /// The stranger has said something.
    pub(crate) knocked: bool,
    /// Steps at which the house died.
    pub(crate) died_at: Vec<Step>,
}

/// Holds the house at a step, for the one who then kills it.
#[derive(Default)]
struct Point(Mutex<Armed>);

#[derive(Default)]
struct Armed {
    step: Option<(Step, u32)>,
    held: Option<Step>,
    /// Which life of the house this is.
    life: u32,
}

impl Point {
    /// The next life, and where it ends, if it comes there.
    fn next_life(&self, step: Option<(Step, u32)>) {
        let mut armed = self.0.lock().unwrap();
        *armed = Armed { step, held: None, life: armed.life + 1 };
    }

    fn held(&self) -> Option<Step> {
        self.0.lock().unwrap().held
    }

    /// Whether somebody has to stay here, and in which life.
    fn meets(&self, step: Step) -> Option<u32> {
        let mut armed = self.0.lock().unwrap();
        let (at, left) = armed.step.as_mut().filter(|(at, _)| *at == step)?;
        let at = *at;
        *left = left.checked_sub(1)?;
        (*left == 0).then(|| {
            armed.held = Some(at);
            armed.life
        })
    }
}

impl Witness for Point {
    fn reached(&self, step: Step, _: i64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        match self.meets(step) {
            Some(_) => Box::pin(std::future::pending()),
            None => Box::pin(std::future::ready(())),
        }
    }

    fn passed(&self, step: Step, _: i64) {
        let Some(life) = self.meets(step) else { return };
        while self.0.lock().unwrap().life == life {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// The story's models; what is "long" takes longer than anybody waits without a sign.
fn engines(held: &Held) -> Engines {
    held.lets_go();
    let says = |number: usize| format!("tell me about w{number}x");
    let mut engines = Engines { speech: Some(models::speech(held, says)), ..models::engines(held) };
    let rest = |long: bool| std::thread::sleep(Duration::from_millis(if long { 600 } else { 5 }));
    let model = Handle::fake("instruct", move |request: ChatRequest, ctl: &Control<String>| {
        let asked = request.turns.last().map(|turn| turn.text.clone()).unwrap_or_default();
        let mut text = String::from("You said:");
        for piece in asked.split_inclusive(' ') {
            ctl.checkpoint()?;
            text.push_str(&format!(" {}", piece.trim()));
            ctl.progress(format!(" {}", piece.trim()));
            rest(asked.contains("long"));
        }
        Ok(ChatAnswer { text, tokens: 3, ..ChatAnswer::default() })
    });
    engines.answering = engines.answering.map(|(_, facts)| (model, facts));
    let model = Handle::fake("sketch", move |request: DrawRequest, ctl: &Control<inference::Step>| {
        for done in 1..=4 {
            if ctl.checkpoint().is_err() {
                return Err(InferenceError::Stopped);
            }
            ctl.progress(inference::Step { done, of: 4 });
            rest(request.prompt.contains("long"));
        }
        let (scheduler, rgb) = ("fake".to_owned(), vec![7; 192]);
        Ok(Picture { width: 8, height: 8, rgb, steps: 4, guidance: 1.0, scheduler, cut: None })
    });
    engines.painting = engines.painting.map(|painting| PictureModel { model, ..painting });
    engines
}

/// Plays the schedule of a seed to its end.
pub(crate) async fn play(seed: u64) -> Result<Played, String> {
    let point = Arc::new(Point::default());
    let config = "[draw]\nwaiting_per_person = 50\n".to_owned();
    let witness = Some(point.clone() as _);
    let plan = Plan { config, engines: Arc::new(engines), witness, ..Plan::default() };
    let world = World::asleep(plan).await;
    world.server.set_reads_all(true);
    let people = [world.ana, world.member(0), world.member(1)];
    let (group, forum) = (world.server.group("Family", &people), world.server.forum("Plans", &people));
    let topics = ["Trips", "Food"].map(|name| world.server.topic(forum, world.ana, name));
    let played = Played {
        world,
        asked: Vec::new(),
        blocked: BTreeSet::new(),
        cut_off: Vec::new(),
        knocked: false,
        died_at: Vec::new(),
    };
    let rng = Rng::with_seed(seed);
    let mut play = Play { played, point, rng, people, group, forum, topics, away: BTreeSet::new() };
    play.arms();
    play.played.world.starts().await;
    for chat in [group, forum] {
        play.played.world.lets_in(chat).await;
    }
    for _ in 0..play.rng.usize(10..24) {
        play.acts().await;
        let pause = [0, 0, 30, 150, 400][play.rng.usize(0..5)];
        play.goes_on(Duration::from_millis(pause)).await;
    }
    play.ends().await?;
    Ok(play.played)
}

struct Play {
    played: Played,
    point: Arc<Point>,
    rng: Rng,
    people: [i64; 3],
    group: i64,
    forum: i64,
    topics: [i64; 2],
    /// Who has blocked the bot now.
    away: BTreeSet<i64>,
}

impl Play {
    /// The next life of the house ends at some step, or does not.
    fn arms(&mut self) {
        let may_die = self.played.cut_off.len() < DEATHS && self.rng.usize(0..4) > 0;
        let step = may_die.then(|| (*self.rng.choice(Step::ALL).unwrap(), self.rng.u32(1..6)));
        self.point.next_life(step);
    }

    /// Something happens.
    async fn acts(&mut self) {
        let world = &self.played.world;
        world.server.passes(1);
        match self.rng.usize(0..40) {
            0..20 => self.asks(),
            20..24 => self.edits(),
            24..27 => self.presses(),
            27..35 => self.fails(),
            35 => {
                world.server.say(world.mallory, world.mallory, "hello");
                self.played.knocked = true;
            }
            36 => self.blocks(),
            37 if self.played.cut_off.len() < DEATHS => self.dies().await,
            38 => self.stops().await,
            _ => {}
        }
    }

    fn asks(&mut self) {
        let number = self.played.asked.len();
        let word = format!("w{number}x");
        let by = self.rng.choice(self.people).unwrap();
        let (chat, thread) = match self.rng.usize(0..10) {
            0 => (self.group, None),
            1 => (self.forum, self.rng.choice(self.topics)),
            _ => (by, None),
        };
        if self.away.contains(&chat) {
            return;
        }
        let wants = match self.rng.usize(0..10) {
            0..4 => Wants::Answer,
            4 => Wants::LongAnswer,
            5 => Wants::LongPicture,
            6 if chat == by => Wants::Spoken,
            _ => Wants::Picture,
        };
        let call = if chat == by { "" } else { "@house_bot " };
        let post = Post::by(by, chat);
        let post = match wants {
            Wants::Spoken => post.voice(sound(number), 1),
            _ => post.text(&format!("{call}{}", request(wants, &word))),
        };
        let id = self.played.world.server.post(match thread {
            Some(thread) => post.in_topic(thread),
            None => post,
        });
        self.played.asked.push(Asked { chat, thread, by, wants, word, edited: None, again: 0, id });
    }

    /// Somebody changes what they asked for: once, for the fake's clock tells edits apart by seconds.
    fn edits(&mut self) {
        let places = 0..self.played.asked.len();
        let Some(place) = self.rng.choice(places) else { return };
        let asked = &mut self.played.asked[place];
        if asked.edited.is_some() || asked.wants == Wants::Spoken || self.away.contains(&asked.chat) {
            return;
        }
        let word = asked.word.replace('w', "e");
        let call = if asked.chat == asked.by { "" } else { "@house_bot " };
        let text = format!("{call}{}", request(asked.wants, &word));
        self.played.world.server.edit(asked.chat, asked.id, &text);
        asked.edited = Some(word);
    }

    /// Somebody wants one of the pictures again that have come.
    fn presses(&mut self) {
        let server = &self.played.world.server;
        let mut there = Vec::new();
        for (place, asked) in self.played.asked.iter().enumerate() {
            let shows = |message: &&Message| message.is_photo() && names(message.caption(), &asked.word);
            if let Some(photo) = server.replies(asked.chat).iter().find(shows)
                && !photo.buttons().is_empty()
                && !self.away.contains(&asked.chat)
            {
                there.push((place, photo.id()));
            }
        }
        let Some((place, photo)) = self.rng.choice(there) else { return };
        let asked = &mut self.played.asked[place];
        let button = ["🎲 Again", "🔁 Same seed"][self.rng.usize(0..2)];
        server.press(asked.chat, photo, button, asked.by);
        asked.again += 1;
    }

    /// Something goes wrong at the service, once or twice.
    fn fails(&mut self) {
        const METHODS: [&str; 12] = [
            "getUpdates",
            "getUpdates",
            "sendMessage",
            "sendMessage",
            "sendMessage",
            "sendPhoto",
            "editMessageText",
            "editMessageMedia",
            "getFile",
            DOWNLOAD,
            "answerCallbackQuery",
            "getMe",
        ];
        let method = METHODS[self.rng.usize(0..METHODS.len())];
        // Whatever a download brings is the recording.
        let kinds = if method == DOWNLOAD { 1..9 } else { 0..9 };
        let fault = match self.rng.usize(kinds) {
            0 => Fault::Garbage,
            1 => Fault::status(500, "Internal Server Error"),
            2 => Fault::Html502,
            3 => Fault::RetryAfter(self.rng.u64(1..3)),
            4 => Fault::HalfOpen,
            5 => Fault::Drop,
            6 | 7 => Fault::DropAfter,
            _ => Fault::Slow(Duration::from_millis(self.rng.u64(50..900))),
        };
        self.played.world.server.fail_times(method, self.rng.u32(1..3), fault);
    }

    /// Somebody blocks the bot, or lets it in again.
    fn blocks(&mut self) {
        let who = self.rng.choice(self.people).unwrap();
        if self.away.remove(&who) {
            self.played.world.server.unblocks(who);
        } else {
            self.played.world.server.blocks(who);
            self.away.insert(who);
            self.played.blocked.insert(who);
        }
    }

    /// Time goes by; a house that stands at its fail point dies there.
    async fn goes_on(&mut self, time: Duration) {
        let until = tokio::time::Instant::now() + time;
        loop {
            if self.point.held().is_some() {
                self.dies().await;
            }
            if tokio::time::Instant::now() >= until {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // A line that is half open breaks in the end.
        if self.rng.usize(0..3) == 0 {
            self.played.world.server.release();
        }
    }

    async fn dies(&mut self) {
        let at = self.point.held();
        self.played.died_at.extend(at);
        self.point.next_life(None);
        self.played.world.dies().await;
        let earlier = self.played.cut_off.iter().flatten();
        let earlier: BTreeSet<(i64, i64)> =
            earlier.flat_map(|(chat, ids)| ids.iter().map(|id| (*chat, *id))).collect();
        let mut cut_off = BTreeMap::new();
        for chat in self.chats() {
            let ids = not_in_rows(&self.played.world, chat).await;
            cut_off.insert(chat, ids.into_iter().filter(|id| !earlier.contains(&(chat, *id))).collect());
        }
        self.played.cut_off.push(cut_off);
        self.arms();
        self.played.world.starts().await;
    }

    async fn stops(&mut self) {
        // Nobody who stands at a fail point can stop.
        self.point.next_life(None);
        if self.point.held().is_none() {
            self.played.world.server.release();
            self.played.world.stops().await;
            self.arms();
            self.played.world.starts().await;
        }
    }

    fn chats(&self) -> impl Iterator<Item = i64> + use<> {
        self.people.into_iter().chain([self.group, self.forum, self.played.world.mallory])
    }

    /// The service is well again; whatever was begun comes to its end.
    async fn ends(&mut self) -> Result<(), String> {
        self.played.world.server.clear_faults();
        self.played.world.server.release();
        let ended = tokio::time::timeout(ENDS_WITHIN, async {
            while self.point.held().is_some() || !self.played.world.left().await.is_empty() {
                self.goes_on(Duration::from_millis(50)).await;
            }
        });
        if ended.await.is_err() {
            return Err(format!("it never comes to its end: {:#?}", self.played.world.left().await));
        }
        Ok(())
    }
}

fn request(wants: Wants, word: &str) -> String {
    match wants {
        Wants::Answer | Wants::Spoken => format!("tell me about {word}"),
        Wants::LongAnswer => format!("tell me a long tale about {word}"),
        Wants::Picture => format!("draw {word}"),
        Wants::LongPicture => format!("draw a long {word}"),
    }
}

/// Whether a text has this very word in it.
pub(crate) fn names(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|piece| piece == word)
}
