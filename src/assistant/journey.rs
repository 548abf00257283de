//! The journey of one message: heed, understand, act, settle.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::Assistant;
use super::heed::{Heeded, Manners, heed};
use super::made::Made;
use super::report::{Report, reason, told};
use super::wake::Wake;
use crate::access::{Access, Standing, Who};
use crate::inbox::TEXT_LIMIT;
use crate::intent::{Ask, Route, plain, reads_quoted, route, tongue};
use crate::message::{
    DrawingId, Failure, FailureKind, Language, Message, Notice, Outcome, Pending, Quoted, Settings, Show,
    Step, Task, causes, measure,
};
use crate::store::{Forgotten, Met, Settlement, Taken, insist};

/// What somebody says, typed or heard, and what stands around it.
pub(super) struct Words {
    pub(super) text: String,
    /// What its sender is here.
    pub(super) standing: Standing,
    /// The drawing whose request this changes.
    pub(super) edited: Option<DrawingId>,
    /// What it answers.
    pub(super) quoted: Option<Quoted>,
    pub(super) language: Language,
    pub(super) settings: Settings,
    /// The question of ours that is not answered yet.
    pub(super) pending: Option<Pending>,
    pub(super) report: Report,
}

impl Assistant {
    /// Heed, understand and act. Never fails: a failure is a phrase.
    pub(super) async fn journey(
        &self,
        taken: &Taken,
        (who, met): (&Who, &Met),
        stop: &CancellationToken,
    ) -> Made {
        let message = &taken.message;
        let (settings, pending) = match met.lane() {
            Ok(lane) => lane,
            Err(_) if is_overheard(message, who) => return Made::ignored(),
            Err(error) => return self.failed(error.into(), Language::En, "answer", Report::default()),
        };
        let wake = self.wake(&settings);
        let heeded = heed(message, &self.manners(TEXT_LIMIT, who, &wake, &settings));
        self.store.reached(Step::Heeded, taken.id.get()).await;
        let text = match &heeded {
            Heeded::Text(text) | Heeded::Edit { text, .. } => text.as_str(),
            _ => "",
        };
        let language = self.language(text, &settings, message.from.language);
        let words = |text| {
            let (standing, report, quoted) = (who.standing, Report::default(), message.quoted.clone());
            let (settings, pending) = (settings.clone(), pending.clone());
            Words { text, standing, edited: None, quoted, language, settings, pending, report }
        };
        match heeded {
            Heeded::Ignore => Made::ignored(),
            Heeded::Event(event) => self.event(taken, who, event, language),
            Heeded::Press { data } => self.press(taken, &data, words(String::new()), stop).await,
            Heeded::Stranger => Made::turned_away(who, language),
            Heeded::Claim(change) => Made::of_access(change, language),
            Heeded::Refuse(phrase) => Made::refusing(phrase, language, Report::default()),
            Heeded::Hear if self.lacks_recording(taken) => Made::waiting(),
            Heeded::Text(text) if reads_quoted(&text) && self.lacks_recording(taken) => Made::waiting(),
            Heeded::Hear => self.hear(taken, who, (settings, pending), stop).await,
            Heeded::Stop => {
                let report = Report { intent: "stop".into(), ..Report::default() };
                Made { outcome: Outcome::Stop, language, report, ..Made::nothing() }
            }
            Heeded::Text(text) if taken.recording.is_some() && reads_quoted(&text) => {
                self.hear_quoted(taken, words(text), stop).await
            }
            Heeded::Text(text) => self.understand_and_act(taken, words(text), stop).await,
            Heeded::Edit { of, text } => self.edit(taken, &of, words(text), stop).await,
        }
    }

    /// Whether a recording has to come before this can be done.
    fn lacks_recording(&self, taken: &Taken) -> bool {
        taken.recording.is_none() && taken.message.recording().is_some() && self.speech.is_some()
    }

