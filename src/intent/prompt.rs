//! What the picture model reads: the subject as it is, or put into a language that the model speaks.
//!
//! Words in quotes stay as they are, and so do words in Latin letters: names, brands and styles that a translator has no
//! business with. In: a subject. Out: a prompt.

use std::ops::Range;

use tokio_util::sync::CancellationToken;

use super::kit::Rewrites;
use super::theirs;
use crate::inference::{InferenceError, RewriteRequest};
use crate::message::{Failure, Phrase};

/// Pairs of quotes, opened and closed.
const QUOTES: &[(char, char)] = &[('«', '»'), ('“', '”'), ('„', '“'), ('"', '"')];
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

/// Characters of a long subject that are said again.
const SHOWN: usize = 60;
/// Quotes that are kept as they are; what stands behind the last of them is all translated.
const KEPT: usize = 8;

/// A piece of a subject.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    /// It is translated.
    Said(&'a str),
    /// With its quotes: it stays.
    Quoted(&'a str),
}

/// The subject in a language that the picture model speaks (`languages`, ISO 639-1; none: it speaks all).
///
/// # Errors
/// What the person can mend: nobody translates this language, or nothing came of it. Else when a model fails.
pub async fn prompt(
    subject: &str,
    languages: &[String],
    translator: Option<&Rewrites>,
    stop: &CancellationToken,
) -> Result<String, Failure> {
    let Some(code) = foreign(subject, languages) else { return Ok(subject.to_owned()) };
    let translator = translator.filter(|translator| {
        translator.languages.iter().any(|read| read == code)
            && translator.to.as_ref().is_some_and(|to| languages.contains(to))
    });
    let Some(translator) = translator else {
        return Err(theirs(Phrase::new("prompt-foreign").with("subject", begun(subject, SHOWN))));
    };
    let mut pieces = pieces(subject);
    // Somebody who puts all of it in quotes names nothing by them.
    let bare = subject.replace(|c| QUOTES.iter().any(|(open, close)| c == *open || c == *close), " ");
    if !pieces.iter().any(|piece| matches!(piece, Piece::Said(text) if letters(text).is_some())) {
        pieces = vec![Piece::Said(&bare)];
    }
    let mut prompt: Vec<String> = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Said(text) if foreign(text, languages).is_some() => {
                let request = RewriteRequest { text: one_alphabet(text), language: code.to_owned() };
                let written = translator.model.run(request, stop.clone(), Box::new(|_| ())).await;
                let written = written.map_err(|error| refused(error, subject))?;
                if written.repeated || !written.text.chars().any(char::is_alphanumeric) {
                    return Err(theirs(
                        Phrase::new("translation-empty").with("subject", begun(subject, SHOWN)),
                    ));
                }
                prompt.push(with_latin(written.text.trim(), text));
            }
            Piece::Said(text) | Piece::Quoted(text) => prompt.push(text.trim().to_owned()),
        }
    }
    prompt.retain(|piece| !piece.is_empty());
    Ok(prompt.join(" "))
}

/// A subject that is too long for the translator is no message that is too long for the answer model.
fn refused(error: InferenceError, subject: &str) -> Failure {
    match error {
        InferenceError::Refused { value, bound, .. } => {
            let phrase = Phrase::new("translation-too-long").with("subject", begun(subject, SHOWN));
            theirs(phrase.with("value", value).with("bound", bound))
        }
        error => error.failure(),
    }
}

/// The beginning of a text, so many characters of it: for a sentence about it.
pub(super) fn begun(text: &str, most: usize) -> String {
    let begun: String = text.chars().take(most).collect();
    if begun.len() < text.len() { begun + "…" } else { begun }
}

/// The language of a text, where it is none of these.
fn foreign(text: &str, languages: &[String]) -> Option<&'static str> {
    let code = letters(text)?;
    (!languages.is_empty() && !languages.iter().any(|language| language == code)).then_some(code)
}

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

