//! Telegram's subset of HTML, with the words of its complaints.
//!
//! Read in tdlib/td, MessageEntity.cpp (`parse_html`): tags must nest, an end tag may be empty, attributes that mean
//! nothing are ignored, and an entity without text goes. `tg-time` of Bot API 10 is not known here.

use super::text::{Entity, Formatted};

const TAGS: [&str; 16] = [
    "a",
    "b",
    "strong",
    "i",
    "em",
    "s",
    "strike",
    "del",
    "u",
    "ins",
    "tg-spoiler",
    "tg-emoji",
    "span",
    "pre",
    "code",
    "blockquote",
];

/// The text without its tags, or what is wrong with it.
pub(super) fn parse(source: &str) -> Result<Formatted, String> {
    let mut reading = Reading { source, ..Reading::default() };
    while let Some(letter) = reading.peek() {
        match letter {
            '<' if reading.rest().starts_with("</") => reading.end_tag()?,
            '<' => reading.start_tag()?,
            '&' => {
                let (letter, taken) = reference(reading.rest()).unwrap_or(('&', 1));
                reading.push(letter, taken);
            }
            _ => reading.push(letter, letter.len_utf8()),
        }
    }
    if let Some(open) = reading.open.last() {
        return Err(format!("Can't find end tag corresponding to start tag \"{}\"", open.tag));
    }
    reading.entities.sort_by_key(|entity| (entity.offset, usize::MAX - entity.length));
    Ok(Formatted { text: reading.text, entities: reading.entities })
}

struct Open {
    tag: String,
    /// `href`, the language of `code`, the id of an emoji, "spoiler", "expandable".
    argument: String,
    offset: usize,
    text_at: usize,
}

#[derive(Default)]
struct Reading<'a> {
    source: &'a str,
    /// In bytes.
    at: usize,
    text: String,
    /// Of the text, in UTF-16 units.
    length: usize,
    open: Vec<Open>,
    entities: Vec<Entity>,
}

