//! What models run on: the runtime library, CUDA, memory, threads. Facts in, checks out.

use super::check::{Check, State};
use crate::message::Phrase;

/// The runtime library as it was found.
#[derive(Debug, Clone)]
pub(super) struct Runtime {
    pub(super) path: String,
    /// The configuration names it.
    pub(super) configured: bool,
    /// Whether there is such a file.
    pub(super) there: bool,
    /// As the file says; `None` when it says nothing.
    pub(super) version: Option<String>,
    /// Why it cannot be loaded.
    pub(super) refused: Option<String>,
}

/// CUDA, where it is configured.
#[derive(Debug, Clone)]
pub(super) struct Cuda {
    /// NVIDIA's driver is there.
    pub(super) driver: bool,
    /// The library's CUDA part lies beside it.
    pub(super) provider: bool,
    /// The configuration allows the processor instead.
    pub(super) fallback: bool,
    /// Why it does not start.
    pub(super) refused: Option<String>,
}

/// Memory, in MiB.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    /// Models that the house uses, with what they take.
    pub(super) models: Vec<(String, u32)>,
    /// `inference.memory_mb`; 0 is no bound.
    pub(super) budget: u32,
    /// Of the machine, or what this process may have of it.
    pub(super) total: u64,
}

/// The runtime library.
pub(super) fn runtime(facts: &Runtime) -> Check {
    let with = |key: &str| {
        let version = facts.version.as_deref().unwrap_or("?");
        Phrase::new(key).with("path", facts.path.as_str()).with("version", version)
    };
    let (text, reason) = match (facts.there, &facts.refused) {
        (true, None) => return Check::new("runtime", State::Ok, with("doctor-runtime")),
        (true, Some(reason)) if facts.version.is_none() => {
            (with("doctor-runtime-other").with("reason", reason.as_str()), true)
        }
        (true, Some(reason)) => (with("doctor-runtime-broken").with("reason", reason.as_str()), true),
        (false, _) => (with("doctor-runtime-missing"), false),
    };
    let check = Check::new("runtime", State::Wrong, text);
    match (facts.configured, reason) {
        (true, _) => check.cure(Phrase::new("doctor-runtime-configured")),
        (false, false) => check.run("aisaac models pull runtime"),
        (false, true) => check.run("aisaac models remove runtime && aisaac models pull runtime"),
    }
}

/// CUDA: the first thing that is lacking.
pub(super) fn cuda(facts: &Cuda) -> Check {
    let Some(reason) = &facts.refused else {
        return Check::new("cuda", State::Ok, Phrase::new("doctor-cuda"));
    };
    let state = if facts.fallback { State::Warning } else { State::Wrong };
    let (text, cure) = match (facts.driver, facts.provider) {
        (false, _) => ("doctor-cuda-driver", "doctor-cuda-driver-cure"),
        (true, false) => ("doctor-cuda-library", "doctor-cuda-library-cure"),
        (true, true) => ("doctor-cuda-failed", "doctor-cuda-failed-cure"),
    };
    let text = Phrase::new(text).with("reason", reason.as_str());
    Check::new("cuda", state, text).cure(Phrase::new(cure))
}

/// Whether the models fit the budget, and the budget the machine.
pub(super) fn memory(facts: &Memory) -> Check {
    let sum: u64 = facts.models.iter().map(|(_, mb)| u64::from(*mb)).sum();
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let with = |key: &str| {
        Phrase::new(key)
            .with("models", number(sum))
            .with("budget", i64::from(facts.budget))
            .with("total", number(facts.total))
    };
    if let Some((model, mb)) = facts.models.iter().max_by_key(|(_, mb)| *mb)
        && u64::from(*mb) > facts.total
    {
        let text = with("doctor-memory-huge").with("model", model.as_str()).with("mb", i64::from(*mb));
        return Check::new("memory", State::Wrong, text).cure(Phrase::new("doctor-memory-huge-cure"));
    }
    // What may be loaded at once: all of them, or as many as the budget holds.
    let most = if facts.budget == 0 { sum } else { sum.min(u64::from(facts.budget)) };
    if most > facts.total {
        let cure = Phrase::new("doctor-memory-cure").with("mb", number(facts.total / 4 * 3));
        return Check::new("memory", State::Warning, with("doctor-memory-machine")).cure(cure);
    }
    if facts.budget > 0 && sum > u64::from(facts.budget) {
        let cure = Phrase::new("doctor-memory-cure").with("mb", number(sum));
        return Check::new("memory", State::Warning, with("doctor-memory-turns")).cure(cure);
    }
    Check::new(
        "memory",
        State::Ok,
        with(if facts.budget == 0 { "doctor-memory-free" } else { "doctor-memory" }),
    )
}

