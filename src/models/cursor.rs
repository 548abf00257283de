//! A cursor over little-endian bytes that ends with an error, never with a panic.

use super::FormatError;

/// What is left to read, and what is being read (for the error).
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, what: "its header" }
    }

    /// Names what is read next.
    pub(super) const fn reading(&mut self, what: &'static str) {
        self.what = what;
    }

    /// Bytes left.
    pub(super) const fn left(&self) -> usize {
        self.rest.len()
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], FormatError> {
        let (piece, rest) =
            self.rest.split_at_checked(count).ok_or(FormatError::Short { what: self.what })?;
        self.rest = rest;
        Ok(piece)
    }

    /// `count` values of `width` bytes each.
    pub(super) fn many(&mut self, count: usize, width: usize) -> Result<&'a [u8], FormatError> {
        self.take(count.checked_mul(width).ok_or(FormatError::Short { what: self.what })?)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], FormatError> {
        let what = self.what;
        self.take(N)?.try_into().map_err(|_| FormatError::Short { what })
    }

    pub(super) fn u8(&mut self) -> Result<u8, FormatError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, FormatError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, FormatError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, FormatError> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn f32(&mut self) -> Result<f32, FormatError> {
        self.array().map(f32::from_le_bytes)
    }

    pub(super) fn f64(&mut self) -> Result<f64, FormatError> {
        self.array().map(f64::from_le_bytes)
    }

    /// A length that must fit into what is left when every item takes at least `least` bytes.
    pub(super) fn count(&self, count: u64, least: usize) -> Result<usize, FormatError> {
        usize::try_from(count)
            .ok()
            .filter(|count| count.checked_mul(least).is_some_and(|bytes| bytes <= self.left()))
            .ok_or(FormatError::Short { what: self.what })
    }

    /// UTF-8 of that many bytes.
    pub(super) fn text(&mut self, bytes: usize) -> Result<&'a str, FormatError> {
        let what = self.what;
        std::str::from_utf8(self.take(bytes)?).map_err(|_| FormatError::Text { what })
    }
}
