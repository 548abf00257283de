//! The memory budget: what manifests say their models take, added up; the longest idle model leaves first.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;

/// Shared by all model threads.
#[derive(Debug, Default)]
pub struct Budget {
    /// MiB; 0 is no bound.
    limit_mb: u32,
    seats: watch::Sender<Seats>,
}

#[derive(Debug, Default)]
struct Seats {
    clock: u64,
    taken: BTreeMap<String, Taken>,
}

#[derive(Debug)]
struct Taken {
    memory_mb: u32,
    used: u64,
    busy: bool,
    must_leave: bool,
}

/// One model's place in the budget.
#[derive(Debug)]
pub struct Seat {
    budget: Arc<Budget>,
    name: String,
    memory_mb: u32,
}

impl Budget {
    /// At most so many MiB at once; 0 is no bound.
    #[must_use]
    pub fn new(limit_mb: u32) -> Arc<Self> {
        Arc::new(Self { limit_mb, ..Self::default() })
    }

    /// A place for a model.
    #[must_use]
    pub fn seat(self: &Arc<Self>, name: &str, memory_mb: u32) -> Seat {
        Seat { budget: self.clone(), name: name.to_owned(), memory_mb }
    }

    /// Whether the seats that count fit.
    fn fits(&self, seats: &Seats, counts: impl Fn(&Taken) -> bool) -> bool {
        let sum: u64 =
            seats.taken.values().filter(|seat| counts(seat)).map(|seat| u64::from(seat.memory_mb)).sum();
        self.limit_mb == 0 || sum <= u64::from(self.limit_mb)
    }
}

impl Seat {
    /// The model is about to be in memory; idle ones are asked to leave until the sum fits, the longest idle first.
    pub fn take(&self) {
        self.budget.seats.send_modify(|seats| {
            seats.clock += 1;
            let mine = Taken { memory_mb: self.memory_mb, used: seats.clock, busy: true, must_leave: false };
            seats.taken.insert(self.name.clone(), mine);
            while !self.budget.fits(seats, |seat| !seat.must_leave) {
                let idle = seats.taken.values_mut().filter(|seat| !seat.busy && !seat.must_leave);
                match idle.min_by_key(|seat| seat.used) {
                    Some(seat) => seat.must_leave = true,
                    None => break,
                }
            }
        });
    }

    /// Waits until nobody who was asked to leave is still in memory, as far as that is needed for the sum to fit.
    pub async fn room(&self) {
        let room = |seats: &Seats| {
            self.budget.fits(seats, |_| true) || !seats.taken.values().any(|seat| seat.must_leave)
        };
        let _ = self.budget.seats.subscribe().wait_for(room).await;
    }

    /// The model has answered and is idle.
    pub fn used(&self) {
        self.budget.seats.send_modify(|seats| {
            if let Some(seat) = seats.taken.get_mut(&self.name) {
                seat.busy = false;
            }
        });
    }

    /// Waits until another model needs the memory.
    pub async fn asked_to_leave(&self) {
        let asked = |seats: &Seats| seats.taken.get(&self.name).is_some_and(|seat| seat.must_leave);
        let _ = self.budget.seats.subscribe().wait_for(asked).await;
    }

    /// The model is out of memory again.
    pub fn left(&self) {
        self.budget.seats.send_modify(|seats| {
            seats.taken.remove(&self.name);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    fn must_leave(seat: &Seat) -> bool {
        seat.asked_to_leave().now_or_never().is_some()
    }

    fn has_room(seat: &Seat) -> bool {
        seat.room().now_or_never().is_some()
    }

    #[test]
    fn the_longest_idle_leaves_first() {
        let budget = Budget::new(100);
        let [a, b, c] = ["a", "b", "c"].map(|name| budget.seat(name, 40));
        for seat in [&a, &b] {
            seat.take();
            seat.used();
        }
        a.take();
        a.used();
        c.take();
        assert!(must_leave(&b), "idle for longest");
        assert!(!must_leave(&a) && !must_leave(&c));
        assert!(!has_room(&c), "b is still in memory");
        b.left();
        assert!(has_room(&c));
    }

    #[test]
    fn a_model_larger_than_the_budget_waits_for_nobody() {
        let budget = Budget::new(100);
        let huge = budget.seat("huge", 400);
        huge.take();
        assert!(has_room(&huge));
    }
}
