//! Reads Markdown and writes it on a page: which construct becomes what, and where lines begin.
//!
//! Lines and blank lines are the author's: a line begins where one began in the source, below a blank line if there was
//! one. Therefore text without markup comes out as it is. Must never write HTML by itself: that is the page's.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag as Start, TagEnd};

use super::item::List;
use super::latex::is_escaped;
use super::link::{Kind, Link, is_web};
use super::page::{Page, Tag};
use super::table::Table;

/// What is read beyond CommonMark. Formulas are read so that nothing within them is.
pub(super) const OPTIONS: Options =
    Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH).union(Options::ENABLE_MATH);

/// Spaces before an item for each list that it is nested in.
const INDENT: usize = 2;

/// Telegram's HTML of `source`; what is shown stands at the same places in `shown`. No limit is looked at.
pub(super) fn read(source: &str, shown: &str, aligned: bool) -> String {
    let mut reader = Reader { source, shown, aligned, ..Reader::default() };
    for (event, range) in Parser::new_ext(source, OPTIONS).into_offset_iter() {
        reader.take(event, &range);
    }
    reader.page.finish()
}

#[derive(Default)]
struct Reader<'a> {
    source: &'a str,
    shown: &'a str,
    /// Whether tables are aligned.
    aligned: bool,
    page: Page,
    lists: Vec<List<'a>>,
    /// Whether each style that is open stands on the page.
    styles: Vec<bool>,
    links: Vec<Link>,
    /// Info line and text of a block of code that is open.
    code: Option<(String, String)>,
    table: Option<Table>,
    /// Whether a new line begins before whatever comes next.
    due: bool,
    /// Where in the source what was written last ends.
    last: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, event: Event<'a>, range: &Range<usize>) {
        match event {
            Event::Start(start) => self.start(start, range),
            Event::End(end) => self.end(end, range),
            Event::Text(text) => {
                let is_source = self.source.get(range.clone()) == Some(&*text);
                let keeps_backslash =
                    text.starts_with(['(', ')', '[', ']']) && is_escaped(self.source, range.start);
                let place = range.start - usize::from(keeps_backslash)..range.end;
                let text = self.shown.get(place).filter(|_| is_source).unwrap_or(&text);
                self.say(text, range);
            }
            Event::Code(text) => self.code(&text, range),
            Event::InlineMath(text) => self.lines(&format!("${text}$"), range),
            Event::DisplayMath(text) => {
                // Either "$$" or what it stands for.
                let delimiters = self.shown.get(range.clone()).unwrap_or_default();
                let (opening, closing) =
                    (delimiters.get(..2), delimiters.get(delimiters.len().wrapping_sub(2)..));
                let formula = format!("{}{text}{}", opening.unwrap_or("$$"), closing.unwrap_or("$$"));
                self.lines(&formula, range);
            }
            Event::Html(text) | Event::InlineHtml(text) => self.lines(&text, range),
            Event::SoftBreak | Event::HardBreak if self.table.is_some() => self.put(" "),
            Event::SoftBreak | Event::HardBreak => {
                self.due = true;
                if let Some(link) = self.links.last_mut() {
                    link.words.push(' ');
                }
            }
            Event::Rule => self.rule(range),
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => (),
        }
    }

    fn start(&mut self, start: Start<'a>, range: &Range<usize>) {
        match start {
            Start::Emphasis => self.style(Tag::Italic, range),
            Start::Strong | Start::Strikethrough if self.as_written(range).is_some() => {
                self.say(self.as_written(range).unwrap_or_default(), &(range.start..range.start));
            }
            Start::Strong => self.style(Tag::Bold, range),
            Start::Strikethrough => self.style(Tag::Strike, range),
            Start::Link { link_type: LinkType::Email, dest_url, .. } => {
                self.link(format!("mailto:{dest_url}"), range);
            }
            Start::Link { dest_url, .. } | Start::Image { dest_url, .. } => {
                self.link(dest_url.into_string(), range)
            }
            Start::TableRow | Start::TableHead => self.table.iter_mut().for_each(Table::row),
            Start::TableCell => self.table.iter_mut().for_each(Table::cell),
            block => {
                self.due = true;
                self.block(block, range);
            }
        }
    }

    fn block(&mut self, start: Start<'a>, range: &Range<usize>) {
        match start {
            Start::Heading { .. } if !self.is_paragraph(range) => self.style(Tag::Bold, range),
            Start::BlockQuote(_) => {
                self.settle(range.start, 0);
                let stands = self.page.open(Tag::Quote);
                self.styles.push(stands);
            }
            Start::CodeBlock(CodeBlockKind::Fenced(info)) => {
                self.code = Some((info.into_string(), String::new()))
            }
            Start::CodeBlock(CodeBlockKind::Indented) => self.code = Some(Default::default()),
            Start::Table(leanings) => self.table = Some(Table::new(leanings)),
            Start::List(first) => self.lists.push(List::new(first.is_some())),
            Start::Item => self.item(range),
            _ => (),
        }
    }

    fn end(&mut self, end: TagEnd, range: &Range<usize>) {
        match end {
            TagEnd::Emphasis => return self.end_style(&Tag::Italic),
            TagEnd::Strong | TagEnd::Strikethrough if self.as_written(range).is_some() => {
                return self.say(self.as_written(range).unwrap_or_default(), &(range.end..range.end));
            }
            TagEnd::Strong => return self.end_style(&Tag::Bold),
            TagEnd::Strikethrough => return self.end_style(&Tag::Strike),
            TagEnd::Link | TagEnd::Image => return self.end_link(range),
            TagEnd::TableRow | TagEnd::TableHead | TagEnd::TableCell => return,
            TagEnd::Heading(_) if self.is_paragraph(range) => self.rule(range),
            TagEnd::Heading(_) => self.end_style(&Tag::Bold),
            TagEnd::BlockQuote(_) => self.end_style(&Tag::Quote),
            TagEnd::List(_) => drop(self.lists.pop()),
            TagEnd::Item => self.page.end_item(),
            TagEnd::CodeBlock => {
                if let Some((info, text)) = self.code.take() {
                    self.write_block(&info, &text, range);
                }
            }
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    self.write_block("", &table.lines(self.aligned), range);
                }
            }
            _ => (),
        }
        self.due = true;
    }

    /// Begins the line that is due, before something that starts at `at` in the source.
    fn settle(&mut self, at: usize, most_indent: usize) {
        if !std::mem::take(&mut self.due) {
            return;
        }
        let between = self.source.get(self.last..at).unwrap_or_default();
        let middle = between.split_once('\n').and_then(|(_, rest)| rest.rsplit_once('\n'));
        let is_blank = |line: &str| line.trim_matches(['>', ' ', '\t']).is_empty();
        let blank = middle.is_some_and(|(lines, _)| lines.split('\n').any(is_blank));
        let before = between.rsplit('\n').next().unwrap_or_default();
        let indent = before.len() - before.trim_end_matches([' ', '\t']).len();
        self.page.line(blank, indent.min(most_indent));
        // So that nothing is looked at twice.
        self.last = self.last.max(at);
    }

    /// Notes that a range of the source is written.
    fn done(&mut self, range: &Range<usize>) {
        if self.table.is_some() {
            return;
        }
        let text = self.source.get(range.clone()).unwrap_or_default();
        self.last = self.last.max(range.start + text.trim_end().len());
    }

    /// Shows words of the source.
    fn say(&mut self, text: &str, range: &Range<usize>) {
        if let Some((_, code)) = &mut self.code {
            return code.push_str(text);
        }
        if self.table.is_none() {
            self.settle(range.start, INDENT * self.lists.len());
        }
        self.put(text);
        self.done(range);
    }

    /// Shows words wherever they belong now.
    fn put(&mut self, text: &str) {
        if let Some(link) = self.links.last_mut() {
            link.words.push_str(text);
        }
        match &mut self.table {
            Some(table) => table.text(text),
            None => self.page.text(text),
        }
    }

    /// Shows source as it is, on lines of its own where it has some.
    fn lines(&mut self, text: &str, range: &Range<usize>) {
        for (number, line) in text.split('\n').filter(|line| !line.trim().is_empty()).enumerate() {
            if number > 0 && self.table.is_none() {
                self.page.line(false, 0);
            }
            self.say(line.trim_end(), range);
        }
        self.due |= text.ends_with('\n');
    }

    fn code(&mut self, text: &str, range: &Range<usize>) {
        if self.table.is_some() {
            return self.say(text, range);
        }
        self.settle(range.start, INDENT * self.lists.len());
        if let Some(link) = self.links.last_mut() {
            link.words.push_str(text);
        }
        self.page.code(text);
        self.done(range);
    }

    fn write_block(&mut self, info: &str, text: &str, range: &Range<usize>) {
        self.due = true;
        self.settle(range.start, 0);
        self.page.block(info, text);
        self.done(range);
    }

    fn rule(&mut self, range: &Range<usize>) {
        self.due = true;
        self.settle(range.start, 0);
        self.page.text("———");
        self.done(range);
        self.due = true;
    }

    fn style(&mut self, tag: Tag, range: &Range<usize>) {
        let stands = self.table.is_none() && {
            self.settle(range.start, INDENT * self.lists.len());
            self.page.open(tag)
        };
        self.styles.push(stands);
    }

    fn end_style(&mut self, tag: &Tag) {
        if self.styles.pop() == Some(true) {
            self.page.close(tag);
        }
    }

    /// The delimiter of a style that is none: one tilde, as in "~5 … 6~", and two underscores, as in `__init__`.
    fn as_written(&self, range: &Range<usize>) -> Option<&'static str> {
        let text = self.source.get(range.clone()).unwrap_or_default();
        let is_of_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if text.starts_with('~') && !text.starts_with("~~") {
            return Some("~");
        }
        (text.starts_with("__") && text.bytes().all(is_of_name)).then_some("__")
    }

    /// Whether a heading is rather a paragraph with a line right below it: when it is underlined and has two lines.
    fn is_paragraph(&self, range: &Range<usize>) -> bool {
        let text = self.source.get(range.clone()).unwrap_or_default().trim();
        text.ends_with('-') && text.lines().count() > 2
    }

    fn item(&mut self, range: &Range<usize>) {
        self.settle(range.start, INDENT * self.lists.len().saturating_sub(1));
        let source = self.source.get(range.start..).unwrap_or_default();
        if let Some(list) = self.lists.last_mut() {
            self.page.bullet(&list.next(source));
        }
    }

    fn link(&mut self, address: String, range: &Range<usize>) {
        if self.table.is_none() {
            self.settle(range.start, INDENT * self.lists.len());
        }
        let kind = if !self.links.is_empty() {
            Kind::Words
        } else if self.table.is_none() && is_web(&address) && self.page.open(Tag::Link(address.clone())) {
            Kind::Tag
        } else {
            Kind::Brackets
        };
        self.links.push(Link { address, words: String::new(), kind });
    }

    fn end_link(&mut self, range: &Range<usize>) {
        let Some(link) = self.links.pop() else { return };
        if let Some(outer) = self.links.last_mut() {
            outer.words.push_str(&link.words);
        }
        self.put(&link.ending());
        if link.kind == Kind::Tag {
            self.page.close(&Tag::Link(String::new()));
        }
        self.done(range);
    }
}
