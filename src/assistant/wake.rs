//! Wake words: whether a text of a group calls the house by a name. Pure.
//!
//! A name calls where one calls somebody: at the beginning ("Айзек, нарисуй кота", "hey Isaac what time is it") or at the
//! end after a comma ("нарисуй кота, Айзек"). In the middle it is spoken of, not called. Typed, it is written as it is;
//! what was heard may differ from it in one letter.

/// Endings of a Russian name.
const ENDINGS: &[&str] = &["", "а", "у", "ом", "е"];

/// Words that may stand before a name that calls.
const LEAD: &[&str] = &[
    "а",
    "ну",
    "о",
    "эй",
    "ой",
    "ало",
    "алло",
    "слушай",
    "послушай",
    "скажи",
    "привет",
    "здравствуй",
    "окей",
    "ок",
    "дорогой",
    "уважаемый",
    "hey",
    "hi",
    "hello",
    "ok",
    "okay",
    "oh",
    "so",
    "well",
    "dear",
    "yo",
    "listen",
];

/// Most of them before a name.
const MOST_LEAD: usize = 2;

/// Names shorter than this are too like other words for a letter to differ.
const EXACT_BELOW: usize = 5;

/// Names that call.
#[derive(Debug, Clone, Default)]
pub struct Wake {
    names: Vec<String>,
}

impl Wake {
    /// From names as people write them.
    #[must_use]
    pub fn new(names: &[String]) -> Self {
        Self { names: names.iter().map(|name| fold(name)).filter(|name| !name.is_empty()).collect() }
    }

    /// What a typed text says to the house that it calls; `None` when it does not call.
    #[must_use]
    pub fn calls<'a>(&self, text: &'a str) -> Option<&'a str> {
        called(text, |word| self.is_name(word, false))
    }

    /// The same of what was heard.
    #[must_use]
    pub fn calls_aloud<'a>(&self, text: &'a str) -> Option<&'a str> {
        called(text, |word| self.is_name(word, true))
    }

    fn is_name(&self, word: &str, heard: bool) -> bool {
        let word = fold(word);
        self.names.iter().any(|name| {
            let russian = name.chars().all(|c| ('а'..='я').contains(&c));
            let endings = if russian { ENDINGS } else { &[""] };
            endings.iter().any(|ending| word.strip_suffix(ending).is_some_and(|stem| stem == name))
                || heard && name.chars().count() >= EXACT_BELOW && strsim::osa_distance(&word, name) <= 1
        })
    }
}

/// Lower case, ё as е.
fn fold(word: &str) -> String {
    word.trim().to_lowercase().replace('ё', "е")
}

/// The text without the name that calls in it.
fn called(text: &str, is_name: impl Fn(&str) -> bool) -> Option<&str> {
    at_the_beginning(text, &is_name).or_else(|| at_the_end(text, &is_name))
}

fn at_the_beginning<'a>(text: &'a str, is_name: &impl Fn(&str) -> bool) -> Option<&'a str> {
    let mut rest = text;
    for _ in 0..=MOST_LEAD {
        let (word, after) = first_word(rest)?;
        if is_name(word) {
            let said = after.trim_start_matches(|c: char| !c.is_alphanumeric() && !"/\"«(".contains(c));
            // Who says only hello says that.
            let hello = text.get(..text.len() - after.len() - word.len()).unwrap_or_default();
            return Some(if said.is_empty() {
                hello.trim_end_matches(|c: char| !c.is_alphanumeric())
            } else {
                said
            });
        }
        if !LEAD.contains(&fold(word).as_str()) {
            return None;
        }
        rest = after;
    }
    None
}

/// After a comma, as one calls; so that "это Айзек" calls nobody.
fn at_the_end<'a>(text: &'a str, is_name: &impl Fn(&str) -> bool) -> Option<&'a str> {
    let said = text.trim_end_matches(|c: char| !c.is_alphanumeric());
    let (before, name) = said.rsplit_once(|c: char| !c.is_alphanumeric())?;
    let before = before.trim_end();
    (before.ends_with(',') && is_name(name)).then(|| before.trim_end_matches(','))
}

/// The first word, and what follows it.
fn first_word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let end = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
    let (word, after) = text.split_at(end);
    (!word.is_empty()).then_some((word, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wake() -> Wake {
        Wake::new(&["айзек", "исаак", "aisaac", "isaac"].map(str::to_owned))
    }

    #[test]
    fn a_typed_name_calls_at_the_beginning_or_the_end() {
        for (text, expected) in [
            ("Айзек, нарисуй кота", Some("нарисуй кота")),
            ("айзек нарисуй кота", Some("нарисуй кота")),
            ("АЙЗЕК! /queue", Some("/queue")),
            ("Эй, Айзек: который час?", Some("который час?")),
            ("hey isaac, what time is it", Some("what time is it")),
            ("Aisaac draw a cat", Some("draw a cat")),
            ("нарисуй кота, Исаак!", Some("нарисуй кота")),
            ("Исааку: привет", Some("привет")),
            ("Айзек", Some("")),
            ("Привет, Айзек!", Some("Привет")),
            ("спроси у Айзека", None),
            ("это Айзек", None),
            ("Айзик, нарисуй кота", None),
            ("Isaac's book is here", Some("s book is here")),
            ("Исаакиевский собор, где он?", None),
            ("", None),
            ("👋👋", None),
            ("🙂 Айзек, привет", Some("привет")),
        ] {
            assert_eq!(wake().calls(text), expected, "{text}");
        }
    }

    #[test]
    fn twenty_spoken_forms_call() {
        for text in [
            "Айзек, который час?",
            "айзек нарисуй кота",
            "Айзик, нарисуй кота.",
            "Айсек, привет!",
            "Айзак, расскажи сказку.",
            "Азек, ты тут?",
            "Айзэк, что на ужин?",
            "Аизек, помоги.",
            "Айзека, нарисуй дом.",
            "Айзеку: сделай потише",
            "Ну, Айзек, рассказывай.",
            "Исаак, сколько времени?",
            "Исак, нарисуй слона.",
            "Изаак, нарисуй слона.",
            "Эй, Исаак, привет.",
            "Isaac, what time is it?",
            "Isac, draw a cat.",
            "Hey Issac, tell me a joke.",
            "Aisaac, draw a dog.",
            "Нарисуй кота, Айзек.",
        ] {
            assert!(wake().calls_aloud(text).is_some(), "{text}");
        }
    }

    #[test]
    fn twenty_near_misses_do_not() {
        for text in [
            "Айсберг плывёт по морю.",
            "Рюкзак лежит на полу.",
            "Исаакий был построен давно.",
            "Исаакиевский собор открыт?",
            "Азбука лежит на столе.",
            "Айпад разрядился.",
            "Я вчера видела Айзека в школе.",
            "Спроси у Исаака, он знает.",
            "Это мой брат Айзек",
            "Казак, стой!",
            "Байкал, лето, жара.",
            "А за рекой темно.",
            "Ай, зачем ты так?",
            "Аист прилетел, смотри!",
            "Исход ясен.",
            "I said no.",
            "Isaiah, come here.",
            "Is it cold outside?",
            "My friend Isaac says hello.",
            "Зачем, Айсылу?",
        ] {
            assert_eq!(wake().calls_aloud(text), None, "{text}");
        }
    }
}
