//! How much memory does the house take when nobody talks, and how soon does it reply after it was started? The program
//! itself, as `chat` behind a pipe, on a data folder of its own with the starter models.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Places;
use crate::contender::memory;
use crate::figures::{Figures, median};
use crate::pulled::data;

/// Starts that are timed, of each kind.
const STARTS: usize = 5;

/// Longest wait for models to leave: their minute without a request, and some more.
const UNLOADED: Duration = Duration::from_secs(80);

/// How long the allocator takes to give back what they held: pages go within ten seconds.
const GIVEN_BACK: Duration = Duration::from_secs(12);

const QUESTION: &str = "What is the capital of France?";

/// A program under way.
struct House {
    process: Child,
    says: Option<ChildStdin>,
    hears: BufReader<ChildStdout>,
    since: Instant,
}

impl House {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aisaac"));
        command.arg("--data").arg(folder).arg("chat").env("LC_ALL", "en_US.UTF-8");
        let since = Instant::now();
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (says, hears) = (process.stdin.take(), BufReader::new(process.stdout.take().unwrap()));
        Self { process, says, hears, since }
    }

    /// Seconds from the start to the first line of the reply.
    fn asked(&mut self, text: &str) -> f64 {
        writeln!(self.says.as_mut().unwrap(), "{text}").unwrap();
        let mut line = String::new();
        assert!(self.hears.read_line(&mut line).unwrap() > 0, "no reply to {text}");
        self.since.elapsed().as_secs_f64()
    }

    fn memory(&self) -> f64 {
        memory(self.process.id(), "VmRSS:")
    }

    /// The part of it that is no file mapped into it.
    fn own(&self) -> f64 {
        memory(self.process.id(), "RssAnon:")
    }
}

impl Drop for House {
    fn drop(&mut self) {
        drop(self.says.take());
        let _ = self.process.wait();
    }
}

/// A data folder; with the starter models as `make bench` has pulled them.
fn folder(models: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    std::fs::write(folder.path().join("aisaac.toml"), "[inference]\nidle_minutes = 1\n").unwrap();
    for name in ["models", "runtime"].iter().filter(|_| models) {
        std::os::unix::fs::symlink(data().join(name), folder.path().join(name)).unwrap();
    }
    folder
}

pub(crate) fn run(_: &Places) {
    let mut figures = Figures::of("footprint", "Footprint: `aisaac chat` behind a pipe");
    idle(&mut figures);
    starts(&mut figures);
    figures.note(
        "memory is resident memory as the kernel counts it, pages of the program's own file among it"
            .to_owned(),
    );
    figures.write();
}

fn idle(figures: &mut Figures) {
    let bare = folder(false);
    let house = House::start(bare.path());
    std::thread::sleep(Duration::from_secs(3));
    figures.alone(("idle, no models installed", "MiB"), house.memory(), Some(30.0));
    drop(house);
    let starter = folder(true);
    let mut house = House::start(starter.path());
    std::thread::sleep(Duration::from_secs(8));
    figures.alone(("started, the understanding model warm", "MiB"), house.memory(), None);
    house.asked(QUESTION);
    std::thread::sleep(Duration::from_secs(1));
    figures.alone(("after an answer, both models loaded", "MiB"), house.memory(), None);
    left(&house);
    figures.alone(("idle again, models unloaded", "MiB"), house.memory(), Some(30.0));
    figures.note(format!(
        "idle again: {:.0} MiB of it are the program's own, the rest are pages of mapped files",
        house.own()
    ));
    for _ in 0..2 {
        house.asked(QUESTION);
        std::thread::sleep(Duration::from_secs(1));
        left(&house);
    }
    figures.alone(("idle again, for the third time", "MiB"), house.memory(), Some(30.0));
}

/// Waits until the models have left, and their memory with them.
fn left(house: &House) {
    let (full, since) = (house.memory(), Instant::now());
    while since.elapsed() < UNLOADED && house.memory() > full / 2.0 {
        std::thread::sleep(Duration::from_secs(1));
    }
    std::thread::sleep(GIVEN_BACK);
}

fn starts(figures: &mut Figures) {
    let starter = folder(true);
    for (what, text) in [
        ("start -> first reply, /help (no model)", "/help"),
        ("start -> first reply, a question (both models loaded first)", QUESTION),
    ] {
        let seconds: Vec<f64> = (0..STARTS).map(|_| House::start(starter.path()).asked(text)).collect();
        figures.alone((what, "s"), median(&seconds), None);
    }
}