/// Threads of one model (0: one per core) and cores.
pub(super) fn threads(threads: usize, cores: usize) -> Check {
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let used = if threads == 0 { cores } else { threads };
    let text = |key: &str| Phrase::new(key).with("threads", number(used)).with("cores", number(cores));
    if used > cores {
        let cure = Phrase::new("doctor-threads-cure");
        return Check::new("threads", State::Warning, text("doctor-threads-many")).cure(cure);
    }
    Check::new("threads", State::Ok, text("doctor-threads"))
}

#[cfg(test)]
mod tests {
    use super::super::check::speakable;
    use super::*;

    #[test]
    fn the_library_is_missing_other_broken_or_fine() {
        let said = |configured, there, version: Option<&str>, refused: Option<&str>| {
            let (version, refused) = (version.map(str::to_owned), refused.map(str::to_owned));
            let check = runtime(&Runtime { path: "/l.so".into(), configured, there, version, refused });
            speakable(std::slice::from_ref(&check));
            (check.text.key, check.cure.map(|cure| cure.key))
        };
        let run = || Some("doctor-run".to_owned());
        assert_eq!(said(false, true, Some("1.32.0"), None), ("doctor-runtime".into(), None));
        assert_eq!(said(false, false, None, Some("gone")), ("doctor-runtime-missing".into(), run()));
        assert_eq!(said(false, true, None, Some("no ELF")), ("doctor-runtime-other".into(), run()));
        let old = said(true, true, Some("1.16.0"), Some("too old"));
        assert_eq!(old, ("doctor-runtime-broken".into(), Some("doctor-runtime-configured".into())));
    }

    #[test]
    fn cuda_lacks_the_first_thing_that_is_not_there() {
        let said = |driver, provider, fallback, refused: Option<&str>| {
            let check = cuda(&Cuda { driver, provider, fallback, refused: refused.map(str::to_owned) });
            speakable(std::slice::from_ref(&check));
            (check.state, check.text.key)
        };
        assert_eq!(said(true, true, false, None), (State::Ok, "doctor-cuda".into()));
        assert_eq!(said(false, false, false, Some("x")), (State::Wrong, "doctor-cuda-driver".into()));
        assert_eq!(said(true, false, true, Some("x")), (State::Warning, "doctor-cuda-library".into()));
        assert_eq!(said(true, true, false, Some("x")), (State::Wrong, "doctor-cuda-failed".into()));
    }

    #[test]
    fn models_fit_the_budget_and_the_machine() {
        let said = |models: &[u32], budget, total| {
            let models = models.iter().map(|mb| ("m".to_owned(), *mb)).collect();
            let check = memory(&Memory { models, budget, total });
            speakable(std::slice::from_ref(&check));
            (check.state, check.text.key.trim_start_matches("doctor-").to_owned())
        };
        assert_eq!(said(&[200, 300], 4096, 8000), (State::Ok, "memory".into()));
        assert_eq!(said(&[200, 300], 0, 8000), (State::Ok, "memory-free".into()));
        assert_eq!(said(&[], 4096, 2000), (State::Ok, "memory".into()), "a large budget alone is no fault");
        assert_eq!(said(&[200, 300], 400, 8000), (State::Warning, "memory-turns".into()));
        assert_eq!(said(&[900, 900], 0, 1000), (State::Warning, "memory-machine".into()));
        assert_eq!(said(&[900, 2000], 4096, 1000), (State::Wrong, "memory-huge".into()));
    }

    #[test]
    fn more_threads_than_cores_are_told() {
        let checks = [threads(0, 2), threads(2, 2), threads(8, 2)];
        assert_eq!(checks.each_ref().map(|check| check.state), [State::Ok, State::Ok, State::Warning]);
        speakable(&checks);
    }
}
