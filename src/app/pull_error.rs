//! What stopped a pull, as the house says it.

use crate::message::Phrase;
use crate::models::{Flaw, FlawKind, PullError, Unusable, UnusableKind, readable, root};

/// The sentence with its cure.
pub(super) fn of_pull(error: &PullError) -> Phrase {
    use PullError as E;
    match error {
        E::Unknown { name, nearest: Some(nearest) } => {
            say("pull-unknown", &[("name", name), ("nearest", nearest)])
        }
        E::Unknown { name, nearest: None } => say("pull-unknown-far", &[("name", name)]),
        E::Processor { name, arch } => say("pull-processor", &[("name", name), ("arch", arch)]),
        E::Disk { folder, needed, free } => {
            let folder = folder.display().to_string();
            say(
                "pull-disk",
                &[("folder", &folder), ("needed", &readable(*needed)), ("free", &readable(*free))],
            )
        }
        E::Full { path, .. } => say("pull-full", &[("path", &path.display().to_string())]),
        E::ReadOnly { path, .. } => say("pull-read-only", &[("path", &path.display().to_string())]),
        E::File { path, source, .. } => {
            say("pull-file", &[("path", &path.display().to_string()), ("reason", &source.to_string())])
        }
        E::Busy { folder } => say("pull-busy", &[("folder", &folder.display().to_string())]),
        E::PipMissing { python, file, .. } => say("pull-pip-missing", &[("python", python), ("file", file)]),
        E::PipOffline { requirement, file, said } => {
            say("pull-pip-offline", &[("what", requirement), ("file", file), ("said", said)])
        }
        E::Pip { requirement, said } => say("pull-pip", &[("what", requirement), ("said", said)]),
        E::Sum { file, expected, found } => {
            let file = file.display().to_string();
            say("pull-sum", &[("file", &file), ("expected", expected), ("found", found)])
        }
        E::Length { file, expected, found } => say(
            "pull-length",
            &[("file", file), ("expected", &expected.to_string()), ("found", &found.to_string())],
        ),
        E::NotCarried { folder, wanted } => say(
            "pull-not-carried",
            &[("folder", &folder.display().to_string()), ("wanted", &wanted.join(", "))],
        ),
        E::Package { package, reason } => say("pull-package", &[("package", package), ("reason", reason)]),
        E::Unfit { file, source, .. } => {
            say("pull-unfit", &[("file", file), ("reason", &source.to_string())])
        }
        E::Needed { name, others } => say("pull-needed", &[("name", name), ("others", &others.join(", "))]),
        E::Interrupted => Phrase::new("pull-interrupted"),
        hub => of_hub(hub),
    }
}

/// What a hub said or did not say.
fn of_hub(error: &PullError) -> Phrase {
    match error {
        PullError::HubOffline { url, source } => {
            say("hub-offline", &[("url", url), ("reason", &root(source))])
        }
        PullError::HubMissing { url } => say("hub-missing", &[("url", url)]),
        PullError::HubToken { page, sent: false } => say("hub-token", &[("page", page)]),
        PullError::HubToken { page, sent: true } => say("hub-token-refused", &[("page", page)]),
        PullError::HubGated { page, sent: false } => say("hub-gated", &[("page", page)]),
        PullError::HubGated { page, sent: true } => say("hub-gated-token", &[("page", page)]),
        PullError::HubBusy { url, seconds } => {
            let minutes = seconds.map_or(1, |seconds| seconds.div_ceil(60).max(1));
            say("hub-busy", &[("url", url)]).with("minutes", i64::try_from(minutes).unwrap_or(i64::MAX))
        }
        PullError::HubMore { url, agreed, found } => {
            say("hub-more", &[("url", url), ("agreed", &readable(*agreed)), ("found", &readable(*found))])
        }
        PullError::Hub { url, status } => say("hub-answer", &[("url", url), ("status", &status.to_string())]),
        other => say("raw", &[("text", &other.to_string())]),
    }
}

/// What is wrong with one file.
pub(super) fn of_flaw(flaw: &Flaw) -> Phrase {
    let file = flaw.file.as_str();
    match &flaw.kind {
        FlawKind::Missing => say("flaw-missing", &[("file", file)]),
        FlawKind::Truncated { expected, found } => say(
            "flaw-short",
            &[("file", file), ("expected", &readable(*expected)), ("found", &readable(*found))],
        ),
        FlawKind::Wrong { expected, found } => {
            say("flaw-wrong", &[("file", file), ("expected", expected), ("found", found)])
        }
        FlawKind::Unreadable { reason } => say("flaw-unreadable", &[("file", file), ("reason", reason)]),
        FlawKind::Unknown => say("flaw-unknown", &[("file", file)]),
    }
}

