//! Whether a text means the bot, and what is left of it without the bot's name. Pure.
//!
//! Entities count UTF-16 units and come from outside: an offset that lies beyond the text, or inside a character, names
//! nothing.

use std::ops::Range;

use teloxide_core::types::{MessageEntity, MessageEntityKind};

use super::read::Me;

/// What a text says, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// Without the bot's name.
    pub(super) text: String,
    /// It names the bot.
    pub(super) to_us: bool,
    /// It is a command for another bot.
    pub(super) to_another: bool,
}

pub(super) fn said(text: &str, entities: &[MessageEntity], me: &Me) -> Said {
    let (mut names, mut to_another) = (Vec::new(), false);
    for entity in entities {
        let Some(range) = range(text, entity.offset, entity.length) else { continue };
        let Some(words) = text.get(range.clone()) else { continue };
        match &entity.kind {
            MessageEntityKind::Mention if is_me(words.trim_start_matches('@'), me) => names.push(range),
            MessageEntityKind::TextMention { user } if is_id(user.id.0, me) => names.push(range),
            MessageEntityKind::BotCommand => match words.split_once('@') {
                Some((command, name)) if is_me(name, me) => {
                    names.push(range.start + command.len()..range.end);
                }
                Some(_) => to_another |= range.start == 0,
                None => {}
            },
            _ => {}
        }
    }
    Said { text: without(text, &names), to_us: !names.is_empty(), to_another }
}

fn is_me(name: &str, me: &Me) -> bool {
    name.eq_ignore_ascii_case(&me.username)
}

fn is_id(id: u64, me: &Me) -> bool {
    i64::try_from(id).is_ok_and(|id| id == me.id)
}

/// The text without these pieces, and without the comma or the space that stood by one.
fn without(text: &str, names: &[Range<usize>]) -> String {
    let mut left = String::new();
    let mut from = 0;
    for name in names {
        let before = text.get(from..name.start).unwrap_or_default();
        left.push_str(before);
        from = name.end;
        let after = text.get(from..).unwrap_or_default();
        // At the beginning one calls: "@bot, draw". A space on either side of a name is one too many.
        if left.trim().is_empty() {
            let rest = after.trim_start_matches([',', ':', ';', '!', '.', '—', '-', ' ', '\u{a0}']);
            from += after.len() - rest.len();
        } else if left.ends_with(char::is_whitespace) {
            let rest = after.trim_start_matches(' ');
            from += after.len() - rest.len();
        }
    }
    left.push_str(text.get(from..).unwrap_or_default());
    if names.is_empty() { left } else { left.trim().trim_end_matches(',').to_owned() }
}

/// Bytes of so many UTF-16 units from an offset; `None` when they do not lie between characters of the text.
fn range(text: &str, offset: usize, length: usize) -> Option<Range<usize>> {
    let end = offset.checked_add(length)?;
    let (mut units, mut start, mut stop) = (0, None, None);
    for (at, c) in text.char_indices().map(|(at, c)| (at, Some(c))).chain([(text.len(), None)]) {
        if units == offset {
            start = Some(at);
        }
        if units == end {
            stop = Some(at);
            break;
        }
        units += c.map_or(0, char::len_utf16);
    }
    Some(start?..stop?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use teloxide_core::types::{User, UserId};

    fn me() -> Me {
        Me { id: 99, username: "House_bot".into(), reads_all: false }
    }

    fn mention(offset: usize, length: usize) -> MessageEntity {
        MessageEntity { kind: MessageEntityKind::Mention, offset, length }
    }

    fn command(length: usize) -> MessageEntity {
        MessageEntity { kind: MessageEntityKind::BotCommand, offset: 0, length }
    }

    fn says(text: &str, entities: &[MessageEntity]) -> (String, bool) {
        let said = said(text, entities, &me());
        (said.text, said.to_us)
    }

    #[test]
    fn the_bot_is_named_by_mention_or_command() {
        let yes = |text: &str| (text.to_owned(), true);
        assert_eq!(says("@house_BOT draw a cat", &[mention(0, 10)]), yes("draw a cat"));
        assert_eq!(says("@House_bot, draw a cat", &[mention(0, 10)]), yes("draw a cat"));
        assert_eq!(says("эй @house_bot нарисуй", &[mention(3, 10)]), yes("эй нарисуй"));
        assert_eq!(says("draw a cat, @house_bot", &[mention(12, 10)]), yes("draw a cat"));
        assert_eq!(says("/draw@house_bot a cat", &[command(15)]), yes("/draw a cat"));
        assert_eq!(says("@house_bot", &[mention(0, 10)]), yes(""));
        // Two units each: the offset counts them so.
        assert_eq!(says("👩🏽‍🚀 @house_bot hi", &[mention(8, 10)]), yes("👩🏽‍🚀 hi"));
    }

    #[test]
    fn others_are_not_the_bot() {
        let no = |text: &str| (text.to_owned(), false);
        assert_eq!(says("@house_bot2 hi", &[mention(0, 11)]), no("@house_bot2 hi"));
        assert_eq!(says("@house_bot hi", &[]), no("@house_bot hi"));
        assert_eq!(says("/draw a cat", &[command(5)]), no("/draw a cat"));
        let other = said("/draw@other_bot a cat", &[command(15)], &me());
        assert!(other.to_another && !other.to_us);
    }

    #[test]
    fn somebody_without_a_username_is_mentioned_too() {
        let user = User {
            id: UserId(99),
            is_bot: true,
            first_name: "House".into(),
            last_name: None,
            username: None,
            language_code: None,
            is_premium: false,
            added_to_attachment_menu: false,
        };
        let entity = MessageEntity { kind: MessageEntityKind::TextMention { user }, offset: 0, length: 5 };
        assert_eq!(says("House, hi", &[entity]), ("hi".into(), true));
    }

    #[test]
    fn offsets_inside_a_character_or_beyond_the_text_name_nothing() {
        for entity in [mention(1, 10), mention(0, 999), mention(usize::MAX, 2), mention(0, 1)] {
            assert_eq!(says("😀@house_bot", &[entity]), ("😀@house_bot".into(), false));
        }
    }

    proptest! {
        #[test]
        fn any_entities_are_survived(text in "\\PC{0,40}", offset in 0_usize..60, length in 0_usize..60) {
            let kinds = [MessageEntityKind::Mention, MessageEntityKind::BotCommand];
            for kind in kinds {
                said(&text, &[MessageEntity { kind, offset, length }], &me());
            }
        }
    }
}
