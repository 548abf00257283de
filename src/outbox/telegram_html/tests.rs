//! Samples of what models write, a strict reader of Telegram's grammar, and texts that nobody would write.

use proptest::prelude::*;

use super::*;
use crate::messenger::Unit;
use crate::outbox::split::split;

/// What a tag must look like; a link's and a language's may hold an attribute.
const TAGS: &[&str] = &["b", "i", "u", "s", "a", "code", "pre", "blockquote"];

/// The text that Telegram would show, or why it would refuse the HTML or change it.
fn parsed(html: &str) -> Result<String, String> {
    let (mut text, mut open, mut rest) = (String::new(), Vec::<&str>::new(), html);
    let mut entities = 0;
    while let Some(at) = rest.find(['<', '&', '>']) {
        let (before, markup) = rest.split_at(at);
        text.push_str(before);
        if markup.starts_with('&') {
            let known = [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"')];
            let (name, letter) =
                known.iter().find(|(name, _)| markup.starts_with(name)).ok_or(format!("entity: {markup}"))?;
            text.push(*letter);
            rest = &markup[name.len()..];
            continue;
        }
        let (tag, after) =
            markup.strip_prefix('<').and_then(|tag| tag.split_once('>')).ok_or(format!("bare: {markup}"))?;
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            let last = open.pop();
            if last != Some(name) {
                return Err(format!("</{name}> closes {last:?}"));
            }
            if html[..html.len() - markup.len()].ends_with(&format!("<{name}>")) {
                return Err(format!("empty {name}"));
            }
            continue;
        }
        let name = opened(tag, &open, html)?;
        if name != "code" || open.last() != Some(&"pre") {
            entities += 1;
        }
        open.push(name);
    }
    if !open.is_empty() || entities > 100 {
        return Err(format!("{open:?} stay open, {entities} entities"));
    }
    Ok(text + rest)
}

/// The name of an opening tag, if it may stand within those that are open.
fn opened<'a>(tag: &'a str, open: &[&str], html: &str) -> Result<&'a str, String> {
    let (name, attribute) = tag.split_once(' ').map_or((tag, None), |(name, rest)| (name, Some(rest)));
    let value = |start: &str| {
        let value =
            attribute.and_then(|text| text.strip_prefix(start)).and_then(|text| text.strip_suffix('"'));
        value.filter(|value| !value.is_empty() && !value.contains(['"', '<', '\n']))
    };
    let legal = match name {
        "a" => value("href=\"").is_some(),
        "code" if attribute.is_some() => value("class=\"language-").is_some() && open.last() == Some(&"pre"),
        _ => TAGS.contains(&name) && attribute.is_none(),
    };
    let within = match open.last() {
        Some(&"code") => false,
        Some(&"pre") => name == "code" && attribute.is_some(),
        Some(&"blockquote") | None => true,
        Some(_) => !matches!(name, "code" | "pre" | "blockquote"),
    };
    if !legal || !within || open.contains(&name) {
        return Err(format!("<{tag}> within {open:?} in {html}"));
    }
    Ok(name)
}

/// Checks what holds for whatever comes out.
fn check(markdown: &str) {
    let html = to_html(markdown);
    let text = parsed(&html).unwrap_or_else(|why| panic!("{why}\nin {html:?}\nof {markdown:?}"));
    assert_eq!(visible_len(&html), units(&text), "{html:?}");
    let most = LIMITS.into_iter().find(|&most| units(markdown) <= most).unwrap_or(units(markdown));
    assert!(units(&text) <= most, "{} > {most} in {html:?}", units(&text));
    assert_eq!(text.trim().is_empty(), markdown.trim().is_empty(), "{markdown:?}");
    assert_eq!(text, text.trim_end(), "{markdown:?}");
    let mut outside = html.as_str();
    while let Some((before, block)) = outside.split_once("<pre>") {
        no_ragged_lines(before, &html);
        outside = block.split_once("</pre>").unwrap().1;
    }
    no_ragged_lines(outside, &html);
}

fn no_ragged_lines(text: &str, html: &str) {
    assert!(!text.contains("\n\n\n") && !text.contains(" \n") && !text.contains("\t\n"), "{html:?}");
}

