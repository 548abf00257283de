//! The model seam: a synchronous [`Model`] on a thread of its own, and the clonable [`Handle`] the house holds.
//!
//! The thread loads the model when it is first asked, unloads it when it has been idle, takes the GPU permit, turns a
//! panic into an error (the model is rebuilt at the next request), and drops requests that nobody waits for. It ends
//! when the last handle is gone.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::InferenceError;
use super::budget::Seat;
use super::permit::{Held, Permit};

/// Receives partial results, on the model's thread.
pub type Progress<P> = Box<dyn FnMut(P) + Send>;

/// A model family.
///
/// ```
/// use aisaac::inference::{Boxed, Control, Handle, InferenceError, Model, Terms};
/// use tokio_util::sync::CancellationToken;
///
/// /// Counts letters, and says so after each of them.
/// struct Counter;
///
/// impl Model for Counter {
///     type Input = String;
///     type Output = usize;
///     type Progress = usize;
///
///     fn run(&mut self, text: String, ctl: &Control<usize>) -> Result<usize, InferenceError> {
///         for (count, _) in text.chars().enumerate() {
///             ctl.checkpoint()?; // whoever asked may have said stop
///             ctl.progress(count + 1);
///         }
///         Ok(text.chars().count())
///     }
/// }
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let load = || Ok(Box::new(Counter) as Boxed<String, usize, usize>);
/// let counter = Handle::spawn(Terms::free("counter"), load);
/// let stop = CancellationToken::new();
/// assert_eq!(counter.run("кот".to_owned(), stop.clone(), Box::new(|_| ())).await?, 3);
/// stop.cancel();
/// let stopped = counter.run("кот".to_owned(), stop, Box::new(|_| ())).await;
/// assert!(matches!(stopped, Err(InferenceError::Stopped)));
/// # Ok::<(), InferenceError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Model {
    /// What it is asked.
    type Input;
    /// What it answers.
    type Output;
    /// Its partial results.
    type Progress;

    /// Does one request. Calls [`Control::checkpoint`] between tokens or steps.
    ///
    /// # Errors
    /// Whatever goes wrong with this request; the model stays usable.
    fn run(
        &mut self,
        input: Self::Input,
        ctl: &Control<Self::Progress>,
    ) -> Result<Self::Output, InferenceError>;
}

/// A model of any family with these requests.
pub type Boxed<I, O, P> = Box<dyn Model<Input = I, Output = O, Progress = P> + Send>;

/// What a model may ask of the house while it runs.
pub struct Control<'a, P> {
    stop: CancellationToken,
    progress: RefCell<Progress<P>>,
    held: RefCell<Option<Held<'a>>>,
}

impl<P> Control<'_, P> {
    /// For tests: never stopped, partial results go to a closure.
    #[must_use]
    pub fn detached(stop: CancellationToken, progress: Progress<P>) -> Self {
        Self { stop, progress: RefCell::new(progress), held: RefCell::new(None) }
    }

    /// The stop, and on the GPU the place where somebody who waits goes first.
    ///
    /// # Errors
    /// [`InferenceError::Stopped`] when the caller said stop.
    pub fn checkpoint(&self) -> Result<(), InferenceError> {
        if self.stop.is_cancelled() {
            return Err(InferenceError::Stopped);
        }
        if let Some(held) = self.held.borrow_mut().as_mut() {
            held.step_aside();
        }
        Ok(())
    }

    /// Hands out a partial result.
    pub fn progress(&self, part: P) {
        (self.progress.borrow_mut())(part);
    }
}

/// Whether a model is in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// Not loaded; the next request loads it.
    Away,
    /// In memory.
    Ready,
    /// The last attempt to load it failed; the next request tries again.
    Broken,
}

/// How a model's thread behaves.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Name for the log.
    pub name: String,
    /// Unload after this long without a request.
    pub idle: Duration,
    /// The GPU permit, when the model runs on the GPU.
    pub permit: Option<Permit>,
    /// Shared by all models: loaded memory is bounded.
    pub budget: Arc<super::budget::Budget>,
    /// What the manifest says the model takes, in MiB.
    pub memory_mb: u32,
}

