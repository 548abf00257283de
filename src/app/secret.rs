//! Secrets come from the environment or from a systemd credential, never from a file of ours.

use std::fs;
use std::path::PathBuf;

/// A secret, from this variable or else from the credential of that name. `of` reads the environment.
pub(super) fn secret(
    of: impl Fn(&str) -> Option<String>,
    variable: &str,
    credential: &str,
) -> Option<String> {
    let held = || {
        let folder = PathBuf::from(of("CREDENTIALS_DIRECTORY")?);
        fs::read_to_string(folder.join(credential)).ok()
    };
    of(variable).or_else(held).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}
