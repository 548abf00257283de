//! The one-time code: how it looks, what may be one, and its sum. Pure; whether it is the right one is settled.

use sha2::{Digest as _, Sha256};

/// Letters and digits that nobody takes for another one: no I, L, O, 0 and 1.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";

/// Characters of a code.
const LENGTH: usize = 8;

/// A code has at least so many digits, and so many letters: no word of eight letters and no number is one.
const MIXED: usize = 2;

/// Commands that a code may follow. The first is what Telegram sends for a link or a first touch.
const COMMANDS: &[&str] = &["/start", "/claim"];

/// What somebody says that may be the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Its sum.
    pub sum: String,
    /// It was said with /claim: it is meant as a code, whatever it looks like.
    pub claims: bool,
}

/// A code from random bytes; `None` when they end too early. About 39 bits, less than one for the mixture: twenty tries
/// find one code in ten thousand million.
#[must_use]
pub fn code(random: impl IntoIterator<Item = u8>) -> Option<String> {
    // The largest multiple of the alphabet's size below 256: each character is as likely as any other.
    let even = random.into_iter().filter(|byte| *byte < 248);
    let mut characters = even.filter_map(|byte| ALPHABET.get(usize::from(byte) % ALPHABET.len()).copied());
    loop {
        let code: String = characters.by_ref().take(LENGTH).map(char::from).collect();
        if code.len() < LENGTH {
            return None;
        }
        if looks_like_one(&code) {
            return Some(code);
        }
    }
}

/// A code as it is shown: in two halves.
#[must_use]
pub fn shown(code: &str) -> String {
    let (head, tail) = code.split_at_checked(LENGTH / 2).unwrap_or((code, ""));
    format!("{head} {tail}")
}

/// The sum of a code that is kept in its place.
#[must_use]
pub fn sum(code: &str) -> String {
    Sha256::digest(code.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a text says that may be the code; spaces, hyphens and small letters make no difference.
///
/// ```
/// use aisaac::access::claim::{said, sum};
///
/// assert_eq!(said("ab2c d3ef").unwrap().sum, sum("AB2CD3EF"));
/// assert_eq!(said("/start AB2C-D3EF").unwrap().sum, sum("AB2CD3EF"));
/// assert!(said("What is a fjord?").is_none());
/// ```
#[must_use]
pub fn said(text: &str) -> Option<Said> {
    let (first, rest) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
    let command = first.split('@').next().unwrap_or_default().to_lowercase();
    let command = COMMANDS.iter().find(|known| **known == command);
    let claims = command == Some(&"/claim");
    let code = plain(if command.is_some() { rest } else { text });
    (claims || looks_like_one(&code)).then(|| Said { sum: sum(&code), claims })
}

fn plain(text: &str) -> String {
    let kept = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '–' | '—'));
    // A text that is too long is no code, and need not be read to its end.
    kept.take(4 * LENGTH).map(|c| c.to_ascii_uppercase()).collect()
}

fn looks_like_one(code: &str) -> bool {
    let digits = code.bytes().filter(u8::is_ascii_digit).count();
    code.len() == LENGTH
        && code.bytes().all(|byte| ALPHABET.contains(&byte))
        && (MIXED..=LENGTH - MIXED).contains(&digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_no_look_alikes_and_looks_like_one() {
        let mut bytes = (0..=255_u8).cycle().map(|byte| byte.wrapping_mul(167).wrapping_add(13));
        for _ in 0..200 {
            let code = code(bytes.by_ref()).unwrap();
            assert!(looks_like_one(&code), "{code}");
            assert!(!code.contains(['I', 'L', 'O', '0', '1']), "{code}");
            assert_eq!(said(&shown(&code).to_lowercase()).unwrap().sum, sum(&code));
        }
        assert_eq!(code([250; 100]), None, "bytes that would favour some characters are not taken");
        assert_eq!(code([0; 100]), None, "eight digits are no code");
    }

    #[test]
    fn what_may_be_a_code_is_told_from_what_people_say() {
        for (text, expected) in [
            ("AB2C D3EF", true),
            ("  ab2cd3ef\n", true),
            ("/start ab2c-d3ef", true),
            ("/Start@aisaac_bot AB2CD3EF", true),
            ("/claim what?", true),
            ("/claim", true),
            ("/start", false),
            ("/start ref-from-a-link", false),
            ("sentence", false),
            ("23456789", false),
            ("AB2CD3E", false),
            ("AB2CD3EF G", false),
            ("AB1CD3EF", false),
            ("АВ2СD3ЕF", false),
            ("", false),
        ] {
            assert_eq!(said(text).is_some(), expected, "{text}");
        }
        assert!(said(&"A2".repeat(100_000)).is_none());
    }
}
