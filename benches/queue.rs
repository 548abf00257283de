//! How soon is what was queued in somebody's hands? Drawings from the transaction that queues them to the painter's
//! claim, messages from the inbox to the assistant's hand: the house's own waiting loop on the other side, every commit
//! on disk (`synchronous=FULL`). What the disk itself takes for such a commit stands beside.

use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Instant;

use aisaac::message::{Address, Body, Commission, Language, Message, Outcome, Person, Phrase, Standing};
use aisaac::store::{Limits, Role, Settlement, Store, attend};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::Places;
use crate::figures::{Figures, percentile};

/// Drawings and messages that go through.
const MANY: usize = 600;

/// Our name in addresses.
const NAME: &str = "bench";

pub(crate) fn run(_: &Places) {
    let mut figures = Figures::of("queue", "Queue: from queued to claimed, every commit on disk");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let disk = disk(folder.path());
    figures.note(spread("the disk: 4 KiB and fdatasync", &disk));
    let times = runtime.block_on(async {
        let store = Store::open(&folder.path().join("aisaac.db"), "bench", Role::House, 0).await.unwrap();
        let times = (drawings(&store).await, messages(&store).await);
        store.close().await;
        times
    });
    let ((queueing, claiming), (accepting, taking)) = times;
    for (what, samples, goal) in [
        ("drawing: queued -> claimed", claiming, Some(2.0)),
        ("message: accepted -> taken", taking, Some(2.0)),
    ] {
        figures.alone((&format!("{what}, p50"), "ms"), percentile(&samples, 50.0), None);
        figures.alone((&format!("{what}, p99"), "ms"), percentile(&samples, 99.0), goal);
    }
    figures.note(spread("before that, the transaction that queues a drawing", &queueing));
    figures.note(spread("before that, the transaction that accepts a message", &accepting));
    figures.write();
}

fn spread(what: &str, samples: &[f64]) -> String {
    let [half, most, all] = [50.0, 99.0, 100.0].map(|share| percentile(samples, share));
    format!("{what}: p50 {half:.2} ms, p99 {most:.2} ms, longest {all:.2} ms ({} times)", samples.len())
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// Milliseconds of appending a page and waiting until the disk has it.
pub(crate) fn disk(folder: &Path) -> Vec<f64> {
    let file = std::fs::File::create(folder.join("page")).unwrap();
    let write = |place: usize| {
        let start = Instant::now();
        file.write_all_at(&[7; 4096], 4096 * place as u64).unwrap();
        file.sync_data().unwrap();
        ms(start)
    };
    (0..MANY).map(write).collect()
}

fn message(number: usize) -> Message {
    let address = Address { messenger: NAME.to_owned(), chat: format!("c{}", number % 10), thread: None };
    let from = Person { id: format!("p{}", number % 10), language: Some(Language::En), ..Person::default() };
    Message::new(address, format!("m:{number}"), from, Body::Text("draw a red apple".to_owned()), 1)
}

/// (ms of the transaction that queues, ms from its end to the end of the claim)
async fn drawings(store: &Store) -> (Vec<f64>, Vec<f64>) {
    let (tell, mut claimed) = mpsc::channel(1);
    let stop = CancellationToken::new();
    let painter = async {
        let paint = || async {
            let Some(drawing) = store.claim(1).await? else { return Ok(false) };
            tell.send((drawing, Instant::now())).await.unwrap();
            Ok(true)
        };
        attend("painting", &store.bells().drawings, &stop, paint).await;
    };
    let asking = async {
        let (mut queueing, mut claiming) = (Vec::new(), Vec::new());
        for number in 0..MANY {
            store.accept(&message(number), "{}", false, 1).await.unwrap();
            let taken = store.take(&[NAME]).await.unwrap().unwrap();
            let start = Instant::now();
            store.settle(settlement(&taken, outcome())).await.unwrap().unwrap();
            let queued = Instant::now();
            queueing.push((queued - start).as_secs_f64() * 1e3);
            let (drawing, at) = claimed.recv().await.unwrap();
            claiming.push(at.saturating_duration_since(queued).as_secs_f64() * 1e3);
            store.failed(&drawing, Phrase::new("drawing-failed"), "a bench", 1).await.unwrap();
            // The painter looks again after every picture, and then waits for its bell.
            tokio::time::sleep(std::time::Duration::from_millis(3)).await;
        }
        stop.cancel();
        (queueing, claiming)
    };
    tokio::join!(painter, asking).1
}

fn outcome() -> Outcome {
    Outcome::Draw(Commission {
        subject: "a red apple".to_owned(),
        prompt: "a red apple".to_owned(),
        negative: None,
        seed: 7,
        size: None,
        steps: None,
        as_file: false,
        request: "draw a red apple".to_owned(),
        intent: "draw".to_owned(),
    })
}

fn settlement(taken: &aisaac::store::Taken, outcome: Outcome) -> Settlement<'_> {
    Settlement {
        taken,
        outcome,
        standing: Standing::Member,
        also: &[NAME],
        anew: None,
        for_us: true,
        heard: None,
        told: &[],
        language: Language::En,
        report: "{}",
        limits: Limits { waiting_per_person: 5, daily: None },
        now: 1,
    }
}

/// (ms of accepting, ms from its end to the message in the assistant's hand)
async fn messages(store: &Store) -> (Vec<f64>, Vec<f64>) {
    let (tell, mut taken) = mpsc::channel(1);
    let stop = CancellationToken::new();
    let assistant = async {
        let look = || async {
            if let Some(found) = store.take(&[NAME]).await? {
                tell.send((found, Instant::now())).await.unwrap();
            }
            Ok(false)
        };
        attend("taking messages", &store.bells().inbox, &stop, look).await;
    };
    let offering = async {
        let (mut accepting, mut taking) = (Vec::new(), Vec::new());
        for number in MANY..2 * MANY {
            let start = Instant::now();
            store.accept(&message(number), "{}", false, 1).await.unwrap();
            let accepted = Instant::now();
            accepting.push((accepted - start).as_secs_f64() * 1e3);
            let (message, at) = taken.recv().await.unwrap();
            taking.push(at.saturating_duration_since(accepted).as_secs_f64() * 1e3);
            store.settle(settlement(&message, Outcome::Nothing)).await.unwrap().unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(3)).await;
        }
        stop.cancel();
        (accepting, taking)
    };
    tokio::join!(assistant, offering).1
}
