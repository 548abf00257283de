//! From Russian words to an English prompt: an extractor that writes, a translator, and a picture model that speaks English;
//! first as fakes, then the house's own translator before a pocket model with CLIP.

use std::path::Path;

use aisaac::app::engines::{Engines, PictureModel};
use aisaac::inbox::Inbox;
use aisaac::inference::{
    Boxed, Control, Handle, RewriteRequest, Rewriting, Rewritten, Terms, runtime, seq2seq,
};
use aisaac::intent::{PainterFacts, Rewrites};
use aisaac::message::{Body, Message, Quoted};
use aisaac::models::Manifest;
use insta::assert_snapshot;

use crate::models::{self, Held};
use crate::pixels;
use crate::world::{Story, message};

/// Says for each text what stands beside it, and nothing for others.
fn says(name: &'static str, pairs: &'static [(&str, &str)]) -> Rewriting {
    Handle::fake(name, move |request: RewriteRequest, _: &Control<String>| {
        let found = pairs.iter().find(|(text, _)| *text == request.text.trim()).map(|(_, written)| *written);
        Ok(Rewritten { text: found.unwrap_or_default().to_owned(), tokens: 3, repeated: false })
    })
}

fn rewrites(model: Rewriting, to: Option<&str>) -> Rewrites {
    Rewrites { model, languages: vec!["ru".to_owned()], to: to.map(str::to_owned) }
}

/// The usual fakes, with a picture model that speaks English only.
fn english(held: &Held) -> Engines {
    let engines = models::engines(held);
    let painting = engines.painting.map(|painting| PictureModel {
        facts: PainterFacts { languages: vec!["en".to_owned()], ..painting.facts },
        ..painting
    });
    Engines { painting, ..engines }
}

fn chain(held: &Held) -> Engines {
    let extracted = &[
        ("нарисуй мне рыжего кота на крыше", "рыжий кот на крыше"),
        ("нарисуй сову", "нарисуй сову"),
        ("нарисуй замок", "пудель"),
    ];
    let translated = &[
        ("рыжий кот на крыше", "a ginger cat on a roof"),
        ("сову", "an owl"),
        ("замок", "a castle"),
        ("вывеску", "a sign"),
        ("над дверью", "above a door"),
        ("кота в стиле pixel art", "a cat in the style"),
    ];
    Engines {
        extractor: Some(rewrites(says("extractor", extracted), None)),
        translator: Some(rewrites(says("translator", translated), Some("en"))),
        ..english(held)
    }
}

#[tokio::test]
async fn the_way_from_words_to_a_prompt_is_shown_on_wish() {
    let mut story = Story::with(chain, 100, "").await;
    story.plays("ana", 1, "/steps").await;
    story.plays("ana", 2, "нарисуй мне рыжего кота на крыше").await;
    story.plays("ana", 3, "/steps").await;
    story.plays("ana", 4, "/draw a dog").await;
    story.plays("ana", 5, "/шаги").await;
    assert_snapshot!(story.told(), @"
    ana: /steps
      → ana: No picture has been asked for here yet.
    ana: нарисуй мне рыжего кота на крыше
      → ana: Рисую: «рыжий кот на крыше».
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] рыжий кот на крыше · 8×8 · сид 2 · 4 шага
    ana: /steps
      → ana: Request: нарисуй мне рыжего кота на крыше
          Understood as: draw 0.98
          To be drawn: рыжий кот на крыше
      → ana: What the picture model reads: a ginger cat on a roof
    ana: /draw a dog
      → ana: I am drawing “a dog”.
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] a dog · 8×8 · seed 4 · 4 steps
    ana: /шаги
      → ana: Request: /draw a dog
          Understood as: /draw
          To be drawn: a dog
          What the picture model reads: a dog
    ");
}

