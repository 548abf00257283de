//! The process that is killed: this test binary again, running the whole house with fake models. Its service is a
//! folder: `spool.json` holds what people send, `confirmed` and `arrived` what the service knows, each line synced.

use std::fs::{File, OpenOptions};
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use aisaac::app::clock;
use aisaac::app::engines::{Engines, PictureModel};
use aisaac::app::house::{Foundation, House};
use aisaac::app::places::Places;
use aisaac::inbox::Inbox;
use aisaac::inference::{
    ChatAnswer, ChatRequest, Control, DrawRequest, Handle, InferenceError, Picture, Step,
};
use aisaac::message::{Message, Notice, Recording};
use aisaac::messenger::{
    DeliveryError, Dialect, FetchError, Incoming, ListenError, Messenger, Part, RemoteId,
};
use aisaac::store::Reader;
use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use crate::models::{self, Held};
use crate::people::{grey, says};
use crate::process::{lives, told};
use crate::schedule::config;
use crate::service::{Arrived, NAME};

/// Names the folder that the child works in.
pub(crate) const FOLDER: &str = "AISAAC_CHILD";

/// The child's whole life: until everything is answered, or SIGTERM.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a child of the other tests"]
async fn a_house() {
    let Some([folder]) = told([FOLDER]) else { return };
    let places = Places::find(Some(Path::new(&folder))).unwrap();
    let lock = places.lock().unwrap();
    let foundation = Foundation::lay(&places, &config(), lock, clock::REAL).await.unwrap();
    let post = Post::new(PathBuf::from(folder), foundation.store.reader());
    let messengers = vec![std::sync::Arc::new(post) as _];
    let house = House::build(foundation, &places, &config(), engines(), messengers, clock::REAL);
    lives(house).await;
}

/// The story's models; an answer about an abort ends the process.
fn engines() -> Engines {
    let held = Held::default();
    held.lets_go();
    let mut engines = models::engines(&held);
    let model = Handle::fake("instruct", |request: ChatRequest, _: &Control<String>| {
        let asked = request.turns.last().map(|turn| turn.text.clone()).unwrap_or_default();
        if asked.contains("abort") {
            std::process::abort();
        }
        let text = format!("You said: {asked}");
        Ok(ChatAnswer { text, tokens: 3, ..ChatAnswer::default() })
    });
    engines.answering = engines.answering.map(|(_, facts)| (model, facts));
    let model = Handle::fake("sketch", |request: DrawRequest, ctl: &Control<Step>| {
        if request.prompt.contains("heavy") {
            return Err(InferenceError::OutOfMemory { model: "sketch".to_owned() });
        }
        for done in 1..=4 {
            ctl.checkpoint()?;
            ctl.progress(Step { done, of: 4 });
        }
        let (scheduler, rgb) = ("fake".to_owned(), vec![grey(&request.prompt); 192]);
        Ok(Picture { width: 8, height: 8, rgb, steps: 4, guidance: 1.0, scheduler, cut: None })
    });
    engines.painting = engines.painting.map(|painting| PictureModel { model, ..painting });
    engines.speech = Some(models::speech(&held, says));
    engines
}

struct Post {
    folder: PathBuf,
    reader: Reader,
    arrived: Mutex<File>,
}

impl Post {
    fn new(folder: PathBuf, reader: Reader) -> Self {
        let arrived = appending(&folder.join("arrived"));
        Self { folder, reader, arrived: Mutex::new(arrived) }
    }
}

fn appending(path: &Path) -> File {
    OpenOptions::new().create(true).append(true).open(path).unwrap()
}

fn line(file: &mut File, text: &str) {
    file.write_all(format!("{text}\n").as_bytes()).unwrap();
    file.sync_data().unwrap();
}

#[async_trait]
impl Messenger for Post {
    fn name(&self) -> &'static str {
        NAME
    }

    fn dialect(&self) -> Dialect {
        Dialect::plain(24, 1_000)
    }

    async fn listen(&self, inbox: &Inbox, stop: CancellationToken) -> Result<(), ListenError> {
        let spool = std::fs::read(self.folder.join("spool.json")).unwrap();
        let spool: Vec<Message> = serde_json::from_slice(&spool).unwrap();
        let confirmed = std::fs::read_to_string(self.folder.join("confirmed")).unwrap_or_default();
        let mut confirms = appending(&self.folder.join("confirmed"));
        for message in spool.into_iter().skip(confirmed.lines().count()) {
            if stop.is_cancelled() {
                return Ok(());
            }
            let key = message.key.clone();
            // Not confirmed, so offered again.
            while inbox.accept(message.clone(), "{}", clock::now()).await.is_err() {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
            line(&mut confirms, &key);
        }
        loop {
            let work = self.reader.open_work(NAME).await;
            let done = work.is_ok_and(|work| !(work.answers || work.drawings || work.replies));
            if done || stop.is_cancelled() {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    async fn deliver(
        &self,
        part: &Part,
        key: &str,
        _replaces: Option<&RemoteId>,
    ) -> Result<RemoteId, DeliveryError> {
        let arrived = serde_json::to_string(&Arrived::of(part, key)).unwrap();
        line(&mut self.arrived.lock().unwrap(), &arrived);
        Ok(RemoteId(format!("remote-{key}")))
    }

    async fn fetch(&self, recording: &Recording) -> Result<Incoming, FetchError> {
        Ok(Box::new(Cursor::new(models::sound(recording.remote.parse().unwrap()))))
    }

    async fn show(&self, _notice: &Notice) {}
}
