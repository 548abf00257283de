//! The command line: a contract that scripts rely on. Commands appear with the room that serves them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
    /// What is logged on standard error: error, warn (run: info), info, debug, trace, or a filter.
    #[arg(long, global = true, value_name = "LEVEL")]
    pub(super) log: Option<String>,
    #[command(subcommand)]
    pub(super) command: Command,
}

impl Arguments {
    /// What is logged. Whoever runs the daemon reads its log; other commands say their errors themselves.
    pub(super) fn log(&self) -> &str {
        let usual = if matches!(self.command, Command::Run) { "info" } else { "warn" };
        self.log.as_deref().unwrap_or(usual)
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// A conversation in the terminal. From a pipe: one message a line, answered in order.
    Chat,
    /// One message through the whole house. Exit 0 answered, 1 a failure phrase, 2 wrong use.
    Ask(AskArguments),
    /// The daemon: every configured messenger.
    Run,
    /// One step by itself, on arguments or on lines of standard input (-).
    Step {
        #[command(subcommand)]
        command: StepCommand,
    },
    /// The catalogue of models.
    Models {
        #[command(subcommand)]
        command: ModelsCommand,
    },
    /// Everything that can be wrong, each with its cure. Exit 0 when nothing is wrong; changes nothing.
    Doctor(DoctorArguments),
    /// Everything kept here (messages, pictures, configuration; no models) in one file, also beside a running house.
    Backup(BackupArguments),
    /// Put a backup back. No house may run; what was there is moved aside and kept.
    Restore(RestoreArguments),
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

#[derive(Debug, Args)]
pub(super) struct BackupArguments {
    /// Replace a file that is there already.
    #[arg(long)]
    pub(super) force: bool,
    /// One JSON object instead of text.
    #[arg(long)]
    pub(super) json: bool,
    /// The file to write, a zip archive.
    pub(super) file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct RestoreArguments {
    /// What becomes of messages, drawings and replies that were not done when the backup was made. A house that went on
    /// after the backup has done them since: then they come a second time.
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = UnfinishedWork::Keep)]
    pub(super) unfinished: UnfinishedWork,
    /// One JSON object instead of text.
    #[arg(long)]
    pub(super) json: bool,
    /// The backup.
    pub(super) file: PathBuf,
}

/// What becomes of work that a backup found unfinished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum UnfinishedWork {
    /// The next house does it.
    Keep,
    /// Nobody does it any more.
    Drop,
}

#[derive(Debug, Args)]
pub(super) struct DoctorArguments {
    /// Also sum every file of the models and try each model: takes time and memory.
    #[arg(long)]
    pub(super) deep: bool,
    /// One JSON object a check.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct AskArguments {
    /// A recording to be heard; TEXT comes with it, then.
    #[arg(long, value_name = "FILE")]
    pub(super) voice: Option<PathBuf>,
    /// Where pictures are copied to.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// One JSON object instead of text.
    #[arg(long)]
    pub(super) json: bool,
    /// The message.
    #[arg(required_unless_present = "voice")]
    pub(super) text: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum StepCommand {
    /// Recordings -> what was said, and when.
    Hear(StepArguments),
    /// Text -> intent.
    Understand(StepArguments),
    /// Text -> what to draw.
    Extract(StepArguments),
    /// What to draw -> the same in the language that picture models speak.
    Translate(StepArguments),
    /// Text -> the answer model's words, without a conversation.
    Answer(StepArguments),
    /// What to draw -> a picture, without waiting in line.
    Draw(DrawArguments),
}

#[derive(Debug, Args)]
pub(super) struct DrawArguments {
    #[command(flatten)]
    pub(super) step: StepArguments,
    /// Where pictures go; otherwise steps/ in the data folder, where they stay.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// The noise, a whole number; a random one for each picture otherwise.
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub(super) seed: Option<String>,
    /// Pixels; the model's own otherwise.
    #[arg(long, value_name = "WIDTHxHEIGHT", allow_hyphen_values = true)]
    pub(super) size: Option<String>,
    /// Denoising steps; the model's own otherwise.
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub(super) steps: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct StepArguments {
    /// One JSON object a line.
    #[arg(long)]
    pub(super) json: bool,
    /// Texts; none or - for lines of standard input.
    pub(super) input: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum ModelsCommand {
    /// What is known, and what is installed.
    List,
    /// Everything about a model or a set: files, licence with its text, languages, memory, measured quality.
    Show {
        /// Which.
        name: String,
    },
    /// Delete the files of a model or a set; what another set shares stays.
    Remove {
        /// Which.
        name: String,
    },
    /// Bring a model or a set (starter, home, gpu): says sizes and licences first, can be started again.
    Pull(PullArguments),
    /// Check the sums of what is installed.
    Verify {
        /// Models or sets; everything that is installed without.
        names: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub(super) struct PullArguments {
    /// Models or sets.
    #[arg(required = true)]
    pub(super) names: Vec<String>,
    /// A folder with packages and files carried over by hand; no network is used.
    #[arg(long, value_name = "DIR")]
    pub(super) from: Option<PathBuf>,
    /// Agree to the sizes and the licences without being asked.
    #[arg(long)]
    pub(super) yes: bool,
}
