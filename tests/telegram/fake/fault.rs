//! What can go wrong between a bot and the server, on demand.
//!
//! Only the list of what is to go wrong; [`super::wire`] does it.

use std::time::Duration;

use serde_json::Value;

/// Any method, and downloads of files.
pub(crate) const ANY: &str = "any";
/// The download of a file, which has no method name.
pub(crate) const DOWNLOAD: &str = "download";

/// What goes wrong.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// An error with this code, this whole description, and these parameters; the call is not handled.
    Status(u16, String, Option<Value>),
    /// 429, in the body and in the header.
    RetryAfter(u64),
    /// What a proxy in between says.
    Html502,
    /// 200, and a body that is no JSON.
    Garbage,
    /// Taken, and never answered until the fake is told to let go or stops.
    HalfOpen,
    /// Handled after this time.
    Slow(Duration),
    /// The connection is cut before the call is handled.
    Drop,
    /// The call is handled, and the connection is cut before its answer: the outcome is unknown.
    DropAfter,
}

impl Fault {
    /// Error `code` with this whole description.
    pub(crate) fn status(code: u16, description: &str) -> Self {
        Self::Status(code, description.to_owned(), None)
    }
}

struct Due {
    method: String,
    fault: Fault,
    /// None: until cleared.
    left: Option<u32>,
}

/// What is yet to go wrong.
#[derive(Default)]
pub(super) struct Faults(Vec<Due>);

impl Faults {
    pub(super) fn add(&mut self, method: &str, fault: Fault, times: Option<u32>) {
        if times != Some(0) {
            self.0.push(Due { method: method.to_lowercase(), fault, left: times });
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// What goes wrong with this call: the oldest fault that is meant for it.
    pub(super) fn take(&mut self, method: &str) -> Option<Fault> {
        let method = method.to_lowercase();
        let index = self.0.iter().position(|due| due.method == ANY || due.method == method)?;
        let due = &mut self.0[index];
        let fault = due.fault.clone();
        due.left = due.left.map(|left| left - 1);
        if due.left == Some(0) {
            self.0.remove(index);
        }
        Some(fault)
    }
}
