//! What the service's refusals mean. It names them by sentences only, so the sentences stand here and nowhere else.
//!
//! The library keeps what the service answered in some errors: nothing of an answer that could not be read is logged.

use std::time::Duration;

use teloxide_core::{ApiError, RequestError};

use crate::message::Phrase;
use crate::messenger::{DeliveryError, FetchError};

/// Most megabytes of a file that the service hands to bots.
const LARGEST_MB: i64 = 20;

/// How long a refused token is left alone: somebody has to put another one in its place.
const TOKEN_AGAIN: Duration = Duration::from_secs(5 * 60);

/// What a request came to that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It never left: the service cannot be reached.
    Away(String),
    /// None: it arrived as this message, though the answer says more than the library can read.
    Done(i32),
    /// It left, and nobody knows what came of it.
    Unknown(String),
    /// The service wants to be left alone for a while.
    TooMany(Duration),
    /// The token is not known.
    Token,
    /// Another program polls with this token.
    SecondInstance,
    /// A webhook takes the updates.
    Webhook,
    /// The chat has another id.
    Moved(i64),
    /// Blocked, kicked out, gone: nobody reads it.
    NobodyThere(String),
    /// The markup cannot be read.
    Markup(String),
    /// The message that should be edited is not there, or not ours.
    NothingToReplace(String),
    /// It says already what it should say.
    AlreadySo,
    /// It is gone already.
    AlreadyGone,
    /// It cannot be deleted (any more): a bot has two days for that.
    Stays(String),
    /// The photo cannot be shown as one; it can be sent as a file.
    NoPhoto,
    /// The file is larger than what bots may have.
    TooLarge,
    /// The same request would be refused again.
    Refused(String),
}

/// Reads an error.
pub(super) fn trouble(error: &RequestError) -> Trouble {
    match error {
        RequestError::RetryAfter(seconds) => Trouble::TooMany(seconds.duration()),
        RequestError::MigrateToChatId(chat) => Trouble::Moved(chat.0),
        RequestError::Network(error) => network(error),
        RequestError::InvalidJson { raw, .. } => unread(raw),
        RequestError::Io(error) => Trouble::Refused(format!("a file cannot be read: {error}")),
        RequestError::Api(error) => api(error),
    }
}

/// An answer that the library cannot read may say all the same that it was done, and as which message.
fn unread(raw: &str) -> Trouble {
    let answer: Option<serde_json::Value> = serde_json::from_str(raw).ok();
    let done = answer.as_ref().filter(|answer| answer.get("ok") == Some(&serde_json::Value::Bool(true)));
    match done
        .and_then(|answer| answer.pointer("/result/message_id")?.as_i64())
        .and_then(|id| id.try_into().ok())
    {
        Some(id) => Trouble::Done(id),
        None => Trouble::Unknown("the service's answer cannot be read".to_owned()),
    }
}

pub(super) fn network(error: &reqwest12::Error) -> Trouble {
    let mut reason = "no connection".to_owned();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        reason = error.to_string();
        cause = error.source();
    }
    if error.is_connect() || error.is_builder() { Trouble::Away(reason) } else { Trouble::Unknown(reason) }
}

fn api(error: &ApiError) -> Trouble {
    let text = error.to_string();
    match error {
        ApiError::InvalidToken => Trouble::Token,
        ApiError::TerminatedByOtherGetUpdates => Trouble::SecondInstance,
        ApiError::CantGetUpdates => Trouble::Webhook,
        ApiError::MessageNotModified => Trouble::AlreadySo,
        ApiError::MessageToDeleteNotFound => Trouble::AlreadyGone,
        ApiError::MessageCantBeDeleted => Trouble::Stays(text),
        ApiError::MessageToEditNotFound | ApiError::MessageCantBeEdited | ApiError::MessageIdInvalid => {
            Trouble::NothingToReplace(text)
        }
        ApiError::CantParseEntities(_) | ApiError::MessageTextIsEmpty => Trouble::Markup(text),
        ApiError::BotBlocked
        | ApiError::BotKicked
        | ApiError::BotKickedFromSupergroup
        | ApiError::BotKickedFromChannel
        | ApiError::UserDeactivated
        | ApiError::CantInitiateConversation
        | ApiError::ChatNotFound
        | ApiError::GroupDeactivated => Trouble::NobodyThere(text),
        ApiError::ImageProcessFailed => Trouble::NoPhoto,
        ApiError::Unknown(text) => unknown(text),
        _ => Trouble::Refused(text),
    }
}

