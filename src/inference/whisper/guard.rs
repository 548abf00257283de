//! Tells what was heard from what was invented: text that repeats itself, and the credits of videos that Whisper learnt to
//! write where nobody speaks.
//!
//! In: tokens, text. Out: verdicts. It changes nothing itself.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::inference::generation::repetition::Loops;

/// Text that zlib makes this much smaller says the same again and again (openai/whisper).
const COMPRESSION_RATIO_THRESHOLD: f32 = 2.4;

/// Credits with the names of those who made them: nobody says them into a telephone.
const CREDITS: &[&str] = &["dimatorzok", "amara org", "субтитры подогнал симон", "translated by releska"];

/// How credits begin; where the model is not sure, that is enough.
const CREDIT_LIKE: &[&str] = &[
    "субтитры сделал",
    "субтитры создавал",
    "субтитры подготовил",
    "субтитры подогнал",
    "субтитры добавил",
    "субтитры и перевод",
    "субтитры от",
    "редактор субтитров",
    "корректор а",
    "subtitles by",
    "subtitled by",
    "captions by",
    "captioning by",
    "transcribed by",
    "transcription by",
];

/// What people may say, too: invented where the model is not sure that somebody speaks.
const FAREWELLS: &[&str] = &[
    "продолжение следует",
    "спасибо за просмотр",
    "спасибо за внимание",
    "подписывайтесь на канал",
    "подписывайтесь на мой канал",
    "ставьте лайки",
    "до новых встреч",
    "thanks for watching",
    "thank you for watching",
    "thank you",
    "thanks",
    "please subscribe",
    "like and subscribe",
    "subscribe to my channel",
    "see you next time",
    "see you in the next video",
    "bye",
    "you",
    "музыка",
    "аплодисменты",
    "music",
    "applause",
];

/// How much smaller zlib makes a text.
pub(super) fn compression_ratio(text: &str) -> f32 {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    let small = zlib.write_all(text.as_bytes()).and_then(|()| zlib.finish()).unwrap_or_default();
    text.len() as f32 / small.len().max(1) as f32
}

/// Whether a text says the same again and again.
pub(super) fn is_regular(text: &str) -> bool {
    compression_ratio(text) > COMPRESSION_RATIO_THRESHOLD
}

/// What is no speech: a word six times, a sentence three times.
const LOOPS: Loops = Loops {
    times: |length| match length {
        ..4 => 6,
        4..8 => 4,
        _ => 3,
    },
};

/// Length of the run that the end of `tokens` repeats.
pub(super) fn repeats(tokens: &[u32]) -> Option<usize> {
    LOOPS.run(tokens)
}

/// The tokens, with what the end repeats said once.
pub(super) fn once(tokens: &[u32]) -> &[u32] {
    LOOPS.once(tokens)
}

/// Whether a text is two times the same, of two words or more.
pub(super) fn says_twice(text: &str) -> bool {
    let plain = plain(text);
    let words: Vec<&str> = plain.split(' ').collect();
    let (first, second) = words.split_at(words.len() / 2);
    first.len() > 1 && first == second
}

/// The sentences of a text that somebody said; `doubt`: the model itself was not sure, or thought that nobody speaks.
pub(super) fn said(text: &str, doubt: bool) -> String {
    if is_edited(&plain(text)) {
        return String::new();
    }
    let kept: Vec<&str> = sentences(text).filter(|sentence| !is_invented(sentence, doubt)).collect();
    kept.join(" ")
}

/// Sentences, each with the mark that ends it. A mark within a word (a number) or behind an initial ends none.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let (mut marked, mut letters) = (false, 0);
    text.split_inclusive(move |letter: char| {
        if letter.is_whitespace() {
            let ends = marked && letters != 1;
            (marked, letters) = (false, 0);
            return ends;
        }
        let closes = matches!(letter, '»' | '"' | '”' | ')');
        marked = matches!(letter, '.' | '!' | '?' | '…') || (marked && closes);
        letters += usize::from(letter.is_alphanumeric());
        false
    })
    .map(str::trim)
}

/// Whether a sentence is nobody's.
fn is_invented(sentence: &str, doubt: bool) -> bool {
    let plain = plain(sentence);
    let made = |credit: &&str| plain.contains(*credit);
    let begins = |credit: &&str| {
        plain.strip_prefix(*credit).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    let doubtful = || CREDIT_LIKE.iter().any(begins) || FAREWELLS.contains(&plain.as_str());
    plain.is_empty() || is_edited(&plain) || CREDITS.iter().any(made) || (doubt && doubtful())
}

/// The credit that names two people, with their initials.
fn is_edited(plain: &str) -> bool {
    plain.starts_with("редактор субтитров") && plain.contains("корректор")
}

/// Lowercase words with single spaces.
fn plain(text: &str) -> String {
    let lower = text.to_lowercase().replace('ё', "е");
    let words = lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credits_with_names_go_always_and_what_people_may_say_in_doubt() {
        for text in [
            "Субтитры сделал DimaTorzok",
            " Редактор субтитров А.Семкин Корректор А.Егорова",
            "Редактор субтитров А. Семкин. Корректор А. Егорова",
            "Subtitles by the Amara.org community",
            "...",
            "",
        ] {
            assert_eq!(said(text, false), "", "{text}");
        }
        for text in [
            "Продолжение следует...",
            "Thanks for watching!",
            "Спасибо за просмотр!",
            "Субтитры от Первого канала не работают",
            "Subtitles by default are off",
        ] {
            assert_eq!((said(text, true).as_str(), said(text, false).as_str()), ("", text), "{text}");
        }
        for text in
            ["Нарисуй кота", "Спасибо за просмотр моей заявки", "Включи субтитры", "Thank you for the cat"]
        {
            assert_eq!(said(text, true), text);
        }
    }

    #[test]
    fn what_was_said_beside_it_stays() {
        assert_eq!(said("Нарисуй кота. Субтитры сделал DimaTorzok", false), "Нарисуй кота.");
        assert_eq!(said("Нарисуй «Кота.» Субтитры сделал DimaTorzok", false), "Нарисуй «Кота.»");
        assert_eq!(said("Draw 3.5 cats!  Thanks for watching.", true), "Draw 3.5 cats!");
        assert_eq!(
            said("Сколько будет 2.5 и 2? Спасибо за внимание…", false),
            "Сколько будет 2.5 и 2? Спасибо за внимание…"
        );
    }

    #[test]
    fn what_repeats_itself_is_seen_and_said_once() {
        let sentence: Vec<u32> = (1..10).collect();
        assert_eq!(repeats(&sentence.repeat(2)), None);
        assert_eq!(repeats(&sentence.repeat(3)), Some(9));
        assert_eq!(once(&[&[77][..], &sentence.repeat(5)].concat()), [&[77][..], &sentence].concat());
        assert_eq!(repeats(&[3; 5]), None, "no no no no no");
        assert_eq!(once(&[1, 3, 3, 3, 3, 3, 3, 3]), [1, 3]);
        assert_eq!(once(&[]), [0_u32; 0]);
        assert!(says_twice("Good morning. Good morning!") && says_twice("Нарисуй кота, нарисуй кота"));
        assert!(!says_twice("Да, да") && !says_twice("Good morning. Good evening.") && !says_twice(""));
    }

    #[test]
    fn regular_text() {
        assert!(is_regular(&"Включи ночную лампу. ".repeat(12)));
        assert!(!is_regular("Все существительные пишутся с большой буквы, даже в середине предложения."));
    }
}
