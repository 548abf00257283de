//! What is forgotten, or old, leaves no trace: every file of the data folder is searched for a person's words.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aisaac::inbox::Inbox;
use aisaac::message::{Body, Person};
use aisaac::messenger::DeliveryError;

use crate::world::{Story, message};

/// Rounds of talk: enough for pages of the database to fill, split and be used again.
const ROUNDS: u32 = 20;

/// Files of the data folder that hold a word.
fn hold(folder: &Path, word: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(hold(&path, word));
        } else if String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains(word) {
            found.push(path);
        }
    }
    found
}

/// One person's words, one for each place where text is kept.
fn words(who: &str) -> Vec<String> {
    ["question", "raw", "name", "thing", "edited", "persona", "cancelled", "gone", "heavy", "offered"]
        .map(|place| format!("zq{who}{place}"))
        .to_vec()
}

/// Says something with a name and a raw update, as a messenger would.
async fn says(story: &Story, who: &str, number: u32, text: &str) {
    let mut message = message(who, &format!("m:{number}"), Body::Text(text.to_owned()));
    message.from = Person { name: Some(format!("zq{who}name")), ..message.from };
    let inbox = Inbox::new(story.house().store.clone());
    let raw = format!("{{\"update\": \"zq{who}raw\"}}");
    inbox.accept(message, &raw, story.now()).await.unwrap();
}

/// A person leaves text wherever there is a place for it.
async fn lives(story: &mut Story, who: &str, from: u32) {
    let lines = [
        format!("/persona zq{who}persona"),
        format!("What is a zq{who}question?"),
        format!("draw zq{who}thing"),
        format!("draw a heavy zq{who}heavy"),
        format!("draw zq{who}cancelled"),
        "/cancel".to_owned(),
        format!("sunset zq{who}offered"),
    ];
    for (number, line) in (from..).zip(&lines) {
        says(story, who, number, line).await;
        story.answers().await;
        if !line.ends_with("cancelled") {
            while story.paints().await {}
        }
    }
    story.edits(who, from + 1, &format!("zq{who}edited")).await;
    // A reply that the service refuses for good keeps its reason.
    story.fails([DeliveryError::Never { reason: format!("zq{who}gone said no") }]);
    says(story, who, from + 20, "hello").await;
    story.answers().await;
}

async fn two_people_live(story: &mut Story) {
    for round in 0..ROUNDS {
        lives(story, "ana", 100 * round).await;
        lives(story, "bob", 100 * round).await;
    }
    let folder = story.places().data().to_owned();
    for word in words("ana").iter().chain(&words("bob")) {
        assert!(!hold(&folder, word).is_empty(), "{word} was kept somewhere");
    }
    assert!(!hold(&folder.join("media"), "zqanathing").is_empty(), "pictures hold their prompt");
}

#[tokio::test]
async fn forget_leaves_no_word_of_a_person_in_any_file() {
    let mut story = Story::new().await;
    two_people_live(&mut story).await;
    says(&story, "ana", 9_000, "/draw").await;
    story.answers().await;
    says(&story, "ana", 9_001, "/forget").await;
    story.answers().await;
    let folder = story.places().data().to_owned();
    for word in words("ana") {
        assert_eq!(hold(&folder, &word), Vec::<PathBuf>::new(), "{word}");
    }
    for word in words("bob") {
        assert!(!hold(&folder, &word).is_empty(), "{word} is nobody's to forget but his");
    }
    assert!(story.told().contains("Deleted:"));
}

#[tokio::test]
async fn what_is_old_leaves_no_word_in_any_file_but_for_what_waits() {
    let mut story = Story::with(crate::models::engines, 1_000, "[keep]\ndays = 7\n").await;
    two_people_live(&mut story).await;
    // Her first reply is put off, and again eight days later: what comes behind it waits, too.
    let off = || DeliveryError::Later { after: Some(Duration::from_secs(3_000)), reason: "off".to_owned() };
    story.fails([off(), off()]);
    says(&story, "eva", 1, "draw zqevawaits").await;
    while story.house().assistant.handle_next(&story.stop()).await.unwrap() {}
    story.paints().await;
    story.passes(60 * 24 * 8);
    says(&story, "bob", 9_000, "What is zqbobnew?").await;
    story.answers().await;
    story.house().keep().await.unwrap();
    let folder = story.places().data().to_owned();
    let gone = words("ana").into_iter().chain(words("bob"));
    for word in gone.filter(|word| !["zqbobname", "zqbobraw"].contains(&word.as_str())) {
        // What a chat chose is no message: it stays until /forget.
        if !word.ends_with("persona") {
            assert_eq!(hold(&folder, &word), Vec::<PathBuf>::new(), "{word}");
        }
    }
    assert!(!hold(&folder, "zqbobnew").is_empty(), "what is new stays");
    assert!(!hold(&folder.join("media"), "zqevawaits").is_empty(), "what waits to be delivered stays");
    story.told();
    story.passes(60 * 24 * 10);
    story.delivers().await;
    assert!(story.told().contains("[picture] zqevawaits"), "and arrives");
    story.passes(60 * 24 * 8);
    story.house().keep().await.unwrap();
    assert_eq!(hold(&folder, "zqeva"), Vec::<PathBuf>::new());
}
