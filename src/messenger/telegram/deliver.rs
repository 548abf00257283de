//! Delivering one part: a message, an edit of one, a photo, or the end of one.

use std::path::Path;

use teloxide_core::Bot;
use teloxide_core::RequestError;
use teloxide_core::requests::{HasPayload as _, Requester as _};
use teloxide_core::types::{
    ChatId, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, InputMedia, InputMediaDocument,
    InputMediaPhoto, LinkPreviewOptions, MessageId, ParseMode, ReplyMarkup, ReplyParameters, ThreadId,
};

use super::trouble::{Trouble, trouble};
use crate::message::Address;
use crate::messenger::{Button, DeliveryError, Part, PartBody, RemoteId};

/// Most bytes of a photo; a larger one goes as a file.
const LARGEST_PHOTO: u64 = 10 << 20;

/// What stands where there would be nothing, which the service refuses.
const NOTHING: &str = "…";

/// Delivers a part, or has it take the place of an earlier message.
pub(super) async fn deliver(
    bot: &Bot,
    part: &Part,
    replaces: Option<&RemoteId>,
) -> Result<RemoteId, DeliveryError> {
    let chat = chat_of(&part.address)?;
    let earlier = replaces.map(earlier).transpose()?;
    let sent = match (&part.body, earlier) {
        (PartBody::Gone, None) => return Ok(RemoteId("nothing".to_owned())),
        (PartBody::Gone, Some(id)) => bot.delete_message(chat, id).await.map(|_| id),
        (PartBody::Text { plain, marked }, None) => say(bot, chat, part, plain, marked.as_deref()).await,
        (PartBody::Text { plain, marked }, Some(id)) => {
            say_instead(bot, (chat, id), part, plain, marked.as_deref()).await
        }
        (PartBody::Picture { path, caption, as_file }, earlier) => {
            let as_file = *as_file || is_large(path).await;
            picture(bot, (chat, earlier), part, (path, caption), as_file).await
        }
    };
    settled(bot, chat, part, earlier, sent).await
}

/// What the answer means. Some refusals say that all is as it should be, and one that a photo has to be a file.
async fn settled(
    bot: &Bot,
    chat: ChatId,
    part: &Part,
    earlier: Option<MessageId>,
    sent: Result<MessageId, RequestError>,
) -> Result<RemoteId, DeliveryError> {
    let remote = |id: MessageId| RemoteId(id.0.to_string());
    let error = match sent {
        Ok(id) => return Ok(remote(id)),
        Err(error) => error,
    };
    match (trouble(&error), &part.body, earlier) {
        (Trouble::AlreadySo | Trouble::AlreadyGone, _, Some(id)) => Ok(remote(id)),
        (Trouble::Done(id), _, _) => Ok(remote(MessageId(id))),
        (Trouble::NoPhoto, PartBody::Picture { path, caption, .. }, earlier) => {
            let sent = picture(bot, (chat, earlier), part, (path, caption), true).await;
            sent.map(remote).map_err(|error| trouble(&error).of_delivery())
        }
        (trouble, _, _) => Err(trouble.of_delivery()),
    }
}

async fn say(
    bot: &Bot,
    chat: ChatId,
    part: &Part,
    plain: &str,
    marked: Option<&str>,
) -> Result<MessageId, RequestError> {
    let mut request = bot.send_message(chat, text(plain, marked));
    let payload = request.payload_mut();
    payload.parse_mode = marked.map(|_| ParseMode::Html);
    payload.message_thread_id = thread_of(&part.address);
    payload.reply_parameters = reply(part);
    payload.reply_markup = keyboard(&part.buttons).map(ReplyMarkup::InlineKeyboard);
    payload.link_preview_options = Some(no_preview());
    Ok(request.await?.id)
}

async fn say_instead(
    bot: &Bot,
    (chat, id): (ChatId, MessageId),
    part: &Part,
    plain: &str,
    marked: Option<&str>,
) -> Result<MessageId, RequestError> {
    let mut request = bot.edit_message_text(chat, id, text(plain, marked));
    let payload = request.payload_mut();
    payload.parse_mode = marked.map(|_| ParseMode::Html);
    payload.reply_markup = keyboard(&part.buttons);
    payload.link_preview_options = Some(no_preview());
    Ok(request.await?.id)
}

