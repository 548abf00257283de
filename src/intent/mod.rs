//! Intents: what people can want. One file each; a new intent is one file and one line in [`ALL`].
//!
//! An intent gets an [`Ask`] and returns an [`Outcome`] **value**: it sends and writes nothing itself, and it cannot
//! know who asked through what. Its example phrases are what the router compares a phrase with; help, README and
//! router tests are made from them. An intent without examples is reached by its slash command only.

mod allow;
mod answer;
mod asking;
mod calling;
mod change;
mod draw;
mod forget;
mod help;
mod kit;
mod known;
mod language;
mod letters;
mod new;
mod options;
mod people;
mod persona;
mod piece;
mod press;
mod prompt;
mod queue;
mod quotes;
mod redo;
mod router;
mod settings;
mod status;
mod steps;
mod stop;
mod subject;

pub use answer::{answers_in, explanation, unspoken};
pub use draw::order;
pub use kit::{AnswerFacts, Ask, HouseNow, Kit, Options, PainterFacts, Rewrites};
pub use known::{Known, Subject};
pub use language::{Tongue, tongue};
pub use options::{Wishes, parse as wishes, plain};
pub use press::pressed;
pub use prompt::prompt;
pub use router::{Route, reads_quoted, route};
pub use subject::subject;

use async_trait::async_trait;

use crate::message::{Content, Failure, FailureKind, Language, Outcome, Phrase};
use crate::store::StoreError;

/// Something people can want.
#[async_trait]
pub trait Intent: Send + Sync {
    /// Its name, which is its slash command too.
    fn name(&self) -> &'static str;

    /// Other words for the slash command.
    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }

    /// Phrases that mean it, short and natural; none for what remains (*answer*) and for slash-only intents.
    fn examples(&self, _language: Language) -> &'static [&'static str] {
        &[]
    }

    /// Whether only those who run the bot can have it; help does not speak of it to others.
    fn for_owners(&self) -> bool {
        false
    }

    /// Turns the request into an outcome.
    async fn handle(&self, ask: &Ask, kit: &Kit) -> Result<Outcome, Failure>;
}

/// Every intent, in the order in which help lists them.
pub const ALL: &[&dyn Intent] = &[
    &answer::Answer,
    &draw::Draw,
    &redo::Redo,
    &queue::Queue,
    &queue::Cancel,
    &steps::Steps,
    &new::New,
    &stop::Stop,
    &persona::Persona,
    &settings::SettingsIntent,
    &forget::Forget,
    &allow::Allow,
    &allow::Deny,
    &people::People,
    &status::Status,
    &help::Help,
];

/// The intent of that name.
#[must_use]
pub fn find(name: &str) -> &'static dyn Intent {
    ALL.iter().copied().find(|intent| intent.name() == name).unwrap_or(&answer::Answer)
}

/// Each intent with all its example phrases, for the models that compare.
#[must_use]
pub fn commands() -> Vec<(String, Vec<String>)> {
    ALL.iter()
        .map(|intent| {
            let phrases =
                [Language::Ru, Language::En].into_iter().flat_map(|language| intent.examples(language));
            (intent.name().to_owned(), phrases.map(|phrase| (*phrase).to_owned()).collect())
        })
        .filter(|(_, phrases): &(String, Vec<String>)| !phrases.is_empty())
        .collect()
}

/// A reply of one sentence of the house that is no turn of the conversation.
fn say(phrase: Phrase) -> Outcome {
    Outcome::Say { content: Content::Phrases { phrases: vec![phrase] }, remember: None }
}

/// Whether somebody may have these words answered or drawn, wherever they came from: typed, heard, quoted, edited, said
/// before, behind a button. Every answer and every drawing asks here, before a model does anything.
fn minded(words: &str, ask: &Ask, kit: &Kit) -> Result<(), Failure> {
    kit.access.minds(ask.standing, words).map_or(Ok(()), |phrase| Err(theirs(phrase)))
}

/// The person can mend it.
fn theirs(phrase: Phrase) -> Failure {
    Failure { kind: FailureKind::Theirs, phrase, source: None }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let key = if matches!(error, StoreError::Full { .. }) { "disk-full" } else { "our-fault" };
        Self { kind: FailureKind::Ours, phrase: Phrase::new(key), source: Some(Box::new(error)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn the_heads_were_trained_on_these_very_examples() {
        let trained: BTreeMap<String, BTreeMap<String, Vec<String>>> =
            serde_json::from_str(include_str!("../../models/recipes/understand/commands.json")).unwrap();
        let mut ours: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
        for intent in ALL.iter().filter(|intent| !intent.examples(Language::Ru).is_empty()) {
            let of = |language| intent.examples(language).iter().map(|phrase| (*phrase).to_owned()).collect();
            ours.insert(
                intent.name().into(),
                [("ru".into(), of(Language::Ru)), ("en".into(), of(Language::En))].into(),
            );
        }
        assert_eq!(ours, trained);
    }

    #[test]
    fn every_name_is_told_apart_and_explained() {
        let phrases = crate::phrases::Phrases::load();
        let mut words: Vec<&str> =
            ALL.iter().flat_map(|intent| intent.aliases().iter().copied().chain([intent.name()])).collect();
        words.sort_unstable();
        let all = words.len();
        words.dedup();
        assert_eq!(words.len(), all);
        for intent in ALL {
            assert!(phrases.knows(&format!("about-{}", intent.name())), "{}", intent.name());
        }
    }
}
