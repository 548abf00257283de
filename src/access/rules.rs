//! What people are held to: guests to fewer drawings, children to words and to a day. Pure.

use super::{Access, Refused, Standing};
use crate::message::{Outcome, Phrase};
use crate::store::{Daily, Limits};

/// What the configuration holds people to.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Most drawings that a guest may have waiting.
    pub guest_waiting: u32,
    /// What children are held to.
    pub child: Child,
}

/// What children are held to.
#[derive(Debug, Clone)]
pub struct Child {
    /// Words that are not talked about and not drawn.
    pub refused: Refused,
    /// How much a child may ask for in a day.
    pub daily: Daily,
}

impl Default for Rules {
    fn default() -> Self {
        let daily = Daily { requests: 50, pictures: 10 };
        Self { guest_waiting: 1, child: Child { refused: Refused::default(), daily } }
    }
}

/// Intents that count as a request of the day.
const COUNTED: &[&str] = &["answer", "draw", "redo"];

impl Access {
    /// What settling holds somebody of this standing to; `ordinary` is what holds for members. `intent` is what was
    /// asked for, if it was done.
    #[must_use]
    pub fn limits(&self, standing: Standing, ordinary: Limits, intent: Option<&str>) -> Limits {
        let waiting_per_person = match standing {
            Standing::Guest => ordinary.waiting_per_person.min(self.rules.guest_waiting),
            _ => ordinary.waiting_per_person,
        };
        Limits { waiting_per_person, daily: intent.and_then(|intent| self.daily(standing, intent)) }
    }

    /// The bound of a day that a request of this intent counts towards.
    #[must_use]
    pub fn daily(&self, standing: Standing, intent: &str) -> Option<Daily> {
        (standing == Standing::Child && COUNTED.contains(&intent)).then_some(self.rules.child.daily)
    }

    /// What is said to somebody who uses a word that is refused to him.
    #[must_use]
    pub fn minds(&self, standing: Standing, text: &str) -> Option<Phrase> {
        (standing == Standing::Child && self.rules.child.refused.holds(text))
            .then(|| Phrase::new("child-refused"))
    }

    /// What is said instead of an outcome that somebody of this standing may not have.
    #[must_use]
    pub fn refuses(&self, standing: Standing, outcome: &Outcome) -> Option<Phrase> {
        let theirs = matches!(outcome, Outcome::Set { .. }) && !may_set(standing);
        theirs.then(|| Phrase::new("settings-not-yours"))
    }
}

/// Whether somebody of this standing changes what a chat has chosen.
const fn may_set(standing: Standing) -> bool {
    matches!(standing, Standing::Owner | Standing::Member)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Change, Content};

    fn access() -> Access {
        let child = Child {
            refused: Refused::new(["кровь", "blood"]),
            daily: Daily { requests: 3, pictures: 1 },
        };
        Access::new([], [], Rules { guest_waiting: 2, child })
    }

    #[test]
    fn settings_are_changed_by_members_and_the_owner() {
        let set = Outcome::Set {
            changes: vec![Change::Steps(None)],
            content: Content::Phrases { phrases: Vec::new() },
        };
        for (standing, may) in [
            (Standing::Owner, true),
            (Standing::Member, true),
            (Standing::Guest, false),
            (Standing::Child, false),
            (Standing::Stranger, false),
        ] {
            assert_eq!(access().refuses(standing, &set).is_none(), may, "{standing:?}");
        }
    }

    #[test]
    fn a_word_is_refused_to_children() {
        assert!(access().minds(Standing::Child, "что такое КРОВЬ?").is_some());
        assert!(access().minds(Standing::Child, "что такое кровать?").is_none());
        assert!(access().minds(Standing::Guest, "что такое кровь?").is_none());
    }

    #[test]
    fn guests_wait_with_fewer_drawings_and_only_a_childs_day_is_counted() {
        let ordinary = Limits { waiting_per_person: 5, daily: None };
        let of = |standing, intent| access().limits(standing, ordinary, intent);
        assert_eq!(of(Standing::Member, Some("draw")), ordinary);
        assert_eq!(of(Standing::Guest, Some("draw")), Limits { waiting_per_person: 2, daily: None });
        let few = Limits { waiting_per_person: 1, daily: None };
        assert_eq!(access().limits(Standing::Guest, few, None), few, "never more than a member");
        for (intent, counts) in [
            (Some("answer"), true),
            (Some("draw"), true),
            (Some("redo"), true),
            (Some("help"), false),
            (None, false),
        ] {
            assert_eq!(of(Standing::Child, intent).daily.is_some(), counts, "{intent:?}");
        }
    }
}
