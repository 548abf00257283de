//! What an answer means that brings no file: try again, and when, or give up with a cure.

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Response, StatusCode};

use super::Hub;
use crate::models::PullError;

/// Why one connection gave nothing whole.
pub(super) enum Broke {
    /// Worth another connection, perhaps after a wait that the hub asks for.
    Again(PullError, Option<Duration>),
    /// It will not get better.
    Final(PullError),
}

/// The hub's own word for what is wrong.
const CODE: &str = "x-error-code";

impl Hub<'_> {
    /// The connection did not come about, or broke.
    pub(super) fn offline(url: &str, source: reqwest::Error) -> Broke {
        let redirect = source.is_redirect();
        let error = PullError::offline(url, source);
        if redirect { Broke::Final(error) } else { Broke::Again(error, None) }
    }

    /// An answer that is none of success; `repository` is where its terms can be accepted.
    pub(super) fn refused(&self, answer: &Response, url: &str, (place, repository): (&str, &str)) -> Broke {
        let url = url.to_owned();
        let page = || format!("{}/{repository}", place.trim_end_matches('/'));
        let code = answer.headers().get(CODE).and_then(|code| code.to_str().ok()).unwrap_or_default();
        let sent = self.options.token.is_some() && self.trusted(&url);
        let status = answer.status().as_u16();
        match (status, code) {
            (404 | 410, _) | (_, "RepoNotFound" | "RevisionNotFound" | "EntryNotFound") => {
                Broke::Final(PullError::HubMissing { url })
            }
            (401, "GatedRepo") if !sent => Broke::Final(PullError::HubGated { page: page(), sent }),
            (401, _) => Broke::Final(PullError::HubToken { page: page(), sent }),
            (403, _) => Broke::Final(PullError::HubGated { page: page(), sent }),
            (429, _) => {
                let after = wait(answer);
                let seconds = after.map(|after| after.as_secs());
                Broke::Again(PullError::HubBusy { url, seconds }, after)
            }
            (408 | 425 | 500..=599, _) => Broke::Again(PullError::Hub { url, status }, wait(answer)),
            _ => Broke::Final(PullError::Hub { url, status }),
        }
    }
}

/// `Retry-After` in seconds.
fn wait(answer: &Response) -> Option<Duration> {
    let text = answer.headers().get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

/// Whether a hub does not know the question itself (some mirrors answer no HEAD).
pub(super) const fn unasked(status: StatusCode) -> bool {
    matches!(status.as_u16(), 400 | 405 | 501)
}
