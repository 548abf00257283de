//! What people send: each request carries a word of its own, by which its reply is known.

use std::collections::BTreeMap;

use aisaac::message::{Address, Body, Language, Message, Person, Recording};
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
    /// That a running answer ends: a word from the house, unless the answer says so itself.
    Stop,
    /// That everything about the person and the lane goes.
    Forget,
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
    let (count, forgets) = (rng.usize(6..18), rng.usize(0..6) == 0);
    (0..count)
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
            let (wants, text, of) = match wish(rng, &word, of) {
                (Wants::Forget, ..) if !forgets => (Wants::Word, "/help".to_owned(), None),
                wish => wish,
            };
            let key = if of.is_some() { format!("e:{number}") } else { format!("m:{number}") };
            if wants == Wants::Picture {
                drawn.insert((address.lane(), who), key.clone());
            }
            let speaks = matches!(wants, Wants::Answer | Wants::Picture) && rng.usize(0..3) == 0;
            let body = match of {
                Some(of) => Body::Edit { of, text },
                None if speaks => {
                    let remote = spoken_as(&text, number).to_string();
                    Body::Voice(Recording { remote, caption: None })
                }
                None => Body::Text(text),
            };
            let from =
                Person { id: who.to_owned(), name: None, language: Some(Language::En), ..Person::default() };
            Sent { message: Message::new(address, key, from, body, 1), wants, word }
        })
        .collect()
}

fn wish(rng: &mut Rng, word: &str, drawn: Option<String>) -> (Wants, String, Option<String>) {
    match (rng.usize(0..28), drawn) {
        (0..6, _) => (Wants::Answer, format!("tell me about {word}"), None),
        (6..13, _) => (Wants::Picture, format!("draw {word}"), None),
        (13, _) => (Wants::Picture, format!("draw heavy {word}"), None),
        (14..18, Some(of)) => (Wants::Change, format!("draw {word}"), Some(of)),
        (18 | 24..28, _) => (Wants::Stop, "/stop".to_owned(), None),
        (14 | 19, _) => (Wants::Word, "/cancel".to_owned(), None),
        (20, _) => (Wants::Word, "/cancel 1".to_owned(), None),
        (21, _) => (Wants::Word, "/queue".to_owned(), None),
        (22, _) => (Wants::Forget, "/forget".to_owned(), None),
        (23, _) => (Wants::Word, "/new".to_owned(), None),
        _ => (Wants::Word, " ".to_owned(), None),
    }
}

const SAID: [&str; 3] = ["tell me about", "draw", "draw heavy"];

/// The number of the recording that says a text.
fn spoken_as(text: &str, number: usize) -> usize {
    let kind = SAID.iter().rposition(|said| text.starts_with(said)).unwrap();
    SAID.len() * number + kind
}

/// What the recording with a number says.
pub(crate) fn says(number: usize) -> String {
    format!("{} w{}x", SAID[number % SAID.len()], number / SAID.len())
}

/// The grey that a picture of a word is painted in: the pixels tell whose picture it is.
pub(crate) fn grey(prompt: &str) -> u8 {
    let number = prompt.split('w').next_back().and_then(|word| word.strip_suffix('x'));
    10 + 10 * number.and_then(|number| number.parse::<u8>().ok()).unwrap_or(24)
}
