//! Stories about recordings on their way: what comes too late, not at all, or from a service that hangs.

use std::cell::Cell;
use std::future::Future;
use std::io::Cursor;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aisaac::app::engines::Engines;
use aisaac::inbox::{Inbox, Wanted};
use aisaac::media::Media;
use aisaac::message::{Address, Body, Message, Notice, Phrase, Recording, Step};
use aisaac::messenger::console::ASK;
use aisaac::messenger::{
    DeliveryError, Dialect, FetchError, Fetcher, Incoming, Intake, ListenError, Messenger, Part, RemoteId,
};
use aisaac::store::{Store, Witness};
use async_trait::async_trait;
use futures_util::future::BoxFuture;
use insta::assert_snapshot;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::messenger::NAME;
use crate::models;
use crate::world::{Story, message};

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(1_000_000) };
}

type Comes = BoxFuture<'static, Incoming>;

/// A service whose recordings come as a test says.
struct Service<F>(F);

#[async_trait]
impl<F: Fn(&str) -> Comes + Send + Sync> Messenger for Service<F> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn dialect(&self) -> Dialect {
        Dialect::plain(1_000, 1_000)
    }

    async fn listen(&self, _inbox: &Inbox, _stop: CancellationToken) -> Result<(), ListenError> {
        Ok(())
    }

    async fn deliver(
        &self,
        _part: &Part,
        _key: &str,
        _replaces: Option<&RemoteId>,
    ) -> Result<RemoteId, DeliveryError> {
        Err(DeliveryError::Never { reason: "it only has recordings".to_owned() })
    }

    async fn fetch(&self, recording: &Recording) -> Result<Incoming, FetchError> {
        Ok((self.0)(&recording.remote).await)
    }

    async fn show(&self, _notice: &Notice) {}
}

/// A house that listens.
async fn story() -> Story {
    let hearing = |held: &models::Held| -> Engines {
        let speech = models::speech(held, |_| "Many words".to_owned());
        Engines { speech: Some(speech), ..models::engines(held) }
    };
    Story::with(hearing, 1_000, "").await
}

fn intake(story: &Story, store: Store, free: Option<u64>) -> Intake {
    let media = Media::open(story.places().media()).unwrap();
    Intake::new(Inbox::new(store), media, Arc::new(move || free))
}

fn fetcher(story: &Story, store: Store, comes: impl Fn(&str) -> Comes + Send + Sync + 'static) -> Fetcher {
    Fetcher::new(intake(story, store, None), vec![Arc::new(Service(comes))], || NOW.get())
}

fn sound() -> Incoming {
    Box::new(Cursor::new(b"sound"))
}

/// Counts itself while it is there.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Recordings that hang; everything else comes at once.
fn hanging(count: &Arc<AtomicUsize>) -> impl Fn(&str) -> Comes + Send + Sync + 'static {
    let count = count.clone();
    move |remote| {
        let counted = (remote == "hangs").then(|| Counted::new(&count));
        Box::pin(async move {
            match counted {
                Some(_counted) => std::future::pending().await,
                None => sound(),
            }
        })
    }
}

/// Holds a file that lies in its place, before its row says so.
struct Held(Arc<Notify>, Arc<Notify>);

impl Witness for Held {
    fn reached(&self, step: Step, _row: i64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let (placed, goes_on) = (self.0.clone(), self.1.clone());
        Box::pin(async move {
            if step == Step::Brought {
                placed.notify_one();
                goes_on.notified().await;
            }
        })
    }

    fn passed(&self, _step: Step, _row: i64) {}
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..1_000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}

impl Story {
    async fn wanted(&self) -> Vec<Wanted> {
        self.house().store.wanted_recordings().await.unwrap()
    }

    /// Files in the media folder, hidden ones too.
    fn files(&self) -> usize {
        std::fs::read_dir(self.places().media()).unwrap().count()
    }

    /// Somebody says /stop, and the house is kept, so that what is doomed is gone.
    async fn stops_and_keeps(&self, who: &str, number: u32) {
        self.says(who, number, "/stop").await;
        while self.house().assistant.handle_next(&self.stop()).await.unwrap() {}
        self.house().keep().await.unwrap();
    }
}