impl Terms {
    /// No permit, no bound: for fakes.
    #[must_use]
    pub fn free(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            idle: Duration::from_secs(3600),
            permit: None,
            budget: Arc::default(),
            memory_mb: 0,
        }
    }
}

struct Job<I, O, P> {
    input: I,
    stop: CancellationToken,
    progress: Progress<P>,
    reply: oneshot::Sender<Result<O, InferenceError>>,
    span: tracing::Span,
}

/// A model, as the rest of the house holds it.
pub struct Handle<I, O, P> {
    name: Arc<str>,
    jobs: mpsc::Sender<Job<I, O, P>>,
    readiness: watch::Receiver<Readiness>,
}

impl<I, O, P> Clone for Handle<I, O, P> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), jobs: self.jobs.clone(), readiness: self.readiness.clone() }
    }
}

impl<I: Send + 'static, O: Send + 'static, P: 'static> Handle<I, O, P> {
    /// Starts the model's thread. `load` runs on it, at the first request and after an unload or a panic.
    #[must_use]
    pub fn spawn(
        terms: Terms,
        load: impl Fn() -> Result<Boxed<I, O, P>, InferenceError> + Send + 'static,
    ) -> Self {
        let (jobs, inbox) = mpsc::channel(64);
        let (tell, readiness) = watch::channel(Readiness::Away);
        let name: Arc<str> = terms.name.as_str().into();
        let thread = std::thread::Builder::new().name(format!("model-{name}"));
        let worker = Worker { terms, load, tell, model: None };
        if let Err(error) = thread.spawn(move || worker.work(inbox)) {
            tracing::error!(model = %name, %error, "no thread for the model");
        }
        Self { name, jobs, readiness }
    }

    /// A closure on a model thread, for tests of other rooms.
    #[must_use]
    pub fn fake(
        name: &str,
        run: impl FnMut(I, &Control<P>) -> Result<O, InferenceError> + Send + 'static,
    ) -> Self {
        let run = Arc::new(std::sync::Mutex::new(run));
        Self::spawn(Terms::free(name), move || {
            Ok(Box::new(Fake { run: run.clone(), of: std::marker::PhantomData }))
        })
    }

    /// Asks the model and waits for its answer. Dropping the future, or `stop`, ends the run at its next checkpoint.
    ///
    /// # Errors
    /// Whatever the model says; [`InferenceError::Panicked`] when it panicked; [`InferenceError::Gone`] when its
    /// thread has ended.
    pub async fn run(
        &self,
        input: I,
        stop: CancellationToken,
        progress: Progress<P>,
    ) -> Result<O, InferenceError> {
        let gone = || InferenceError::Gone { model: self.name.to_string() };
        let (reply, answer) = oneshot::channel();
        let own = stop.child_token();
        let _ends_with_us = own.clone().drop_guard();
        let job = Job { input, stop: own, progress, reply, span: tracing::Span::current() };
        self.jobs.send(job).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// Whether the model is in memory now.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        *self.readiness.borrow()
    }
}

type FakeRun<F> = Arc<std::sync::Mutex<F>>;

struct Fake<F, I, O, P> {
    run: FakeRun<F>,
    of: std::marker::PhantomData<fn(I, P) -> O>,
}

impl<I, O, P, F: FnMut(I, &Control<P>) -> Result<O, InferenceError>> Model for Fake<F, I, O, P> {
    type Input = I;
    type Output = O;
    type Progress = P;

    fn run(&mut self, input: I, ctl: &Control<P>) -> Result<O, InferenceError> {
        let mut run = self.run.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        run(input, ctl)
    }
}

/// The model's thread.
struct Worker<I, O, P, L> {
    terms: Terms,
    load: L,
    tell: watch::Sender<Readiness>,
    model: Option<Boxed<I, O, P>>,
}

