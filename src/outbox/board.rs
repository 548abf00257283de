//! What is shown while the house works, where one message can be edited: which text is due when. Pure.
//!
//! Nothing is posted for work that is done in a moment. Then one placeholder grows, never more often than the chat allows,
//! and only when it would say something new. Latest wins; nothing here survives.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::message::{Address, Notice, Show, Task};

/// Work that takes longer gets a placeholder.
const PLACEHOLDER_FROM: Duration = Duration::from_secs(2);

/// A sign that somebody is at work lasts five seconds.
const TYPING_EVERY: Duration = Duration::from_secs(4);

/// Work of which nothing was heard for so long is not shown any more: its end was missed.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(15 * 60);

/// Tasks shown at once at most.
const MOST: usize = 1_000;

/// What is shown of one task.
#[derive(Debug, Clone)]
struct Entry {
    address: Address,
    show: Show,
    since: Instant,
    heard: Instant,
    typed: Option<Instant>,
    edited: Option<Instant>,
    /// What it says already.
    said: Option<Show>,
}

/// Everything that is shown.
#[derive(Debug, Default)]
pub(super) struct Board {
    tasks: BTreeMap<Task, Entry>,
}

/// What is to be done now.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Act {
    /// Give a sign that a request has been taken up.
    Acknowledge(Notice),
    /// Say that somebody is at work.
    Sign(Notice),
    /// Have the placeholder say this.
    Say(Notice),
}

impl Board {
    /// Notes what came.
    pub(super) fn note(&mut self, notice: Notice, now: Instant) {
        if notice.show == Show::Clear {
            self.tasks.remove(&notice.task);
            return;
        }
        let Notice { address, task, show } = notice;
        if let Some(entry) = self.tasks.get_mut(&task) {
            (entry.show, entry.heard) = (show, now);
        } else if self.tasks.len() < MOST {
            let entry =
                Entry { address, show, since: now, heard: now, typed: None, edited: None, said: None };
            self.tasks.insert(task, entry);
        }
    }

    /// Whether there is anything to come back for.
    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// What is due. `notices` is the shortest time between two edits in a chat.
    pub(super) fn due(&mut self, notices: impl Fn(&Address) -> Duration, now: Instant) -> Vec<Act> {
        self.tasks.retain(|_, entry| passed(entry.heard, now) < FORGOTTEN_AFTER);
        let mut acts = Vec::new();
        for (task, entry) in &mut self.tasks {
            let notice =
                |show: &Show| Notice { address: entry.address.clone(), task: *task, show: show.clone() };
            if entry.typed.is_none() && matches!(task, Task::Message(_)) {
                acts.push(Act::Acknowledge(notice(&entry.show)));
            }
            if at_work(&entry.show) && entry.typed.is_none_or(|typed| passed(typed, now) >= TYPING_EVERY) {
                entry.typed = Some(now);
                acts.push(Act::Sign(notice(&entry.show)));
            }
            let ripe = match task {
                Task::Message(_) => passed(entry.since, now) >= PLACEHOLDER_FROM,
                Task::Drawing(_) => true,
            };
            let paced = entry.edited.is_none_or(|edited| passed(edited, now) >= notices(&entry.address));
            let news = entry.said.as_ref() != Some(&entry.show) && is_worth_saying(&entry.show);
            if ripe && paced && news {
                acts.push(Act::Say(notice(&entry.show)));
            }
        }
        acts
    }

    /// It was said.
    pub(super) fn said(&mut self, notice: &Notice, now: Instant) {
        if let Some(entry) = self.tasks.get_mut(&notice.task) {
            (entry.edited, entry.said) = (Some(now), Some(notice.show.clone()));
        }
    }

    /// It could not be said: later.
    pub(super) fn unsaid(&mut self, task: Task, now: Instant) {
        if let Some(entry) = self.tasks.get_mut(&task) {
            entry.edited = Some(now);
        }
    }

    /// There is nothing to show of it any more.
    pub(super) fn drop(&mut self, task: Task) {
        self.tasks.remove(&task);
    }
}

fn passed(since: Instant, now: Instant) -> Duration {
    now.saturating_duration_since(since)
}

/// Whether somebody works at it now, and does not wait in line.
fn at_work(show: &Show) -> bool {
    !matches!(show, Show::Position { place: 1.., .. })
}

