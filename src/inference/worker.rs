//! A model's thread: it loads the model when it is first asked, unloads it when it has been idle, takes the GPU permit,
//! turns a panic into an error (the model is rebuilt at the next request), and drops requests that nobody waits for.
//!
//! In: jobs. Out: their answers, and whether the model is in memory. It ends when the last handle is gone.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::InferenceError;
use super::budget::Seat;
use super::handle::{Readiness, Terms};
use super::model::{Boxed, Control, Progress};
use super::permit::Permit;

/// A request on its way to the model.
pub(super) struct Job<I, O, P> {
    pub(super) input: I,
    pub(super) stop: CancellationToken,
    pub(super) progress: Progress<P>,
    pub(super) reply: oneshot::Sender<Result<O, InferenceError>>,
    pub(super) span: tracing::Span,
}

/// The model's thread.
pub(super) struct Worker<I, O, P, L> {
    pub(super) terms: Terms,
    pub(super) load: L,
    pub(super) tell: watch::Sender<Readiness>,
    pub(super) model: Option<Boxed<I, O, P>>,
}

impl<I, O, P, L: Fn() -> Result<Boxed<I, O, P>, InferenceError>> Worker<I, O, P, L> {
    pub(super) fn work(mut self, mut inbox: mpsc::Receiver<Job<I, O, P>>) {
        let seat = self.terms.budget.seat(&self.terms.name, self.terms.memory_mb);
        let mut last = Instant::now();
        loop {
            let job = match inbox.try_recv() {
                Ok(job) => job,
                Err(mpsc::error::TryRecvError::Disconnected) => return,
                Err(mpsc::error::TryRecvError::Empty) => {
                    if self.model.is_some() && (last.elapsed() >= self.terms.idle || seat.must_leave()) {
                        tracing::info!(model = %self.terms.name, "unloaded");
                        self.model = None;
                        seat.left();
                        let _ = self.tell.send(Readiness::Away);
                    }
                    // Woken by the next job when nothing is loaded; otherwise looks whether it is time to unload.
                    match wait(&mut inbox, self.model.is_some()) {
                        Some(Some(job)) => job,
                        Some(None) => continue,
                        None => return,
                    }
                }
            };
            if job.reply.is_closed() || job.stop.is_cancelled() {
                let _ = job.reply.send(Err(InferenceError::Stopped));
                continue;
            }
            seat.take();
            if self.model.is_none() {
                until_there_is_room(&seat);
            }
            self.one(job, &seat);
            last = Instant::now();
        }
    }

    fn one(&mut self, job: Job<I, O, P>, seat: &Seat) {
        let Job { input, stop, progress, reply, span } = job;
        let _entered = span.enter();
        let started = Instant::now();
        let permit = self.terms.permit.clone();
        let held = permit.as_ref().map(Permit::take);
        let ctl = Control { stop, progress: RefCell::new(progress), held: RefCell::new(held) };
        let done = catch_unwind(AssertUnwindSafe(|| self.loaded()?.run(input, &ctl)));
        let done = done.unwrap_or_else(|panic| {
            self.model = None;
            let _ = self.tell.send(Readiness::Away);
            Err(InferenceError::Panicked { model: self.terms.name.clone(), reason: words_of(&*panic) })
        });
        tracing::debug!(model = %self.terms.name, ms = started.elapsed().as_millis(), ok = done.is_ok(), "ran");
        // The seat says what is true before the caller can ask for the next thing. A model that could not be loaded, or
        // panicked, takes no memory.
        if self.model.is_some() {
            seat.used()
        } else {
            seat.left()
        }
        let _ = reply.send(done);
    }

    fn loaded(&mut self) -> Result<&mut Boxed<I, O, P>, InferenceError> {
        if self.model.is_none() {
            let started = Instant::now();
            let model = (self.load)().inspect_err(|_| {
                let _ = self.tell.send(Readiness::Broken);
            })?;
            tracing::info!(model = %self.terms.name, ms = started.elapsed().as_millis(), "loaded");
            self.model = Some(model);
            let _ = self.tell.send(Readiness::Ready);
        }
        self.model.as_mut().ok_or_else(|| InferenceError::Gone { model: self.terms.name.clone() })
    }
}

/// Waits for a job: for ever when there is nothing to unload, else a little. `None` when every handle is gone.
fn wait<T>(inbox: &mut mpsc::Receiver<T>, look_again: bool) -> Option<Option<T>> {
    if !look_again {
        return inbox.blocking_recv().map(Some);
    }
    for _ in 0..20 {
        match inbox.try_recv() {
            Ok(job) => return Some(Some(job)),
            Err(mpsc::error::TryRecvError::Disconnected) => return None,
            Err(mpsc::error::TryRecvError::Empty) => nap(),
        }
    }
    Some(None)
}

/// Idle models leave within a few naps; after two seconds the model is loaded all the same.
fn until_there_is_room(seat: &Seat) {
    let asked = Instant::now();
    while !seat.has_room() && asked.elapsed() < Duration::from_secs(2) {
        nap();
    }
}

/// A loaded model thread looks for work every two milliseconds.
fn nap() {
    std::thread::sleep(Duration::from_millis(2));
}

fn words_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no words".to_owned())
}
