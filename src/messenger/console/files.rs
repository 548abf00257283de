//! Recordings that whoever sits at the terminal names by their files: `/voice FILE`, `aisaac ask --voice FILE`.

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
    let never = |reason: String| {
        let phrase = Phrase::new("voice-unreadable")
            .with("file", recording.remote.clone())
            .with("reason", reason.clone());
        FetchError::Never { phrase, reason }
    };
    let about = tokio::fs::metadata(&recording.remote).await.map_err(|error| never(error.to_string()))?;
    // Whoever opens a pipe may wait for ever, and a folder never begins.
    if !about.is_file() {
        return Err(never("not a file".to_owned()));
    }
    let file = tokio::fs::File::open(&recording.remote).await.map_err(|error| never(error.to_string()))?;
    Ok(Box::new(file))
}

#[cfg(test)]
mod tests {
    use super::*;

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
    async fn what_is_no_file_is_named_and_refused() {
        for name in ["/tmp", "/nowhere/at/all.ogg"] {
            let refused = open(&recording(Path::new(name), None)).await.err().unwrap();
            assert!(
                matches!(refused, FetchError::Never { phrase, .. } if phrase.key == "voice-unreadable"),
                "{name}"
            );
        }
    }
}
