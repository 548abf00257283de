//! `queue`: the line of drawings as the owner sees and changes it, beside a running house.

use super::arguments::QueueCommand;
use super::places::Places;
use super::sorry::sorry;
use super::voice::Voice;
use super::{clock, say};
use crate::message::{DrawingId, Phrase};
use crate::store::{CancelWord, Role, Store};

pub(super) async fn queue(places: &Places, command: &QueueCommand) -> anyhow::Result<()> {
    let store = Store::open(&places.database(), &clock::boot(), Role::Guest, clock::now()).await?;
    let done = obey(&store, command).await;
    store.close().await;
    done
}

async fn obey(store: &Store, command: &QueueCommand) -> anyhow::Result<()> {
    let tell = |phrase: &Phrase| Voice::here().say(phrase);
    let refuse = |key: &str, id: i64| Err(sorry(Phrase::new(key).with("id", id.to_string())));
    match command {
        QueueCommand::List => {
            for row in store.reader().queue(10).await? {
                let place = row.place.map_or_else(|| "-".to_owned(), |place| place.to_string());
                say(&format!("{}\t{place}\t{}\t{}\t{}", row.id, row.state, row.person, row.subject))?;
            }
            Ok(())
        }
        QueueCommand::Cancel { id } => {
            match store.cancel_as_owner(DrawingId::new(*id), clock::now()).await? {
                CancelWord::Cancelled(subject) => tell(&Phrase::new("cancelled").with("subject", subject)),
                CancelWord::Stopping(subject) => tell(&Phrase::new("cancelling").with("subject", subject)),
                CancelWord::Nothing | CancelWord::NotYours => refuse("queue-not-there", *id),
            }
        }
        QueueCommand::Retry { id } => {
            let Some(again) = store.retry(DrawingId::new(*id), clock::now()).await? else {
                return refuse("queue-not-retried", *id);
            };
            let rows = store.reader().queue(0).await?;
            let subject = rows.into_iter().find(|row| row.id == again).map(|row| row.subject);
            let phrase = Phrase::new("queue-retried").with("id", again.to_string());
            tell(&phrase.with("subject", subject.unwrap_or_default()))
        }
    }
}
