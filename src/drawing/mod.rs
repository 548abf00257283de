//! The painter: takes the oldest drawing of the FIFO, paints it, and hands the picture to the outbox.
//!
//! [`Painter::paint_next`] does one picture; [`Painter::run`] only waits. The file is on disk before the row that
//! names it commits. Drawings are painted outside any transaction. Nothing here knows a messenger.

mod watch;

use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::inference::{self, DrawRequest, InferenceError, Painting, Picture};
use crate::media::{Media, png};
use crate::message::{
    Commission, Failure, FailureKind, Notice, Phrase, PictureReply, Show, Step, Task, causes, measure, millis,
};
use crate::store::{ATTEMPTS, Claimed, Store, StoreError, attend, insist};

/// What the painter says about its model in files and captions.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Name of the picture model.
    pub model: String,
    /// Key of the sentence under each picture.
    pub caption: Option<String>,
}

/// Paints the FIFO.
pub struct Painter {
    store: Store,
    media: Media,
    model: Painting,
    facts: Facts,
    notices: mpsc::Sender<Notice>,
    clock: fn() -> i64,
}

/// A picture with its file's bytes, or how it ended otherwise.
type Painted = Result<(Picture, Vec<u8>), Ended>;

/// Why a result is not on disk yet.
#[derive(Debug, thiserror::Error)]
enum Unwritten {
    #[error("the picture file cannot be written")]
    File(#[from] std::io::Error),
    #[error("the row cannot be written")]
    Row(#[from] StoreError),
}

/// How a picture ended, other than well.
enum Ended {
    Cancelled,
    HouseStops,
    Failed(Failure),
}

impl Painter {
    /// A painter. `clock` gives Unix milliseconds.
    #[must_use]
    pub fn new(
        store: Store,
        media: Media,
        (model, facts): (Painting, Facts),
        notices: mpsc::Sender<Notice>,
        clock: fn() -> i64,
    ) -> Self {
        Self { store, media, model, facts, notices, clock }
    }

    /// Paints until told to stop; the picture in hand then stops at its next step and goes back to the line.
    pub async fn run(&self, stop: CancellationToken) {
        attend("painting", &self.store.bells().drawings, &stop, || self.paint_next(&stop)).await;
    }

    /// Paints the oldest waiting drawing. False when there is none. What came of it is kept in hand until the disk
    /// takes it.
    ///
    /// # Errors
    /// When nothing can be claimed.
    pub async fn paint_next(&self, stop: &CancellationToken) -> Result<bool, StoreError> {
        let Some(claimed) = self.store.claim((self.clock)()).await? else { return Ok(false) };
        let started = Instant::now();
        self.store.reached(Step::Claimed, claimed.id.get()).await;
        watch::announce(&self.store, &self.notices).await;
        let result = self.paint(&claimed, stop).await;
        let ms = millis(started.elapsed());
        let ended = insist("writing a drawing down", stop, || self.conclude(&claimed, &result, ms)).await;
        if ended == Some(true) {
            self.store.reached(Step::Drawn, claimed.id.get()).await;
        }
        self.notify(&claimed, Show::Clear);
        Ok(true)
    }

    /// Writes down what came of a drawing; false when it goes back to the line.
    async fn conclude(&self, claimed: &Claimed, result: &Painted, ms: u64) -> Result<bool, Unwritten> {
        match result {
            Ok((picture, bytes)) => {
                self.finish(claimed, picture, bytes).await?;
                tracing::info!(drawing = claimed.id.get(), lane = claimed.address.lane(), ms, "painted");
                measure::drawing("painted");
                measure::step("paint", Duration::from_millis(ms));
            }
            Err(Ended::Cancelled) => {
                self.store.drawing_cancelled(claimed, (self.clock)()).await?;
                tracing::info!(drawing = claimed.id.get(), "cancelled");
                measure::drawing("cancelled");
            }
            Err(Ended::HouseStops) => {
                self.store.drawing_given_back(claimed, (self.clock)()).await?;
                return Ok(false);
            }
            Err(Ended::Failed(failure)) => return Ok(self.give_up_or_retry(claimed, failure).await?),
        }
        Ok(true)
    }

    async fn paint(&self, claimed: &Claimed, stop: &CancellationToken) -> Painted {
        let request = DrawRequest::of(&claimed.commission);
        let halt = stop.child_token();
        let progress = self.progress(claimed);
        let model = self.model.clone();
        let painting = model.run(request, halt.clone(), progress);
        let cancelled = watch::until_cancelled(&self.store, claimed.id, &halt);
        let (painted, was_cancelled) = watch::both(painting, cancelled).await;
        match painted {
            Ok(_) if was_cancelled => Err(Ended::Cancelled),
            Ok(picture) => {
                let bytes = encode(&claimed.commission, &picture, &self.facts.model)
                    .map_err(|error| ours("drawing-failed", error))?;
                Ok((picture, bytes))
            }
            Err(InferenceError::Stopped) if was_cancelled => Err(Ended::Cancelled),
            Err(InferenceError::Stopped) => Err(Ended::HouseStops),
            Err(error) => Err(Ended::Failed(failure_of(error))),
        }
    }

    async fn finish(&self, claimed: &Claimed, picture: &Picture, bytes: &[u8]) -> Result<(), Unwritten> {
        self.store.writes(claimed).await?;
        let name = claimed.file();
        self.media.write(&name, bytes).await?;
        self.store.reached(Step::Written, claimed.id.get()).await;
        let reply = PictureReply {
            file: name.clone(),
            prompt: claimed.commission.subject.clone(),
            seed: claimed.commission.seed,
            steps: picture.steps,
            width: picture.width,
            height: picture.height,
            caption: self.facts.caption.clone(),
            cut: picture.cut.clone(),
            as_file: claimed.commission.as_file,
        };
        if !self.store.painted(claimed, reply, (self.clock)()).await? {
            // Cancelled at the last moment, or forgotten: then there is no row, and nothing to say.
            tracing::info!(drawing = claimed.id.get(), "painted for nobody");
            self.media.remove(&[name]);
            self.store.drawing_cancelled(claimed, (self.clock)()).await?;
        }
        Ok(())
    }

    /// A fault of the house is tried again until the attempts are used up; anything else is told at once, and is the end.
    async fn give_up_or_retry(&self, claimed: &Claimed, failure: &Failure) -> Result<bool, StoreError> {
        let again = failure.kind == FailureKind::Busy && claimed.attempt < ATTEMPTS;
        if again {
            self.store.drawing_again(claimed, (self.clock)()).await?;
        } else {
            let phrase = failure.phrase.clone().with("subject", claimed.commission.subject.clone());
            self.store.failed(claimed, phrase, &failure.to_string(), (self.clock)()).await?;
            measure::drawing("failed");
        }
        tracing::error!(
            drawing = claimed.id.get(),
            attempt = claimed.attempt,
            again,
            error = failure.source.as_deref().map(|error| causes(error)),
            "not painted: {failure}"
        );
        Ok(!again)
    }

    /// Progress as notices, with the time left once two steps have been timed.
    fn progress(&self, claimed: &Claimed) -> inference::Progress<inference::Step> {
        let (notices, address, drawing) = (self.notices.clone(), claimed.address.clone(), claimed.id);
        let (mut first, store) = (None::<(Instant, u32)>, self.store.clone());
        Box::new(move |step: inference::Step| {
            store.passed(Step::Denoised, drawing.get());
            let (since, done_then) = *first.get_or_insert_with(|| (Instant::now(), step.done));
            let timed = step.done.saturating_sub(done_then);
            let left_ms =
                (timed > 0).then(|| millis(since.elapsed() / timed * step.of.saturating_sub(step.done)));
            let show = Show::Progress { step: step.done, of: step.of, left_ms };
            let task = Task::Drawing(drawing);
            let _ = notices.try_send(Notice { address: address.clone(), task, show });
        })
    }

    fn notify(&self, claimed: &Claimed, show: Show) {
        let task = Task::Drawing(claimed.id);
        let _ = self.notices.try_send(Notice { address: claimed.address.clone(), task, show });
    }
}

/// A picture as PNG, with what made it in its text chunks.
///
/// # Errors
/// When the picture has not the pixels that its size says.
pub fn encode(order: &Commission, picture: &Picture, model: &str) -> Result<Vec<u8>, png::PngError> {
    let about = png::About {
        prompt: &order.prompt,
        request: &order.request,
        intent: &order.intent,
        subject: &order.subject,
        negative: order.negative.as_deref(),
        seed: order.seed,
        steps: picture.steps,
        guidance: picture.guidance,
        scheduler: &picture.scheduler,
        model,
    };
    png::encode(picture.width, picture.height, &picture.rgb, &about)
}

fn ours(key: &str, error: impl std::error::Error + Send + Sync + 'static) -> Ended {
    Ended::Failed(Failure {
        kind: FailureKind::Ours,
        phrase: Phrase::new(key),
        source: Some(Box::new(error)),
    })
}

/// What a model's error means for the requester. A panic may not happen again; memory will be as short next time.
fn failure_of(error: InferenceError) -> Failure {
    let again = matches!(error, InferenceError::Panicked { .. } | InferenceError::Gone { .. });
    let mut failure = error.failure();
    if again {
        failure.kind = FailureKind::Busy;
    }
    let key = match failure.phrase.key.as_str() {
        "out-of-memory" => "drawing-out-of-memory",
        "model-broken" => "drawing-model-broken",
        "our-fault" if again => "drawing-gave-up",
        "our-fault" => "drawing-failed",
        _ => return failure,
    };
    failure.phrase = Phrase::new(key);
    failure
}
