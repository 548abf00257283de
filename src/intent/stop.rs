//! *stop*: ends the running answer; what was streamed stays, marked. The assistant stops it beside the lane, so when
//! this runs as an intent there was nothing to stop.

use futures_util::future::BoxFuture;

use super::kit::{Ask, Kit};
use super::{Intent, say};
use crate::message::{Failure, Outcome, Phrase};

/// Says that nothing runs.
pub(super) struct Stop;

impl Intent for Stop {
    fn name(&self) -> &'static str {
        "stop"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["стоп"]
    }

    fn handle<'a>(&'a self, _ask: &'a Ask, _kit: &'a Kit) -> BoxFuture<'a, Result<Outcome, Failure>> {
        Box::pin(async move { Ok(say(Phrase::new("nothing-to-stop"))) })
    }
}
