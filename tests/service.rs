//! The unit, its user, what `make install` and the package lay out, and the man page: they agree with each other and with the
//! program, and systemd finds the unit safe enough.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "helpers of tests stand outside #[test] functions"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use aisaac::app::house::STOPS_WITHIN;

fn house(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn text(path: &str) -> String {
    std::fs::read_to_string(house(path)).unwrap()
}

/// Every value that a unit gives a key, in order.
fn values(unit: &str, key: &str) -> Vec<String> {
    let lines = unit.lines().filter_map(|line| line.split_once('='));
    lines.filter(|(name, _)| *name == key).map(|(_, value)| value.to_owned()).collect()
}

fn one(unit: &str, key: &str) -> String {
    let values = values(unit, key);
    assert_eq!(values.len(), 1, "{key}: {values:?}");
    values[0].clone()
}

/// What systemd says about a unit with drop-ins: whether its exposure is 1.5 at most.
fn exposure(drop_ins: &[&str]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("aisaac.service");
    std::fs::copy(house("systemd/aisaac.service"), &unit).unwrap();
    let beside = folder.path().join("aisaac.service.d");
    std::fs::create_dir(&beside).unwrap();
    for name in drop_ins {
        std::fs::copy(house(name), beside.join(Path::new(name).file_name().unwrap())).unwrap();
    }
    let analyzed = Command::new("systemd-analyze")
        .args(["security", "--no-pager", "--offline=true", "--threshold=15"])
        .arg(&unit)
        .output()
        .expect("systemd-analyze is there (make test installs the Debian package systemd)");
    let said = [analyzed.stdout, analyzed.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    (analyzed.status.success(), said.concat())
}

#[test]
fn the_unit_is_exposed_by_no_more_than_one_and_a_half_with_a_card_too() {
    for drop_ins in [&[][..], &["systemd/aisaac-cuda.conf"]] {
        let (safe, said) = exposure(drop_ins);
        assert!(safe && said.contains("Overall exposure level for aisaac.service"), "{drop_ins:?}\n{said}");
    }
    let folder = tempfile::tempdir().unwrap();
    let open = folder.path().join("open.conf");
    std::fs::write(&open, "[Service]\nNoNewPrivileges=no\nProtectSystem=no\nUser=root\nSystemCallFilter=\n")
        .unwrap();
    let (safe, said) = exposure(&[open.to_str().unwrap()]);
    assert!(!safe, "a drop-in is read, and what opens the house is seen:\n{said}");
}

#[test]
fn systemd_knows_every_key_but_the_two_that_are_newer() {
    let verified =
        Command::new("systemd-analyze").arg("verify").arg(house("systemd/aisaac.service")).output();
    let said = String::from_utf8_lossy(&verified.unwrap().stderr).into_owned();
    let wrong = said.lines().filter(|line| line.contains("systemd/aisaac.service:"));
    let wrong: Vec<&str> =
        wrong.filter(|line| !line.contains("RestartSteps") && !line.contains("RestartMaxDelaySec")).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_unit_fits_the_program() {
    let unit = text("systemd/aisaac.service");
    assert_eq!((one(&unit, "Type").as_str(), one(&unit, "NotifyAccess").as_str()), ("notify", "main"));
    let stop = Duration::from_secs(one(&unit, "TimeoutStopSec").parse().unwrap());
    assert!(stop >= STOPS_WITHIN + Duration::from_secs(5), "{stop:?} for {STOPS_WITHIN:?}");
    assert!(stop <= 2 * STOPS_WITHIN, "and no longer than that");
    let said = format!("{} seconds at most", STOPS_WITHIN.as_secs());
    assert!(unit.contains(&said), "the unit says: {said}");
    assert_eq!(one(&unit, "RestartPreventExitStatus"), "2", "as tests/commands.rs has it");
    // A stop by the watchdog gives attempts back only when it is a polite one.
    assert_eq!(one(&unit, "WatchdogSignal"), "SIGTERM");
    assert!(!values(&unit, "WatchdogSec").is_empty());
    let (telegram, hub) = ("telegram-token:/etc/aisaac/telegram-token", "hf-token:/etc/aisaac/hf-token");
    assert_eq!(one(&unit, "LoadCredential"), telegram);
    assert!(values(&unit, "#LoadCredential").iter().any(|value| value == hub));
    let encrypted = [telegram, hub].map(|token| format!("{token}.cred"));
    assert_eq!(values(&unit, "#LoadCredentialEncrypted"), encrypted);
    // Without this a missing file ends the start in 243/CREDENTIALS (systemd.exec, SetCredential=): a line end is no token.
    assert_eq!(one(&unit, "SetCredential"), r"telegram-token:\n");
    assert!(values(&unit, "Environment").is_empty(), "secrets are credentials");
    let user = one(&unit, "User");
    let sysusers = text("systemd/aisaac.sysusers");
    let folder = format!("/var/lib/{}", one(&unit, "StateDirectory"));
    assert!(sysusers.lines().any(|line| line.starts_with(&format!("u {user} ")) && line.ends_with(&folder)));
}

/// Paths that something with this text names, as far as they are ours.
fn ours(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| c.is_whitespace() || "=,:;()".contains(c));
    let paths = words.map(|word| word.replace('\\', "").trim_end_matches('.').to_owned());
    paths.filter(|path| path.starts_with("/usr/") && path.contains("aisaac")).collect()
}

/// What the package lays out, and the unit and the user that cargo-deb adds.
fn packaged() -> BTreeSet<String> {
    let cargo: toml::Table = text("Cargo.toml").parse().unwrap();
    let deb = &cargo["package"]["metadata"]["deb"];
    assert_eq!(deb["systemd-units"]["unit-scripts"].as_str(), Some("systemd"));
    let unit =
        ["/usr/lib/systemd/system/aisaac.service", "/usr/lib/sysusers.d/aisaac.conf"].map(str::to_owned);
    let assets = deb["assets"].as_array().unwrap().iter().map(|asset| {
        let [from, to] = [0, 1].map(|part| asset[part].as_str().unwrap());
        assert!(from.starts_with("target/") || house(from).is_file(), "{from}");
        let name =
            if to.ends_with('/') { Path::new(from).file_name().unwrap().to_str().unwrap() } else { "" };
        format!("/{to}{name}")
    });
    unit.into_iter().chain(assets).collect()
}

#[test]
fn make_install_and_the_package_lay_out_the_same_and_everything_that_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let built = folder.path().join("target");
    std::fs::create_dir_all(built.join("release")).unwrap();
    std::fs::copy(env!("CARGO_BIN_EXE_aisaac"), built.join("release/aisaac")).unwrap();
    let laid = |prefix: &str| {
        let root = folder.path().join(prefix.replace('/', "-"));
        let mut make = Command::new("make");
        make.args(["install", &format!("PREFIX={prefix}"), &format!("DESTDIR={}", root.display())]);
        let made = make.current_dir(house("")).env("CARGO_TARGET_DIR", &built).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        root
    };
    let root = laid("/usr");
    let files = packaged();
    for path in &files {
        assert!(root.join(path.trim_start_matches('/')).is_file(), "make install lays out {path}");
    }
    let unit = text("systemd/aisaac.service");
    let manual = text("docs/aisaac.1");
    for path in ours(&unit).union(&ours(&manual)) {
        assert!(files.contains(path), "{path} is named and in no package");
    }
    assert_eq!(ours(&unit), BTreeSet::from(["/usr/bin/aisaac".to_owned()]));
    let local = laid("/usr/local").join("usr/local");
    let unit = std::fs::read_to_string(local.join("lib/systemd/system/aisaac.service")).unwrap();
    assert_eq!(one(&unit, "ExecStart"), "/usr/local/bin/aisaac run");
    assert!(local.join("bin/aisaac").is_file());
}

#[test]
fn the_man_page_names_every_command_and_option() {
    let manual = text("docs/aisaac.1").replace('\\', "");
    let help = |arguments: &[&str]| {
        let ran = Command::new(env!("CARGO_BIN_EXE_aisaac")).args(arguments).arg("--help").output().unwrap();
        assert!(ran.status.success());
        String::from_utf8(ran.stdout).unwrap()
    };
    let listed = |help: &str| -> Vec<String> {
        let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let names =
            lines.take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next());
        names.filter(|name| *name != "help").map(str::to_owned).collect()
    };
    let page = help(&[]);
    let commands = listed(&page);
    assert!(commands.len() >= 10, "{commands:?}");
    for command in &commands {
        let entry = manual.lines().find(|line| {
            let mut words = line.split_whitespace();
            matches!(words.next(), Some(".B" | ".BR")) && words.next() == Some(command)
        });
        let entry = entry.unwrap_or_else(|| panic!("the man page lacks {command}"));
        let own = help(&[command]);
        for inner in listed(&own) {
            assert!(entry.contains(&inner), "{command} {inner}: {entry}");
        }
        let options = own.split_whitespace().filter(|word| word.starts_with("--"));
        for option in options.map(|word| word.trim_matches([',', '.', ')'])) {
            assert!(entry.contains(option) || manual.contains(&format!(" {option}")), "{command} {option}");
        }
    }
}
