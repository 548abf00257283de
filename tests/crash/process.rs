//! A house in a process of its own: this test binary again, running one ignored test, which can be held at a step, killed
//! and stopped from outside. Debug builds alone have the fail points.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use aisaac::app::house::House;
use rustix::process::{Pid, Signal, kill_process};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Longer than any of these houses lives.
const LIFETIME: Duration = Duration::from_secs(60);

/// A process under way.
pub(crate) struct Process {
    child: Child,
    since: Instant,
    lines: Receiver<String>,
}

impl Process {
    /// Starts the test of this name with a fail point and what it has to know.
    pub(crate) fn starts(test: &str, hold: &str, knows: &[(&str, &OsStr)]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([test, "--exact", "--ignored", "--nocapture"])
            .envs(knows.iter().copied())
            .env("AISAAC_HOLD", hold)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (tell, lines) = channel();
        let from = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || from.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Self { child, since: Instant::now(), lines }
    }

    /// Waits. How long after its start the house came to its fail point; `None` when it ended before.
    pub(crate) fn holds(&self) -> Option<Duration> {
        loop {
            let line = self.lines.recv_timeout(LIFETIME).ok()?;
            if line.starts_with("holding at") {
                return Some(self.since.elapsed());
            }
        }
    }

    /// `kill -9`.
    pub(crate) fn dies(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end.
    pub(crate) fn ends(mut self) -> ExitStatus {
        while self.since.elapsed() < LIFETIME {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        panic!("the house never ends");
    }

    /// A polite stop, as systemd asks for it; waits for the end.
    pub(crate) fn terminates(self) -> ExitStatus {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        self.ends()
    }

    /// Lines of the log since the last look that say that something failed.
    #[allow(dead_code, reason = "not every test looks at the log")]
    pub(crate) fn errors(&self) -> Vec<String> {
        self.lines.try_iter().filter(|line| line.contains("ERROR") || line.contains("WARN")).collect()
    }
}

/// In the process: what it has to know, when it was started as a house. Then its log goes to standard error.
pub(crate) fn told<const N: usize>(names: [&str; N]) -> Option<[String; N]> {
    let values: Vec<String> = names.iter().map(std::env::var).collect::<Result<_, _>>().ok()?;
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(tracing::Level::WARN).init();
    values.try_into().ok()
}

/// In the process: the house's whole life, until it ends by itself or by SIGTERM.
pub(crate) async fn lives(house: House) {
    let stop = CancellationToken::new();
    let mut terminated = signal(SignalKind::terminate()).unwrap();
    let terminated = async {
        terminated.recv().await;
        stop.cancel();
        std::future::pending().await
    };
    tokio::select! {
        ended = Box::pin(house.run(stop.clone())) => ended.unwrap(),
        () = terminated => {}
    }
}
