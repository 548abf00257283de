//! The page that is being written: what is open on it, where its lines end, and how many entities it still takes.
//!
//! Whatever is asked of it, what it holds is legal for Telegram: tags are closed in order, no tag stands within another
//! of its kind, nothing within code, no code within a style or a link. It knows nothing of Markdown.

use super::escaped;

/// Entities that Telegram looks at: it ignores more.
const MOST_ENTITIES: usize = 100;
/// Bytes of entities: Telegram refuses a message at about 9 500.
const MOST_BYTES: usize = 8_000;
/// Bytes of an entity without its address or language.
const ENTITY_BYTES: usize = 20;
/// The longest name of a language.
const LONGEST_LANGUAGE: usize = 32;

/// What can be opened on a page and is closed later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tag {
    Bold,
    Italic,
    Strike,
    /// With its address.
    Link(String),
    Quote,
}

impl Tag {
    fn name(&self) -> &'static str {
        match self {
            Self::Bold => "b",
            Self::Italic => "i",
            Self::Strike => "s",
            Self::Link(_) => "a",
            Self::Quote => "blockquote",
        }
    }

    fn address(&self) -> &str {
        if let Self::Link(address) = self { address } else { "" }
    }
}

/// A tag that stands open.
struct Open {
    tag: Tag,
    /// Where it begins on the page, and where what it holds begins.
    at: usize,
    inside: usize,
}

/// Telegram's HTML in the making.
#[derive(Default)]
pub(super) struct Page {
    html: String,
    /// No tag is here twice, so this is short.
    open: Vec<Open>,
    entities: usize,
    bytes: usize,
    /// Where a line has begun, be it with a bullet or a quotation, so that what comes next stays on it.
    begun: Option<usize>,
}

impl Page {
    /// Writes text. It stays on its line.
    pub(super) fn text(&mut self, text: &str) {
        self.html.push_str(&escaped(text).replace('\n', " "));
    }

    /// Begins a new line, below a blank one or not, unless nothing stands yet on the one that has begun.
    pub(super) fn line(&mut self, blank: bool, indent: usize) {
        if self.begun == Some(self.html.len()) {
            return;
        }
        self.html.truncate(self.html.trim_end().len());
        if !self.html.is_empty() {
            self.html.push_str(if blank { "\n\n" } else { "\n" });
            self.html.extend(std::iter::repeat_n(' ', indent));
        }
        self.begun = Some(self.html.len());
    }

    /// Writes what a list item begins with. What comes next stays on its line.
    pub(super) fn bullet(&mut self, bullet: &str) {
        self.text(bullet);
        self.begun = Some(self.html.len());
    }

    /// Lets the next line begin, though nothing stands on this one.
    pub(super) fn end_item(&mut self) {
        self.begun = None;
    }

    /// Opens a tag. False when it may not stand here or is one too many: then it is not to be closed.
    pub(super) fn open(&mut self, tag: Tag) -> bool {
        if self.is_open(&tag) || !self.affords(tag.address().len()) {
            return false;
        }
        let at = self.html.len();
        match &tag {
            Tag::Link(address) => {
                let address = escaped(address).replace('"', "&quot;");
                self.html.push_str(&format!("<a href=\"{address}\">"));
            }
            other => self.html.push_str(&format!("<{}>", other.name())),
        }
        let inside = self.html.len();
        if tag == Tag::Quote {
            self.begun = Some(inside);
        }
        self.open.push(Open { tag, at, inside });
        true
    }

    /// Closes the tag if it is the innermost that stands open.
    pub(super) fn close(&mut self, tag: &Tag) {
        if let Some(open) = self.open.pop_if(|open| open.tag.name() == tag.name()) {
            self.end(&open);
        }
    }

    /// Writes code within a line. In a link it is plain text, and styles do not reach over it.
    pub(super) fn code(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() || self.open.iter().any(|open| open.tag.name() == "a") || !self.affords(0) {
            return self.text(text);
        }
        let styles = self.put_aside();
        self.html.push_str("<code>");
        self.text(text);
        self.html.push_str("</code>");
        for style in styles {
            if !self.open(style) {
                break;
            }
        }
    }

    /// Writes a block of code or of aligned text, as it is but for blank lines around it. The language is the first word
    /// of `info`; what else a model put there is shown, since it may be the beginning of the text.
    pub(super) fn block(&mut self, info: &str, text: &str) {
        let (language, more) = language(info);
        let text = format!("{more}\n{text}");
        let text = text.trim_end().trim_start_matches('\n');
        if text.is_empty() {
            return;
        }
        if !self.affords(language.len()) {
            return self.html.push_str(&escaped(&neat(text)));
        }
        let text = escaped(text);
        self.html.push_str(&match language {
            "" => format!("<pre>{text}</pre>"),
            word => format!("<pre><code class=\"language-{word}\">{text}</code></pre>"),
        });
    }

    /// The page as it is at the end.
    pub(super) fn finish(mut self) -> String {
        while let Some(open) = self.open.pop() {
            self.end(&open);
        }
        self.html.truncate(self.html.trim_end().len());
        self.html
    }

    fn is_open(&self, tag: &Tag) -> bool {
        self.open.iter().any(|open| open.tag.name() == tag.name())
    }

    /// Counts an entity with so many bytes of its own, if there is still room for it.
    fn affords(&mut self, bytes: usize) -> bool {
        let bytes = self.bytes + bytes + ENTITY_BYTES;
        let affords = self.entities < MOST_ENTITIES && bytes <= MOST_BYTES;
        if affords {
            self.entities += 1;
            self.bytes = bytes;
        }
        affords
    }

    /// Closes the styles, and says which they were, the outermost first.
    fn put_aside(&mut self) -> Vec<Tag> {
        let mut styles = Vec::new();
        while let Some(open) = self.open.pop_if(|open| open.tag != Tag::Quote) {
            self.end(&open);
            styles.push(open.tag);
        }
        styles.reverse();
        styles
    }

    /// Writes the closing tag, with white space outside; a tag that holds nothing is taken back.
    fn end(&mut self, open: &Open) {
        let filled = self.html.trim_end().len();
        if filled <= open.inside {
            let white = self.html.split_off(open.inside.min(self.html.len()));
            self.html.truncate(open.at);
            self.begun = self.begun.filter(|&begun| begun <= open.at);
            self.html.push_str(&white);
            self.entities -= 1;
            self.bytes -= open.tag.address().len() + ENTITY_BYTES;
            return;
        }
        let white = self.html.split_off(filled);
        self.html.push_str(&format!("</{}>{white}", open.tag.name()));
    }
}

/// The first word of an info line, if it can be a language, and what is left of the line unless it is attributes.
fn language(info: &str) -> (&str, &str) {
    let info = info.trim();
    let is_of_language =
        |one: char| one.is_ascii_alphanumeric() || matches!(one, '+' | '-' | '#' | '.' | '_');
    let end = info.find([' ', ',', '{']).unwrap_or(info.len());
    let (word, more) = info.split_at(end);
    if word.len() > LONGEST_LANGUAGE || !word.chars().all(is_of_language) {
        return ("", info);
    }
    (word, if more.contains(['=', '{']) { "" } else { more.trim_start_matches([' ', ',']) })
}

/// Text without white space at the ends of its lines, and with one blank line where there are more.
pub(super) fn neat(text: &str) -> String {
    let mut neat = String::with_capacity(text.len());
    let mut blank = false;
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() {
            blank = true;
            continue;
        }
        if !neat.is_empty() {
            neat.push_str(if blank { "\n\n" } else { "\n" });
        }
        neat.push_str(line);
        blank = false;
    }
    neat
}
