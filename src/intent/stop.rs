//! *stop*: ends the running answer; what was streamed stays, marked. The assistant stops it beside the lane, so when
//! this runs as an intent there was nothing to stop.

use async_trait::async_trait;

use super::kit::{Ask, Kit};
use super::{Intent, say};
use crate::message::{Failure, Outcome, Phrase};

/// Says that nothing runs.
pub(super) struct Stop;

#[async_trait]
impl Intent for Stop {
    fn name(&self) -> &'static str {
        "stop"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["стоп"]
    }

    async fn handle(&self, _ask: &Ask, _kit: &Kit) -> Result<Outcome, Failure> {
        Ok(say(Phrase::new("nothing-to-stop")))
    }
}
