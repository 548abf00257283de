//! What a small picture model knows: a list of things with their names, so that an unknown one is said.
//!
//! Words are compared by simple stems: case endings and a fleeting vowel in Russian, plural in English. What an
//! adjective's ending leaves is another stem than what a noun's leaves, so "great" is not a bicycle. Pure.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::message::Language;

/// The things a model knows.
#[derive(Debug, Clone, Default)]
pub struct Known {
    things: Vec<Thing>,
}

/// Whether a subject is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// It names something that is known (its English name).
    Known(String),
    /// It does not.
    Unknown {
        /// Names of known things, the most similar first.
        nearest: Vec<String>,
    },
}

#[derive(Debug, Clone)]
struct Thing {
    en: String,
    ru: String,
    /// Each name as the stems of its words.
    names: Vec<Vec<BTreeSet<String>>>,
}

/// Where a phrase names a thing.
struct Found<'a> {
    thing: &'a Thing,
    /// By which of its names; 0 and 1 are the main ones.
    name: usize,
    /// The words before the name.
    before: Vec<String>,
}

#[derive(Deserialize)]
struct Row {
    en: String,
    ru: String,
    #[serde(default)]
    synonyms_en: Vec<String>,
    #[serde(default)]
    synonyms_ru: Vec<String>,
}

impl Known {
    /// Reads a model's `subjects.json`.
    ///
    /// # Errors
    /// When it is not a list of things with names.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        let rows: Vec<Row> = serde_json::from_str(json)?;
        let things = rows.into_iter().map(|row| {
            let names = [&row.en, &row.ru].into_iter().chain(&row.synonyms_en).chain(&row.synonyms_ru);
            Thing {
                names: names.map(|name| words(name).iter().map(|word| stems(word)).collect()).collect(),
                en: row.en,
                ru: row.ru,
            }
        });
        Ok(Self { things: things.collect() })
    }

    /// How many things are known.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.things.len()
    }

    /// Whether nothing is known.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.things.is_empty()
    }

    /// Whether a phrase names something known: in the part before its first preposition, so that a computer on the moon
    /// is not the moon.
    #[must_use]
    pub fn knows(&self, phrase: &str) -> bool {
        self.find(phrase).is_some()
    }

    /// Looks a subject up; the thing named first in it counts.
    ///
    /// ```
    /// use aisaac::intent::{Known, Subject};
    /// use aisaac::message::Language;
    ///
    /// let known = Known::parse(
    ///     r#"[{"en": "cat", "ru": "кот", "synonyms_ru": ["кошка"]}, {"en": "car", "ru": "машина"}]"#,
    /// )?;
    /// let look = |subject| known.look_up(subject, Language::Ru, 1);
    /// assert_eq!(look("рыжего кота"), Subject::Known("cat".to_owned()));
    /// assert_eq!(look("две кошки"), Subject::Known("cat".to_owned()));
    /// assert_eq!(look("машинку времени"), Subject::Unknown { nearest: vec!["машина".to_owned()] });
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn look_up(&self, subject: &str, language: Language, most: usize) -> Subject {
        if let Some(found) = self.find(subject) {
            return Subject::Known(found.thing.en.clone());
        }
        let asked = words(subject);
        let name = |thing: &Thing| if language == Language::Ru { thing.ru.clone() } else { thing.en.clone() };
        let likeness = |thing: &Thing| {
            let name = name(thing).to_lowercase();
            asked.iter().map(|word| strsim::jaro_winkler(word, &name)).fold(0.0, f64::max)
        };
        let mut ranked: Vec<(f64, &Thing)> =
            self.things.iter().map(|thing| (likeness(thing), thing)).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        Subject::Unknown { nearest: ranked.iter().take(most).map(|(_, thing)| name(thing)).collect() }
    }

    /// What the picture model is asked for: the subject as it was said, or, where it names its thing by a rarer word
    /// than the model has seen most, what was said before it (a colour, a size) and the thing's main name in that language.
    #[must_use]
    pub fn asked(&self, subject: &str) -> String {
        match self.find(subject) {
            Some(Found { thing, name, before }) if name > 1 => {
                let main = if subject.is_ascii() { &thing.en } else { &thing.ru };
                before.iter().chain([main]).map(String::as_str).collect::<Vec<_>>().join(" ")
            }
            _ => subject.to_owned(),
        }
    }

    /// The thing named first; the longest name where several fit.
    fn find(&self, phrase: &str) -> Option<Found<'_>> {
        let lower = phrase.to_lowercase();
        let apart =
            [" and ", " or ", " и ", " или "].iter().fold(lower, |text, word| text.replace(word, ", "));
        apart.split([',', ';', '+']).find_map(|part| self.find_in(part))
    }

    fn find_in(&self, part: &str) -> Option<Found<'_>> {
        let asked = words(part);
        let head = asked.iter().skip(1).position(|word| PREPOSITIONS.contains(&word.as_str()));
        let asked: Vec<String> = asked.into_iter().take(head.map_or(usize::MAX, |at| at + 1)).collect();
        let forms: Vec<BTreeSet<String>> = asked.iter().map(|word| stems(word)).collect();
        let at = |(number, name): (usize, &Vec<BTreeSet<String>>)| {
            let fits = |window: &[BTreeSet<String>]| window.iter().zip(name).all(|(a, b)| !a.is_disjoint(b));
            forms
                .windows(name.len().max(1))
                .enumerate()
                .position(|(at, window)| {
                    !name.is_empty() && fits(window) && may_follow(asked.get(at + name.len()))
                })
                .map(|at| (at, usize::MAX - name.len(), number))
        };
        let place = |thing: &Thing| thing.names.iter().enumerate().filter_map(at).min();
        self.things
            .iter()
            .filter_map(|thing| place(thing).map(|place| (place, thing)))
            .min_by_key(|(place, _)| *place)
            .map(|((at, _, name), thing)| Found {
                thing,
                name,
                before: asked.iter().take(at).cloned().collect(),
            })
    }
}

