//! The board: one actor of the house moves at a time, from step to step, as the schedule says.
//!
//! An actor that reaches a step is parked there until it is its turn again. So a schedule is the same every time, though
//! the database and the models have threads of their own: nobody else moves while one of them works.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Waker};

use aisaac::inference::{Control, InferenceError};
use aisaac::message::Step;
use aisaac::store::Witness;

/// Who moves: the painter, or another one by number.
pub(crate) type Actor = usize;

/// The painter: its model has a thread, which is parked with it.
pub(crate) const PAINTER: Actor = 0;

/// Where an actor stands: at a step with a row, or somewhere between (a slow delivery).
pub(crate) type Place = Option<(Step, i64)>;

#[derive(Default)]
struct State {
    moving: Actor,
    parked: BTreeMap<Actor, Place>,
    reached: BTreeMap<Step, u64>,
    waker: Option<Waker>,
    /// The model is to go on only when it has been told to stop.
    until_stopped: bool,
    over: bool,
    /// The drawing that the model works on.
    painted: i64,
}

/// The board of one life of the house.
#[derive(Clone, Default)]
pub(crate) struct Board {
    state: Arc<(Mutex<State>, Condvar)>,
}

/// How a move ended.
pub(crate) enum Moved {
    /// At a step.
    Parked,
    /// The actor has done what there was to do; false when there was nothing.
    Done(bool),
}

/// What an actor does: one message, one picture, one reply.
pub(crate) type Act = Pin<Box<dyn Future<Output = bool>>>;

impl Board {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.0.lock().unwrap()
    }

    /// Lets an actor go on to its next step, or to its end.
    pub(crate) async fn moves(&self, actor: Actor, act: &mut Act, until_stopped: bool) -> Moved {
        {
            let mut state = self.lock();
            state.moving = actor;
            state.until_stopped = until_stopped;
            state.parked.remove(&actor);
            self.state.1.notify_all();
        }
        std::future::poll_fn(|context| {
            self.lock().waker = Some(context.waker().clone());
            match act.as_mut().poll(context) {
                Poll::Ready(did) => Poll::Ready(Moved::Done(did)),
                Poll::Pending if self.lock().parked.contains_key(&actor) => Poll::Ready(Moved::Parked),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }

    /// Steps at which actors stand now.
    pub(crate) fn standing(&self) -> Vec<(Step, i64)> {
        self.lock().parked.values().filter_map(|place| *place).collect()
    }

    /// How often each step was reached.
    pub(crate) fn reached(&self) -> BTreeMap<Step, u64> {
        self.lock().reached.clone()
    }

    /// Parks whoever moves.
    pub(crate) fn park(&self, place: Place) -> impl Future<Output = ()> + Send + 'static {
        Park { board: self.clone(), place, actor: None }
    }

    /// On the model's thread, after a denoising step: parks the painter.
    pub(crate) fn hold(&self) {
        let mut state = self.lock();
        let painted = state.painted;
        state.parked.insert(PAINTER, Some((Step::Denoised, painted)));
        state.waker.iter().for_each(Waker::wake_by_ref);
        while !state.over && state.parked.contains_key(&PAINTER) {
            state = self.state.1.wait(state).unwrap();
        }
    }

    /// On the model's thread, before a step: whether it is to stop. A stop that is sure to come is waited for.
    pub(crate) fn stopped<P>(&self, ctl: &Control<P>) -> Result<(), InferenceError> {
        while ctl.checkpoint().is_ok() && self.lock().until_stopped && !self.lock().over {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        if self.lock().over { Err(InferenceError::Stopped) } else { ctl.checkpoint() }
    }

    /// The process is dead; its model's thread is let go.
    pub(crate) fn is_over(&self) {
        self.lock().over = true;
        self.state.1.notify_all();
    }
}

struct Park {
    board: Board,
    place: Place,
    actor: Option<Actor>,
}

impl Future for Park {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let board = self.board.clone();
        let mut state = board.lock();
        match self.actor {
            None => {
                let moving = state.moving;
                self.actor = Some(moving);
                state.parked.insert(moving, self.place);
                Poll::Pending
            }
            Some(actor) if state.parked.contains_key(&actor) => Poll::Pending,
            Some(_) => Poll::Ready(()),
        }
    }
}

impl Witness for Board {
    fn reached(&self, step: Step, row: i64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        *self.lock().reached.entry(step).or_default() += 1;
        Box::pin(self.park(Some((step, row))))
    }

    fn passed(&self, step: Step, row: i64) {
        let mut state = self.lock();
        *state.reached.entry(step).or_default() += 1;
        state.painted = row;
    }
}
