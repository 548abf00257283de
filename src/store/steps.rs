//! Where the work stands: every step that a message, a drawing or a reply reaches is said here, to the log and to
//! whoever watches. A fail point may hold the work there; nothing else in the house waits for a step.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::Store;
use crate::message::Step;

/// Somebody who is told of each step: a fail point, a crash test.
pub trait Witness: Send + Sync {
    /// A row has reached a step; what comes next waits until the future ends. No transaction is open meanwhile.
    fn reached(&self, step: Step, row: i64) -> Pin<Box<dyn Future<Output = ()> + Send>>;

    /// The same on a model's thread, where blocking holds the model.
    fn passed(&self, step: Step, row: i64);
}

/// The witness, if there is one.
#[derive(Clone, Default)]
pub(super) struct Steps(Option<Arc<dyn Witness>>);

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "watched" } else { "unwatched" })
    }
}

impl Store {
    /// The same store, with a witness.
    #[must_use]
    pub fn watched(self, witness: Arc<dyn Witness>) -> Self {
        Self { steps: Steps(Some(witness)), ..self }
    }

    /// Says that a row (of a message, a drawing or a reply, as the step has it) has reached a step.
    pub async fn reached(&self, step: Step, row: i64) {
        tracing::debug!(%step, row, "reached");
        if let Steps(Some(witness)) = &self.steps {
            witness.reached(step, row).await;
        }
    }

    /// [`Self::reached`] for a model's thread.
    pub fn passed(&self, step: Step, row: i64) {
        tracing::trace!(%step, row, "reached");
        if let Steps(Some(witness)) = &self.steps {
            witness.passed(step, row);
        }
    }
}
