//! What refers to something earlier: an edited request is done anew, a pressed button does an earlier one again, and a chat
//! that something has happened to.

use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::Assistant;
use super::journey::Words;
use super::made::Made;
use crate::access::Who;
use crate::intent::{Route, pressed};
use crate::message::{Audience, Event, Language, Outcome, Phrase, Press, Show, Standing};
use crate::store::{Earlier, Taken};

/// Kinds of updates that hold what people said: not kept when they cannot be read.
const SAID: &[&str] = &["message", "edited_message"];

impl Assistant {
    /// A request was edited. A drawing that waits becomes what it says now; what was answered in words is answered anew,
    /// in the place of the first answer. The service also calls an edit what changed no word.
    pub(super) async fn edit(&self, taken: &Taken, of: &str, words: Words, stop: &CancellationToken) -> Made {
        let language = words.language;
        let earlier = match self.kit.reader.earlier(&taken.message.address, of, taken.id).await {
            Ok(earlier) => earlier,
            Err(error) => return self.failed(error.into(), language, "answer", words.report),
        };
        let Earlier { text, drawing, answer } = earlier;
        if text.as_deref().map(str::trim) == taken.message.words().map(str::trim) {
            return Made::nothing();
        }
        match drawing {
            Some((drawing, true)) => {
                return self.understand_and_act(taken, Words { edited: Some(drawing), ..words }, stop).await;
            }
            Some((_, false)) => return Made::saying(Phrase::new("edit-too-late"), language),
            None => {}
        }
        if let Some(answer) = answer
            && let Err(error) = self.store.stands(taken.id, &answer).await
        {
            return self.failed(error.into(), language, "answer", words.report);
        }
        self.understand_and_act(taken, words, stop).await.instead_of(of)
    }

    /// A button was pressed.
    pub(super) async fn press(
        &self,
        taken: &Taken,
        data: &str,
        mut words: Words,
        stop: &CancellationToken,
    ) -> Made {
        let language = words.language;
        let Some(press) = Press::parse(data) else {
            return Made::refusing(Phrase::new("button-old"), language, words.report);
        };
        let route = Route::to(name(press), "");
        let mut report = std::mem::take(&mut words.report);
        let since = Instant::now();
        self.show(taken, Show::Typing);
        let ask = self.ask(taken, words, &route, stop);
        let acted = pressed(press, &ask, &self.kit).await;
        report.time("act", since);
        self.acted(taken, acted, (language, name(press), report), stop).await
    }

    /// Something happened to the chat.
    pub(super) fn event(&self, taken: &Taken, who: &Who, event: Event, language: Language) -> Made {
        let outcome = match event {
            Event::Removed => Outcome::Left,
            Event::Moved { to } => Outcome::Moved { to },
            Event::Added
                if taken.message.audience != Audience::Private && who.standing == Standing::Owner =>
            {
                let key = if who.let_in { "added-to-group-let-in" } else { "added-to-group" };
                return Made::saying(Phrase::new(key), language);
            }
            // It is kept as it came: a later version may know it.
            Event::Unknown(kind) if !SAID.contains(&kind.as_str()) => {
                return Made { kept: true, ..Made::nothing() };
            }
            Event::Added | Event::Silent(_) | Event::Unknown(_) => return Made::ignored(),
        };
        Made { outcome, ..Made::ignored() }
    }
}

/// The intent that a button is a part of.
const fn name(press: Press) -> &'static str {
    match press {
        Press::Cancel(_) => "cancel",
        Press::Again(_) | Press::Same(_) | Press::Shape(_) | Press::Draw(_) => "draw",
        Press::Answer(_) => "answer",
    }
}