#[tokio::test]
async fn the_steps_of_an_earlier_picture_are_shown_where_the_command_answers_it() {
    let mut story = Story::with(chain, 1_000, "").await;
    story.plays("ana", 1, "нарисуй мне рыжего кота на крыше").await;
    story.plays("ana", 2, "/draw a dog").await;
    story.plays("ana", 3, "hello there").await;
    story.told();
    // The picture, what was said before it, the request, an answer in words, and what somebody else got.
    for (number, key) in ["m:remote-2-0", "m:remote-1-0", "m:1", "m:remote-5-0"].into_iter().enumerate() {
        answering(&mut story, "ana", 4 + number, key).await;
    }
    answering(&mut story, "bob", 1, "m:remote-2-0").await;
    assert_snapshot!(story.told(), @"
    ana, answering m:remote-2-0: /steps
      → ana: Request: нарисуй мне рыжего кота на крыше
          Understood as: draw 0.98
          To be drawn: рыжий кот на крыше
          What the picture model reads: a ginger cat on a roof
    ana, answering m:remote-1-0: /steps
      → ana: Request: нарисуй мне рыжего кота на крыше
          Understood as: draw 0.98
          To be drawn: рыжий кот на крыше
          What the picture model reads: a ginger cat on a roof
    ana, answering m:1: /steps
      → ana: Request: нарисуй мне рыжего кота на крыше
          Understood as: draw 0.98
          To be drawn: рыжий кот на крыше
          What the picture model reads: a ginger cat on a roof
    ana, answering m:remote-5-0: /steps
      → ana: I know of no picture at that message. Without answering one, /steps shows the last picture.
    bob, answering m:remote-2-0: /steps
      → bob: I know of no picture at that message. Without answering one, /steps shows the last picture.
    ");
}

/// Somebody answers a message with the command.
async fn answering(story: &mut Story, who: &str, number: usize, key: &str) {
    story.transcript.write(format!("{who}, answering {key}: /steps"));
    let quoted = Quoted { key: key.to_owned(), ours: true, from: None, text: None, recording: None };
    let message = message(who, &format!("m:{number}"), Body::Text("/steps".to_owned()));
    let inbox = Inbox::new(story.house().store.clone());
    inbox.accept(Message { quoted: Some(quoted), ..message }, "{}", story.now()).await.unwrap();
    story.answers().await;
}

#[tokio::test]
async fn what_an_extractor_writes_is_believed_only_when_it_is_near() {
    let mut story = Story::with(chain, 100, "").await;
    for (number, text) in ["нарисуй сову", "нарисуй замок"].into_iter().enumerate() {
        story.plays("ana", 2 * number as u32, text).await;
        story.plays("ana", 2 * number as u32 + 1, "/steps").await;
    }
    assert_snapshot!(story.told(), @"
    ana: нарисуй сову
      → ana: Рисую: «сову».
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] сову · 8×8 · сид 1 · 4 шага
    ana: /steps
      → ana: Request: нарисуй сову
          Understood as: draw 0.98
          To be drawn: сову
      → ana: What the picture model reads: an owl
    ana: нарисуй замок
      → ana: Рисую: «замок».
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] замок · 8×8 · сид 3 · 4 шага
    ana: /steps
      → ana: Request: нарисуй замок
          Understood as: draw 0.98
          To be drawn: замок
      → ana: What the picture model reads: a castle
    ");
}

#[tokio::test]
async fn quotes_and_latin_words_stay_and_what_cannot_be_translated_is_said() {
    let mut story = Story::with(chain, 100, "").await;
    story.plays("ana", 1, "/draw вывеску «Кафе у моря» над дверью").await;
    story.plays("ana", 2, "/steps").await;
    story.plays("ana", 3, "/draw кота в стиле pixel art").await;
    story.plays("ana", 4, "/steps").await;
    story.plays("ana", 5, "/draw бурундука").await;
    story.plays("ana", 6, "/draw 🐱🐱").await;
    assert_snapshot!(story.told(), @"
    ana: /draw вывеску «Кафе у моря» над дверью
      → ana: I am drawing “вывеску «Кафе у моря» над дверью”.
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] вывеску «Кафе у моря» над дверью · 8×8 · seed 1 · 4 steps
    ana: /steps
      → ana: Request: /draw вывеску «Кафе у моря» над дверью
          Understood as: /draw
      → ana: To be drawn: вывеску «Кафе у моря» над дверью
      → ana: What the picture model reads: a sign «Кафе у моря» above a door
    ana: /draw кота в стиле pixel art
      → ana: I am drawing “кота в стиле pixel art”.
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] кота в стиле pixel art · 8×8 · seed 3 · 4 steps
    ana: /steps
      → ana: Request: /draw кота в стиле pixel art
          Understood as: /draw
          To be drawn: кота в стиле pixel art
      → ana: What the picture model reads: a cat in the style, pixel art
    ana: /draw бурундука
      → ana: I could not put “бурундука” into words that the picture model understands.
      → ana: Say it in other words, or in English.
    ana: /draw 🐱🐱
      → ana: I am drawing “🐱🐱”.
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] 🐱🐱 · 8×8 · seed 6 · 4 steps
    ");
}

#[tokio::test]
async fn without_a_translator_an_english_model_asks_for_english() {
    let mut story = Story::with(english, 100, "").await;
    story.plays("ana", 1, "нарисуй кота").await;
    story.plays("ana", 2, "draw a cat").await;
    assert_snapshot!(story.told(), @"
    ana: нарисуй кота
      → ana: Модель рисования здесь не понимает «кота», а переводчика нет.
      → ana: Напишите по-английски; хозяин может посмотреть: aisaac models list
    ana: draw a cat
      → ana: I am drawing “a cat”.
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] a cat · 8×8 · seed 2 · 4 steps
    ");
}

