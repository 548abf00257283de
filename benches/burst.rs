//! What does a burst cost that comes while nobody looks: 500 messages of a group, all at once? The program itself, as `run`,
//! without models, against the fake of the Bot API that the tests have (`tests/telegram/fake`), which lives in this process.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::Places;
use crate::contender::memory;
use crate::fake::{Post, Server, TOKEN};
use crate::figures::Figures;

/// Messages of one burst, and bursts one after another.
const MANY: usize = 500;
const BURSTS: usize = 10;

/// Longer than a burst takes.
const LONG: Duration = Duration::from_secs(120);

/// Goal of a burst, in seconds: "within seconds".
const WITHIN: f64 = 5.0;
/// Goal of what all bursts together leave: flat.
const LEFT: f64 = 4.0;

struct House(Child);

impl House {
    fn starts(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aisaac"));
        command.arg("--data").arg(folder).arg("run").env("AISAAC_TELEGRAM_TOKEN", TOKEN);
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    fn memory(&self, which: &str) -> f64 {
        memory(self.0.id(), which)
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.0), Signal::TERM);
        let _ = self.0.wait();
    }
}

pub(crate) fn run(_: &Places) {
    let mut figures =
        Figures::of("burst", "Burst: 500 messages of a group at once, `aisaac run` without models");
    tokio::runtime::Runtime::new().unwrap().block_on(bursts(&mut figures));
    let until = "from the first message until the service was told that the last one is on disk; meanwhile those before it are taken, \
                 found to be for nobody, and blanked";
    figures.note(until.to_owned());
    if cfg!(debug_assertions) {
        figures.note("a debug build, the program's own pages in memory among it".to_owned());
    }
    figures.write();
}

async fn bursts(figures: &mut Figures) {
    let server = Server::start().await;
    server.set_reads_all(true);
    let ana = server.person("Ana");
    server.private(ana);
    let group = server.group("Family", &[ana]);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let config = format!(
        "[telegram]\nserver = '{}'\n[access]\nowners = ['telegram:{ana}']\n[run]\nlisten = '127.0.0.1:0'\n",
        server.url()
    );
    std::fs::write(folder.path().join("aisaac.toml"), config).unwrap();
    let house = House::starts(folder.path());
    server.wait_for(LONG, |seen| seen.calls("getUpdates").count() > 0).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    figures.alone(("before", "MiB"), house.memory("VmRSS:"), None);
    let mut longest: f64 = 0.0;
    let mut first = None;
    for _ in 0..BURSTS {
        let since = Instant::now();
        for number in 0..MANY {
            server.post(Post::by(ana, group).text(&format!("so it goes, {number}")));
        }
        server.wait_for(LONG, |seen| seen.pending().is_empty()).await;
        longest = longest.max(since.elapsed().as_secs_f64());
        first.get_or_insert((house.memory("VmHWM:"), house.memory("VmRSS:")));
    }
    let (peak, after) = first.unwrap();
    figures.alone(("on disk, the longest of ten bursts", "s"), longest, Some(WITHIN));
    figures.alone(("at most during the first burst", "MiB"), peak, None);
    figures.alone(("after it", "MiB"), after, None);
    let highest = house.memory("VmHWM:");
    figures.alone(("at most during all ten bursts", "MiB"), highest, None);
    figures.alone(("more at most in ten bursts than in one", "MiB"), highest - peak, Some(LEFT));
    tokio::time::sleep(Duration::from_secs(15)).await;
    figures.alone(("after all ten", "MiB"), house.memory("VmRSS:"), None);
    drop(house);
    assert_eq!(server.violations(), Vec::<String>::new());
}
