//! Telegram as the configuration and the environment want it. The token comes from `AISAAC_TELEGRAM_TOKEN` or from the
//! systemd credential `telegram-token`, never from a file of ours.

use super::clock;
use super::config::Config;
use super::secret::secret;
use super::sorry::misuse;
use crate::intent;
use crate::message::{Health, Language, Phrase};
use crate::messenger::telegram::{Telegram, TelegramOptions, Token};
use crate::phrases::Phrases;

/// The variable.
const VARIABLE: &str = "AISAAC_TELEGRAM_TOKEN";

/// The credential's name below the unit's folder of credentials.
const CREDENTIAL: &str = "telegram-token";

/// The token as it stands in the environment; `None` when there is none: then Telegram is not configured.
fn token(of: impl Fn(&str) -> Option<String>) -> Option<String> {
    secret(of, VARIABLE, CREDENTIAL)
}

/// What the environment holds in the token's place.
pub(super) enum Held {
    /// Telegram is not configured.
    Nothing,
    /// What is no token.
    Other,
    /// A token, as far as its form tells.
    Token(Token),
}

/// Looks into the environment.
pub(super) fn held() -> Held {
    let of = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    match token(of) {
        None => Held::Nothing,
        Some(token) => Token::new(&token).map_or(Held::Other, Held::Token),
    }
}

/// What is said about something else in the token's place.
pub(super) fn no_token() -> Phrase {
    Phrase::new("telegram-token-bad").with("variable", VARIABLE).with("credential", CREDENTIAL)
}

/// How Telegram is reached with this token.
pub(super) fn options(config: &Config, token: Token) -> TelegramOptions {
    TelegramOptions {
        server: config.telegram.server.clone(),
        proxy: config.telegram.proxy.clone(),
        reactions: config.telegram.reactions,
        menu: menu(&Phrases::load()),
        ..TelegramOptions::new(token)
    }
}

/// Telegram, when it is configured.
///
/// # Errors
/// When it is configured wrongly.
pub(super) fn telegram(config: &Config, health: &Health) -> anyhow::Result<Option<Telegram>> {
    let token = match held() {
        Held::Nothing => return Ok(None),
        Held::Other => return Err(misuse(no_token())),
        Held::Token(token) => token,
    };
    let wrong = |error: crate::messenger::telegram::OptionsError| {
        misuse(Phrase::new("telegram-options-bad").with("reason", error.to_string()))
    };
    Telegram::new(options(config, token), health.clone(), clock::now).map(Some).map_err(wrong)
}

/// The menu beside the input line: what anybody may ask for, as help says it.
fn menu(phrases: &Phrases) -> Vec<(Language, Vec<(String, String)>)> {
    let of = |language| {
        let intents = intent::ALL.iter().filter(|intent| !intent.for_owners());
        let entries = intents.map(|intent| {
            let name = intent.name();
            (name.to_owned(), phrases.say(language, &format!("about-{name}")))
        });
        (language, entries.collect())
    };
    [Language::En, Language::Ru].map(of).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_goes_before_the_credential() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(CREDENTIAL);
        std::fs::write(&file, "from-credential\n").unwrap();
        let folder = folder.path().display().to_string();
        let of = |variable: &'static str| {
            let folder = folder.clone();
            move |name: &str| match name {
                VARIABLE if !variable.is_empty() => Some(variable.to_owned()),
                "CREDENTIALS_DIRECTORY" => Some(folder.clone()),
                _ => None,
            }
        };
        assert_eq!(token(of("from-environment")).as_deref(), Some("from-environment"));
        assert_eq!(token(of("")).as_deref(), Some("from-credential"));
        // What the unit has in its place while there is none.
        std::fs::write(&file, "\n").unwrap();
        assert_eq!(token(of("")), None);
        assert_eq!(token(|_| None), None);
    }

    #[test]
    fn the_menu_has_a_line_for_each_command_in_both_languages() {
        for (language, entries) in menu(&Phrases::load()) {
            assert!(entries.len() > 5);
            for (name, about) in entries {
                // What the service takes: small letters, and a line of 256 characters at most.
                assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
                assert!(
                    (3..=256).contains(&about.chars().count()) && !about.contains('\n'),
                    "{language:?} {about}"
                );
                assert!(!about.starts_with("about-"), "{about}");
            }
        }
    }
}
