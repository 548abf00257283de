//! One message as it stands now, and what tests ask of it.

use serde_json::{Map, Value};

/// One message as it stands now.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// The Bot API's `Message`.
    pub(crate) json: Map<String, Value>,
    /// The bot's own.
    pub(crate) own: bool,
    /// How often it was edited.
    pub(crate) edits: u32,
    /// What was uploaded with it.
    pub(crate) bytes: Option<Vec<u8>>,
    /// A keyboard below the line of writing, its removal, or a forced reply: not part of `Message`.
    pub(crate) keyboard: Option<Value>,
    /// The bot's reactions to it.
    pub(crate) reactions: Vec<Value>,
}

impl Message {
    pub(super) fn new(json: Map<String, Value>, own: bool) -> Self {
        Self { json, own, edits: 0, bytes: None, keyboard: None, reactions: Vec::new() }
    }

    pub(crate) fn id(&self) -> i64 {
        self.json["message_id"].as_i64().unwrap()
    }

    pub(super) fn value(&self) -> Value {
        Value::Object(self.json.clone())
    }

    /// As it stands inside a reply to it: without what it replies to itself.
    pub(super) fn embedded(&self) -> Value {
        let mut json = self.json.clone();
        json.remove("reply_to_message");
        Value::Object(json)
    }

    fn string(&self, key: &str) -> Option<&str> {
        self.json.get(key).and_then(Value::as_str)
    }

    /// The text; empty when it has none.
    pub(crate) fn text(&self) -> &str {
        self.string("text").unwrap_or_default()
    }

    /// The caption; empty when it has none.
    pub(crate) fn caption(&self) -> &str {
        self.string("caption").unwrap_or_default()
    }

    /// The entities of the text or of the caption.
    pub(crate) fn entities(&self) -> &[Value] {
        let entities = self.json.get("entities").or_else(|| self.json.get("caption_entities"));
        entities.and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The message that this one replies to; the root of its topic counts as none.
    pub(crate) fn reply_to(&self) -> Option<i64> {
        let target = self.json.get("reply_to_message")?;
        let id = target["message_id"].as_i64();
        let root = target.get("forum_topic_created").is_some() && id == self.thread();
        id.filter(|_| !root)
    }

    /// The topic.
    pub(crate) fn thread(&self) -> Option<i64> {
        self.json.get("message_thread_id").and_then(Value::as_i64)
    }

    /// The buttons under it, all rows in one: text and callback data.
    pub(crate) fn buttons(&self) -> Vec<(String, String)> {
        let rows = self.json.get("reply_markup").and_then(|markup| markup["inline_keyboard"].as_array());
        let buttons = rows.into_iter().flatten().filter_map(Value::as_array).flatten();
        let string = |button: &Value, key: &str| button[key].as_str().unwrap_or_default().to_owned();
        buttons.map(|button| (string(button, "text"), string(button, "callback_data"))).collect()
    }

    /// Whether it has a picture.
    pub(crate) fn is_photo(&self) -> bool {
        self.json.contains_key("photo")
    }
}
