//! *status*: how the house is at this moment: health, models, line, memory, disk, messengers. For the owner; slash command
//! only. What stands here is looked up when it is asked for; nothing is tried and nothing changes.

use async_trait::async_trait;

use super::kit::{Ask, HouseNow, Kit};
use super::{Intent, theirs};
use crate::inference::{ModelState, Readiness};
use crate::message::{Content, Failure, Outcome, Phrase, Standing};
use crate::store::Waiting;

/// Tells how the house is.
pub(super) struct Status;

/// Everything that is told.
struct Seen {
    house: HouseNow,
    /// Bytes.
    free_disk: Option<u64>,
    /// The one that asks is not among the messages.
    waiting: Waiting,
    /// Of the drawings that wait, those that are being painted.
    painting: i64,
    /// Milliseconds of one drawing.
    painting_takes: Option<u64>,
    today: i64,
    now: i64,
}

#[async_trait]
impl Intent for Status {
    fn name(&self) -> &'static str {
        "status"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["состояние"]
    }

    fn for_owners(&self) -> bool {
        true
    }

    async fn handle(&self, ask: &Ask, kit: &Kit) -> Result<Outcome, Failure> {
        if ask.standing != Standing::Owner {
            return Err(theirs(Phrase::new("owner-only")));
        }
        let waiting = kit.reader.waiting().await?;
        let painting = kit.reader.queue(0).await?.iter().filter(|row| row.place == Some(0)).count();
        let seen = Seen {
            house: (kit.house)(ask.now),
            free_disk: (kit.options.free_disk)(),
            waiting: Waiting { messages: (waiting.messages - 1).max(0), ..waiting },
            painting: i64::try_from(painting).unwrap_or_default(),
            painting_takes: kit.reader.painting_takes().await?,
            today: kit.reader.messages_today(ask.now).await?,
            now: ask.now,
        };
        let phrases = lines(&seen, |phrase| kit.phrases.render(ask.language, phrase));
        Ok(Outcome::Say { content: Content::Phrases { phrases }, remember: None })
    }
}

/// A line a phrase. `word` puts a span of time into words.
fn lines(seen: &Seen, word: impl Fn(&Phrase) -> String) -> Vec<Phrase> {
    let HouseNow { health, models, resident, started } = &seen.house;
    let mut lines = vec![Phrase::new("status-level").with("level", health.level.name())];
    lines.extend(health.causes.iter().map(|lasting| lasting.cause.phrase()));
    let up = word(&span(seen.now - started));
    lines.push(Phrase::new("status-up").with("up", up).with("version", env!("CARGO_PKG_VERSION")));
    lines.extend(resident.map(|bytes| Phrase::new("status-memory").with("memory", whole(bytes >> 20))));
    lines.extend(seen.free_disk.map(|bytes| Phrase::new("status-disk").with("free", gigabytes(bytes))));
    lines.push(Phrase::new(if models.is_empty() { "status-no-models" } else { "status-models" }));
    lines.extend(models.iter().map(model));
    lines.push(drawings(seen, &word));
    let Waiting { messages, replies, .. } = seen.waiting;
    lines.push(Phrase::new("status-waiting").with("messages", messages).with("replies", replies));
    lines.push(Phrase::new("status-today").with("count", seen.today));
    for (messenger, age) in &health.polls {
        let phrase = Phrase::new("status-poll").with("messenger", messenger.as_str());
        lines.push(phrase.with("ago", word(&span(*age))));
    }
    for (messenger, all) in &health.reads_groups {
        let key = if *all { "status-groups-all" } else { "status-groups-some" };
        lines.push(Phrase::new(key).with("messenger", messenger.as_str()));
    }
    lines
}

fn model(model: &ModelState) -> Phrase {
    let state = match model.readiness {
        Some(Readiness::Ready) => "ready",
        Some(Readiness::Away) => "away",
        Some(Readiness::Broken) => "broken",
        None => "dead",
    };
    let phrase = Phrase::new("status-model").with("model", model.name.as_str()).with("state", state);
    phrase.with("memory", i64::from(model.memory_mb))
}

/// The line of drawings, and how long it takes where that has been learnt.
fn drawings(seen: &Seen, word: impl Fn(&Phrase) -> String) -> Phrase {
    let all = seen.waiting.drawings;
    let counts = |key: &str| {
        Phrase::new(key).with("painting", seen.painting).with("waiting", (all - seen.painting).max(0))
    };
    let each = seen.painting_takes.and_then(|ms| i64::try_from(ms).ok());
    match each.filter(|_| all > 0) {
        Some(each) => {
            counts("status-line-left").with("left", word(&span(each.saturating_mul(all).max(1_000))))
        }
        None => counts("status-line"),
    }
}

/// A span of time (milliseconds) in the unit that people would choose.
fn span(ms: i64) -> Phrase {
    let seconds = ms.max(0) / 1_000;
    let (key, number) = match seconds {
        0..120 => ("span-seconds", seconds),
        120..7_200 => ("span-minutes", seconds / 60),
        7_200..172_800 => ("span-hours", seconds / 3_600),
        _ => ("span-days", seconds / 86_400),
    };
    Phrase::new(key).with("number", number)
}