#[tokio::test]
async fn what_comes_after_a_stop_is_not_kept() {
    let story = story().await;
    let (opened, comes) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait) = (opened.clone(), comes.clone());
    let fetcher = fetcher(&story, story.house().store.clone(), move |_| {
        let (tell, wait) = (tell.clone(), wait.clone());
        Box::pin(async move {
            tell.notify_one();
            wait.notified().await;
            sound()
        })
    });
    story.speaks("ana", 1, "late").await;
    story.heeds().await;
    let stopped = async {
        opened.notified().await;
        story.stops_and_keeps("ana", 2).await;
        comes.notify_one();
    };
    let (fetched, ()) = tokio::join!(fetcher.fetch_all(), stopped);
    assert!(fetched.unwrap());
    assert_eq!(story.files(), 0);
}

#[tokio::test]
async fn what_is_given_up_in_the_very_moment_goes_at_once() {
    let story = story().await;
    let (placed, goes_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let store = story.house().store.clone().watched(Arc::new(Held(placed.clone(), goes_on.clone())));
    let fetcher = fetcher(&story, store, |_| Box::pin(async { sound() }));
    story.speaks("ana", 1, "late").await;
    story.heeds().await;
    let stopped = async {
        placed.notified().await;
        assert_eq!(story.files(), 1);
        story.says("ana", 2, "/stop").await;
        while story.house().assistant.handle_next(&story.stop()).await.unwrap() {}
        goes_on.notify_one();
    };
    let (fetched, ()) = tokio::join!(fetcher.fetch_all(), stopped);
    assert!(fetched.unwrap());
    assert_eq!(story.files(), 0);
}

#[tokio::test]
async fn a_house_that_dies_beside_a_stop_leaves_no_file() {
    let story = story().await;
    let (placed, never) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let store = story.house().store.clone().watched(Arc::new(Held(placed.clone(), never)));
    let fetcher = fetcher(&story, store, |_| Box::pin(async { sound() }));
    story.speaks("ana", 1, "late").await;
    story.heeds().await;
    tokio::select! {
        _ = fetcher.fetch_all() => panic!("it is held"),
        () = placed.notified() => {}
    }
    assert_eq!(story.files(), 1);
    story.stops_and_keeps("ana", 2).await;
    assert_eq!(story.files(), 0);
}

#[tokio::test]
async fn an_ask_that_goes_leaves_no_file() {
    let story = story().await;
    story.speaks("ana", 1, "late").await;
    story.heeds().await;
    let wanted = story.wanted().await.remove(0);
    std::fs::write(story.places().media().join(&wanted.file), "whole").unwrap();
    story.house().store.abandon(wanted.id, story.now()).await.unwrap();
    assert!(!story.house().store.recording_is_here(wanted.id).await.unwrap());
    story.house().keep().await.unwrap();
    assert_eq!(story.files(), 0);
}

#[tokio::test]
async fn one_lane_has_one_place_and_a_stop_frees_it() {
    let mut story = story().await;
    let (hanging_now, stop) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
    let fetcher = fetcher(&story, story.house().store.clone(), hanging(&hanging_now));
    for number in 1..6 {
        story.speaks("ana", number, "hangs").await;
    }
    story.speaks("bob", 1, "comes").await;
    story.heeds().await;
    let script = async {
        until("bob's recording comes", async || story.wanted().await.len() == 1).await;
        assert_eq!(hanging_now.load(Ordering::SeqCst), 1);
        // Each ends the one that is in hand; what was said behind it has its turn then.
        for number in 6..11 {
            until("one is on its way", async || hanging_now.load(Ordering::SeqCst) == 1).await;
            story.says("ana", number, "/stop").await;
            story.answers().await;
        }
        until("nothing is fetched for nobody", async || hanging_now.load(Ordering::SeqCst) == 0).await;
        stop.cancel();
    };
    tokio::join!(fetcher.run(&stop), script);
}

#[tokio::test]
async fn a_service_that_hangs_has_ten_minutes() {
    let story = story().await;
    story.speaks("ana", 1, "hangs").await;
    story.heeds().await;
    let wanted = story.wanted().await.remove(0);
    let intake = intake(&story, story.house().store.clone(), None);
    tokio::time::pause();
    let since = tokio::time::Instant::now();
    let came = intake.bring(std::future::pending(), &wanted, &CancellationToken::new()).await.unwrap();
    assert!(matches!(came, Err(FetchError::Later { .. })));
    assert_eq!(since.elapsed().as_secs(), 600);
}

#[tokio::test]
async fn a_panic_on_the_way_is_tried_again() {
    let story = story().await;
    let tries = Arc::new(AtomicUsize::new(0));
    let fetcher = fetcher(&story, story.house().store.clone(), move |_| {
        let first = tries.fetch_add(1, Ordering::SeqCst) == 0;
        Box::pin(async move {
            assert!(!first, "a service that was told to panic");
            sound()
        })
    });
    story.speaks("ana", 1, "comes").await;
    story.heeds().await;
    fetcher.fetch_all().await.unwrap();
    assert_eq!(story.wanted().await.len(), 1);
    NOW.set(NOW.get() + 1_000);
    fetcher.fetch_all().await.unwrap();
    assert_eq!(story.wanted().await.len(), 0);
}

#[tokio::test]
async fn a_disk_that_refuses_is_waited_for_for_minutes_and_then_it_is_said() {
    let mut story = story().await;
    let (media, away) = (story.places().media(), story.places().data().join("away"));
    std::fs::rename(&media, &away).unwrap();
    story.speaks("ana", 1, "1").await;
    story.heeds().await;
    story.fetches().await;
    std::fs::rename(&away, &media).unwrap();
    story.passes(1);
    story.fetches().await;
    assert_eq!((story.wanted().await.len(), story.files()), (0, 1), "there is room again");
    std::fs::rename(&media, &away).unwrap();
    story.speaks("bob", 1, "1").await;
    story.heeds().await;
    for _ in 0..5 {
        story.fetches().await;
        story.answers().await;
        story.passes(1);
    }
    assert_snapshot!(story.told(), @"
    ana speaks: 1
    -- 1 minutes pass
    bob speaks: 1
      → ana: This recording did not reach me. Please send it again.
    -- 1 minutes pass
    -- 1 minutes pass
    -- 1 minutes pass
    -- 1 minutes pass
      → bob: Something went wrong here. It is in the log; please try again.
    -- 1 minutes pass
    ");
}

#[tokio::test]
async fn a_house_that_was_off_for_a_day_tries_for_some_minutes_and_gives_up_then() {
    let mut story = story().await;
    let later = || FetchError::Later { after: None, reason: "away".to_owned() };
    story.speaks("ana", 1, "1").await;
    story.heeds().await;
    story.passes(25 * 60);
    story.restarts().await;
    for _ in 0..2 {
        story.keeps_back([later()]);
        story.fetches().await;
        story.answers().await;
        story.passes(11);
    }
    assert_snapshot!(story.told(), @"
    ana speaks: 1
    -- 1500 minutes pass
    -- the house has stopped and stands up again
      ✗ not brought, to be tried again: away
    -- 11 minutes pass
      ✗ not brought, to be tried again: away
      → ana: This recording did not reach me. Please send it again.
    -- 11 minutes pass
    ");
}

#[tokio::test]
async fn an_ask_may_take_as_long_as_a_recording_does() {
    let story = story().await;
    let body = Body::Voice(Recording { remote: "1".to_owned(), caption: None });
    let address = Address { messenger: ASK.to_owned(), chat: "ask".to_owned(), thread: None };
    let asked = Message { address, ..message("owner", "m:1", body) };
    Inbox::new(story.house().store.clone()).accept(asked, "{}", story.now()).await.unwrap();
    for minutes in [0, 10, -60, 10] {
        story.passes(minutes);
        story.fetches().await;
        assert_eq!(story.wanted().await.len(), 1, "{minutes}");
    }
    story.passes(2);
    story.fetches().await;
    assert_eq!(story.wanted().await.len(), 0);
}

#[tokio::test]
async fn no_recording_is_brought_to_a_disk_that_is_nearly_full() {
    let story = story().await;
    story.speaks("ana", 1, "1").await;
    story.heeds().await;
    let wanted = story.wanted().await.remove(0);
    let (store, never) = (story.house().store.clone(), CancellationToken::new());
    let comes = || std::future::ready(Ok(sound()));
    let nearly_full = intake(&story, store.clone(), Some(499_999_999));
    let refused = nearly_full.bring(comes(), &wanted, &never).await.unwrap().unwrap_err();
    assert_eq!(refused.phrase(), Phrase::new("disk-low").with("needed", "500 MB"));
    assert_eq!((story.files(), story.wanted().await.len()), (0, 1));
    let roomy = intake(&story, store, Some(500_000_000));
    roomy.bring(comes(), &wanted, &never).await.unwrap().unwrap();
    assert_eq!((story.files(), story.wanted().await.len()), (1, 0));
}

#[test]
fn a_full_disk_is_called_by_its_name() {
    let said = |kind: std::io::ErrorKind| FetchError::disk(kind.into()).phrase().key;
    assert_eq!(said(std::io::ErrorKind::StorageFull), "disk-full");
    assert_eq!(said(std::io::ErrorKind::QuotaExceeded), "disk-full");
    assert_eq!(said(std::io::ErrorKind::NotFound), "our-fault");
}