impl Reading<'_> {
    fn rest(&self) -> &str {
        &self.source[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn push(&mut self, letter: char, taken: usize) {
        self.text.push(letter);
        self.length += letter.len_utf16();
        self.at += taken;
    }

    /// What comes up to one of these letters, which is not taken.
    fn until(&mut self, ends: impl Fn(char) -> bool) -> String {
        let taken = self.rest().find(ends).unwrap_or(self.rest().len());
        let found = self.rest()[..taken].to_owned();
        self.at += taken;
        found
    }

    fn skip_space(&mut self) {
        self.until(|letter| !letter.is_ascii_whitespace());
    }

    fn start_tag(&mut self) -> Result<(), String> {
        let begin = self.at;
        self.at += 1;
        let tag = self.until(|letter| letter.is_ascii_whitespace() || letter == '>').to_lowercase();
        if self.peek().is_none() {
            return Err(format!("Unclosed start tag at byte offset {begin}"));
        }
        if !TAGS.contains(&tag.as_str()) {
            return Err(format!("Unsupported start tag \"{tag}\" at byte offset {begin}"));
        }
        let mut argument = String::new();
        loop {
            self.skip_space();
            if self.peek() == Some('>') {
                self.at += 1;
                break;
            }
            let (name, value) = self.attribute(&tag, begin)?;
            match (tag.as_str(), name.as_str()) {
                ("a", "href") | ("tg-emoji", "emoji-id") => argument = value,
                ("code", "class") => {
                    argument = value.strip_prefix("language-").unwrap_or_default().to_owned()
                }
                ("span", "class") => argument = value.strip_prefix("tg-").unwrap_or_default().to_owned(),
                ("blockquote", "expandable") => argument = name,
                _ => {}
            }
        }
        if tag == "span" && argument != "spoiler" {
            return Err(format!("Tag \"span\" must have class \"tg-spoiler\" at byte offset {begin}"));
        }
        self.open.push(Open { tag, argument, offset: self.length, text_at: self.text.len() });
        Ok(())
    }

    fn attribute(&mut self, tag: &str, begin: usize) -> Result<(String, String), String> {
        let name = self.until(|letter| letter.is_ascii_whitespace() || letter == '=' || letter == '>');
        if name.is_empty() {
            return Err(match self.peek() {
                None => format!("Unclosed start tag at byte offset {begin}"),
                Some(_) => format!("Empty attribute name in the tag \"{tag}\" at byte offset {begin}"),
            });
        }
        if tag == "blockquote" && name == "expandable" && self.peek() != Some('=') {
            return Ok((name, String::new()));
        }
        self.skip_space();
        if self.peek() != Some('=') {
            return Err(format!(
                "Expected equal sign in declaration of an attribute of the tag \"{tag}\" at byte offset {begin}"
            ));
        }
        self.at += 1;
        self.skip_space();
        let value = match self.peek() {
            Some(quote @ ('"' | '\'')) => {
                self.at += 1;
                let value = unescape(&self.until(|letter| letter == quote));
                self.at += usize::from(self.peek().is_some());
                value
            }
            _ => {
                let token_at = self.at;
                let value = self.until(|letter| !(letter.is_ascii_alphanumeric() || ".-".contains(letter)));
                if self.peek().is_some_and(|letter| !letter.is_ascii_whitespace() && letter != '>') {
                    return Err(format!("Unexpected end of name token at byte offset {token_at}"));
                }
                value.to_lowercase()
            }
        };
        match self.peek() {
            None => Err(format!("Unclosed start tag at byte offset {begin}")),
            Some(_) => Ok((name, value)),
        }
    }

    fn end_tag(&mut self) -> Result<(), String> {
        let begin = self.at;
        let Some(open) = self.open.pop() else {
            return Err(format!("Unexpected end tag at byte offset {begin}"));
        };
        self.at += 2;
        let tag = self.until(|letter| letter.is_ascii_whitespace() || letter == '>').to_lowercase();
        self.skip_space();
        if self.peek() != Some('>') {
            return Err(format!("Unclosed end tag at byte offset {begin}"));
        }
        self.at += 1;
        if !tag.is_empty() && tag != open.tag {
            return Err(format!(
                "Unmatched end tag at byte offset {begin}, expected \"</{}>\", found \"</{tag}>\"",
                open.tag
            ));
        }
        if self.length > open.offset {
            self.entity(open)?;
        }
        Ok(())
    }

    fn entity(&mut self, open: Open) -> Result<(), String> {
        let length = self.length - open.offset;
        let new = |kind: &str| Entity::new(kind, open.offset, length);
        // <pre><code class="language-x"> in either order is one entity.
        let inner = self.entities.last().filter(|last| last.offset == open.offset && last.length == length);
        let inner = inner.map(|last| (last.kind.clone(), last.more.get("language").cloned()));
        let entity = match open.tag.as_str() {
            "i" | "em" => new("italic"),
            "b" | "strong" => new("bold"),
            "s" | "strike" | "del" => new("strikethrough"),
            "u" | "ins" => new("underline"),
            "tg-spoiler" | "span" => new("spoiler"),
            "tg-emoji" => {
                if open.argument.parse::<u64>().unwrap_or(0) == 0 {
                    return Err(String::from("Invalid custom emoji identifier specified"));
                }
                new("custom_emoji").with("custom_emoji_id", open.argument)
            }
            "a" => {
                let url = if open.argument.is_empty() { &self.text[open.text_at..] } else { &open.argument };
                match link(url) {
                    Some(url) => new("text_link").with("url", url),
                    None => return Ok(()),
                }
            }
            "pre" => match inner {
                Some((kind, Some(language))) if kind == "code" => {
                    self.entities.pop();
                    new("pre").with("language", language)
                }
                _ => new("pre"),
            },
            "code" => match inner {
                Some((kind, None)) if kind == "pre" && !open.argument.is_empty() => {
                    self.entities.pop();
                    new("pre").with("language", open.argument)
                }
                // The language is for a <pre> around it; it goes when there is none.
                _ if !open.argument.is_empty()
                    && self.open.last().is_some_and(|outer| outer.tag == "pre") =>
                {
                    new("code").with("language", open.argument)
                }
                _ => new("code"),
            },
            _ if open.argument.is_empty() => new("blockquote"),
            _ => new("expandable_blockquote"),
        };
        self.entities.push(entity);
        for code in self.entities.iter_mut().rev().skip(1).filter(|entity| entity.kind == "code") {
            code.more.remove("language");
        }
        Ok(())
    }
}

/// The letter that `&...` stands for, and how many bytes it takes; none when it stands for itself.
fn reference(text: &str) -> Option<(char, usize)> {
    let body = &text[1..];
    let (letter, taken) = if let Some(number) = body.strip_prefix('#') {
        let (digits, radix, mark) = match number.strip_prefix('x') {
            Some(digits) => (digits, 16, 2),
            None => (number, 10, 1),
        };
        let count = digits.find(|letter: char| !letter.is_digit(radix)).unwrap_or(digits.len());
        let code = u32::from_str_radix(digits.get(..count)?, radix).ok()?;
        (char::from_u32(code).filter(|_| code != 0 && count + mark < 9)?, 1 + mark + count)
    } else {
        let count = body.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(body.len());
        let letter = match &body[..count] {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            _ => return None,
        };
        (letter, 1 + count)
    };
    Some((letter, taken + usize::from(text[taken..].starts_with(';'))))
}

fn unescape(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let found = if letter == '&' { reference(rest) } else { None };
        let (letter, taken) = found.unwrap_or((letter, letter.len_utf8()));
        plain.push(letter);
        rest = &rest[taken..];
    }
    plain
}