/// A translation with those words of the original in Latin letters that it has lost, such as stand together as one.
fn with_latin(translation: &str, original: &str) -> String {
    let lower = translation.to_lowercase();
    let latin =
        |word: &&str| word.len() > 1 && word.is_ascii() && word.contains(|c: char| c.is_ascii_alphabetic());
    let words: Vec<&str> = original.split([' ', ',', '\n']).collect();
    let runs = words.split(|word| !latin(word)).filter(|run| !run.is_empty()).map(|run| run.join(" "));
    let lost = runs.filter(|run| !lower.contains(&run.to_lowercase()));
    lost.fold(translation.to_owned(), |whole, run| format!("{whole}, {run}"))
}

/// A subject cut at its quotes; a quote that is never closed is text.
fn pieces(subject: &str) -> Vec<Piece<'_>> {
    let (mut found, mut rest) = (Vec::new(), subject);
    while let Some((open, close)) = quote(rest).filter(|_| found.len() < 2 * KEPT) {
        let (before, from) = rest.split_at(open);
        let (quoted, after) = from.split_at(close - open);
        found.extend([Piece::Said(before), Piece::Quoted(quoted)]);
        rest = after;
    }
    found.push(Piece::Said(rest));
    found
}

/// Where quotes stand in a text, their marks among it.
fn quotes(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    pieces(text).into_iter().filter_map(move |piece| {
        let (Piece::Said(part) | Piece::Quoted(part)) = piece;
        let place = from..from + part.len();
        from = place.end;
        matches!(piece, Piece::Quoted(_)).then_some(place)
    })
}

/// Whether a place of a text stands between quotes.
pub(super) fn is_quoted(text: &str, place: usize) -> bool {
    quotes(text).any(|quote| quote.contains(&place))
}

/// A piece of a text that begins or ends inside quotes, with the whole of them.
pub(super) fn with_quotes(text: &str, piece: Range<usize>) -> Range<usize> {
    quotes(text).fold(piece, |piece, quote| {
        let within = quote.start <= piece.start && piece.end <= quote.end;
        let apart = piece.end <= quote.start || quote.end <= piece.start;
        if within || apart { piece } else { piece.start.min(quote.start)..piece.end.max(quote.end) }
    })
}

/// A text without the quotes that stand around all of it.
pub(super) fn unquoted(text: &str) -> &str {
    match pieces(text).as_slice() {
        [Piece::Said(""), Piece::Quoted(all), Piece::Said("")] => {
            let (mut inner, mut marks) = (*all, all.chars());
            for (end, mark) in [(false, marks.next()), (true, marks.next_back())] {
                let Some(mark) = mark else { continue };
                inner =
                    if end { inner.strip_suffix(mark) } else { inner.strip_prefix(mark) }.unwrap_or(inner);
            }
            inner
        }
        _ => text,
    }
}

