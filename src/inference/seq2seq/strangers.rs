//! Words that a small translator was never taught: they do not reach it, and come out in Latin letters.
//!
//! A model of a few million numbers knows the words of its lexicon and makes up something for others. Its manifest then
//! names a list of the forms it knows (FNV-1a of their UTF-8, 32 bit, sorted, little-endian). A word that is not in the list
//! but one slip of typing away from a single one that is stands for that one; any other is a mark (`Q1`, with a capital `N1`)
//! that the model was taught to leave alone, and becomes the word again behind it. `models/recipes/translate/guard.py` is the
//! reference. In: a text. Out: a text with marks, and what they stand for.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::latin::latin;
use crate::inference::InferenceError;

/// Marks of one text at most; further words go to the model in Latin letters.
const MARKS: usize = 9;
/// Shorter words have too many neighbours for a slip to be seen.
const LONG: usize = 5;
/// Longer ones are no slip of anything, and have thousands of neighbours.
const LONGEST: usize = 32;
const ALPHABET: &str = "абвгдежзийклмнопрстуфхцчшщъыьэюя";

/// The forms that a model knows.
#[derive(Debug)]
pub(super) struct Known(Vec<u32>);

/// A text with marks for its strange words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Marked {
    pub(super) text: String,
    marks: Vec<(String, String)>,
}

impl Known {
    pub(super) fn open(path: &Path) -> Result<Self, InferenceError> {
        let refused = |reason: String| InferenceError::File { path: path.to_owned(), reason };
        let bytes = fs::read(path).map_err(|error| refused(error.to_string()))?;
        let (numbers, over) = bytes.as_chunks::<4>();
        let numbers: Vec<u32> = numbers.iter().map(|number| u32::from_le_bytes(*number)).collect();
        if !over.is_empty() || !numbers.is_sorted() {
            return Err(refused("it is no list of words".to_owned()));
        }
        Ok(Self(numbers))
    }

    /// The text as the model should see it.
    pub(super) fn marked(&self, text: &str) -> Marked {
        let mut marked = Marked { text: String::new(), marks: Vec::new() };
        // Whoever shouts names nobody by it.
        let shouted = text.to_uppercase() == text;
        let text = if shouted { text.to_lowercase() } else { text.to_owned() };
        for piece in pieces(&text) {
            let shown = if is_russian(piece) && !self.knows(piece) {
                self.strange(piece, &text, &mut marked.marks)
            } else {
                piece.to_owned()
            };
            marked.text.push_str(&shown);
        }
        while marked.joins_names() {}
        marked
    }

    /// What stands for a word that is not in the list.
    fn strange(&self, word: &str, text: &str, marks: &mut Vec<(String, String)>) -> String {
        if (LONG..=LONGEST).contains(&word.chars().count()) && is_lower(word) {
            match self.near(word).as_slice() {
                [] => {}
                [one] => return one.clone(),
                _ => return word.to_owned(),
            }
        }
        if let Some((mark, _)) = marks.iter().find(|(_, other)| other == word) {
            return mark.clone();
        }
        let kind = if word.starts_with(char::is_uppercase) { 'N' } else { 'Q' };
        let taken = |mark: &String| marks.iter().any(|(other, _)| other.get(1..) == mark.get(1..));
        let typed = |mark: &String| pieces_of(text).any(|piece| piece == mark);
        let mut free = (1..=MARKS).map(|number| format!("{kind}{number}"));
        let Some(mark) = free.find(|mark| !taken(mark) && !typed(mark)) else { return latin(word) };
        marks.push((mark.clone(), word.to_owned()));
        mark
    }

    fn knows(&self, word: &str) -> bool {
        let word = key(word);
        let parts: Vec<&str> = word.split('-').collect();
        self.has(&word) || (parts.len() > 1 && parts.iter().all(|part| self.has(part)))
    }

    fn has(&self, word: &str) -> bool {
        self.0.binary_search(&hashed(word)).is_ok()
    }

