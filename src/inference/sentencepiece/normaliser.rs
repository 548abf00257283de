//! What is done to a text before it is cut into pieces: replacements, and spaces (`Normalizer::Normalize`).

use super::SPACE;
use super::charsmap::CharsMap;
use super::file::{Kind, ModelProto};

/// Replacements and rules for spaces.
#[derive(Debug)]
pub(super) struct Normaliser {
    map: CharsMap,
    /// Pieces that stay as they are, longest first.
    kept: Vec<String>,
    space: &'static str,
    prefix: bool,
    suffix: bool,
    trims: bool,
}

impl Normaliser {
    pub(super) fn of(model: &ModelProto) -> Result<Self, String> {
        let spec = model.normalizer_spec.clone().unwrap_or_default();
        let as_suffix =
            model.trainer_spec.as_ref().is_some_and(|trainer| trainer.treat_whitespace_as_suffix());
        let kept = model.pieces.iter().filter(|piece| piece.kind() == Kind::UserDefined);
        let mut kept: Vec<String> = kept.map(|piece| piece.piece().to_owned()).collect();
        kept.sort_by_key(|piece| std::cmp::Reverse(piece.len()));
        Ok(Self {
            map: CharsMap::read(spec.precompiled_charsmap())?,
            kept,
            space: if spec.escape_whitespaces() { SPACE } else { " " },
            prefix: spec.add_dummy_prefix() && !as_suffix,
            suffix: spec.add_dummy_prefix() && as_suffix,
            trims: spec.remove_extra_whitespaces(),
        })
    }

    /// The text as pieces are looked for in it; empty when nothing but spaces is left of it.
    pub(super) fn normal(&self, text: &str) -> String {
        let mut rest = text;
        while self.trims && !rest.is_empty() {
            let (becomes, length) = self.beginning(rest);
            if becomes != " " {
                break;
            }
            rest = rest.get(length..).unwrap_or_default();
        }
        if rest.is_empty() {
            return String::new();
        }
        let mut normal = String::with_capacity(3 * rest.len());
        if self.prefix {
            normal.push_str(self.space);
        }
        let mut after_space = self.trims;
        while !rest.is_empty() {
            let (becomes, length) = self.beginning(rest);
            let more = if after_space { becomes.trim_start_matches(' ') } else { becomes };
            if !more.is_empty() {
                normal.push_str(&more.replace(' ', self.space));
                after_space = more.ends_with(' ');
            }
            after_space &= self.trims;
            rest = rest.get(length..).unwrap_or_default();
        }
        while self.trims && normal.ends_with(self.space) {
            normal.truncate(normal.len() - self.space.len());
        }
        if self.suffix {
            normal.push_str(self.space);
        }
        normal
    }

    /// What a text begins with becomes, and the bytes that it took (at least one character).
    fn beginning<'a>(&'a self, text: &'a str) -> (&'a str, usize) {
        if let Some(piece) = self.kept.iter().find(|piece| text.starts_with(piece.as_str())) {
            return (piece, piece.len());
        }
        if let Some((becomes, length)) = self.map.longest(text).filter(|(_, end)| text.is_char_boundary(*end))
        {
            return (becomes, length);
        }
        let length = text.chars().next().map_or(0, char::len_utf8);
        (text.get(..length).unwrap_or_default(), length)
    }
}
