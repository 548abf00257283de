//! Which language a text is in, by its words; greetings, thanks and a plain yes. Pure.

use whatlang::{Detector, Lang};

use crate::message::Language;

/// The language of a text, as far as letters tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tongue {
    /// Russian.
    Ru,
    /// English.
    En,
    /// Something else.
    Other,
    /// No letters at all.
    Unclear,
}

impl Tongue {
    /// The language the house replies in, when it speaks that one.
    #[must_use]
    pub const fn of_house(self) -> Option<Language> {
        match self {
            Self::Ru => Some(Language::Ru),
            Self::En => Some(Language::En),
            Self::Other | Self::Unclear => None,
        }
    }
}

/// The language of a text. Words in Cyrillic letters are Russian: one in front, or half of them, makes the text so.
/// Latin letters are English, unless they say otherwise surely.
#[must_use]
pub fn tongue(text: &str) -> Tongue {
    let (mut cyrillic, mut latin, mut other) = (0_usize, 0_usize, 0_usize);
    let mut first = None;
    for word in text.split_whitespace() {
        let Some(letter) = word.chars().find(|c| c.is_alphabetic()) else { continue };
        let (script, count) = match letter {
            '\u{400}'..='\u{52f}' => (Tongue::Ru, &mut cyrillic),
            'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' => (Tongue::En, &mut latin),
            // Scripts without spaces: one "word" may be a sentence.
            _ => (Tongue::Other, &mut other),
        };
        first.get_or_insert(script);
        *count += 1;
    }
    match (cyrillic, latin, other) {
        (0, 0, 0) => Tongue::Unclear,
        _ if other > cyrillic + latin => Tongue::Other,
        _ if first == Some(Tongue::Ru) || (cyrillic > 0 && cyrillic >= latin) => Tongue::Ru,
        _ if cyrillic > 0 => if_english(text, Tongue::Ru),
        _ => self::latin(text),
    }
}

/// Words that hardly occur in other languages of Latin letters.
const ENGLISH: &[&str] = &[
    "the",
    "is",
    "are",
    "of",
    "and",
    "to",
    "you",
    "what",
    "what's",
    "how",
    "why",
    "who",
    "where",
    "when",
    "which",
    "my",
    "your",
    "please",
    "with",
    "this",
    "that",
    "it",
    "i",
    "i'm",
    "can",
    "do",
    "does",
    "write",
    "tell",
    "give",
    "explain",
    "translate",
    "word",
    "mean",
    "into",
];

/// Russian as people type it without Russian letters.
const TRANSLITERATED: &[&str] = &[
    "privet",
    "kak",
    "chto",
    "dela",
    "spasibo",
    "pochemu",
    "zachem",
    "tebya",
    "menya",
    "eto",
    "gde",
    "narisuj",
    "narisuy",
    "pozhaluysta",
    "pozhalujsta",
    "skazhi",
    "rasskazhi",
];

/// Frequent words of other languages; two of them count.
const FOREIGN: &[&str] = &[
    "wie", "ist", "der", "die", "das", "und", "ich", "nicht", "geht", "dir", "est", "les", "une", "vous",
    "je", "comment", "ça", "va", "el", "los", "una", "qué", "cómo", "es", "il", "che", "di", "non", "è",
    "jest", "się", "nie",
];

/// Languages of Latin letters that are told apart; fewer of them make short texts surer.
const LATIN: &[Lang] = &[
    Lang::Eng,
    Lang::Fra,
    Lang::Deu,
    Lang::Spa,
    Lang::Ita,
    Lang::Por,
    Lang::Nld,
    Lang::Pol,
    Lang::Tur,
    Lang::Ces,
    Lang::Swe,
];

/// Words from which on the detector is asked.
const LONG: usize = 4;

/// From here up another language is believed: of the short English texts tried, the surest mistake had 0.46.
const SURE: f64 = 0.5;

/// English when there is a word that is hardly anything else.
fn if_english(text: &str, otherwise: Tongue) -> Tongue {
    if words_among(&text.to_lowercase(), ENGLISH) > 0 { Tongue::En } else { otherwise }
}

fn words_among(lower: &str, list: &[&str]) -> usize {
    lower.split(|c: char| !c.is_alphabetic() && c != '\'').filter(|word| list.contains(word)).count()
}

/// The language of a text in Latin letters. One English word that other languages hardly have settles it.
fn latin(text: &str) -> Tongue {
    let lower = text.to_lowercase();
    let count = |list: &[&str]| words_among(&lower, list);
    if count(ENGLISH) > 0 {
        return Tongue::En;
    }
    if count(TRANSLITERATED) > 0 {
        return Tongue::Ru;
    }
    let told = Detector::with_allowlist(LATIN.to_vec()).detect(text);
    // Names make two or three words look foreign ("São Paulo weather").
    let long = lower.split_whitespace().count() >= LONG;
    let foreign = long && told.is_some_and(|told| told.lang() != Lang::Eng && told.confidence() >= SURE);
    if foreign || count(FOREIGN) > 1 { Tongue::Other } else { Tongue::En }
}

/// Words that open a question.
const QUESTIONS: &[&str] = &[
    "что",
    "кто",
    "где",
    "когда",
    "почему",
    "зачем",
    "сколько",
    "как",
    "какой",
    "какая",
    "какое",
    "какие",
    "чей",
    "куда",
    "откуда",
    "what",
    "who",
    "where",
    "when",
    "why",
    "how",
    "which",
    "whose",
];

