//! Splitting a text into parts that a messenger takes, and cutting a caption. Deterministic, so that a part keeps its
//! number after a crash; linear in the length of the text. Knows Markdown's code fences and nothing else of markup, and
//! must never name a messenger.
//!
//! Breaks at a blank line if there is one in the second half of what fits, else at a line, a sentence, a space, and
//! only then inside a word. Outside a code fence goes before inside one; a fence that is cut is closed and opened again
//! in the next part. What stands at the beginning of a part is moved to the left edge, since there four spaces would
//! mean code.
//!
//! Inside a word a break is not put before a mark that belongs to the letter or emoji on its left (combining marks,
//! variation selectors, skin tones, keycaps, tags), beside a zero-width joiner, or between the two letters of a flag.
//! For that it goes back 32 characters at most; whatever is longer than that is no letter, and is cut.

mod fence;

use crate::messenger::Unit;

use fence::{
    Fence, LONGEST_MARKER, fence_after, from_first_line, indent, moved_left, next_fence, past_closing,
};

/// Limits under this are read as this: a fence has to be closed and opened again within them.
const SMALLEST: usize = 80;
/// How far back a break inside a word looks for the beginning of a letter or emoji, in characters.
const STEPS_BACK: usize = 32;

/// Parts of at most `limit` units, none of them empty. A text that fits is the one part, as it is; a text of nothing
/// but white space is one empty part.
#[must_use]
pub(super) fn split(text: &str, limit: usize, unit: Unit) -> Vec<String> {
    let limit = limit.max(SMALLEST);
    let mut rest = from_first_line(text);
    if rest.is_empty() || end_of(text, limit, unit).is_none() {
        return vec![if rest.is_empty() { String::new() } else { text.to_owned() }];
    }
    let mut parts = Vec::new();
    let mut fence: Option<Fence> = None;
    while !rest.is_empty() {
        let opening = fence.map(|fence| fence.opening()).unwrap_or_default();
        let room = limit.saturating_sub(length(&opening, unit));
        let mut at = best_end(rest, room, fence, unit);
        let mut after = fence_after(rest.split_at(at).0, fence);
        if after.is_some() && at < rest.len() {
            at = best_end(rest, room.saturating_sub(LONGEST_MARKER + 1), fence, unit);
            after = fence_after(rest.split_at(at).0, fence);
        }
        let (piece, tail) = rest.split_at(at);
        let edge = match fence {
            Some(fence) => fence.indent,
            None if parts.is_empty() => 0,
            None => indent(piece),
        };
        rest = from_first_line(tail);
        if !piece.trim().is_empty() {
            let mut part = opening;
            moved_left(piece.trim_end(), edge, &mut part);
            if let Some(open) = after.filter(|_| !rest.is_empty()) {
                part.push('\n');
                part.push_str(open.marker);
            }
            parts.push(part);
        }
        (fence, rest) = past_closing(after, rest);
    }
    parts
}

/// A text of at most `limit` units: itself, or its beginning with "…" at the end, cut between two words if there is a
/// place for that in the second half.
#[must_use]
pub(super) fn cut(text: &str, limit: usize, unit: Unit) -> String {
    if end_of(text, limit, unit).is_none() {
        return text.to_owned();
    }
    let Some(room) = limit.checked_sub(1) else { return String::new() };
    let end = end_of(text, room, unit).unwrap_or(text.len());
    let (head, tail) = text.split_at(end);
    let at = if tail.starts_with(char::is_whitespace) {
        end
    } else {
        let space = head.rfind(char::is_whitespace);
        space.filter(|&at| at >= end / 2).unwrap_or_else(|| end_of_letter(text, end))
    };
    format!("{}…", text.split_at(at).0.trim_end())
}

fn size(letter: char, unit: Unit) -> usize {
    match unit {
        Unit::Characters => 1,
        Unit::Utf16 => letter.len_utf16(),
    }
}

fn length(text: &str, unit: Unit) -> usize {
    text.chars().map(|letter| size(letter, unit)).sum()
}

/// Where the longest beginning of at most `room` units ends, in bytes. None when all of the text is within that.
fn end_of(text: &str, room: usize, unit: Unit) -> Option<usize> {
    let mut used = 0;
    for (at, letter) in text.char_indices() {
        used += size(letter, unit);
        if used > room {
            return Some(at);
        }
    }
    None
}

