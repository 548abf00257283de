//! A text with its entities: what a bot sent becomes what people see.
//!
//! Lengths and offsets are in UTF-16 units, as everywhere in the Bot API. Read in tdlib/td, MessageEntity.cpp
//! (`fix_formatted_text`): the ends are trimmed, and links, mentions and commands are found in what is left.

use serde_json::{Map, Value, json};

use super::entities;
use super::html;
use super::refusal::Refusal;

/// A stretch of a text that is something.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entity {
    pub(super) kind: String,
    pub(super) offset: usize,
    pub(super) length: usize,
    /// `url`, `user`, `language`, `custom_emoji_id`.
    pub(super) more: Map<String, Value>,
}

impl Entity {
    pub(super) fn new(kind: &str, offset: usize, length: usize) -> Self {
        Self { kind: kind.to_owned(), offset, length, more: Map::new() }
    }

    pub(super) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.more.insert(key.to_owned(), value.into());
        self
    }

    fn from_json(json: &Value) -> Self {
        let mut more = json.as_object().cloned().unwrap_or_default();
        let number = |value: Option<Value>| value.and_then(|value| value.as_u64()).unwrap_or(0) as usize;
        let offset = number(more.remove("offset"));
        let length = number(more.remove("length"));
        let kind = more.remove("type").and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default();
        Self { kind, offset, length, more }
    }

    pub(super) fn json(&self) -> Value {
        let mut json = json!({ "type": self.kind, "offset": self.offset, "length": self.length });
        json.as_object_mut().unwrap().extend(self.more.clone());
        json
    }

    pub(super) fn end(&self) -> usize {
        self.offset + self.length
    }
}

/// A text as people see it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Formatted {
    pub(super) text: String,
    pub(super) entities: Vec<Entity>,
}

/// How long a text is, in UTF-16 units.
pub(super) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

impl Formatted {
    /// What a bot sent: the text, how it is marked up, or its entities.
    pub(super) fn read(text: &str, mode: Option<&str>, entities: Option<&Value>) -> Result<Self, Refusal> {
        let mut formatted = match mode.map(str::to_lowercase).as_deref() {
            None | Some("") => Self {
                text: text.to_owned(),
                entities: entities
                    .and_then(Value::as_array)
                    .map(|list| list.iter().map(Entity::from_json).collect())
                    .unwrap_or_default(),
            },
            Some("html") => {
                html::parse(text).map_err(|wrong| Refusal::bad(format!("can't parse entities: {wrong}")))?
            }
            Some("markdown" | "markdownv2") => {
                return Err(Refusal::bad("the fake does not parse Markdown (the real server does)"));
            }
            Some(_) => return Err(Refusal::bad("unsupported parse_mode")),
        };
        formatted.trim();
        formatted.find();
        Ok(formatted)
    }

    /// What a person wrote: as it is, with what is found in it beside these entities.
    pub(super) fn written(text: &str, entities: &[Value]) -> Self {
        let entities = entities.iter().map(Entity::from_json).collect();
        let mut formatted = Self { text: text.to_owned(), entities };
        formatted.find();
        formatted
    }

    pub(super) fn length(&self) -> usize {
        length(&self.text)
    }

    pub(super) fn entities_json(&self) -> Option<Value> {
        (!self.entities.is_empty()).then(|| self.entities.iter().map(Entity::json).collect())
    }

    /// White space goes from both ends, but none from before the first entity on.
    fn trim(&mut self) {
        self.text.truncate(self.text.trim_end().len());
        let first = self.entities.iter().map(|entity| entity.offset).min().unwrap_or(usize::MAX);
        let blank = self.text.bytes().take_while(|byte| matches!(byte, b' ' | b'\n')).count().min(first);
        self.text.drain(..blank);
        let whole = self.length();
        for entity in &mut self.entities {
            entity.offset -= blank;
            entity.length = entity.end().min(whole).saturating_sub(entity.offset);
        }
        self.entities.retain(|entity| entity.length > 0);
    }

    /// Links, mentions and commands, where no other entity stands.
    fn find(&mut self) {
        let taken = self.entities.clone();
        let free = |found: &Entity| {
            taken
                .iter()
                .all(|entity| found.end() <= entity.offset || found.offset >= entity.end() || splits(entity))
        };
        self.entities.extend(entities::find(&self.text).into_iter().filter(free));
        self.entities.sort_by_key(|entity| (entity.offset, usize::MAX - entity.length));
    }
}

/// Bold and its like may stand over a link; code and links may not.
fn splits(entity: &Entity) -> bool {
    ["bold", "italic", "underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote"]
        .contains(&entity.kind.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let formatted = Formatted::read(text, Some("HTML"), None).unwrap();
        let entities = formatted
            .entities
            .iter()
            .map(|entity| format!(" {}@{}+{}", entity.kind, entity.offset, entity.length));
        format!("{:?}{}", formatted.text, entities.collect::<String>())
    }

    #[test]
    fn ends_are_trimmed_and_entities_with_them() {
        assert_eq!(read(" \n one <b>two </b>\n"), r#""one two" bold@4+3"#);
        assert_eq!(read(" <b> two</b>"), r#"" two" bold@0+4"#);
        assert_eq!(read("<b> </b>"), r#""""#);
    }

    #[test]
    fn links_are_found_in_bold_and_not_in_code() {
        assert_eq!(read("<b>https://a.example/x</b>"), r#""https://a.example/x" bold@0+19 url@0+19"#);
        assert_eq!(read("<code>@someone</code>"), r#""@someone" code@0+8"#);
    }

    #[test]
    fn offsets_are_utf16() {
        assert_eq!(read("🎨 <i>é</i> @someone"), r#""🎨 é @someone" italic@3+1 mention@5+8"#);
        assert_eq!(length("🎨é"), 3);
    }
}
