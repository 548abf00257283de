//! Recordings that whoever sits at the terminal names by their files: `/voice FILE`, `aisaac ask --voice FILE`.

use std::io;
use std::path::{Path, PathBuf, absolute};

use crate::message::{Body, Phrase, Recording};
use crate::messenger::{FetchError, Incoming};

/// Names of the command.
const COMMANDS: [&str; 2] = ["/voice", "/голос"];

/// What a line is: a recording after `/voice`, text otherwise.
pub(super) fn body(line: String) -> Body {
    let trimmed = line.trim();
    let (command, rest) = trimmed.split_once(char::is_whitespace).unwrap_or((trimmed, ""));
    if !COMMANDS.contains(&command.to_lowercase().as_str()) {
        return Body::Text(line);
    }
    let name = rest.trim();
    // As a terminal pastes a file that was dragged into it.
    let quoted = ['\'', '"'].iter().find_map(|mark| name.strip_prefix(*mark)?.strip_suffix(*mark));
    Body::Voice(recording(&home(quoted.unwrap_or(name)), None))
}

/// The recording in a file, under its absolute name: whoever brings it may stand elsewhere.
#[must_use]
pub fn recording(file: &Path, caption: Option<String>) -> Recording {
    let file = absolute(file).unwrap_or_else(|_| file.to_owned());
    Recording { remote: file.to_string_lossy().into_owned(), caption }
}

fn home(name: &str) -> PathBuf {
    match (name.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(name),
    }
}

/// Opens a recording.
///
/// # Errors
/// With the sentence for whoever named it, when there is no such file or it cannot be read.
pub async fn open(recording: &Recording) -> Result<Incoming, FetchError> {
    let refused = |error: io::Error| FetchError::Never {
        phrase: unreadable(recording, &error),
        reason: error.to_string(),
    };
    let about = tokio::fs::metadata(&recording.remote).await.map_err(refused)?;
    // Whoever opens a pipe may wait for ever, and a folder never begins.
    if about.is_dir() {
        return Err(refused(io::ErrorKind::IsADirectory.into()));
    }
    if !about.is_file() {
        return Err(refused(io::Error::new(io::ErrorKind::InvalidInput, "not a file")));
    }
    Ok(Box::new(tokio::fs::File::open(&recording.remote).await.map_err(refused)?))
}

/// Why a recording cannot be read, for whoever named it: in words of the house where it has some.
#[must_use]
pub fn unreadable(recording: &Recording, error: &io::Error) -> Phrase {
    let key = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => "voice-no-file",
        io::ErrorKind::PermissionDenied => "voice-forbidden",
        io::ErrorKind::IsADirectory => "voice-folder",
        io::ErrorKind::InvalidInput => "voice-not-a-file",
        _ => "voice-unreadable",
    };
    let phrase = Phrase::new(key).with("file", recording.remote.clone());
    if key == "voice-unreadable" { phrase.with("reason", error.to_string()) } else { phrase }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Language;
    use crate::phrases::Phrases;

    #[test]
    fn a_line_is_a_recording_only_after_its_command() {
        let remote = |line: &str| match body(line.to_owned()) {
            Body::Voice(recording) => recording.remote,
            _ => panic!("text"),
        };
        assert_eq!(remote("/voice /tmp/a b.ogg"), "/tmp/a b.ogg");
        assert_eq!(remote(" /Голос \"/tmp/привет.ogg\" "), "/tmp/привет.ogg");
        assert_eq!(remote("/voice note.ogg"), absolute("note.ogg").unwrap().to_string_lossy());
        assert_eq!(body("/voices note.ogg".to_owned()), Body::Text("/voices note.ogg".to_owned()));
        assert_eq!(body("say /voice x".to_owned()), Body::Text("say /voice x".to_owned()));
    }

    #[tokio::test]
    async fn what_is_no_file_is_named_and_refused_in_words() {
        for (name, russian) in [
            ("/", "/ — это папка, а не запись."),
            ("/dev/null", "/dev/null — это не файл."),
            ("/nowhere/at/all.ogg", "Файла /nowhere/at/all.ogg нет."),
            ("/dev/null/all.ogg", "Файла /dev/null/all.ogg нет."),
        ] {
            let refused = open(&recording(Path::new(name), None)).await.err().unwrap();
            assert!(matches!(refused, FetchError::Never { .. }), "{name}");
            assert_eq!(Phrases::load().render(Language::Ru, &refused.phrase()), russian);
        }
        let forbidden =
            unreadable(&recording(Path::new("/a"), None), &io::ErrorKind::PermissionDenied.into());
        assert_eq!(Phrases::load().render(Language::En, &forbidden), "I am not allowed to read the file /a.");
    }
}
