//! A table as text: Telegram has none. Cells hold plain words here; what is around the table is not seen.

use pulldown_cmark::Alignment;

/// Columns of the screen that aligned text may take; a wider table would be broken by a phone anyway.
const WIDEST: usize = 64;

/// A table that is being read, and the sides to which its columns lean.
pub(super) struct Table {
    leanings: Vec<Alignment>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(leanings: Vec<Alignment>) -> Self {
        Self { leanings, rows: Vec::new() }
    }

    pub(super) fn row(&mut self) {
        self.rows.push(Vec::new());
    }

    pub(super) fn cell(&mut self) {
        if let Some(row) = self.rows.last_mut() {
            row.push(String::new());
        }
    }

    /// Writes words into the cell that was begun last.
    pub(super) fn text(&mut self, text: &str) {
        if let Some(cell) = self.rows.last_mut().and_then(|row| row.last_mut()) {
            cell.push_str(&text.replace('\n', " "));
        }
    }

    /// The table as lines: aligned if it is wanted and narrow enough, else with bars between the cells.
    pub(super) fn lines(&self, aligned: bool) -> String {
        let widths = self.widths();
        let across = widths.iter().sum::<usize>() + 3 * widths.len().saturating_sub(1);
        if !aligned || across > WIDEST {
            return self.joined(|row| row.join(" | "));
        }
        let columns: Vec<_> = widths.into_iter().zip(self.leanings.iter().copied()).collect();
        let mut lines = self.joined(|row| {
            let cells = row.iter().zip(&columns);
            cells.map(|(cell, &(width, side))| padded(cell, width, side)).collect::<Vec<_>>().join(" | ")
        });
        let rule = columns.iter().map(|&(width, _)| "-".repeat(width)).collect::<Vec<_>>().join("-+-");
        let head = lines.find('\n').unwrap_or(lines.len());
        lines.insert_str(head, &format!("\n{rule}"));
        lines
    }

    /// One line a row. Cells that are missing at its end leave no bars.
    fn joined(&self, line: impl Fn(&[String]) -> String) -> String {
        let lines = self.rows.iter().map(|row| {
            let filled = row.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
            line(row.get(..filled).unwrap_or_default()).trim_end().to_owned()
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths = vec![0; self.leanings.len()];
        for row in &self.rows {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = width(cell).max(*widest);
            }
        }
        widths
    }
}

fn padded(cell: &str, width_of_column: usize, side: Alignment) -> String {
    let spare = width_of_column.saturating_sub(width(cell));
    let left = match side {
        Alignment::Right => spare,
        Alignment::Center => spare / 2,
        Alignment::Left | Alignment::None => 0,
    };
    format!("{}{cell}{}", " ".repeat(left), " ".repeat(spare - left))
}

/// Columns of the screen, near enough: two for East Asian letters and emoji, none for marks on a letter.
fn width(text: &str) -> usize {
    let of_letter = |letter| match letter {
        '\u{300}'..='\u{36F}' | '\u{200B}'..='\u{200D}' | '\u{FE00}'..='\u{FE0F}' => 0,
        '\u{1100}'..='\u{115F}'
        | '\u{2E80}'..='\u{A4CF}'
        | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}' => 2,
        '\u{FE30}'..='\u{FE6F}' | '\u{FF00}'..='\u{FF60}' | '\u{1F300}'..='\u{1FAFF}' => 2,
        '\u{20000}'..='\u{3FFFD}' => 2,
        _ => 1,
    };
    text.chars().map(of_letter).sum()
}
