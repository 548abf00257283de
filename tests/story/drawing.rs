//! One person and their pictures.

use insta::assert_snapshot;

use crate::world::Story;

#[tokio::test]
async fn a_request_becomes_a_picture() {
    let mut story = Story::new().await;
    story.plays("ana", 1, "нарисуй рыжего кота").await;
    story.plays("ana", 2, "draw a red apple --seed 7 --steps 2 --size 64x64 --no leaves").await;
    assert_snapshot!(story.told(), @"
    ana: нарисуй рыжего кота
      → ana: Рисую: «рыжего кота».
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] рыжего кота · 8×8 · сид 1 · 4 шага
    ana: draw a red apple --seed 7 --steps 2 --size 64x64 --no leaves
      → ana: I am drawing “a red apple”.
      ~ ana: place 0
      ~ ana: step 1/2 2/2
      → ana: [picture] a red apple · 64×64 · seed 7 · 2 steps
    ");
}

#[tokio::test]
async fn no_subject_leaves_a_question() {
    let mut story = Story::new().await;
    story.plays("ana", 1, "нарисуй").await;
    story.plays("ana", 2, "рыжего кота").await;
    story.plays("ana", 3, "нарисуй").await;
    story.plays("ana", 4, "/queue").await;
    story.plays("ana", 5, "What is a fjord?").await;
    story.plays("bob", 1, "draw").await;
    story.passes(11);
    story.plays("bob", 2, "a cat").await;
    story.plays("eva", 1, "draw --seed 5").await;
    story.plays("eva", 2, "draw").await;
    story.plays("eva", 3, "what is the weather like").await;
    story.plays("eva", 4, "draw --seed 6").await;
    story.plays("eva", 5, "a fox").await;
    assert_snapshot!(story.told(), @"
    ana: нарисуй
      → ana: Что нарисовать?
    ana: рыжего кота
      → ana: Рисую: «рыжего кота».
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] рыжего кота · 8×8 · сид 2 · 4 шага
    ana: нарисуй
      → ana: Что нарисовать?
    ana: /queue
      → ana: The line is empty.
    ana: What is a fjord?
      ~ ana: You said: …
      ~ ana: You said: What is a fjord?…
      ~ ana: You said: What is a fjord? (0 before)…
      → ana: You said: What is a fjord? (0 before)
    bob: draw
      → bob: What shall I draw?
    -- 11 minutes pass
    bob: a cat
      ~ bob: You said: …
      ~ bob: You said: a cat…
      ~ bob: You said: a cat (0 before)…
      → bob: You said: a cat (0 before)
    eva: draw --seed 5
      → eva: What shall I draw?
    eva: draw
      → eva: What shall I draw?
    eva: what is the weather like
      ~ eva: You said: …
      ~ eva: You said: what is the weather like…
      ~ eva: You said: what is the weather like (0 before)…
      → eva: You said: what is the weather like (0 before)
    eva: draw --seed 6
      → eva: What shall I draw?
    eva: a fox
      → eva: I am drawing “a fox”.
      ~ eva: place 0
      ~ eva: step 1/4 2/4 3/4 4/4
      → eva: [picture] a fox · 8×8 · seed 6 · 4 steps
    ");
}

#[tokio::test]
async fn follow_ups_change_the_last_picture() {
    let mut story = Story::new().await;
    story.plays("ana", 1, "again").await;
    story.plays("ana", 2, "нарисуй кота").await;
    story.plays("ana", 3, "ещё одну").await;
    story.plays("ana", 4, "а теперь с зонтом").await;
    story.plays("ana", 5, "то же, но синее").await;
    story.plays("ana", 6, "а теперь без фона").await;
    story.plays("ana", 7, "What is a fjord?").await;
    story.plays("ana", 8, "again").await;
    story.plays("ana", 9, "again").await;
    story.plays("ana", 10, "same but green").await;
    assert_snapshot!(story.told(), @"
    ana: again
      → ana: There is nothing to do again yet.
    ana: нарисуй кота
      → ana: Рисую: «кота».
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] кота · 8×8 · сид 2 · 4 шага
    ana: ещё одну
      → ana: Рисую: «кота».
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] кота · 8×8 · сид 3 · 4 шага
    ana: а теперь с зонтом
      → ana: Рисую: «кота с зонтом».
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] кота с зонтом · 8×8 · сид 4 · 4 шага
    ana: то же, но синее
      → ana: Рисую: «кота с зонтом, синее».
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] кота с зонтом, синее · 8×8 · сид 5 · 4 шага
    ana: а теперь без фона
      → ana: Рисую: «кота с зонтом, синее».
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] кота с зонтом, синее · 8×8 · сид 6 · 4 шага
    ana: What is a fjord?
      ~ ana: You said: …
      ~ ana: You said: What is a fjord?…
      ~ ana: You said: What is a fjord? (0 before)…
      → ana: You said: What is a fjord? (0 before)
    ana: again
      ~ ana: You said: …
      ~ ana: You said: What is a fjord?…
      ~ ana: You said: What is a fjord? (1 before)…
      → ana: You said: What is a fjord? (1 before)
    ana: again
      ~ ana: You said: …
      ~ ana: You said: What is a fjord?…
      ~ ana: You said: What is a fjord? (2 before)…
      → ana: You said: What is a fjord? (2 before)
    ana: same but green
      → ana: I am drawing “кота с зонтом, синее, green”.
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] кота с зонтом, синее, green · 8×8 · seed 10 · 4 steps
    ");
}

