//! Wiring: the only room that knows all rooms. The command line, configuration, places and the clock.

mod arguments;
mod ask;
mod catalogue;
mod chat;
mod config_error;
mod doctor;
mod signals;
mod steps;
mod telemetry;
pub mod clock;
pub mod config;
pub mod engines;
pub mod house;
pub mod places;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command, ConfigCommand, QueueCommand};
use config::Config;
use places::Places;

use crate::message::DrawingId;
use crate::phrases::Phrases;
use crate::store::{CancelWord, Role, Store};

/// Exit code of a command that cannot be meant so; clap's own, too.
const WRONG_USE: u8 = 2;

/// Reads the arguments, does what they say, and turns an error into one sentence on standard error.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    telemetry::start(&arguments.log);
    if let Command::Run = &arguments.command {
        let sentence = Phrases::load().say(house::locale(), "no-messenger");
        let _ = writeln!(std::io::stderr(), "aisaac: {sentence}");
        return ExitCode::from(WRONG_USE);
    }
    let done = tokio::runtime::Runtime::new().map_err(anyhow::Error::from).and_then(|runtime| {
        let done = runtime.block_on(obey(&arguments));
        runtime.shutdown_background();
        done
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "aisaac: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// False when a message was answered with a failure phrase, a line of several failed, or something is wrong.
async fn obey(arguments: &Arguments) -> anyhow::Result<bool> {
    if let Command::Config { command: ConfigCommand::Example } = &arguments.command {
        return say(config::EXAMPLE.trim_end()).map(|()| true);
    }
    if let Command::Doctor(doctor) = &arguments.command {
        let (data, config) = (arguments.data.as_deref(), arguments.config.as_deref());
        return doctor::doctor(data, config, doctor).await;
    }
    let places = Places::find(arguments.data.as_deref())?;
    let config = Config::load(arguments.config.as_deref(), &places.config())?;
    match &arguments.command {
        Command::Ask(ask) => return Box::pin(ask::ask(&places, &config, ask)).await,
        Command::Step { command } => return steps::step(&places, &config, command).await,
        Command::Chat => Box::pin(chat::chat(&places, &config)).await?,
        Command::Models { command } => catalogue::models(&places, command).await?,
        Command::Run | Command::Doctor(_) => {}
        Command::Config { .. } => say(&config::verdict(arguments.config.as_deref(), &places.config()))?,
        Command::Queue { command } => {
            let store = Store::open(&places.database(), &clock::boot(), Role::Guest, clock::now()).await?;
            let done = queue(&store, command).await;
            store.close().await;
            done?;
        }
    }
    Ok(true)
}

async fn queue(store: &Store, command: &QueueCommand) -> anyhow::Result<()> {
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
                CancelWord::Cancelled(subject) => say(&format!("cancelled: {subject}")),
                CancelWord::Stopping(subject) => say(&format!("stopping at the next step: {subject}")),
                CancelWord::Nothing | CancelWord::NotYours => {
                    anyhow::bail!("drawing {id} is not waiting and not running")
                }
            }
        }
        QueueCommand::Retry { id } => match store.retry(DrawingId::new(*id), clock::now()).await? {
            Some(again) => say(&format!("queued again as {again}")),
            None => anyhow::bail!("drawing {id} has not failed, been parked or cancelled"),
        },
    }
}

/// A result, on standard output. A reader that has gone is no error.
fn say(text: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
