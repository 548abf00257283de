//! Showing what goes on: notices are drained, and where a messenger can edit, one message says how far the work is.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Outbox;
use super::board::{Board, Round};
use super::deliver::deliver;
use super::parts::Leaving;
use super::split::split;
use super::telegram_html::to_html;
use crate::message::{Address, Language, Notice, Phrase, Press, Show, Task};
use crate::messenger::{DeliveryError, Dialect, Markup, Messenger, Part, PartBody, RemoteId};
use crate::store::{StoreError, UnderWay};

/// How often what is due is looked for while there is something to show.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How long a sign of life may take: the next one is newer.
const WITHIN: Duration = Duration::from_secs(8);

/// How long telling progress may take. Whoever gives up earlier does not learn the id of what comes to stand; a reply does not
/// wait for it.
const SAID_WITHIN: Duration = Duration::from_secs(60);

/// Lanes in which something is shown at once.
const AT_ONCE: usize = 32;

/// Sentences of drawings that are not done.
pub(super) const UNFINISHED: &[&str] = &["queued", "drawing-now", "request-changed"];

/// Cells of a bar.
const BAR: u32 = 10;

impl Outbox {
    /// Shows notices until told to stop; what is on its way then goes to its end, for its id is to be kept.
    pub(super) async fn show_all(&self, mut notices: mpsc::Receiver<Notice>, stop: &CancellationToken) {
        let (mut board, mut lanes) = (Board::default(), BTreeSet::new());
        let mut rounds = FuturesUnordered::new();
        loop {
            let look = async {
                if board.is_empty() {
                    std::future::pending::<()>().await;
                }
                tokio::time::sleep(LOOK_EVERY).await;
            };
            tokio::select! {
                first = notices.recv() => match first {
                    Some(first) => self.sort(first, &mut notices, &mut board).await,
                    None => break,
                },
                Some((lane, shown)) = rounds.next() => {
                    lanes.remove(&lane);
                    note(&mut board, shown);
                }
                () = look => {}
                () = stop.cancelled() => break,
            }
            let pace = |address: &Address| {
                self.messenger(address).map_or(Duration::ZERO, |messenger| messenger.pace(address).notices)
            };
            let (free, room) = (|lane: &str| !lanes.contains(lane), AT_ONCE.saturating_sub(lanes.len()));
            let due = board.due(pace, free, room, Instant::now());
            for (lane, round) in due {
                lanes.insert(lane.clone());
                rounds.push(async move { (lane, self.show_round(round, stop).await) });
            }
        }
        while rounds.next().await.is_some() {}
    }

    /// What is due in a lane, one after the other.
    async fn show_round(&self, round: Round, stop: &CancellationToken) -> Shown {
        if let Some(begun) = &round.begun {
            self.acknowledge(begun).await;
        }
        let mut shown = Shown::default();
        if let Some(notice) = round.say.filter(|_| !stop.is_cancelled()) {
            let said = self.say(&notice).await;
            shown.said = Some((notice, said));
        }
        if let Some(sign) = round.sign.filter(|_| !stop.is_cancelled())
            && let Some(messenger) = self.messenger(&sign.address)
        {
            if self.may_sign(&**messenger, &sign.address) {
                let _ = tokio::time::timeout(WITHIN, messenger.show(&sign)).await;
            } else {
                shown.unsigned = Some(sign.task);
            }
        }
        shown
    }

    /// Where a messenger can edit, the board decides what is shown; others are shown the newest of each task at once.
    async fn sort(&self, first: Notice, more: &mut mpsc::Receiver<Notice>, board: &mut Board) {
        let mut latest: Vec<Notice> = Vec::new();
        let mut next = Some(first);
        while let Some(notice) = next {
            let edits = self.messenger(&notice.address).is_some_and(|messenger| messenger.dialect().edits);
            // Nothing newer may stand in for a word to forget.
            if notice.show == Show::Forget {
                self.show_one(&notice).await;
            } else if edits {
                board.note(notice, Instant::now());
            } else {
                latest.retain(|earlier| earlier.address != notice.address);
                latest.push(notice);
            }
            next = more.try_recv().ok();
        }
        for notice in &latest {
            self.show_one(notice).await;
        }
    }

    async fn show_one(&self, notice: &Notice) {
        let messenger = self.messenger(&notice.address);
        if let Some(messenger) = messenger.filter(|one| !self.is_held(&***one, &notice.address)) {
            let _ = tokio::time::timeout(WITHIN, messenger.show(notice)).await;
        }
    }

    /// Has the messenger give its sign that a request is worked at, while it is.
    async fn acknowledge(&self, notice: &Notice) {
        let Some(messenger) = self.messenger(&notice.address) else { return };
        if self.is_held(&**messenger, &notice.address) {
            return;
        }
        let under_way = self.store.under_way(notice.task).await.ok().flatten();
        if let Some(key) = under_way.and_then(|under_way| under_way.reply_to) {
            let _ = tokio::time::timeout(WITHIN, messenger.acknowledge(&notice.address, &key)).await;
        }
    }

    /// Has a task's placeholder say how far it is.
    async fn say(&self, notice: &Notice) -> Result<Said, StoreError> {
        let Some(messenger) = self.messenger(&notice.address) else { return Ok(Said::Ended) };
        let Some(_telling) = self.tell(&notice.address, notice.task) else { return Ok(Said::Later) };
        let Some(under_way) = self.store.under_way(notice.task).await? else { return Ok(Said::Ended) };
        // What says that a drawing waits is a promise, and leaves as one.
        if under_way.placeholder.is_none() && matches!(notice.task, Task::Drawing(_)) {
            return Ok(Said::Later);
        }
        if under_way.behind {
            return Ok(Said::Later);
        }
        if !self.may_notice(&**messenger, &notice.address) {
            return Ok(Said::Later);
        }
        let leaving = self.progress(notice, &under_way, messenger.dialect());
        let delivered = tokio::time::timeout(SAID_WITHIN, deliver(&**messenger, &leaving, "notice")).await;
        self.was_said(notice, &**messenger, &under_way, delivered.ok()).await
    }

