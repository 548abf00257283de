//! A backup beside a house at work, put back: nothing of it is lost, and what may come twice is known.

use aisaac::backup::BackupError;
use insta::assert_snapshot;

use crate::world::Story;

/// A fox is painted; a slow cat is in the painter's hands when the backup is made, and a dog waits.
async fn backed_up(story: &mut Story, file: &std::path::Path) -> aisaac::backup::Made {
    story.plays("ana", 1, "What is a fjord?").await;
    story.plays("bob", 1, "draw a fox").await;
    story.says("ana", 2, "draw a slow cat").await;
    story.says("bob", 2, "draw a dog").await;
    story.answers().await;
    let (house, stop) = (story.house(), story.stop());
    tokio::select! {
        _ = house.painter.as_ref().unwrap().paint_next(&stop) => panic!("it is slow"),
        made = async {
            story.held.reached().await;
            story.backs_up(file).await
        } => made,
    }
}

#[tokio::test]
async fn a_house_goes_on_from_its_backup_and_does_what_was_unfinished() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("house.zip");
    let mut story = Story::new().await;
    let made = backed_up(&mut story, &file).await.manifest;
    assert_eq!((made.unfinished.messages, made.unfinished.drawings), (0, 2), "the one in hand waits as well");
    assert_eq!((made.kept.pictures, made.missing.len()), (1, 0));
    // The house goes on after the backup: cat and dog are delivered, and come a second time after it is put back.
    story.held.lets_go();
    story.dies().await;
    while story.paints().await {}
    let fox = std::fs::read(story.places().media().join(file_of(&made, "media/"))).unwrap();
    story.told();
    let restored = story.restores(&file, true).await;
    let before = restored.before.unwrap();
    assert!(before.join("aisaac.db").exists(), "what was there is kept");
    assert_eq!(std::fs::read_dir(before.join("media")).unwrap().count(), 3);
    assert_eq!(std::fs::read(story.places().media().join(file_of(&made, "media/"))).unwrap(), fox);
    while story.paints().await {}
    story.plays("ana", 3, "And a bay?").await;
    story.plays("bob", 3, "again").await;
    assert_snapshot!(story.told(), @"
    -- the backup is put back
      ~ ana: place 0
      ~ bob: place 1
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] a slow cat · 8×8 · seed 3 · 4 steps
      ~ bob: place 0
      ~ bob: step 1/4 2/4 3/4 4/4
      → bob: [picture] a dog · 8×8 · seed 4 · 4 steps
    ana: And a bay?
      ~ ana: You said: …
      ~ ana: You said: And a bay?…
      ~ ana: You said: And a bay? (1 before)…
      → ana: You said: And a bay? (1 before)
    bob: again
      → bob: I am drawing “a dog”.
      ~ bob: place 0
      ~ bob: step 1/4 2/4 3/4 4/4
      → bob: [picture] a dog · 8×8 · seed 6 · 4 steps
    ");
}

#[tokio::test]
async fn what_was_unfinished_can_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("house.zip");
    let mut story = Story::new().await;
    backed_up(&mut story, &file).await;
    story.held.lets_go();
    story.told();
    let restored = story.restores(&file, false).await;
    assert_eq!(restored.unfinished.drawings, 2);
    story.answers().await;
    assert!(!story.paints().await);
    assert_eq!(story.told(), "-- the backup is put back", "nothing comes a second time");
}

#[tokio::test]
async fn replies_after_a_restore_have_numbers_that_no_reply_ever_had() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("house.zip");
    let mut story = Story::new().await;
    // The service remembers deliveries by number; this house is later in time than it has replies.
    story.passes(60 * 24 * 365);
    story.plays("ana", 1, "one").await;
    story.backs_up(&file).await;
    let mut numbers = Vec::new();
    for round in 0..3 {
        for number in 0..3 {
            story.says("ana", 10 * (round + 1) + number, "two").await;
            while story.house().assistant.handle_next(&story.stop()).await.unwrap() {}
            let due =
                story.house().store.next_reply(&[crate::messenger::NAME], &[], story.now()).await.unwrap();
            numbers.push(due.unwrap().reply.get());
            story.delivers().await;
        }
        story.restores(&file, true).await;
    }
    let mut once = numbers.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), numbers.len(), "{numbers:?}");
}

#[tokio::test]
async fn a_picture_that_went_meanwhile_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut story = Story::new().await;
    story.plays("ana", 1, "draw a fox").await;
    story.plays("ana", 2, "draw a cat").await;
    let media = story.places().media();
    let gone = std::fs::read_dir(&media).unwrap().next().unwrap().unwrap();
    std::fs::remove_file(gone.path()).unwrap();
    let file = folder.path().join("house.zip");
    let made = story.backs_up(&file).await;
    assert_eq!(made.manifest.missing, [gone.file_name().into_string().unwrap()]);
    let restored = story.restores(&file, true).await;
    assert_eq!(restored.missing, made.manifest.missing);
    let again = aisaac::backup::make(&story.places().belongings(), &file, false, 1).await;
    assert!(matches!(again, Err(BackupError::Exists { .. })), "{again:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}

fn file_of(made: &aisaac::backup::Manifest, start: &str) -> String {
    let name = made.files.keys().find_map(|name| name.strip_prefix(start));
    name.unwrap().to_owned()
}