    /// Known forms with one letter more, less, changed, or two swapped; at most two, which says enough.
    fn near(&self, word: &str) -> Vec<String> {
        let word = key(word);
        let letters: Vec<char> = word.chars().collect();
        let mut tried = BTreeSet::new();
        for at in 0..=letters.len() {
            let (left, right) = letters.split_at(at);
            let joined =
                |middle: &[char], rest: &[char]| left.iter().chain(middle).chain(rest).collect::<String>();
            if let [gone, rest @ ..] = right {
                tried.insert(joined(&[], rest));
                if let [next, rest @ ..] = rest {
                    tried.insert(joined(&[*next, *gone], rest));
                }
                tried.extend(ALPHABET.chars().map(|letter| joined(&[letter], rest)));
            }
            tried.extend(ALPHABET.chars().map(|letter| joined(&[letter], right)));
        }
        tried.remove(&word);
        tried.into_iter().filter(|near| self.has(near)).take(2).collect()
    }
}

impl Marked {
    /// Two names that follow each other, and stand nowhere else, share the first one's mark; false when there are none.
    fn joins_names(&mut self) -> bool {
        let runs: Vec<&str> = pieces_of(&self.text).collect();
        let times = |mark: &str| runs.iter().filter(|run| **run == mark).count();
        let names =
            |at: usize| self.marks.get(at).filter(|(mark, _)| mark.starts_with('N') && times(mark) == 1);
        let all = 0..self.marks.len();
        let pair = all.clone().flat_map(|one| all.clone().map(move |other| (one, other))).find_map(
            |(one, other)| {
                let both = format!("{} {}", names(one)?.0, names(other)?.0);
                (one != other && runs.join(" ").contains(&both) && self.text.contains(&both))
                    .then_some((one, other, both))
            },
        );
        let Some((one, other, both)) = pair else { return false };
        let (_, second) = self.marks.get(other).cloned().unwrap_or_default();
        if let Some((mark, word)) = self.marks.get_mut(one) {
            *word = format!("{word} {second}");
            self.text = self.text.replace(&both, mark);
        }
        self.marks.remove(other);
        true
    }

    /// The text with Latin letters in place of its marks: for a model that has lost one.
    pub(super) fn in_latin(&self) -> String {
        self.marks.iter().fold(self.text.clone(), |text, (mark, word)| replaced(&text, mark, &latin(word)))
    }

    /// What the model wrote, with the words for their marks; nothing when a mark is lost.
    pub(super) fn restored(&self, written: &str) -> Option<String> {
        let all = self.marks.iter().all(|(mark, _)| pieces_of(written).any(|piece| piece == mark));
        all.then(|| {
            self.marks
                .iter()
                .fold(written.to_owned(), |text, (mark, word)| replaced(&text, mark, &latin(word)))
        })
    }

    /// What the model wrote of the text in Latin letters, and behind it what it has lost of that, too.
    pub(super) fn completed(&self, written: &str) -> String {
        let mut whole = written.to_owned();
        for word in self.marks.iter().map(|(_, word)| latin(word)) {
            if !whole.to_lowercase().contains(&word.to_lowercase()) {
                whole = format!("{whole}, {word}");
            }
        }
        whole
    }
}

/// Words (letters with single hyphens or apostrophes inside) and what stands between them.
fn pieces(text: &str) -> Vec<&str> {
    let (mut found, mut from, mut inside) = (Vec::new(), 0, false);
    for (at, letter) in text.char_indices() {
        let joins = matches!(letter, '-' | '’' | '\'') && inside && {
            let after = text.get(at + letter.len_utf8()..).and_then(|rest| rest.chars().next());
            after.is_some_and(char::is_alphabetic)
        };
        let word = letter.is_alphabetic() || joins;
        if word != inside && at > from {
            found.extend(text.get(from..at));
            from = at;
        }
        inside = word;
    }
    found.extend(text.get(from..).filter(|rest| !rest.is_empty()));
    found
}