const SAMPLES: &[(&str, &str)] = &[
    // Plain text is left alone.
    ("Привет! Как дела?\nХорошо.\n\nИ у меня.", "Привет! Как дела?\nХорошо.\n\nИ у меня."),
    ("5 * 3 * 2 = 30, snake_case_name и __init__.py", "5 * 3 * 2 = 30, snake_case_name и __init__.py"),
    ("if a < b && c > d: \"ok\"", "if a &lt; b &amp;&amp; c &gt; d: \"ok\""),
    ("~5 минут или ~10, 10~20 и 30~40", "~5 минут или ~10, 10~20 и 30~40"),
    ("\n\n  Раз.\r\n\r\n\r\n\r\nДва.  \r\n", "Раз.\n\nДва."),
    ("#хештег и @имя, +7 900 000-00-00", "#хештег и @имя, +7 900 000-00-00"),
    // Styles.
    (
        "**Важно:** это *очень* ***нужно***, ~~нет~~",
        "<b>Важно:</b> это <i>очень</i> <i><b>нужно</b></i>, <s>нет</s>",
    ),
    ("__Bold__ and _italic_", "<b>Bold</b> and <i>italic</i>"),
    ("**жирный и не закрытый", "**жирный и не закрытый"),
    ("**outer **inner** outer**", "<b>outer inner outer</b>"),
    ("*a **b *c* d** e*", "<i>a <b>b c d</b> e</i>"),
    ("**две\nстроки**\nи третья", "<b>две\nстроки</b>\nи третья"),
    ("\\*не курсив\\* 1\\. нет", "*не курсив* 1. нет"),
    // Code.
    ("Вызови `foo(a < b)`.", "Вызови <code>foo(a &lt; b)</code>."),
    ("**Функция `main` тут**", "<b>Функция</b> <code>main</code><b> тут</b>"),
    ("***`x`***", "<code>x</code>"),
    (
        "Пример:\n```rust\nfn main() {\n    println!(\"<hi>\");\n\n\n}\n```\nВот так.",
        "Пример:\n<pre><code class=\"language-rust\">fn main() {\n    println!(\"&lt;hi&gt;\");\n\n\n}</code></pre>\nВот так.",
    ),
    ("```\nplain **code**\n```\n\nafter", "<pre>plain **code**</pre>\n\nafter"),
    (
        "```c++ title=\"a\"\nint x;\n```\n~~~\"><b>\ny\n~~~",
        "<pre><code class=\"language-c++\">int x;</code></pre>\n<pre>\"&gt;&lt;b&gt;\ny</pre>",
    ),
    (
        "```Вот код:\nx\n```\n```js app.js\ny\n```",
        "<pre>Вот код:\nx</pre>\n<pre><code class=\"language-js\">app.js\ny</code></pre>",
    ),
    ("Код:\n```python\nprint(1)", "Код:\n<pre><code class=\"language-python\">print(1)</code></pre>"),
    ("```одна строка```", "<code>одна строка</code>"),
    ("a\n\n```\n```\n\nb", "a\n\nb"),
    // Headings and lines.
    (
        "# Заголовок\nТекст\n\n### 2. **Part** `two` ###\n\nText",
        "<b>Заголовок</b>\nТекст\n\n<b>2. Part</b> <code>two</code>\n\nText",
    ),
    ("Title\n=====\n\nText\n\n---\n\nMore", "<b>Title</b>\n\nText\n\n———\n\nMore"),
    ("Строка раз\nстрока два\n---\nдальше", "Строка раз\nстрока два\n———\nдальше"),
    // Lists.
    ("Купить:\n- хлеб\n- молоко\n* сыр\nИтого: 3", "Купить:\n• хлеб\n• молоко\n• сыр\nИтого: 3"),
    (
        "1. Раз\n   - а\n   - б\n     продолжение\n2. Два\n\n   Абзац.",
        "1. Раз\n  • а\n  • б\n    продолжение\n2. Два\n\n  Абзац.",
    ),
    ("3) три\n4) четыре\n\n7. семь\n9. девять", "3) три\n4) четыре\n\n7. семь\n9. девять"),
    ("1. a\n1. b\n1. c", "1. a\n2. b\n3. c"),
    ("- [ ] сделать\n- [x] готово", "• [ ] сделать\n• [x] готово"),
    ("- **Имя**: Иван\n\n- **Возраст**: 5", "• <b>Имя</b>: Иван\n\n• <b>Возраст</b>: 5"),
    (
        "1. Установи:\n   ```bash\n   pip install x\n   ```\n2. Готово",
        "1. Установи:\n<pre><code class=\"language-bash\">pip install x</code></pre>\n2. Готово",
    ),
    ("- \n- b\n-", "•\n• b\n•"),
    // Quotations.
    ("> Цитата\n> в две строки\n\nОтвет", "<blockquote>Цитата\nв две строки</blockquote>\n\nОтвет"),
    ("> a\n>\n> > b\n>\n> - c\n> - `d`", "<blockquote>a\n\nb\n\n• c\n• <code>d</code></blockquote>"),
    (">\n\nтекст", "текст"),
    // Links.
    (
        "[Сайт](https://a.b/?x=1&y=\"2\") и <https://c.d>",
        "<a href=\"https://a.b/?x=1&amp;y=&quot;2&quot;\">Сайт</a> и <a href=\"https://c.d\">https://c.d</a>",
    ),
    (
        "[файл](./a.md), [javascript](javascript:alert(1)), [/x](/x)",
        "файл (./a.md), javascript (javascript:alert(1)), /x",
    ),
    ("![Кот](https://a.b/c.png) ![](x.png)", "<a href=\"https://a.b/c.png\">Кот</a> x.png"),
    (
        "[![logo](l.png)](https://a.b) [](https://c.d)",
        "<a href=\"https://a.b\">logo</a> <a href=\"https://c.d\">https://c.d</a>",
    ),
    (
        "[`code` and **b**](https://a.b), [`c`](#c)",
        "<a href=\"https://a.b\">code and <b>b</b></a>, <code>c</code> (#c)",
    ),
    ("<me@a.b> [w](tg://user?id=1)", "<a href=\"mailto:me@a.b\">me@a.b</a> <a href=\"tg://user?id=1\">w</a>"),
    ("[a][1] и [b][2]\n\n[1]: https://a.b", "<a href=\"https://a.b\">a</a> и [b][2]"),
    ("[1]: https://a.b", "[1]: https://a.b"),
    // Raw HTML.
    ("Это <b>жирно</b> &copy; &lt;i&gt;<br>", "Это &lt;b&gt;жирно&lt;/b&gt; © &lt;i&gt;&lt;br&gt;"),
    ("<div>\n  <p>a</p>\n</div>\n\nb", "&lt;div&gt;\n  &lt;p&gt;a&lt;/p&gt;\n&lt;/div&gt;\n\nb"),
    ("<think>\nхм\n</think>\n\n**Да**", "&lt;think&gt;\nхм\n&lt;/think&gt;\n\n<b>Да</b>"),
    // Formulas.
    ("Пусть $a_1*b_1*c$ и $5, тогда", "Пусть $a_1*b_1*c$ и $5, тогда"),
    (
        "\\( x^{*}y^{*} \\) и \\[\n\\frac{a}{b} \\\\ c\\,d\n\\]",
        "\\( x^{*}y^{*} \\) и \\[\n\\frac{a}{b} \\\\ c\\,d\n\\]",
    ),
    ("$$\nE = mc^2\n$$", "$$\nE = mc^2\n$$"),
    ("`\\(a\\)` \\(b \\[c\\]", "<code>\\(a\\)</code> \\(b \\[c\\]"),
    // Tables.
    (
        "Цены:\n\n| Товар | Цена |\n|:--|--:|\n| **Хлеб** | 50 |\n| `Сыр` [x](/y) | 1200 |\n\nВсё.",
        "Цены:\n\n<pre>Товар      | Цена\n-----------+-----\nХлеб       |   50\nСыр x (/y) | 1200</pre>\n\nВсё.",
    ),
    ("|a|b|\n|-|:-:|\n|1|\n||ccc|", "<pre>a |  b\n--+----\n1\n  | ccc</pre>"),
];

