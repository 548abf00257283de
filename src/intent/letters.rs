//! Alphabets: of which language the letters of a text are, and words in which two are mixed. Pure.

/// Latin letters that people type for the Cyrillic ones that look the same, by phones that change the alphabet.
const LOOK_ALIKE: &[(char, char)] = &[
    ('a', 'а'),
    ('c', 'с'),
    ('e', 'е'),
    ('k', 'к'),
    ('m', 'м'),
    ('o', 'о'),
    ('p', 'р'),
    ('t', 'т'),
    ('x', 'х'),
    ('y', 'у'),
    ('A', 'А'),
    ('B', 'В'),
    ('C', 'С'),
    ('E', 'Е'),
    ('H', 'Н'),
    ('K', 'К'),
    ('M', 'М'),
    ('O', 'О'),
    ('P', 'Р'),
    ('T', 'Т'),
    ('X', 'Х'),
];

/// The language that the letters of a subject are of: it is too short for its words to say more.
pub(super) fn letters(text: &str) -> Option<&'static str> {
    if text.chars().any(is_cyrillic) {
        Some("ru")
    } else {
        text.contains(|c: char| c.is_ascii_alphabetic()).then_some("en")
    }
}

const fn is_cyrillic(letter: char) -> bool {
    matches!(letter, '\u{400}'..='\u{4ff}')
}

/// Words in which both alphabets are mixed become Cyrillic, where every Latin letter of them has a double there.
pub(super) fn one_alphabet(text: &str) -> String {
    let double =
        |letter: char| LOOK_ALIKE.iter().find(|(latin, _)| *latin == letter).map(|(_, double)| *double);
    let mended = text.split_inclusive(|c: char| !c.is_alphabetic()).map(|word| {
        let mixed = word.chars().any(is_cyrillic) && word.chars().any(|c| c.is_ascii_alphabetic());
        let all = word.chars().filter(char::is_ascii_alphabetic).all(|letter| double(letter).is_some());
        if mixed && all {
            word.chars().map(|letter| double(letter).unwrap_or(letter)).collect()
        } else {
            word.to_owned()
        }
    });
    mended.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_two_alphabets_in_one_word_become_one() {
        assert_eq!(one_alphabet("рыжий кoт и Lada, сoвa"), "рыжий кот и Lada, сова");
        assert_eq!(one_alphabet("wi-fi роутер, qкот"), "wi-fi роутер, qкот", "no double for each");
        assert_eq!(one_alphabet("кот/cat, кoт-cat"), "кот/cat, кот-cat", "two words");
    }
}