/// Where the best piece of at most `room` units ends. White space at its end does not count: it is dropped.
fn best_end(text: &str, room: usize, fence: Option<Fence>, unit: Unit) -> usize {
    let Some(end) = end_of(text, room, unit) else { return text.len() };
    // The break that follows right after what fits is seen too, be it "\r\n\r\n".
    let white: usize =
        text.split_at(end).1.chars().take(4).take_while(|one| one.is_whitespace()).map(char::len_utf8).sum();
    let head = text.split_at(end + white).0;
    let half = end / 2;
    end_of_line(head, fence, half)
        .or_else(|| end_of_sentence_or_word(head, half))
        .unwrap_or_else(|| end_of_letter(text, end))
}

/// The best beginning of a line after `half`: outside a fence rather than inside, after a blank line rather than
/// after another, and the last one of these.
fn end_of_line(head: &str, fence: Option<Fence>, half: usize) -> Option<usize> {
    let [mut paragraph, mut line, mut code_paragraph, mut code_line] = [None; 4];
    let (mut open, mut blank, mut at) = (fence, false, 0);
    for text in head.split_inclusive('\n').chain(head.ends_with('\n').then_some("")) {
        if at > half {
            let best = match (open.is_some(), blank) {
                (false, true) => &mut paragraph,
                (false, false) => &mut line,
                (true, true) => &mut code_paragraph,
                (true, false) => &mut code_line,
            };
            *best = Some(at);
        }
        open = next_fence(text, open);
        blank = text.trim_end().is_empty();
        at += text.len();
    }
    paragraph.or(line).or(code_paragraph).or(code_line)
}

/// The last end of a sentence after `half`, else the last space.
fn end_of_sentence_or_word(head: &str, half: usize) -> Option<usize> {
    let mut word = None;
    for (at, letter) in head.char_indices().rev() {
        let end = at + letter.len_utf8();
        if end <= half {
            break;
        }
        if letter.is_whitespace() {
            let before = head.split_at(at).0.trim_end_matches(['"', '»', '”', ')', '*', '_']);
            if before.ends_with(['.', '!', '?', '…']) {
                return Some(end);
            }
            word = word.or(Some(end));
        } else if matches!(letter, '。' | '！' | '？') {
            return Some(end);
        }
    }
    word
}

/// The last place up to `end` that is not inside a letter or an emoji, if there is one near.
fn end_of_letter(text: &str, end: usize) -> usize {
    let head = text.split_at(end).0;
    let earlier = head.char_indices().rev().take(STEPS_BACK).map(|(at, _)| at);
    let mut places = std::iter::once(end).chain(earlier).take_while(|&at| at > 0);
    places.find(|&at| !is_inside_letter(text, at)).unwrap_or(end)
}

fn is_inside_letter(text: &str, at: usize) -> bool {
    let (before, after) = text.split_at(at);
    let (Some(left), Some(right)) = (before.chars().next_back(), after.chars().next()) else { return false };
    let is_flag = |letter: char| matches!(letter, '\u{1F1E6}'..='\u{1F1FF}');
    if is_flag(left) && is_flag(right) {
        return before.chars().rev().take_while(|&one| is_flag(one)).count() % 2 == 1;
    }
    left == '\u{200D}' || belongs_left(right)
}

