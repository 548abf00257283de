//! What is wrong with a configuration: the line, the key, and the nearest known one. toml's errors go in.

/// How alike two names must be (Jaro-Winkler) for one to be offered for the other.
const ALIKE: f64 = 0.75;

/// Words of the parser that people need not know.
const PLAIN: &[(&str, &str)] = &[
    ("u32", "a whole number"),
    ("u64", "a whole number"),
    ("usize", "a whole number"),
    ("f32", "a number"),
    ("path string", "a text"),
    ("a string", "a text"),
    ("a sequence", "a list"),
    ("a boolean", "true or false"),
];

/// A configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot be read: {reason}")]
    Unreadable {
        /// What the system says.
        reason: String,
    },
    /// A key that is not known.
    #[error("line {line}: there is no key `{key}`; {}", known(nearest.as_deref(), keys))]
    Key {
        /// Counted from 1.
        line: usize,
        /// As written.
        key: String,
        /// The known key that was meant, if one is like it.
        nearest: Option<String>,
        /// The known ones in its place.
        keys: Vec<String>,
    },
    /// A value that its key cannot have, or text that is no TOML.
    #[error("line {line}: {}{reason}", key.as_ref().map(|key| format!("`{key}`: ")).unwrap_or_default())]
    Value {
        /// Counted from 1.
        line: usize,
        /// As written.
        key: Option<String>,
        /// What is wrong.
        reason: String,
    },
    /// The name of a model that is not in the catalogue, or that does something else.
    #[error("{key}: there is no model `{name}` for it; there is: {}", known.join(", "))]
    Model {
        /// The key with its section.
        key: &'static str,
        /// As written.
        name: String,
        /// The one that was meant; all that there are, if none is like it.
        known: Vec<String>,
    },
    /// A value that is out of bounds.
    #[error("{key} must be {bound}")]
    Bound {
        /// The key with its section.
        key: &'static str,
        /// What it may be.
        bound: &'static str,
    },
}

fn known(nearest: Option<&str>, keys: &[String]) -> String {
    nearest.map_or_else(
        || format!("there are {}", keys.join(", ")),
        |nearest| format!("did you mean `{nearest}`?"),
    )
}

impl ConfigError {
    /// toml's error about `text`.
    pub(super) fn of(error: &toml::de::Error, text: &str) -> Self {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let message = error.message().lines().next().unwrap_or_default();
        let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        if let ("unknown field", [key, keys @ ..]) =
            (message.get(..13).unwrap_or_default(), quoted.as_slice())
        {
            return Self::Key {
                line,
                key: (*key).to_owned(),
                nearest: nearest(key, keys),
                keys: keys.iter().map(|key| (*key).to_owned()).collect(),
            };
        }
        let mut reason = message.to_owned();
        if let Some((head, expected)) = message.split_once(", expected ") {
            let plain = PLAIN.iter().find(|(word, _)| *word == expected).map_or(expected, |(_, plain)| plain);
            let plain = if plain.starts_with("struct ") { "a section" } else { plain };
            reason = format!("{head}, expected {plain}");
        }
        if let ("unknown variant", [value, values @ ..]) =
            (message.get(..15).unwrap_or_default(), quoted.as_slice())
            && let Some(nearest) = nearest(value, values)
        {
            reason = format!("{reason}; did you mean `{nearest}`?");
        }
        Self::Value { line, key: key_on(text.lines().nth(line - 1).unwrap_or_default()), reason }
    }
}

pub(super) fn nearest(name: &str, known: &[&str]) -> Option<String> {
    known
        .iter()
        .map(|known| (strsim::jaro_winkler(known, name), known))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| (*known).to_owned())
}

/// The key that a line sets.
fn key_on(line: &str) -> Option<String> {
    let (key, _) = line.split_once('=')?;
    Some(key.trim().to_owned()).filter(|key| !key.is_empty())
}
