//! Wake words: whether a text of a group calls the house by a name. Pure.
//!
//! A name calls where one calls somebody, and how one calls him:
//! - at the beginning, behind two words of greeting at most ("Айзек, нарисуй кота", "hey Isaac what time is it"), or at the end
//!   after a comma ("нарисуй кота, Айзек"). In the middle it is spoken of ("у Исаака новая книга", "my friend Isaac says");
//! - as a word of its own: with something joined to it by an apostrophe or a hyphen it is another word ("Isaac's book");
//! - in its first form. With a Russian ending it tells of somebody ("Исаака книга здесь"), unless it stands at the beginning
//!   and a mark sets it apart ("Айзеку: сделай потише", as a recogniser hears it).
//!
//! Typed, it is written as it is; what was heard may differ from it in one letter.

/// Endings of a Russian name, beside its first form.
const ENDINGS: &[&str] = &["а", "у", "ом", "е"];

/// What joins a word to the one behind it.
const JOINTS: &[char] = &['\'', '’', 'ʼ', '`', '-', '‐', '‑'];

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

/// How a word is a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As one calls somebody.
    First,
    /// As one tells of somebody.
    Inflected,
}

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
        called(text, |word| self.form(word, false))
    }

    /// The same of what was heard.
    #[must_use]
    pub fn calls_aloud<'a>(&self, text: &'a str) -> Option<&'a str> {
        called(text, |word| self.form(word, true))
    }

    fn form(&self, word: &str, heard: bool) -> Option<Form> {
        let word = fold(word);
        let inflected = |name: &String| {
            let russian = name.chars().all(|c| ('а'..='я').contains(&c));
            let ending = word.strip_prefix(name.as_str());
            russian && ending.is_some_and(|ending| ENDINGS.contains(&ending))
        };
        let like = |name: &String| {
            heard && name.chars().count() >= EXACT_BELOW && strsim::osa_distance(&word, name) <= 1
        };
        if self.names.contains(&word) {
            Some(Form::First)
        } else if self.names.iter().any(inflected) {
            Some(Form::Inflected)
        } else {
            self.names.iter().any(like).then_some(Form::First)
        }
    }
}

/// Lower case, ё as е.
fn fold(word: &str) -> String {
    word.trim().to_lowercase().replace('ё', "е")
}

/// The text without the name that calls in it.
fn called(text: &str, form: impl Fn(&str) -> Option<Form>) -> Option<&str> {
    at_the_beginning(text, &form).or_else(|| at_the_end(text, &form))
}

fn at_the_beginning<'a>(text: &'a str, form: &impl Fn(&str) -> Option<Form>) -> Option<&'a str> {
    let mut rest = text;
    for _ in 0..=MOST_LEAD {
        let (word, after) = first_word(rest)?;
        if let Some(form) = form(word) {
            if is_joined(after) || form == Form::Inflected && !is_set_apart(after) {
                return None;
            }
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
fn at_the_end<'a>(text: &'a str, form: &impl Fn(&str) -> Option<Form>) -> Option<&'a str> {
    let said = text.trim_end_matches(|c: char| !c.is_alphanumeric());
    let (before, name) = said.rsplit_once(|c: char| !c.is_alphanumeric())?;
    let before = before.trim_end();
    (before.ends_with(',') && form(name) == Some(Form::First)).then(|| before.trim_end_matches(','))
}

/// Whether a word goes on behind its name: "Isaac's", "Айзек-то".
fn is_joined(after: &str) -> bool {
    after.strip_prefix(JOINTS).is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
}

/// Whether a mark, or nothing at all, follows a name.
fn is_set_apart(after: &str) -> bool {
    after.trim_start().chars().next().is_none_or(|c| !c.is_alphanumeric())
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
            ("Isaac's book is here", None),
            ("Isaac’s late again", None),
            ("hey, Isaac's book is here", None),
            ("The book is there, Isaac's", None),
            ("Айзек-то пришёл", None),
            ("Айзек - нарисуй кота", Some("нарисуй кота")),
            ("Isaac 'draw' is a word", Some("draw' is a word")),
            ("у Исаака новая книга", None),
            ("А у Исаака новая книга", None),
            ("Исаака книга здесь", None),
            ("Айзеком гордится школа", None),
            ("Отдай это ему, Айзеку", None),
            ("Айзеку, привет", Some("привет")),
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
            "Айзека! Ты тут?",
            "Айзик нарисуй кота",
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
            "Isaac's book is here.",
            "Issac's late again.",
            "Айзеку подарили книгу.",
            "У Исаака новая книга.",
            "Это не моё, Айзека.",
        ] {
            assert_eq!(wake().calls_aloud(text), None, "{text}");
        }
    }
}
