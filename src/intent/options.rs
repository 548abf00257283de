//! `--no`, `--seed`, `--size`, `--steps` and `--file` anywhere inside a request. Pure.

use super::theirs;
use crate::message::{Failure, Phrase};

/// Largest seed people can name: torch's generator on the CPU uses 32 bits of it.
const LARGEST_SEED: u64 = u32::MAX as u64;
const NAMES: &[&str] = &["no", "seed", "size", "steps", "file"];
const OPTIONS: &str = "--no, --seed, --size, --steps, --file";

/// Words at the end of a request that mean `--file`.
const AS_FILE: &[&str] = &["файлом", "как файл", "в файле", "as a file", "as file"];

/// A request without its options, and the options.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wishes {
    /// The request without them.
    pub rest: String,
    /// What should not be in the picture.
    pub no: Option<String>,
    /// The noise.
    pub seed: Option<u64>,
    /// Width and height in pixels.
    pub size: Option<(u32, u32)>,
    /// Denoising steps.
    pub steps: Option<u32>,
    /// The picture comes as a file, not as a photo.
    pub as_file: bool,
}

impl Wishes {
    /// The options as they would be typed.
    #[must_use]
    pub fn said(&self) -> String {
        let size = self.size.map(|(width, height)| format!("--size {width}x{height}"));
        let no = self.no.as_ref().map(|no| format!("--no {no}"));
        let seed = self.seed.map(|seed| format!("--seed {seed}"));
        let steps = self.steps.map(|steps| format!("--steps {steps}"));
        let file = self.as_file.then(|| "--file".to_owned());
        [seed, size, steps, file, no].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// Takes one option by its name: `seed`, `size` or `steps`.
    ///
    /// # Errors
    /// When there is no such option, or its value cannot be read.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        match name {
            "seed" => self.seed = Some(seed(value)?),
            "size" => self.size = Some(size(value)?),
            "steps" => self.steps = Some(steps(value)?),
            _ => return Err(unknown(&format!("--{name}"))),
        }
        Ok(())
    }
}

/// Takes the options out of a request. `--no` reaches to the next option or the end.
///
/// # Errors
/// When an option is not known, or its value cannot be read.
pub fn parse(text: &str) -> Result<Wishes, Failure> {
    let mut wishes = Wishes::default();
    let mut words = text.split_whitespace().peekable();
    let mut rest: Vec<&str> = Vec::new();
    while let Some(word) = words.next() {
        // An em dash is what phones make of two hyphens.
        let dash =
            word.strip_prefix('—').filter(|name| NAMES.contains(&name.split('=').next().unwrap_or_default()));
        let Some(name) = word.strip_prefix("--").or(dash).filter(|name| !name.is_empty()) else {
            rest.push(word);
            continue;
        };
        let (name, glued) = name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value)));
        let mut value = || {
            glued
                .map(str::to_owned)
                .or_else(|| words.next_if(|word| !word.starts_with("--")).map(str::to_owned))
                .unwrap_or_default()
        };
        match name {
            "seed" | "size" | "steps" => wishes.set(name, &value())?,
            "file" => wishes.as_file = true,
            "no" => {
                let mut unwanted = vec![value()];
                while let Some(word) = words.next_if(|word| !word.starts_with("--")) {
                    unwanted.push(word.to_owned());
                }
                wishes.no = Some(unwanted.join(" ").trim().to_owned()).filter(|text| !text.is_empty());
            }
            _ => return Err(unknown(word)),
        }
    }
    wishes.rest = rest.join(" ");
    if let Some(request) = without_file(&wishes.rest) {
        (wishes.rest, wishes.as_file) = (request, true);
    }
    if wishes == (Wishes { rest: wishes.rest.clone(), ..Wishes::default() }) {
        text.trim().clone_into(&mut wishes.rest);
    }
    Ok(wishes)
}

/// A request without the words at its end that ask for a file; `None` when there are none.
fn without_file(text: &str) -> Option<String> {
    let text = text.trim_end_matches(['.', '!', ' ']);
    let lower = text.to_lowercase();
    let said = AS_FILE.iter().find(|said| lower.ends_with(&format!(" {said}")))?;
    let words = text.split_whitespace().count() - said.split(' ').count();
    Some(text.split_whitespace().take(words).collect::<Vec<_>>().join(" ").trim_end_matches(',').to_owned())
}

/// A request without its options, even where one of them cannot be read.
#[must_use]
pub fn plain(text: &str) -> String {
    if let Ok(wishes) = parse(text) {
        return wishes.rest;
    }
    let mut value = false;
    let words = text.split_whitespace().filter(|word| {
        let option = word.starts_with("--");
        let skip = option || value;
        value = option && !word.contains('=');
        !skip
    });
    words.collect::<Vec<_>>().join(" ")
}

fn unknown(option: &str) -> Failure {
    theirs(Phrase::new("option-unknown").with("value", option).with("bound", OPTIONS))
}