#[tokio::test]
async fn another_answer_is_not_another_picture() {
    let mut story = Story::new().await;
    story.plays("ana", 1, "draw a cat").await;
    story.plays("ana", 2, "again, but answer differently").await;
    story.plays("ana", 3, "What is a fjord?").await;
    story.plays("ana", 4, "again, but answer differently").await;
    assert_snapshot!(story.told(), @"
    ana: draw a cat
      → ana: I am drawing “a cat”.
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] a cat · 8×8 · seed 1 · 4 steps
    ana: again, but answer differently
      → ana: There is nothing to do again yet.
    ana: What is a fjord?
      ~ ana: You said: …
      ~ ana: You said: What is a fjord?…
      ~ ana: You said: What is a fjord? (0 before)…
      → ana: You said: What is a fjord? (0 before)
    ana: again, but answer differently
      ~ ana: You said: …
      ~ ana: You said: What is a fjord?…
      ~ ana: You said: What is a fjord? (1 before)…
      → ana: You said: What is a fjord? (1 before)
    ");
}

#[tokio::test]
async fn settings_hold_for_later_pictures() {
    let mut story = Story::new().await;
    story.plays("ana", 1, "/settings size 64x64").await;
    story.plays("ana", 2, "/settings seed 5").await;
    story.plays("ana", 3, "draw a cat").await;
    story.plays("ana", 4, "/settings language ru").await;
    story.plays("ana", 5, "draw a dog").await;
    assert_snapshot!(story.told(), @"
    ana: /settings size 64x64
      → ana: Done. Language: as you write. Size: 64x64. Steps: the model's own. Seed: a new one each time.
    ana: /settings seed 5
      → ana: Done. Language: as you write. Size: 64x64. Steps: the model's own. Seed: 5.
    ana: draw a cat
      → ana: I am drawing “a cat”.
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] a cat · 64×64 · seed 5 · 4 steps
    ana: /settings language ru
      → ana: Готово. Язык: русский. Размер: 64x64. Шаги: как у модели. Сид: 5.
    ana: draw a dog
      → ana: Рисую: «a dog».
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] a dog · 64×64 · сид 5 · 4 шага
    ");
}

#[tokio::test]
async fn what_the_text_encoder_could_not_read_is_said() {
    let mut story = Story::new().await;
    story.plays("ana", 1, "draw a cat and so on and on and on").await;
    assert_snapshot!(story.told(), @"
    ana: draw a cat and so on and on and on
      → ana: I am drawing “a cat and so on and on and on”.
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] a cat and so on and on and on · 8×8 · seed 1 · 4 steps
          The request was too long for the picture model; it did not read: “and on and on”.
    ");
}

#[tokio::test]
async fn a_command_to_draw_that_names_no_setting_is_drawn() {
    let mut story = Story::new().await;
    story.plays("ana", 1, "рисуй картинки побольше").await;
    story.plays("ana", 2, "рисуй лошадь").await;
    assert_snapshot!(story.told(), @"
    ana: рисуй картинки побольше
      → ana: Готово. Язык: как вы пишете. Размер: 256x256. Шаги: как у модели. Сид: каждый раз новый.
    ana: рисуй лошадь
      → ana: Рисую: «лошадь».
      ~ ana: place 0
      ~ ana: step 1/4 2/4 3/4 4/4
      → ana: [picture] лошадь · 256×256 · сид 2 · 4 шага
    ");
}
