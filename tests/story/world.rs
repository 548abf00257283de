//! The world of a story: a data folder of its own, a house that can stop, die and stand up again, and its transcript.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aisaac::access::claim::shown;
use aisaac::access::{Access, Rules};
use aisaac::app::claim;
use aisaac::app::clock::Time;
use aisaac::app::config::Config;
use aisaac::app::engines::Engines;
use aisaac::app::house::{Foundation, House};
use aisaac::app::owners::Owners;
use aisaac::app::places::Places;
use aisaac::backup::{self, Made, Restored};
use aisaac::inbox::Inbox;
use aisaac::message::{Address, Body, Language, Message, Outcome, Person, Recording, ReplyId, Standing};
use aisaac::messenger::{DeliveryError, FetchError};
use aisaac::store::{Limits, Settlement, Taken};
use sqlx::Connection as _;
use tokio_util::sync::CancellationToken;

use crate::messenger::{NAME, Scripted, Transcript};
use crate::models::{self, Held};

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(1_000_000) };
    static SEED: Cell<u64> = const { Cell::new(0) };
}

/// A story's own clock goes on by a second with each message, or when it is told to; its dice count.
pub(crate) const TIME: Time = Time {
    now: || NOW.with(Cell::get),
    dice: || {
        SEED.with(|seed| {
            seed.set(seed.get() + 1);
            seed.get()
        })
    },
};

/// One story.
pub(crate) struct Story {
    folder: tempfile::TempDir,
    config: Config,
    /// The one-time code of this start, where one is offered at each.
    code: Option<String>,
    offers_code: bool,
    engines: Box<dyn Fn(&Held) -> Engines>,
    text_limit: usize,
    house: Option<House>,
    messenger: Arc<Scripted>,
    /// Where "slow" models wait.
    pub(crate) held: Held,
    /// What happened.
    pub(crate) transcript: Transcript,
    stop: CancellationToken,
}

impl Story {
    /// A house with fake models; ana, bob and eva may use it.
    pub(crate) async fn new() -> Self {
        Self::with(models::engines, 1_000, "").await
    }

    /// A house with other models, another longest text, and lines of configuration.
    pub(crate) async fn with(
        engines: impl Fn(&Held) -> Engines + 'static,
        text_limit: usize,
        config: &str,
    ) -> Self {
        let access = access("'scripted:bob', 'scripted:eva'");
        Self::built(engines, text_limit, &access, config).await
    }

    /// A house with fake models, other members, and lines of configuration.
    pub(crate) async fn of(members: &str, config: &str) -> Self {
        Self::built(models::engines, 1_000, &access(members), config).await
    }

    /// A house that nobody owns yet: a code is offered at each start. Lines of configuration.
    pub(crate) async fn unowned(config: &str) -> Self {
        Self::built(models::engines, 1_000, "", config).await
    }

    async fn built(
        engines: impl Fn(&Held) -> Engines + 'static,
        text_limit: usize,
        access: &str,
        config: &str,
    ) -> Self {
        NOW.with(|now| now.set(1_000_000));
        SEED.with(|seed| seed.set(0));
        let transcript = Transcript::default();
        let mut story = Self {
            folder: tempfile::tempdir().unwrap(),
            config: Config::parse(&format!("language = 'en'\n{access}{config}")).unwrap(),
            code: None,
            offers_code: access.is_empty(),
            engines: Box::new(engines),
            text_limit,
            house: None,
            messenger: Arc::new(Scripted::new(transcript.clone(), text_limit)),
            held: Held::default(),
            transcript,
            stop: CancellationToken::new(),
        };
        story.stand_up().await;
        story
    }

    /// Those who are told about the house itself.
    pub(crate) fn owners(&self) -> Owners {
        let access = Access::new(["scripted:ana".to_owned()], [], Rules::default());
        let messengers = vec![self.messenger.clone() as _];
        Owners { access: Arc::new(access), reader: self.house().store.reader(), messengers }
    }

    async fn stand_up(&mut self) {
        let places = self.places();
        let lock = places.lock().unwrap();
        let foundation = Foundation::lay(&places, &self.config, lock, TIME).await.unwrap();
        if self.offers_code {
            self.offers_a_code(&foundation).await;
        }
        self.messenger = Arc::new(Scripted::new(self.transcript.clone(), self.text_limit));
        let messengers = vec![self.messenger.clone() as _];
        let engines = (self.engines)(&self.held);
        self.house = Some(House::build(foundation, &places, &self.config, engines, messengers, TIME));
        self.stop = CancellationToken::new();
    }

    /// What `run` does before anybody listens. The code itself does not stand in a transcript.
    async fn offers_a_code(&mut self, foundation: &Foundation) {
        let mut printed = Vec::new();
        let now = (TIME.now)();
        self.code = claim::offer(foundation, &[NAME, "console"], now, &mut printed).await.unwrap();
        let mut printed = String::from_utf8(printed).unwrap();
        if let Some(code) = &self.code {
            assert!(printed.contains(&shown(code)), "{printed}");
            printed = printed.replace(&shown(code), "•••• ••••");
        }
        printed.lines().for_each(|line| self.transcript.write(line));
    }