/// Whether a word may stand behind the name of a thing in English, where the last noun is the thing: a moon computer is
/// not the moon, a cat sleeping is a cat.
fn may_follow(word: Option<&String>) -> bool {
    let Some(word) = word.filter(|word| word.is_ascii()) else { return true };
    ["ing", "ed", "ly"].iter().any(|end| word.ends_with(end)) || AFTER.contains(&word.as_str())
}

/// English words behind a thing that are no thing themselves.
const AFTER: &[&str] = &[
    "please", "pls", "plz", "again", "too", "now", "alone", "only", "here", "there", "who", "that", "which",
    "is", "has", "emoji", "icon", "sticker", "face", "red", "green", "blue", "yellow", "orange", "black",
    "white", "pink", "purple", "brown", "big", "small", "little",
];

/// Words after which a phrase says where, with what, or whose.
const PREPOSITIONS: &[&str] = &[
    "на",
    "в",
    "во",
    "с",
    "со",
    "у",
    "под",
    "над",
    "за",
    "перед",
    "возле",
    "около",
    "из",
    "для",
    "без",
    "on",
    "in",
    "with",
    "at",
    "under",
    "over",
    "near",
    "by",
    "behind",
    "for",
    "without",
    "from",
    "inside",
];

fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase().replace('ё', "е");
    lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Endings of nouns.
const NOUN_RU: &[&str] = &[
    "иями", "ьми", "ями", "ами", "иях", "ией", "ях", "ах", "ям", "ам", "ов", "ев", "ей", "ой", "ом", "ем",
    "ою", "ею", "ия", "ию", "ии", "а", "я", "о", "е", "ы", "и", "у", "ю", "ь", "й",
];

/// Endings of adjectives.
const ADJECTIVE_RU: &[&str] = &[
    "ого", "его", "ому", "ему", "ыми", "ими", "ий", "ый", "ой", "ей", "ая", "яя", "ья", "ое", "ее", "ье",
    "ые", "ие", "ьи", "ом", "ем", "ою", "ею", "ую", "юю", "ью", "ых", "их", "ым", "им",
];