#[tokio::test]
async fn a_picture_says_in_its_file_how_it_came_about() {
    let mut story = Story::with(chain, 100, "").await;
    story.plays("ana", 1, "нарисуй мне рыжего кота на крыше").await;
    let text = file_of(&story, 1);
    for said in [
        "prompt\0a ginger cat on a roof",
        "нарисуй мне рыжего кота на крыше",
        "intent\0draw ",
        "рыжий кот на крыше",
    ] {
        assert!(text.contains(said), "{said}");
    }
}

/// The picture with this seed, as it lies on the disk, read as text.
fn file_of(story: &Story, seed: u64) -> String {
    let mut media = std::fs::read_dir(story.places().media()).unwrap().map(|entry| entry.unwrap().path());
    let file = media.find(|path| path.to_string_lossy().ends_with(&format!("-{seed}.png"))).unwrap();
    String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned()
}

/// The translator that the house brings.
fn translator() -> Rewrites {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/translate-ru-en");
    let manifest = std::fs::read_to_string(folder.join("manifest.toml")).unwrap();
    let manifest = Manifest::parse(&manifest).unwrap();
    let (languages, to) = (manifest.languages.clone(), seq2seq::writes(&manifest).unwrap());
    let model = Handle::spawn(Terms::free("translate-ru-en"), move || {
        seq2seq::rewriter(&manifest, &folder, &runtime::for_tests())
            .map(|model| Box::new(model) as Boxed<_, _, _>)
    });
    Rewrites { model, languages, to }
}

#[tokio::test]
async fn a_russian_request_reaches_a_clip_model_in_english() {
    let engines = |held: &Held| Engines { translator: Some(translator()), ..pixels::engines(held) };
    let mut story = Story::with(engines, 1_000, "").await;
    // Latin letters among the Russian ones.
    story.plays("ana", 1, "нарисуй рыжeгo кoта на крыше").await;
    story.plays("ana", 2, "/steps").await;
    story.plays("ana", 3, "draw the Red Cat").await;
    story.plays("ana", 4, "/steps").await;
    assert_snapshot!(story.told(), @"
    ana: нарисуй рыжeгo кoта на крыше
      → ana: Рисую: «рыжего кота на крыше».
      ~ ana: place 0
      ~ ana: step 1/3 2/3 3/3
      → ana: [picture] рыжего кота на крыше · 32×32 · сид 1 · 3 шага
    ana: /steps
      → ana: Request: нарисуй рыжeгo кoта на крыше
          Understood as: draw 0.98
          To be drawn: рыжего кота на крыше
          What the picture model reads: a ginger cat on a roof
    ana: draw the Red Cat
      → ana: I am drawing “the Red Cat”.
      ~ ana: place 0
      ~ ana: step 1/3 2/3 3/3
      → ana: [picture] the Red Cat · 32×32 · seed 3 · 3 steps
    ana: /steps
      → ana: Request: draw the Red Cat
          Understood as: draw 0.98
          To be drawn: the Red Cat
          What the picture model reads: the Red Cat
    ");
    let file = file_of(&story, 1);
    for said in [
        "prompt\0a ginger cat on a roof",
        "request\0",
        "нарисуй рыжeгo кoта на крыше",
        "intent\0draw 0.98",
        "subject\0",
        "рыжего кота на крыше",
    ] {
        assert!(file.contains(said), "{said}");
    }
    story.plays("ana", 5, "нарисуй кота --no шляпа").await;
    assert!(file_of(&story, 5).contains("negative\0a hat"), "what is not wanted is read by the same model");
    // What is English already is not touched.
    assert!(file_of(&story, 3).contains("prompt\0the Red Cat"));
}

#[tokio::test]
async fn without_a_translator_a_clip_model_is_asked_nothing_in_russian() {
    let mut story = Story::with(pixels::engines, 1_000, "").await;
    story.plays("ana", 1, "нарисуй рыжего кота").await;
    story.plays("ana", 2, "draw the red cat").await;
    assert_snapshot!(story.told(), @"
    ana: нарисуй рыжего кота
      → ana: Модель рисования здесь не понимает «рыжего кота», а переводчика нет. Напишите по-английски; хозяин может посмотреть: aisaac models list
    ana: draw the red cat
      → ana: I am drawing “the red cat”.
      ~ ana: place 0
      ~ ana: step 1/3 2/3 3/3
      → ana: [picture] the red cat · 32×32 · seed 2 · 3 steps
    ");
}
