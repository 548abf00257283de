//! Telegram: token, reachability, what groups show, who takes the messages, the clock, the owner. Facts in, checks out.

use super::check::{Check, State};
use crate::app::telegram;
use crate::message::Phrase;
use crate::messenger::telegram::{Look, LookError, Webhook};

/// A clock that is off by more, in milliseconds, is wrong.
const OFF_MS: i64 = 60_000;

/// Telegram as it was found.
#[derive(Debug)]
pub(super) struct Telegram {
    pub(super) token: Token,
    /// How it is reached.
    pub(super) way: Way,
    /// Unix milliseconds, when the service had answered.
    pub(super) now: i64,
    /// Whether the configuration or a code has made somebody the owner; `None` where that cannot be told.
    pub(super) owned: Option<bool>,
}

/// What stands in the token's place, and what came of it.
#[derive(Debug)]
pub(super) enum Token {
    /// Nothing. Of a house that runs and has one: whether groups are read whole, where it knows.
    None { running: Option<Option<bool>> },
    /// Something else.
    Other,
    /// A token.
    There(Result<Look, LookError>),
}

/// How the service is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// As the network does it.
    Direct,
    /// Through `telegram.proxy`.
    Proxy,
    /// An own server, `telegram.server`.
    Server,
}

/// Everything about Telegram.
pub(super) fn telegram(facts: &Telegram) -> Vec<Check> {
    let about = |state, key: &str| Check::new("telegram", state, Phrase::new(key));
    let look = match &facts.token {
        Token::None { running: None } => return vec![about(State::Ok, "doctor-telegram-none")],
        Token::None { running: Some(reads_all) } => {
            let elsewhere = about(State::Ok, "doctor-telegram-elsewhere");
            let rest = reads_all.map(groups).into_iter().chain(owner(facts.owned, "the bot"));
            return std::iter::once(elsewhere).chain(rest).collect();
        }
        Token::Other => {
            let check = Check::new("telegram", State::Wrong, telegram::no_token());
            return vec![check.cure(Phrase::new("doctor-telegram-token-cure"))];
        }
        Token::There(Err(error)) => return vec![unseen(error, facts.way)],
        Token::There(Ok(look)) => look,
    };
    let text = Phrase::new("doctor-telegram").with("name", look.username.as_str());
    let mut checks = vec![Check::new("telegram", State::Ok, text.with("pending", look.pending))];
    checks.extend(look.webhook.as_ref().map(webhook));
    checks.push(groups(look.reads_all));
    checks.extend(look.date.and_then(|date| clock(facts.now - date)));
    checks.extend(owner(facts.owned, &format!("@{}", look.username)));
    checks
}

/// Why the service says nothing, and what can be done about that.
fn unseen(error: &LookError, way: Way) -> Check {
    let about = |state, key: &str| Check::new("telegram", state, Phrase::new(key));
    let with = |state, key: &str, reason: &str| {
        Check::new("telegram", state, Phrase::new(key).with("reason", reason))
    };
    match error {
        LookError::Token => {
            about(State::Wrong, "doctor-telegram-refused").cure(Phrase::new("doctor-telegram-token-cure"))
        }
        LookError::Options(reason) => with(State::Wrong, "telegram-options-bad", reason)
            .cure(Phrase::new("doctor-telegram-options-cure")),
        LookError::TooMany(wait) => {
            let seconds = i64::try_from(wait.as_secs()).unwrap_or(i64::MAX);
            let text = Phrase::new("doctor-telegram-many").with("seconds", seconds);
            Check::new("telegram", State::Warning, text).cure(Phrase::new("doctor-telegram-many-cure"))
        }
        LookError::Odd(reason) => with(State::Wrong, "doctor-telegram-odd", reason).cure(cure(way, reason)),
        LookError::Away(reason) => with(State::Wrong, "doctor-telegram-away", reason).cure(cure(way, reason)),
    }
}

fn cure(way: Way, reason: &str) -> Phrase {
    // A clock that is wrong, or a computer that knows no authorities.
    if reason.contains("certificate") {
        return Phrase::new("doctor-telegram-certificate-cure");
    }
    Phrase::new(match way {
        Way::Direct => "doctor-telegram-direct-cure",
        Way::Proxy => "doctor-telegram-proxy-cure",
        Way::Server => "doctor-telegram-server-cure",
    })
}

/// Messages that are handed to another program.
fn webhook(webhook: &Webhook) -> Check {
    let key = if webhook.last_error.is_some() {
        "doctor-telegram-webhook-fails"
    } else {
        "doctor-telegram-webhook"
    };
    let text = Phrase::new(key).with("host", webhook.host.as_str());
    let text = webhook.last_error.iter().fold(text, |text, error| text.with("error", error.as_str()));
    let check = Check::new("telegram", State::Warning, text).of("webhook");
    check.cure(Phrase::new("doctor-telegram-webhook-cure"))
}

/// What groups show.
fn groups(reads_all: bool) -> Check {
    if reads_all {
        return Check::new("telegram", State::Ok, Phrase::new("doctor-telegram-groups")).of("groups");
    }
    let check = Check::new("telegram", State::Warning, Phrase::new("doctor-telegram-privacy")).of("groups");
    check.cure(Phrase::new("doctor-telegram-privacy-cure"))
}

