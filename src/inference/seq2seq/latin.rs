//! Russian letters in Latin ones, as passports and road signs write them, but readable: `kh`, `shch`, `yo`. In: any text. Out: the
//! same with no Russian letter; others stay.

/// Russian letters in Latin ones; others as they are.
pub(super) fn latin(text: &str) -> String {
    let mut whole = String::new();
    for letter in text.chars() {
        let lower = letter.to_lowercase().next().unwrap_or(letter);
        let Some(plain) = letters(lower) else {
            whole.push(letter);
            continue;
        };
        let mut plain = plain.chars();
        let first =
            plain.next().map(|first| if letter.is_uppercase() { first.to_ascii_uppercase() } else { first });
        whole.extend(first.into_iter().chain(plain));
    }
    whole
}

const fn letters(letter: char) -> Option<&'static str> {
    Some(match letter {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' => "g",
        'д' => "d",
        'е' | 'э' => "e",
        'ё' => "yo",
        'ж' => "zh",
        'з' => "z",
        'и' => "i",
        'й' | 'ы' => "y",
        'к' => "k",
        'л' => "l",
        'м' => "m",
        'н' => "n",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' => "u",
        'ф' => "f",
        'х' => "kh",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "shch",
        'ъ' | 'ь' => "",
        'ю' => "yu",
        'я' => "ya",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_stay_capitals_and_other_letters_what_they_are() {
        assert_eq!(latin("Щука, Ёж и съезд 2 iPhone"), "Shchuka, Yozh i sezd 2 iPhone");
        assert_eq!(latin("ь"), "");
    }
}
