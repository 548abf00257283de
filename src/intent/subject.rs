//! What is to be drawn, out of a request: asked of an extractor that writes, where one is configured, and of the span head.
//!
//! An extractor that writes can write anything: it is believed when its words are near to the request's and it did not just
//! repeat the whole request with its command. In: a request without its options. Out: the subject, or nothing.

use tokio_util::sync::CancellationToken;

use super::asking::{Word, words};
use super::kit::{Ask, Kit, Rewrites};
use super::language::without_thanks;
use super::letters::one_alphabet;
use super::piece::{mended, typed_pictures};
use super::quotes::unquoted;
use crate::inference::{InferenceError, RewriteRequest, UnderstandRequest, Understanding, Understood};
use crate::message::{Failure, Language};

/// How alike two words must be (Jaro-Winkler) for one to be a form of the other, where they do not begin alike.
const ALIKE: f64 = 0.82;
/// Words with fewer letters have no forms that could be told from other words.
const SAYS_SOMETHING: usize = 3;
/// What stands around a subject and is none of it.
const AROUND: &[char] = &['.', ',', '!', '?', ':', ';', '…', ' ', '\n'];
/// What Russian words end in when they are declined.
const ENDINGS: &[&str] = &[
    "", "а", "у", "ы", "и", "е", "о", "я", "ю", "ь", "й", "ой", "ом", "ам", "ами", "ах", "ов", "ев", "ей",
    "ем", "ям", "ями", "ях", "ий", "ый", "ая", "яя", "ое", "ее", "ые", "ие", "его", "ого", "ему", "ому",
    "им", "ым", "ую", "юю", "их", "ых", "ими", "ыми", "s",
];

/// What somebody wants to have drawn.
pub(super) async fn subject_of(text: &str, ask: &Ask, kit: &Kit) -> Result<Option<String>, Failure> {
    let models = (kit.extractor.as_ref(), kit.understanding.as_ref());
    subject(text, ask.language, models, &ask.stop).await
}

/// The piece of the request that says what to draw, its words in one alphabet each; without any model that is all of it.
///
/// # Errors
/// When a model fails or somebody said stop.
pub async fn subject(
    text: &str,
    language: Language,
    (extractor, understanding): (Option<&Rewrites>, Option<&Understanding>),
    stop: &CancellationToken,
) -> Result<Option<String>, Failure> {
    let text = &one_alphabet(without_thanks(text));
    if let Some(extractor) = extractor.filter(|extractor| extractor.reads(text)) {
        let request = RewriteRequest { text: text.to_owned(), language: language.code().to_owned() };
        match extractor.model.run(request, stop.clone(), Box::new(|_| ())).await {
            Ok(written) if !written.repeated && is_believable(&written.text, text) => {
                return Ok(Some(unquoted(written.text.trim_matches(AROUND)).to_owned()));
            }
            Ok(written) => tracing::debug!(tokens = written.tokens, "what was extracted is not believed"),
            // A request that is too long for it may not be for the other.
            Err(InferenceError::Refused { .. }) => {}
            Err(error) => return Err(error.failure()),
        }
    }
    match understanding {
        Some(model) => span(text, model, stop).await,
        None => Ok(Some(text.to_owned())),
    }
}

async fn span(
    text: &str,
    model: &Understanding,
    stop: &CancellationToken,
) -> Result<Option<String>, Failure> {
    let request = UnderstandRequest::Subject { text: text.to_owned() };
    match model.run(request, stop.clone(), Box::new(|()| ())).await {
        Ok(Understood::Subject(range)) => {
            let cut = range.map(|range| mended(text, range)).filter(|piece| !piece.is_empty());
            Ok(cut.or_else(|| typed_pictures(text)).map(str::to_owned))
        }
        Ok(Understood::Intent { .. }) => Ok(None),
        Err(error) => Err(error.failure()),
    }
}

