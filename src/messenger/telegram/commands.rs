//! The menu of commands beside the input line, in every language of the house.

use std::time::Duration;

use teloxide_core::requests::{HasPayload as _, Requester as _};
use teloxide_core::types::BotCommand;

use super::Telegram;
use super::trouble::trouble;
use crate::message::Language;

/// How long a menu may take to be set; the next start sets it again.
const WITHIN: Duration = Duration::from_secs(10);

/// Sets the menus. English is what everybody sees who speaks no other language of the house.
pub(super) async fn set(telegram: &Telegram) {
    for (language, entries) in &telegram.options.menu {
        let commands = entries.iter().map(|(name, about)| BotCommand::new(name.clone(), about.clone()));
        let mut request = telegram.client.sending().set_my_commands(commands);
        request.payload_mut().language_code = (*language != Language::En).then(|| language.code().to_owned());
        match tokio::time::timeout(WITHIN, async { request.await }).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(trouble = ?trouble(&error), "the menu of commands is not set"),
            Err(_) => tracing::warn!("the menu of commands is not set: no answer in time"),
        }
    }
}