/// A link as it is kept; none when it is no link, and then the text stands without one.
fn link(url: &str) -> Option<String> {
    let url = url.trim();
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let scheme = scheme.to_lowercase();
    if scheme == "tg" || scheme == "ton" {
        return Some(format!("{scheme}://{rest}"));
    }
    let host = rest.split(['/', '?', '#']).next()?;
    let is_link = ["http", "https"].contains(&scheme.as_str()) && host.contains('.') && !host.contains(' ');
    let slash = if host.len() == rest.len() { "/" } else { "" };
    is_link.then(|| format!("{scheme}://{rest}{slash}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(source: &str) -> String {
        match parse(source) {
            Ok(formatted) => {
                let entities = formatted.entities.iter().map(|entity| {
                    let more = entity.more.values().map(|value| format!("={}", value.as_str().unwrap()));
                    format!(
                        " {}@{}+{}{}",
                        entity.kind,
                        entity.offset,
                        entity.length,
                        more.collect::<String>()
                    )
                });
                format!("{}{}", formatted.text, entities.collect::<String>())
            }
            Err(wrong) => format!("! {wrong}"),
        }
    }

    #[test]
    fn tags_become_entities() {
        for (source, expected) in [
            ("<b>a<i>b</i></b>", "ab bold@0+2 italic@1+1"),
            ("<STRONG>a</strong><em>b</>", "ab bold@0+1 italic@1+1"),
            (
                "<u>a</u><ins>b</ins><s>c</s><strike>d</strike><del>e</del>",
                "abcde underline@0+1 underline@1+1 strikethrough@2+1 strikethrough@3+1 strikethrough@4+1",
            ),
            ("<tg-spoiler>a</tg-spoiler><span class=\"tg-spoiler\">b</span>", "ab spoiler@0+1 spoiler@1+1"),
            ("<a href='https://a.example?x=1&amp;y=2'>a</a>", "a text_link@0+1=https://a.example?x=1&y=2"),
            ("<a href=\"a.example\">a</a> <a href=\"nowhere\">b</a>", "a b text_link@0+1=http://a.example/"),
            ("<a href=\"tg://user?id=7\">a</a>", "a text_link@0+1=tg://user?id=7"),
            ("<code>a</code> <code class=\"language-rust\">b</code>", "a b code@0+1 code@2+1"),
            ("<pre>a</pre><pre><code class=\"language-rust\">b</code></pre>", "ab pre@0+1 pre@1+1=rust"),
            ("<code class=\"language-rust\"><pre>a</pre></code>", "a pre@0+1=rust"),
            (
                "<blockquote>a</blockquote><blockquote expandable>b</blockquote>",
                "ab blockquote@0+1 expandable_blockquote@1+1",
            ),
            (
                "<tg-emoji emoji-id=\"5368324170671202286\">👍</tg-emoji>",
                "👍 custom_emoji@0+2=5368324170671202286",
            ),
            ("&lt;b&gt; &amp;amp; &quot;&#1082;&#x43e;&#128571; & &nbsp;", "<b> &amp; \"ко😻 & &nbsp;"),
            ("<b></b>a", "a"),
        ] {
            assert_eq!(parsed(source), expected, "{source}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (source, expected) in [
            ("a <foo>b", "! Unsupported start tag \"foo\" at byte offset 2"),
            ("1 < 2 > 0", "! Unsupported start tag \"\" at byte offset 2"),
            ("x <", "! Unclosed start tag at byte offset 2"),
            ("<b>a", "! Can't find end tag corresponding to start tag \"b\""),
            ("a</b>", "! Unexpected end tag at byte offset 1"),
            ("<b>a<i>b</b></i>", "! Unmatched end tag at byte offset 8, expected \"</i>\", found \"</b>\""),
            ("<b>a</b", "! Unclosed end tag at byte offset 4"),
            (
                "<a href>a</a>",
                "! Expected equal sign in declaration of an attribute of the tag \"a\" at byte offset 0",
            ),
            ("<a href=\"x>a</a>", "! Unclosed start tag at byte offset 0"),
            ("<span class=\"x\">a</span>", "! Tag \"span\" must have class \"tg-spoiler\" at byte offset 0"),
            ("<tg-emoji>a</tg-emoji>", "! Invalid custom emoji identifier specified"),
        ] {
            assert_eq!(parsed(source), expected, "{source}");
        }
    }
}