/// Whether an answer can be the subject of a request.
fn is_believable(answer: &str, request: &str) -> bool {
    let (answer, request) = (words(answer), words(request));
    let (written, said) = (parts(&answer), parts(&request));
    let is_whole = written == said && request.iter().any(Word::may_ask);
    let asks = answer.iter().any(Word::commands);
    let near = |word: &&str| said.iter().any(|said| alike(word, said));
    !answer.is_empty() && !is_whole && !asks && written.iter().all(near)
}

/// Words cut at their hyphens: people and models do not agree on these.
fn parts(words: &[Word]) -> Vec<&str> {
    words.iter().flat_map(|word| word.said.split('-')).filter(|part| !part.is_empty()).collect()
}

/// Whether one is a form of the other: what is short is itself only.
fn alike(one: &str, other: &str) -> bool {
    let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let rest = |word: &str| word.chars().skip(same).collect::<String>();
    let declined = || [one, other].iter().all(|word| ENDINGS.contains(&rest(word).as_str()));
    let long = one.chars().count().min(other.chars().count()) >= SAYS_SOMETHING;
    one == other
        || (same >= SAYS_SOMETHING && declined())
        || (long && strsim::jaro_winkler(one, other) >= ALIKE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::{Control, Handle, Rewritten};

    #[tokio::test]
    async fn an_extractor_that_fails_in_its_writing_leaves_it_to_the_span_head() {
        let said = |text: &str, repeated| Rewritten { text: text.to_owned(), tokens: 1, repeated };
        let cases = [
            (Some(said("рыжий кот", false)), "рыжий кот"),
            (Some(said("рыжий кот", true)), "кота"),
            (Some(said("", false)), "кота"),
            (Some(said("🐱", false)), "кота"),
            (None, "кота"),
        ];
        for (written, wanted) in cases {
            let writes = written.clone();
            let model = Handle::fake("extractor", move |_: RewriteRequest, _: &Control<String>| {
                let long = || InferenceError::Refused {
                    key: "message-too-long",
                    value: "600".into(),
                    bound: "512".into(),
                };
                writes.clone().ok_or_else(long)
            });
            let head = Handle::fake("understand", |request: UnderstandRequest, _: &Control<()>| {
                let UnderstandRequest::Subject { text } = request else { panic!("{request:?}") };
                Ok(Understood::Subject(text.find("кота").map(|at| at..at + "кота".len())))
            });
            let extractor = Rewrites { model, languages: vec!["ru".into()], to: None };
            let models = (Some(&extractor), Some(&head));
            // Two of its letters are Latin.
            let found = subject("нарисуй рыжего кoтa", Language::Ru, models, &CancellationToken::new()).await;
            assert_eq!(found.unwrap().as_deref(), Some(wanted), "{written:?}");
        }
    }

    #[test]
    fn an_answer_is_believed_when_it_is_near_to_the_request() {
        let request = "нарисуй, пожалуйста, рыжего кота на крыше в стиле anime";
        for answer in ["рыжего кота на крыше", "Рыжий кот на крыше.", "кота", "кот на крыше в стиле Anime"]
        {
            assert!(is_believable(answer, request), "{answer}");
        }
        for answer in [
            "",
            "  ",
            "!",
            "собаку",
            "рыжего кота и собаку",
            request,
            "Нарисуй, пожалуйста, рыжего кота на крыше в стиле anime!",
        ] {
            assert!(!is_believable(answer, request), "{answer}");
        }
        for (answer, request) in [
            ("нарисуй рыжего кота", "пожалуйста, нарисуй рыжего кота"),
            ("да", "нарисуй ёжа"),
            ("собака", "нарисуй собор"),
        ] {
            assert!(!is_believable(answer, request), "{answer}");
        }
        assert!(is_believable("ёжа", "нарисуй ёжа"));
        assert!(is_believable("рыжие коты", "нарисуй рыжих котов"));
        assert!(is_believable("дракон", "дракон"), "a whole request without a command is its subject");
    }
}
