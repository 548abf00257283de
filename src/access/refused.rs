//! Words that are refused to children: found whole, in their Russian forms, whatever the case. Pure.
//!
//! A word of the list stands in its first form, and that says which endings it may have: so "кровь" is found in "крови"
//! and not in "кровать". Where a form may be either, it counts: a form too many costs a kind sentence.

/// Endings of a noun whose first form ends hard: "нож", "игла".
const HARD: &[&str] =
    &["", "а", "о", "ы", "и", "у", "е", "ой", "ою", "ей", "ею", "ом", "ем", "ов", "ев", "ам", "ами", "ах"];

/// Endings of a noun whose first form ends softly: "кровь", "пуля".
const SOFT: &[&str] = &["я", "е", "и", "ю", "ь", "й", "ей", "ею", "ем", "ев", "ью", "ям", "ями", "ях", "ьми"];

/// Endings of an adjective, without its short forms: they look like nouns.
const ADJECTIVE: &[&str] = &[
    "ый", "ий", "ой", "ого", "его", "ому", "ему", "ым", "им", "ом", "ем", "ая", "яя", "ей", "ую", "юю", "ою",
    "ею", "ое", "ее", "ые", "ие", "ых", "их", "ыми", "ими",
];

/// First forms of adjectives, in the singular and the plural.
const ADJECTIVE_FIRST: &[&str] = &["ый", "ий", "ой", "ая", "яя", "ое", "ее", "ые", "ие"];

/// What a verb has behind the stem of its infinitive ("уби-ть").
const VERB: &[&str] = &[
    "ть", "л", "ла", "ло", "ли", "ю", "ешь", "ет", "ем", "ете", "ют", "шь", "т", "м", "те", "й", "йте", "я",
    "в", "вши", "та", "ты", "тый", "тая", "тые", "ние", "ния",
];

/// What a verb has behind that stem without its vowel ("кур-ить").
const VERB_SHORT: &[&str] = &[
    "у", "ю", "ешь", "ет", "ем", "ете", "ут", "ют", "ишь", "ит", "им", "ите", "ат", "ят", "и", "ь", "ьте",
    "я", "ение", "ения",
];

/// Endings of English words, as far as they are regular.
const ENGLISH: &[&str] = &["", "s", "es", "ed", "d", "ing", "er", "ers"];

/// Letters that a verb's stem has at least: what is shorter is the beginning of too many words.
const SHORTEST_VERB: usize = 3;

/// Letters that a noun's or an adjective's stem has at least.
const SHORTEST: usize = 2;

/// The refused words.
#[derive(Debug, Clone, Default)]
pub struct Refused {
    /// Each entry: its words.
    entries: Vec<Vec<Forms>>,
}

/// The forms of a word: stems, each with the endings that may follow.
#[derive(Debug, Clone, Default)]
struct Forms(Vec<(String, &'static [&'static str])>);

impl Refused {
    /// From a list of words in their first forms, or of several words that stand together.
    ///
    /// ```
    /// use aisaac::access::Refused;
    ///
    /// let refused = Refused::new(["Кровь", "чёрная магия"]);
    /// assert!(refused.holds("нарисуй лужу крови"));
    /// assert!(refused.holds("научи ЧЕРНОЙ МАГИИ!"));
    /// assert!(!refused.holds("нарисуй кровать"));
    /// ```
    #[must_use]
    pub fn new<S: AsRef<str>>(entries: impl IntoIterator<Item = S>) -> Self {
        let forms = |entry: S| words(entry.as_ref()).iter().map(|word| Forms::of(word)).collect::<Vec<_>>();
        Self { entries: entries.into_iter().map(forms).filter(|words| !words.is_empty()).collect() }
    }

    /// Whether one of them stands in a text.
    #[must_use]
    pub fn holds(&self, text: &str) -> bool {
        let said = if self.entries.is_empty() { Vec::new() } else { words(text) };
        self.entries.iter().any(|entry| {
            said.windows(entry.len()).any(|some| some.iter().zip(entry).all(|(word, forms)| forms.hold(word)))
        })
    }
}

impl Forms {
    fn of(word: &str) -> Self {
        let mut forms = Self::default();
        if word.chars().any(|c| ('а'..='я').contains(&c)) {
            forms.noun(word);
            for first in ADJECTIVE_FIRST {
                forms.add(word.strip_suffix(first), SHORTEST, ADJECTIVE);
            }
            forms.verb(word);
        } else {
            forms.add(Some(word), 1, ENGLISH);
            forms.add(word.strip_suffix('e'), SHORTEST_VERB, &["ing"]);
            forms.add(word.strip_suffix('y'), SHORTEST, &["ies", "ied"]);
        }
        forms
    }

