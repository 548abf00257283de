//! A piece of a request, as the span head has cut it, put right where Russian grammar shows that it is cut wrongly.
//!
//! A command to draw stands beside a subject, courtesy around it; what hangs on a preposition belongs to the noun before
//! it, and the clause behind "как", "где" or "на которой" is whole; for whom or for what a picture is stays outside. Pure.
//! In: a request and the bytes of the piece. Out: a piece of the same request.

use std::ops::Range;

use super::asking::{Word, words};
use super::quotes::{is_quoted, up_to_quote, with_quotes};

/// What joins a picture to the place or the person that it is for.
const MEANT_FOR: &[&str] = &["для", "на", "про", "о", "об"];
/// What joins a noun to the one before it; those that say what a picture is about, or for whom, do not.
const PREPOSITIONS: &[&str] =
    &["в", "во", "с", "со", "на", "под", "над", "у", "из", "без", "за", "к", "по", "среди", "возле"];
/// Behind a preposition these say how it should look, and whatever follows says as what.
const STYLES: &[&str] = &["стиле", "манере", "духе", "технике", "жанре", "виде"];
/// With what somebody draws.
const WAYS: &[&str] = &["акварелью", "маслом", "карандашом", "гуашью", "пастелью", "углём", "тушью", "мелом"];
/// They point at something that was named before.
const POINTING: &[&str] = &["его", "её", "ее", "их", "это", "этого", "эту", "всё", "все"];
/// Where somebody wishes to see, too, a clause is what is drawn.
const SEEING: &[&str] = &["видеть", "увидеть", "посмотреть", "поглядеть"];
/// Behind "как" these begin no clause, nor do words of looking and wishing.
const NO_CLAUSE: &[&str] = &[
    "можно",
    "раньше",
    "всегда",
    "обычно",
    "будто",
    "бы",
    "у",
    "в",
    "на",
    "для",
    "следует",
    "надо",
    "нужно",
    "насчёт",
    "насчет",
];
/// Nor do words that begin like these.
const NO_CLAUSE_BEGINS: &[&str] =
    &["выгляд", "хоч", "хот", "уме", "смо", "мож", "получ", "обеща", "договор", "прос"];
/// Behind "где" and "на которой" these say only that it is drawn there.
const SHOWN: &[&str] = &["изображ", "нарисова", "есть", "будет"];

/// The piece as it should have been cut.
pub(super) fn mended(request: &str, piece: Range<usize>) -> &str {
    let words = words(request);
    let piece = beside_commands(request, &words, piece);
    let piece = behind_command(request, &words, &piece).unwrap_or(piece);
    let piece = clause(request, &words, piece.clone()).unwrap_or(piece);
    let piece = grown(request, &words, piece);
    let piece = without_receiver(request, &words, piece.clone()).unwrap_or(piece);
    let piece = behind_use(request, &words, piece.clone()).unwrap_or(piece);
    let piece = without_reason(request, &words, up_to_quote(request, piece));
    request.get(with_quotes(request, bare(&words, piece))).unwrap_or_default().trim()
}

/// The pictures that somebody typed in place of words: all that a request has but its command. Faces and hands say how
/// something is meant, not what.
pub(super) fn typed_pictures(request: &str) -> Option<&str> {
    let is_picture = |letter: char| {
        matches!(letter, '\u{2600}'..='\u{27bf}' | '\u{1f300}'..='\u{1f5ff}' | '\u{1f680}'..='\u{1faff}')
            && !matches!(letter, '\u{1f440}'..='\u{1f450}' | '\u{1f90c}'..='\u{1f92f}' | '\u{1faf0}'..='\u{1faff}')
            || matches!(letter, '🤖' | '🤡' | '🤠' | '\u{1f638}'..='\u{1f640}' | '\u{1f648}'..='\u{1f64a}')
    };
    let start = request.find(is_picture)?;
    let last = request.rfind(is_picture)?;
    let end = last + request.get(last..)?.chars().next()?.len_utf8();
    let asks_only = words(request).iter().all(Word::opens);
    asks_only.then(|| request.get(start..end)).flatten()
}