    /// The code that was printed at this start.
    pub(crate) fn code(&self) -> String {
        self.code.clone().unwrap()
    }

    pub(crate) fn places(&self) -> Places {
        Places::find(Some(self.folder.path())).unwrap()
    }

    pub(crate) fn house(&self) -> &House {
        self.house.as_ref().unwrap()
    }

    /// The token that means: the house stops.
    pub(crate) fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// The process dies and another one starts.
    pub(crate) async fn dies(&mut self) {
        self.transcript.write("-- the house dies and stands up again");
        self.house = None;
        self.stand_up().await;
    }

    /// The house stopped politely, and another one starts.
    pub(crate) async fn restarts(&mut self) {
        self.transcript.write("-- the house has stopped and stands up again");
        if let Some(house) = self.house.take() {
            house.store.close().await;
        }
        self.stand_up().await;
    }

    /// The story's own clock.
    pub(crate) fn now(&self) -> i64 {
        (TIME.now)()
    }

    /// A backup is made beside the house.
    pub(crate) async fn backs_up(&self, file: &Path) -> Made {
        self.transcript.write("-- a backup is made");
        backup::make(&self.places().belongings(), file, false, self.now()).await.unwrap()
    }

    /// The house has died; a backup is put back, and another house stands up on it.
    pub(crate) async fn restores(&mut self, file: &Path, keep_unfinished: bool) -> Restored {
        self.transcript.write("-- the backup is put back");
        self.house = None;
        let archive = backup::Archive::open(file).unwrap();
        let belongings = self.places().belongings();
        let restored = backup::restore(archive, &belongings, keep_unfinished, self.now()).await.unwrap();
        self.stand_up().await;
        restored
    }

    /// Time goes by.
    pub(crate) fn passes(&self, minutes: i64) {
        self.clock().passes(minutes);
    }

    /// The clock on the wall, for what happens beside the house.
    pub(crate) fn clock(&self) -> WallClock {
        WallClock(self.transcript.clone())
    }

    /// The next deliveries fail like this.
    pub(crate) fn fails(&self, failures: impl IntoIterator<Item = DeliveryError>) {
        self.messenger.failures.lock().unwrap().extend(failures);
    }

    /// The disk takes neither pictures nor rows, or takes them again.
    pub(crate) async fn disk_is_full(&self, full: bool) {
        self.transcript.write(if full { "-- the disk is full" } else { "-- there is room again" });
        let (media, away) = (self.places().media(), self.places().data().join("away"));
        let (from, to) = if full { (&media, &away) } else { (&away, &media) };
        std::fs::rename(from, to).unwrap();
        let refuse = "CREATE TRIGGER full BEFORE INSERT ON parts BEGIN SELECT RAISE(ABORT, 'full'); END";
        let sql = if full { refuse } else { "DROP TRIGGER full" };
        let url = format!("sqlite://{}", self.places().database().display());
        let mut database = sqlx::SqliteConnection::connect(&url).await.unwrap();
        sqlx::query(sql).execute(&mut database).await.unwrap();
    }

    /// The database takes no row any more, or takes them again, as far as its pulse tells.
    pub(crate) async fn refuses_rows(&self, refuses: bool) {
        self.transcript.write(if refuses { "-- the database refuses" } else { "-- it takes rows again" });
        let refuse = "CREATE TRIGGER refuses BEFORE INSERT ON pulse BEGIN SELECT RAISE(ABORT, 'no'); END";
        let url = format!("sqlite://{}", self.places().database().display());
        let mut database = sqlx::SqliteConnection::connect(&url).await.unwrap();
        sqlx::query(if refuses { refuse } else { "DROP TRIGGER refuses" })
            .execute(&mut database)
            .await
            .unwrap();
    }

    /// Somebody types something; the message has this number.
    pub(crate) async fn says(&self, who: &str, number: u32, text: &str) {
        self.transcript.write(format!("{who}: {text}"));
        NOW.with(|now| now.set(now.get() + 1_000));
        self.offers(who, &format!("m:{number}"), Body::Text(text.to_owned())).await;
    }

    /// Somebody sends a recording: the one with a number ([`models::sound`]), a file of `tests/fixtures/audio`, one without an
    /// end ([`messenger::ENDLESS`]), or bytes that are none.
    pub(crate) async fn speaks(&self, who: &str, number: u32, recording: &str) {
        self.transcript.write(format!("{who} speaks: {recording}"));
        NOW.with(|now| now.set(now.get() + 1_000));
        let body = Body::Voice(Recording { remote: recording.to_owned(), caption: None });
        self.offers(who, &format!("m:{number}"), body).await;
    }

    /// What was said is heeded, so that the house knows which recordings it wants.
    pub(crate) async fn heeds(&self) {
        while self.house().assistant.handle_next(&self.stop).await.unwrap() {}
    }

    /// Recordings that are wanted come, as far as they do.
    pub(crate) async fn fetches(&self) {
        self.heeds().await;
        self.house().fetcher.fetch_all().await.unwrap();
    }

