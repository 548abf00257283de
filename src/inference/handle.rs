//! The clonable [`Handle`] by which the house asks a model, and the [`Terms`] on which its thread works.
//!
//! In: a request, a stop and who hears partial results. Out: the answer. Never: the model itself; the worker has it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::InferenceError;
use super::model::{Boxed, Control, Model, Progress};
use super::permit::Permit;
use super::threads::Threads;
use super::worker::{Job, Worker};

/// Whether a model is in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// Not loaded; the next request loads it.
    Away,
    /// In memory.
    Ready,
    /// The last attempt to load it failed, or it panicked; the next request tries again.
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
    /// Shared by all models: the house waits for their end.
    pub threads: Threads,
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
            threads: Threads::default(),
        }
    }
}

/// A model, as the rest of the house holds it.
pub struct Handle<I, O, P> {
    name: Arc<str>,
    jobs: mpsc::Sender<Job<I, O, P>>,
    readiness: watch::Receiver<Readiness>,
    threads: Threads,
}

impl<I, O, P> Clone for Handle<I, O, P> {
    fn clone(&self) -> Self {
        let Self { name, jobs, readiness, threads } = self;
        Self {
            name: name.clone(),
            jobs: jobs.clone(),
            readiness: readiness.clone(),
            threads: threads.clone(),
        }
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
        let (name, threads) = (Arc::<str>::from(terms.name.as_str()), terms.threads.clone());
        threads.know(name.clone(), terms.memory_mb, readiness.clone());
        threads.start(&name, move || Worker::new(terms, load, tell, inbox).work());
        Self { name, jobs, readiness, threads }
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

    /// Asks the model and waits for its answer. Dropping the future, `stop`, or the end of the house ends the run at its
    /// next checkpoint; a request whose turn has not come is not waited for.
    ///
    /// # Errors
    /// Whatever the model says; [`InferenceError::Stopped`]; [`InferenceError::Panicked`] when it panicked;
    /// [`InferenceError::Gone`] when its thread has ended.
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
        let begun = Arc::new(AtomicBool::new(false));
        let span = tracing::Span::current();
        let job = Job { input, stop: own.clone(), begun: begun.clone(), progress, reply, span };
        // Boxed, or every caller's future would carry the request.
        let mut answered = Box::pin(async {
            self.jobs.send(job).await.map_err(|_| gone())?;
            answer.await.map_err(|_| gone())?
        });
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = self.threads.ending() => {}
            done = &mut answered => return done,
        }
        own.cancel();
        if begun.swap(true, Ordering::AcqRel) { answered.await } else { Err(InferenceError::Stopped) }
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
        assert_eq!(handle.readiness(), Readiness::Broken, "somebody may want to know");
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

    /// A model that says when it begins and runs until it is told how to go on: `true` asks for a checkpoint.
    struct Patient {
        begun: std::sync::mpsc::Receiver<u32>,
        go_on: std::sync::mpsc::Sender<bool>,
        handle: Handle<u32, u32, u32>,
    }

    fn patient(terms: Terms) -> Patient {
        let ((tell, begun), (go_on, told)) = (std::sync::mpsc::channel(), std::sync::mpsc::channel());
        let talk = Arc::new(std::sync::Mutex::new((tell, told)));
        let handle = Handle::spawn(terms, move || {
            let talk = talk.clone();
            let run = Arc::new(std::sync::Mutex::new(move |input: u32, ctl: &Control<u32>| {
                let talk = talk.lock().unwrap();
                talk.0.send(input).unwrap();
                while talk.1.recv().unwrap_or(true) {
                    ctl.checkpoint()?;
                }
                Ok(input)
            }));
            Ok(Box::new(Fake { run, of: std::marker::PhantomData }))
        });
        Patient { begun, go_on, handle }
    }