    pub(super) async fn understand_and_act(
        &self,
        taken: &Taken,
        words: Words,
        stop: &CancellationToken,
    ) -> Made {
        let (language, edited, mut report) = (words.language, words.edited, words.report.clone());
        self.show(taken, Show::Typing);
        let since = Instant::now();
        let routed = route(&words.text, words.pending.as_ref(), &self.kit, stop).await;
        report.time("understand", since);
        let route = match routed {
            Ok(route) => route,
            Err(failure) => return self.failed(failure, language, "answer", report),
        };
        let name = route.intent.name();
        report.intent = name.to_owned();
        tracing::debug!(message = taken.id.get(), intent = name, "understood");
        self.store.reached(Step::Understood, taken.id.get()).await;
        if let Some(phrase) = self.full_day(words.standing, &taken.message, name).await {
            return Made::refusing(phrase, language, report);
        }
        let since = Instant::now();
        let ask = self.ask(taken, words, &route, stop);
        let acted = route.intent.handle(&ask, &self.kit).await;
        report.time("act", since);
        let acted = acted.map(|outcome| on_edit(outcome, edited));
        self.acted(taken, acted, (language, name, report), stop).await
    }

    /// What an intent came to.
    pub(super) async fn acted(
        &self,
        taken: &Taken,
        acted: Result<Outcome, Failure>,
        (language, name, mut report): (Language, &str, Report),
        stop: &CancellationToken,
    ) -> Made {
        name.clone_into(&mut report.intent);
        self.store.reached(Step::Acted, taken.id.get()).await;
        match acted {
            Ok(outcome) => {
                report.reason = reason(&outcome);
                report.failed = report.reason.is_some();
                Made { outcome, language, report, interrupted: stop.is_cancelled(), ..Made::nothing() }
            }
            Err(failure) => self.failed(failure, language, name, report),
        }
    }

    pub(super) fn ask(&self, taken: &Taken, words: Words, route: &Route, stop: &CancellationToken) -> Ask {
        Ask {
            message: taken.id,
            text: words.text,
            args: route.args.clone(),
            slash: route.slash,
            address: taken.message.address.clone(),
            person: taken.message.from.id.clone(),
            standing: words.standing,
            audience: taken.message.audience,
            quoted: words.quoted,
            language: words.language,
            settings: words.settings,
            understood: route.understood(),
            pending: words.pending.filter(|_| route.answers_pending),
            offer_drawing: route.offer_drawing,
            seed: (self.dice)(),
            stop: stop.clone(),
            now: (self.clock)(),
        }
    }

    /// The names that call the house where this was said.
    pub(super) fn wake(&self, settings: &Settings) -> Wake {
        settings.wake.as_deref().map_or_else(|| self.options.groups.wake.clone(), Wake::new)
    }

