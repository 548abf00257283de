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
    begun: bool,
    typed: Option<Instant>,
    edited: Option<Instant>,
    /// What it says already.
    said: Option<Show>,
}

impl Entry {
    /// Whether it has something new to say, and may.
    fn is_ripe(&self, task: Task, notices: Duration, now: Instant) -> bool {
        let ripe = match task {
            Task::Message(_) => passed(self.since, now) >= PLACEHOLDER_FROM,
            Task::Drawing(_) => true,
        };
        let paced = self.edited.is_none_or(|edited| passed(edited, now) >= notices);
        ripe && paced && self.said.as_ref() != Some(&self.show) && is_worth_saying(&self.show)
    }
}

/// Everything that is shown.
#[derive(Debug, Default)]
pub(super) struct Board {
    tasks: BTreeMap<Task, Entry>,
}

/// What is due in a lane: one of each at most, and one after the other.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Round {
    /// Give a sign that this request has been taken up.
    pub(super) begun: Option<Notice>,
    /// Have the placeholder say this.
    pub(super) say: Option<Notice>,
    /// Say that somebody is at work.
    pub(super) sign: Option<Notice>,
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
            let entry = Entry {
                address,
                show,
                since: now,
                heard: now,
                begun: false,
                typed: None,
                edited: None,
                said: None,
            };
            self.tasks.insert(task, entry);
        }
    }

    /// Whether there is anything to come back for.
    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// What is due, lane by lane, for so many lanes at most. `notices` is the shortest time between two edits in a chat,
    /// `free` says where nothing is on its way.
    pub(super) fn due(
        &mut self,
        notices: impl Fn(&Address) -> Duration,
        free: impl Fn(&str) -> bool,
        most: usize,
        now: Instant,
    ) -> BTreeMap<String, Round> {
        self.tasks.retain(|_, entry| passed(entry.heard, now) < FORGOTTEN_AFTER);
        let mut rounds: BTreeMap<String, (Round, Option<Instant>)> = BTreeMap::new();
        for (task, entry) in &mut self.tasks {
            let lane = entry.address.lane();
            if !free(&lane) || (rounds.len() >= most && !rounds.contains_key(&lane)) {
                continue;
            }
            let (round, before) = rounds.entry(lane).or_default();
            let notice =
                |show: &Show| Notice { address: entry.address.clone(), task: *task, show: show.clone() };
            if !entry.begun && round.begun.is_none() && matches!(task, Task::Message(_)) {
                entry.begun = true;
                round.begun = Some(notice(&entry.show));
            }
            let typed = entry.typed.is_none_or(|typed| passed(typed, now) >= TYPING_EVERY);
            if at_work(&entry.show) && typed && round.sign.is_none() {
                entry.typed = Some(now);
                round.sign = Some(notice(&entry.show));
            }
            // Of several that have something new to say, the one that has been silent longest.
            if entry.is_ripe(*task, notices(&entry.address), now)
                && (round.say.is_none() || entry.edited < *before)
            {
                (round.say, *before) = (Some(notice(&entry.show)), entry.edited);
            }
        }
        let due = rounds.into_iter().map(|(lane, (round, _))| (lane, round));
        due.filter(|(_, round)| *round != Round::default()).collect()
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

    /// No sign of it could be given: later.
    pub(super) fn unsigned(&mut self, task: Task) {
        if let Some(entry) = self.tasks.get_mut(&task) {
            entry.typed = None;
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

    /// What is due in the only lane.
    fn round(board: &mut Board, now: Instant) -> Round {
        board.due(second, |_| true, MOST, now).into_values().next().unwrap_or_default()
    }

    /// What is due, and said at once.
    fn says(board: &mut Board, now: Instant) -> Vec<Show> {
        let say = round(board, now).say;
        let said = say.into_iter().map(|notice| {
            board.said(&notice, now);
            notice.show
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
        let rounds: Vec<Round> =
            (0..100).map(|tenth| round(&mut board, start + Duration::from_millis(tenth * 100))).collect();
        let signs = (0..100).filter(|tenth| rounds[*tenth].sign.is_some());
        assert_eq!(signs.collect::<Vec<_>>(), [0, 40, 80]);
        assert_eq!(rounds.iter().filter(|round| round.begun.is_some()).count(), 1);
        board.note(notice(DRAWING, Show::Position { place: 2, left_ms: None }), start);
        board.drop(ANSWER);
        assert_eq!(round(&mut board, start).sign, None, "it only waits");
    }

    #[test]
    fn a_lane_in_which_something_is_on_its_way_waits_and_others_do_not() {
        let (mut board, start) = (Board::default(), Instant::now());
        let at = |task, chat: &str| {
            let notice = notice(task, Show::Typing);
            Notice { address: Address { chat: chat.into(), ..notice.address.clone() }, ..notice }
        };
        for (task, chat) in [(ANSWER, "c"), (DRAWING, "c"), (Task::Message(MessageId::new(2)), "d")] {
            board.note(at(task, chat), start);
        }
        let now = start + PLACEHOLDER_FROM;
        assert_eq!(board.due(second, |_| true, 1, now).into_keys().collect::<Vec<_>>(), ["m/c"]);
        let due = board.due(second, |lane| lane != "m/c", MOST, now);
        assert_eq!(due.keys().collect::<Vec<_>>(), ["m/d"]);
        // Two of one lane take turns.
        let mut said = Vec::new();
        for seconds in 0..4 {
            let now = now + Duration::from_millis(seconds * 500);
            let due = board.due(second, |_| true, MOST, now).remove("m/c").and_then(|round| round.say);
            if let Some(notice) = due {
                board.unsaid(notice.task, now);
                said.push(notice.task);
            }
        }
        assert_eq!(said, [ANSWER, DRAWING, ANSWER, DRAWING]);
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
        round(&mut board, start + FORGOTTEN_AFTER);
        assert!(board.is_empty());
    }
}
