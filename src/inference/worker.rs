//! A model's thread: it loads the model when it is first asked, unloads it when it has been idle, takes the GPU permit,
//! turns a panic into an error (the model is rebuilt at the next request), and drops requests that nobody waits for.
//!
//! In: jobs. Out: their answers, and whether the model is in memory. It ends when the last handle is gone, or the house
//! ends its [`Threads`](super::Threads).

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::InferenceError;
use super::budget::Seat;
use super::handle::{Readiness, Terms};
use super::model::{Boxed, Control, Progress};
use super::permit::Permit;
use super::threads::wait;
use crate::message::{measure, millis};

/// How long idle models have to leave; after that the model is loaded all the same.
const PATIENCE: Duration = Duration::from_secs(2);

/// A request on its way to the model.
pub(super) struct Job<I, O, P> {
    pub(super) input: I,
    pub(super) stop: CancellationToken,
    /// Set by the one who comes first: the thread that begins, or the asker who no longer waits.
    pub(super) begun: Arc<AtomicBool>,
    pub(super) progress: Progress<P>,
    pub(super) reply: oneshot::Sender<Result<O, InferenceError>>,
    pub(super) span: tracing::Span,
}

/// The model's thread.
pub(super) struct Worker<I, O, P, L> {
    terms: Terms,
    load: L,
    tell: watch::Sender<Readiness>,
    inbox: mpsc::Receiver<Job<I, O, P>>,
    seat: Seat,
    model: Option<Boxed<I, O, P>>,
    /// When the last request was done.
    last: Instant,
}

/// What the thread does next.
enum Next<J> {
    Work(J),
    Unload,
    End,
}

impl<I, O, P, L: Fn() -> Result<Boxed<I, O, P>, InferenceError>> Worker<I, O, P, L> {
    pub(super) fn new(
        terms: Terms,
        load: L,
        tell: watch::Sender<Readiness>,
        inbox: mpsc::Receiver<Job<I, O, P>>,
    ) -> Self {
        let seat = terms.budget.seat(&terms.name, terms.memory_mb);
        Self { terms, load, tell, inbox, seat, model: None, last: Instant::now() }
    }

    pub(super) fn work(mut self) {
        loop {
            match self.next() {
                Next::Work(job) => self.one(job),
                Next::Unload => self.unload(),
                Next::End => return self.unload(),
            }
        }
    }

    fn unload(&mut self) {
        if self.model.take().is_some() {
            tracing::info!(model = %self.terms.name, "unloaded");
        }
        self.seat.left();
        let _ = self.tell.send(Readiness::Away);
    }

    /// Waits for a request; while the model is in memory, until it has been idle or another needs the place.
    fn next(&mut self) -> Next<Job<I, O, P>> {
        let Self { terms, inbox, seat, model, last, .. } = self;
        let next = async {
            tokio::select! {
                biased;
                () = terms.threads.ending() => Next::End,
                job = inbox.recv() => job.map_or(Next::End, Next::Work),
                () = seat.asked_to_leave(), if model.is_some() => Next::Unload,
            }
        };
        let until = model.as_ref().and_then(|_| last.checked_add(terms.idle));
        wait(next, until).unwrap_or(Next::Unload)
    }

    fn one(&mut self, job: Job<I, O, P>) {
        let Job { input, stop, begun, progress, reply, span } = job;
        let _entered = span.enter();
        if begun.load(Ordering::Acquire) || reply.is_closed() || stop.is_cancelled() {
            let _ = reply.send(Err(InferenceError::Stopped));
            return;
        }
        self.seat.take();
        if self.model.is_none() {
            wait(self.seat.room(), Some(Instant::now() + PATIENCE));
        }
        let started = Instant::now();
        let permit = self.terms.permit.clone();
        let held = permit.as_ref().map(Permit::take);
        let ctl = Control { stop, progress: RefCell::new(progress), held: RefCell::new(held) };
        let done = catch_unwind(AssertUnwindSafe(|| {
            ctl.checkpoint()?;
            let model = self.loaded()?;
            if begun.swap(true, Ordering::AcqRel) {
                return Err(InferenceError::Stopped);
            }
            model.run(input, &ctl)
        }));
        let done = done.unwrap_or_else(|panic| {
            self.model = None;
            let _ = self.tell.send(Readiness::Broken);
            Err(InferenceError::Panicked { model: self.terms.name.clone(), reason: words_of(&*panic) })
        });
        let (took, ok) = (started.elapsed(), done.is_ok());
        tracing::debug!(model = %self.terms.name, ms = millis(took), ok, "ran");
        measure::model(&self.terms.name, ok, took);
        self.last = Instant::now();
        // The seat says what is true before the caller can ask for the next thing. A model that could not be loaded, or
        // panicked, takes no memory.
        if self.model.is_some() {
            self.seat.used();
        } else {
            self.seat.left();
        }
        let _ = reply.send(done);
    }

    fn loaded(&mut self) -> Result<&mut Boxed<I, O, P>, InferenceError> {
        if self.model.is_none() {
            let started = Instant::now();
            let model = (self.load)().inspect_err(|_| {
                let _ = self.tell.send(Readiness::Broken);
            })?;
            tracing::info!(model = %self.terms.name, ms = millis(started.elapsed()), "loaded");
            self.model = Some(model);
            let _ = self.tell.send(Readiness::Ready);
        }
        self.model.as_mut().ok_or_else(|| InferenceError::Gone { model: self.terms.name.clone() })
    }
}

fn words_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no words".to_owned())
}