/// Forms of other words that look like a thing's: colour, hour, "already", "ate", "great", "which".
const NOTHINGS: &str = "за уже еле ел ела цвет цвета цвету цвете цветом час часа часу часе великой какая";

/// The stems that a word may be a form of; none for a word that never names a thing.
fn stems(word: &str) -> BTreeSet<String> {
    if word.is_ascii() {
        return english(word);
    }
    if NOTHINGS.split(' ').any(|nothing| nothing == word) {
        return BTreeSet::new();
    }
    let soft = |stem: &str| stem.replace('ь', "");
    let whole = soft(word);
    let mut found: BTreeSet<String> = fleeting(&whole).into_iter().chain([whole]).collect();
    let cut =
        |endings: &'static [&'static str]| endings.iter().filter_map(|ending| word.strip_suffix(ending));
    found.extend(cut(NOUN_RU).filter(|stem| stem.chars().count() >= 2).map(soft));
    found.extend(cut(ADJECTIVE_RU).filter(|stem| stem.chars().count() >= 3).map(|stem| soft(stem) + "-"));
    found.extend(
        word.strip_suffix("мя").filter(|stem| stem.chars().count() >= 3).map(|stem| format!("{stem}мен")),
    );
    found
}

/// What is left of a word when the vowel before its last consonant goes: "лев", "льва"; "огонь", "огня".
fn fleeting(word: &str) -> Option<String> {
    const VOWELS: &str = "аеиоуыэюя";
    let letters: Vec<char> = word.chars().collect();
    let [head @ .., vowel @ ('е' | 'о'), last] = letters.as_slice() else { return None };
    let before = head.last()?;
    let goes = !VOWELS.contains(*last) && !VOWELS.contains(*before) && (*vowel == 'е' || head.len() >= 2);
    goes.then(|| head.iter().chain([last]).collect())
}

