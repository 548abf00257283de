//! What goes on beside a picture in hand: looking whether somebody cancelled it, and telling people their place.

use std::future::Future;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::message::{DrawingId, Notice, Show, Task};
use crate::store::Store;

/// How often the cancel column is read.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Waits until the drawing's cancel column is set, then stops the model. Ends with `true` only then.
pub(super) async fn until_cancelled(store: &Store, id: DrawingId, halt: &CancellationToken) -> bool {
    let mut told = false;
    loop {
        match store.wants_cancel(id).await {
            Ok(true) => {
                halt.cancel();
                return true;
            }
            Ok(false) => {}
            Err(_) if told => {}
            Err(error) => {
                told = true;
                tracing::warn!(drawing = id.get(), %error, "the cancel column could not be read");
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Runs the work to its end, with the watch beside it; says whether the watch fired.
pub(super) async fn both<T>(work: impl Future<Output = T>, watch: impl Future<Output = bool>) -> (T, bool) {
    tokio::pin!(work, watch);
    tokio::select! {
        done = &mut work => (done, false),
        fired = &mut watch => (work.await, fired),
    }
}

/// Tells everybody who waits their place in the line, best effort.
pub(super) async fn announce(store: &Store, notices: &mpsc::Sender<Notice>) {
    let reader = store.reader();
    let Ok(rows) = reader.queue(0).await else { return };
    let each = reader.painting_takes().await.unwrap_or_default();
    for row in rows {
        let Some(place) = row.place else { continue };
        let (task, show) = (
            Task::Drawing(row.id),
            Show::Position { place, left_ms: each.map(|ms| ms * u64::from(place + 1)) },
        );
        let _ = notices.try_send(Notice { address: row.address, task, show });
    }
}