/// The first places of the line are told one by one, those behind them seldom.
fn is_worth_saying(show: &Show) -> bool {
    match show {
        Show::Position { place, .. } => match place {
            0..=7 => true,
            8..=20 => place % 5 == 0,
            21..=100 => place % 20 == 0,
            _ => place % 100 == 0,
        },
        Show::Progress { .. } | Show::Draft(_) | Show::Typing | Show::Hearing { .. } => true,
        Show::Clear | Show::Forget => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{DrawingId, MessageId};

    const ANSWER: Task = Task::Message(MessageId::new(1));
    const DRAWING: Task = Task::Drawing(DrawingId::new(1));

    fn notice(task: Task, show: Show) -> Notice {
        Notice { address: Address { messenger: "m".into(), chat: "c".into(), thread: None }, task, show }
    }

    fn draft(text: &str) -> Show {
        Show::Draft(text.into())
    }

    fn second(_: &Address) -> Duration {
        Duration::from_secs(1)
    }

    /// What is due, and said at once.
    fn says(board: &mut Board, now: Instant) -> Vec<Show> {
        let due = board.due(second, now);
        let said = due.into_iter().filter_map(|act| match act {
            Act::Say(notice) => {
                board.said(&notice, now);
                Some(notice.show)
            }
            Act::Sign(_) | Act::Acknowledge(_) => None,
        });
        said.collect()
    }

    #[test]
    fn what_is_done_in_a_moment_posts_nothing() {
        let (mut board, start) = (Board::default(), Instant::now());
        board.note(notice(ANSWER, Show::Typing), start);
        board.note(notice(ANSWER, draft("Hel")), start + Duration::from_millis(1_900));
        assert_eq!(says(&mut board, start + Duration::from_millis(1_900)), []);
        board.note(notice(ANSWER, Show::Clear), start + Duration::from_millis(1_950));
        assert_eq!(says(&mut board, start + Duration::from_secs(3)), []);
        assert!(board.is_empty());
    }

    #[test]
    fn a_long_answer_grows_once_a_second_and_latest_wins() {
        let (mut board, start) = (Board::default(), Instant::now());
        board.note(notice(ANSWER, Show::Typing), start);
        assert_eq!(says(&mut board, start + Duration::from_secs(2)), [Show::Typing]);
        let mut said = Vec::new();
        for tenth in 20..60_u32 {
            let now = start + Duration::from_millis(u64::from(tenth) * 100);
            board.note(notice(ANSWER, draft(&tenth.to_string())), now);
            said.extend(says(&mut board, now));
        }
        assert_eq!(said, ["30", "40", "50"].map(draft));
        assert_eq!(says(&mut board, start + Duration::from_secs(6)), [draft("59")]);
        assert_eq!(says(&mut board, start + Duration::from_secs(9)), [], "nothing new");
    }

    #[test]
    fn somebody_at_work_gives_a_sign_every_four_seconds() {
        let (mut board, start) = (Board::default(), Instant::now());
        board.note(notice(ANSWER, Show::Typing), start);
        let signs = (0..100).filter(|tenth| {
            let due = board.due(second, start + Duration::from_millis(tenth * 100));
            due.iter().any(|act| matches!(act, Act::Sign(_)))
        });
        assert_eq!(signs.collect::<Vec<_>>(), [0, 40, 80]);
        assert!(!board.due(second, start).iter().any(|act| matches!(act, Act::Acknowledge(_))), "once");
        board.note(notice(DRAWING, Show::Position { place: 2, left_ms: None }), start);
        board.drop(ANSWER);
        assert!(!board.due(second, start).iter().any(|act| matches!(act, Act::Sign(_))), "it only waits");
    }

    #[test]
    fn places_far_behind_are_seldom_told() {
        let told = |places: std::ops::RangeInclusive<u32>| {
            places
                .filter(|place| is_worth_saying(&Show::Position { place: *place, left_ms: None }))
                .collect::<Vec<_>>()
        };
        assert_eq!(told(0..=30), [0, 1, 2, 3, 4, 5, 6, 7, 10, 15, 20]);
        assert_eq!(told(21..=300), [40, 60, 80, 100, 200, 300]);
    }

    #[test]
    fn a_missed_end_is_forgotten() {
        let (mut board, start) = (Board::default(), Instant::now());
        board.note(notice(ANSWER, Show::Typing), start);
        board.due(second, start + FORGOTTEN_AFTER);
        assert!(board.is_empty());
    }
}
