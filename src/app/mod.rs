//! Wiring: the only room that knows all rooms. The command line, configuration, places and the clock.

mod arguments;
mod ask;
mod backup;
mod catalogue;
mod chat;
mod config_error;
mod doctor;
#[cfg(debug_assertions)]
mod failpoint;
mod hub;
mod line;
mod offer;
pub mod owners;
mod pull_error;
mod pulling;
mod service;
mod http;
mod metrics;
mod secret;
mod signals;
mod sorry;
mod steps;
mod telegram;
mod telemetry;
mod upkeep;
mod voice;
pub mod claim;
pub mod clock;
pub mod config;
pub mod engines;
pub mod house;
pub mod places;
mod preferred;
pub mod run;
pub mod watch;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;

use arguments::{Arguments, Command, ConfigCommand};
use config::Config;
use places::Places;
use voice::Voice;

use crate::message::Phrase;

/// Exit code of a command that cannot be meant so; clap's own, too.
const WRONG_USE: u8 = 2;

/// Reads the arguments, does what they say, and turns an error into one sentence on standard error.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Err(phrase) = telemetry::start(arguments.log()) {
        let _ = writeln!(std::io::stderr(), "aisaac: {}", Voice::here().render(&phrase));
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
            let voice = Voice::here();
            let sentence = sorry::sentence(&error, &voice.phrases, voice.language);
            let _ = writeln!(std::io::stderr(), "aisaac: {sentence}");
            if sorry::is_misuse(&error) { ExitCode::from(WRONG_USE) } else { ExitCode::FAILURE }
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
    match &arguments.command {
        Command::Backup(backup) => {
            return backup::backup(arguments.data.as_deref(), backup).await.map(|()| true);
        }
        Command::Restore(restore) => {
            let (data, config) = (arguments.data.as_deref(), arguments.config.as_deref());
            return backup::restore(data, config, restore).await.map(|()| true);
        }
        _ => {}
    }
    let places = Places::find(arguments.data.as_deref())?;
    let config = Config::load(arguments.config.as_deref(), &places.config());
    if let Command::Run = &arguments.command {
        // A service manager need not try again what cannot be read.
        let config = config.map_err(sorry::as_misuse)?;
        return Box::pin(run::run(&places, &config)).await.map(|()| true);
    }
    let config = config?;
    match &arguments.command {
        Command::Ask(ask) => return Box::pin(ask::ask(&places, &config, ask)).await,
        Command::Step { command } => return steps::step(&places, &config, command).await,
        Command::Chat => Box::pin(chat::chat(&places, &config)).await?,
        Command::Models { command } => {
            let path = arguments.config.clone().unwrap_or_else(|| places.config());
            catalogue::models(&places, (&config, &path), command).await?;
        }
        Command::Run | Command::Doctor(_) | Command::Backup(_) | Command::Restore(_) => {}
        Command::Config { .. } => config_is_fine(arguments.config.as_deref(), &places)?,
        Command::Queue { command } => line::queue(&places, command).await?,
    }
    Ok(true)
}

/// What `config check` says about a configuration that could be read.
fn config_is_fine(given: Option<&Path>, places: &Places) -> anyhow::Result<()> {
    let (path, usual) = (given.map_or_else(|| places.config(), Path::to_owned), places.config());
    let none = given.is_none() && !usual.exists();
    let phrase = Phrase::new(if none { "config-none" } else { "config-fine" });
    let phrase = phrase.with("path", path.display().to_string());
    Voice::here().say(&phrase)
}

/// A result, on standard output. A reader that has gone is no error.
fn say(text: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Progress and questions, on standard error.
fn tell(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stderr(), "{text}").context("standard error")
}
