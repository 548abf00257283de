//! What a journey made of its message, ready to be settled: an outcome, and what is kept about how it came.

use super::report::Report;
use crate::message::{Content, Language, Outcome, Phrase};

/// What a journey made of its message, ready to be settled.
pub(super) struct Made {
    pub(super) outcome: Outcome,
    pub(super) language: Language,
    pub(super) report: Report,
    /// Ended because of a stop; when the house stops, the message goes back instead.
    pub(super) interrupted: bool,
    /// Of a message that was not for us nothing is kept but its ids.
    pub(super) for_us: bool,
    /// Kept as it came, whoever sent it.
    pub(super) kept: bool,
    /// Remote key of the earlier request that this one is instead of.
    pub(super) anew: Option<String>,
    /// A recording has to come first.
    pub(super) waits: bool,
}

impl Made {
    pub(super) fn apology() -> Self {
        Self::saying(Phrase::new("our-fault"), Language::En)
    }

    /// Says this, which is not what was asked for.
    pub(super) fn refusing(phrase: Phrase, language: Language, report: Report) -> Self {
        let report = Report { failed: true, reason: Some(phrase.key.clone()), ..report };
        Self { report, ..Self::saying(phrase, language) }
    }

    /// Says this.
    pub(super) fn saying(phrase: Phrase, language: Language) -> Self {
        Self {
            outcome: Outcome::Say { content: Content::Phrases { phrases: vec![phrase] }, remember: None },
            language,
            report: Report::default(),
            interrupted: false,
            for_us: true,
            kept: false,
            anew: None,
            waits: false,
        }
    }

    /// Nothing comes of it.
    pub(super) fn nothing() -> Self {
        Self { outcome: Outcome::Nothing, ..Self::apology() }
    }

    /// Nothing yet: a recording has to come first.
    pub(super) fn waiting() -> Self {
        Self { waits: true, ..Self::nothing() }
    }

    /// The same, instead of what came of an earlier request.
    pub(super) fn instead_of(self, of: &str) -> Self {
        Self { anew: Some(of.to_owned()), ..self }
    }

    /// With what has to be said beside it, when something was done. (Of a drawing settling says it.)
    pub(super) fn noting(mut self, notes: Vec<Phrase>) -> Self {
        if let Outcome::Say { content, .. }
        | Outcome::Ask { content, .. }
        | Outcome::Set { content, .. }
        | Outcome::New { content } = &mut self.outcome
            && !self.report.failed
        {
            content.note(notes);
        }
        self
    }

    /// It was not for us.
    pub(super) fn ignored() -> Self {
        Self { for_us: false, ..Self::nothing() }
    }
}
