//! The words by which people ask for a picture, and the courtesy around them. Pure.
//!
//! In: a request. Out: its words, each of which says what it is: a command, an asking, a picture, courtesy. What joins
//! nouns to each other is the business of `piece`.

use std::ops::Range;

use super::quotes::is_quoted;

/// Beginnings of every word of drawing, whoever does it.
const DRAWING: &[&str] = &["рис", "нарис", "изобраз"];
/// Commands to draw, with -те and -ка behind them where somebody says so.
const COMMANDS: &[&str] = &["нарисуй", "рисуй", "порисуй", "зарисуй", "намалюй", "изобрази"];
/// Other words that ask for a drawing.
const ASKING: &[&str] = &["нарисовать", "нарисуешь", "нарисуете", "изобразить", "изобразишь"];
/// Words that ask for a thing, with what it is for before them.
const NEEDED: &[&str] = &["нужен", "нужна", "нужно", "нужны"];
/// Beginnings of words that only say that it is a picture.
const PICTURES: &[&str] = &[
    "картин",
    "рисун",
    "изображени",
    "фотк",
    "фотограф",
    "пикч",
    "иллюстрац",
    "сцен",
    "аватарк",
    "стикер",
    "обои",
    "заставк",
];
/// For whom people ask, said of them and behind "для".
const FAMILY: &[(&str, &str)] = &[
    ("мне", "меня"),
    ("нам", "нас"),
    ("ему", "него"),
    ("ей", "неё"),
    ("ей", "нее"),
    ("им", "них"),
    ("маме", "мамы"),
    ("папе", "папы"),
    ("сыну", "сына"),
    ("сынишке", "сынишки"),
    ("дочке", "дочки"),
    ("дочери", "дочери"),
    ("дочурке", "дочурки"),
    ("внуку", "внука"),
    ("внучке", "внучки"),
    ("внукам", "внуков"),
    ("бабушке", "бабушки"),
    ("бабуле", "бабули"),
    ("дедушке", "дедушки"),
    ("деду", "деда"),
    ("брату", "брата"),
    ("братику", "братика"),
    ("сестре", "сестры"),
    ("сестрёнке", "сестрёнки"),
    ("мужу", "мужа"),
    ("жене", "жены"),
    ("другу", "друга"),
    ("подруге", "подруги"),
    ("друзьям", "друзей"),
    ("детям", "детей"),
    ("ребёнку", "ребёнка"),
    ("ребенку", "ребенка"),
    ("малышу", "малыша"),
    ("малышам", "малышей"),
    ("племяннику", "племянника"),
    ("племяннице", "племянницы"),
    ("тёще", "тёщи"),
    ("свекрови", "свекрови"),
    ("коллеге", "коллеги"),
    ("коллегам", "коллег"),
    ("учительнице", "учительницы"),
];
/// Whose they are.
const OURS: &[&str] =
    &["моей", "моему", "моего", "моим", "моих", "нашей", "нашему", "нашего", "нашим", "наших"];
/// Beginnings of words that ask for something to be made or shown.
const MAKING: &[&str] = &[
    "сдела",
    "созда",
    "сгенер",
    "наброс",
    "накид",
    "покаж",
    "придума",
    "начерт",
    "draw",
    "paint",
    "sketch",
    "generat",
    "show",
    "make",
    "creat",
];
/// Beginnings of words by which people come to it.
const PRELUDE: &[&str] =
    &["хочу", "хотел", "можешь", "можете", "нужн", "нужен", "давай", "чтоб", "ещё", "еще", "теперь", "что"];
/// Whoever asks, whoever it is for, and what stands between them and the rest.
const PERSONS: &[&str] =
    &["мне", "нам", "ему", "ей", "им", "ты", "вы", "я", "мы", "бы", "а", "ну", "то", "me"];