#[test]
fn samples() {
    let mut wrong = Vec::new();
    for (markdown, html) in SAMPLES {
        check(markdown);
        if to_html(markdown) != *html {
            wrong.push(format!("{markdown:?}\n  gives {:?}\n  not   {html:?}", to_html(markdown)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_so_many_entities_stay() {
    let html = to_html(&"**a** `b` ".repeat(400));
    assert_eq!(html.matches("<b>").count() + html.matches("<code>").count(), 100);
    assert_eq!(parsed(&html).unwrap(), "a b ".repeat(400).trim_end());
    let link = format!("[a](https://a.b/{}) ", "x".repeat(900));
    let html = to_html(&link.repeat(12));
    assert_eq!(html.matches("<a ").count(), 8);
    assert!(html.ends_with("x)"));
    check(&link.repeat(12));
    // An entity that held nothing is not counted.
    assert_eq!(to_html(&"**`b`** ".repeat(99)).matches("<code>").count(), 99);
    let fences = "```rs\nx\n\n\n\ny\n```\n".repeat(150);
    check(&fences);
    assert!(to_html(&fences).ends_with("\nx\n\ny\nx\n\ny"));
}

#[test]
fn what_fits_still_fits() {
    // Aligned, this table would grow beyond the limit.
    let row = |cell: &str| format!("|{cell}|{cell}|\n");
    let table = format!("{}|-|-|\n{}{}", row("a"), row(&"b".repeat(30)), row("c").repeat(600));
    let table = table.get(..3000).unwrap();
    check(table);
    assert!(to_html(table).starts_with("<pre>a | a\nbbbb"));
    // A reference that is used often would grow as well.
    let links = format!("{}\n\n[r]: /{}", "[a][r] ".repeat(100), "x".repeat(300));
    check(&links);
    assert!(to_html(&links).starts_with("[a][r] [a][r]"));
    // A wide table is not aligned.
    let wide = to_html(&format!("|a|b|\n|-|-|\n|{}|1|", "слово ".repeat(20)));
    assert!(wide.starts_with("<pre>a | b\nслово"), "{wide}");
}

#[test]
fn visible_length_is_in_utf16_after_parsing() {
    for (html, length) in
        [("", 0), ("a", 1), ("<b>&lt;😀</b>", 3), ("<a href=\"x&gt;\">я</a>&amp;", 2), ("&quot", 1)]
    {
        assert_eq!(visible_len(html), length, "{html}");
    }
}

#[test]
fn long_repetitions_are_legal() {
    let lines = [
        "x",
        "слово\n",
        "> ",
        "- ",
        "1. a\n",
        "*a ",
        "**a** ",
        "`a` ",
        "[",
        "[a](b) ",
        "![",
        "![a](b)",
        "<b>",
        "<a ",
        "~a~",
        "\\(a\\) ",
        "\\(",
        "\\\\[",
        "$a$",
        "|a",
        "```\n",
        "&amp;",
        "# a\n",
        "> a\n\n",
        "a\n---\n",
        "    - a\n",
        "*_",
    ];
    for line in lines {
        let text = line.repeat(100_000 / line.len());
        check(&text);
    }
}

/// One bit of what markup is made of, and text.
const BIT: &str = "(\\PC|[а-яa-z]{1,9}|[ \t\r\n]|\n\n|\\*\\*?|__?|~~?|`|\n```[a-z]{0,3}\n|\n>|\n- |\n[0-9]\\. |\n  |\n#+ |\
    \\[|\\]\\(https://a\\.b\\)|\\]\\(x\\)|!\\[|\\]|<[a-z]{1,3}>|&[a-z]{2,4};|\n\\|a\\|b\\|\n\\|-\\|-\\|\n|\\||\\$|\\\\.|\n---\n|😀|e\u{301}|\0)";

fn bits(most: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(BIT, 1..=most).prop_map(|bits| bits.concat())
}

proptest! {
    #[test]
    fn any_text_becomes_legal_html(text in bits(120)) {
        check(&text);
    }

    #[test]
    fn any_characters_become_legal_html(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn every_part_still_fits(text in bits(60), times in 1_usize..200) {
        for part in split(&text.repeat(times), 4096, Unit::Utf16) {
            check(&part);
            prop_assert!(visible_len(&to_html(&part)) <= 4096);
        }
    }

    #[test]
    fn text_without_markup_is_left_alone(text in "[А-яA-z0-9](( |, | \\* |_|\\. |: |<|&|\"|\n|\n\n)[А-яa-z0-9]{1,5}){0,50}") {
        let text = text.replace(['[', ']', '^', '`', '\\'], "x");
        prop_assert_eq!(to_html(&text), escaped(&text));
    }

    #[test]
    fn no_word_is_lost(text in "([а-яa-z]{1,9}|[ \n]|\n\n|\\*\\*?|__?|`|\n>|\n- |\n[0-9]\\. |\n  |\n#+ |\n---\n|\\$|\\\\){0,120}") {
        // A fence would have a language, which is not a part of the text.
        let text = text.replace("```", "");
        let words = |text: &str| text.chars().filter(|one| one.is_alphabetic()).collect::<String>();
        let shown = parsed(&to_html(&text)).unwrap();
        prop_assert_eq!(words(&shown), words(&text));
    }
}
