//! *settings*: language, size, steps and seed of a lane, and how a group calls the house, shown or changed in plain words.

use async_trait::async_trait;

use super::kit::{Ask, Kit};
use super::{Intent, calling, draw, options};
use crate::message::{Change, Content, Failure, Language, Outcome, Phrase, Settings};

const RU: &[&str] = &[
    "настройки",
    "говори по-русски",
    "смени язык на английский",
    "рисуй картинки побольше",
    "размер 512 на 512",
    "поставь 30 шагов",
    "зафиксируй сид",
];

const EN: &[&str] = &[
    "settings",
    "speak English",
    "switch the language to Russian",
    "make the pictures bigger",
    "size 512 by 512",
    "set steps to 30",
    "keep the seed",
];

/// Shows or changes settings.
pub(super) struct SettingsIntent;

#[async_trait]
impl Intent for SettingsIntent {
    fn name(&self) -> &'static str {
        "settings"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["настройки"]
    }

    fn examples(&self, language: Language) -> &'static [&'static str] {
        language.pick(RU, EN)
    }

    async fn handle(&self, ask: &Ask, kit: &Kit) -> Result<Outcome, Failure> {
        let last_seed = kit.reader.last_picture(&ask.address).await?.map(|picture| picture.commission.seed);
        let own = kit.painter.as_ref().map_or((512, 512), |facts| facts.size);
        let changes = match calling::read(&ask.args, ask.audience.is_group())? {
            Some(change) => vec![change],
            None => read(&ask.args, &ask.settings, own, last_seed.unwrap_or(ask.seed))
                .map_err(|failure| draw::with_size(failure, kit))?,
        };
        if changes.is_empty() {
            let content = all("settings-shown", &ask.settings, ask.language, ask, kit);
            return Ok(Outcome::Say { content, remember: None });
        }
        let mut after = ask.settings.clone();
        for change in &changes {
            after.apply(change);
        }
        if let Some(facts) = &kit.painter {
            draw::check(after.size, after.steps, facts)?;
        }
        let language = after.language.unwrap_or(ask.language);
        Ok(Outcome::Set { changes, content: all("settings-changed", &after, language, ask, kit) })
    }
}

/// The settings as they stand, with those of groups in a group.
fn all(key: &str, settings: &Settings, language: Language, ask: &Ask, kit: &Kit) -> Content {
    let group = ask.audience.is_group().then(|| calling::shown(settings, language, &kit.phrases));
    let phrases = [shown(key, settings, language, kit)].into_iter().chain(group).collect();
    Content::Phrases { phrases }
}

fn shown(key: &str, settings: &Settings, language: Language, kit: &Kit) -> Phrase {
    let word = |key: &str| kit.phrases.say(language, key);
    let own = || word("setting-default");
    Phrase::new(key)
        .with(
            "language",
            settings
                .language
                .map_or_else(|| word("setting-auto"), |chosen| word(&format!("language-{}", chosen.code()))),
        )
        .with("size", settings.size.map_or_else(own, |(width, height)| format!("{width}x{height}")))
        .with("steps", settings.steps.map_or_else(own, |steps| steps.to_string()))
        .with("seed", settings.seed.map_or_else(|| word("setting-random"), |seed| seed.to_string()))
}

/// "In the language that I write in."
fn as_written(lower: &str) -> bool {
    ["как я пишу", "котором я пишу", "котором пишу", "i write", "i am writing"]
        .iter()
        .any(|said| lower.contains(said))
}

/// Whether a text says anything about a setting, well or badly.
pub(super) fn says(text: &str) -> bool {
    !read(text, &Settings::default(), (512, 512), 0).is_ok_and(|changes| changes.is_empty())
}