/// Courtesy; thanks may stand on a picture.
const COURTESY: &[&str] = &["плиз", "плз", "пж", "пжл", "пжлст", "please", "pls", "plz"];
/// And its longest word, with so many slips of typing at most, where so many letters are left.
const PLEASE: (&str, usize, usize) = ("пожалуйста", 3, 7);

/// A word of a request: its bytes, and how it reads in small letters.
pub(super) struct Word {
    pub(super) bytes: Range<usize>,
    pub(super) said: String,
}

impl Word {
    pub(super) fn begins(&self, beginnings: &[&str]) -> bool {
        beginnings.iter().any(|beginning| self.said.starts_with(beginning))
    }

    pub(super) fn is_one_of(&self, words: &[&str]) -> bool {
        words.contains(&self.said.as_str())
    }

    /// Whether it commands to draw.
    pub(super) fn commands(&self) -> bool {
        let said = self.said.as_str();
        let bare = said.strip_suffix("ка").map_or(said, |bare| bare.trim_end_matches('-'));
        COMMANDS.contains(&bare.strip_suffix("те").unwrap_or(bare))
    }

    /// Whether it asks for a drawing.
    pub(super) fn asks_to_draw(&self) -> bool {
        self.commands() || self.is_one_of(ASKING)
    }

    /// Whether it says that something is needed.
    pub(super) fn is_needed(&self) -> bool {
        self.is_one_of(NEEDED)
    }

    /// Whether it asks, politely or not, and says nothing of what to draw.
    fn asks(&self) -> bool {
        self.asks_to_draw() || self.is_person() || self.is_courtesy()
    }

    pub(super) fn is_person(&self) -> bool {
        self.is_one_of(PERSONS)
    }

    /// Whether it is somebody for whom a picture is: as "маме", or as "для мамы".
    pub(super) fn is_family(&self, behind_for: bool) -> bool {
        FAMILY.iter().any(|(to, of)| self.said == if behind_for { *of } else { *to })
    }

    /// Whether it says whose family that is.
    pub(super) fn is_ours(&self) -> bool {
        self.is_one_of(OURS)
    }

    pub(super) fn is_courtesy(&self) -> bool {
        let (please, slips, least) = PLEASE;
        let misspelt = || strsim::osa_distance(&self.said, please) <= slips;
        self.is_one_of(COURTESY) || (self.said.chars().count() >= least && misspelt())
    }

    /// Whether a preposition behind it belongs to it and not to a noun: a picture of, a look at.
    pub(super) fn takes_objects(&self) -> bool {
        self.is_picture() || ["ть", "ться", "аю", "яю"].iter().any(|end| self.said.ends_with(end))
    }

    pub(super) fn is_picture(&self) -> bool {
        self.begins(PICTURES) || self.is_one_of(&["арт", "фото", "пик", "picture"])
    }

    /// Whether a picture may be asked for by it, in whatever form: one that only looks like it says so, too.
    pub(super) fn may_ask(&self) -> bool {
        self.begins(DRAWING) || self.begins(MAKING) || self.is_picture()
    }

    /// Whether a subject ends at it that grows towards the beginning.
    pub(super) fn opens(&self) -> bool {
        self.asks() || self.is_picture() || self.begins(MAKING) || self.begins(PRELUDE)
    }
}

/// Whether a text commands to draw, outside of its quotes.
pub(super) fn commands(text: &str) -> bool {
    words(text).iter().any(|word| word.commands() && !is_quoted(text, word.bytes.start))
}

/// Words with single hyphens inside.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut found: Vec<Word> = Vec::new();
    for (at, letter) in text.char_indices() {
        let end = at + letter.len_utf8();
        match found.last_mut().filter(|word| word.bytes.end == at) {
            Some(word) if letter.is_alphanumeric() || letter == '-' => word.bytes.end = end,
            _ if letter.is_alphanumeric() => found.push(Word { bytes: at..end, said: String::new() }),
            _ => {}
        }
    }
    for word in &mut found {
        word.said = text.get(word.bytes.clone()).unwrap_or_default().to_lowercase();
    }
    found
}
