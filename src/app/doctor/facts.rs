//! Gathering what the checks decide about. Reads; writes nothing, makes nothing.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use rustix::fs::{Access, access};

use super::card::Gpu;
use super::clock::Clock;
use super::database::Database;
use super::ground::{Folder, Ground, Lock};
use super::locale::Locale;
use super::machine::{Cuda, Memory, Runtime};
use super::nvidia;
use super::page::{self, Page};
use super::telegram::{Telegram, Token, Way};
use crate::app::clock;
use crate::app::config::Config;
use crate::app::places::Places;
use crate::app::telegram::{self as configured, Held};
use crate::inference::{InferenceError, graph, runtime};
use crate::message::Language;
use crate::messenger::telegram::{self, LookError};
use crate::models::Catalogue;
use crate::store;

/// How long Telegram may take to say who the bot is.
const TELEGRAM_WITHIN: Duration = Duration::from_secs(8);

/// The data folder: permissions, and the free disk of it or of the folder that it would be made in.
pub(super) fn ground(places: &Places) -> Ground {
    let path = places.data();
    let standing = path.ancestors().find(|part| part.exists()).filter(|part| !part.as_os_str().is_empty());
    let standing = standing.unwrap_or(Path::new("."));
    let writable = |path: &Path| access(path, Access::WRITE_OK | Access::EXEC_OK).is_ok();
    let folder = match fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            Folder::There { writable: writable(path), mode: found.permissions().mode() }
        }
        Ok(_) => Folder::Other,
        Err(_) => Folder::Missing { makeable: standing.is_dir() && writable(standing) },
    };
    Ground { path: path.display().to_string(), folder, free: fs4::available_space(standing).ok() }
}

/// Who holds the lock. It is tried as one of many, for an instant, so that nobody else is kept out for long.
pub(super) fn lock(places: &Places) -> Lock {
    let file = match File::open(places.lock_file()) {
        Ok(file) => file,
        Err(error)
            if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
        {
            return Lock::Free;
        }
        Err(error) => return Lock::Unknown(error.to_string()),
    };
    match file.try_lock_shared() {
        Ok(()) => Lock::Free,
        Err(TryLockError::WouldBlock) => Lock::Held,
        Err(TryLockError::Error(error)) => Lock::Unknown(error.to_string()),
    }
}

pub(super) async fn database(places: &Places, house: bool) -> Database {
    let path = places.database();
    let look = store::look(&path).await;
    let writable = access(&path, Access::WRITE_OK).is_ok();
    let pragmas = store::pragmas(&path).await.ok();
    Database { path: path.display().to_string(), look, pragmas, writable, house }
}

/// The page of a house that runs, where it has one.
pub(super) async fn page(config: &Config, lock: &Lock) -> Option<Page> {
    if *lock == Lock::Held { page::ask(&config.run.listen).await } else { None }
}

/// Telegram, asked with the token of this environment; `page` is what a house that runs says.
pub(super) async fn telegram(config: &Config, database: &Database, page: Option<&Page>) -> Telegram {
    let token = match configured::held() {
        Held::Nothing => Token::None {
            running: match page {
                Some(Page::Said(said)) if said.polls(telegram::NAME) => {
                    Some(said.reads_groups.get(telegram::NAME).copied())
                }
                _ => None,
            },
        },
        Held::Other => Token::Other,
        Held::Token(token) => {
            let options = configured::options(config, token);
            let look = tokio::time::timeout(TELEGRAM_WITHIN, telegram::look(&options)).await;
            let late = || Err(LookError::Away(format!("> {} s", TELEGRAM_WITHIN.as_secs())));
            Token::There(look.unwrap_or_else(|_| late()))
        }
    };
    let way = match (config.telegram.proxy.is_some(), config.telegram.server == telegram::SERVER) {
        (true, _) => Way::Proxy,
        (false, true) => Way::Direct,
        (false, false) => Way::Server,
    };
    let listed = format!("{}:", telegram::NAME);
    let listed = config.access.owners.iter().any(|owner| owner.starts_with(&listed));
    let owned = if listed { Some(true) } else { database.owned(telegram::NAME) };
    Telegram { token, way, now: clock::now(), owned }
}

/// The clock, and times that it cannot be before.
pub(super) fn clock(places: &Places) -> Clock {
    let changed = |path: &Path| {
        let since = fs::metadata(path).ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok()
    };
    // systemd-timesyncd leaves this file once the clock has been set from the network.
    let timesync = Path::new("/run/systemd/timesync");
    Clock {
        now: clock::now(),
        program: std::env::current_exe().ok().as_deref().and_then(changed),
        database: changed(&places.database()),
        kept: timesync.is_dir().then(|| timesync.join("synchronized").exists()),
    }
}

