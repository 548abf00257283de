//! The threads of the models: how one waits without spinning, and how all of them end.
//!
//! A model's thread waits for futures (a request, a place in memory, the GPU) like any task, but blocks while it does.
//! The house ends them all together and waits for that, so that no session is alive when the process goes.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{Builder, Thread};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::handle::Readiness;

/// The threads of all models of a house.
#[derive(Debug, Clone, Default)]
pub struct Threads {
    stop: CancellationToken,
    /// Each thread holds a receiver as long as it lives.
    alive: watch::Sender<()>,
    models: Arc<Mutex<Vec<Known>>>,
}

/// How a model is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelState {
    /// Its name.
    pub name: String,
    /// Whether it is in memory; `None` when its thread has ended.
    pub readiness: Option<Readiness>,
    /// What its manifest says it takes in memory, in MiB.
    pub memory_mb: u32,
}

#[derive(Debug)]
struct Known {
    name: Arc<str>,
    memory_mb: u32,
    readiness: watch::Receiver<Readiness>,
}

impl Threads {
    /// Starts a model's thread.
    pub(super) fn start(&self, name: &str, work: impl FnOnce() + Send + 'static) {
        let alive = self.alive.subscribe();
        let run = move || {
            work();
            drop(alive);
        };
        if let Err(error) = Builder::new().name(format!("model-{name}")).spawn(run) {
            tracing::error!(model = name, %error, "no thread for the model");
        }
    }

    /// A model whose thread is about to start.
    pub(super) fn know(&self, name: Arc<str>, memory_mb: u32, readiness: watch::Receiver<Readiness>) {
        self.models().push(Known { name, memory_mb, readiness });
    }

    /// How every model is now.
    #[must_use]
    pub fn states(&self) -> Vec<ModelState> {
        let state = |model: &Known| {
            // The thread holds the other end as long as it lives.
            let alive = model.readiness.has_changed().is_ok();
            let readiness = alive.then(|| *model.readiness.borrow());
            ModelState { name: model.name.to_string(), readiness, memory_mb: model.memory_mb }
        };
        self.models().iter().map(state).collect()
    }

    fn models(&self) -> std::sync::MutexGuard<'_, Vec<Known>> {
        self.models.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the house ends its models.
    pub(super) async fn ending(&self) {
        self.stop.cancelled().await;
    }

    /// Stops what runs at its next checkpoint and waits until every thread has ended; false when that took too long.
    pub async fn end(&self, within: Duration) -> bool {
        self.stop.cancel();
        tokio::time::timeout(within, self.alive.closed()).await.is_ok()
    }
}

/// Blocks this thread until the future is ready; `None` when `until` passes first.
pub(super) fn wait<F: Future>(future: F, until: Option<Instant>) -> Option<F::Output> {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = std::pin::pin!(future);
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(done);
        }
        match until.map(|until| until.saturating_duration_since(Instant::now())) {
            None => std::thread::park(),
            Some(Duration::ZERO) => return None,
            Some(left) => std::thread::park_timeout(left),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_sleeps_until_it_is_woken_or_the_time_is_up() {
        let mut polls = 0;
        let never = std::future::poll_fn(|_| {
            polls += 1;
            Poll::<()>::Pending
        });
        let begun = Instant::now();
        assert_eq!(wait(never, Some(begun + Duration::from_millis(50))), None);
        assert!(begun.elapsed() >= Duration::from_millis(50));
        assert!(polls < 5, "{polls} looks in 50 ms");
        let (tell, told) = tokio::sync::oneshot::channel();
        let teller = std::thread::spawn(move || tell.send(7));
        assert_eq!(wait(told, None), Some(Ok(7)));
        teller.join().unwrap().unwrap();
        assert_eq!(
            wait(std::future::ready(1), Some(begun)),
            Some(1),
            "what is ready counts after the time as well"
        );
    }
}
