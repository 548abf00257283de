//! Which language the house speaks where nothing else tells, and whether the terminal can show it. Facts in, check out.

use super::check::{Check, State};
use crate::message::{Language, Phrase};

/// The locale as it was found.
#[derive(Debug, Clone)]
pub(super) struct Locale {
    /// Of `LC_ALL`, `LC_MESSAGES`, `LANG`, the first that is set.
    pub(super) messages: Option<String>,
    /// Of `LC_ALL`, `LC_CTYPE`, `LANG`, the first that is set.
    pub(super) letters: Option<String>,
    /// The configuration's.
    pub(super) configured: Option<Language>,
}

pub(super) fn locale(facts: &Locale) -> Check {
    let named =
        facts.messages.as_deref().filter(|name| !matches!(*name, "C" | "POSIX" | "C.UTF-8" | "C.utf8"));
    let language = facts.configured.or_else(|| named.and_then(Language::parse));
    let code = language.unwrap_or(Language::En).pick("ru", "en");
    let letters = facts.letters.as_deref().unwrap_or("C");
    let with = |key: &str| Phrase::new(key).with("language", code).with("locale", letters);
    let utf8 = letters.to_lowercase().replace('-', "").ends_with("utf8");
    if !utf8 {
        let command =
            format!("export LC_ALL={}", language.unwrap_or(Language::En).pick("ru_RU.UTF-8", "C.UTF-8"));
        return Check::new("locale", State::Warning, with("doctor-locale-letters")).run(&command);
    }
    match (facts.configured, named) {
        (Some(_), _) => Check::new("locale", State::Ok, with("doctor-locale-configured")),
        (None, Some(_)) => Check::new("locale", State::Ok, with("doctor-locale")),
        (None, None) => {
            let cure = Phrase::new("doctor-locale-cure");
            Check::new("locale", State::Warning, with("doctor-locale-none")).cure(cure)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::speakable;
    use super::*;

    #[test]
    fn a_language_is_told_and_letters_must_be_utf_8() {
        use State::{Ok, Warning};
        let said = |name: Option<&str>, configured| {
            let name = name.map(str::to_owned);
            let check = locale(&Locale { messages: name.clone(), letters: name, configured });
            speakable(std::slice::from_ref(&check));
            (check.state, check.text.key, check.text.args["language"].clone())
        };
        assert_eq!(said(Some("ru_RU.UTF-8"), None), (Ok, "doctor-locale".into(), "ru".into()));
        assert_eq!(said(Some("de_DE.utf8"), None), (Ok, "doctor-locale".into(), "en".into()));
        assert_eq!(said(Some("C.UTF-8"), None).1, "doctor-locale-none");
        assert_eq!(
            said(Some("C.UTF-8"), Some(Language::Ru)),
            (Ok, "doctor-locale-configured".into(), "ru".into())
        );
        assert_eq!(said(None, None), (Warning, "doctor-locale-letters".into(), "en".into()));
        assert_eq!(said(Some("ru_RU.KOI8-R"), None).1, "doctor-locale-letters");
    }
}