/// Whether a text asks something.
pub(super) fn asks(text: &str) -> bool {
    let words = plain(text);
    text.trim_end().ends_with('?') || words.split(' ').next().is_some_and(|first| QUESTIONS.contains(&first))
}

/// Small talk that the house answers itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Small {
    /// A greeting and nothing more.
    Greeting,
    /// Thanks and nothing more.
    Thanks,
}

const GREETINGS: &[&str] = &[
    "привет",
    "приветик",
    "здравствуй",
    "здравствуйте",
    "здорово",
    "хай",
    "салют",
    "доброе утро",
    "добрый день",
    "добрый вечер",
    "доброго времени суток",
    "доброй ночи",
    "hi",
    "hello",
    "hey",
    "good morning",
    "good evening",
];
const THANKS: &[&str] = &[
    "спасибо",
    "спс",
    "благодарю",
    "большое спасибо",
    "спасибо большое",
    "спасибо тебе",
    "огромное спасибо",
    "thanks",
    "thank you",
];
const YES: &[&str] = &[
    "да",
    "ага",
    "давай",
    "угу",
    "конечно",
    "нарисуй",
    "yes",
    "yeah",
    "yep",
    "ok",
    "ок",
    "sure",
    "please",
    "draw it",
    "да пожалуйста",
];

/// Whether a text is only a greeting or only thanks.
pub(super) fn small_talk(text: &str) -> Option<Small> {
    let words = plain(text);
    if GREETINGS.contains(&words.as_str()) {
        return Some(Small::Greeting);
    }
    THANKS.contains(&words.as_str()).then_some(Small::Thanks)
}

/// A text without the thanks behind it: they say nothing of what is meant.
pub(super) fn without_thanks(text: &str) -> &str {
    let lower = text.to_lowercase();
    let mut cuts = lower.match_indices([',', '.', '!', '\n']).map(|(at, _)| at);
    let thanks = |rest: &str| {
        let words = plain(rest);
        THANKS.contains(&words.strip_prefix("заранее ").unwrap_or(&words))
    };
    let cut = cuts.find(|at| lower.get(*at..).is_some_and(thanks));
    cut.filter(|_| lower.len() == text.len()).and_then(|cut| text.get(..cut)).unwrap_or(text)
}

/// Whether a text is a plain yes.
pub(super) fn yes(text: &str) -> bool {
    YES.contains(&plain(text).as_str())
}

/// Lower case, letters and single spaces only.
fn plain(text: &str) -> String {
    let lower = text.to_lowercase();
    lower.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thanks_behind_a_request_are_no_part_of_it() {
        for (text, rest) in [
            ("нарисуй ламу, спасибо", "нарисуй ламу"),
            ("помощь! Заранее спасибо!", "помощь"),
            ("draw a cat. Thank you", "draw a cat"),
            ("спасибо, нарисуй ещё", "спасибо, нарисуй ещё"),
            ("открытка с надписью спасибо", "открытка с надписью спасибо"),
            ("спасибо", "спасибо"),
        ] {
            assert_eq!(without_thanks(text), rest);
        }
    }

    #[test]
    fn questions_are_told_from_things() {
        for (text, expected) in [
            ("какая сегодня погода", true),
            ("кот?", true),
            ("how are you", true),
            ("рыжий кот", false),
            ("", false),
        ] {
            assert_eq!(asks(text), expected, "{text}");
        }
    }

    #[test]
    fn letters_tell_the_language() {
        for (text, expected) in [
            ("как дела?", Tongue::Ru),
            ("how are you", Tongue::En),
            ("что значит cat", Tongue::Ru),
            ("你好吗", Tongue::Other),
            ("42?", Tongue::Unclear),
            ("что такое machine learning?", Tongue::Ru),
            ("что такое transformer attention mechanism", Tongue::Ru),
            ("translate the word кот into English", Tongue::En),
            ("Quelle est la capitale de la France ?", Tongue::Other),
            ("Wie geht es dir heute?", Tongue::Other),
            ("comment ça va", Tongue::Other),
            ("quanto costa un biglietto per Roma", Tongue::Other),
            ("privet kak dela", Tongue::Ru),
            ("git commit --amend что делает", Tongue::Ru),
            ("Translate кот please", Tongue::En),
            ("Erzähl mir einen Witz", Tongue::Other),
            ("São Paulo weather", Tongue::En),
            ("Beyoncé songs", Tongue::En),
            ("jokes about programmers", Tongue::En),
            ("list three fruits", Tongue::En),
            ("define entropy", Tongue::En),
            ("Wie geht es dir heute, mein lieber Freund?", Tongue::Other),
            ("¿Cuál es la capital de España?", Tongue::Other),
            ("Tell me about a Schadenfreude", Tongue::En),
            ("red apple", Tongue::En),
            ("hello there", Tongue::En),
            ("photosynthesis", Tongue::En),
            ("best pizza toppings", Tongue::En),
            ("Translate bonjour mon ami", Tongue::En),
        ] {
            assert_eq!(tongue(text), expected, "{text}");
        }
    }

    #[test]
    fn small_talk_is_small_talk_only() {
        assert_eq!(small_talk("Привет!"), Some(Small::Greeting));
        assert_eq!(small_talk("Спасибо большое!!"), Some(Small::Thanks));
        assert_eq!(small_talk("привет, расскажи о луне"), None);
        assert!(yes("Да, пожалуйста!"));
        assert!(!yes("да ну"));
    }
}