/// Why a manifest of one's own is not in the catalogue.
pub(super) fn of_unusable(unusable: &Unusable) -> Phrase {
    let path = unusable.path.display().to_string();
    let path = path.as_str();
    match &unusable.kind {
        UnusableKind::Unreadable { reason } => {
            say("manifest-unreadable", &[("path", path), ("reason", reason)])
        }
        UnusableKind::Folder { name } => say("manifest-folder", &[("path", path), ("name", name)]),
        UnusableKind::Name { name } => say("manifest-name", &[("path", path), ("name", name)]),
        UnusableKind::Taken { name } => say("manifest-taken", &[("path", path), ("name", name)]),
        UnusableKind::House { path: file, reason } => {
            say("manifest-house", &[("path", path), ("file", file), ("reason", reason)])
        }
    }
}

fn say(key: &str, arguments: &[(&str, &str)]) -> Phrase {
    arguments.iter().fold(Phrase::new(key), |phrase, (name, value)| phrase.with(name, *value))
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::message::Language;
    use crate::phrases::Phrases;

    fn every() -> Vec<PullError> {
        let (url, page) = (String::from("https://h/x"), String::from("https://h/o/r"));
        let (path, other) = (|| "/d/x".into(), || io::Error::other("odd"));
        let text = || "text".to_owned();
        vec![
            PullError::Unknown { name: text(), nearest: Some(text()) },
            PullError::Unknown { name: text(), nearest: None },
            PullError::Processor { name: text(), arch: "riscv" },
            PullError::Disk { folder: path(), needed: 9_000_000_000, free: 5 },
            PullError::Full { path: path(), source: other() },
            PullError::ReadOnly { path: path(), source: other() },
            PullError::File { doing: "read", path: path(), source: other() },
            PullError::Busy { folder: path() },
            PullError::PipMissing { python: text(), file: text(), source: None },
            PullError::PipOffline { requirement: text(), file: text(), said: text() },
            PullError::Pip { requirement: text(), said: text() },
            PullError::Sum { file: path(), expected: text(), found: text() },
            PullError::Length { file: text(), expected: 1, found: 2 },
            PullError::NotCarried { folder: path(), wanted: vec![text()] },
            PullError::Package { package: text(), reason: text() },
            PullError::Needed { name: text(), others: vec![text()] },
            PullError::Interrupted,
            PullError::HubMissing { url: url.clone() },
            PullError::HubToken { page: page.clone(), sent: false },
            PullError::HubToken { page: page.clone(), sent: true },
            PullError::HubGated { page: page.clone(), sent: false },
            PullError::HubGated { page, sent: true },
            PullError::HubBusy { url: url.clone(), seconds: Some(61) },
            PullError::HubMore { url: url.clone(), agreed: 1, found: 2 },
            PullError::Hub { url, status: 418 },
        ]
    }

    #[test]
    fn every_trouble_is_a_sentence_in_both_languages() {
        let phrases = Phrases::load();
        for error in every() {
            let phrase = of_pull(&error);
            assert!(phrases.knows(&phrase.key), "{}", phrase.key);
            for language in [Language::Ru, Language::En] {
                let said = phrases.render(language, &phrase);
                assert!(!said.contains("{$") && said.len() > 10, "{said}");
            }
        }
        for kind in [
            FlawKind::Missing,
            FlawKind::Truncated { expected: 2, found: 1 },
            FlawKind::Wrong { expected: "a".into(), found: "b".into() },
            FlawKind::Unreadable { reason: "odd".into() },
            FlawKind::Unknown,
        ] {
            let phrase = of_flaw(&Flaw { file: "m/x".into(), kind });
            assert!(phrases.render(Language::Ru, &phrase).contains("m/x"), "{}", phrase.key);
        }
    }

    #[test]
    fn what_is_wrong_with_a_manifest_is_a_sentence() {
        let text = || "text".to_owned();
        for kind in [
            UnusableKind::Unreadable { reason: text() },
            UnusableKind::Folder { name: text() },
            UnusableKind::Name { name: text() },
            UnusableKind::Taken { name: text() },
            UnusableKind::House { path: text(), reason: text() },
        ] {
            let phrase = of_unusable(&Unusable { path: "/d/m.toml".into(), kind });
            let said = Phrases::load().render(Language::Ru, &phrase);
            assert!(said.contains("/d/m.toml") && said.contains("text") && !said.contains("{$"), "{said}");
        }
    }

    #[test]
    fn a_gated_repository_says_where_to_go() {
        let phrases = Phrases::load();
        let said = |sent| {
            let phrase = of_pull(&PullError::HubGated { page: "https://h/o/r".into(), sent });
            phrases.render(Language::Ru, &phrase)
        };
        assert!(said(false).contains("https://h/o/r") && said(false).contains("HF_TOKEN"), "{}", said(false));
        assert!(said(true).contains("https://h/o/r") && !said(true).contains("HF_TOKEN"), "{}", said(true));
    }
}
