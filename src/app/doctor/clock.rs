//! Whether the clock can be right: replies, reminders and what is kept go by it. Facts in, check out.

use super::check::{Check, State};
use crate::message::Phrase;

/// The clock as it was found; times in Unix milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    pub(super) now: i64,
    /// When this program's file was made.
    pub(super) program: Option<i64>,
    /// When the database was last written.
    pub(super) database: Option<i64>,
    /// Whether somebody keeps it right, where that can be told.
    pub(super) kept: Option<bool>,
}

const MINUTE: i64 = 60_000;
const DAY: i64 = 1_440 * MINUTE;

pub(super) fn clock(facts: &Clock) -> Check {
    let with = |key: &str| Phrase::new(key).with("now", date(facts.now));
    let about = |state, text: Phrase| Check::new("clock", state, text);
    let cure = || Phrase::new("doctor-clock-cure");
    // A day: files that come from elsewhere may carry a local time.
    if let Some(program) = facts.program.filter(|made| facts.now < made - DAY) {
        return about(State::Wrong, with("doctor-clock-early").with("then", date(program))).cure(cure());
    }
    if let Some(written) = facts.database.filter(|written| facts.now < written - 5 * MINUTE) {
        return about(State::Warning, with("doctor-clock-back").with("then", date(written))).cure(cure());
    }
    match facts.kept {
        Some(false) => about(State::Warning, with("doctor-clock-loose")).cure(cure()),
        Some(true) => about(State::Ok, with("doctor-clock-kept")),
        None => about(State::Ok, with("doctor-clock")),
    }
}

/// `2026-11-25 12:34 UTC` (civil from days, Howard Hinnant, chrono-compatible low-level date algorithms).
fn date(ms: i64) -> String {
    let (days, minutes) = (ms.div_euclid(DAY), ms.rem_euclid(DAY) / MINUTE);
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let (day, month) =
        (day_of_year - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year}-{month:02}-{day:02} {:02}:{:02} UTC", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::super::check::speakable;
    use super::*;

    const NOW: i64 = 1_795_610_040_000;

    #[test]
    fn dates_are_civil() {
        assert_eq!(date(NOW), "2026-11-25 12:34 UTC");
        assert_eq!(date(0), "1970-01-01 00:00 UTC");
        assert_eq!(date(1_709_164_800_000), "2024-02-29 00:00 UTC");
        assert_eq!(date(-DAY), "1969-12-31 00:00 UTC");
    }

    #[test]
    fn a_clock_is_early_went_back_is_loose_or_fine() {
        use State::{Ok, Warning, Wrong};
        let said = |program, database, kept| {
            let check = clock(&Clock { now: NOW, program, database, kept });
            speakable(std::slice::from_ref(&check));
            (check.state, check.text.key.trim_start_matches("doctor-").to_owned())
        };
        assert_eq!(said(None, None, None), (Ok, "clock".into()));
        assert_eq!(said(Some(NOW - DAY), Some(NOW), Some(true)), (Ok, "clock-kept".into()));
        assert_eq!(said(Some(NOW + DAY / 2), Some(NOW + MINUTE), None), (Ok, "clock".into()));
        assert_eq!(said(Some(NOW + 2 * DAY), None, Some(true)), (Wrong, "clock-early".into()));
        assert_eq!(said(None, Some(NOW + DAY), None), (Warning, "clock-back".into()));
        assert_eq!(said(None, None, Some(false)), (Warning, "clock-loose".into()));
    }
}
