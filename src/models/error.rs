//! What can go wrong while models are brought, each as a sentence with its cure.

use std::io;
use std::path::{Path, PathBuf};

use super::readable;

/// Why models could not be pulled, verified or removed.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// Nothing has that name.
    #[error("there is no model or set called {name}{}", hint(nearest.as_deref()))]
    Unknown {
        /// What was asked for.
        name: String,
        /// A known name that looks like it.
        nearest: Option<String>,
    },
    /// Nothing is known for this processor.
    #[error(
        "{name} is not packaged for {arch} processors; set inference.library to a libonnxruntime of your own"
    )]
    Processor {
        /// Which model.
        name: String,
        /// This machine.
        arch: &'static str,
    },
    /// The disk is too small; nothing was begun.
    #[error("{} of disk are needed under {folder} and {} are free: make room, or choose another folder with --data", readable(*needed), readable(*free))]
    Disk {
        /// The data folder.
        folder: PathBuf,
        /// Bytes.
        needed: u64,
        /// Bytes.
        free: u64,
    },
    /// The disk filled up on the way.
    #[error(
        "the disk is full, {path} could not be written: make room and pull again, what is finished stays"
    )]
    Full {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The folder cannot be written.
    #[error("{path} cannot be written: it is read-only for this user; choose another folder with --data")]
    ReadOnly {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another failure of a file.
    #[error("could not {doing} {path}")]
    File {
        /// A verb.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Somebody else is pulling into the same folder.
    #[error("another pull is working in {folder}: wait for it")]
    Busy {
        /// The data folder.
        folder: PathBuf,
    },
    /// There is no Python, or it has no pip.
    #[error(
        "{python} -m pip does not run, it is needed to download {file}: install it (apt-get install python3-pip), or carry the file over by hand and use --from DIR"
    )]
    PipMissing {
        /// The program.
        python: String,
        /// The wheel.
        file: String,
        /// What the system says, when the program did not start.
        source: Option<io::Error>,
    },
    /// pip reaches no index.
    #[error(
        "pip cannot reach the package index for {requirement}: check the network or pip's index and proxy settings, or carry {file} over by hand and use --from DIR ({said})"
    )]
    PipOffline {
        /// `name==version`.
        requirement: String,
        /// The wheel.
        file: String,
        /// pip's own words.
        said: String,
    },
    /// pip failed otherwise.
    #[error("pip could not download {requirement}: {said}")]
    Pip {
        /// `name==version`.
        requirement: String,
        /// pip's own words.
        said: String,
    },
    /// A file is not the expected one.
    #[error("{file} is not the expected file: its SHA-256 is {found}, not {expected}; it was not used")]
    Sum {
        /// Which file.
        file: PathBuf,
        /// Hex.
        expected: String,
        /// Hex.
        found: String,
    },
    /// A file has another length.
    #[error("{file} has {found} bytes, not {expected}; it was not used")]
    Length {
        /// Path or address.
        file: String,
        /// Bytes.
        expected: u64,
        /// Bytes.
        found: u64,
    },
    /// `--from` lacks files.
    #[error("{folder} lacks {}", wanted.join(", "))]
    NotCarried {
        /// The folder.
        folder: PathBuf,
        /// Names of files.
        wanted: Vec<String>,
    },
    /// A package lacks a member or cannot be unpacked.
    #[error("the package {package} does not hold what it should: {reason}")]
    Package {
        /// Its key.
        package: String,
        /// What is wrong.
        reason: String,
    },
    /// What a package carries cannot be read.
    #[error("{file} could not be made from {from}: {source}")]
    Unfit {
        /// The file to be made.
        file: String,
        /// The member.
        from: String,
        /// What is wrong.
        source: FormatError,
    },
    /// The hub cannot be reached, or the connection broke too often.
    #[error(
        "{url} cannot be reached ({}): check the network or the proxy; what came so far is kept, pull again to go on",
        root(source)
    )]
    HubOffline {
        /// The address.
        url: String,
        /// What the client says.
        source: reqwest::Error,
    },
    /// The hub has no such file.
    #[error(
        "{url} does not exist (404): the repository has changed; a newer version of this program may know its new place"
    )]
    HubMissing {
        /// The address.
        url: String,
    },
    /// The hub wants a token, or refuses the one that was sent.
    #[error("{page} {} (401); set HF_TOKEN", if *sent { "refuses the token" } else { "wants a token" })]
    HubToken {
        /// The repository's page.
        page: String,
        /// Whether one was sent.
        sent: bool,
    },
    /// The terms must be accepted first.
    #[error("{page} is gated: accept its terms there, and set HF_TOKEN to a token of that account")]
    HubGated {
        /// The page where they are accepted.
        page: String,
        /// Whether a token was sent.
        sent: bool,
    },
    /// The hub has been asked too often.
    #[error("{url}: too many requests; try again later, what came so far is kept")]
    HubBusy {
        /// The address.
        url: String,
        /// Seconds that it asks to wait.
        seconds: Option<u64>,
    },
    /// The hub offers more than was agreed to.
    #[error("{url} offers {} where {} were agreed to; nothing of it was used", readable(*found), readable(*agreed))]
    HubMore {
        /// The address.
        url: String,
        /// Bytes.
        agreed: u64,
        /// Bytes.
        found: u64,
    },
    /// Any other answer.
    #[error("{url} answered {status}: try again later; what came so far is kept")]
    Hub {
        /// The address.
        url: String,
        /// HTTP status.
        status: u16,
    },
    /// An installed model reads this one's files.
    #[error("{name} is needed by {}: remove that first", others.join(", "))]
    Needed {
        /// Which model.
        name: String,
        /// Which others.
        others: Vec<String>,
    },
    /// The work ended early (the program stops).
    #[error("pulling was interrupted; pull again to go on")]
    Interrupted,
}

