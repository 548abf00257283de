//! The memory budget: what manifests say their models take, added up; the longest idle model leaves first.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Shared by all model threads.
#[derive(Debug, Default)]
pub struct Budget {
    /// MiB; 0 is no bound.
    limit_mb: u32,
    seats: Mutex<Seats>,
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
        Arc::new(Self { limit_mb, seats: Mutex::default() })
    }

    /// A place for a model.
    #[must_use]
    pub fn seat(self: &Arc<Self>, name: &str, memory_mb: u32) -> Seat {
        Seat { budget: self.clone(), name: name.to_owned(), memory_mb }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// The model is about to be in memory; idle ones are asked to leave until the sum fits, the longest idle first.
    pub fn take(&self) {
        let mut seats = self.budget.lock();
        seats.clock += 1;
        let used = seats.clock;
        let mine = Taken { memory_mb: self.memory_mb, used, busy: true, must_leave: false };
        seats.taken.insert(self.name.clone(), mine);
        let limit = u64::from(self.budget.limit_mb);
        let staying = |seats: &Seats| {
            seats
                .taken
                .values()
                .filter(|seat| !seat.must_leave)
                .map(|seat| u64::from(seat.memory_mb))
                .sum::<u64>()
        };
        while limit > 0 && staying(&seats) > limit {
            let idle = seats
                .taken
                .values_mut()
                .filter(|seat| !seat.busy && !seat.must_leave)
                .min_by_key(|seat| seat.used);
            match idle {
                Some(seat) => seat.must_leave = true,
                None => break,
            }
        }
    }

    /// Whether nobody who was asked to leave is still in memory, as far as that is needed for the sum to fit.
    #[must_use]
    pub fn has_room(&self) -> bool {
        let seats = self.budget.lock();
        let sum: u64 = seats.taken.values().map(|seat| u64::from(seat.memory_mb)).sum();
        let limit = u64::from(self.budget.limit_mb);
        limit == 0 || sum <= limit || !seats.taken.values().any(|seat| seat.must_leave)
    }

    /// The model has answered and is idle.
    pub fn used(&self) {
        if let Some(seat) = self.budget.lock().taken.get_mut(&self.name) {
            seat.busy = false;
        }
    }

    /// Whether another model needs the memory.
    #[must_use]
    pub fn must_leave(&self) -> bool {
        self.budget.lock().taken.get(&self.name).is_some_and(|seat| seat.must_leave)
    }

    /// The model is out of memory again.
    pub fn left(&self) {
        self.budget.lock().taken.remove(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(b.must_leave(), "idle for longest");
        assert!(!a.must_leave() && !c.must_leave());
        assert!(!c.has_room(), "b is still in memory");
        b.left();
        assert!(c.has_room());
    }

    #[test]
    fn a_model_larger_than_the_budget_waits_for_nobody() {
        let budget = Budget::new(100);
        let huge = budget.seat("huge", 400);
        huge.take();
        assert!(huge.has_room());
    }
}
