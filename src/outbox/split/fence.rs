//! Lines of Markdown: which code fence is open after one, and how a part begins. Knows nothing of limits.

/// The longest marker that is taken for a code fence.
pub(super) const LONGEST_MARKER: usize = 16;
/// The longest language word that is repeated when a fence is opened again, in bytes (it is ASCII).
const LONGEST_WORD: usize = 20;

/// A code fence that is open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fence<'a> {
    /// Its backticks or tildes.
    pub(super) marker: &'a str,
    /// Its language.
    word: &'a str,
    /// Spaces before it: in a list there may be any number.
    pub(super) indent: usize,
}

impl Fence<'_> {
    /// The line that opens it again.
    pub(super) fn opening(&self) -> String {
        format!("{}{}\n", self.marker, self.word)
    }
}

/// Spaces before a line.
pub(super) fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The fence that is open after a line.
pub(super) fn next_fence<'a>(line: &'a str, open: Option<Fence<'a>>) -> Option<Fence<'a>> {
    let indent = indent(line);
    let line = line.trim();
    let Some(mark @ ('`' | '~')) = line.chars().next() else { return open };
    let info = line.trim_start_matches(mark);
    let marker = line.strip_suffix(info).unwrap_or_default();
    if let Some(fence) = open {
        let closes = info.is_empty()
            && fence.marker.starts_with(mark)
            && marker.len() >= fence.marker.len()
            && indent <= fence.indent + 3;
        return open.filter(|_| !closes);
    }
    let opens = (3..=LONGEST_MARKER).contains(&marker.len()) && !(mark == '`' && info.contains(mark));
    let word = info.split_whitespace().next().unwrap_or_default();
    let is_of_language = |one: u8| one.is_ascii_alphanumeric() || b"+-#._".contains(&one);
    let word = if word.len() > LONGEST_WORD || !word.bytes().all(is_of_language) { "" } else { word };
    opens.then_some(Fence { marker, word, indent })
}

/// The fence that is open after a piece.
pub(super) fn fence_after<'a>(piece: &'a str, open: Option<Fence<'a>>) -> Option<Fence<'a>> {
    piece.split_inclusive('\n').fold(open, |open, line| next_fence(line, open))
}

/// The text from its first line that is not blank; empty when there is none.
pub(super) fn from_first_line(text: &str) -> &str {
    let Some(word) = text.find(|letter: char| !letter.is_whitespace()) else { return "" };
    let line = text.split_at(word).0.rfind('\n').map_or(0, |at| at + 1);
    text.split_at(line).1
}

/// What is left when the closing line of a fence comes first: it has nothing more to close.
pub(super) fn past_closing<'a>(open: Option<Fence<'a>>, rest: &'a str) -> (Option<Fence<'a>>, &'a str) {
    let line = rest.split_inclusive('\n').next().unwrap_or_default();
    if open.is_some() && next_fence(line, open).is_none() {
        return (None, from_first_line(rest.split_at(line.len()).1));
    }
    (open, rest)
}

/// Appends a piece without the first `edge` spaces of its lines, up to the first line that has fewer.
pub(super) fn moved_left(piece: &str, edge: usize, part: &mut String) {
    let mut within = edge > 0;
    for line in piece.split_inclusive('\n') {
        let spaces = indent(line);
        within = within && (spaces >= edge || line.trim_end().is_empty());
        part.push_str(if within { line.split_at(edge.min(spaces)).1 } else { line });
    }
}
