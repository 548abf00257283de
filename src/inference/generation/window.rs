//! Fits a conversation into a model's context, by whole turns.
//!
//! The oldest turns go first, an answer together with the question before it, so that what is left begins with a
//! person (many templates insist on that); a system turn at the head and the last question stay whatever they take.
//! In: turns, a budget in tokens, and how a conversation is encoded. Out: token ids, and how many turns were left out.

use crate::inference::requests::{Role, Turn};

/// A conversation that fits, or the shortest there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fitted {
    /// The encoded conversation. Longer than the budget only when the head and the last question alone are.
    pub tokens: Vec<u32>,
    /// Turns left out at the old end.
    pub dropped: usize,
}

/// Drops as few old turns as possible so that `encode` stays within `budget` tokens.
///
/// # Errors
/// Those of `encode`.
pub fn fit<E>(
    turns: &[Turn],
    budget: usize,
    mut encode: impl FnMut(&[&Turn]) -> Result<Vec<u32>, E>,
) -> Result<Fitted, E> {
    let head = turns.iter().take_while(|turn| turn.role == Role::System).count();
    let starts = starts(turns, head);
    let mut from = |start: usize| {
        let kept: Vec<&Turn> = turns.iter().take(head).chain(turns.iter().skip(start)).collect();
        Ok(Fitted { tokens: encode(&kept)?, dropped: start - head })
    };
    // Fewer turns are fewer tokens: bisect for the oldest start that fits, after the usual case that all fit.
    let (mut low, mut high) = (0, starts.len().saturating_sub(1));
    let mut fitted = from(starts.first().copied().unwrap_or(head))?;
    if fitted.tokens.len() <= budget || high == 0 {
        return Ok(fitted);
    }
    fitted = from(starts.last().copied().unwrap_or(head))?;
    while high - low > 1 {
        let middle = usize::midpoint(low, high);
        let tried = from(starts.get(middle).copied().unwrap_or(head))?;
        if tried.tokens.len() <= budget {
            (high, fitted) = (middle, tried);
        } else {
            low = middle;
        }
    }
    Ok(fitted)
}

/// Where the kept part may begin: at each turn of a person, oldest first; at the head's end when there is none.
fn starts(turns: &[Turn], head: usize) -> Vec<usize> {
    let of_people = turns.iter().enumerate().skip(head).filter(|(_, turn)| turn.role == Role::User);
    let starts: Vec<usize> = of_people.map(|(place, _)| place).collect();
    if starts.is_empty() { vec![head] } else { starts }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    fn turn(role: Role, text: &str) -> Turn {
        Turn { role, text: text.to_owned() }
    }

    /// One token per letter; the token tells the letter.
    fn letters(turns: &[&Turn]) -> Result<Vec<u32>, Infallible> {
        Ok(turns.iter().flat_map(|turn| turn.text.chars().map(u32::from)).collect())
    }

    fn text(fitted: &Fitted) -> String {
        fitted.tokens.iter().filter_map(|token| char::from_u32(*token)).collect()
    }

    fn talk() -> Vec<Turn> {
        vec![
            turn(Role::System, "ss"),
            turn(Role::User, "aaa"),
            turn(Role::Assistant, "bbb"),
            turn(Role::User, "ccc"),
            turn(Role::Assistant, "ddd"),
            turn(Role::User, "eee"),
        ]
    }

    #[test]
    fn everything_stays_when_it_fits() {
        let fitted = fit(&talk(), 17, letters).unwrap();
        assert_eq!((text(&fitted).as_str(), fitted.dropped), ("ssaaabbbcccdddeee", 0));
    }

    #[test]
    fn the_oldest_question_goes_with_its_answer_and_the_system_turn_stays() {
        let fitted = fit(&talk(), 16, letters).unwrap();
        assert_eq!((text(&fitted).as_str(), fitted.dropped), ("sscccdddeee", 2));
        let fitted = fit(&talk(), 10, letters).unwrap();
        assert_eq!((text(&fitted).as_str(), fitted.dropped), ("sseee", 4));
    }

    #[test]
    fn the_last_question_stays_even_when_it_is_too_long() {
        let fitted = fit(&talk(), 1, letters).unwrap();
        assert_eq!((text(&fitted).as_str(), fitted.dropped), ("sseee", 4));
    }

    #[test]
    fn an_answer_without_its_question_goes() {
        let fitted = fit(&talk()[2..], 100, letters).unwrap();
        assert_eq!((text(&fitted).as_str(), fitted.dropped), ("cccdddeee", 1));
        assert_eq!(fit(&[], 5, letters).unwrap(), Fitted { tokens: vec![], dropped: 0 });
    }

    proptest! {
        #[test]
        fn as_few_turns_go_as_possible(lengths in prop::collection::vec(0_usize..6, 1..20), budget in 0_usize..60) {
            let turns: Vec<Turn> = lengths.iter().map(|length| turn(Role::User, &"x".repeat(*length))).collect();
            let fitted = fit(&turns, budget, letters).unwrap();
            let least = (0..turns.len()).find(|start| lengths[*start..].iter().sum::<usize>() <= budget);
            prop_assert_eq!(fitted.dropped, least.unwrap_or(turns.len() - 1));
        }
    }
}
