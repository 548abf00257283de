//! Follow-ups on the last picture: what "ещё одну", "а теперь с зонтом" or "same but blue" ask to change. Pure.

/// What a follow-up asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Changed {
    /// The same again.
    Again,
    /// The same, with something: "с зонтом".
    With(String),
    /// The same without something: "убери фон".
    Without(String),
    /// The same, but different: "синее".
    But(String),
    /// Something else in its place: "собаку".
    Instead(String),
}

/// Words that lead into a change and say nothing of it.
const LEAD: &[&str] = &[
    "а",
    "и",
    "но",
    "ну",
    "теперь",
    "то",
    "же",
    "самое",
    "такое",
    "такой",
    "такую",
    "такого",
    "ещё",
    "еще",
    "раз",
    "одну",
    "один",
    "одно",
    "снова",
    "опять",
    "заново",
    "переделай",
    "повтори",
    "попробуй",
    "сделай",
    "нарисуй",
    "рисуй",
    "вариант",
    "другой",
    "другую",
    "только",
    "его",
    "её",
    "ее",
    "их",
    "это",
    "пусть",
    "будет",
    "добавь",
    "давай",
    "можешь",
    "пожалуйста",
    "картинку",
    "рисунок",
    "лучше",
    "тоже",
    "now",
    "and",
    "but",
    "the",
    "same",
    "again",
    "another",
    "one",
    "more",
    "redo",
    "it",
    "once",
    "make",
    "draw",
    "version",
    "thing",
    "please",
    "try",
    "just",
    "do",
    "that",
    "this",
    "picture",
    "add",
    "let's",
    "time",
    "different",
    "new",
    "ok",
    "okay",
    "repeat",
    "иначе",
    "по-другому",
    "differently",
    "otherwise",
    "одного",
    "одной",
    "парочку",
    "повторить",
];

/// Words that begin a removal.
const REMOVES: &[&str] =
    &["без", "убери", "убрать", "удали", "сотри", "without", "remove", "delete", "drop", "no"];

/// Words that begin an addition.
const ADDS: &[&str] = &[
    "с",
    "со",
    "в",
    "во",
    "на",
    "под",
    "над",
    "у",
    "возле",
    "за",
    "перед",
    "из",
    "среди",
    "рядом",
    "with",
    "in",
    "on",
    "under",
    "over",
    "near",
    "by",
    "at",
    "wearing",
    "holding",
    "behind",
    "from",
    "as",
];

/// Beginnings of words that speak of an answer, not of a picture.
const ANSWERS: &[&str] =
    &["ответ", "скаж", "объясн", "сформулир", "answer", "reply", "respons", "explain", "rephrase"];

/// Whether a follow-up asks for another answer in words.
pub(super) fn about_words(text: &str) -> bool {
    let lower = text.to_lowercase();
    lower
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| ANSWERS.iter().any(|start| word.starts_with(start)))
}

/// Reads a follow-up. `is_thing` says whether a phrase names something that can be drawn by itself.
pub(super) fn read(text: &str, is_thing: impl Fn(&str) -> bool) -> Changed {
    let words: Vec<&str> =
        text.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric())).collect();
    let is_lead = |word: &&&str| word.is_empty() || LEAD.contains(&word.to_lowercase().as_str());
    let skip = words.iter().take_while(is_lead).count();
    let mut rest: Vec<&str> = words.into_iter().skip(skip).collect();
    while rest.last().is_some_and(|word| is_lead(&word)) {
        rest.pop();
    }
    let Some(first) = rest.first().map(|word| word.to_lowercase()) else { return Changed::Again };
    let phrase = rest.join(" ");
    if REMOVES.contains(&first.as_str()) && rest.len() > 1 {
        Changed::Without(rest.iter().skip(1).copied().collect::<Vec<_>>().join(" "))
    } else if ADDS.contains(&first.as_str()) {
        Changed::With(phrase)
    } else if is_thing(&phrase) || matches!(first.as_str(), "a" | "an") {
        Changed::Instead(phrase)
    } else {
        Changed::But(phrase)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_answer_is_told_from_another_picture() {
        for (text, expected) in [
            ("попробуй ответить иначе", true),
            ("try a different answer", true),
            ("ещё одну", false),
            ("same but blue", false),
        ] {
            assert_eq!(about_words(text), expected, "{text}");
        }
    }

    #[test]
    fn follow_ups_change_the_last_subject() {
        let thing = |phrase: &str| phrase == "собаку";
        for (text, expected) in [
            ("ещё одну", Changed::Again),
            ("Ещё раз, пожалуйста!", Changed::Again),
            ("again", Changed::Again),
            ("", Changed::Again),
            ("а теперь с зонтом", Changed::With("с зонтом".into())),
            ("now with a hat", Changed::With("with a hat".into())),
            ("то же, но синее", Changed::But("синее".into())),
            ("same but blue please", Changed::But("blue".into())),
            ("а теперь убери фон", Changed::Without("фон".into())),
            ("same without the hat", Changed::Without("the hat".into())),
            ("repeat", Changed::Again),
            ("ещё одного", Changed::Again),
            ("а теперь собаку", Changed::Instead("собаку".into())),
            ("now draw a dog", Changed::Instead("a dog".into())),
        ] {
            assert_eq!(read(text, thing), expected, "{text}");
        }
    }
}
