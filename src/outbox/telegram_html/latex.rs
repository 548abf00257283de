//! Formulas in `\(…\)` and `\[…\]`: Markdown would take the backslashes for its own and the stars for emphasis.
//!
//! The delimiters are masked by `$$`, which the parser knows to leave alone and which is as long, so that every place in
//! the masked text is the same place in the real one. Delimiters in code are not touched, and one without its partner is
//! shown with its backslash all the same: it may belong to a formula that was cut.

use std::borrow::Cow;

use pulldown_cmark::{Event, Parser};

use super::reader::OPTIONS;

/// The text with the delimiters of its formulas masked.
pub(super) fn masked(text: &str) -> Cow<'_, str> {
    if !text.contains("\\(") && !text.contains("\\[") {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    let mut done = 0;
    for at in delimiters(text) {
        masked.push_str(text.get(done..at).unwrap_or_default());
        masked.push_str("$$");
        done = at + 2;
    }
    masked.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(masked)
}

/// Where the backslashes of paired delimiters are, in order.
fn delimiters(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut opened: Option<(usize, char)> = None;
    for (event, range) in Parser::new_ext(text, OPTIONS).into_offset_iter() {
        let Event::Text(piece) = event else {
            // A formula does not reach over the end of its paragraph.
            if matches!(event, Event::End(end) if pulldown_cmark::TagEnd::Paragraph == end) {
                opened = None;
            }
            continue;
        };
        if !piece.starts_with(['(', ')', '[', ']']) || !is_escaped(text, range.start) {
            continue;
        }
        let before = range.start - 1;
        match (piece.chars().next(), opened) {
            (Some('('), _) => opened = Some((before, ')')),
            (Some('['), _) => opened = Some((before, ']')),
            (Some(closing), Some((start, expected))) if closing == expected => {
                found.extend([start, before]);
                opened = None;
            }
            _ => (),
        }
    }
    found
}

/// Whether the character at a place has a backslash before it that is not itself escaped.
pub(super) fn is_escaped(text: &str, at: usize) -> bool {
    text.as_bytes().iter().take(at).rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}
