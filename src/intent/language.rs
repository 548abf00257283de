//! Which language a text is in, by its letters; greetings, thanks and a plain yes. Pure.

use crate::message::Language;

/// The language of a text, as far as letters tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tongue {
    /// Mostly Cyrillic.
    Ru,
    /// Mostly Latin.
    En,
    /// Mostly another script.
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

/// The language of a text: the script that most of its letters belong to; Cyrillic wins a tie.
///
/// ```
/// use aisaac::intent::{Tongue, tongue};
///
/// assert_eq!(tongue("нарисуй logo"), Tongue::Ru);
/// assert_eq!(tongue("draw a cat"), Tongue::En);
/// assert_eq!(tongue("猫を描いて"), Tongue::Other);
/// assert_eq!(tongue("42?"), Tongue::Unclear);
/// ```
#[must_use]
pub fn tongue(text: &str) -> Tongue {
    let (mut cyrillic, mut latin, mut other) = (0_usize, 0_usize, 0_usize);
    for letter in text.chars().filter(|c| c.is_alphabetic()) {
        match letter {
            '\u{400}'..='\u{52f}' => cyrillic += 1,
            'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' => latin += 1,
            _ => other += 1,
        }
    }
    match (cyrillic, latin, other) {
        (0, 0, 0) => Tongue::Unclear,
        _ if other > cyrillic + latin => Tongue::Other,
        _ if cyrillic >= latin => Tongue::Ru,
        _ => Tongue::En,
    }
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
    fn letters_tell_the_language() {
        for (text, expected) in [
            ("как дела?", Tongue::Ru),
            ("how are you", Tongue::En),
            ("что значит cat", Tongue::Ru),
            ("你好吗", Tongue::Other),
            ("42?", Tongue::Unclear),
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
