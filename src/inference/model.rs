//! The model seam: a synchronous [`Model`], and what it may ask of the house while it runs ([`Control`]).
//!
//! In: a request. Out: its answer, partial results on the way. Never: a thread, a channel, when a model is loaded.

use std::cell::RefCell;

use tokio_util::sync::CancellationToken;

use super::InferenceError;
use super::permit::Held;

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
    pub(super) stop: CancellationToken,
    pub(super) progress: RefCell<Progress<P>>,
    pub(super) held: RefCell<Option<Held<'a>>>,
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