    fn asked(handle: &Handle<u32, u32, u32>, input: u32, stop: &CancellationToken) -> Asked {
        let (handle, stop) = (handle.clone(), stop.clone());
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async move { handle.run(input, stop, quiet()).await });
        tasks
    }

    type Asked = tokio::task::JoinSet<Result<u32, InferenceError>>;

    async fn answer(mut asked: Asked) -> Result<u32, InferenceError> {
        asked.join_next().await.unwrap().unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_request_in_the_queue_is_stopped_at_once_and_never_begins() {
        let Patient { begun, go_on, handle } = patient(Terms::free("queue"));
        let (stop, never) = (CancellationToken::new(), CancellationToken::new());
        let first = asked(&handle, 1, &never);
        assert_eq!(begun.recv(), Ok(1));
        let second = asked(&handle, 2, &stop);
        let third = asked(&handle, 3, &never);
        stop.cancel();
        assert!(matches!(answer(second).await, Err(InferenceError::Stopped)), "while the first one runs");
        go_on.send(false).unwrap();
        assert_eq!(answer(first).await.unwrap(), 1);
        assert_eq!(begun.recv(), Ok(3), "the second never began");
        go_on.send(false).unwrap();
        assert_eq!(answer(third).await.unwrap(), 3);
    }

    #[tokio::test]
    async fn a_request_that_waits_for_the_card_is_stopped_at_once() {
        let permit = Permit::default();
        let Patient { begun, go_on, handle } =
            patient(Terms { permit: Some(permit.clone()), ..Terms::free("card") });
        let stop = CancellationToken::new();
        let held = permit.take();
        let waiting = asked(&handle, 1, &stop);
        stop.cancel();
        assert!(matches!(answer(waiting).await, Err(InferenceError::Stopped)));
        drop(held);
        go_on.send(false).unwrap();
        assert_eq!(handle.run(2, CancellationToken::new(), quiet()).await.unwrap(), 2);
        assert_eq!(begun.try_iter().collect::<Vec<_>>(), [2]);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_house_ends_its_models_and_waits_for_them() {
        let threads = Threads::default();
        let idle: Handle<u32, u32, u32> =
            Handle::spawn(Terms { threads: threads.clone(), ..Terms::free("idle") }, || {
                Err(InferenceError::Stopped)
            });
        let Patient { begun, go_on, handle } =
            patient(Terms { threads: threads.clone(), ..Terms::free("busy") });
        let never = CancellationToken::new();
        let running = asked(&handle, 1, &never);
        assert_eq!(begun.recv(), Ok(1));
        let queued = asked(&handle, 2, &never);
        assert!(!threads.end(Duration::from_millis(20)).await, "the model has not come to a checkpoint");
        assert!(matches!(answer(queued).await, Err(InferenceError::Stopped)));
        go_on.send(true).unwrap();
        assert!(threads.end(Duration::from_secs(10)).await);
        assert!(matches!(answer(running).await, Err(InferenceError::Stopped)), "at its checkpoint");
        for handle in [idle, handle] {
            let late = handle.run(3, CancellationToken::new(), quiet()).await;
            assert!(matches!(late, Err(InferenceError::Stopped)));
            assert_eq!(handle.readiness(), Readiness::Away);
        }
    }

    #[tokio::test]
    async fn the_house_knows_how_its_models_are() {
        let threads = Threads::default();
        let of = |name| Terms { threads: threads.clone(), memory_mb: 7, ..Terms::free(name) };
        let sound: Handle<u32, u32, u32> = Handle::spawn(of("sound"), || {
            Ok(Box::new(Fake {
                run: Arc::new(std::sync::Mutex::new(|n, _: &Control<u32>| Ok(n))),
                of: std::marker::PhantomData,
            }))
        });
        let spoilt: Handle<u32, u32, u32> = Handle::spawn(of("spoilt"), || {
            Err(InferenceError::Shape { graph: "g".to_owned(), reason: "r".to_owned() })
        });
        let dead: Handle<u32, u32, u32> = Handle::spawn(of("dead"), || Err(InferenceError::Stopped));
        for handle in [&sound, &spoilt] {
            let _ = handle.run(1, CancellationToken::new(), quiet()).await;
        }
        let mut end = dead.readiness.clone();
        drop(dead);
        // Its last word, then its end of the channel goes.
        while end.changed().await.is_ok() {}
        let states = threads.states().into_iter().map(|model| (model.name, model.readiness, model.memory_mb));
        let [ready, broken] = [Readiness::Ready, Readiness::Broken].map(Some);
        let expected = [("sound", ready), ("spoilt", broken), ("dead", None)];
        assert_eq!(states.collect::<Vec<_>>(), expected.map(|(name, state)| (name.to_owned(), state, 7)));
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
