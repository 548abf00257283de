//! Stories about speech: what is heard, what is not, and what becomes of the recording.

use std::time::Duration;

use aisaac::app::engines::Engines;
use aisaac::message::{Body, Phrase, Recording};
use aisaac::messenger::FetchError;
use insta::assert_snapshot;

use crate::messenger;
use crate::models::{self, Held};
use crate::world::Story;

const SPOKEN: [&str; 5] = ["draw a fox", "What is a fjord?", "", "Slow words", "Guten Tag"];

fn hearing(held: &Held) -> Engines {
    let says = |number: usize| SPOKEN.get(number).copied().unwrap_or("Many words").to_owned();
    Engines { speech: Some(models::speech(held, says)), ..models::engines(held) }
}

async fn story() -> Story {
    Story::with(hearing, 1_000, "").await
}

/// Recordings that lie in the media folder.
fn recordings(story: &Story) -> usize {
    let entries = std::fs::read_dir(story.places().media()).unwrap();
    entries
        .filter(|entry| entry.as_ref().unwrap().file_name().to_str().unwrap().starts_with("voice-"))
        .count()
}

impl Story {
    async fn hears(&mut self, who: &str, number: u32, recording: &str) {
        self.speaks(who, number, recording).await;
        self.fetches().await;
        self.answers().await;
        while self.paints().await {}
    }
}

#[tokio::test]
async fn what_was_said_is_shown_and_done() {
    let mut story = story().await;
    story.hears("ana", 1, "0").await;
    story.hears("ana", 2, "1").await;
    story.hears("ana", 3, "2").await;
    story.hears("mallory", 1, "0").await;
    assert_snapshot!(story.told(), @"
    ana speaks: 0
      → ana: > draw a fox

          I am drawing “a fox”.
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] a fox · 8×8 · seed 1 · 4 steps
    ana speaks: 1
      ~ ana: You said: …
      ~ ana: You said: What is a fjord?…
      ~ ana: You said: What is a fjord? (0 before)…
      → ana: > What is a fjord?

          You said: What is a fjord? (0 before)
    ana speaks: 2
      → ana: I could not hear anybody speak in this recording.
    mallory speaks: 0
      → mallory: This is a private assistant. Its owner can let you in; your id is mallory.
    ");
    assert_eq!(recordings(&story), 3, "a stranger's is not even brought");
}

