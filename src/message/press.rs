//! What a button of ours means: a few words that a messenger carries for us and hands back when it is pressed.

use super::{DrawingId, MessageId};

/// Marks what this program writes; another version's words mean nothing here.
const VERSION: &str = "1";

/// A button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    /// Draw it once more, with another seed.
    Again(DrawingId),
    /// Draw it once more, with the same seed.
    Same(DrawingId),
    /// Draw it once more, upright, lying or square: the next of these shapes.
    Shape(DrawingId),
    /// Cancel it.
    Cancel(DrawingId),
    /// A picture came, an answer was wanted.
    Answer(MessageId),
    /// An answer came, a picture was wanted.
    Draw(MessageId),
}

impl Press {
    /// The words that the messenger carries: at most 64 bytes, as Telegram has it.
    ///
    /// ```
    /// use aisaac::message::{DrawingId, Press};
    ///
    /// let press = Press::Again(DrawingId::new(7));
    /// assert_eq!(press.data(), "1 again 7");
    /// assert_eq!(Press::parse("1 again 7"), Some(press));
    /// assert_eq!(Press::parse("2 again 7"), None);
    /// ```
    #[must_use]
    pub fn data(self) -> String {
        let (verb, row) = match self {
            Self::Again(id) => ("again", id.get()),
            Self::Same(id) => ("same", id.get()),
            Self::Shape(id) => ("shape", id.get()),
            Self::Cancel(id) => ("cancel", id.get()),
            Self::Answer(id) => ("answer", id.get()),
            Self::Draw(id) => ("draw", id.get()),
        };
        format!("{VERSION} {verb} {row}")
    }

    /// Reads them. `None` for those of another version, or somebody's own.
    #[must_use]
    pub fn parse(data: &str) -> Option<Self> {
        let words: Vec<&str> = data.split(' ').collect();
        let [VERSION, verb, row] = words.as_slice() else { return None };
        let row = row.parse().ok()?;
        Some(match *verb {
            "again" => Self::Again(DrawingId::new(row)),
            "same" => Self::Same(DrawingId::new(row)),
            "shape" => Self::Shape(DrawingId::new(row)),
            "cancel" => Self::Cancel(DrawingId::new(row)),
            "answer" => Self::Answer(MessageId::new(row)),
            "draw" => Self::Draw(MessageId::new(row)),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_button_comes_back_as_it_was() {
        let (drawing, message) = (DrawingId::new(i64::MAX), MessageId::new(1));
        for press in [
            Press::Again(drawing),
            Press::Same(drawing),
            Press::Shape(drawing),
            Press::Cancel(drawing),
            Press::Answer(message),
            Press::Draw(message),
        ] {
            assert!(press.data().len() <= 64);
            assert_eq!(Press::parse(&press.data()), Some(press));
        }
        for data in ["", "1 again", "1 again x", "0 again 1", "1 explode 1", "1 again 1 2", "rerun:5"] {
            assert_eq!(Press::parse(data), None, "{data}");
        }
    }
}