/// Without a command that got into it, or a need that was said before any: what stands behind the last one, or before the first where that is nothing.
fn beside_commands(request: &str, words: &[Word], piece: Range<usize>) -> Range<usize> {
    let commanded = words.iter().find(|word| word.commands()).map_or(0, |word| word.bytes.start);
    let needed = |word: &Word| word.is_needed() && word.bytes.start < commanded;
    let wants = |word: &&Word| (word.commands() || needed(word)) && !is_quoted(request, word.bytes.start);
    let wanting: Vec<&Word> = words.iter().filter(|word| inside(word, &piece)).filter(wants).collect();
    let (Some(first), Some(last)) = (wanting.first(), wanting.last()) else { return piece };
    let behind = last.bytes.end..piece.end;
    let says = |range: &Range<usize>| words.iter().any(|word| inside(word, range) && !word.opens());
    let goes_on = request.get(behind.clone()).unwrap_or_default().trim_start().starts_with(',');
    if says(&behind) && !(goes_on && says(&(piece.start..first.bytes.start))) {
        behind
    } else {
        piece.start..first.bytes.start
    }
}

/// What stands behind the command, where the piece lies in a clause before it that tells why: "хочу порадовать маму. нарисуй
/// тюльпаны".
fn behind_command(request: &str, words: &[Word], piece: &Range<usize>) -> Option<Range<usize>> {
    let at = words.iter().position(|word| word.commands() && word.bytes.start >= piece.end)?;
    let command = words.get(at).filter(|word| !is_quoted(request, word.bytes.start))?;
    let apart = request.get(piece.start..command.bytes.start)?.contains(['.', ',', '!', '?']);
    let said: Vec<&Word> = words.get(at + 1..)?.iter().skip_while(|word| word.opens()).collect();
    let (first, rest) = said.split_first()?;
    let how = first.is_one_of(PREPOSITIONS)
        || first.is_one_of(POINTING)
        || (rest.is_empty() && first.said.ends_with('о'));
    let from = first.bytes.start;
    let end = request.get(from..)?.find(['.', '!', '?', '\n']).map_or(request.len(), |end| from + end);
    (apart && !how).then_some(from..end)
}

/// From behind the word that opens a clause, where the piece lies in it: nothing ends the clause before the piece.
fn clause(request: &str, words: &[Word], piece: Range<usize>) -> Option<Range<usize>> {
    let asks = |at: usize| words.get(at).is_some_and(Word::asks_to_draw);
    let start = words.windows(3).enumerate().find_map(|(at, three)| {
        let [before, opener, next] = three else { return None };
        let asked = asks(at) || before.is_one_of(SEEING) || (before.is_person() && at > 0 && asks(at - 1));
        let happens = !next.is_one_of(NO_CLAUSE) && !next.begins(NO_CLAUSE_BEGINS);
        let opens = match opener.said.as_str() {
            "как" if asked && happens => at + 2,
            "где" if before.is_picture() => at + 2,
            "на" if before.is_picture() && next.begins(&["котор"]) => at + 3,
            _ => return None,
        };
        let shown = words.get(opens).is_some_and(|word| word.begins(SHOWN));
        words.get(opens + usize::from(shown)).map(|word| word.bytes.start)
    })?;
    let between = request.get(start..piece.start).unwrap_or_default();
    let goes_on = !between.contains([',', '.', '!', '?', '\n']);
    (start < piece.end && goes_on).then_some(start..piece.end)
}

