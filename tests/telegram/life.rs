//! The life of a house on a thread and a runtime of its own, as that of a process: it begins, and ends when it is told to
//! stop, or from one moment to the next.

use std::sync::Arc;
use std::time::Duration;

use aisaac::app::claim;
use aisaac::app::clock;
use aisaac::app::config::Config;
use aisaac::app::engines::Engines;
use aisaac::app::house::{Foundation, House};
use aisaac::app::places::Places;
use aisaac::message::Health;
use aisaac::messenger::telegram::{NAME, Telegram, TelegramOptions};
use aisaac::store::Witness;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::log::Log;

/// What a process starts with.
pub(crate) struct Beginning {
    pub(crate) places: Places,
    pub(crate) config: Config,
    pub(crate) engines: Engines,
    pub(crate) options: TelegramOptions,
    pub(crate) witness: Option<Arc<dyn Witness>>,
    pub(crate) health: Health,
    pub(crate) log: Log,
}

/// The one-time code, and what the terminal showed.
pub(crate) type Printed = (Option<String>, String);

impl Beginning {
    /// The whole life of a process: until it is told to stop, or dies.
    pub(crate) fn lives(
        self,
        (stop, die): (CancellationToken, CancellationToken),
        tell: oneshot::Sender<Printed>,
    ) -> anyhow::Result<()> {
        let log = self.log.clone();
        log.listen();
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        runtime.worker_threads(2).enable_all().on_thread_start(move || log.listen());
        let runtime = runtime.build()?;
        let ended = runtime.block_on(async {
            tokio::select! {
                biased;
                () = die.cancelled() => Ok(()),
                ended = Box::pin(self.runs(stop, tell)) => ended,
            }
        });
        runtime.shutdown_timeout(Duration::from_secs(5));
        ended
    }

    async fn runs(self, stop: CancellationToken, tell: oneshot::Sender<Printed>) -> anyhow::Result<()> {
        let telegram = Telegram::new(self.options, self.health.clone(), clock::now)?;
        // A process that another test starts holds a copy of the lock until it is what it becomes.
        let lock = loop {
            match self.places.try_lock()? {
                Some(lock) => break lock,
                None => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        };
        let mut foundation = Foundation::lay(&self.places, &self.config, lock, clock::REAL).await?;
        foundation.health = self.health;
        if let Some(witness) = self.witness {
            foundation.store = foundation.store.watched(witness);
        }
        let mut printed = Vec::new();
        let code = claim::offer(&foundation, &[NAME], clock::now(), &mut printed).await?;
        let messengers = vec![Arc::new(telegram) as _];
        let house =
            House::build(foundation, &self.places, &self.config, self.engines, messengers, clock::REAL);
        let _ = tell.send((code, String::from_utf8(printed)?));
        Box::pin(house.run(stop)).await
    }
}
