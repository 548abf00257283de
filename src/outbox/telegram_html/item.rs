//! What a list item begins with: a bullet, or a number that is the author's as far as the author counted.

/// A list that is being read.
pub(super) enum List<'a> {
    Bullets,
    /// With the number of its last item: as the author wrote it, and as it was shown.
    Numbers {
        written: &'a str,
        shown: u64,
    },
}

impl<'a> List<'a> {
    pub(super) fn new(is_numbered: bool) -> Self {
        if is_numbered { Self::Numbers { written: "", shown: 0 } } else { Self::Bullets }
    }

    /// The beginning of the next item, whose source is given. Where the author repeats a number, it is counted on.
    pub(super) fn next(&mut self, source: &'a str) -> String {
        let Self::Numbers { written: last, shown } = self else { return "• ".to_owned() };
        let end = source.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(source.len());
        let (written, rest) = source.split_at(end);
        let dot = if rest.starts_with(')') { ')' } else { '.' };
        if written == *last {
            *shown += 1;
            return format!("{shown}{dot} ");
        }
        *last = written;
        *shown = written.parse().unwrap_or_default();
        format!("{written}{dot} ")
    }
}
