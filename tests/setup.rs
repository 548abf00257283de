//! What `make` does before Rust is there: the right sentence when a program is missing, nothing that was not summed, and
//! versions that stand in two files agree. Nothing is installed or fetched here: apt-get, pip and rustc are fakes.
#![allow(clippy::unwrap_used, reason = "helpers of tests stand outside #[test] functions")]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use sha2::{Digest as _, Sha256};

fn house(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn text(path: &str) -> String {
    fs::read_to_string(house(path)).unwrap()
}

/// Held while a program is written and while another is started: a child that is just being started would still hold the
/// file open for writing, and such a file cannot be run.
static ONE: Mutex<()> = Mutex::new(());

fn run(command: &mut Command) -> (bool, String) {
    let started = {
        let _one = ONE.lock().unwrap();
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let output = started.wait_with_output().unwrap();
    let both = [output.stdout, output.stderr].map(|stream| String::from_utf8_lossy(&stream).into_owned());
    (output.status.success(), both.concat())
}

/// A folder of fake programs, and what `setup/programs.sh` does where only they are.
struct Fakes(tempfile::TempDir);

impl Fakes {
    fn new(programs: &[(&str, &str)]) -> Self {
        let _one = ONE.lock().unwrap();
        let fakes = Self(tempfile::tempdir().unwrap());
        for (name, body) in programs {
            let path = fakes.0.path().join(name);
            fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        fakes
    }

    /// `more` is what stands behind the fakes in PATH.
    fn check(&self, more: &str) -> (bool, String) {
        self.check_for(&[], more)
    }

    fn check_for(&self, programs: &[&str], more: &str) -> (bool, String) {
        let mut sh = Command::new("/bin/sh");
        sh.arg("setup/programs.sh").args(programs).current_dir(env!("CARGO_MANIFEST_DIR")).env_clear();
        sh.env("PATH", format!("{}{more}", self.0.path().display()));
        run(&mut sh)
    }
}

const THERE: &[(&str, &str)] = &[("cc", ""), ("cmake", ""), ("python3", ""), ("cargo", ""), ("rustup", "")];

#[test]
fn without_root_the_one_line_is_printed_and_nothing_is_installed() {
    let fakes = Fakes::new(&[("id", "echo 1000"), ("apt-get", "echo INSTALLED"), ("cc", "")]);
    let (fine, said) = fakes.check("");
    let line = "sudo sh -c 'apt-get update && apt-get install -y cmake python3 python3-pip'";
    assert!(!fine && said.contains(line) && !said.contains("INSTALLED"), "{said}");
}

#[test]
fn as_root_what_is_missing_is_installed_in_one_go() {
    let apt = "echo \"$*\" >> \"${0%/*}/asked\"";
    let fakes = Fakes::new(&[("id", "echo 0"), ("apt-get", apt), ("python3", "exit 1"), ("cmake", "")]);
    let (fine, said) = fakes.check("");
    let asked = fs::read_to_string(fakes.0.path().join("asked")).unwrap();
    assert_eq!(asked, "update -qq\ninstall -y -qq build-essential python3-pip\n");
    assert!(!fine && said.contains("still not found: build-essential python3-pip"), "{said}");
}

#[test]
fn what_a_target_needs_besides_is_looked_for_by_its_program_and_named_by_its_package() {
    let analyze = ["systemd-analyze:systemd"];
    let rust = ("rustc", "echo 'rustc 1.100.0'");
    let without = Fakes::new(&[THERE, &[rust]].concat());
    let (fine, said) = without.check_for(&analyze, "");
    assert!(!fine && said.contains("by their Debian names: systemd."), "{said}");
    let with = Fakes::new(&[THERE, &[rust, ("systemd-analyze", "")]].concat());
    let (fine, said) = with.check_for(&analyze, ":/usr/bin:/bin");
    assert!(fine, "{said}");
}

#[test]
fn elsewhere_the_packages_are_named() {
    let (fine, said) = Fakes::new(&[]).check("");
    assert!(!fine && said.contains("Missing, by their Debian names: build-essential cmake"), "{said}");
}

#[test]
fn an_old_rust_and_an_old_python_are_named_with_a_cure() {
    let with = |more: &[(&str, &str)]| Fakes::new(&[THERE, more].concat()).check(":/usr/bin:/bin");
    let (fine, said) = with(&[("rustc", "echo 'rustc 1.63.0 (4b91a6ea7 2022-08-08)'")]);
    assert!(!fine && said.contains("rustc 1.63 is too old") && said.contains("rustup"), "{said}");
    let (fine, said) = with(&[("rustc", "echo 'rustc 1.100.0'")]);
    assert!(fine, "{said}");
    let (fine, said) = with(&[("python3", "[ \"$1\" = --version ] && echo Python 3.9.2; exit 2")]);
    assert!(!fine && said.contains("Python 3.9.2 is too old"), "{said}");
    let (fine, said) = with(&[("rustc", "echo 'error: could not download'; exit 1")]);
    assert!(!fine && said.contains("could not download") && said.contains("Is there a network"), "{said}");
}

/// A list with one package, carried over in a folder; `setup/bring.py` takes its member.
fn bring(spoil: bool) -> ((bool, String), Option<Vec<u8>>) {
    let folder = tempfile::tempdir().unwrap();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("pocket/tool", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(b"a tool").unwrap();
    let mut wheel = zip.finish().unwrap().into_inner();
    let sum: String = Sha256::digest(&wheel).iter().map(|byte| format!("{byte:02x}")).collect();
    if spoil {
        wheel.push(0);
    }
    fs::write(folder.path().join("pocket.whl"), wheel).unwrap();
    let machine = std::env::consts::ARCH;
    let list = format!(
        "[pocket-{machine}]\nname = 'pocket'\nversion = '1'\nfile = 'pocket.whl'\nsha256 = '{sum}'\nplatform = 'any'\n"
    );
    fs::write(folder.path().join("list.toml"), list).unwrap();
    let mut python = Command::new("python3");
    python.arg(house("setup/bring.py")).current_dir(&folder);
    python.args(["list.toml", "pocket", "pocket/tool", "tools/tool", "."]);
    let said = run(&mut python);
    let left = fs::read_dir(folder.path().join("tools")).unwrap().count();
    let file = fs::read(folder.path().join("tools/tool")).ok();
    assert_eq!(left, usize::from(file.is_some()), "nothing half-written stays");
    (said, file)
}

#[test]
fn only_a_package_with_its_sum_is_used() {
    assert_eq!(bring(false), ((true, String::new()), Some(b"a tool".to_vec())));
    let ((fine, said), file) = bring(true);
    assert!(!fine && file.is_none() && said.contains("not the file whose sum"), "{said}");
    assert!(!said.contains("Traceback"), "{said}");
}

#[test]
fn versions_that_stand_in_two_files_agree() {
    let make = text("Makefile");
    let of = |name: &str| {
        let line = make.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim_start_matches([' ', ':', '=']).to_owned()
    };
    for (list, package, version) in [
        ("models/packages.toml", "onnxruntime", of("RUNTIME_VERSION")),
        ("setup/tools.toml", "cargo-deny", of("DENY_VERSION")),
    ] {
        let list: toml::Table = text(list).parse().unwrap();
        for machine in ["x86_64", "aarch64"] {
            let pinned = list.get(&format!("{package}-{machine}")).and_then(|entry| entry.get("version"));
            assert_eq!(pinned.and_then(toml::Value::as_str), Some(version.as_str()), "{package}");
        }
    }
    let cargo: toml::Table = text("Cargo.toml").parse().unwrap();
    let rust = cargo.get("package").and_then(|package| package.get("rust-version")).unwrap();
    let rust = rust.as_str().unwrap();
    assert!(text("setup/programs.sh").contains(&format!("\nrust={rust}\n")));
    assert!(text("rust-toolchain.toml").contains(&format!("channel = \"{rust}.")));
}