impl PullError {
    /// A connection that did not come about. The address in reqwest's own words may be a signed one: it goes.
    pub(super) fn offline(url: &str, source: reqwest::Error) -> Self {
        Self::HubOffline { url: url.to_owned(), source: source.without_url() }
    }

    /// A failure of a file, by its kind.
    pub(super) fn file(doing: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path, source },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem if doing == "write" => {
                Self::ReadOnly { path, source }
            }
            _ => Self::File { doing, path, source },
        }
    }
}

/// A file of a foreign format does not hold what it says.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// It ends too early.
    #[error("it ends within {what}")]
    Short {
        /// What was being read.
        what: &'static str,
    },
    /// It is something else.
    #[error("it is not a {wanted} file")]
    Magic {
        /// The format.
        wanted: &'static str,
    },
    /// A version, type or value that this program does not know.
    #[error("{what} {found} is not supported")]
    Unsupported {
        /// Of what.
        what: &'static str,
        /// Which one.
        found: String,
    },
    /// Text that is not UTF-8.
    #[error("{what} is not UTF-8")]
    Text {
        /// What was being read.
        what: &'static str,
    },
    /// Something that the plan names is not there.
    #[error("it has no {what} {name}")]
    Absent {
        /// Tensor or key.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Sizes do not go together.
    #[error("{name} does not fit: {reason}")]
    Misfit {
        /// Tensor or file.
        name: String,
        /// What is wrong.
        reason: String,
    },
}

/// The innermost cause.
pub(crate) fn root(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(
        || "; `aisaac models list` shows them".to_owned(),
        |name| format!(", did you mean {name}?"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_file_trouble_have_their_own_sentences() {
        let of = |kind| PullError::file("write", Path::new("/d/x"), io::Error::from(kind)).to_string();
        assert!(of(io::ErrorKind::StorageFull).contains("full"));
        assert!(of(io::ErrorKind::ReadOnlyFilesystem).contains("read-only"));
        assert_eq!(of(io::ErrorKind::NotFound), "could not write /d/x");
    }

    #[test]
    fn a_nearest_name_is_offered() {
        let of = |nearest: Option<&str>| {
            PullError::Unknown { name: "scetch".into(), nearest: nearest.map(str::to_owned) }.to_string()
        };
        assert!(of(Some("sketch")).ends_with("did you mean sketch?"));
        assert!(of(None).contains("models list"));
    }
}
