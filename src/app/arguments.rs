//! The command line: a contract that scripts rely on. Commands appear with the room that serves them.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// A self-hosted assistant that understands, answers and draws, offline.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(super) struct Arguments {
    /// The configuration file (otherwise aisaac.toml in the data folder).
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// The data folder (otherwise $AISAAC_DATA, $STATE_DIRECTORY, $XDG_DATA_HOME/aisaac).
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The configuration file.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// The line of drawings, beside a running house.
    Queue {
        #[command(subcommand)]
        command: QueueCommand,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Read it and name what cannot be understood.
    Check,
    /// Print a commented example: every key with its default.
    Example,
}

#[derive(Debug, Subcommand)]
pub(super) enum QueueCommand {
    /// What is painted, what waits, and what has ended lately: id, place, state, requester, subject.
    List,
    /// Cancel a drawing, waiting or running.
    Cancel {
        /// Its id, as `list` shows it.
        id: i64,
    },
    /// Put a failed, parked or cancelled drawing back at the end of the line.
    Retry {
        /// Its id, as `list` shows it.
        id: i64,
    },
}
