//! When something is wrong with the house itself, its owner is told: once, not again within the hour, and not again because
//! the house was started anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aisaac::app::watch::{Found, Watch};
use aisaac::inference::{Control, Handle, InferenceError, Model, Terms, Threads};
use aisaac::message::{Health, Language, Level};
use insta::assert_snapshot;
use tokio_util::sync::CancellationToken;

use crate::world::{Story, TIME};

/// Free disk as the story has it, in bytes.
type Disk = Arc<AtomicU64>;

const ROOM: u64 = 9_000_000_000;

/// A model that falls over when it is told to.
struct Fragile;

impl Model for Fragile {
    type Input = bool;
    type Output = ();
    type Progress = ();

    fn run(&mut self, falls: bool, _: &Control<()>) -> Result<(), InferenceError> {
        assert!(!falls, "falls over");
        Ok(())
    }
}

fn watch(story: &Story, disk: &Disk, threads: &Threads) -> Watch {
    let disk = disk.clone();
    Watch {
        health: Health::default(),
        store: story.house().store.clone(),
        threads: threads.clone(),
        free_disk: Arc::new(move || Some(disk.load(Ordering::SeqCst))),
        owners: story.owners(),
        language: Language::En,
        now: TIME.now,
    }
}

/// Time goes by, somebody looks after the house, and what there is to say leaves.
async fn look_after(minutes: i64, story: &mut Story, watching: &Watch, found: &mut Found) {
    story.passes(minutes);
    watching.look(found).await;
    story.delivers().await;
}

#[tokio::test]
async fn a_full_disk_is_told_once_an_hour_at_most_over_a_restart_too() {
    let mut story = Story::new().await;
    let (disk, threads) = (Disk::new(ROOM.into()), Threads::default());
    let (mut watching, mut found) = (watch(&story, &disk, &threads), Found::default());
    watching.look(&mut found).await;
    story.delivers().await;
    assert_eq!(story.told(), "", "all is well, and nobody is told so");
    disk.store(1_000, Ordering::SeqCst);
    for minutes in [1, 30, 29] {
        look_after(minutes, &mut story, &watching, &mut found).await;
    }
    story.restarts().await;
    (watching, found) = (watch(&story, &disk, &threads), Found::default());
    for minutes in [1, 119, 1] {
        look_after(minutes, &mut story, &watching, &mut found).await;
    }
    // There is room again, and then there is none again.
    disk.store(ROOM, Ordering::SeqCst);
    watching.look(&mut found).await;
    disk.store(1_000, Ordering::SeqCst);
    for minutes in [1, 59] {
        look_after(minutes, &mut story, &watching, &mut found).await;
    }
    assert_eq!(watching.health.state((TIME.now)()).level, Level::Warn);
    assert_snapshot!(story.told(), @"
    -- 1 minutes pass
      → ana: Less than 500 MB of disk is free, so no drawings and no recordings are taken. Make room; everything else goes on.
    -- 30 minutes pass
    -- 29 minutes pass
    -- the house has stopped and stands up again
    -- 1 minutes pass
      → ana: Less than 500 MB of disk is free, so no drawings and no recordings are taken. Make room; everything else goes on.
    -- 119 minutes pass
    -- 1 minutes pass
      → ana: Less than 500 MB of disk is free, so no drawings and no recordings are taken. Make room; everything else goes on.
    -- 1 minutes pass
    -- 59 minutes pass
      → ana: Less than 500 MB of disk is free, so no drawings and no recordings are taken. Make room; everything else goes on.
    ");
}

#[tokio::test]
async fn a_drawing_set_aside_and_a_model_that_fell_over_are_told() {
    let mut story = Story::new().await;
    let (disk, threads) = (Disk::new(ROOM.into()), Threads::default());
    let terms = Terms { threads: threads.clone(), ..Terms::free("instruct") };
    let model: Handle<bool, (), ()> = Handle::spawn(terms, || Ok(Box::new(Fragile)));
    let (watching, mut found) = (watch(&story, &disk, &threads), Found::default());
    for (falls, level) in [(false, Level::Green), (true, Level::Warn), (false, Level::Green)] {
        let ran = model.run(falls, CancellationToken::new(), Box::new(|()| ())).await;
        assert_eq!(ran.is_err(), falls);
        watching.look(&mut found).await;
        story.delivers().await;
        assert_eq!(watching.health.state((TIME.now)()).level, level);
    }
    story.says("bob", 3, "draw a slow cat").await;
    story.answers().await;
    for _ in 0..3 {
        story.house().store.claim((TIME.now)()).await.unwrap().unwrap();
        story.dies().await;
    }
    let (watching, mut found) = (watch(&story, &disk, &Threads::default()), Found::default());
    for _ in 0..2 {
        watching.look(&mut found).await;
        story.delivers().await;
    }
    assert_snapshot!(story.told(), @"
      → ana: The model instruct failed: it could not be loaded, or fell over. The next request tries it again. Look: aisaac doctor --deep
    bob: draw a slow cat
      → bob: I am drawing “a slow cat”.
    -- the house dies and stands up again
    -- the house dies and stands up again
    -- the house dies and stands up again
      → bob: I tried to draw “a slow cat” several times and failed. Please try a different request.
      → ana: A drawing was set aside: it was begun three times, and each time the house or the model fell over. Look: aisaac queue list; once more: aisaac queue retry ID
    ");
}

#[tokio::test]
async fn a_database_that_takes_nothing_is_red_after_a_minute_and_told() {
    let mut story = Story::new().await;
    let (disk, threads) = (Disk::new(ROOM.into()), Threads::default());
    let (watching, mut found) = (watch(&story, &disk, &threads), Found::default());
    let level = || watching.health.state((TIME.now)()).level;
    watching.look(&mut found).await;
    story.refuses_rows(true).await;
    for expected in [Level::Green, Level::Red] {
        look_after(1, &mut story, &watching, &mut found).await;
        assert_eq!(level(), expected);
    }
    story.refuses_rows(false).await;
    look_after(1, &mut story, &watching, &mut found).await;
    assert_eq!(level(), Level::Green);
    assert_snapshot!(story.told(), @"
    -- the database refuses
    -- 1 minutes pass
    -- 1 minutes pass
      → ana: The database has taken nothing for a minute: is the disk full, or does a backup program hold it? Look: aisaac doctor
    -- it takes rows again
    -- 1 minutes pass
    ");
}
