//! The GPU permit: one model at a time on the card, and an answer need not wait for a whole picture.
//!
//! Answers (and what understands people) go before pictures; within a class, first come, first served. The holder is
//! asked at its checkpoints whether somebody who may go first waits; then it steps aside and queues again. On the
//! processor there is no permit: models share the cores as the operating system sees fit.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// The one permit, shared by every model on the card. By default it is an answer's.
#[derive(Debug, Clone, Default)]
pub struct Permit {
    gate: Arc<Gate>,
    class: Class,
}

/// Who goes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    #[default]
    Answers,
    Pictures,
}

#[derive(Debug, Default)]
struct Gate {
    queue: Mutex<Queue>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    held: bool,
    tickets: u64,
    /// In the order in which they go.
    waiting: BTreeSet<(Class, u64)>,
}

/// The card, held.
#[derive(Debug)]
pub struct Held<'a> {
    permit: &'a Permit,
}

impl Permit {
    /// The same permit, for a model that paints: answers go first.
    #[must_use]
    pub fn for_pictures(&self) -> Self {
        Self { gate: self.gate.clone(), class: Class::Pictures }
    }

    /// Waits for the card. For model threads: it blocks.
    #[must_use]
    pub fn take(&self) -> Held<'_> {
        self.acquire(self.gate.lock());
        Held { permit: self }
    }

    fn acquire(&self, mut queue: MutexGuard<'_, Queue>) {
        queue.tickets += 1;
        let mine = (self.class, queue.tickets);
        queue.waiting.insert(mine);
        while queue.held || queue.waiting.first() != Some(&mine) {
            queue = self.gate.freed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        queue.waiting.remove(&mine);
        queue.held = true;
    }
}

impl Gate {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held<'_> {
    /// Lets those of its own class or a more urgent one who wait go first, once.
    pub fn step_aside(&mut self) {
        let mut queue = self.permit.gate.lock();
        if queue.waiting.first().is_some_and(|(class, _)| *class <= self.permit.class) {
            queue.held = false;
            self.permit.gate.freed.notify_all();
            self.permit.acquire(queue);
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.permit.gate.lock().held = false;
        self.permit.gate.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread::JoinHandle;
    use std::time::Duration;

    type Order = Arc<Mutex<Vec<&'static str>>>;

    /// Somebody who wants the card for a moment; returns when it waits.
    fn queued(permit: &Permit, name: &'static str, order: &Order) -> JoinHandle<()> {
        let before = permit.gate.lock().waiting.len();
        let waiter = {
            let (permit, order) = (permit.clone(), order.clone());
            std::thread::spawn(move || {
                let _held = permit.take();
                order.lock().unwrap().push(name);
            })
        };
        while permit.gate.lock().waiting.len() == before {
            std::thread::sleep(Duration::from_millis(1));
        }
        waiter
    }

    #[test]
    fn answers_go_before_pictures_and_each_class_in_its_order() {
        let (answers, order) = (Permit::default(), Order::default());
        let pictures = answers.for_pictures();
        let mut picture = pictures.take();
        let waiters = [
            queued(&pictures, "second picture", &order),
            queued(&answers, "first answer", &order),
            queued(&pictures, "third picture", &order),
            queued(&answers, "second answer", &order),
        ];
        picture.step_aside();
        order.lock().unwrap().push("first picture");
        drop(picture);
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
        let went = order.lock().unwrap().clone();
        let fair = ["first answer", "second answer", "second picture", "third picture", "first picture"];
        assert_eq!(went, fair);
    }

    #[test]
    fn an_answer_steps_aside_for_answers_only() {
        let (answers, order) = (Permit::default(), Order::default());
        let mut answer = answers.take();
        answer.step_aside();
        let picture = queued(&answers.for_pictures(), "picture", &order);
        answer.step_aside();
        assert!(order.lock().unwrap().is_empty(), "the picture waits for the whole answer");
        let other = queued(&answers, "other answer", &order);
        answer.step_aside();
        order.lock().unwrap().push("answer");
        other.join().unwrap();
        drop(answer);
        picture.join().unwrap();
        assert_eq!(*order.lock().unwrap(), ["other answer", "answer", "picture"]);
    }
}