    fn add(&mut self, stem: Option<&str>, shortest: usize, endings: &'static [&'static str]) {
        let stem = stem.filter(|stem| stem.chars().count() >= shortest);
        self.0.extend(stem.map(|stem| (stem.to_owned(), endings)));
    }

    fn noun(&mut self, word: &str) {
        let last = word.chars().next_back();
        let stem = word.strip_suffix(['а', 'о', 'ы', 'я', 'ь', 'й', 'е', 'и']);
        let (hard, soft) = match last {
            Some('я' | 'ь' | 'й') => (None, stem),
            // "Солнце" has the endings of either, "наркотики" and "кости" too.
            Some('е' | 'и') => (stem, stem),
            Some('а' | 'о' | 'ы') => (stem, None),
            _ => (Some(word), None),
        };
        self.add(Some(word), 1, &[""]);
        self.add(hard, SHORTEST, HARD);
        self.add(soft, SHORTEST, SOFT);
        // "Кусок" is "куск-" in all other forms, "любовь" "любв-", and "кукла" is "кукол" in one.
        let falls = matches!(last, Some('ь')) || hard == Some(word);
        let without = hard.or(soft).filter(|_| falls).and_then(without_vowel);
        self.add(without.as_deref(), SHORTEST, if hard.is_some() { HARD } else { SOFT });
        for vowel in ['о', 'е'] {
            let with = stem
                .filter(|_| matches!(last, Some('а' | 'о' | 'я')))
                .and_then(|stem| with_vowel(stem, vowel));
            self.add(with.as_deref(), SHORTEST, &["", "ь"]);
        }
    }

    fn verb(&mut self, word: &str) {
        let word = word.strip_suffix("ся").or_else(|| word.strip_suffix("сь")).unwrap_or(word);
        let Some(stem) = word.strip_suffix("ть").or_else(|| word.strip_suffix("ти")) else { return };
        self.add(Some(stem), SHORTEST_VERB, VERB);
        self.add(stem.strip_suffix(['а', 'и', 'е', 'я', 'у', 'ы', 'о']), SHORTEST_VERB, VERB_SHORT);
    }

    fn hold(&self, word: &str) -> bool {
        let plain = word.strip_suffix("ся").or_else(|| word.strip_suffix("сь"));
        [Some(word), plain].into_iter().flatten().any(|word| {
            self.0.iter().any(|(stem, endings)| {
                word.strip_prefix(stem.as_str()).is_some_and(|ending| endings.contains(&ending))
            })
        })
    }
}

/// A stem without the vowel before its last consonant.
fn without_vowel(stem: &str) -> Option<String> {
    let letters: Vec<char> = stem.chars().collect();
    let [head @ .., 'е' | 'о', last] = letters.as_slice() else { return None };
    is_consonant(*last).then(|| head.iter().chain([last]).collect())
}

/// A stem with a vowel before its last consonant, where there is a consonant before it.
fn with_vowel(stem: &str, vowel: char) -> Option<String> {
    let letters: Vec<char> = stem.chars().collect();
    let [head @ .., before, last] = letters.as_slice() else { return None };
    let fits = is_consonant(*before) && is_consonant(*last);
    fits.then(|| head.iter().chain([before, &vowel, last]).collect())
}

fn is_consonant(letter: char) -> bool {
    "бвгджзклмнпрстфхцчшщ".contains(letter)
}

/// Words in lower case, ё as е.
fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase().replace('ё', "е");
    lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_refused_word_are_found() {
        for (entry, text) in [
            ("кровь", "лужа крови"),
            ("кровь", "КРОВЬЮ!"),
            ("нож", "два ножа, ножами"),
            ("оружие", "без оружия"),
            ("насилие", "о насилии"),
            ("наркотики", "наркотик"),
            ("наркотики", "без наркотиков"),
            ("пуля", "сто пуль"),
            ("кукла", "пять кукол"),
            ("огонь", "с огнём"),
            ("любовь", "о любви"),
            ("голый", "голых и голую"),
            ("убить", "кто убил дракона"),
            ("убить", "он был убит"),
            ("курить", "я курю"),
            ("курить", "не кури"),
            ("драться", "они дрались"),
            ("труп", "трупы"),
            ("чёрная магия", "о черной магии"),
            ("ёж", "ЁЖ"),
            ("ёж", "еж"),
            ("kill", "he was killed"),
            ("bloody mary", "a Bloody Mary"),
            ("party", "parties"),
            ("smoke", "smoking"),
        ] {
            assert!(Refused::new([entry]).holds(text), "{entry} in {text}");
        }
    }

    #[test]
    fn other_words_are_not() {
        for (entry, text) in [
            ("кровь", "кровать под кровом"),
            ("голый", "гол, голова и голос"),
            ("нож", "ножницы"),
            ("труп", "трубы"),
            ("драться", "дракон"),
            ("рот", "ротонда"),
            ("яд", "ядро и ягода"),
            ("чёрная магия", "магия чёрная"),
            ("чёрная магия", "чёрная кошка"),
            ("hell", "hello, shell"),
            ("кровь", ""),
            ("", "что угодно"),
            ("—", "что-то — и всё"),
        ] {
            assert!(!Refused::new([entry]).holds(text), "{entry} in {text}");
        }
        assert!(!Refused::default().holds("кровь"));
    }
}