    /// Until every recording that is to be kept back has been.
    pub(crate) async fn kept_back(&self) {
        while !self.messenger.refusals.lock().unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// The next recordings do not come.
    pub(crate) fn keeps_back(&self, refusals: impl IntoIterator<Item = FetchError>) {
        self.messenger.refusals.lock().unwrap().extend(refusals);
    }

    /// Somebody changes an earlier message.
    pub(crate) async fn edits(&self, who: &str, number: u32, text: &str) {
        self.transcript.write(format!("{who} edits message {number}: {text}"));
        let body = Body::Edit { of: format!("m:{number}"), text: text.to_owned() };
        self.offers(who, &format!("e:{number}:{text}"), body).await;
    }

    /// Something that no method above says.
    pub(crate) async fn offers(&self, who: &str, key: &str, body: Body) {
        let inbox = Inbox::new(self.house().store.clone());
        inbox.accept(message(who, key, body), "{}", (TIME.now)()).await.unwrap();
    }

    /// Every message that waits is answered, and every reply delivered. Nothing is painted.
    pub(crate) async fn answers(&mut self) {
        while self.house().assistant.handle_next(&self.stop).await.unwrap() {}
        self.delivers().await;
    }

    /// The reply that would leave next, and which part of it.
    pub(crate) async fn due(&self) -> (ReplyId, u32) {
        let due = self.house().store.next_reply(&[NAME], &[], (TIME.now)()).await.unwrap().unwrap();
        (due.reply, due.parts_sent)
    }

    /// A /stop becomes a row, and the house dies before it can do anything about it.
    pub(crate) async fn settles_stop(&self, taken: &Taken) {
        let settlement = Settlement {
            taken,
            outcome: Outcome::Stop,
            standing: Standing::Owner,
            also: &[NAME],
            anew: None,
            for_us: true,
            heard: None,
            told: &[],
            language: Language::En,
            report: "{}",
            limits: Limits { waiting_per_person: 1, daily: None },
            now: (TIME.now)(),
        };
        self.house().store.settle(settlement).await.unwrap().unwrap();
    }

    /// Notices are shown, then replies leave.
    pub(crate) async fn delivers(&mut self) {
        self.shows();
        while self.house().outbox.deliver_next().await.unwrap() {}
    }

    /// What was to be shown meanwhile.
    pub(crate) fn shows(&mut self) {
        while let Ok(notice) = self.house.as_mut().unwrap().notices.try_recv() {
            self.transcript.notice(&notice);
        }
    }

    /// The painter does one picture. False when nothing waits.
    pub(crate) async fn paints(&mut self) -> bool {
        let painted = self.house().painter.as_ref().unwrap().paint_next(&self.stop).await.unwrap();
        self.delivers().await;
        painted
    }

    /// Somebody says something, it is answered, and what is in line is painted.
    pub(crate) async fn plays(&mut self, who: &str, number: u32, text: &str) {
        self.says(who, number, text).await;
        self.answers().await;
        while self.house().painter.is_some() && self.paints().await {}
    }

    /// The painter begins a "slow" picture; when its first step is done, something else happens beside it.
    pub(crate) async fn while_painting(&mut self, beside: impl AsyncFnOnce(&House)) {
        let house = self.house.as_ref().unwrap();
        let stop = self.stop.clone();
        let painting = house.painter.as_ref().unwrap().paint_next(&stop);
        let beside = async {
            self.held.reached().await;
            beside(house).await;
        };
        let (painted, ()) = tokio::join!(painting, beside);
        painted.unwrap();
        self.delivers().await;
    }

    /// The assistant begins a "slow" answer; when its first words are out, something else happens beside it.
    pub(crate) async fn while_answering(&self, beside: impl AsyncFnOnce(&Self, &CancellationToken)) {
        let stop = self.stop();
        let beside = async {
            self.held.reached().await;
            beside(self, &stop).await;
        };
        let (answered, ()) = tokio::join!(self.house().assistant.handle_next(&stop), beside);
        assert!(answered.unwrap());
    }

    /// The transcript so far; it begins anew.
    pub(crate) fn told(&self) -> String {
        self.transcript.take()
    }
}

/// The clock on the wall: time goes by, or somebody sets it.
pub(crate) struct WallClock(Transcript);

impl WallClock {
    pub(crate) fn passes(&self, minutes: i64) {
        self.0.write(match minutes {
            ..0 => format!("-- the clock is set back by {} minutes", -minutes),
            _ => format!("-- {minutes} minutes pass"),
        });
        NOW.with(|now| now.set(now.get() + 60_000 * minutes));
    }
}

/// The owner, and members.
fn access(members: &str) -> String {
    format!("[access]\nowners = ['scripted:ana']\nmembers = [{members}]\n")
}

/// A message as the scripted messenger offers it.
pub(crate) fn message(who: &str, key: &str, body: Body) -> Message {
    let address = Address { messenger: NAME.to_owned(), chat: who.to_owned(), thread: None };
    let from = Person { id: who.to_owned(), language: Some(Language::En), ..Person::default() };
    Message::new(address, key, from, body, (TIME.now)())
}
