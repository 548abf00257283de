//! Quotes in a text: names and inscriptions, which nobody cuts through and nobody translates. Pure.

use std::ops::Range;

/// Pairs of quotes, opened and closed.
const QUOTES: &[(char, char)] = &[('«', '»'), ('“', '”'), ('„', '“'), ('"', '"')];
/// Quotes that are kept as they are; what stands behind the last of them is all translated.
pub(super) const KEPT: usize = 8;

/// A piece of a subject.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// It is translated.
    Said(&'a str),
    /// With its quotes: it stays.
    Quoted(&'a str),
}

/// Whether a character opens or closes a quote.
pub(super) fn is_mark(letter: char) -> bool {
    QUOTES.iter().any(|(open, close)| letter == *open || letter == *close)
}

/// A subject cut at its quotes; a quote that is never closed is text.
pub(super) fn pieces(subject: &str) -> Vec<Piece<'_>> {
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

/// A piece of a text with the quote that stands right behind it: a name of what it speaks of.
pub(super) fn up_to_quote(text: &str, piece: Range<usize>) -> Range<usize> {
    let beside = |quote: &Range<usize>| {
        text.get(piece.end..quote.start).is_some_and(|between| between.chars().all(|c| c == ' '))
    };
    quotes(text).find(beside).map_or(piece.clone(), |quote| piece.start..quote.end)
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
    fn quotes_around_all_of_it_go() {
        assert_eq!(unquoted("«Титаник» среди «льдов»"), "«Титаник» среди «льдов»");
        assert_eq!(unquoted("«Титаник»"), "Титаник");
    }
}
