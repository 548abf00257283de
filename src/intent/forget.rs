//! *forget*: everything kept about the lane and the person goes; the reply counts what went. Slash command only.

use async_trait::async_trait;

use super::Intent;
use super::kit::{Ask, Kit};
use crate::message::{Failure, Outcome};

/// Deletes what is kept.
pub(super) struct Forget;

#[async_trait]
impl Intent for Forget {
    fn name(&self) -> &'static str {
        "forget"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["забудь"]
    }

    async fn handle(&self, _ask: &Ask, _kit: &Kit) -> Result<Outcome, Failure> {
        Ok(Outcome::Forget)
    }
}
