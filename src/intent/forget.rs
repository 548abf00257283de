//! *forget*: everything kept about the lane and the person goes; the reply counts what went. Slash command only.

use futures_util::future::BoxFuture;

use super::Intent;
use super::kit::{Ask, Kit};
use crate::message::{Failure, Outcome};

/// Deletes what is kept.
pub(super) struct Forget;

impl Intent for Forget {
    fn name(&self) -> &'static str {
        "forget"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["забудь"]
    }

    fn handle<'a>(&'a self, _ask: &'a Ask, _kit: &'a Kit) -> BoxFuture<'a, Result<Outcome, Failure>> {
        Box::pin(async move { Ok(Outcome::Forget) })
    }
}