    async fn was_said(
        &self,
        notice: &Notice,
        messenger: &dyn Messenger,
        under_way: &UnderWay,
        delivered: Option<Result<RemoteId, DeliveryError>>,
    ) -> Result<Said, StoreError> {
        match (delivered, notice.task) {
            (Some(Ok(remote)), Task::Message(message)) if under_way.placeholder.is_none() => {
                if !self.store.stands(message, &remote.0).await? {
                    let language = under_way.language.unwrap_or(Language::En);
                    self.store.withdraw(&notice.address, &remote.0, language, (self.clock)()).await?;
                }
                Ok(Said::Yes)
            }
            (Some(Ok(_)), _) => Ok(Said::Yes),
            (Some(Err(DeliveryError::NothingToReplace { .. })), task) => {
                let gone = under_way.placeholder.as_deref().unwrap_or_default();
                self.store.nothing_stands_for(task, gone).await?;
                Ok(Said::Later)
            }
            (Some(Err(DeliveryError::Later { after: Some(wait), .. })), _) => {
                self.hold(messenger, &notice.address, wait);
                Ok(Said::Later)
            }
            // One that may stand there already is not posted a second time.
            (Some(Err(DeliveryError::Unknown { .. })) | None, _) if under_way.placeholder.is_none() => {
                Ok(Said::Ended)
            }
            // Whatever it is, the reply meets it too, and says so.
            (Some(Err(_)) | None, _) => Ok(Said::Later),
        }
    }

    fn progress(&self, notice: &Notice, under_way: &UnderWay, dialect: Dialect) -> Leaving {
        let language = under_way.language.unwrap_or(Language::En);
        let text =
            self.progress_text(&notice.show, under_way.subject.as_deref().unwrap_or_default(), language);
        // Of a draft that is too long for one message, the end is what grows.
        let plain = split(&text, dialect.text_limit, dialect.unit).pop().unwrap_or_default();
        let drafts = matches!(notice.show, Show::Draft(_)) && dialect.markup == Markup::TelegramHtml;
        let marked = drafts.then(|| to_html(&plain));
        let buttons = match notice.task {
            Task::Drawing(id) if dialect.buttons => {
                vec![vec![self.button("button-cancel", Press::Cancel(id), language)]]
            }
            _ => Vec::new(),
        };
        let (address, reply_to) = (notice.address.clone(), under_way.reply_to.clone());
        let part = Part { address, reply_to, body: PartBody::Text { plain, marked }, buttons };
        Leaving { part, replaces: under_way.placeholder.clone().map(RemoteId), instead: None }
    }

    fn progress_text(&self, show: &Show, subject: &str, language: Language) -> String {
        let render = |phrase: &Phrase| self.phrases.render(language, phrase);
        let left = |ms: &Option<u64>| match ms.map(|ms| i64::try_from(ms.div_ceil(1_000)).unwrap_or(i64::MAX))
        {
            None => String::new(),
            Some(seconds) if seconds < 90 => render(&Phrase::new("left-seconds").with("seconds", seconds)),
            Some(seconds) => render(&Phrase::new("left-minutes").with("minutes", (seconds + 30) / 60)),
        };
        match show {
            Show::Draft(text) if !text.trim().is_empty() => format!("{} ▍", text.trim()),
            Show::Hearing { done, of } => {
                render(&Phrase::new("hearing").with("done", i64::from(*done)).with("of", i64::from(*of)))
            }
            Show::Position { place, left_ms } => {
                let phrase = Phrase::new("in-line").with("subject", subject).with("place", i64::from(*place));
                render(&phrase.with("left", left(left_ms)))
            }
            Show::Progress { step, of, left_ms } => {
                let bar = bar(*step, *of);
                let phrase = Phrase::new("drawing-grows").with("subject", subject).with("bar", bar);
                render(&phrase.with("left", left(left_ms)))
            }
            Show::Draft(_) | Show::Typing | Show::Clear | Show::Forget => {
                self.phrases.say(language, "thinking")
            }
        }
    }
}

/// What came of a round.
#[derive(Default)]
struct Shown {
    said: Option<(Notice, Result<Said, StoreError>)>,
    /// Of this, no sign of life could be given.
    unsigned: Option<Task>,
}

fn note(board: &mut Board, shown: Shown) {
    if let Some(task) = shown.unsigned {
        board.unsigned(task);
    }
    let Some((notice, said)) = shown.said else { return };
    match said {
        Ok(Said::Yes) => board.said(&notice, Instant::now()),
        Ok(Said::Later) => board.unsaid(notice.task, Instant::now()),
        Ok(Said::Ended) => board.drop(notice.task),
        Err(error) => {
            tracing::debug!(%error, "progress is not shown");
            board.unsaid(notice.task, Instant::now());
        }
    }
}

/// What came of saying something.
enum Said {
    Yes,
    /// Not now.
    Later,
    /// There is nothing to say of it any more.
    Ended,
}

fn bar(done: u32, of: u32) -> String {
    let full = (done.min(of) * BAR).checked_div(of).unwrap_or_default();
    (0..BAR).map(|cell| if cell < full { '▰' } else { '▱' }).collect()
}
