//! One schedule: a seed decides who sends what, who moves next, and when the house dies or stops politely.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use aisaac::app::clock::Time;
use aisaac::app::config::Config;
use aisaac::app::engines::{Engines, PictureModel};
use aisaac::app::house::{Foundation, House};
use aisaac::app::places::Places;
use aisaac::inbox::Inbox;
use aisaac::inference::{self, Control, DrawRequest, Handle, InferenceError, Picture};
use aisaac::message::Step;
use fastrand::Rng;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, Row as _, SqliteConnection};
use tokio_util::sync::CancellationToken;

use crate::board::{Act, Board, Moved, PAINTER};
use crate::models::{self, Held};
use crate::people::{Sent, grey, says, sent};
use crate::service::{NAME, Service, World};

const OUTBOX: usize = 1;
const DOOR: usize = 2;
const FETCHER: usize = 3;
/// Two lanes are handled at once.
const ACTORS: usize = 6;

/// Moves after which a schedule that has not come to its end never will.
const ENDLESS: usize = 20_000;

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(1_000_000) };
    static SEED: Cell<u64> = const { Cell::new(0) };
}

const TIME: Time =
    Time { now: || NOW.with(Cell::get), dice: || SEED.with(|seed| seed.replace(seed.get() + 1)) };

/// What a schedule has left behind, for the checks.
pub(crate) struct Played {
    pub(crate) sent: Vec<Sent>,
    pub(crate) world: World,
    pub(crate) database: SqliteConnection,
    pub(crate) media: std::path::PathBuf,
    /// How often each step was reached, and how often the house died while somebody stood there.
    pub(crate) reached: BTreeMap<Step, u64>,
    pub(crate) died_at: BTreeMap<Step, u64>,
    pub(crate) deaths: Deaths,
    /// Goes when everything has been looked at.
    pub(crate) _folder: tempfile::TempDir,
}

impl Played {
    /// Everything that people read, a reply at a time.
    pub(crate) fn texts(&self) -> impl Iterator<Item = String> {
        let mut replies: BTreeMap<&str, String> = BTreeMap::new();
        for part in &self.world.arrived {
            let (reply, _) = part.key.split_once('-').unwrap();
            replies.entry(reply).or_default().push_str(&part.text);
        }
        replies.into_values()
    }
}

/// Over which rows the house died, as far as that is known.
#[derive(Default)]
pub(crate) struct Deaths {
    /// Deaths of which nobody knows what was in hand.
    unknown: u32,
    messages: BTreeMap<i64, u32>,
    drawings: BTreeMap<i64, u32>,
}

impl Deaths {
    pub(crate) fn unknown(unknown: u32) -> Self {
        Self { unknown, ..Self::default() }
    }

    pub(crate) fn over_message(&self, id: i64) -> u32 {
        self.unknown + self.messages.get(&id).copied().unwrap_or_default()
    }

    pub(crate) fn over_drawing(&self, id: i64) -> u32 {
        self.unknown + self.drawings.get(&id).copied().unwrap_or_default()
    }
}

/// Plays the schedule of a seed to its end.
pub(crate) async fn play(seed: u64) -> Result<Played, String> {
    NOW.set(1_000_000);
    SEED.set(seed.wrapping_mul(1_000));
    let mut rng = Rng::with_seed(seed);
    let folder = folder();
    let places = Places::find(Some(folder.path())).unwrap();
    std::fs::write(places.database(), template().await).unwrap();
    let mut play = Play {
        sent: sent(&mut rng),
        offers: VecDeque::new(),
        world: Arc::default(),
        reached: BTreeMap::new(),
        died_at: BTreeMap::new(),
        deaths: Deaths::default(),
        ends_left: rng.usize(0..6),
        places,
        rng,
    };
    play.offers = play.sent.iter().cloned().collect();
    while !play.lives().await? {}
    let world = std::mem::take(&mut *play.world.lock().unwrap());
    Ok(Played {
        sent: play.sent,
        world,
        database: database(&play.places.database()).await,
        media: play.places.media(),
        reached: play.reached,
        died_at: play.died_at,
        deaths: play.deaths,
        _folder: folder,
    })
}

/// In memory where the system has such a folder: syncing is not what is tried here.
pub(crate) fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

