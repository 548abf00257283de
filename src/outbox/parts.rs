//! A reply as the parts that a messenger takes: rendered, marked up, split, with its buttons. Deterministic, so that a part
//! keeps its number after a crash.

use super::render::{caption, quoted, text_of};
use super::split::{cut, split};
use super::telegram_html::{escaped as escape, to_html};
use super::{Outbox, show};
use crate::message::{Content, Language, Phrase, Press};
use crate::messenger::{Button, Dialect, Markup, Part, PartBody, RemoteId};
use crate::store::Due;

/// What took longer comes as a message of its own, which people are told of, and not as an edit, which they are not.
const PING_FROM_MS: i64 = 60_000;

/// A part, and what it takes the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaving {
    pub(super) part: Part,
    pub(super) replaces: Option<RemoteId>,
    /// What is said in the place of something that should go, and cannot.
    pub(super) instead: Option<String>,
}

impl Outbox {
    /// Every part of a reply, sent or not.
    pub(super) fn parts(&self, due: &Due, dialect: Dialect) -> Vec<Leaving> {
        let stands = due.replaces.clone().filter(|_| dialect.edits).map(RemoteId);
        let bodies = match due.content {
            Content::Nothing => stands.iter().map(|_| PartBody::Gone).collect(),
            _ => self.bodies(due, dialect),
        };
        let anew =
            matches!(due.content, Content::Picture(_)) && due.waited.is_some_and(|ms| ms > PING_FROM_MS);
        let last = bodies.len().saturating_sub(1);
        let mut buttons = if dialect.buttons { self.buttons(due) } else { Vec::new() };
        let mut parts: Vec<Leaving> = Vec::new();
        for (index, body) in bodies.into_iter().enumerate() {
            let buttons = if index == last { std::mem::take(&mut buttons) } else { Vec::new() };
            let part = Part { address: due.address.clone(), reply_to: due.reply_to.clone(), body, buttons };
            let replaces = stands.clone().filter(|_| index == 0 && !anew);
            let instead = self.instead(&part.body, due.language);
            parts.push(Leaving { part, replaces, instead });
        }
        if let Some(stands) = stands.filter(|_| anew) {
            let (address, reply_to) = (due.address.clone(), None);
            let part = Part { address, reply_to, body: PartBody::Gone, buttons: Vec::new() };
            let instead = self.instead(&part.body, due.language);
            parts.push(Leaving { part, replaces: Some(stands), instead });
        }
        parts
    }

    fn instead(&self, body: &PartBody, language: Language) -> Option<String> {
        (*body == PartBody::Gone).then(|| self.phrases.say(language, "not-needed"))
    }

    fn bodies(&self, due: &Due, dialect: Dialect) -> Vec<PartBody> {
        if let Content::Picture(picture) = &due.content {
            let text = caption(picture, due.language, &self.phrases);
            let caption = cut(&text, dialect.caption_limit, dialect.unit);
            let path = self.media.path(&picture.file);
            return vec![PartBody::Picture { path, caption, as_file: picture.as_file }];
        }
        let said = text_of(&due.content, due.language, &self.phrases);
        let text = quoted(due.heard.as_deref(), &said);
        let ours = matches!(due.content, Content::Phrases { .. });
        let marked = |part: &str| match dialect.markup {
            Markup::Plain => None,
            // What people wrote stands in our sentences as it is, and is no markup.
            Markup::TelegramHtml if ours && due.heard.is_none() => None,
            Markup::TelegramHtml if ours && part == text => due.heard.as_deref().map(|heard| {
                format!("<blockquote>{}</blockquote>\n{}", escape(&heard.replace('\n', " ")), escape(&said))
            }),
            Markup::TelegramHtml => Some(to_html(part)),
        };
        split(&text, dialect.text_limit, dialect.unit)
            .into_iter()
            .map(|part| PartBody::Text { marked: marked(&part), plain: part })
            .collect()
    }

    /// What stands under a reply.
    fn buttons(&self, due: &Due) -> Vec<Vec<Button>> {
        let button = |key: &str, press: Press| self.button(key, press, due.language);
        let has = |phrases: &[Phrase], keys: &[&str]| {
            phrases.iter().any(|phrase| keys.contains(&phrase.key.as_str()))
        };
        match (&due.content, due.drawing, due.message) {
            (Content::Picture(_), Some(drawing), message) => {
                let row = vec![
                    button("button-again", Press::Again(drawing)),
                    button("button-same", Press::Same(drawing)),
                    button("button-shape", Press::Shape(drawing)),
                ];
                let other = message.map(|message| vec![button("button-answer", Press::Answer(message))]);
                std::iter::once(row).chain(other).collect()
            }
            (Content::Phrases { phrases }, Some(drawing), _) if has(phrases, show::UNFINISHED) => {
                vec![vec![button("button-cancel", Press::Cancel(drawing))]]
            }
            (Content::Mixed { phrases, .. }, _, Some(message)) if has(phrases, &["draw-instead"]) => {
                vec![vec![button("button-draw", Press::Draw(message))]]
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn button(&self, key: &str, press: Press, language: Language) -> Button {
        Button { label: self.phrases.say(language, key), data: press.data() }
    }
}
