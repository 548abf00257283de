//! Turns generated tokens into text that can be shown at once.
//!
//! A token is a piece of bytes, not of text: half a letter waits for its other half, a replacement character is never
//! shown, and the beginning of a stop string waits until it is one or is not. In: token ids, one by one. Out: pieces of
//! text whose concatenation is the same however the text was cut into tokens.

/// The character that decoders put where bytes are no text (yet).
const REPLACEMENT: char = '\u{fffd}';

/// What one token added.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grown {
    /// Text that can be shown now; may be empty.
    pub text: String,
    /// A stop string was reached: nothing follows.
    pub ended: bool,
}

/// The text of one answer as it grows; `decode` is the tokenizer's, over a run of ids.
#[derive(Debug)]
pub struct TextStream<D> {
    decode: D,
    /// Ids from the last complete piece on; `known` is the text of the first `read` of them.
    ids: Vec<u32>,
    read: usize,
    known: String,
    stops: Stops,
}

impl<E, D: FnMut(&[u32]) -> Result<String, E>> TextStream<D> {
    /// A stream that ends before the first of `stops`.
    pub fn new(decode: D, stops: Vec<String>) -> Self {
        Self { decode, ids: Vec::new(), read: 0, known: String::new(), stops: Stops::new(stops) }
    }

    /// Adds one token.
    ///
    /// # Errors
    /// Those of the decoder.
    pub fn push(&mut self, id: u32) -> Result<Grown, E> {
        self.ids.push(id);
        let text = (self.decode)(&self.ids)?;
        if text.ends_with(REPLACEMENT) || text.len() <= self.known.len() {
            return Ok(Grown { text: String::new(), ended: self.stops.ended });
        }
        let grown = self.stops.push(&after(&text, &self.known));
        // The last piece stays as context: some decoders treat the first token of a run differently.
        self.ids.drain(..self.read.min(self.ids.len()));
        self.read = self.ids.len();
        self.known = (self.decode)(&self.ids)?;
        Ok(grown)
    }

    /// What was still held back; half a letter at the very end is dropped.
    ///
    /// # Errors
    /// Those of the decoder.
    pub fn finish(mut self) -> Result<String, E> {
        let text = (self.decode)(&self.ids)?;
        let mut grown = self.stops.push(&after(&text, &self.known));
        if !grown.ended {
            grown.text.push_str(&self.stops.pending);
        }
        Ok(grown.text)
    }
}

/// The part of `text` after `known`, without replacement characters.
fn after(text: &str, known: &str) -> String {
    text.get(known.len()..).unwrap_or_default().replace(REPLACEMENT, "")
}

/// Holds back what may become a stop string.
#[derive(Debug)]
struct Stops {
    stops: Vec<String>,
    pending: String,
    ended: bool,
}

impl Stops {
    fn new(mut stops: Vec<String>) -> Self {
        stops.retain(|stop| !stop.is_empty());
        Self { stops, pending: String::new(), ended: false }
    }

    /// The stop string that *ends* first wins (of two, the longer), as if the text came character by character.
    fn push(&mut self, text: &str) -> Grown {
        if self.ended {
            return Grown { text: String::new(), ended: true };
        }
        self.pending.push_str(text);
        let found = self
            .stops
            .iter()
            .filter_map(|stop| self.pending.find(stop).map(|at| (at + stop.len(), at)))
            .min();
        let keep = match found {
            Some((_, at)) => at,
            None => self.pending.len() - self.held(),
        };
        let rest = self.pending.split_off(keep);
        let text = std::mem::replace(&mut self.pending, rest);
        if found.is_some() {
            self.pending.clear();
            self.ended = true;
        }
        Grown { text, ended: self.ended }
    }

    /// Bytes at the end that are the beginning of a stop string.
    fn held(&self) -> usize {
        let begins = |stop: &String| {
            let ends = stop.char_indices().map(|(at, _)| at).rev();
            ends.into_iter().find(|end| stop.get(..*end).is_some_and(|head| self.pending.ends_with(head)))
        };
        self.stops.iter().filter_map(begins).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    /// Streams a text that was cut into tokens of bytes at `cuts`.
    fn streamed(bytes: &[u8], cuts: &[usize], stops: &[&str]) -> (String, Vec<String>) {
        let mut bounds: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
        bounds.extend([0, bytes.len()]);
        bounds.sort_unstable();
        let tokens: Vec<&[u8]> = bounds.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        let decode = |ids: &[u32]| {
            let all: Vec<u8> = ids.iter().flat_map(|id| tokens[*id as usize].to_vec()).collect();
            Ok::<_, Infallible>(String::from_utf8_lossy(&all).into_owned())
        };
        let mut stream = TextStream::new(decode, stops.iter().map(|stop| (*stop).to_owned()).collect());
        let mut pieces = Vec::new();
        for id in 0..tokens.len() {
            let grown = stream.push(id as u32).unwrap();
            pieces.push(grown.text);
            if grown.ended {
                return (pieces.concat(), pieces);
            }
        }
        pieces.push(stream.finish().unwrap());
        (pieces.concat(), pieces)
    }

    fn cut_at_first_stop(text: &str, stops: &[&str]) -> String {
        let first = stops.iter().filter_map(|stop| text.find(stop).map(|at| (at + stop.len(), at))).min();
        first.map_or(text, |(_, at)| &text[..at]).to_owned()
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_text(text in "[a-cПриж日🦀\n ]{0,40}", cuts in prop::collection::vec(0_usize..200, 0..60)) {
            let (whole, pieces) = streamed(text.as_bytes(), &cuts, &[]);
            prop_assert_eq!(&whole, &text);
            prop_assert!(pieces.iter().all(|piece| !piece.contains(REPLACEMENT)));
        }

        #[test]
        fn any_cut_stops_at_the_same_place(text in "[abж]{0,24}", cuts in prop::collection::vec(0_usize..60, 0..30)) {
            let stops = ["abb", "bжa", "жжж", "b a", "bba"];
            let (whole, _) = streamed(text.as_bytes(), &cuts, &stops);
            prop_assert_eq!(whole, cut_at_first_stop(&text, &stops));
        }

        #[test]
        fn broken_bytes_never_show_a_replacement(bytes in prop::collection::vec(any::<u8>(), 0..40), cuts in prop::collection::vec(0_usize..60, 0..30)) {
            let (whole, _) = streamed(&bytes, &cuts, &[]);
            prop_assert_eq!(whole, String::from_utf8_lossy(&bytes).replace(REPLACEMENT, ""));
        }
    }

    #[test]
    fn half_a_letter_waits_and_is_dropped_at_the_end() {
        let crab = "🦀".as_bytes();
        assert_eq!(streamed(crab, &[1, 2, 3], &[]).1, ["", "", "", "🦀", ""]);
        assert_eq!(streamed(&[b'a', 0xd0], &[1], &[]).0, "a");
    }

    #[test]
    fn the_beginning_of_a_stop_string_waits() {
        let (whole, pieces) = streamed(b"one\nUsual", &[1, 2, 3, 4, 5, 6, 7, 8], &["\nUser:"]);
        assert_eq!(whole, "one\nUsual");
        assert_eq!(pieces, ["o", "n", "e", "", "", "", "\nUsu", "a", "l", ""]);
        assert_eq!(streamed(b"one\nUser: two", &[2, 5, 9], &["\nUser:", ""]).0, "one");
        assert_eq!(streamed(b"one\nUse", &[2, 5], &["\nUser:"]).0, "one\nUse");
    }
}