/// With the noun that it hangs on, and what stands before that.
fn grown(request: &str, words: &[Word], piece: Range<usize>) -> Range<usize> {
    let Some(at) = words.iter().position(|word| word.bytes.start >= piece.start) else { return piece };
    let (before, from) = words.split_at(at);
    let is_way = matches!(from, [only, rest @ ..]
        if only.is_one_of(WAYS) && rest.first().is_none_or(|next| next.bytes.start >= piece.end));
    let (joint, before) = match before {
        [before @ .., joint, style] if style.is_one_of(STYLES) && joint.is_one_of(PREPOSITIONS) => {
            (Some(joint), before)
        }
        [before @ .., joint] if joint.is_one_of(PREPOSITIONS) => (Some(joint), before),
        _ => (None, before),
    };
    let hangs = joint.is_some() && !from.first().is_some_and(Word::is_picture);
    if !(hangs || is_way) || before.last().is_some_and(Word::takes_objects) {
        return piece;
    }
    let mut start = joint.map_or(piece.start, |joint| joint.bytes.start);
    let (mut first, mut opener) = (joint, before.last());
    for (at, word) in before.iter().enumerate().rev() {
        let apart = request.get(word.bytes.end..start).unwrap_or_default();
        if word.opens() || !apart.chars().all(char::is_whitespace) {
            break;
        }
        (start, first) = (word.bytes.start, Some(word));
        opener = before.get(..at).and_then(<[Word]>::last);
    }
    // A picture for somebody, or for some place, is no picture of it.
    let meant = opener.is_some_and(Word::is_picture) && first.is_some_and(|word| word.is_one_of(MEANT_FOR));
    if meant { piece } else { start..piece.end }
}

/// Without the person that it is for, who stands between the asking and the subject: "нарисуй (для) нашей бабушки (Нины) кота".
fn without_receiver(request: &str, words: &[Word], piece: Range<usize>) -> Option<Range<usize>> {
    let first = words.iter().position(|word| inside(word, &piece))?;
    let is_for = |at: usize| words.get(at).is_some_and(|word| word.said == "для");
    let belongs = |word: &Word| word.said == "для" || word.is_ours() || word.is_family(true);
    let start = words.get(..first)?.iter().rposition(|word| !belongs(word))? + 1;
    let asked = words.get(start - 1)?;
    let mut behind = words.get(start + usize::from(is_for(start))..)?;
    if let [ours, rest @ ..] = behind
        && ours.is_ours()
    {
        behind = rest;
    }
    let [person, rest @ ..] = behind else { return None };
    let is_name = |word: &Word| {
        request.get(word.bytes.clone()).is_some_and(|word| word.starts_with(char::is_uppercase))
    };
    let subject = match rest {
        [name, subject, ..] if is_name(name) && !is_name(subject) => subject,
        [subject, ..] => subject,
        [] => return None,
    };
    let meant = (asked.asks_to_draw() || asked.is_person()) && person.is_family(is_for(start));
    let is_subject = inside(subject, &piece) && !subject.is_one_of(PREPOSITIONS) && subject.said != "и";
    (meant && is_subject).then_some(subject.bytes.start..piece.end)
}

/// Without what the picture is for, where a colon says that the subject follows: "картинка на обложку: кот".
fn behind_use(request: &str, words: &[Word], piece: Range<usize>) -> Option<Range<usize>> {
    let first = words.iter().position(|word| inside(word, &piece))?;
    let colon = piece.start + request.get(piece.clone())?.find(": ")? + 1;
    let is_use = match words.get(..first)? {
        [.., picture, joint] => picture.is_picture() && ["для", "на"].contains(&joint.said.as_str()),
        _ => false,
    };
    let meant = is_use || words.get(first).is_some_and(Word::is_picture);
    (meant && !is_quoted(request, colon)).then_some(colon..piece.end)
}

/// Without why, and for whom, at its end: ", а то дочка боится", ", для чата", ", бабушке на память".
fn without_reason(request: &str, words: &[Word], piece: Range<usize>) -> Range<usize> {
    let said = request.get(piece.clone()).unwrap_or_default();
    let cut = |at: usize| piece.start..piece.start + at;
    if let Some(at) = said.find(", а то ").filter(|at| *at > 0) {
        return cut(at);
    }
    let Some(at) = said.rfind(", ").filter(|at| *at > 0 && !is_quoted(request, piece.start + at)) else {
        return piece;
    };
    let after = words.iter().find(|word| word.bytes.start > piece.start + at);
    let meant = after.is_some_and(|word| word.said == "для" || word.is_family(false));
    if meant { cut(at) } else { piece }
}

