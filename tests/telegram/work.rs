//! Models that work for as long as a test wants: a painter with a gate, and a writer at its own speed.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use aisaac::app::engines::{Engines, PictureModel};
use aisaac::inference::{
    ChatAnswer, ChatRequest, Control, DrawRequest, Handle, InferenceError, Picture, Step,
};

use crate::models::{self, Held};
use crate::world::{Plan, World};

/// Lets pictures through one at a time.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<u32>, Condvar)>);

impl Gate {
    /// One picture more may be finished.
    pub(crate) fn opens(&self) {
        *self.0.0.lock().unwrap() += 1;
        self.0.1.notify_all();
    }

    /// On the painter's thread. False when somebody said stop: the painter of a dead house takes no picture from the living.
    fn passes(&self, ctl: &Control<Step>) -> bool {
        let mut open = self.0.0.lock().unwrap();
        loop {
            if ctl.checkpoint().is_err() {
                return false;
            }
            if *open > 0 {
                *open -= 1;
                return true;
            }
            open = self.0.1.wait_timeout(open, Duration::from_millis(20)).unwrap().0;
        }
    }
}

impl World {
    /// A house whose painter waits at a gate.
    pub(crate) async fn with_gate() -> (Self, Gate) {
        let gate = Gate::default();
        let at = gate.clone();
        let engines = Arc::new(move |held: &_| painting(&at, held));
        (Self::with(Plan { engines, ..Plan::default() }).await, gate)
    }
}

/// The story's models, with a painter who waits at a gate after the first of its two steps.
pub(crate) fn painting(gate: &Gate, held: &Held) -> Engines {
    let (gate, mut engines) = (gate.clone(), models::engines(held));
    let model = Handle::fake("sketch", move |_: DrawRequest, ctl: &Control<Step>| {
        ctl.progress(Step { done: 1, of: 2 });
        if !gate.passes(ctl) {
            return Err(InferenceError::Stopped);
        }
        ctl.progress(Step { done: 2, of: 2 });
        let (scheduler, rgb) = ("fake".to_owned(), vec![7; 3 * 64]);
        Ok(Picture { width: 8, height: 8, rgb, steps: 2, guidance: 1.0, scheduler, cut: None })
    });
    engines.painting = engines.painting.map(|painting| PictureModel { model, ..painting });
    engines
}

/// The story's models, with a writer who says so many words, twenty a second.
pub(crate) fn writing(words: u32, held: &Held) -> Engines {
    let mut engines = models::engines(held);
    let model = Handle::fake("instruct", move |_: ChatRequest, ctl: &Control<String>| {
        let mut text = String::new();
        for number in 1..=words {
            ctl.checkpoint()?;
            let word = format!("word{number} ");
            text.push_str(&word);
            ctl.progress(word);
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(ChatAnswer { text, tokens: 1, ..ChatAnswer::default() })
    });
    engines.answering = engines.answering.map(|(_, facts)| (model, facts));
    engines
}
