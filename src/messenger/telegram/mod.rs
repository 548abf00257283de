//! Telegram: the Bot API by long polling, over the network or an own Bot API server. The only place that names teloxide.
//!
//! In: updates as raw JSON, committed by the inbox before the service is told that they came ([`poll`]). Out: parts as
//! messages, edits and photos ([`deliver`]); what the service's answers mean stands in [`trouble`]. It decides neither who
//! may talk nor what is said, and must never log a token or what somebody wrote.

mod called;
mod client;
mod commands;
mod deliver;
mod files;
mod look;
mod poll;
mod presses;
mod read;
mod trouble;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use teloxide_core::requests::{HasPayload as _, Requester as _};
use teloxide_core::types::{ChatAction, ReactionType};
use tokio_util::sync::CancellationToken;

use super::{
    DeliveryError, Dialect, FetchError, Incoming, ListenError, Markup, Messenger, Pace, Part, Rate, RemoteId,
    Unit,
};
use crate::inbox::Inbox;
use crate::message::{Address, Health, Language, Notice, Recording, Show};
use client::Client;
use presses::Presses;

pub use look::{Look, LookError, Webhook, look};

/// Its name.
pub const NAME: &str = "telegram";

/// The Bot API of Telegram itself.
pub const SERVER: &str = "https://api.telegram.org";

/// Most UTF-16 units of a text, after its markup was read.
const TEXT_LIMIT: usize = 4_096;

/// Most UTF-16 units of a caption.
const CAPTION_LIMIT: usize = 1_024;

/// How long a sign of life may take to arrive.
const SIGN_WITHIN: Duration = Duration::from_secs(5);