/// A clock that goes by another time than Telegram's.
fn clock(ahead_ms: i64) -> Option<Check> {
    if ahead_ms.abs() <= OFF_MS {
        return None;
    }
    let key = if ahead_ms > 0 { "doctor-telegram-fast" } else { "doctor-telegram-slow" };
    let text = Phrase::new(key).with("minutes", ahead_ms.abs() / 60_000);
    Some(Check::new("telegram", State::Warning, text).of("clock").cure(Phrase::new("doctor-clock-cure")))
}

/// Whether somebody may say who talks.
fn owner(owned: Option<bool>, bot: &str) -> Option<Check> {
    if owned? {
        return Some(Check::new("telegram", State::Ok, Phrase::new("doctor-telegram-owned")).of("owner"));
    }
    let check = Check::new("telegram", State::Warning, Phrase::new("doctor-telegram-unowned")).of("owner");
    Some(check.cure(Phrase::new("doctor-telegram-unowned-cure").with("bot", bot)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::check::speakable;
    use super::*;

    const NOW: i64 = 1_790_000_000_000;

    fn facts(token: Token) -> Telegram {
        Telegram { token, way: Way::Direct, now: NOW, owned: Some(true) }
    }

    fn said(facts: &Telegram) -> Vec<(State, String)> {
        let checks = telegram(facts);
        speakable(&checks);
        let short = |key: &str| key.trim_start_matches("doctor-telegram").trim_start_matches('-').to_owned();
        checks.iter().map(|check| (check.state, short(&check.text.key))).collect()
    }

    fn found(look: Look) -> Vec<(State, String)> {
        said(&facts(Token::There(Ok(look))))
    }

    fn fine() -> Look {
        Look { username: "house_bot".into(), reads_all: true, date: Some(NOW - 60_000), ..Look::default() }
    }

    #[test]
    fn a_bot_in_order_has_three_lines() {
        use State::{Ok, Warning};
        assert_eq!(found(fine()), [(Ok, "".into()), (Ok, "groups".into()), (Ok, "owned".into())]);
        let webhook = |last_error| Some(Webhook { host: "example.org".into(), last_error });
        let look =
            Look { webhook: webhook(None), reads_all: false, pending: 2, date: Some(NOW - 60_001), ..fine() };
        let rest = ["webhook", "privacy", "fast"].map(|key| (Warning, key.to_owned()));
        assert_eq!(found(look)[1..4], rest);
        let look =
            Look { webhook: webhook(Some("404 Not Found".into())), date: Some(NOW + 90_000), ..fine() };
        let keys: Vec<String> = found(look).into_iter().map(|(_, key)| key).collect();
        assert_eq!(keys, ["", "webhook-fails", "groups", "slow", "owned"]);
    }

    #[test]
    fn nobody_owns_a_bot_and_where_that_cannot_be_told_nothing_is_said() {
        let owned = |owned| said(&Telegram { owned, ..facts(Token::There(Ok(fine()))) }).pop().unwrap().1;
        assert_eq!([Some(false), Some(true), None].map(owned), ["unowned", "owned", "groups"]);
    }

    #[test]
    fn without_a_token_it_is_not_configured_or_the_house_has_it() {
        use State::{Ok, Warning, Wrong};
        let none = |running| said(&Telegram { owned: Some(false), ..facts(Token::None { running }) });
        assert_eq!(none(None), [(Ok, "none".into())]);
        let rest = [(Ok, "elsewhere".into()), (Warning, "privacy".into()), (Warning, "unowned".into())];
        assert_eq!(none(Some(Some(false))), rest);
        assert_eq!(none(Some(None)).len(), 2);
        assert_eq!(said(&facts(Token::Other)), [(Wrong, "telegram-token-bad".into())]);
    }

    #[test]
    fn a_service_that_is_not_seen_has_its_reason_and_its_cure() {
        use LookError::{Away, Odd, Options, TooMany};
        let said = |error, way| {
            let checks = telegram(&Telegram { way, ..facts(Token::There(Err(error))) });
            speakable(&checks);
            let cure = checks[0].cure.as_ref().unwrap().key.trim_start_matches("doctor-telegram-").to_owned();
            (checks.len(), checks[0].state, cure)
        };
        let (away, late) = (|| Away("refused".into()), "invalid peer certificate: NotValidYet");
        for (error, way, state, cure) in [
            (LookError::Token, Way::Direct, State::Wrong, "token-cure"),
            (away(), Way::Direct, State::Wrong, "direct-cure"),
            (away(), Way::Proxy, State::Wrong, "proxy-cure"),
            (away(), Way::Server, State::Wrong, "server-cure"),
            (Away(late.into()), Way::Proxy, State::Wrong, "certificate-cure"),
            (Odd("HTTP 404".into()), Way::Server, State::Wrong, "server-cure"),
            (Options("x is no address".into()), Way::Server, State::Wrong, "options-cure"),
            (TooMany(Duration::from_secs(9)), Way::Direct, State::Warning, "many-cure"),
        ] {
            assert_eq!(said(error, way), (1, state, cure.to_owned()));
        }
    }
}