async fn picture(
    bot: &Bot,
    (chat, earlier): (ChatId, Option<MessageId>),
    part: &Part,
    (path, caption): (&Path, &str),
    as_file: bool,
) -> Result<MessageId, RequestError> {
    let (file, caption) = (InputFile::file(path), caption.to_owned());
    let (thread, reply) = (thread_of(&part.address), reply(part));
    let markup = keyboard(&part.buttons);
    match (earlier, as_file) {
        (Some(id), _) => {
            let media = if as_file {
                InputMedia::Document(InputMediaDocument::new(file).caption(caption))
            } else {
                InputMedia::Photo(InputMediaPhoto::new(file).caption(caption))
            };
            let mut request = bot.edit_message_media(chat, id, media);
            request.payload_mut().reply_markup = markup;
            Ok(request.await?.id)
        }
        (None, false) => {
            let mut request = bot.send_photo(chat, file);
            let payload = request.payload_mut();
            (payload.caption, payload.message_thread_id) = (Some(caption), thread);
            payload.reply_parameters = reply;
            payload.reply_markup = markup.map(ReplyMarkup::InlineKeyboard);
            Ok(request.await?.id)
        }
        (None, true) => {
            let mut request = bot.send_document(chat, file);
            let payload = request.payload_mut();
            (payload.caption, payload.message_thread_id) = (Some(caption), thread);
            payload.reply_parameters = reply;
            payload.reply_markup = markup.map(ReplyMarkup::InlineKeyboard);
            Ok(request.await?.id)
        }
    }
}

async fn is_large(path: &Path) -> bool {
    tokio::fs::metadata(path).await.is_ok_and(|file| file.len() > LARGEST_PHOTO)
}

fn text(plain: &str, marked: Option<&str>) -> String {
    let text = marked.unwrap_or(plain);
    if text.trim().is_empty() { NOTHING.to_owned() } else { text.to_owned() }
}

const fn no_preview() -> LinkPreviewOptions {
    LinkPreviewOptions {
        is_disabled: true,
        url: None,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    }
}

/// A request that is gone meanwhile is answered all the same.
fn reply(part: &Part) -> Option<ReplyParameters> {
    let message = message_of(part.reply_to.as_deref()?)?;
    Some(ReplyParameters::new(message).allow_sending_without_reply())
}

fn keyboard(rows: &[Vec<Button>]) -> Option<InlineKeyboardMarkup> {
    let row = |row: &Vec<Button>| {
        row.iter()
            .map(|button| InlineKeyboardButton::callback(button.label.clone(), button.data.clone()))
            .collect::<Vec<_>>()
    };
    (!rows.is_empty()).then(|| InlineKeyboardMarkup::new(rows.iter().map(row)))
}

/// The chat of an address.
pub(super) fn chat_of(address: &Address) -> Result<ChatId, DeliveryError> {
    let never = |_| DeliveryError::Never { reason: "this is no chat of Telegram's".to_owned() };
    address.chat.parse().map(ChatId).map_err(never)
}

/// The topic of an address.
pub(super) fn thread_of(address: &Address) -> Option<ThreadId> {
    address.thread.as_deref()?.parse().ok().map(|id| ThreadId(MessageId(id)))
}

/// The message of a key: `m:17`, or `e:17:<date>` for an edited one. A pressed button is no message.
pub(super) fn message_of(key: &str) -> Option<MessageId> {
    let mut pieces = key.split(':');
    match (pieces.next()?, pieces.next()?) {
        ("m" | "e", id) => id.parse().ok().map(MessageId),
        _ => None,
    }
}

fn earlier(remote: &RemoteId) -> Result<MessageId, DeliveryError> {
    let reason = || DeliveryError::NothingToReplace { reason: "this is no message of Telegram's".to_owned() };
    remote.0.parse().map(MessageId).map_err(|_| reason())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_its_message() {
        assert_eq!(message_of("m:17"), Some(MessageId(17)));
        assert_eq!(message_of("e:17:1700000000"), Some(MessageId(17)));
        for key in ["c:99", "u:5", "", "m:", "m:x"] {
            assert_eq!(message_of(key), None, "{key}");
        }
    }
}
