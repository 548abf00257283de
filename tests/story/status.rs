//! How the house is, asked from chat: for its owner only.

use aisaac::message::Cause;
use insta::assert_snapshot;

use crate::world::Story;

/// What another machine, or another version, would say differently is left out.
fn settled(told: &str) -> String {
    let measured = ["Memory of this process", "Free disk", "Память процесса", "Свободно на диске"];
    let lines = told.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    let lines = lines.lines().map(|line| match line.split_once(": ") {
        Some((what, _)) if measured.iter().any(|name| what.ends_with(name)) => format!("{what}: …"),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_owner_learns_how_the_house_is_and_a_member_does_not() {
    let mut story = Story::new().await;
    story.plays("bob", 1, "draw a cat").await;
    story.says("bob", 2, "draw a dog").await;
    story.answers().await;
    let health = story.house().health.clone();
    health.beat("scripted", story.now() - 4_000);
    health.reads_groups("scripted", false);
    health.begins(Cause::Drawings(1), story.now());
    story.plays("ana", 1, "/status").await;
    story.plays("bob", 3, "/status").await;
    health.ends(&Cause::Drawings(1));
    health.reads_groups("scripted", true);
    story.plays("ana", 2, "/settings ru").await;
    story.plays("ana", 3, "/состояние").await;
    assert_snapshot!(settled(&story.told()), @"
    bob: draw a cat
      → bob: I am drawing “a cat”.
      ~ bob: place 0
      ~ bob: step 1/4 2/4 3/4 4/4
      → bob: [picture] a cat · 8×8 · seed 1 · 4 steps
    bob: draw a dog
      → bob: I am drawing “a dog”.
    ana: /status
      → ana: I serve, but somebody should look:
          A drawing was set aside: it was begun three times, and each time the house or the model fell over. Look: aisaac queue list; once more: aisaac queue retry ID
          Running for 3 s, version VERSION.
          Memory of this process: …
          Free disk: …
          No model is installed.
          Drawings: 0 being painted, 1 waiting; all done in about 1 s.
          Not answered yet: 0. Not sent yet: 0.
          Messages today: 3.
          scripted: last heard from 5 s ago.
          scripted: privacy mode is on. In groups I get commands, replies and some mentions only, and my names do not call me. BotFather turns it off (/setprivacy); then add me to the group again.
      ~ bob: place 0
      ~ bob: step 1/4 2/4 3/4 4/4
      → bob: [picture] a dog · 8×8 · seed 2 · 4 steps
    bob: /status
      → bob: Only my owner can do that.
    ana: /settings ru
      → ana: Готово. Язык: русский. Размер: как у модели. Шаги: как у модели. Сид: каждый раз новый.
    ana: /состояние
      → ana: Всё в порядке.
          Работаю уже 6 с, версия VERSION.
          Память процесса: …
          Свободно на диске: …
          Ни одной модели не установлено.
          Рисунки: в работе 0, ждут 0.
          Ещё не отвечено: 0. Ещё не отправлено: 0.
          Сообщений сегодня: 6.
          scripted: последний раз на связи 8 с назад.
          scripted: группы видны целиком, поэтому там меня можно звать по имени.
    ");
}
