//! Rendering: what a reply row holds becomes text in the lane's language. Deterministic, no I/O.

use crate::message::{Content, Language, Phrase, PictureReply};
use crate::phrases::Phrases;

/// The text of a reply; a picture's is its caption.
#[must_use]
pub fn text_of(content: &Content, language: Language, phrases: &Phrases) -> String {
    let say = |list: &[Phrase]| {
        list.iter().map(|phrase| phrases.render(language, phrase)).collect::<Vec<_>>().join("\n")
    };
    match content {
        Content::Text { text } => text.clone(),
        Content::Phrases { phrases: list } => say(list),
        Content::Mixed { text, phrases: list } if list.is_empty() => text.clone(),
        Content::Mixed { text, phrases: list } if text.is_empty() => say(list),
        Content::Mixed { text, phrases: list } => format!("{text}\n\n{}", say(list)),
        Content::Picture(picture) => caption(picture, language, phrases),
        Content::Nothing => String::new(),
    }
}

/// A reply with what was heard above it, as a quoted line.
#[must_use]
pub fn quoted(heard: Option<&str>, text: &str) -> String {
    match heard {
        Some(heard) => format!("> {}\n\n{text}", heard.replace('\n', " ")),
        None => text.to_owned(),
    }
}

/// The sentence under a picture: what it shows, its size, seed and steps, what of the request was not
/// read, and what the model's manifest wants said.
pub(super) fn caption(picture: &PictureReply, language: Language, phrases: &Phrases) -> String {
    let facts = Phrase::new("picture-caption")
        .with("prompt", picture.prompt.clone())
        .with("size", format!("{}×{}", picture.width, picture.height))
        .with("seed", picture.seed.to_string())
        .with("steps", i64::from(picture.steps));
    let mut text = phrases.render(language, &facts);
    let cut = picture.cut.as_ref().map(|cut| Phrase::new("prompt-cut").with("cut", cut.clone()));
    for phrase in cut.into_iter().chain(picture.caption.as_deref().map(Phrase::new)) {
        text.push('\n');
        text.push_str(&phrases.render(language, &phrase));
    }
    text
}
