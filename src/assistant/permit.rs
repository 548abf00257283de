//! What somebody may do here: who says something, and what is said instead of an outcome that is not his to have.
//!
//! The decisions are `access`'s. A database that does not answer is waited for: whether somebody may talk is not guessed.

use tokio_util::sync::CancellationToken;

use super::Assistant;
use super::made::Made;
use super::report::Report;
use crate::access::{Standing, Who};
use crate::message::{AccessChange, Language, Message, Outcome, Phrase};
use crate::store::{Limits, Met, insist};

impl Assistant {
    /// Who says this, and what is kept about him and the lane; `None` when the house stops before the database tells.
    pub(super) async fn who(&self, message: &Message, stop: &CancellationToken) -> Option<(Who, Met)> {
        let met = || self.kit.reader.met(&message.address, &message.from.id, (self.clock)());
        let met = insist("looking who speaks", stop, met).await?;
        Some((self.access.who(message, &met.known), met))
    }

    /// What is made of a message, or why its sender may not have that. Whatever it came from (words, a button), it passes
    /// here before it is settled. (Words that are refused to him the intents have asked about.)
    pub(super) fn permitted(&self, who: &Who, made: Made) -> Made {
        match self.access.refuses(who.standing, &made.outcome) {
            Some(phrase) => Made::refusing(phrase, made.language, made.report),
            None => made,
        }
    }

    /// What is said to a request before it is done: its sender's day is full. (Settling looks once more; here it spares the
    /// work.)
    pub(super) async fn full_day(
        &self,
        standing: Standing,
        message: &Message,
        intent: &str,
    ) -> Option<Phrase> {
        let daily = self.access.daily(standing, intent)?;
        let (messenger, person) = (&message.address.messenger, &message.from.id);
        let today = self.kit.reader.today(messenger, person, (self.clock)()).await.ok()?;
        daily.refuses(today, false)
    }

    /// What settling holds somebody to.
    pub(super) fn limits(&self, standing: Standing, report: &Report) -> Limits {
        let done = (!report.failed).then_some(report.intent.as_str());
        self.access.limits(standing, self.options.limits, done)
    }
}

impl Made {
    /// Somebody who may not talk calls: he is told so, or nothing.
    pub(super) fn turned_away(who: &Who, language: Language) -> Self {
        who.away.clone().map_or_else(Self::ignored, |change| Self::of_access(change, language))
    }

    /// A change of who may talk that came by no intent. What was said is not kept.
    pub(super) fn of_access(change: AccessChange, language: Language) -> Self {
        Self { outcome: Outcome::Access(change), language, ..Self::ignored() }
    }
}