/// Runs of letters and digits, as a mark is one.
fn pieces_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// Every mark of a text replaced, where it stands by itself.
fn replaced(text: &str, mark: &str, word: &str) -> String {
    let (mut whole, mut rest) = (String::new(), text);
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    while let Some(at) = rest.find(mark) {
        let (before, from) = rest.split_at(at);
        let after = from.get(mark.len()..).unwrap_or_default();
        whole.push_str(before);
        let is_part = whole.ends_with(joins) || after.starts_with(joins);
        whole.push_str(if is_part { mark } else { word });
        rest = after;
    }
    whole + rest
}

fn is_russian(word: &str) -> bool {
    word.chars().any(|letter| matches!(letter.to_lowercase().next(), Some('а'..='я' | 'ё')))
}

fn is_lower(word: &str) -> bool {
    !word.chars().any(char::is_uppercase)
}

fn key(word: &str) -> String {
    word.to_lowercase().replace('ё', "е")
}

/// FNV-1a, 32 bit (<http://www.isthe.com/chongo/tech/comp/fnv/>).
fn hashed(word: &str) -> u32 {
    word.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let mut hashes: Vec<u32> =
            ["кот", "кота", "коты", "рыжий", "рыжего", "лампа", "лапа", "темно", "синий", "и"]
                .map(hashed)
                .to_vec();
        hashes.sort_unstable();
        Known(hashes)
    }

    #[test]
    fn strange_words_become_marks_and_come_back_in_latin_letters() {
        let marked = known().marked("рыжий кот Барсик, фенёк и Барсик");
        assert_eq!(marked.text, "рыжий кот N1, фенёк и N1".replace("фенёк", "Q2"));
        assert_eq!(
            marked.restored("a ginger cat N1, Q2 and N1").unwrap(),
            "a ginger cat Barsik, fenyok and Barsik"
        );
        assert_eq!(marked.restored("a ginger cat N12, Q2"), None, "a mark is lost");
        assert_eq!(marked.in_latin(), "рыжий кот Barsik, fenyok и Barsik");
        assert_eq!(marked.completed("a ginger cat barsik"), "a ginger cat barsik, fenyok");
    }

    #[test]
    fn names_that_follow_each_other_are_one_and_shouting_is_not_naming() {
        let known = known();
        let whole = known.marked("кот Зинаиды Гиппиус и Льва");
        assert_eq!(whole.text, "кот N1 и N3");
        assert_eq!(whole.restored("a cat of N1 and N3").unwrap(), "a cat of Zinaidy Gippius and Lva");
        assert_eq!(known.marked("Анна Анна Ольга, Анна").text, "N1 N1 N2, N1", "it stands elsewhere, too");
        assert_eq!(known.marked("РЫЖИЙ КОТ").text, "рыжий кот");
    }

    #[test]
    fn a_slip_of_typing_is_mended_where_it_can_mean_one_word_only() {
        let known = known();
        for (typed, seen) in [
            ("рыжй", "Q1"),
            ("рыжиий", "рыжий"),
            ("Рыжиий", "N1"),
            ("ыржий", "рыжий"),
            ("ламппа", "лампа"),
            ("лаппа", "лаппа"),
            ("тёмно-синий", "тёмно-синий"),
            ("кот-бегемот", "Q1"),
            ("iPhone 7", "iPhone 7"),
        ] {
            assert_eq!(known.marked(typed).text, seen, "{typed}");
        }
        let many = (0..12).map(|at| format!("Щ{}", "ы".repeat(at + 1))).collect::<Vec<_>>().join(", ");
        assert!(known.marked(&many).text.ends_with("N9, Shchyyyyyyyyyy, Shchyyyyyyyyyyy, Shchyyyyyyyyyyyy"));
    }

    #[test]
    fn a_list_that_is_none_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for bytes in [&[1, 2, 3][..], &[9, 0, 0, 0, 1, 0, 0, 0]] {
            fs::write(file.path(), bytes).unwrap();
            assert!(Known::open(file.path()).is_err());
        }
    }
}
