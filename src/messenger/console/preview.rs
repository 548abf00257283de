//! A picture as coloured half blocks: two pixels in one character cell.

use std::fmt::Write as _;

use crate::media::png;

/// Character cells across.
const COLUMNS: u32 = 48;

/// The picture in 24-bit terminal colours; `None` when it is no picture.
pub(super) fn half_blocks(bytes: &[u8]) -> Option<String> {
    let (width, height, rgb) = png::decode(bytes).ok()?;
    let columns = COLUMNS.min(width.max(1));
    let rows = (columns * height / width.max(1)).max(2);
    let pixel = |column: u32, row: u32| area(&rgb, (width, height), (columns, rows), (column, row));
    let mut text = String::new();
    for row in (0..rows).step_by(2) {
        for column in 0..columns {
            let [r, g, b] = pixel(column, row);
            let [s, h, c] = pixel(column, (row + 1).min(rows - 1));
            let _ = write!(text, "\u{1b}[38;2;{r};{g};{b}m\u{1b}[48;2;{s};{h};{c}m▀");
        }
        text.push_str("\u{1b}[0m\n");
    }
    Some(text)
}

/// Mean colour of the pixels that a cell covers.
fn area(
    rgb: &[u8],
    (width, height): (u32, u32),
    (columns, rows): (u32, u32),
    (column, row): (u32, u32),
) -> [u8; 3] {
    let span = |at: u32, of: u32, size: u32| (at * size / of)..(((at + 1) * size).div_ceil(of)).min(size);
    let mut sums = [0_u32; 3];
    let mut count = 0;
    for y in span(row, rows, height) {
        for x in span(column, columns, width) {
            let at = 3 * (y * width + x) as usize;
            if let Some(pixel) = rgb.get(at..at + 3) {
                count += 1;
                sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += u32::from(*value));
            }
        }
    }
    sums.map(|sum| u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX))
}
