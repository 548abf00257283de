//! Splitting a text into parts that a messenger takes. Deterministic, so that a part keeps its number after a crash.
//!
//! Breaks at a blank line if there is one in the second half of what fits, else at a line, a sentence, a space, and
//! only then inside a word. A code fence that is cut is closed and opened again in the next part.

/// Room kept for closing and opening a fence.
const FENCE_ROOM: usize = 40;

/// Parts of at most `limit` characters (Unicode scalar values); at least one part.
#[must_use]
pub fn split(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(2 * FENCE_ROOM);
    if text.chars().count() <= limit {
        return vec![text.to_owned()];
    }
    let room = limit - FENCE_ROOM;
    let mut parts = Vec::new();
    let mut rest = text;
    let mut fence: Option<String> = None;
    while !rest.is_empty() {
        let (piece, tail) = cut(rest, room);
        let mut part = String::new();
        if let Some(opening) = &fence {
            part.push_str(opening);
            part.push('\n');
        }
        fence = fence_after(piece, fence);
        part.push_str(piece);
        if fence.is_some() {
            part.push_str("\n```");
        }
        parts.push(part);
        rest = tail;
    }
    parts
}

/// The longest good beginning of at most `room` characters, and what follows it without the space at the break.
fn cut(text: &str, room: usize) -> (&str, &str) {
    let Some((end, _)) = text.char_indices().nth(room) else { return (text, "") };
    let (head, _) = text.split_at(end);
    let half = head.len() / 2;
    let at = ["\n\n", "\n", ". ", "! ", "? ", " "]
        .iter()
        .filter_map(|mark| head.rfind(mark).map(|at| at + mark.len()))
        .find(|&at| at > half)
        .unwrap_or(head.len());
    let (piece, tail) = text.split_at(at);
    (piece.trim_end_matches(['\n', ' ']), tail.trim_start_matches('\n'))
}

/// The opening line of the fence that is still open after `piece`.
fn fence_after(piece: &str, mut open: Option<String>) -> Option<String> {
    for line in piece.lines() {
        let line = line.trim();
        if let Some(word) = line.strip_prefix("```") {
            open = if open.is_some() {
                None
            } else {
                Some(format!("```{}", word.chars().take(20).collect::<String>()))
            };
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn breaks_at_the_best_place() {
        let text = format!("{}\n\n{}", "a".repeat(70), "b".repeat(70));
        assert_eq!(split(&text, 140), vec!["a".repeat(70), "b".repeat(70)]);
        let sentence = format!("{}. {}", "а".repeat(60), "б".repeat(80));
        assert_eq!(split(&sentence, 120), vec![format!("{}.", "а".repeat(60)), "б".repeat(80)]);
    }

    #[test]
    fn a_cut_fence_is_closed_and_opened_again() {
        let text = format!("```rust\n{}```", "let x = 1;\n".repeat(30));
        let parts = split(&text, 200);
        assert!(parts.len() > 1);
        for part in &parts {
            assert_eq!(part.matches("```").count() % 2, 0, "{part}");
        }
        assert!(parts[1].starts_with("```rust\n"));
    }

    proptest! {
        #[test]
        fn no_part_is_too_long_and_no_word_is_lost(text in "[a-zа-я .\n]{0,900}", limit in 80_usize..300) {
            let parts = split(&text, limit);
            prop_assert!(parts.iter().all(|part| part.chars().count() <= limit));
            let squeeze = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(squeeze(&parts.concat()), squeeze(&text));
        }
    }
}