#[tokio::test]
async fn what_is_no_speech_has_a_sentence_of_its_own() {
    let mut story = story().await;
    story.hears("ana", 1, "").await;
    story.hears("ana", 2, "picture.ogg").await;
    story.hears("ana", 3, "video.mp4").await;
    story.hears("ana", 4, "speex.ogg").await;
    story.hears("ana", 5, "2hours.ogg").await;
    story.hears("ana", 6, "OggS and then nothing that an OGG has").await;
    story.hears("ana", 7, "RIFF____WAVE and then nothing").await;
    story.hears("ana", 8, messenger::ENDLESS).await;
    story.hears("ana", 9, "4").await;
    assert_snapshot!(story.told(), @r#"
    ana speaks: 
      → ana: This recording is empty.
    ana speaks: picture.ogg
      → ana: This file is not a recording that I can read.
    ana speaks: video.mp4
      → ana: There is no sound in this file.
    ana speaks: speex.ogg
      → ana: I cannot read this kind of recording (Speex).
    ana speaks: 2hours.ogg
      → ana: This recording is too long: I listen to at most 1 minute.
    ana speaks: OggS and then nothing that an OGG has
      → ana: There is no sound in this file.
    ana speaks: RIFF____WAVE and then nothing
      → ana: This recording is damaged; I cannot read it.
    ana speaks: endless
      → ana: This file is too large: I take recordings of at most 64 MB.
    ana speaks: 4
      → ana: This recording sounds like German, and I was told to listen to other languages. The owner can add "de" to languages in [hear].
    "#);
    assert_eq!(recordings(&story), 8, "nothing is kept of what is too large");
}

#[tokio::test]
async fn how_far_a_long_recording_is_heard_is_shown() {
    let mut story = story().await;
    story.hears("ana", 1, "30900").await;
    assert_snapshot!(story.told(), @"
    ana speaks: 30900
      ~ ana: heard 0 of 31 s
      ~ ana: heard 31 of 31 s
      ~ ana: You said: …
      ~ ana: You said: Many words…
      ~ ana: You said: Many words (0 before)…
      → ana: > Many words

          You said: Many words (0 before)
    ");
}

#[tokio::test]
async fn hearing_can_be_stopped() {
    let mut story = story().await;
    story.speaks("ana", 1, "3").await;
    story.fetches().await;
    story
        .while_answering(async |story, stop| {
            story.says("ana", 2, "/stop").await;
            assert!(story.house().assistant.handle_next(stop).await.unwrap());
        })
        .await;
    story.delivers().await;
    story.hears("ana", 3, "1").await;
    assert_snapshot!(story.told(), @"
    ana speaks: 3
    ana: /stop
      → ana: Stopped.
    ana speaks: 1
      ~ ana: You said: …
      ~ ana: You said: What is a fjord?…
      ~ ana: You said: What is a fjord? (0 before)…
      → ana: > What is a fjord?

          You said: What is a fjord? (0 before)
    ");
}

#[tokio::test]
async fn recordings_come_by_themselves_and_one_that_fails_holds_up_nobody() {
    let mut story = story().await;
    let stop = story.stop();
    let fetcher = story.house().fetcher.clone();
    let later = FetchError::Later { after: Some(Duration::from_secs(30)), reason: "busy".to_owned() };
    story.keeps_back([later]);
    story.speaks("ana", 1, "1").await;
    story.heeds().await;
    let coming = fetcher.run(&stop);
    let heard = async {
        story.kept_back().await;
        story.speaks("bob", 1, "0").await;
        while story.house().store.reader().waiting().await.unwrap().messages > 1 {
            story.heeds().await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        stop.cancel();
    };
    let ended = tokio::time::timeout(Duration::from_secs(60), async { tokio::join!(coming, heard) }).await;
    assert!(ended.is_ok(), "nothing came");
    story.delivers().await;
    assert_snapshot!(story.told(), @"
    ana speaks: 1
      ✗ not brought, to be tried again: busy
    bob speaks: 0
      → bob: > draw a fox

          I am drawing “a fox”.
    ");
}

#[tokio::test]
async fn a_recording_that_does_not_come_is_waited_for_and_what_was_said_after_it_waits_too() {
    let mut story = story().await;
    let later = || FetchError::Later { after: Some(Duration::from_secs(30)), reason: "busy".to_owned() };
    story.keeps_back([later()]);
    story.speaks("ana", 1, "1").await;
    story.says("ana", 2, "And a bay?").await;
    story.says("bob", 1, "And a lake?").await;
    story.fetches().await;
    story.answers().await;
    story.passes(1);
    story.fetches().await;
    story.answers().await;
    let never = FetchError::Never { phrase: Phrase::new("voice-gone"), reason: "deleted".to_owned() };
    story.keeps_back([never]);
    story.hears("ana", 3, "1").await;
    assert_snapshot!(story.told(), @"
    ana speaks: 1
    ana: And a bay?
    bob: And a lake?
      ✗ not brought, to be tried again: busy
      ~ bob: You said: …
      ~ bob: You said: And a lake?…
      ~ bob: You said: And a lake? (0 before)…
      → bob: You said: And a lake? (0 before)
    -- 1 minutes pass
      ~ ana: You said: …
      ~ ana: You said: What is a fjord?…
      ~ ana: You said: What is a fjord? (0 before)…
      ~ ana: You said: …
      ~ ana: You said: And a bay?…
      ~ ana: You said: And a bay? (1 before)…
      → ana: > What is a fjord?

          You said: What is a fjord? (0 before)
      → ana: You said: And a bay? (1 before)
    ana speaks: 1
      ✗ not to be had: deleted
      → ana: This recording did not reach me. Please send it again.
    ");
}

#[tokio::test]
async fn a_house_that_dies_hears_again_and_answers_once() {
    let mut story = story().await;
    story.speaks("ana", 1, "1").await;
    story.dies().await;
    story.fetches().await;
    story.house().store.take(&[crate::messenger::NAME]).await.unwrap().unwrap();
    story.dies().await;
    story.answers().await;
    assert_snapshot!(story.told(), @"
    ana speaks: 1
    -- the house dies and stands up again
    -- the house dies and stands up again
      ~ ana: You said: …
      ~ ana: You said: What is a fjord?…
      ~ ana: You said: What is a fjord? (0 before)…
      → ana: > What is a fjord?

          You said: What is a fjord? (0 before)
    ");
}

#[tokio::test]
async fn recordings_go_with_their_messages() {
    let mut story = story().await;
    story.hears("ana", 1, "1").await;
    story.hears("bob", 1, "1").await;
    assert_eq!(recordings(&story), 2);
    story.plays("ana", 2, "/forget").await;
    assert_eq!(recordings(&story), 1, "forgotten");
    story.passes(40 * 24 * 60);
    story.house().keep().await.unwrap();
    assert_eq!(recordings(&story), 0, "old");
    story.told();
}

#[tokio::test]
async fn whoever_says_stop_does_not_wait_for_a_recording() {
    let mut story = story().await;
    let later = FetchError::Later { after: Some(Duration::from_secs(3_000)), reason: "busy".to_owned() };
    story.keeps_back([later]);
    story.speaks("ana", 1, "1").await;
    story.fetches().await;
    story.says("ana", 2, "What is a bay?").await;
    story.says("ana", 3, "/stop").await;
    story.answers().await;
    assert_snapshot!(story.told(), @"
    ana speaks: 1
      ✗ not brought, to be tried again: busy
    ana: What is a bay?
    ana: /stop
      ~ ana: You said: …
      ~ ana: You said: What is a bay?…
      ~ ana: You said: What is a bay? (0 before)…
      → ana: Stopped.
      → ana: You said: What is a bay? (0 before)
    ");
}

#[tokio::test]
async fn forget_said_aloud_leaves_nothing_of_what_was_said() {
    let mut story = story().await;
    story.hears("ana", 1, "1").await;
    let body = Body::Voice(Recording { remote: "1".to_owned(), caption: Some("/forget".to_owned()) });
    story.offers("ana", "m:2", body).await;
    story.fetches().await;
    story.answers().await;
    assert_eq!(recordings(&story), 0);
    let told = story.told();
    assert!(told.ends_with("and the settings of this chat."), "{told}");
    let (database, words) = (std::fs::read(story.places().database()).unwrap(), b"fjord");
    assert!(!database.windows(words.len()).any(|piece| piece == words), "in the database");
}

#[tokio::test]
async fn a_file_that_came_for_a_message_that_was_given_up_goes() {
    let story = story().await;
    story.speaks("ana", 1, "1").await;
    story.heeds().await;
    let wanted = story.house().store.wanted_recordings().await.unwrap().remove(0);
    std::fs::write(story.places().media().join(&wanted.file), "whole").unwrap();
    story.house().store.recording_is_missing(wanted.id, &Phrase::new("voice-gone")).await.unwrap();
    story.house().keep().await.unwrap();
    assert_eq!(recordings(&story), 0);
    story.told();
}

#[tokio::test]
async fn a_house_without_a_hearing_model_says_so() {
    let mut story = Story::new().await;
    story.hears("ana", 1, "1").await;
    assert_snapshot!(story.told(), @"
    ana speaks: 1
      → ana: I cannot listen yet: no hearing model is installed. The owner can run: aisaac models pull starter
    ");
}

#[tokio::test]
async fn a_strangers_recording_is_not_brought() {
    let mut story = story().await;
    story.keeps_back([FetchError::Later { after: None, reason: "whoever asks".to_owned() }]);
    story.speaks("mallory", 1, "0").await;
    assert_eq!(story.house().store.wanted_recordings().await.unwrap(), [], "nobody has heeded it");
    story.fetches().await;
    story.answers().await;
    assert_snapshot!(story.told(), @"
    mallory speaks: 0
      → mallory: This is a private assistant. Its owner can let you in; your id is mallory.
    ");
    assert_eq!(recordings(&story), 0);
}