/// The locale of this process.
pub(super) fn locale(configured: Option<Language>) -> Locale {
    let of = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let first = |middle: &str| of("LC_ALL").or_else(|| of(middle)).or_else(|| of("LANG"));
    Locale { messages: first("LC_MESSAGES"), letters: first("LC_CTYPE"), configured }
}

/// Cards and the library's CUDA; `nvidia-smi` may take seconds where the driver hangs.
pub(super) async fn gpu(
    hardware: &runtime::Hardware,
    wanted: bool,
    largest: Option<(String, u32)>,
) -> anyhow::Result<Gpu> {
    let provider = cuda_part(hardware);
    let looked = tokio::task::spawn_blocking(move || {
        let cuda = if wanted { nvidia::linked_cuda(&provider) } else { None };
        (nvidia::cards("nvidia-smi"), cuda)
    });
    let (cards, cuda) = looked.await?;
    Ok(Gpu { cards, wanted, fallback: hardware.fallback, cuda, largest })
}

fn cuda_part(hardware: &runtime::Hardware) -> PathBuf {
    hardware.library.with_file_name("libonnxruntime_providers_cuda.so")
}

/// The library: what it says it is, and whether it loads into this process.
pub(super) fn runtime_library(hardware: &runtime::Hardware, configured: bool) -> Runtime {
    let path = &hardware.library;
    let there = path.is_file();
    let version = if there { runtime::version(path).ok().flatten() } else { None };
    let refused = hardware.runtime().err().map(reason);
    Runtime { path: path.display().to_string(), configured, there, version, refused }
}

/// CUDA, tried with the smallest graph that is compiled in.
pub(super) fn cuda(hardware: &runtime::Hardware, catalogue: &Catalogue) -> Cuda {
    let provider = cuda_part(hardware);
    let graph = catalogue.house("understand", "match.onnx").unwrap_or_default();
    Cuda {
        driver: Path::new("/proc/driver/nvidia/version").exists() || Path::new("/dev/nvidiactl").exists(),
        provider: provider.exists(),
        fallback: hardware.fallback,
        refused: graph::try_cuda(graph, hardware).err().map(reason),
    }
}

/// Memory of the machine; nothing where it does not say.
pub(super) fn memory(models: Vec<(String, u32)>, budget: u32) -> Option<Memory> {
    let machine = fs::read_to_string("/proc/meminfo").ok()?;
    let group = fs::read_to_string("/sys/fs/cgroup/memory.max").unwrap_or_default();
    Some(Memory { models, budget, total: total_mb(&machine, &group)? })
}

/// Of `/proc/meminfo` and a control group's bound, the smaller one, in MiB.
fn total_mb(machine: &str, group: &str) -> Option<u64> {
    let line = machine.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let machine: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    let group: Option<u64> = group.trim().parse().ok();
    Some((machine / 1024).min(group.map_or(u64::MAX, |bytes| bytes >> 20)))
}

/// An error without the words that its check says itself.
pub(super) fn reason(error: InferenceError) -> String {
    match error {
        InferenceError::Runtime { reason, .. } | InferenceError::Cuda { reason } => reason,
        other => format!("{:#}", anyhow::Error::from(other)),
    }
}

/// Where the configuration is looked for.
pub(super) fn config_path(given: Option<&Path>, places: &Places) -> PathBuf {
    given.map_or_else(|| places.config(), Path::to_owned)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn memory_is_the_machines_or_what_the_group_leaves() {
        let machine = "MemTotal:       16384000 kB\nMemFree:  1 kB\n";
        assert_eq!(total_mb(machine, "max\n"), Some(16_000));
        assert_eq!(total_mb(machine, "1073741824\n"), Some(1024));
        assert_eq!(total_mb("", ""), None);
    }

    #[test]
    fn looking_at_the_lock_makes_none_and_leaves_it_free() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::locate(Some(folder.path())).unwrap();
        assert_eq!(lock(&places), Lock::Free);
        assert!(!places.lock_file().exists());
        let held = places.try_lock().unwrap().unwrap();
        assert_eq!(lock(&places), Lock::Held);
        drop(held);
        assert_eq!(lock(&places), Lock::Free);
        // A child of another test may hold the file for a moment.
        let free = || places.try_lock().unwrap().is_some();
        let soon = (0..200).any(|_| {
            free() || {
                std::thread::sleep(Duration::from_millis(10));
                false
            }
        });
        assert!(soon);
    }

    #[test]
    fn a_folder_that_is_not_there_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("a/b");
        let places = Places::locate(Some(&inside)).unwrap();
        assert_eq!(ground(&places).folder, Folder::Missing { makeable: true });
        assert!(!inside.exists());
        fs::write(folder.path().join("a"), "").unwrap();
        assert_eq!(ground(&places).folder, Folder::Missing { makeable: false });
    }
}
