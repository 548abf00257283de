//! The GPU permit: one model at a time on the card, and an answer need not wait for a whole picture.
//!
//! The holder is asked at its checkpoints whether somebody waits; then it steps aside for one turn. On the processor
//! there is no permit: models share the cores as the operating system sees fit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};

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
        self.now = block_on(self.permit).ok();
        self.permit.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Blocks this model thread until the gate opens.
fn block_on(permit: &Permit) -> Result<SemaphorePermit<'_>, tokio::sync::AcquireError> {
    let (wake, woken) = std::sync::mpsc::channel::<()>();
    let waker = std::task::Waker::from(Arc::new(Wake(wake)));
    let mut context = std::task::Context::from_waker(&waker);
    let mut acquire = std::pin::pin!(permit.gate.acquire());
    loop {
        if let std::task::Poll::Ready(done) = acquire.as_mut().poll(&mut context) {
            return done;
        }
        let _ = woken.recv();
    }
}

struct Wake(std::sync::mpsc::Sender<()>);

impl std::task::Wake for Wake {
    fn wake(self: Arc<Self>) {
        let _ = self.0.send(());
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
