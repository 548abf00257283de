//! The connections to the service: one for polls, which wait, and one for everything else.

use std::ffi::OsStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use teloxide_core::Bot;

use super::{OptionsError, SERVER, TelegramOptions};

/// How long a connection may take to be made.
const CONNECTS_WITHIN: Duration = Duration::from_secs(10);

/// How long the service may take to answer a poll, beyond the wait of that poll.
pub(super) const ANSWERS_WITHIN: Duration = Duration::from_secs(30);

/// How long anything else may take: a picture of ten megabytes over a slow line. Whoever gives up earlier sends it again.
const SENT_WITHIN: Duration = Duration::from_secs(180);

/// Ways to the service.
pub(super) struct Client {
    options: TelegramOptions,
    polling: Mutex<Bot>,
    sending: Bot,
}

impl Client {
    pub(super) fn new(options: &TelegramOptions) -> Result<Self, OptionsError> {
        let polling = Mutex::new(bot(options, options.poll + ANSWERS_WITHIN)?);
        Ok(Self { options: options.clone(), polling, sending: bot(options, SENT_WITHIN)? })
    }

    /// For everything but polls.
    pub(super) const fn sending(&self) -> &Bot {
        &self.sending
    }

    /// For polls.
    pub(super) fn polling(&self) -> Bot {
        self.polling.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether this is the Bot API of Telegram itself, which shares no disk with anybody.
    pub(super) fn is_telegrams_own(&self) -> bool {
        self.options.server.trim_end_matches('/') == SERVER
    }

    /// Whether an own server calls the bot's folder so: the token, and `:T` behind it for the test servers.
    pub(super) fn is_named_after_token(&self, folder: &OsStr) -> bool {
        let folder = folder.to_str().unwrap_or_default();
        folder.strip_suffix(":T").unwrap_or(folder) == self.options.token.0
    }

    /// A fresh connection for polls: the old one may be dead without knowing it.
    pub(super) fn renew(&self) {
        if let Ok(bot) = bot(&self.options, self.options.poll + ANSWERS_WITHIN) {
            *self.polling.lock().unwrap_or_else(PoisonError::into_inner) = bot;
        }
    }
}

/// A way to the service for requests that may take so long.
pub(super) fn bot(options: &TelegramOptions, within: Duration) -> Result<Bot, OptionsError> {
    // reqwest brings no cryptography of its own here; a second call finds the first one's.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let server = reqwest12::Url::parse(&options.server)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| OptionsError::Server { value: options.server.clone() })?;
    let client = |error: reqwest12::Error| OptionsError::Client { reason: error.without_url().to_string() };
    let mut builder =
        reqwest12::Client::builder().connect_timeout(CONNECTS_WITHIN).timeout(within).tcp_nodelay(true);
    if let Some(proxy) = &options.proxy {
        builder = builder.proxy(reqwest12::Proxy::all(proxy).map_err(client)?);
    }
    let http = builder.build().map_err(client)?;
    Ok(Bot::with_client(options.token.0.clone(), http).set_api_url(server))
}
