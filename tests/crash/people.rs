//! What people send: each request carries a word of its own, by which its reply is known.

use std::collections::BTreeMap;

use aisaac::message::{Address, Body, Language, Message, Person};
use fastrand::Rng;

use crate::service::NAME;

/// What is to come of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wants {
    /// An answer that repeats its word.
    Answer,
    /// A picture of its word.
    Picture,
    /// That an earlier request changes.
    Change,
    /// A word from the house.
    Word,
}

/// A message, and what it wants.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) message: Message,
    pub(crate) wants: Wants,
    /// The word that only this message holds.
    pub(crate) word: String,
}

/// Everything that is sent in one schedule, by its key, in the order in which it is sent.
pub(crate) fn sent(rng: &mut Rng) -> Vec<Sent> {
    let mut drawn: BTreeMap<(String, &str), String> = BTreeMap::new();
    (0..rng.usize(6..16))
        .map(|number| {
            let who = ["ana", "bob", "eva", "mallory"][rng.usize(0..4)];
            let (chat, thread) = match rng.usize(0..3) {
                0 => ("home".to_owned(), None),
                1 => ("home".to_owned(), Some("pictures".to_owned())),
                _ => (who.to_owned(), None),
            };
            let address = Address { messenger: NAME.to_owned(), chat, thread };
            let word = format!("w{number}x");
            let of = drawn.get(&(address.lane(), who)).cloned();
            let (wants, text, of) = wish(rng, &word, of);
            let key = if of.is_some() { format!("e:{number}") } else { format!("m:{number}") };
            if wants == Wants::Picture {
                drawn.insert((address.lane(), who), key.clone());
            }
            let body = match of {
                Some(of) => Body::Edit { of, text },
                None => Body::Text(text),
            };
            let from = Person { id: who.to_owned(), name: None, language: Some(Language::En) };
            Sent { message: Message { address, key, from, body, at: 1 }, wants, word }
        })
        .collect()
}

fn wish(rng: &mut Rng, word: &str, drawn: Option<String>) -> (Wants, String, Option<String>) {
    match (rng.usize(0..20), drawn) {
        (0..6, _) => (Wants::Answer, format!("tell me about {word}"), None),
        (6..12, _) => (Wants::Picture, format!("draw {word}"), None),
        (12, _) => (Wants::Picture, format!("draw heavy {word}"), None),
        (13..15, Some(of)) => (Wants::Change, format!("draw {word}"), Some(of)),
        (15, _) => (Wants::Word, "/stop".to_owned(), None),
        (13 | 16, _) => (Wants::Word, "/cancel".to_owned(), None),
        (17, _) => (Wants::Word, "/queue".to_owned(), None),
        (18, _) => (Wants::Word, "/new".to_owned(), None),
        _ => (Wants::Word, " ".to_owned(), None),
    }
}