/// A bot token; `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A token as BotFather writes it: the bot's id, a colon, and letters. `None` for anything else.
    #[must_use]
    pub fn new(token: &str) -> Option<Self> {
        let token = token.trim();
        let (id, secret) = token.split_once(':')?;
        let digits = !id.is_empty() && id.chars().all(|c| c.is_ascii_digit());
        let letters =
            secret.len() >= 20 && secret.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        (digits && letters).then(|| Self(token.to_owned()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

/// A command for the menu beside the input line: its name and a line about it.
pub type MenuEntry = (String, String);

/// How Telegram is reached, and what is shown there.
#[derive(Debug, Clone)]
pub struct TelegramOptions {
    /// The bot's token.
    pub token: Token,
    /// Address of the Bot API.
    pub server: String,
    /// A proxy for everything, as `http://`, `https://` or `socks5://`.
    pub proxy: Option<String>,
    /// Whether a request that is worked at gets a reaction.
    pub reactions: bool,
    /// The menu of commands, in each language.
    pub menu: Vec<(Language, Vec<MenuEntry>)>,
    /// How long a poll waits for news.
    pub poll: Duration,
    /// When no poll has ended well for so long, its connection is made anew.
    pub watchdog: Duration,
}

impl TelegramOptions {
    /// Telegram itself, directly.
    #[must_use]
    pub fn new(token: Token) -> Self {
        let (poll, watchdog) = (Duration::from_secs(30), Duration::from_secs(120));
        let server = SERVER.to_owned();
        Self { token, server, proxy: None, reactions: false, menu: Vec::new(), poll, watchdog }
    }
}

/// What is wrong with the options.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    /// The server's address.
    #[error("{value} is no address of a Bot API server")]
    Server {
        /// As it stands.
        value: String,
    },
    /// The proxy's address, or the way it is reached.
    #[error("the connection cannot be made as configured: {reason}")]
    Client {
        /// What happened.
        reason: String,
    },
}

/// Telegram.
pub struct Telegram {
    client: Client,
    presses: Arc<Presses>,
    options: TelegramOptions,
    clock: fn() -> i64,
    health: Health,
}

impl Telegram {
    /// A connection that is made when it is first used. Every poll that ends well beats in `health`. `clock` gives Unix
    /// milliseconds.
    ///
    /// # Errors
    /// When the addresses cannot be read.
    pub fn new(options: TelegramOptions, health: Health, clock: fn() -> i64) -> Result<Self, OptionsError> {
        Ok(Self { client: Client::new(&options)?, presses: Arc::default(), options, clock, health })
    }
}

#[async_trait]
impl Messenger for Telegram {
    fn name(&self) -> &'static str {
        NAME
    }

    fn dialect(&self) -> Dialect {
        Dialect {
            markup: Markup::TelegramHtml,
            unit: Unit::Utf16,
            text_limit: TEXT_LIMIT,
            caption_limit: CAPTION_LIMIT,
            edits: true,
            buttons: true,
            overall: Rate { burst: 25, every: Duration::from_millis(40) },
        }
    }

    /// About one message a second in a chat, twenty a minute in a group. Groups have negative ids.
    fn pace(&self, address: &Address) -> Pace {
        if address.chat.starts_with('-') {
            let chat = Rate { burst: 5, every: Duration::from_secs(4) };
            Pace { chat, notices: Duration::from_secs(6) }
        } else {
            let chat = Rate { burst: 3, every: Duration::from_secs(1) };
            Pace { chat, notices: Duration::from_secs(1) }
        }
    }

    /// A person's private chat has the person's id.
    fn private(&self, person: &str) -> Option<Address> {
        Some(Address { messenger: NAME.to_owned(), chat: person.to_owned(), thread: None })
    }

    async fn listen(&self, inbox: &Inbox, stop: CancellationToken) -> Result<(), ListenError> {
        poll::listen(self, inbox, &stop).await;
        Ok(())
    }

    async fn deliver(
        &self,
        part: &Part,
        _key: &str,
        replaces: Option<&RemoteId>,
    ) -> Result<RemoteId, DeliveryError> {
        deliver::deliver(self.client.sending(), part, replaces).await
    }

    async fn fetch(&self, recording: &Recording) -> Result<Incoming, FetchError> {
        files::open(&self.client, recording).await
    }

    async fn acknowledge(&self, address: &Address, key: &str) {
        let Some(message) = deliver::message_of(key).filter(|_| self.options.reactions) else { return };
        let Ok(chat) = deliver::chat_of(address) else { return };
        let mut request = self.client.sending().set_message_reaction(chat, message);
        request.payload_mut().reaction = Some(vec![ReactionType::Emoji { emoji: "👀".to_owned() }]);
        // Only a courtesy: a group may allow no reactions.
        let _ = tokio::time::timeout(SIGN_WITHIN, async { request.await }).await;
    }

    async fn answer_press(&self, key: &str, text: Option<&str>) -> bool {
        self.presses.answer(key, text).await
    }

    async fn show(&self, notice: &Notice) {
        let action = match notice.show {
            Show::Typing | Show::Draft(_) | Show::Hearing { .. } => ChatAction::Typing,
            Show::Progress { .. } | Show::Position { .. } => ChatAction::UploadPhoto,
            Show::Clear | Show::Forget => return,
        };
        let Ok(chat) = deliver::chat_of(&notice.address) else { return };
        let mut request = self.client.sending().send_chat_action(chat, action);
        request.payload_mut().message_thread_id = deliver::thread_of(&notice.address);
        let _ = tokio::time::timeout(SIGN_WITHIN, async { request.await }).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_gets_no_more_than_twenty_messages_in_any_minute() {
        let token = Token::new("123456:AAF7-g0gYncWnm5IyfZlpPRqRRv6kNAGlao").unwrap();
        let telegram = Telegram::new(TelegramOptions::new(token), Health::default(), || 0).unwrap();
        let group = Address { messenger: NAME.into(), chat: "-5".into(), thread: None };
        let Pace { chat, notices } = telegram.pace(&group);
        assert!(chat.burst + 60 / u32::try_from(chat.every.as_secs()).unwrap() <= 20);
        assert!(notices >= chat.every, "answers find a token");
    }

    #[test]
    fn a_token_is_read_and_hidden() {
        let token = Token::new(" 123456:AAF7-g0gYncWnm5IyfZlpPRqRRv6kNAGlao\n").unwrap();
        let shown = format!("{:?}", TelegramOptions::new(token));
        assert!(!shown.contains("AAF7") && shown.contains("hidden"), "{shown}");
        for wrong in [
            "",
            "123456",
            "123456:short",
            "bot:AAF7-g0gYncWnm5IyfZlpPRqRRv6kNAGlao",
            "1:AAF7 g0gYncWnm5IyfZlpP",
        ] {
            assert_eq!(Token::new(wrong), None, "{wrong}");
        }
    }
}
