//! What the picture model reads: the subject as it is, or put into a language that the model speaks.
//!
//! Words in quotes stay as they are, and so do words in Latin letters: names, brands and styles that a translator has no
//! business with. In: a subject. Out: a prompt.

use tokio_util::sync::CancellationToken;

use super::kit::Rewrites;
use super::letters::{letters, one_alphabet};
use super::quotes::{Piece, is_mark, pieces};
use super::theirs;
use crate::inference::{InferenceError, RewriteRequest};
use crate::message::{Failure, Phrase};

/// Characters of a long subject that are said again.
const SHOWN: usize = 60;
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
    let bare = subject.replace(is_mark, " ");
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

#[cfg(test)]
mod tests {
    use super::super::quotes::KEPT;
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