/// Gigabytes of so many bytes, with one digit after the point where there are few of them.
fn gigabytes(bytes: u64) -> String {
    let tenths = bytes / 100_000_000;
    if tenths < 100 { format!("{}.{}", tenths / 10, tenths % 10) } else { (tenths / 10).to_string() }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Cause, Health, Language};
    use crate::phrases::Phrases;

    fn told(seen: &Seen, language: Language) -> String {
        let phrases = Phrases::load();
        let word = |phrase: &Phrase| phrases.render(language, phrase);
        let told = lines(seen, word).iter().map(word).collect::<Vec<_>>().join("\n");
        told.replace(env!("CARGO_PKG_VERSION"), "VERSION")
    }

    fn quiet() -> Seen {
        Seen {
            house: HouseNow::default(),
            free_disk: None,
            waiting: Waiting::default(),
            painting: 0,
            painting_takes: None,
            today: 0,
            now: 30_000,
        }
    }

    #[test]
    fn a_house_at_work_is_told_whole() {
        let health = Health::default();
        health.beat("telegram", 99_000_000 - 12_000);
        health.reads_groups("telegram", false);
        health.begins(Cause::Disk, 98_000_000);
        let one = |name: &str, readiness| ModelState { name: name.into(), readiness, memory_mb: 270 };
        let models = vec![
            one("instruct", Some(Readiness::Ready)),
            one("sketch", Some(Readiness::Away)),
            one("whisper-base", Some(Readiness::Broken)),
            one("understand", None),
        ];
        let house = HouseNow {
            health: health.state(99_000_000),
            models,
            resident: Some(812 << 20),
            started: 88_000_000,
        };
        let seen = Seen {
            house,
            free_disk: Some(470_000_000),
            waiting: Waiting { messages: 1, drawings: 3, replies: 2 },
            painting: 1,
            painting_takes: Some(70_000),
            today: 42,
            now: 99_000_000,
        };
        insta::assert_snapshot!(told(&seen, Language::En), @"
        I serve, but somebody should look:
        Less than 500 MB of disk is free, so no drawings and no recordings are taken. Make room; everything else goes on.
        Running for 3 h, version VERSION.
        Memory of this process: 812 MB.
        Free disk: 0.4 GB.
        Models:
        • instruct: in memory (270 MB)
        • sketch: loaded when it is needed
        • whisper-base: failed; the next request tries again
        • understand: has ended by itself
        Drawings: 1 being painted, 2 waiting; all done in about 3 min.
        Not answered yet: 1. Not sent yet: 2.
        Messages today: 42.
        telegram: last heard from 12 s ago.
        telegram: privacy mode is on. In groups I get commands, replies and some mentions only, and my names do not call me. BotFather turns it off (/setprivacy); then add me to the group again.
        ");
        insta::assert_snapshot!(told(&seen, Language::Ru), @"
        Работаю, но кому-то надо посмотреть:
        На диске свободно меньше 500 MB, поэтому ни рисунков, ни записей я не беру. Освободите место; всё остальное работает.
        Работаю уже 3 ч, версия VERSION.
        Память процесса: 812 МБ.
        Свободно на диске: 0.4 ГБ.
        Модели:
        • instruct: в памяти (270 МБ)
        • sketch: загрузится, когда понадобится
        • whisper-base: не вышло; следующая просьба попробует снова
        • understand: сама остановилась
        Рисунки: в работе 1, ждут 2; всё будет готово примерно через 3 мин.
        Ещё не отвечено: 1. Ещё не отправлено: 2.
        Сообщений сегодня: 42.
        telegram: последний раз на связи 12 с назад.
        telegram: включён режим приватности. В группах до меня доходят только команды, ответы и часть упоминаний, а по имени меня не позвать. Выключить: BotFather, /setprivacy; потом добавьте меня в группу заново.
        ");
    }

    #[test]
    fn a_house_that_knows_little_says_little() {
        insta::assert_snapshot!(told(&quiet(), Language::En), @"
        All is well.
        Running for 30 s, version VERSION.
        No model is installed.
        Drawings: 0 being painted, 0 waiting.
        Not answered yet: 0. Not sent yet: 0.
        Messages today: 0.
        ");
        let seen = Seen { waiting: Waiting { drawings: 2, ..Waiting::default() }, ..quiet() };
        assert!(
            told(&seen, Language::En).contains("0 being painted, 2 waiting."),
            "no guess without a drawing"
        );
    }

    #[test]
    fn spans_and_sizes_have_the_unit_that_people_would_choose() {
        let phrases = Phrases::load();
        let said = |ms| phrases.render(Language::En, &span(ms));
        assert_eq!([-5, 119_999, 120_000, 7_199_999].map(said), ["0 s", "119 s", "2 min", "119 min"]);
        assert_eq!([7_200_000, 172_799_999, 172_800_000].map(said), ["2 h", "47 h", "2 d"]);
        assert_eq!(
            [0, 470_000_000, 9_990_000_000, 41_000_000_000].map(gigabytes),
            ["0.0", "0.4", "9.9", "41"]
        );
    }
}
