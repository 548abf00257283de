//! What came out of a part: medians and percentiles, compared with peers and goals, as a table for people.
//!
//! A part's table goes to standard output and into its place in `benches/README.md`, with machine, date and load.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// A sample's value below which so many of a hundred lie.
pub(crate) fn percentile(samples: &[f64], share: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a few samples"
    )]
    let place = (share / 100.0 * sorted.len().saturating_sub(1) as f64).round() as usize;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}

pub(crate) fn median(samples: &[f64]) -> f64 {
    percentile(samples, 50.0)
}

/// What is better.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Better {
    Less,
    More,
}

/// The table of one part.
pub(crate) struct Figures {
    part: &'static str,
    title: String,
    rows: Vec<String>,
    notes: Vec<String>,
    load: String,
}

impl Figures {
    pub(crate) fn of(part: &'static str, title: &str) -> Self {
        println!("\n{title}");
        Self { part, title: title.to_owned(), rows: Vec::new(), notes: Vec::new(), load: load() }
    }

    /// Ours beside a peer's; the ratio says how many times as good ours is, and `goal` how good it is to be at least.
    pub(crate) fn beside(
        &mut self,
        (what, unit): (&str, &str),
        ours: f64,
        (peer, theirs): (&str, f64),
        better: Better,
        goal: Option<f64>,
    ) {
        let ratio = if better == Better::Less { theirs / ours } else { ours / theirs };
        let goal = goal.map(|least| (format!("at least {least:.1} x"), ratio >= least));
        let theirs = format!("{peer} {} {unit}", short(theirs));
        self.row([what, &format!("{} {unit}", short(ours)), &theirs, &format!("{ratio:.2} x")], goal);
    }

    /// Ours alone, at most so much.
    pub(crate) fn alone(&mut self, (what, unit): (&str, &str), ours: f64, most: Option<f64>) {
        let goal = most.map(|most| (format!("at most {} {unit}", short(most)), ours <= most));
        self.row([what, &format!("{} {unit}", short(ours)), "", ""], goal);
    }

    /// Something in words.
    pub(crate) fn note(&mut self, text: String) {
        println!("  {text}");
        self.notes.push(text);
    }

    fn row(&mut self, cells: [&str; 4], goal: Option<(String, bool)>) {
        let (goal, met) =
            goal.map_or((String::new(), ""), |(goal, met)| (goal, if met { "met" } else { "**missed**" }));
        let [what, ours, theirs, ratio] = cells;
        println!("  {what}: {ours} | {theirs} | {ratio} | {goal} {met}");
        self.rows.push(format!("| {what} | {ours} | {theirs} | {ratio} | {goal} | {met} |"));
    }

    /// Writes the table into its place in `benches/README.md`.
    pub(crate) fn write(self) {
        let mut text =
            format!("### {}\n\n{}; load {} before, {} after\n\n", self.title, machine(), self.load, load());
        text.push_str(
            "| what | ours | peer | ours / peer | goal | |\n| --- | --- | --- | --- | --- | --- |\n",
        );
        for row in &self.rows {
            let _ = writeln!(text, "{row}");
        }
        text.push('\n');
        for note in &self.notes {
            let _ = writeln!(text, "- {note}");
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/README.md");
        let page = std::fs::read_to_string(&path).unwrap();
        let (open, close) = (format!("<!-- {} -->\n", self.part), format!("<!-- end of {} -->", self.part));
        let (before, rest) =
            page.split_once(&open).unwrap_or_else(|| panic!("no {open} in {}", path.display()));
        let (_, after) =
            rest.split_once(&close).unwrap_or_else(|| panic!("no {close} in {}", path.display()));
        std::fs::write(&path, format!("{before}{open}{text}{close}{after}")).unwrap();
    }
}

/// Three digits that count.
pub(crate) fn short(number: f64) -> String {
    match number.abs() {
        100.0.. => format!("{number:.0}"),
        10.0.. => format!("{number:.1}"),
        1.0.. => format!("{number:.2}"),
        _ => format!("{number:.3}"),
    }
}

/// The machine and the day.
fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let (cpu, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let wide = if cpu.contains("avx512f") {
        "AVX-512"
    } else if cpu.contains("avx2") {
        "AVX2"
    } else {
        "no AVX2"
    };
    let gib = field(&memory, "MemTotal").trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1_048_576.0;
    let date = Command::new("date").arg("+%Y-%m-%d").output().map(|out| out.stdout).unwrap_or_default();
    let date = String::from_utf8_lossy(&date);
    let (cores, cpu) = (crate::cores(), field(&cpu, "model name"));
    format!("{}; {cores} shared cores of a server CPU ({cpu}, {wide}), {gib:.0} GiB", date.trim())
}

/// Runnable processes in the last minute.
fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or_default().to_owned()
}