/// Sentences that the library has no name for.
fn unknown(text: &str) -> Trouble {
    let has = |piece: &str| text.contains(piece);
    if text.starts_with("Unauthorized") {
        Trouble::Token
    } else if text.starts_with("Conflict") && has("webhook") {
        Trouble::Webhook
    } else if text.starts_with("Conflict") {
        Trouble::SecondInstance
    } else if text.starts_with("Forbidden") {
        Trouble::NobodyThere(text.to_owned())
    } else if has("PHOTO_INVALID_DIMENSIONS") || has("too big for a photo") || has("PHOTO_SAVE_FILE_INVALID")
    {
        Trouble::NoPhoto
    } else if has("can't parse entities") || has("entity") {
        Trouble::Markup(text.to_owned())
    } else if has("file is too big") {
        Trouble::TooLarge
    } else if has("message is not modified") {
        Trouble::AlreadySo
    } else if has("message to delete not found") {
        Trouble::AlreadyGone
    } else if has("message can't be deleted") {
        Trouble::Stays(text.to_owned())
    } else if has("message to edit not found")
        || has("message can't be edited")
        || has("there is no text in the message")
    {
        Trouble::NothingToReplace(text.to_owned())
    } else if text.starts_with("Internal Server Error")
        || text.starts_with("Bad Gateway")
        || has("Gateway Timeout")
    {
        Trouble::Unknown(text.to_owned())
    } else if has("text is empty") || has("text must be non-empty") {
        Trouble::Markup(text.to_owned())
    } else if text.starts_with("Bad Request") {
        Trouble::Refused(text.to_owned())
    } else {
        // Not a word about the request: it may be taken later.
        Trouble::Away(text.to_owned())
    }
}

impl Trouble {
    /// What it means for a part that should have left.
    pub(super) fn of_delivery(self) -> DeliveryError {
        match self {
            Self::Away(reason) => DeliveryError::Later { after: None, reason },
            Self::TooMany(wait) => {
                DeliveryError::Later { after: Some(wait), reason: "too many requests".to_owned() }
            }
            Self::Token => DeliveryError::Later {
                after: Some(TOKEN_AGAIN),
                reason: "the token is not accepted".to_owned(),
            },
            Self::Unknown(reason) => DeliveryError::Unknown { reason },
            Self::Moved(to) => DeliveryError::Moved { to: to.to_string() },
            Self::NobodyThere(reason) => DeliveryError::NobodyThere { reason },
            Self::Markup(reason) => DeliveryError::Markup { reason },
            Self::NothingToReplace(reason) => DeliveryError::NothingToReplace { reason },
            Self::Stays(reason) => DeliveryError::Stays { reason },
            Self::Refused(reason) => DeliveryError::Never { reason },
            Self::SecondInstance
            | Self::Webhook
            | Self::AlreadySo
            | Self::AlreadyGone
            | Self::NoPhoto
            | Self::TooLarge
            | Self::Done(_) => DeliveryError::Never { reason: format!("{self:?}") },
        }
    }

