//! One who runs in a bench: ourselves or a peer, each a process of its own, so that memory is told apart and nobody is
//! timed while another one works. It gets one JSON object a line and gives one back; times are taken inside, around the
//! work itself. Never: two contenders asked at once.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::Places;

/// A running contender.
pub(crate) struct Contender {
    /// What it is, with its version.
    pub(crate) about: String,
    process: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Contender {
    /// This program again, as the product.
    pub(crate) fn ours(part: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("ours").arg(part).args(arguments);
        Self::start(command).unwrap_or_else(|| panic!("our side of {part} does not start"))
    }

    /// A script of `benches/peers`, on so many threads; `None` (and a line that says so) when it does not start.
    pub(crate) fn peer(places: &Places, script: &str, arguments: &[&str], threads: usize) -> Option<Self> {
        let threads = threads.to_string();
        let mut command = Command::new(&places.python);
        command.arg(format!("{}/benches/peers/{script}", env!("CARGO_MANIFEST_DIR")));
        command.args(arguments).arg(&threads).env("OMP_NUM_THREADS", &threads);
        command.env("TQDM_DISABLE", "1").env("PYTHONWARNINGS", "ignore");
        let started = Self::start(command);
        if started.is_none() {
            println!("  {script} does not start (the lines above say why): its columns are left out");
        }
        started
    }

    fn start(mut command: Command) -> Option<Self> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        let (requests, answers) = (process.stdin.take(), BufReader::new(process.stdout.take()?));
        let mut this = Self { about: String::new(), process, requests, answers };
        this.about = this.line()?["about"].as_str()?.to_owned();
        Some(this)
    }

    /// Asks, and waits for the answer.
    pub(crate) fn ask(&mut self, request: &Value) -> Value {
        writeln!(self.requests.as_mut().unwrap(), "{request}").unwrap();
        self.line().unwrap_or_else(|| panic!("{} ended without an answer to {request}", self.about))
    }

    fn line(&mut self) -> Option<Value> {
        let mut line = String::new();
        self.answers.read_line(&mut line).ok()?;
        serde_json::from_str(&line).ok()
    }

    /// The most memory it has taken so far, in MiB.
    pub(crate) fn peak(&self) -> f64 {
        memory(self.process.id(), "VmHWM:")
    }

    /// Seconds of processor that it has taken so far, to the hundredth.
    pub(crate) fn processor(&self) -> f64 {
        let line = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        // Behind the name, which may hold anything: the eleventh and twelfth word further on, in hundredths.
        let words = line.rsplit_once(") ").unwrap().1.split(' ').skip(11).take(2);
        words.map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        drop(self.requests.take());
        let _ = self.process.wait();
    }
}

/// A figure of `/proc/PID/status` in MiB; 0 when there is none.
pub(crate) fn memory(process: u32, which: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(which));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// The other side: answers every line of standard input.
pub(crate) fn serve(about: &str, mut answer: impl FnMut(&Value) -> Value) {
    println!("{}", json!({ "about": about }));
    for line in std::io::stdin().lines() {
        println!("{}", answer(&serde_json::from_str(&line.unwrap()).unwrap()));
    }
}

/// A number of an answer.
pub(crate) fn number(answer: &Value, key: &str) -> f64 {
    answer[key].as_f64().unwrap_or_else(|| panic!("no {key} in {answer}"))
}

/// Numbers of an answer.
pub(crate) fn numbers(answer: &Value, key: &str) -> Vec<f64> {
    answer[key].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}