    pub(super) fn manners<'a>(
        &self,
        limit: usize,
        who: &Who,
        wake: &'a Wake,
        settings: &Settings,
    ) -> Manners<'a> {
        let (standing, claimable) = (who.standing, who.claimable);
        Manners {
            limit,
            standing,
            claimable,
            wake,
            listens: settings.listens.unwrap_or(self.options.groups.listens),
        }
    }

    /// The language to reply in: what the lane chose, what the text is in, what the messenger says, the house's own.
    pub(super) fn language(&self, text: &str, settings: &Settings, hint: Option<Language>) -> Language {
        let written = if text.starts_with('/') { None } else { tongue(&plain(text)).of_house() };
        settings.language.or(written).or(hint).unwrap_or(self.options.language)
    }

    /// The one place where a failure stops travelling: a phrase for the person, the cause for the log.
    pub(super) fn failed(
        &self,
        failure: Failure,
        language: Language,
        intent: &str,
        mut report: Report,
    ) -> Made {
        let cause = failure.source.as_deref().map(|cause| causes(cause));
        match failure.kind {
            FailureKind::Theirs => tracing::debug!(intent, key = %failure.phrase.key, "refused"),
            FailureKind::Busy => tracing::warn!(intent, key = %failure.phrase.key, cause, "not now"),
            FailureKind::Stopped => tracing::debug!(intent, "stopped"),
            FailureKind::Ours => tracing::error!(intent, key = %failure.phrase.key, cause, "failed"),
        }
        intent.clone_into(&mut report.intent);
        report.reason = Some(failure.phrase.key.clone());
        report.failed = true;
        let interrupted = failure.kind == FailureKind::Stopped;
        Made { report, interrupted, ..Made::saying(failure.phrase, language) }
    }

    /// Settles, and keeps trying while the disk is full or the database is locked: what was done is not lost.
    pub(super) async fn settle(&self, taken: &Taken, who: &Who, made: Made, stop: &CancellationToken) {
        let report = serde_json::to_string(&made.report).unwrap_or_default();
        let told: Vec<String> = told(&made.outcome).into_iter().map(str::to_owned).collect();
        let told: Vec<&str> = told.iter().map(String::as_str).collect();
        let (standing, limits) = (who.standing, self.limits(who.standing, &made.report));
        let also = Access::same_person(&taken.message.address.messenger);
        let settle = || {
            self.store.settle(Settlement {
                taken,
                outcome: made.outcome.clone(),
                standing,
                also: &also,
                anew: made.anew.as_deref(),
                for_us: made.kept || made.for_us && standing != Standing::Stranger,
                told: &told,
                heard: made.report.transcript.as_deref(),
                language: made.language,
                report: &report,
                limits,
                now: (self.clock)(),
            })
        };
        let Some(settled) = insist("settling", stop, settle).await else { return };
        if settled.is_none() {
            tracing::warn!(
                message = taken.id.get(),
                "not in our hands any more; what was made of it is dropped"
            );
            return;
        }
        if made.outcome == Outcome::Stop {
            // The row says it already: what is stopped ends as stopped, even if this process does not live to see it.
            self.stop_lane(&taken.message.address.lane());
        }
        self.store.reached(Step::Settled, taken.id.get()).await;
        let settled = settled.unwrap_or_default();
        if !settled.orphans.is_empty() {
            self.media.remove(&settled.orphans);
        }
        if let Some(gone) = settled.forgotten {
            self.forget(taken, &gone).await;
        }
        tracing::info!(message = taken.id.get(), intent = %made.report.intent, failed = made.report.failed, lane = taken.message.address.lane(), "settled");
        measure::settled(&made.report.intent, made.report.failed);
        for (step, ms) in &made.report.ms {
            measure::step(step, Duration::from_millis(*ms));
        }
    }

    /// What the rows that are gone have left: files, text in the write-ahead log, whatever the messenger keeps itself.
    async fn forget(&self, taken: &Taken, gone: &Forgotten) {
        self.media.remove(&gone.files);
        self.store.drop_copies(None);
        match self.store.fold().await {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!("somebody reads the old state; the log is emptied when the house is kept next")
            }
            Err(error) => {
                tracing::warn!(%error, "the write-ahead log could not be emptied; the next stop does it")
            }
        }
        // What the messenger keeps itself of a lane is not one person's among several.
        if gone.whole {
            self.show(taken, Show::Forget);
        }
    }

    pub(super) fn show(&self, taken: &Taken, show: Show) {
        let (address, task) = (taken.message.address.clone(), Task::Message(taken.id));
        let _ = self.kit.notices.try_send(Notice { address, task, show });
    }
}

/// Whether nobody spoke to us: then nothing is said to them, whatever goes wrong.
pub(super) fn is_overheard(message: &Message, who: &Who) -> bool {
    message.audience.is_overheard() || who.standing == Standing::Stranger
}

/// An edit of a waiting drawing's request changes that drawing; edited into something else, that is done.
fn on_edit(outcome: Outcome, edited: Option<DrawingId>) -> Outcome {
    match (outcome, edited) {
        (Outcome::Draw(commission), Some(drawing)) => Outcome::Redraw { drawing, commission },
        (outcome, _) => outcome,
    }
}
