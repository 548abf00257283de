//! Every sentence the house says, in Russian and English (Fluent, with plural rules).
//!
//! In: a [`Phrase`] (a key and its arguments) and a language. Out: text. Rendering never fails: a key without a
//! sentence is logged and shown as it is. What people typed goes in as plain text. Nothing else of ours is used.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use crate::message::{Arg, Language, Phrase};

const RU: &str = include_str!("ru.ftl");
const EN: &str = include_str!("en.ftl");

/// The sentences, ready to be rendered.
pub struct Phrases {
    ru: FluentBundle<FluentResource>,
    en: FluentBundle<FluentResource>,
}

impl Phrases {
    /// Reads the sentences that are compiled in.
    #[must_use]
    pub fn load() -> Self {
        Self { ru: bundle(RU, Language::Ru), en: bundle(EN, Language::En) }
    }

    /// A phrase as text.
    ///
    /// ```
    /// use aisaac::message::{Language, Phrase};
    /// use aisaac::phrases::Phrases;
    ///
    /// let phrases = Phrases::load();
    /// let waiting = |count: i64| Phrase::new("limit-drawings").with("limit", count);
    /// assert!(phrases.render(Language::En, &waiting(1)).contains("1 drawing waiting"));
    /// assert!(phrases.render(Language::Ru, &waiting(1)).contains("1 рисунок"));
    /// assert!(phrases.render(Language::Ru, &waiting(3)).contains("3 рисунка"));
    /// assert!(phrases.render(Language::Ru, &waiting(5)).contains("5 рисунков"));
    /// ```
    #[must_use]
    pub fn render(&self, language: Language, phrase: &Phrase) -> String {
        let bundle = match language {
            Language::Ru => &self.ru,
            Language::En => &self.en,
        };
        let Some(pattern) = bundle.get_message(&phrase.key).and_then(|message| message.value()) else {
            tracing::error!(key = %phrase.key, language = language.code(), "no sentence for this key");
            return phrase.key.clone();
        };
        let mut args = FluentArgs::new();
        for (name, value) in &phrase.args {
            let value = match value {
                Arg::Number(number) => FluentValue::from(*number),
                Arg::Text(text) => FluentValue::from(text.as_str()),
            };
            args.set(name.as_str(), value);
        }
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned();
        if !errors.is_empty() {
            tracing::error!(key = %phrase.key, ?errors, "a sentence lacks an argument");
        }
        text
    }

    /// A phrase without arguments as text.
    #[must_use]
    pub fn say(&self, language: Language, key: &str) -> String {
        self.render(language, &Phrase::new(key))
    }

    /// The name of a language, by its code; the code itself where the house has no word for it.
    #[must_use]
    pub fn language(&self, language: Language, code: &str) -> String {
        let key = format!("language-{code}");
        if self.knows(&key) { self.say(language, &key) } else { code.to_owned() }
    }

    /// Whether there is a sentence for the key.
    #[must_use]
    pub fn knows(&self, key: &str) -> bool {
        self.en.has_message(key) && self.ru.has_message(key)
    }
}

fn bundle(source: &str, language: Language) -> FluentBundle<FluentResource> {
    let language: LanguageIdentifier = language.code().parse().unwrap_or_default();
    let resource = match FluentResource::try_new(source.to_owned()) {
        Ok(resource) => resource,
        Err((resource, errors)) => {
            tracing::error!(?errors, "a sentence cannot be read");
            resource
        }
    };
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    bundle.set_use_isolating(false);
    if let Err(errors) = bundle.add_resource(resource) {
        tracing::error!(?errors, "a sentence stands twice");
    }
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// Keys, each with the variables its sentence uses.
    fn shape(source: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut current = String::new();
        for line in source.lines() {
            if let Some((key, _)) = line.split_once(" =")
                && !line.starts_with([' ', '#'])
            {
                key.clone_into(&mut current);
                keys.insert(current.clone(), BTreeSet::new());
            }
            for piece in line.split('$').skip(1) {
                let name: String = piece.chars().take_while(|c| c.is_alphanumeric() || *c == '-').collect();
                keys.get_mut(&current).unwrap().insert(name);
            }
        }
        keys
    }

    #[test]
    fn both_languages_say_the_same_things() {
        assert!(FluentResource::try_new(RU.to_owned()).is_ok(), "ru.ftl is whole");
        assert!(FluentResource::try_new(EN.to_owned()).is_ok(), "en.ftl is whole");
        let (ru, en): (BTreeSet<_>, BTreeSet<_>) =
            (shape(RU).into_iter().collect(), shape(EN).into_iter().collect());
        let differ: Vec<_> = ru.symmetric_difference(&en).collect();
        assert!(differ.is_empty(), "{differ:?}");
    }

    #[test]
    fn russian_counts_in_three_forms() {
        let phrases = Phrases::load();
        let say = |n: i64| phrases.render(Language::Ru, &Phrase::new("limit-drawings").with("limit", n));
        assert!(say(1).contains("1 рисунок"), "{}", say(1));
        assert!(say(3).contains("3 рисунка"), "{}", say(3));
        assert!(say(5).contains("5 рисунков"), "{}", say(5));
    }

    #[test]
    fn typed_text_is_never_a_pattern() {
        let phrase = Phrase::new("drawing-now").with("subject", "{ $seed } { nothing");
        assert!(Phrases::load().render(Language::En, &phrase).contains("{ $seed } { nothing"));
    }
}
