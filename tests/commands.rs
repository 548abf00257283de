//! The command line as scripts meet it: exit codes, sentences, JSON lines; on a data folder where nothing is installed.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests stand outside #[test] functions"
)]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// Runs the program on a data folder, in Russian, with lines for its standard input.
fn aisaac(data: &Path, arguments: &[&str], input: &str) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_aisaac"))
        .args(arguments)
        .env_clear()
        .env("AISAAC_DATA", data)
        .env("LANG", "ru_RU.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that reads nothing may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let ran = child.wait_with_output().unwrap();
    Ran {
        code: ran.status.code().unwrap(),
        out: String::from_utf8(ran.stdout).unwrap(),
        err: String::from_utf8(ran.stderr).unwrap(),
    }
}

#[test]
fn a_step_without_its_model_says_what_to_pull() {
    let data = tempfile::tempdir().unwrap();
    for (step, sentence) in [
        ("understand", "models pull starter"),
        ("answer", "модель для ответов не установлена"),
        ("draw", "aisaac models pull starter"),
    ] {
        let ran = aisaac(data.path(), &["step", step, "--json", "кот"], "");
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{step}");
        assert!(ran.err.contains(sentence), "{step}: {}", ran.err);
    }
}

#[test]
fn run_without_a_messenger_names_the_one_that_needs_none() {
    let data = tempfile::tempdir().unwrap();
    let ran = aisaac(data.path(), &["run"], "");
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("aisaac chat"), "{}", ran.err);
}

#[test]
fn a_configuration_is_checked_by_line_and_key() {
    let data = tempfile::tempdir().unwrap();
    let check = |text: &str| {
        std::fs::write(data.path().join("aisaac.toml"), text).unwrap();
        aisaac(data.path(), &["config", "check"], "")
    };
    assert!(check(&aisaac(data.path(), &["config", "example"], "").out).out.ends_with("in order\n"));
    let ran = check("[draw]\nmodle = 'sketch'\n");
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(
        ran.err.contains("aisaac.toml: line 2: there is no key `modle`; did you mean `model`?"),
        "{}",
        ran.err
    );
}