fn seed(value: &str) -> Result<u64, Failure> {
    value.parse().ok().filter(|seed| *seed <= LARGEST_SEED).ok_or_else(|| {
        theirs(Phrase::new("seed-bad").with("value", value).with("bound", LARGEST_SEED.to_string()))
    })
}

fn steps(value: &str) -> Result<u32, Failure> {
    value
        .parse()
        .ok()
        .filter(|steps| *steps > 0)
        .ok_or_else(|| theirs(Phrase::new("steps-out-of-range").with("value", value).with("bound", "1–150")))
}

fn size(value: &str) -> Result<(u32, u32), Failure> {
    let bad = || theirs(Phrase::new("size-bad").with("value", value).with("bound", "512x512"));
    if let Ok(side) = value.parse() {
        return Ok((side, side));
    }
    let (width, height) = value.split_once(['x', 'X', 'х', 'Х', '×', '*']).ok_or_else(bad)?;
    Ok((width.parse().map_err(|_| bad())?, height.parse().map_err(|_| bad())?))
}

/// A size in plain words: "512x768", "512 на 768", "512 by 768".
pub(super) fn size_in(text: &str) -> Option<(u32, u32)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.iter().find_map(|word| size(word).ok().filter(|_| word.parse::<u32>().is_err())).or_else(|| {
        words.windows(3).find_map(|three| match three {
            [width, "на" | "by" | "x" | "х", height] => Some((width.parse().ok()?, height.parse().ok()?)),
            _ => None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_stand_anywhere() {
        let wishes = parse("draw --seed 7 a red cat --size 640x480 --no dogs or birds --steps=30").unwrap();
        assert_eq!(
            wishes,
            Wishes {
                rest: "draw a red cat".into(),
                no: Some("dogs or birds".into()),
                seed: Some(7),
                size: Some((640, 480)),
                steps: Some(30),
                as_file: false,
            }
        );
        assert_eq!(
            parse("  два   слова ").unwrap().rest,
            "два   слова",
            "without options the text stays as it is"
        );
    }

    #[test]
    fn a_picture_may_be_wanted_as_a_file() {
        for (text, rest, as_file) in [
            ("нарисуй кота файлом", "нарисуй кота", true),
            ("draw a cat, as a file.", "draw a cat", true),
            ("кота --file --seed 5", "кота", true),
            ("нарисуй шкаф с файлами", "нарисуй шкаф с файлами", false),
            ("файлом", "файлом", false),
        ] {
            let wishes = parse(text).unwrap();
            assert_eq!((wishes.rest.as_str(), wishes.as_file), (rest, as_file), "{text}");
        }
        assert_eq!(parse("кота файлом --seed 5").unwrap().said(), "--seed 5 --file");
    }

    #[test]
    fn options_are_said_again_and_left_out() {
        let wishes = parse("нарисуй --seed 5 --no фон и тень --size 64x32").unwrap();
        assert_eq!(wishes.said(), "--seed 5 --size 64x32 --no фон и тень");
        assert_eq!(parse(&format!("кота {}", wishes.said())).unwrap().no.as_deref(), Some("фон и тень"));
        for (text, expected) in [
            ("--seed 5 нарисуй кота", "нарисуй кота"),
            ("--seed big нарисуй кота --size=9", "нарисуй кота"),
            ("нарисуй  кота", "нарисуй  кота"),
        ] {
            assert_eq!(plain(text), expected);
        }
    }

    #[test]
    fn a_dash_of_the_phone_is_an_option_only_with_its_name() {
        assert_eq!(parse("кота —seed 7").unwrap().seed, Some(7));
        assert_eq!(parse("кота —рыжего").unwrap().rest, "кота —рыжего");
    }

    #[test]
    fn bad_values_are_refused_in_words() {
        for (text, key) in [
            ("кот --seed -1", "seed-bad"),
            ("кот --seed 99999999999999999999", "seed-bad"),
            ("кот --seed", "seed-bad"),
            ("кот --steps 0", "steps-out-of-range"),
            ("кот --size big", "size-bad"),
            ("кот --size 512x", "size-bad"),
            ("кот --frobnicate 3", "option-unknown"),
        ] {
            assert_eq!(parse(text).unwrap_err().phrase.key, key, "{text}");
        }
    }

    #[test]
    fn an_option_is_set_by_its_name() {
        let mut wishes = parse("кот --seed 1").unwrap();
        wishes.set("seed", "7").unwrap();
        wishes.set("size", "64x32").unwrap();
        assert_eq!((wishes.seed, wishes.size), (Some(7), Some((64, 32))));
        assert_eq!(wishes.set("steps", "-1").unwrap_err().phrase.key, "steps-out-of-range");
        assert_eq!(wishes.set("speed", "1").unwrap_err().phrase.key, "option-unknown");
    }
}