    /// What it means for a recording that should have come.
    pub(super) fn of_fetch(self) -> FetchError {
        let gone = |reason| FetchError::Never { phrase: Phrase::new("voice-gone"), reason };
        match self {
            Self::TooLarge => FetchError::Never {
                phrase: Phrase::new("voice-too-large").with("limit", LARGEST_MB),
                reason: "the service hands out no file as large as that".to_owned(),
            },
            Self::TooMany(wait) => {
                FetchError::Later { after: Some(wait), reason: "too many requests".to_owned() }
            }
            Self::Token => {
                FetchError::Later { after: Some(TOKEN_AGAIN), reason: "the token is not accepted".to_owned() }
            }
            Self::Away(reason) | Self::Unknown(reason) => FetchError::Later { after: None, reason },
            Self::Refused(reason) | Self::NobodyThere(reason) => gone(reason),
            other => gone(format!("{other:?}")),
        }
    }

    /// How long to leave the service alone after so many failures in a row.
    pub(super) fn wait(&self, failures: u32) -> Duration {
        let doubled =
            |most: u64| Duration::from_secs(1_u64.checked_shl(failures.min(9)).unwrap_or(u64::MAX).min(most));
        match self {
            Self::TooMany(wait) => *wait,
            Self::Token => doubled(TOKEN_AGAIN.as_secs()).max(Duration::from_secs(5)),
            Self::SecondInstance => doubled(60).max(Duration::from_secs(3)),
            _ => doubled(60),
        }
    }

    /// What it is called in the log, so that it is said once, and its cure.
    pub(super) const fn said(&self) -> &'static str {
        match self {
            Self::Token => "Telegram does not know this token: put the one that BotFather shows in its place",
            Self::SecondInstance => {
                "another program polls with the same token: stop it, or have BotFather make a new token"
            }
            Self::Webhook => "a webhook takes the updates of this bot; it is being removed",
            Self::TooMany(_) => "Telegram wants fewer requests",
            Self::Away(_) => "Telegram cannot be reached",
            _ => "Telegram does not answer as it should",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_of_the_service_are_told_apart() {
        let of = |text: &str| trouble(&RequestError::Api(ApiError::Unknown(text.to_owned())));
        assert_eq!(of("Unauthorized: invalid token specified"), Trouble::Token);
        assert!(matches!(of("Forbidden: bot was kicked from the group chat"), Trouble::NobodyThere(_)));
        assert!(matches!(
            of("Forbidden: bot is not a member of the supergroup chat"),
            Trouble::NobodyThere(_)
        ));
        assert_eq!(of("Bad Request: file is too big"), Trouble::TooLarge);
        assert_eq!(of("Bad Request: PHOTO_INVALID_DIMENSIONS"), Trouble::NoPhoto);
        assert!(matches!(of("Bad Request: can't parse entities: unsupported start tag"), Trouble::Markup(_)));
        assert!(matches!(of("Bad Request: TOPIC_CLOSED"), Trouble::Refused(_)));
        assert!(matches!(of("Bad Gateway"), Trouble::Unknown(_)));
        let webhook = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
        assert_eq!(of(webhook), Trouble::Webhook);
    }

    #[test]
    fn what_was_said_stays_out_of_the_log() {
        let source = serde_json::from_str::<()>("x").unwrap_err();
        let error = RequestError::InvalidJson { source: source.into(), raw: "my secret".into() };
        assert!(!format!("{:?}", trouble(&error)).contains("secret"));
    }

    #[test]
    fn what_was_done_is_done_though_the_answer_cannot_be_read() {
        let of = |raw: &str| {
            let source = serde_json::from_str::<()>("x").unwrap_err();
            trouble(&RequestError::InvalidJson { source: source.into(), raw: raw.into() })
        };
        assert_eq!(of(r#"{"ok":true,"result":{"message_id":7,"chat":"odd"}}"#), Trouble::Done(7));
        assert!(matches!(of(r#"{"ok":false,"result":{"message_id":7}}"#), Trouble::Unknown(_)));
        assert!(matches!(of("<html>"), Trouble::Unknown(_)));
    }
}