fn english(word: &str) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = [word.to_owned()].into();
    let cut = |ending: &str| word.strip_suffix(ending).filter(|stem| stem.len() > 2 && !stem.ends_with('s'));
    found.extend(cut("s").map(str::to_owned));
    found.extend(cut("ies").map(|stem| format!("{stem}y")));
    if ["ses", "xes", "zes", "oes", "ches", "shes"].iter().any(|ending| word.ends_with(ending)) {
        found.extend(word.strip_suffix("es").filter(|stem| stem.len() > 2).map(str::to_owned));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        Known::parse(
            r#"[{"en": "cat", "ru": "кот", "synonyms_en": ["kitty"], "synonyms_ru": ["кошка", "котик"]},
                {"en": "lion", "ru": "лев"}, {"en": "cucumber", "ru": "огурец"}, {"en": "ladybug", "ru": "божья коровка"},
                {"en": "cow", "ru": "корова"}, {"en": "bus", "ru": "автобус"}, {"en": "cherry", "ru": "вишня"}]"#,
        )
        .unwrap()
    }

    #[test]
    fn cases_plurals_and_synonyms_are_known() {
        for (subject, expected) in [
            ("рыжего кота", "cat"),
            ("котика на луне", "cat"),
            ("с кошкой", "cat"),
            ("two cats", "cat"),
            ("an old kitty", "cat"),
            ("льва", "lion"),
            ("огурцы", "cucumber"),
            ("божью коровку", "ladybug"),
            ("корову", "cow"),
            ("красный автобус", "bus"),
            ("cherries", "cherry"),
        ] {
            assert_eq!(
                known().look_up(subject, Language::En, 3),
                Subject::Known(expected.into()),
                "{subject}"
            );
        }
    }

    fn sketch() -> Known {
        Known::parse(include_str!("../../models/sketch/subjects.json")).unwrap()
    }

    #[test]
    fn everyday_words_for_the_sketches_are_known_in_their_cases() {
        for (subject, expected) in [
            ("зайца", "rabbit"),
            ("заиньку", "rabbit"),
            ("зая", "rabbit"),
            ("easter bunnies", "rabbit"),
            ("котят", "cat"),
            ("пса", "dog"),
            ("рыжих псов", "dog"),
            ("львёнка", "lion"),
            ("wolves", "wolf"),
            ("ежом", "hedgehog"),
            ("утят", "duck"),
            ("селезня", "duck"),
            ("цыплят", "chick"),
            ("два ужа", "snake"),
            ("octopuses", "octopus"),
            ("осой", "bee"),
            ("божьих коровок", "ladybug"),
            ("коровку", "cow"),
            ("розочку", "rose"),
            ("цветок розы", "rose"),
            ("цветы", "tulip"),
            ("sun flower", "sunflower"),
            ("cactuses", "cactus"),
            ("christmas tree", "fir tree"),
            ("ёлочку", "fir tree"),
            ("яблочко", "apple"),
            ("клубничку", "strawberry"),
            ("pine apple", "pineapple"),
            ("cherry tomatoes", "tomato"),
            ("мороженого", "ice cream"),
            ("шариком мороженого", "ice cream"),
            ("sweeties", "candy"),
            ("чаем", "coffee"),
            ("машинку", "car"),
            ("бибику", "car"),
            ("buses", "bus"),
            ("велики", "bicycle"),
            ("space ship", "rocket"),
            ("солнышком", "sun"),
            ("crescent", "moon"),
            ("тучку", "cloud"),
            ("огня", "fire"),
            ("пламени", "fire"),
            ("домики", "house"),
            ("воздушных шариков", "balloon"),
            ("часики", "alarm clock"),
        ] {
            assert_eq!(
                sketch().look_up(subject, Language::En, 3),
                Subject::Known(expected.into()),
                "{subject}"
            );
        }
    }

    #[test]
    fn every_name_of_a_sketch_finds_its_own_thing() {
        let known = sketch();
        let rows: Vec<Row> = serde_json::from_str(include_str!("../../models/sketch/subjects.json")).unwrap();
        for row in rows {
            for name in [&row.en, &row.ru].into_iter().chain(&row.synonyms_en).chain(&row.synonyms_ru) {
                assert_eq!(known.look_up(name, Language::En, 3), Subject::Known(row.en.clone()), "{name}");
            }
        }
    }

    #[test]
    fn what_looks_like_a_thing_is_none() {
        for subject in [
            "великий дракон",
            "дракон красного цвета",
            "уже дракон",
            "who cares",
            "сырая стена",
            "час пик",
            "какая стена",
        ] {
            assert!(!sketch().knows(subject), "{subject}");
        }
    }

    #[test]
    fn the_last_noun_is_the_thing_and_what_follows_it_is_none() {
        for subject in [
            "a cat sleeping",
            "a dog and a robot",
            "a robot and a dog",
            "red apple, please",
            "the cat that flies",
        ] {
            assert!(sketch().knows(subject), "{subject}");
        }
    }

    #[test]
    fn what_the_sheets_ask_for_is_known() {
        let sheets = [
            include_str!("../../models/recipes/sketch/sheet.txt"),
            include_str!("../../models/recipes/sketch/weak.txt"),
        ];
        for subject in sheets.iter().flat_map(|sheet| sheet.lines()).filter(|line| !line.starts_with('#')) {
            assert!(sketch().knows(subject), "{subject}");
        }
    }

    #[test]
    fn a_rare_word_is_asked_for_by_the_main_name() {
        for (subject, expected) in [
            ("рыжего кота", "рыжего кота"),
            ("бибику", "машина"),
            ("kitty", "cat"),
            ("small blue kitty", "small blue cat"),
            ("синюю бибику", "синюю машина"),
            ("дракона", "дракона"),
        ] {
            assert_eq!(sketch().asked(subject), expected);
        }
    }

    #[test]
    fn what_is_not_known_is_said_with_its_neighbours() {
        for subject in [
            "который час",
            "котёл",
            "busy street",
            "dragon",
            "синхрофазотрон",
            "a robot with a cat",
            "замок у кота",
            "a moon computer",
            "cat food",
        ] {
            assert!(!known().knows(subject), "{subject}");
        }
        let Subject::Unknown { nearest } = known().look_up("огород", Language::Ru, 2) else {
            panic!("unknown")
        };
        assert_eq!(nearest.first().map(String::as_str), Some("огурец"));
    }
}
