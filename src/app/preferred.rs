//! Which model the house takes for what when nobody has chosen: every fitting one of the catalogue, the best first.

use std::cmp::Reverse;

use crate::models::{Catalogue, Manifest, Purpose};

/// Answer models in the order in which the house prefers them: the one with more languages answers more people, and the
/// larger one better.
pub(super) fn answering(catalogue: &Catalogue) -> Vec<&Manifest> {
    let mut models: Vec<&Manifest> =
        catalogue.models().filter(|model| model.is_for(Purpose::Answer)).collect();
    models.sort_by_key(|model| Reverse((model.languages.len(), model.memory_mb)));
    models
}

/// Translators in the order in which the house prefers them: the larger one translates better.
pub(super) fn translating(catalogue: &Catalogue) -> Vec<&Manifest> {
    let mut models: Vec<&Manifest> =
        catalogue.models().filter(|model| model.is_for(Purpose::Translate)).collect();
    models.sort_by_key(|model| Reverse(model.memory_mb));
    models
}

/// Models that hear every language, in the order in which the house prefers them: the larger one hears better.
pub(super) fn hearing(catalogue: &Catalogue) -> Vec<&Manifest> {
    let mut models: Vec<&Manifest> = catalogue.models().filter(|model| model.family == "whisper").collect();
    models.sort_by_key(|model| Reverse(model.memory_mb));
    models
}