/// What the words ask to change; empty when they only ask to see.
fn read(text: &str, now: &Settings, own_size: (u32, u32), seed: u64) -> Result<Vec<Change>, Failure> {
    let wishes = options::parse(text)?;
    let lower = wishes.rest.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let has = |starts: &[&str]| words.iter().any(|word| starts.iter().any(|start| word.starts_with(start)));
    let resets = has(&["сброс", "по умолч", "умолчан", "default", "reset", "обычн", "случайн", "random"]);
    let mut changes = Vec::new();
    let is = |whole: &[&str]| words.iter().any(|word| whole.contains(word));
    if has(&["русск", "russian"]) || is(&["ru", "рус"]) {
        changes.push(Change::Language(Some(Language::Ru)));
    } else if has(&["англ", "english"]) || is(&["en", "eng"]) {
        changes.push(Change::Language(Some(Language::En)));
    } else if has(&["язык", "language"]) && (resets || has(&["авто", "auto", "люб"]) || as_written(&lower))
    {
        changes.push(Change::Language(None));
    }
    let numbers: Vec<u32> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let pair = wishes.size.or_else(|| options::size_in(&lower));
    if has(&["шаг", "step"]) {
        if resets {
            changes.push(Change::Steps(None));
        } else if let Some(steps) = wishes.steps.or_else(|| numbers.first().copied()) {
            changes.push(Change::Steps(Some(steps)));
        }
    } else if has(&["сид", "seed", "зерн"]) {
        let free = resets || has(&["новый", "разн", "меня", "unlock", "different", "change"]);
        let fixed = numbers.first().copied().map_or_else(|| now.seed.unwrap_or(seed), u64::from);
        changes.push(Change::Seed((!free).then_some(fixed)));
    } else if let Some(size) = pair {
        changes.push(Change::Size(Some(size)));
    } else if has(&[
        "размер",
        "size",
        "картин",
        "pictur",
        "image",
        "побольш",
        "поменьш",
        "bigger",
        "smaller",
        "larger",
        "крупн",
    ]) {
        let (width, height) = now.size.unwrap_or(own_size);
        if let &[side] = numbers.as_slice() {
            changes.push(Change::Size(Some((side, side))));
        } else if resets {
            changes.push(Change::Size(None));
        } else if has(&["больш", "побольш", "крупн", "bigger", "larger"]) {
            changes.push(Change::Size(Some((width * 2, height * 2))));
        } else if has(&["меньш", "поменьш", "мельч", "smaller"]) {
            changes.push(Change::Size(Some(((width / 16).max(1) * 8, (height / 16).max(1) * 8))));
        }
    }
    if changes.is_empty() {
        changes.extend(wishes.steps.map(|steps| Change::Steps(Some(steps))));
        changes.extend(wishes.seed.map(|seed| Change::Seed(Some(seed))));
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_change_settings() {
        let now = Settings { size: Some((512, 512)), ..Settings::default() };
        for (text, expected) in [
            ("настройки", vec![]),
            ("говори по-русски", vec![Change::Language(Some(Language::Ru))]),
            ("switch to English please", vec![Change::Language(Some(Language::En))]),
            ("language ru", vec![Change::Language(Some(Language::Ru))]),
            ("язык автоматически", vec![Change::Language(None)]),
            ("отвечай на том языке, на котором я пишу", vec![Change::Language(None)]),
            ("размер 130", vec![Change::Size(Some((130, 130)))]),
            ("en", vec![Change::Language(Some(Language::En))]),
            ("размер 512 на 768", vec![Change::Size(Some((512, 768)))]),
            ("size 640x480", vec![Change::Size(Some((640, 480)))]),
            ("сделай картинки побольше", vec![Change::Size(Some((1024, 1024)))]),
            ("поставь 30 шагов", vec![Change::Steps(Some(30))]),
            ("steps by default", vec![Change::Steps(None)]),
            ("зафиксируй сид", vec![Change::Seed(Some(77))]),
            ("keep seed 5", vec![Change::Seed(Some(5))]),
            ("random seed again", vec![Change::Seed(None)]),
        ] {
            assert_eq!(read(text, &now, (128, 128), 77).unwrap(), expected, "{text}");
        }
    }
}