/// Whether a character is a part of the one before it: the common ranges, since the standard library has no table.
fn belongs_left(letter: char) -> bool {
    matches!(letter,
        '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0489}' | '\u{0591}'..='\u{05BD}' | '\u{0610}'..='\u{061A}'
        | '\u{064B}'..='\u{065F}' | '\u{0670}' | '\u{06D6}'..='\u{06DC}' | '\u{0900}'..='\u{0903}'
        | '\u{093A}'..='\u{093C}' | '\u{093E}'..='\u{094F}' | '\u{0E31}'..='\u{0E3A}'
        | '\u{0E47}'..='\u{0E4E}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{200D}'
        | '\u{20D0}'..='\u{20FF}' | '\u{3099}' | '\u{309A}' | '\u{FE00}'..='\u{FE0F}' | '\u{FE20}'..='\u{FE2F}'
        | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0020}'..='\u{E007F}' | '\u{E0100}'..='\u{E01EF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOTH: [Unit; 2] = [Unit::Characters, Unit::Utf16];

    #[test]
    fn breaks_at_the_best_place() {
        let split = |text: &str, limit| split(text, limit, Unit::Characters);
        let text = format!("{}\n\n{}", "a".repeat(70), "b".repeat(70));
        assert_eq!(split(&text, 140), ["a".repeat(70), "b".repeat(70)]);
        let sentence = format!("{}. {}", "а".repeat(60), "б".repeat(80));
        assert_eq!(split(&sentence, 120), [format!("{}.", "а".repeat(60)), "б".repeat(80)]);
        let quoted = format!("{} «да!» {} {}", "а".repeat(50), "б".repeat(9), "в".repeat(80));
        assert_eq!(split(&quoted, 90)[0], format!("{} «да!»", "а".repeat(50)));
        let line = format!("{}.\n{} {}", "а".repeat(50), "б".repeat(9), "в".repeat(80));
        assert_eq!(split(&line, 90)[0], format!("{}.", "а".repeat(50)));
        let words = format!("{} {} {}", "а".repeat(50), "б".repeat(9), "в".repeat(80));
        assert_eq!(split(&words, 90)[0], format!("{} {}", "а".repeat(50), "б".repeat(9)));
        // What fits to the last character is used to the last character.
        assert_eq!(split(&format!("{} b", "a".repeat(80)), 80), ["a".repeat(80), "b".to_owned()]);
        assert_eq!(split(&format!("{}\r\n\r\nb", "a".repeat(80)), 80), ["a".repeat(80), "b".to_owned()]);
    }

    #[test]
    fn a_text_that_fits_is_left_alone() {
        for unit in BOTH {
            for text in ["hi", " hi \n", "```\ncode", &"я".repeat(80)] {
                assert_eq!(split(text, 80, unit), [text]);
            }
        }
    }

    #[test]
    fn nothing_but_white_space_is_one_empty_part() {
        for unit in BOTH {
            for text in ["", "\n", " \r\n\t", &"\n".repeat(9000), &" \n".repeat(9000), &" ".repeat(9000)] {
                assert_eq!(split(text, 4096, unit), [""]);
            }
            let text = format!("{}a{}b{}", "\n".repeat(9000), " ".repeat(9000), "\n".repeat(9000));
            assert_eq!(split(&text, 4096, unit), ["a", "b"]);
        }
    }

    #[test]
    fn the_unit_decides() {
        let emoji = "😀".repeat(4096);
        assert_eq!(split(&emoji, 4096, Unit::Characters), [emoji.as_str()]);
        assert_eq!(split(&emoji, 4096, Unit::Utf16), ["😀".repeat(2048), "😀".repeat(2048)]);
        // An odd limit does not cut an emoji in two.
        assert_eq!(split(&emoji, 4095, Unit::Utf16)[0], "😀".repeat(2047));
    }

    #[test]
    fn one_long_word() {
        let word = "ы".repeat(10_000);
        for unit in BOTH {
            let parts = split(&word, 4096, unit);
            assert_eq!(parts.iter().map(|part| part.chars().count()).collect::<Vec<_>>(), [4096, 4096, 1808]);
            assert_eq!(parts.concat(), word);
        }
    }

    #[test]
    fn a_letter_with_its_marks_stays_whole() {
        for letter in ["e\u{301}", "й\u{301}\u{300}", "🇷🇺", "👩🏽‍🚀", "👨‍👩‍👧‍👦", "1️⃣", "❤️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "กำ้"]
        {
            for shift in 0..9 {
                let text = format!("{}{}", "x".repeat(shift), letter.repeat(300));
                for unit in BOTH {
                    for part in split(&text, 100, unit) {
                        assert!(length(&part, unit) <= 100);
                        let rest = part.trim_start_matches('x').replace(letter, "");
                        assert_eq!(rest, "", "{letter} {shift}");
                    }
                }
            }
        }
        // More marks than a letter has are cut all the same.
        assert_eq!(split(&format!("e{}", "\u{301}".repeat(999)), 100, Unit::Utf16).len(), 10);
    }

    #[test]
    fn a_cut_fence_is_closed_and_opened_again() {
        for (opening, closing) in [
            ("```rust", "```"),
            ("~~~~ py x", "~~~~~"),
            ("   ```js", "  ```"),
            ("``````", "```````"),
            ("```rust\r", "```\r"),
        ] {
            let code = "let x = \"```\";\n".repeat(30);
            let text = format!("Вот:\n{opening}\n{code}{closing}\nИ всё.");
            let parts = split(&text, 200, Unit::Utf16);
            assert!(parts.len() > 2);
            for part in &parts {
                assert!(fence_after(part, None).is_none(), "{part}");
                assert!(length(part, Unit::Utf16) <= 200);
            }
            let again = next_fence(opening, None).unwrap().opening();
            assert!(parts[1].starts_with(&format!("{again}let x")), "{}", parts[1]);
            assert_eq!(parts.concat().matches("let x").count(), 30);
            assert!(parts.last().unwrap().ends_with("\nИ всё."));
        }
    }

    #[test]
    fn the_break_goes_before_a_fence_rather_than_into_it() {
        let before = "Слово за слово.\n".repeat(7);
        let text = format!("{before}```sh\n{}```\n", "ls -l\n\n".repeat(20));
        let parts = split(&text, 200, Unit::Characters);
        assert_eq!(parts[0], before.trim_end());
        assert!(parts[1].starts_with("```sh\nls"));
        // A fence that begins early is cut.
        let parts = split(&format!("Слово.\n\n{}", &text[before.len()..]), 100, Unit::Characters);
        assert!(parts[0].starts_with("Слово.\n\n```sh\nls") && parts[0].ends_with("ls -l\n```"));
    }

    #[test]
    fn a_fence_that_ends_at_the_break_leaves_no_empty_fence() {
        for lines in 1..40 {
            let text = format!("```\n{}```\nконец", "12345\n".repeat(lines));
            for part in split(&text, 80, Unit::Characters) {
                assert!(!part.contains("```\n```"), "{part}");
                assert_eq!(part.matches("```").count() % 2, 0, "{part}");
            }
        }
    }

    #[test]
    fn a_fence_in_a_list_goes_to_the_left_edge() {
        let text = format!("10. Делай:\n    ```sh\n{}    ```\n11. Готово", "      ls -l\n".repeat(20));
        let parts = split(&text, 120, Unit::Characters);
        assert!(parts[1].starts_with("```sh\n  ls -l\n") && parts[1].ends_with("\n```"));
        let last = parts.last().unwrap();
        assert!(last.starts_with("```sh\n  ls -l\n") && last.ends_with("\n```\n11. Готово"), "{last}");
        let nested = format!("- a\n{}- b", "    - пункт\n".repeat(20));
        assert!(split(&nested, 100, Unit::Characters)[1].starts_with("- пункт\n- пункт"));
    }

    #[test]
    fn inline_backticks_are_no_fence() {
        assert!(fence_after("```Так``` и так\n``\n`\ntext ```\n", None).is_none());
        assert!(fence_after("```\n~~~\n    ```\n``", None).is_some());
    }

    #[test]
    fn a_caption_is_cut_at_a_word() {
        for (text, limit, caption) in [
            ("Кот на крыше", 12, "Кот на крыше"),
            ("Кот на крыше", 11, "Кот на…"),
            ("Кот на крыше", 7, "Кот на…"),
            ("Кот на крыше", 6, "Кот…"),
            ("Небоскрёбы", 6, "Небос…"),
            ("a Небоскрёбы", 10, "a Небоскр…"),
            ("Кот", 1, "…"),
            ("Кот", 0, ""),
            ("", 0, ""),
            ("a \n b", 4, "a…"),
        ] {
            assert_eq!(cut(text, limit, Unit::Characters), caption);
        }
        assert_eq!(cut("😀😀😀", 6, Unit::Utf16), "😀😀😀");
        assert_eq!(cut("😀😀😀", 5, Unit::Utf16), "😀😀…");
        assert_eq!(cut("😀😀😀", 4, Unit::Utf16), "😀…");
        assert_eq!(cut("x👩🏽‍🚀", 4, Unit::Utf16), "x…");
    }

    #[test]
    fn long_repetitions_are_split() {
        for line in ["x", "a b. ", "слово\n", "```\n", "🇷🇺", "\u{301}", ") ", "\n ", "    - a\n"] {
            let text = line.repeat(100_000 / line.chars().count());
            assert!(!split(&text, 4096, Unit::Utf16).is_empty());
        }
    }

    proptest! {
        #[test]
        fn no_part_is_too_long_and_no_word_is_lost(text in "[a-zа-я .\n]{0,900}", limit in 80_usize..300) {
            for unit in BOTH {
                let parts = split(&text, limit, unit);
                prop_assert!(parts.iter().all(|part| length(part, unit) <= limit));
                let squeeze = |text: &str| text.split_whitespace().collect::<String>();
                prop_assert_eq!(squeeze(&parts.concat()), squeeze(&text));
            }
        }

        #[test]
        fn any_text_is_split(text in "(\\PC|[\r\n\t ]|```|~~~~\n|\n    |\n```c\n|😀|\u{301}){0,300}", limit in 0_usize..200) {
            for unit in BOTH {
                let parts = split(&text, limit, unit);
                prop_assert!(parts.iter().all(|part| length(part, unit) <= limit.max(SMALLEST)));
                prop_assert!(parts.iter().all(|part| !part.trim().is_empty()) || parts == [""]);
                let letters = |text: &str| text.chars().filter(|one| !one.is_whitespace() && !"`~c".contains(*one)).collect::<String>();
                prop_assert!(letters(&parts.concat()).len() >= letters(&text).len());
                prop_assert!(length(&cut(&text, limit, unit), unit) <= limit);
            }
        }
    }
}
