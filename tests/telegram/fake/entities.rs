//! What Telegram finds in a text by itself: mentions, commands, links and hashtags.
//!
//! Nearer to how people write than to every rule of tdlib/td, MessageEntity.cpp (`find_entities`); mail addresses, phone
//! and card numbers are not looked for.

use super::text::{Entity, length};

/// What is found, in the order of the text.
pub(super) fn find(text: &str) -> Vec<Entity> {
    let mut found: Vec<Entity> = Vec::new();
    let mut before = ' ';
    let mut passed = 0;
    for (at, letter) in text.char_indices() {
        if at >= passed && !is_word(before) && before != '/' {
            let (kind, taken) = match letter {
                '@' => ("mention", mention(&text[at..])),
                '/' => ("bot_command", command(&text[at..])),
                '#' => ("hashtag", hashtag(&text[at..])),
                _ if letter.is_ascii_alphanumeric() => ("url", link(&text[at..])),
                _ => ("", 0),
            };
            if taken > 0 {
                found.push(Entity::new(kind, length(&text[..at]), length(&text[at..at + taken])));
                passed = at + taken;
            }
        }
        before = letter;
    }
    found
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '@' || letter == '.'
}

fn span(text: &str, fits: impl Fn(char) -> bool) -> usize {
    text.find(|letter| !fits(letter)).unwrap_or(text.len())
}

fn is_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

fn mention(text: &str) -> usize {
    let name = span(&text[1..], is_name);
    if (3..=32).contains(&name) { 1 + name } else { 0 }
}

/// `/name` or `/name@bot`; `/name/other` is a path.
fn command(text: &str) -> usize {
    let name = span(&text[1..], is_name);
    if !(1..=64).contains(&name) {
        return 0;
    }
    let end = 1 + name;
    let bot = if text[end..].starts_with('@') { mention(&text[end..]) } else { 0 };
    if text[end + bot..].starts_with('/') { 0 } else { end + bot }
}

fn hashtag(text: &str) -> usize {
    let name = span(&text[1..], |letter| letter.is_alphanumeric() || letter == '_');
    let letters = text[1..=name].chars().any(char::is_alphabetic);
    if letters { 1 + name } else { 0 }
}

/// `http://...`, `https://...`, or a host of a common domain.
fn link(text: &str) -> usize {
    let end = span(text, |letter| !letter.is_whitespace() && !"<>\"«»".contains(letter));
    let link = text[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'']);
    let lower = link.to_lowercase();
    if let Some(host) = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")) {
        return if host.contains('.') { link.len() } else { 0 };
    }
    let host =
        &lower[..span(&lower, |letter| letter.is_ascii_alphanumeric() || letter == '-' || letter == '.')];
    let common = [".com", ".org", ".net", ".ru", ".io", ".dev", ".me"];
    let rest = &lower[host.len()..];
    let is_link = common.iter().any(|domain| host.len() > domain.len() && host.ends_with(domain));
    if is_link && (rest.is_empty() || rest.starts_with(['/', ':', '?', '#'])) { link.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> String {
        find(text)
            .iter()
            .map(|entity| format!("{}@{}+{} ", entity.kind, entity.offset, entity.length))
            .collect()
    }

    #[test]
    fn finds_what_people_write() {
        assert_eq!(seen("/draw@house_bot a cat"), "bot_command@0+15 ");
        assert_eq!(seen("🎨 @house_bot, see https://a.example/b?c=d."), "mention@3+10 url@19+23 ");
        assert_eq!(seen("example.com and #кот"), "url@0+11 hashtag@16+4 ");
    }

    #[test]
    fn leaves_the_rest() {
        assert_eq!(seen("and/or a@house_bot /usr/bin 3.14 e.g. @ab"), "");
    }
}
