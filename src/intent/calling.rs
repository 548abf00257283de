//! How a group calls the house, in plain words: "имя Кеша", "wake word Kesha", "слушай голосовые", "names default". Pure.

use super::theirs;
use crate::message::{Change, Failure, Language, Phrase, Settings};
use crate::phrases::Phrases;

/// Words after which names follow.
const NAMES: &[&str] = &["имя", "имена", "именем", "зовут", "name", "names"];

/// Words of two: "wake word".
const WAKE: &[&str] = &["wake"];
const WORD: &[&str] = &["word", "words"];

/// Words before a name that are none.
const BETWEEN: &[&str] = &[
    "на",
    "теперь",
    "тебя",
    "твоё",
    "твое",
    "пусть",
    "будет",
    "это",
    "и",
    "или",
    "to",
    "is",
    "are",
    "be",
    "as",
    "the",
    "and",
    "or",
    "now",
];

/// Beginnings of words that give the house's own names, or its own rule, back.
const RESETS: &[&str] = &["сброс", "умолчан", "обычн", "default", "reset"];

/// Most names of a group, and the letters of one.
const MOST: usize = 5;
const LETTERS: std::ops::RangeInclusive<usize> = 2..=30;

/// What the words ask to change about how a group calls the house; `None` when they speak of something else.
///
/// # Errors
/// When a name cannot be one, or this is no group.
pub(super) fn read(text: &str, group: bool) -> Result<Option<Change>, Failure> {
    let words: Vec<&str> = text
        .split(|c: char| {
            c.is_whitespace() || matches!(c, ',' | ';' | ':' | '.' | '!' | '=' | '"' | '«' | '»')
        })
        .filter(|word| !word.is_empty())
        .collect();
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let resets = lower.iter().any(|word| RESETS.iter().any(|start| word.starts_with(start)));
    let change = match (listens(&lower), after_names(&lower)) {
        (Some(listens), _) => Change::Listens((!resets).then_some(listens)),
        (None, Some(_)) if resets => Change::Wake(None),
        (None, Some(from)) => match names(&words, from)? {
            names if names.is_empty() => return Ok(None),
            names => Change::Wake(Some(names)),
        },
        (None, None) => return Ok(None),
    };
    if group { Ok(Some(change)) } else { Err(theirs(Phrase::new("calling-groups-only"))) }
}

/// Whether recordings are to be listened to.
fn listens(lower: &[String]) -> Option<bool> {
    let at = lower.iter().position(|word| word.starts_with("слуша") || word.starts_with("listen"))?;
    let spoken = |word: &String| {
        ["голос", "запис", "аудио", "voice", "record", "audio"].iter().any(|start| word.starts_with(start))
    };
    if !lower.iter().any(spoken) {
        return None;
    }
    let no = ["не", "not", "don't", "dont", "never", "stop", "перестань", "хватит", "никогда"];
    Some(!lower.iter().take(at).any(|word| no.contains(&word.as_str())))
}

/// Where names may begin.
fn after_names(lower: &[String]) -> Option<usize> {
    let is = |at: usize, list: &[&str]| lower.get(at).is_some_and(|word| list.contains(&word.as_str()));
    (0..lower.len()).find_map(|at| {
        if is(at, WAKE) && is(at + 1, WORD) {
            return Some(at + 2);
        }
        is(at, NAMES).then_some(at + 1)
    })
}

fn names(words: &[&str], from: usize) -> Result<Vec<String>, Failure> {
    let said = words.iter().skip(from).filter(|word| !BETWEEN.contains(&word.to_lowercase().as_str()));
    let names: Vec<String> = said.map(|word| (*word).to_owned()).collect();
    let fits =
        |name: &String| LETTERS.contains(&name.chars().count()) && name.chars().all(char::is_alphanumeric);
    if names.len() > MOST || !names.iter().all(fits) {
        let most = i64::try_from(MOST).unwrap_or(i64::MAX);
        return Err(theirs(Phrase::new("calling-bad-name").with("most", most)));
    }
    Ok(names)
}

/// How a group calls the house, as it stands.
pub(super) fn shown(settings: &Settings, language: Language, phrases: &Phrases) -> Phrase {
    let own = || phrases.say(language, "setting-own-names");
    let listens = match settings.listens {
        None => "setting-listens-own",
        Some(true) => "setting-listens",
        Some(false) => "setting-listens-not",
    };
    Phrase::new("settings-group")
        .with("names", settings.wake.as_ref().map_or_else(own, |names| names.join(", ")))
        .with("listens", phrases.say(language, listens))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Option<Change> {
        Some(Change::Wake(Some(names.iter().map(|name| (*name).to_owned()).collect())))
    }

    #[test]
    fn plain_words_say_how_a_group_calls() {
        for (text, expected) in [
            ("имя Кеша", names(&["Кеша"])),
            ("wake word Kesha", names(&["Kesha"])),
            ("wake words: Kesha, Gosha", names(&["Kesha", "Gosha"])),
            ("тебя зовут «Кеша» или Гоша", names(&["Кеша", "Гоша"])),
            ("your name is now Kesha!", names(&["Kesha"])),
            ("names default", Some(Change::Wake(None))),
            ("имена по умолчанию", Some(Change::Wake(None))),
            ("слушай голосовые", Some(Change::Listens(Some(true)))),
            ("не слушай голосовые", Some(Change::Listens(Some(false)))),
            ("listen to recordings", Some(Change::Listens(Some(true)))),
            ("please don't listen to voice messages", Some(Change::Listens(Some(false)))),
            ("слушай записи по умолчанию", Some(Change::Listens(None))),
            ("имя", None),
            ("steps by default", None),
            ("слушай, поставь 30 шагов", None),
            ("wake up", None),
            ("", None),
        ] {
            assert_eq!(read(text, true).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_a_name_and_what_is_no_group_is_said() {
        for text in ["имя Ы", "name a-b", "names aa bb cc dd ee ff", "name https//x"] {
            assert_eq!(read(text, true).unwrap_err().phrase.key, "calling-bad-name", "{text}");
        }
        for text in ["имя Кеша", "не слушай голосовые"] {
            assert_eq!(read(text, false).unwrap_err().phrase.key, "calling-groups-only", "{text}");
        }
        assert_eq!(read("имя", false).unwrap(), None);
    }
}