impl<I, O, P, L: Fn() -> Result<Boxed<I, O, P>, InferenceError>> Worker<I, O, P, L> {
    fn work(mut self, mut inbox: mpsc::Receiver<Job<I, O, P>>) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn quiet() -> Progress<u32> {
        Box::new(|_| ())
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_the_model_is_rebuilt() {
        let loads = Arc::new(AtomicUsize::new(0));
        struct Fragile;
        impl Model for Fragile {
            type Input = u32;
            type Output = u32;
            type Progress = u32;
            fn run(&mut self, input: u32, _: &Control<u32>) -> Result<u32, InferenceError> {
                assert_ne!(input, 13, "unlucky");
                Ok(input + 1)
            }
        }
        let counted = loads.clone();
        let handle = Handle::spawn(Terms::free("fragile"), move || {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok(Box::new(Fragile) as Boxed<u32, u32, u32>)
        });
        assert_eq!(handle.readiness(), Readiness::Away, "loaded on demand");
        let error = handle.run(13, CancellationToken::new(), quiet()).await.unwrap_err();
        assert!(matches!(error, InferenceError::Panicked { reason, .. } if reason.contains("unlucky")));
        assert_eq!(handle.run(1, CancellationToken::new(), quiet()).await.unwrap(), 2);
        assert_eq!(loads.load(Ordering::Relaxed), 2);
        assert_eq!(handle.readiness(), Readiness::Ready);
    }

    #[tokio::test]
    async fn a_run_ends_at_its_next_checkpoint() {
        let stop = CancellationToken::new();
        let (seen, halt) = (Arc::new(AtomicUsize::new(0)), stop.clone());
        let counter = seen.clone();
        let handle: Handle<u32, u32, u32> = Handle::fake("steps", |steps, ctl| {
            for step in 0..steps {
                ctl.checkpoint()?;
                ctl.progress(step);
            }
            Ok(steps)
        });
        let progress = Box::new(move |step| {
            counter.fetch_add(1, Ordering::Relaxed);
            if step == 2 {
                halt.cancel();
            }
        });
        assert!(matches!(handle.run(100, stop, progress).await, Err(InferenceError::Stopped)));
        assert_eq!(seen.load(Ordering::Relaxed), 3);
        assert_eq!(handle.run(2, CancellationToken::new(), quiet()).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn an_idle_model_is_unloaded() {
        let terms = Terms { idle: Duration::ZERO, ..Terms::free("idle") };
        let handle: Handle<u32, u32, u32> = Handle::spawn(terms, || {
            Ok(Box::new(Fake {
                run: Arc::new(std::sync::Mutex::new(|n, _: &Control<u32>| Ok(n))),
                of: std::marker::PhantomData,
            }))
        });
        handle.run(1, CancellationToken::new(), quiet()).await.unwrap();
        let mut readiness = handle.readiness.clone();
        readiness.wait_for(|now| *now == Readiness::Away).await.unwrap();
    }

    #[tokio::test]
    async fn only_models_in_memory_count_and_room_is_made_before_loading() {
        struct Counted(Arc<AtomicUsize>);
        impl Drop for Counted {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        impl Model for Counted {
            type Input = bool;
            type Output = usize;
            type Progress = u32;
            fn run(&mut self, sound: bool, _: &Control<u32>) -> Result<usize, InferenceError> {
                assert!(sound, "broken");
                Ok(self.0.load(Ordering::SeqCst))
            }
        }
        let (budget, alive) = (super::super::Budget::new(100), Arc::new(AtomicUsize::new(0)));
        let [a, b, c] = ["a", "b", "c"].map(|name| {
            let terms = Terms { budget: budget.clone(), memory_mb: 50, ..Terms::free(name) };
            let alive = alive.clone();
            Handle::spawn(terms, move || {
                alive.fetch_add(1, Ordering::SeqCst);
                Ok(Box::new(Counted(alive.clone())) as Boxed<bool, usize, u32>)
            })
        });
        let run = async |handle: &Handle<bool, usize, u32>, sound| {
            handle.run(sound, CancellationToken::new(), Box::new(|_| ())).await
        };
        run(&a, false).await.unwrap_err();
        assert_eq!(run(&b, true).await.unwrap(), 1, "a panicked and is gone");
        assert_eq!(run(&c, true).await.unwrap(), 2);
        assert_eq!(b.readiness(), Readiness::Ready, "a's memory is free again, so b may stay");
        assert_eq!(run(&a, true).await.unwrap(), 2, "b, idle for longest, left before a was loaded");
        b.readiness.clone().wait_for(|now| *now == Readiness::Away).await.unwrap();
        assert_eq!(c.readiness(), Readiness::Ready);
    }
}