/// Where the first quote begins and ends, its marks among it.
fn quote(text: &str) -> Option<(usize, usize)> {
    text.char_indices().find_map(|(open, mark)| {
        let (_, closing) = QUOTES.iter().find(|(opening, _)| *opening == mark)?;
        let inside = text.get(open + mark.len_utf8()..)?;
        let end = inside.find(*closing)?;
        Some((open, open + mark.len_utf8() + end + closing.len_utf8()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::{Control, Handle, Rewritten};

    fn en() -> Vec<String> {
        vec!["en".to_owned()]
    }

    #[test]
    fn letters_tell_what_must_be_translated() {
        for (text, code) in [
            ("рыжий кот", Some("ru")),
            ("a red cat", None),
            ("кот anime", Some("ru")),
            ("🐱🐱", None),
            ("42", None),
            ("", None),
        ] {
            assert_eq!(foreign(text, &en()), code, "{text}");
        }
        assert_eq!(foreign("рыжий кот", &[]), None, "it speaks all");
        assert_eq!(foreign("a cat", &["ru".to_owned()]), Some("en"));
    }

    #[tokio::test]
    async fn what_a_translator_cannot_do_is_said() {
        type Say = fn() -> Result<Rewritten, InferenceError>;
        let cases: [(Say, &str); 5] = [
            (|| Ok(Rewritten { text: "cat".to_owned(), tokens: 99, repeated: true }), "translation-empty"),
            (|| Ok(Rewritten { text: String::new(), tokens: 0, repeated: false }), "translation-empty"),
            (|| Ok(Rewritten { text: " … ".to_owned(), tokens: 1, repeated: false }), "translation-empty"),
            (|| Err(InferenceError::Overflow { graph: "decoder.onnx".to_owned() }), "model-overflow"),
            (
                || {
                    Err(InferenceError::Refused {
                        key: "message-too-long",
                        value: "5001".into(),
                        bound: "96".into(),
                    })
                },
                "translation-too-long",
            ),
        ];
        for (say, key) in cases {
            let model = Handle::fake("translator", move |_: RewriteRequest, _: &Control<String>| say());
            let translator = Rewrites { model, languages: vec!["ru".into()], to: Some("en".into()) };
            let subject = "рыжий кот ".repeat(2_500);
            let failure =
                prompt(&subject, &en(), Some(&translator), &CancellationToken::new()).await.unwrap_err();
            assert_eq!(failure.phrase.key, key);
            let said = failure.phrase.args.get("subject").map(|said| format!("{said:?}").chars().count());
            assert!(said.is_none_or(|said| said < 100), "a long subject is not said again whole");
        }
    }

    #[tokio::test]
    async fn quotes_are_kept_but_where_there_is_nothing_else() {
        let model = Handle::fake("translator", |request: RewriteRequest, _: &Control<String>| {
            Ok(Rewritten { text: format!("en({})", request.text.trim()), tokens: 1, repeated: false })
        });
        let translator = Rewrites { model, languages: vec!["ru".into()], to: Some("en".into()) };
        for (subject, wanted) in [
            ("вывеска «Кафе»", "en(вывеска) «Кафе»"),
            ("«рыжий кот»", "en(рыжий кот)"),
            ("\"рыжий кот\", \"пёс\"", "en(рыжий кот ,  пёс)"),
        ] {
            let made = prompt(subject, &en(), Some(&translator), &CancellationToken::new()).await.unwrap();
            assert_eq!(made, wanted);
        }
        let many = "а\"b\"".repeat(4_000);
        let made = prompt(&many, &en(), Some(&translator), &CancellationToken::new()).await.unwrap();
        assert_eq!(made.matches("en(").count(), KEPT + 1);
        assert_eq!(unquoted("«Титаник» среди «льдов»"), "«Титаник» среди «льдов»");
        assert_eq!(unquoted("«Титаник»"), "Титаник");
    }

    #[test]
    fn quotes_are_cut_out() {
        assert_eq!(
            pieces("вывеска «Кафе у моря» над дверью"),
            [Piece::Said("вывеска "), Piece::Quoted("«Кафе у моря»"), Piece::Said(" над дверью")]
        );
        assert_eq!(pieces("дюйм 5\""), [Piece::Said("дюйм 5\"")]);
        assert_eq!(pieces("\"a\"\"b\"").iter().filter(|piece| matches!(piece, Piece::Quoted(_))).count(), 2);
    }

    #[test]
    fn letters_of_two_alphabets_in_one_word_become_one() {
        assert_eq!(one_alphabet("рыжий кoт и Lada, сoвa"), "рыжий кот и Lada, сова");
        assert_eq!(one_alphabet("wi-fi роутер, qкот"), "wi-fi роутер, qкот", "no double for each");
        assert_eq!(one_alphabet("кот/cat, кoт-cat"), "кот/cat, кот-cat", "two words");
    }

    #[test]
    fn words_in_latin_letters_are_not_lost() {
        assert_eq!(
            with_latin("a cat in style", "кот в стиле pixel art, 8K"),
            "a cat in style, pixel art, 8K"
        );
        assert_eq!(with_latin("an Anime cat", "кот anime"), "an Anime cat");
        assert_eq!(with_latin("a cat, 5", "кот 5"), "a cat, 5");
    }
}
