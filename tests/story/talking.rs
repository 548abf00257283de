//! Answers in words.

use aisaac::app::engines::Engines;
use aisaac::inbox::Inbox;
use aisaac::inference::{ChatAnswer, ChatRequest, Control, Handle};
use aisaac::message::Body;
use insta::assert_snapshot;

use crate::models::{self, Held};
use crate::world::{Story, message};

#[tokio::test]
async fn an_answer_grows_and_the_conversation_is_remembered() {
    let mut story = Story::new().await;
    story.plays("ana", 1, "What is a fjord?").await;
    story.plays("ana", 2, "And a lagoon?").await;
    story.plays("ana", 3, "/new").await;
    story.plays("ana", 4, "And a bay?").await;
    assert_snapshot!(story.told(), @"
    ana: What is a fjord?
      ~ ana: You said: …
      ~ ana: You said: What is a fjord?…
      ~ ana: You said: What is a fjord? (0 before)…
      → ana: You said: What is a fjord? (0 before)
    ana: And a lagoon?
      ~ ana: You said: …
      ~ ana: You said: And a lagoon?…
      ~ ana: You said: And a lagoon? (1 before)…
      → ana: You said: And a lagoon? (1 before)
    ana: /new
      → ana: A fresh conversation: what was said before no longer counts. To delete everything that is kept: /forget
    ana: And a bay?
      ~ ana: You said: …
      ~ ana: You said: And a bay?…
      ~ ana: You said: And a bay? (0 before)…
      → ana: You said: And a bay? (0 before)
    ");
}

#[tokio::test]
async fn a_language_that_the_model_lacks_is_said_and_the_long_way_only_once() {
    let mut story = Story::new().await;
    story.plays("ana", 1, "Что такое фьорд?").await;
    story.plays("ana", 2, "А лагуна?").await;
    story.plays("ana", 3, "привет").await;
    story.plays("ana", 4, "что такое machine learning?").await;
    story.plays("bob", 1, "Quelle est la capitale de la France ?").await;
    story.plays("bob", 2, "/persona Ты — старый моряк").await;
    assert_snapshot!(story.told(), @"
    ana: Что такое фьорд?
      → ana: Модель ответов здесь (Fake) говорит только на языках: английский. По-русски я понимаю и уже могу рисовать, показывать очередь и менять настройки. Чтобы я и отвечал по-русски, хозяин может выполнить: aisaac models pull answer-ru (около 900 МБ).
    ana: А лагуна?
      → ana: Отвечать по-русски я пока не умею (aisaac models pull answer-ru, около 900 МБ), но могу рисовать.
    ana: привет
      → ana: Привет! Скажите, что нарисовать; /help покажет, что ещё я умею.
    ana: что такое machine learning?
      → ana: Отвечать по-русски я пока не умею (aisaac models pull answer-ru, около 900 МБ), но могу рисовать.
    bob: Quelle est la capitale de la France ?
      → bob: The answer model here (Fake) speaks only: English. Drawings can be asked for in English and in Russian.
    bob: /persona Ты — старый моряк
      → bob: The answer model here reads a persona only in: English. Please describe it in one of them.
    ");
}

#[tokio::test]
async fn low_confidence_answers_and_offers_a_drawing() {
    let mut story = Story::new().await;
    story.plays("ana", 1, "sunset over the sea").await;
    story.plays("ana", 2, "yes").await;
    story.plays("bob", 1, "sunset over the hills").await;
    story.plays("bob", 2, "no thanks").await;
    assert_snapshot!(story.told(), @"
    ana: sunset over the sea
      ~ ana: You said: …
      ~ ana: You said: sunset over the sea…
      ~ ana: You said: sunset over the sea (0 before)…
      → ana: You said: sunset over the sea (0 before)

          Shall I draw this instead? Say “yes”.
    ana: yes
      → ana: I am drawing “sunset over the sea”.
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] sunset over the sea · 8×8 · seed 2 · 4 steps
    bob: sunset over the hills
      ~ bob: You said: …
      ~ bob: You said: sunset over the hills…
      ~ bob: You said: sunset over the hills (0 before)…
      → bob: You said: sunset over the hills (0 before)

          Shall I draw this instead? Say “yes”.
    bob: no thanks
      ~ bob: You said: …
      ~ bob: You said: no thanks…
      ~ bob: You said: no thanks (1 before)…
      → bob: You said: no thanks (1 before)
    ");
}

#[tokio::test]
async fn a_running_answer_is_stopped_and_keeps_what_was_streamed() {
    let mut story = Story::new().await;
    story.says("ana", 1, "Tell me a slow tale").await;
    story
        .while_answering(async |story, stop| {
            story.says("ana", 2, "/stop").await;
            story.house().assistant.handle_next(stop).await.unwrap();
        })
        .await;
    story.delivers().await;
    story.plays("ana", 3, "/stop").await;
    assert_snapshot!(story.told(), @"
    ana: Tell me a slow tale
    ana: /stop
      ~ ana: You said: …
      → ana: You said:

          (stopped)
    ana: /stop
      → ana: Nothing is running.
    ");
}

#[tokio::test]
async fn an_answer_without_a_word_is_said_to_be_none_and_not_remembered() {
    let silent = |held: &Held| {
        let model = Handle::fake("instruct", |request: ChatRequest, _: &Control<String>| {
            let (turns, text) = (request.turns.len(), request.turns.last().unwrap().text.clone());
            let text = if text.contains("count") { format!("{turns} turns") } else { " \n".to_owned() };
            Ok(ChatAnswer { text, tokens: 1, ..ChatAnswer::default() })
        });
        let engines = models::engines(held);
        let answering = engines.answering.map(|(_, facts)| (model, facts));
        Engines { answering, ..engines }
    };
    let mut story = Story::with(silent, 1_000, "").await;
    story.plays("ana", 1, "What is a fjord?").await;
    story.plays("ana", 2, "count").await;
    assert_snapshot!(story.told(), @"
    ana: What is a fjord?
      → ana: I have no answer to that. Say it in other words.
    ana: count
      → ana: 1 turns
    ");
}

#[tokio::test]
async fn an_answer_that_went_in_circles_says_so() {
    let circling = |held: &Held| {
        let model = Handle::fake("instruct", |_: ChatRequest, _: &Control<String>| {
            Ok(ChatAnswer { text: "A fjord is deep.".to_owned(), repeated: true, ..ChatAnswer::default() })
        });
        let engines = models::engines(held);
        let answering = engines.answering.map(|(_, facts)| (model, facts));
        Engines { answering, ..engines }
    };
    let mut story = Story::with(circling, 1_000, "").await;
    story.plays("ana", 1, "What is a fjord?").await;
    assert_snapshot!(story.told(), @"
    ana: What is a fjord?
      → ana: A fjord is deep.

          (The model was going in circles, so I ended its answer here.)
    ");
}

#[tokio::test]
async fn everything_kept_about_somebody_goes() {
    let mut story = Story::new().await;
    story.plays("ana", 1, "draw a cat").await;
    story.plays("ana", 2, "What is a fjord?").await;
    story.plays("bob", 1, "draw a dog").await;
    story.says("ana", 3, "draw a slow fox").await;
    story.answers().await;
    let (stop, forget) = (story.stop(), message("ana", "m:4", Body::Text("/forget".to_owned())));
    story
        .while_painting(async |house| {
            Inbox::new(house.store.clone()).accept(forget, "{}", 1).await.unwrap();
            house.assistant.handle_next(&stop).await.unwrap();
        })
        .await;
    story.plays("ana", 5, "again").await;
    story.plays("bob", 2, "again").await;
    assert_snapshot!(story.told(), @"
    ana: draw a cat
      → ana: I am drawing “a cat”.
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] a cat · 8×8 · seed 1 · 4 steps
    ana: What is a fjord?
      ~ ana: You said: …
      ~ ana: You said: What is a fjord?…
      ~ ana: You said: What is a fjord? (0 before)…
      → ana: You said: What is a fjord? (0 before)
    bob: draw a dog
      → bob: I am drawing “a dog”.
      ~ bob: place 0
      ~ bob: step 1/4 2/4 3/4 4/4
      → bob: [picture] a dog · 8×8 · seed 3 · 4 steps
    ana: draw a slow fox
      → ana: I am drawing “a slow fox”.
      ~ ana: place 0
      ~ ana: step 1/4
      ~ ana: (forget what you keep yourself)
      → ana: Deleted: 3 messages and 1 picture, and the settings of this chat.
    ana: again
      → ana: There is nothing to do again yet.
    bob: again
      → bob: I am drawing “a dog”.
      ~ bob: place 0
      ~ bob: step 1/4 2/4 3/4 4/4
      → bob: [picture] a dog · 8×8 · seed 7 · 4 steps
    ");
    let files = std::fs::read_dir(story.places().media()).unwrap().count();
    assert_eq!(files, 2, "bob's pictures stay");
    for file in ["aisaac.db", "aisaac.db-wal"] {
        let bytes = std::fs::read(story.places().data().join(file)).unwrap();
        for word in ["fjord", "slow fox", "a cat"] {
            let found = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!found, "{word} is still in {file}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_gets_a_sentence() {
    let mut story = Story::new().await;
    for (number, text) in ["", "   ", "\u{202e}\u{0}", "/frob", "draw a cat --steps 0"].iter().enumerate() {
        story.plays("ana", u32::try_from(number).unwrap(), text).await;
    }
    for text in ["draw a cat --size 130x128", "draw a cat --seed -5", "draw a cat --seed 99999999999999"] {
        story.plays("bob", u32::try_from(text.len()).unwrap(), text).await;
    }
    story.offers("eva", "m:1", Body::Text("a".repeat(100_000))).await;
    story.offers("eva", "m:2", Body::Unsupported("utf8".to_owned())).await;
    story.offers("eva", "m:3", Body::Unsupported("sticker".to_owned())).await;
    story.answers().await;
    story.plays("mallory", 1, "draw a cat").await;
    assert_snapshot!(story.told().replace(['\u{202e}', '\u{0}'], "�"), @"
    ana: 
      → ana: The message is empty. Ask me something, or tell me what to draw.
    ana:    
      → ana: The message is empty. Ask me something, or tell me what to draw.
    ana: ��
      → ana: The message is empty. Ask me something, or tell me what to draw.
    ana: /frob
      → ana: I do not know /frob. Did you mean /redo? /help lists everything.
    ana: draw a cat --steps 0
      → ana: 0 steps do not work: choose 1–150.
    bob: draw a cat --size 130x128
      → bob: A size of 130x128 does not work: both sides must be multiples of 8.
    bob: draw a cat --seed -5
      → bob: “-5” is not a seed: choose a whole number from 0 to 4294967295.
    bob: draw a cat --seed 99999999999999
      → bob: “99999999999999” is not a seed: choose a whole number from 0 to 4294967295.
      → eva: The message is too long: at most 8000 characters.
      → eva: The message is not readable text (UTF-8).
      → eva: I cannot read this kind of message yet, only text and recordings.
    mallory: draw a cat
      → mallory: This is a private assistant. Its owner can let you in; your id is mallory.
    ");
}

#[tokio::test]
async fn a_long_answer_leaves_in_parts() {
    let mut story = Story::with(crate::models::engines, 40, "").await;
    story.plays("ana", 1, "One two three four five six seven eight nine ten eleven twelve").await;
    assert_snapshot!(story.told(), @"
    ana: One two three four five six seven eight nine ten eleven twelve
      ~ ana: You said: …
      ~ ana: You said: One two three four five six seven eight nine ten eleven twelve…
      ~ ana: You said: One two three four five six seven eight nine ten eleven twelve (0 before)…
      → ana: You said: One two three four five six seven eight nine ten eleven twelve (0
      → ana: before)
    ");
}