/// A database with its tables, made once.
async fn template() -> &'static [u8] {
    static MADE: OnceLock<Vec<u8>> = OnceLock::new();
    if let Some(made) = MADE.get() {
        return made;
    }
    let folder = folder();
    let places = Places::find(Some(folder.path())).unwrap();
    let foundation = Foundation::lay(&places, &config(), locked(&places).await, TIME).await.unwrap();
    foundation.store.close().await;
    MADE.get_or_init(|| std::fs::read(places.database()).unwrap())
}

/// The lock of a house that is gone: a process that another test starts holds a copy of it until it is what it becomes.
async fn locked(places: &Places) -> std::fs::File {
    loop {
        match places.try_lock().unwrap() {
            Some(lock) => return lock,
            None => tokio::time::sleep(Duration::from_millis(1)).await,
        }
    }
}

pub(crate) fn config() -> Config {
    let who = "[access]\nowners = ['scripted:ana']\nmembers = ['scripted:bob', 'scripted:eva']\n";
    Config::parse(&format!("language = 'en'\n{who}[draw]\nwaiting_per_person = 2\n")).unwrap()
}

/// A look at a database beside its house, however busy the machine is.
pub(crate) async fn database(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(Duration::from_secs(60));
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// The story's models, with a painter that stands on the board.
fn engines(board: &Board) -> Engines {
    let held = Held::default();
    let mut engines = models::engines(&held);
    let board = board.clone();
    let model = Handle::fake("sketch", move |request: DrawRequest, ctl: &Control<inference::Step>| {
        if request.prompt.contains("heavy") {
            return Err(InferenceError::OutOfMemory { model: "sketch".to_owned() });
        }
        for done in 1..=3 {
            board.stopped(ctl)?;
            ctl.progress(inference::Step { done, of: 3 });
            board.hold();
        }
        board.stopped(ctl)?;
        let (scheduler, rgb) = ("fake".to_owned(), vec![grey(&request.prompt); 192]);
        Ok(Picture { width: 8, height: 8, rgb, steps: 3, guidance: 1.0, scheduler, cut: None })
    });
    engines.painting = engines.painting.map(|painting| PictureModel { model, ..painting });
    engines.speech = Some(models::speech(&held, says));
    engines
}

struct Play {
    sent: Vec<Sent>,
    /// What has not been accepted and confirmed yet.
    offers: VecDeque<Sent>,
    world: Arc<Mutex<World>>,
    reached: BTreeMap<Step, u64>,
    died_at: BTreeMap<Step, u64>,
    deaths: Deaths,
    /// Times that the house may still die or stop before it lives to the end.
    ends_left: usize,
    places: Places,
    rng: Rng,
}

impl Play {
    /// One life of the house; true when everything is done.
    async fn lives(&mut self) -> Result<bool, String> {
        let board = Board::default();
        let mut foundation =
            Foundation::lay(&self.places, &config(), locked(&self.places).await, TIME).await.unwrap();
        foundation.store = foundation.store.watched(Arc::new(board.clone()));
        let service =
            Service { world: self.world.clone(), rng: Mutex::new(self.rng.fork()), board: board.clone() };
        let messengers = vec![Arc::new(service) as _];
        let engines = engines(&board);
        let house = Arc::new(House::build(foundation, &self.places, &config(), engines, messengers, TIME));
        let mut life = Life { house, board, stop: CancellationToken::new(), acts: Default::default() };
        let ended = self.live(&mut life).await;
        for (step, count) in life.board.reached() {
            *self.reached.entry(step).or_default() += count;
        }
        life.board.is_over();
        ended
    }

    async fn live(&mut self, life: &mut Life) -> Result<bool, String> {
        let mut idle = [false; ACTORS];
        for _ in 0..ENDLESS {
            if self.ends_left > 0 && self.rng.usize(0..40) == 0 {
                self.ends_left -= 1;
                if self.rng.usize(0..4) == 0 {
                    self.stops(life).await;
                } else {
                    self.dies(life).await;
                }
                return Ok(false);
            }
            let awake: Vec<usize> = (0..ACTORS).filter(|actor| !idle[*actor]).collect();
            let Some(actor) = self.rng.choice(awake) else {
                if !Self::waits(life).await {
                    return Ok(true);
                }
                NOW.set(NOW.get() + 301_000);
                idle = [false; ACTORS];
                continue;
            };
            match life.moves(actor, || self.offers.front().cloned()).await {
                Moved::Done(false) => idle[actor] = true,
                done => {
                    if actor == DOOR && matches!(done, Moved::Done(true)) {
                        self.confirmed();
                    }
                    idle = [false; ACTORS];
                }
            }
            NOW.set(NOW.get() + 100);
        }
        Err("the house never comes to rest".to_owned())
    }

    /// The service may forget what was accepted; now and then it offers it again all the same.
    fn confirmed(&mut self) {
        let accepted = self.offers.pop_front();
        if self.rng.usize(0..10) == 0 {
            self.offers.extend(accepted);
        }
    }

    /// `kill -9`: everything in memory is gone.
    async fn dies(&mut self, life: &Life) {
        for (step, row) in life.board.standing() {
            *self.died_at.entry(step).or_default() += 1;
            let over = match step {
                Step::Taken | Step::Heeded | Step::Heard | Step::Understood | Step::Acted => {
                    &mut self.deaths.messages
                }
                Step::Claimed | Step::Denoised | Step::Written => &mut self.deaths.drawings,
                _ => continue,
            };
            *over.entry(row).or_default() += 1;
        }
        let under_way = self.world.lock().unwrap().under_way.take();
        if let Some(key) = under_way
            && !noted(&self.places, &key).await
        {
            self.world.lock().unwrap().unconfirmed.push(key);
        }
    }

    /// A polite stop: whoever has something in hand comes to an end; nothing new begins.
    async fn stops(&mut self, life: &mut Life) {
        life.stop.cancel();
        for actor in 0..ACTORS {
            while let Some(mut act) = life.acts[actor].take() {
                if matches!(life.board.moves(actor, &mut act, false).await, Moved::Parked) {
                    life.acts[actor] = Some(act);
                } else if actor == DOOR {
                    self.confirmed();
                }
            }
        }
        life.house.store.close().await;
    }

    /// Whether something is left that time will bring.
    async fn waits(life: &Life) -> bool {
        let work = life.house.store.reader().open_work(NAME).await.unwrap();
        work.answers || work.drawings || work.replies
    }
}

/// Whether the confirmation of a part is a row.
async fn noted(places: &Places, key: &str) -> bool {
    let (reply, part) = key.split_once('-').unwrap();
    let mut database = database(&places.database()).await;
    let query = sqlx::query("SELECT count(*) FROM parts WHERE reply = ? AND part = ?").bind(reply).bind(part);
    query.fetch_one(&mut database).await.unwrap().get::<i64, _>(0) > 0
}

struct Life {
    house: Arc<House>,
    board: Board,
    stop: CancellationToken,
    acts: [Option<Act>; ACTORS],
}

impl Life {
    async fn moves(&mut self, actor: usize, offer: impl Fn() -> Option<Sent>) -> Moved {
        let mut act = match self.acts[actor].take() {
            Some(act) => act,
            None => self.begins(actor, offer()),
        };
        let cancelled = actor == PAINTER && cancelled(&self.house).await;
        let moved = self.board.moves(actor, &mut act, cancelled).await;
        if matches!(moved, Moved::Parked) {
            self.acts[actor] = Some(act);
        }
        moved
    }

    fn begins(&self, actor: usize, offer: Option<Sent>) -> Act {
        let (house, stop) = (self.house.clone(), self.stop.clone());
        match actor {
            PAINTER => {
                Box::pin(async move { house.painter.as_ref().unwrap().paint_next(&stop).await.unwrap() })
            }
            FETCHER => Box::pin(async move { house.fetcher.fetch_all().await.unwrap() }),
            OUTBOX => Box::pin(async move { house.outbox.deliver_next().await.unwrap() }),
            DOOR => Box::pin(async move {
                let Some(sent) = offer else { return false };
                let inbox = Inbox::new(house.store.clone());
                inbox.accept(sent.message, "{}", NOW.get()).await.unwrap();
                true
            }),
            _ => Box::pin(async move { house.assistant.handle_next(&stop).await.unwrap() }),
        }
    }
}

/// Whether the drawing in hand is to be cancelled: then its painter sees that before the model goes on.
async fn cancelled(house: &House) -> bool {
    let line = house.store.reader().queue(0).await.unwrap();
    match line.iter().find(|row| row.state == "running") {
        Some(row) => house.store.wants_cancel(row.id).await.unwrap(),
        None => false,
    }
}
