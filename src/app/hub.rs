//! Where the configuration and the environment say that files of a hub come from.
//!
//! `HF_ENDPOINT` goes before the configuration, as the hub's own tools have it. The token comes from `HF_TOKEN` or from
//! the systemd credential `hf-token`, never from a file of ours.

use super::config::Hub;
use super::secret::secret;
use crate::models::{HubOptions, Token};

/// Name of the credential.
const CREDENTIAL: &str = "hf-token";

pub(super) fn options(config: &Hub) -> HubOptions {
    with(config, |name| std::env::var(name).ok())
}

fn with(config: &Hub, env: impl Fn(&str) -> Option<String>) -> HubOptions {
    let of = |name: &str| env(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    HubOptions {
        endpoint: of("HF_ENDPOINT").unwrap_or_else(|| config.endpoint.clone()),
        mirrors: config.mirrors.clone(),
        token: secret(of, "HF_TOKEN", CREDENTIAL).as_deref().and_then(Token::new),
        ..HubOptions::default()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_environment_goes_first_and_a_token_comes_from_there_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(CREDENTIAL), "of the unit\n").unwrap();
        let credentials = folder.path().display().to_string();
        let read = |given: &[(&str, &str)]| {
            with(&Hub::default(), |name| {
                given.iter().find(|(key, _)| *key == name).map(|(_, v)| (*v).to_owned())
            })
        };
        let plain = read(&[("HF_ENDPOINT", " "), ("HF_TOKEN", "")]);
        assert_eq!(plain.endpoint, "https://huggingface.co");
        assert!(plain.token.is_none());
        let set = read(&[("HF_ENDPOINT", "https://mirror"), ("HF_TOKEN", "secret")]);
        assert_eq!(set.endpoint, "https://mirror");
        assert!(set.token.is_some() && !format!("{set:?}").contains("secret"));
        assert!(read(&[("CREDENTIALS_DIRECTORY", &credentials)]).token.is_some());
    }
}