/// Without the courtesy at its ends, and what only joins it to a picture before it.
fn bare(words: &[Word], piece: Range<usize>) -> Range<usize> {
    let inner: Vec<&Word> = words.iter().filter(|word| inside(word, &piece)).collect();
    let (mut start, mut end) = (piece.start, piece.end);
    for pair in inner.windows(2).take_while(|pair| pair.first().is_some_and(|word| word.is_courtesy())) {
        start = pair.last().map_or(start, |next| next.bytes.start);
    }
    for pair in inner.windows(2).rev().take_while(|pair| pair.last().is_some_and(|word| word.is_courtesy())) {
        end = pair.first().map_or(end, |before| before.bytes.end);
    }
    let mut before = words.iter().rev().skip_while(|word| word.bytes.start >= piece.start);
    let of_picture = before.find(|word| !word.is_person()).is_some_and(Word::is_picture);
    if let [joint, next, ..] = inner.as_slice()
        && (joint.said == "нибудь" || (of_picture && joint.is_one_of(&["с", "со"])))
    {
        start = next.bytes.start;
    }
    if start < end { start..end } else { piece }
}

fn inside(word: &Word, piece: &Range<usize>) -> bool {
    piece.start <= word.bytes.start && word.bytes.end <= piece.end
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A request with the piece that the head cut in square brackets.
    fn cut(marked: &str) -> String {
        let (before, rest) = marked.split_once('[').unwrap();
        let (piece, after) = rest.split_once(']').unwrap();
        mended(&format!("{before}{piece}{after}"), before.len()..before.len() + piece.len()).to_owned()
    }

    #[test]
    fn a_piece_that_is_cut_well_stays() {
        for marked in [
            "нарисуй [кота]",
            "нарисуй, пожалуйста, [рыжего кота на крыше] к вечеру",
            "хочу картинку с [котом в шляпе]",
            "сделай мне пикчу с [двумя енотами]!",
            "нарисуй быстренько [кота]",
            "покажи, как выглядит [замок на скале]",
            "нарисуй, как умеешь, [розу]",
            "охота поглядеть на [зебру]",
            "draw me [a cat in a hat], please",
            "[дракон]",
            "нарисуй [открытку с надписью спасибо]",
        ] {
            let piece = marked.split(['[', ']']).nth(1).unwrap();
            assert_eq!(cut(marked), piece, "{marked}");
        }
    }

    #[test]
    fn chatter_and_what_a_picture_is_for_stay_outside() {
        for marked in [
            "привет, ты как? нарисуй [дракона]",
            "ну как, нарисуешь [кота]?",
            "а как твои дела? нарисуй [лису]",
            "а как насчёт [кота на луне]?",
            "нарисуй как следует [дракона]",
            "нарисуй мне как обычно [кота]",
            "нарисуй, как обещал, [кота в шляпе]",
            "нарисуй как сможешь [ёлку]",
            "нарисуй как получится [дом у реки]",
            "нарисуй, как художник, [закат на море]",
            "сделай аватарку с [котом]",
            "нарисуй стикер с [лисой]",
            "сделай мне обои на рабочий стол с [горами]",
            "сделай картинку для мамы с [розами]",
            "нужна картинка для детской с [мишками]",
            "я скучаю по [морю], нарисуй его",
            "хочу на [аватарку котика]",
            "нарисуй [выставку изобразительного искусства]",
            "нарисуй [плакат с надписью «рисуй каждый день»]",
            "нарисуй картину, на которой изображён [дракон]",
            "картинку, где изображён [лев]",
            "нарисуй картинку, на которой нарисован [дом у моря]",
        ] {
            let piece = marked.split(['[', ']']).nth(1).unwrap();
            assert_eq!(cut(marked), piece, "{marked}");
        }
    }

    #[test]
    fn a_piece_that_is_cut_badly_is_mended() {
        for (marked, piece) in [
            ("нарисуй старушку с [двумя козами]", "старушку с двумя козами"),
            ("нарисуй маленький домик у [моря]", "маленький домик у моря"),
            ("привет, нарисуй в [манере Шишкина медведя]", "в манере Шишкина медведя"),
            ("нарисуй козу [маслом]", "козу маслом"),
            ("нарисуй \"[Чёрный квадрат\" Малевича, но розовый]", "\"Чёрный квадрат\" Малевича, но розовый"),
            ("нарисуй [вывеску «Кафе] у моря»", "вывеску «Кафе у моря»"),
            ("нарисуй «[рыжего кота]»", "рыжего кота"),
            ("нарисуй козу в стиле [Шагала]", "козу в стиле Шагала"),
            ("нарисуй что-нибудь в духе [Босха]", "в духе Босха"),
            ("нарисуй как мыши прячут [сыр]", "мыши прячут сыр"),
            ("нарисуй мне, как лев [ест мороженое]", "лев ест мороженое"),
            ("сделай [картинку где лев спит]", "лев спит"),
            ("нарисуй картинку, на которой твой [лев спит]", "твой лев спит"),
            ("нарисуй [плз лебедя]", "лебедя"),
            ("нарисуй [пожаулйста лебедя]", "лебедя"),
            ("нарисуй [пожарника]", "пожарника"),
            ("нарисуй [лебедя, пж]", "лебедя"),
            ("[зима. нарисуй лыжника]", "лыжника"),
            ("[лыжника нарисуй пожалуйста]", "лыжника"),
            ("нарисуй [внуку трактор]", "трактор"),
            ("нарисуй для [бабушки корзину грибов]", "корзину грибов"),
            ("нарисуй мне [для моей дочки розового пони]", "розового пони"),
            ("нарисуй [маме на день рождения розы]", "маме на день рождения розы"),
            ("нарисуй [портрет маме]", "портрет маме"),
            ("нарисуй [папе]", "папе"),
            ("нарисуй [ей, пожалуйста, её любимые астры]", "её любимые астры"),
            ("нужна картинка на [обложку книги: девочка в лесу]", "девочка в лесу"),
            ("изобрази в виде [комикса: кот ворует сосиски]", "в виде комикса: кот ворует сосиски"),
            ("нарисуй [всё, что нужно для рыбалки]", "всё, что нужно для рыбалки"),
            ("[Логотип CoffeeLab нарисуй, минимализм]", "Логотип CoffeeLab"),
            ("нарисуй для моего племянника [Артёма пожарную машину]", "пожарную машину"),
            ("создай [логотип для кофейни] «Зерно»", "логотип для кофейни «Зерно»"),
            ("нужны [обои на телефон: тёмный лес]", "тёмный лес"),
            ("нарисуй [фею-стоматолога, а то дочка боится врача]", "фею-стоматолога"),
            ("нарисуй [гоблина за отчётом, для рабочего чата]", "гоблина за отчётом"),
            ("нарисуй [кота, маму, папу]", "кота, маму, папу"),
            (
                "хочу [порадовать маму]. Нарисуйте, пожалуйста, корзину тюльпанов. Спасибо!",
                "корзину тюльпанов",
            ),
            ("[Марс и закат]. Нарисуй смешно", "Марс и закат"),
            ("[лису], нарисуй её в лесу", "лису"),
            ("хочу видеть, как белка [ворует орехи]", "белка ворует орехи"),
            ("картинку бы мне [с лотосами]", "лотосами"),
            ("нарисуй что [нибудь с акулами]", "с акулами"),
            ("для [урока нужен вулкан в разрезе], нарисуй", "вулкан в разрезе"),
        ] {
            assert_eq!(cut(marked), piece, "{marked}");
        }
    }

    #[test]
    fn pictures_are_typed_in_place_of_words() {
        for (request, pictures) in [
            ("нарисуй 🦊", Some("🦊")),
            ("нарисуй мне 🐱 🎈!", Some("🐱 🎈")),
            ("draw 🐱, please", Some("🐱")),
            ("нарисуй лису 🦊", None),
            ("нарисуй 😊🙏", None),
            ("нарисуй", None),
        ] {
            assert_eq!(typed_pictures(request), pictures, "{request}");
        }
    }
}
