//! Hear: what a message's recording says becomes its text.

use std::sync::Arc;
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::Assistant;
use super::heed::{Heeded, heed_spoken};
use super::journey::Words;
use super::made::Made;
use super::report::Report;
use crate::access::Who;
use crate::inbox::{SPOKEN_LIMIT, clean};
use crate::message::{
    Body, Failure, FailureKind, Notice, Pending, Phrase, Quoted, Settings, Show, Step, Task,
};
use crate::store::{Brought, Taken};

/// Notes that are longer than so many seconds have their progress shown.
const SHOWN_FROM: u32 = 30;

impl Assistant {
    /// Hears the recording, and goes on with the words as if they had been typed.
    pub(super) async fn hear(
        &self,
        taken: &Taken,
        who: &Who,
        (settings, pending): (Settings, Option<Pending>),
        stop: &CancellationToken,
    ) -> Made {
        let (message, since) = (&taken.message, Instant::now());
        let called = !message.audience.is_overheard();
        if called {
            self.show(taken, Show::Typing);
        }
        let heard = self.heard(taken, stop).await;
        let mut report = Report::default();
        report.time("hear", since);
        let words = match heard {
            Ok(words) => words,
            // Nobody asked: what a group's note says, or does not say, is not for us.
            Err(_) if !called => return Made::ignored(),
            Err(failure) => {
                let language = self.language("", &settings, message.from.language);
                return self.failed(failure, language, "", report);
            }
        };
        self.store.reached(Step::Heard, taken.id.get()).await;
        report.transcript = Some(words.clone());
        let caption = match &message.body {
            Body::Voice(recording) => recording.caption.as_deref().unwrap_or_default(),
            _ => "",
        };
        let text = format!("{caption}\n{words}").trim().to_owned();
        let language = self.language(&text, &settings, message.from.language);
        let wake = self.wake(&settings);
        match heed_spoken(message, &text, &self.manners(SPOKEN_LIMIT, who, &wake, &settings)) {
            Heeded::Ignore => Made::ignored(),
            Heeded::Text(text) => {
                let standing = who.standing;
                let words = Words {
                    text,
                    standing,
                    edited: None,
                    quoted: message.quoted.clone(),
                    language,
                    settings,
                    pending,
                    report,
                };
                self.understand_and_act(taken, words, stop).await
            }
            Heeded::Refuse(phrase) => Made::refusing(phrase, language, report),
            // Said aloud, it comes too late for what ran: a lane has one message in hand.
            _ => Made::refusing(Phrase::new("nothing-to-stop"), language, report),
        }
    }

    /// Hears what somebody said in the recording that a text answers: "what does he say?".
    pub(super) async fn hear_quoted(&self, taken: &Taken, words: Words, stop: &CancellationToken) -> Made {
        let since = Instant::now();
        self.show(taken, Show::Typing);
        let heard = self.heard(taken, stop).await;
        let mut report = words.report;
        report.time("hear", since);
        match heard {
            Ok(said) => {
                let quoted = words.quoted.map(|quoted| Quoted { text: Some(said), ..quoted });
                self.understand_and_act(taken, Words { quoted, report, ..words }, stop).await
            }
            Err(failure) => self.failed(failure, words.language, "", report),
        }
    }

    async fn heard(&self, taken: &Taken, stop: &CancellationToken) -> Result<String, Failure> {
        let refusal = |phrase| Failure { kind: FailureKind::Theirs, phrase, source: None };
        let Some(speech) = &self.speech else { return Err(refusal(Phrase::new("hear-model-missing"))) };
        let file = match &taken.recording {
            Some(Brought::File(file)) => self.media.path(file),
            Some(Brought::Flaw(phrase)) => return Err(refusal(phrase.clone())),
            None => return Err(refusal(Phrase::new("voice-gone"))),
        };
        let (notices, address, task) =
            (self.kit.notices.clone(), taken.message.address.clone(), Task::Message(taken.id));
        let called = !taken.message.audience.is_overheard();
        let watch = move |done, of| {
            if called && of > SHOWN_FROM {
                let show = Show::Hearing { done, of };
                let _ = notices.try_send(Notice { address: address.clone(), task, show });
            }
        };
        let watch: crate::speech::Watch = Arc::new(watch);
        let said = speech.hear(&file, stop, &watch).await?;
        tracing::info!(
            message = taken.id.get(),
            seconds = said.length.as_secs(),
            language = said.transcript.language,
            confidence = f64::from(said.transcript.confidence),
            "heard"
        );
        Ok(clean(&said.transcript.text(), SPOKEN_LIMIT))
    }
}
