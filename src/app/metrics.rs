//! `/metrics`: what rooms have counted and timed (`message/measure.rs`), and what is true at the moment of asking, as the text
//! that Prometheus reads.

use std::time::Duration;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::inference::{Readiness, Threads};
use crate::message::measure::MEASURES;
use crate::message::{Level, State};
use crate::store::Waiting;

/// Bounds of the seconds: a token of an answer, and a large picture on a processor.
const SECONDS: &[f64] =
    &[0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0];

/// Numbers of the moment: name and meaning.
const GAUGES: &[(&str, &str)] = &[
    ("aisaac_build_info", "1, with the version of the program."),
    ("aisaac_healthy", "1 while GET /health says 200, otherwise 0."),
    ("aisaac_last_poll_age_seconds", "Since the last finished poll of a messenger."),
    ("aisaac_waiting", "Rows that wait: messages, drawings, replies."),
    ("aisaac_models_loaded_bytes", "What the manifests of the models in memory say they take."),
    ("process_resident_memory_bytes", "Resident memory of this process."),
    ("process_start_time_seconds", "When this process began, Unix time."),
];

/// Adds up what the rooms of this process say from now on.
pub(super) struct Meter(PrometheusHandle);

/// What is true at the moment of asking.
pub(super) struct Moment<'a> {
    pub(super) state: &'a State,
    pub(super) waiting: Option<Waiting>,
    pub(super) threads: &'a Threads,
    pub(super) started: i64,
}

impl Meter {
    /// Listens to the rooms; a second one in a process hears nothing.
    pub(super) fn listen() -> Self {
        let recorder = recorder();
        let meter = Self(recorder.handle());
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("somebody counts in this process already");
        }
        describe();
        meter
    }

    /// Folds what was timed, so that it takes no memory while nobody asks.
    pub(super) async fn keep(&self) {
        loop {
            tokio::time::sleep(Duration::from_secs(10)).await;
            self.0.run_upkeep();
        }
    }

    /// The text.
    pub(super) fn page(&self, moment: &Moment<'_>) -> String {
        set(moment);
        self.0.run_upkeep();
        self.0.render()
    }
}

fn recorder() -> metrics_exporter_prometheus::PrometheusRecorder {
    let builder = PrometheusBuilder::new();
    // No bounds are an error; ours are not empty.
    builder.set_buckets(SECONDS).unwrap_or_default().build_recorder()
}

fn describe() {
    for measure in MEASURES {
        if measure.seconds {
            describe_histogram!(measure.name, Unit::Seconds, measure.help);
        } else {
            describe_counter!(measure.name, measure.help);
        }
    }
    for (name, help) in GAUGES {
        describe_gauge!(*name, *help);
    }
}

/// Sets the numbers of the moment. A messenger that rests keeps its last age.
#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
fn set(moment: &Moment<'_>) {
    let Moment { state, waiting, threads, started } = moment;
    gauge!("aisaac_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    gauge!("aisaac_healthy").set(if state.level < Level::Red { 1.0 } else { 0.0 });
    for (messenger, age_ms) in &state.polls {
        gauge!("aisaac_last_poll_age_seconds", "messenger" => messenger.clone()).set(*age_ms as f64 / 1e3);
    }
    if let Some(waiting) = waiting {
        for (what, rows) in
            [("messages", waiting.messages), ("drawings", waiting.drawings), ("replies", waiting.replies)]
        {
            gauge!("aisaac_waiting", "what" => what).set(rows as f64);
        }
    }
    let loaded = threads.states().into_iter().filter(|model| model.readiness == Some(Readiness::Ready));
    let bytes: u64 = loaded.map(|model| u64::from(model.memory_mb) << 20).sum();
    gauge!("aisaac_models_loaded_bytes").set(bytes as f64);
    if let Some(bytes) = resident() {
        gauge!("process_resident_memory_bytes").set(bytes as f64);
    }
    gauge!("process_start_time_seconds").set(*started as f64 / 1e3);
}

/// Resident memory of this process, in bytes, where the system tells.
pub(super) fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Cause, Health, measure};

    #[test]
    fn everything_has_its_name_its_kind_and_its_meaning() {
        let recorder = recorder();
        let meter = Meter(recorder.handle());
        let health = Health::default();
        health.beat("telegram", 1_000);
        health.begins(Cause::Dead("sketch".into()), 0);
        let text = metrics::with_local_recorder(&recorder, || {
            describe();
            measure::accepted("telegram");
            measure::settled("draw", false);
            measure::settled("", true);
            measure::reply("put_off");
            measure::drawing("painted");
            measure::step("act", Duration::from_millis(50));
            measure::model("sketch", true, Duration::from_secs(2));
            let state = health.state(43_000);
            let waiting = Some(Waiting { messages: 1, drawings: 2, replies: 3 });
            let threads = Threads::default();
            meter.page(&Moment { state: &state, waiting, threads: &threads, started: 7_500 })
        });
        for line in [
            "aisaac_messages_accepted_total{messenger=\"telegram\"} 1",
            "aisaac_messages_settled_total{intent=\"draw\",outcome=\"done\"} 1",
            "aisaac_messages_settled_total{intent=\"none\",outcome=\"failed\"} 1",
            "aisaac_replies_total{outcome=\"put_off\"} 1",
            "aisaac_drawings_total{outcome=\"painted\"} 1",
            "aisaac_step_seconds_bucket{step=\"act\",le=\"0.03\"} 0",
            "aisaac_step_seconds_bucket{step=\"act\",le=\"0.1\"} 1",
            "aisaac_model_run_seconds_count{model=\"sketch\",outcome=\"done\"} 1",
            "aisaac_healthy 0",
            "aisaac_last_poll_age_seconds{messenger=\"telegram\"} 42",
            "aisaac_waiting{what=\"drawings\"} 2",
            "aisaac_models_loaded_bytes 0",
            "process_start_time_seconds 7.5",
            "# TYPE aisaac_step_seconds histogram",
            "# TYPE aisaac_messages_accepted_total counter",
        ] {
            assert!(text.lines().any(|has| has == line), "{line}\n{text}");
        }
        let names = MEASURES.iter().map(|measure| measure.name).chain(GAUGES.iter().map(|(name, _)| *name));
        for name in names {
            assert!(text.contains(&format!("# HELP {name} ")), "{name}\n{text}");
        }
        let resident = text.lines().find_map(|line| line.strip_prefix("process_resident_memory_bytes "));
        assert!(resident.unwrap().parse::<f64>().unwrap() > 1e6, "{text}");
    }
}
