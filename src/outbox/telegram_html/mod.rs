//! Markdown as a model writes it becomes the HTML that Telegram takes: b, i, s, a, code, pre, blockquote.
//!
//! In goes one part of an answer, out comes text that Telegram parses without an error, whatever the part holds. What
//! fits one of Telegram's limits before still fits it after. This room knows nothing of lanes, parts or sending, and
//! must never pass on HTML that a model wrote: that is shown as text.

mod item;
mod latex;
mod link;
mod page;
mod reader;
mod table;

#[cfg(test)]
mod tests;

/// Most UTF-16 units of a caption and of a text, after entity parsing.
const LIMITS: [usize; 2] = [1024, 4096];

/// Telegram's HTML of a Markdown text. A text of at most 1024 or 4096 UTF-16 units stays within that, any other does
/// not grow, all as [`visible_len`] counts. Empty only when the text is blank.
#[must_use]
pub(super) fn to_html(markdown: &str) -> String {
    // A bare "\r" is a line end to Markdown, but not to what is decided here by looking at lines.
    let source = markdown.replace("\r\n", "\n").replace('\r', "\n");
    if source.trim().is_empty() {
        return String::new();
    }
    let length = units(&source);
    let most = LIMITS.into_iter().find(|&limit| length <= limit).unwrap_or(length);
    let shown = source.as_str();
    let masked = latex::masked(shown);
    [true, false]
        .into_iter()
        .map(|aligned| reader::read(&masked, shown, aligned))
        .find(|html| (1..=most).contains(&visible_len(html)))
        .unwrap_or_else(|| escaped(&page::neat(shown)))
}

/// UTF-16 units that are left of Telegram's HTML when it has been parsed.
#[must_use]
fn visible_len(html: &str) -> usize {
    let mut count = 0;
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        let (text, markup) = rest.split_at(at);
        let (close, seen) = if markup.starts_with('<') { ('>', 0) } else { (';', 1) };
        count += units(text) + seen;
        rest = markup.split_once(close).map_or("", |(_, after)| after);
    }
    count + units(rest)
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Text as it stands between tags.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
