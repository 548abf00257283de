//! A link or a picture that is being read: which address Telegram takes, and what is shown of one that it does not.

/// A link or a picture, whose words are being read.
pub(super) struct Link {
    pub(super) address: String,
    /// What it has shown so far.
    pub(super) words: String,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It stands on the page as a link.
    Tag,
    /// Its address follows in brackets.
    Brackets,
    /// It is within a link, and shows its words only.
    Words,
}

impl Link {
    /// What is still to be shown at its end.
    pub(super) fn ending(&self) -> String {
        let address = self.address.strip_prefix("mailto:").unwrap_or(&self.address);
        let words = self.words.trim();
        match self.kind {
            Kind::Words => String::new(),
            _ if words.is_empty() => address.to_owned(),
            Kind::Brackets if words != address && !address.is_empty() => format!(" ({address})"),
            Kind::Brackets | Kind::Tag => String::new(),
        }
    }
}

/// Whether Telegram makes a link of an address.
pub(super) fn is_web(address: &str) -> bool {
    let Some((scheme, rest)) = address.split_once(':') else { return false };
    let is = |name: &str| scheme.eq_ignore_ascii_case(name);
    let has_host = rest.starts_with("//") && (is("http") || is("https") || is("tg"));
    (has_host || is("mailto"))
        && !rest.trim_start_matches('/').is_empty()
        && !rest.contains(|one: char| one.is_whitespace() || one.is_control())
}
