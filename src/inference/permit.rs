//! The GPU permit: one model at a time on the card, and an answer need not wait for a whole picture.
//!
//! The holder is asked at its checkpoints whether somebody waits; then it steps aside for one turn. On the processor
//! there is no permit: models share the cores as the operating system sees fit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::threads::wait;

/// The one permit, shared by every model on the card.
#[derive(Debug, Clone)]
pub struct Permit {
    gate: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
}

impl Default for Permit {
    fn default() -> Self {
        Self { gate: Arc::new(Semaphore::new(1)), waiting: Arc::default() }
    }
}

/// The card, held.
#[derive(Debug)]
pub struct Held<'a> {
    permit: &'a Permit,
    now: Option<SemaphorePermit<'a>>,
}

impl Permit {
    /// Waits for the card, first come first served. For model threads: it blocks.
    #[must_use]
    pub fn take(&self) -> Held<'_> {
        let mut held = Held { permit: self, now: None };
        held.acquire();
        held
    }
}

impl Held<'_> {
    /// Lets those who wait go first, once.
    pub fn step_aside(&mut self) {
        if self.permit.waiting.load(Ordering::Acquire) > 0 {
            self.now = None;
            self.acquire();
        }
    }

    fn acquire(&mut self) {
        self.permit.waiting.fetch_add(1, Ordering::AcqRel);
        self.now = wait(self.permit.gate.acquire(), None).and_then(Result::ok);
        self.permit.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::time::Duration;

    #[test]
    fn a_long_holder_lets_a_waiter_in_between() {
        let permit = Permit::default();
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut picture = permit.take();
        let answer = {
            let (permit, order) = (permit.clone(), order.clone());
            std::thread::spawn(move || {
                let _held = permit.take();
                order.lock().unwrap().push("answer");
            })
        };
        while permit.waiting.load(Ordering::Acquire) == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        picture.step_aside();
        order.lock().unwrap().push("picture");
        answer.join().unwrap();
        assert_eq!(*order.lock().unwrap(), ["answer", "picture"]);
    }
}
