//! What the house stands on: data folder, disk, configuration, lock. Facts in, checks out.

use super::check::{Check, State};
use crate::app::config::{Config, ConfigError};
use crate::message::{NEEDED_DISK, Phrase};
use crate::models::readable;

/// The data folder as it was found.
#[derive(Debug, Clone)]
pub(super) struct Ground {
    pub(super) path: String,
    pub(super) folder: Folder,
    /// Bytes, where that can be told.
    pub(super) free: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folder {
    /// Not there; whether it could be made.
    Missing { makeable: bool },
    /// Something else is in its place.
    Other,
    /// There, with its permission bits.
    There { writable: bool, mode: u32 },
}

/// Who holds the lock of the data folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lock {
    Free,
    Held,
    /// What the system says.
    Unknown(String),
}

/// Data folder, its permissions, free disk.
pub(super) fn ground(facts: &Ground) -> Vec<Check> {
    let about =
        |state, key: &str| Check::new("folder", state, Phrase::new(key).with("path", facts.path.as_str()));
    let path = quoted(&facts.path);
    let mut checks = match facts.folder {
        Folder::Missing { makeable: true } => vec![about(State::Ok, "doctor-folder-new")],
        Folder::Missing { makeable: false } | Folder::Other => {
            vec![about(State::Wrong, "doctor-folder-none").cure(Phrase::new("doctor-folder-cure"))]
        }
        Folder::There { writable: false, .. } => {
            let cure =
                Phrase::new("doctor-closed-cure").with("command", format!("chown -R \"$USER\" {path}"));
            vec![about(State::Wrong, "doctor-folder-closed").cure(cure)]
        }
        Folder::There { .. } => vec![about(State::Ok, "doctor-folder")],
    };
    if let Folder::There { mode, .. } = facts.folder {
        let bits = format!("{:03o}", mode & 0o777);
        checks.push(if mode & 0o007 == 0 {
            Check::new("permissions", State::Ok, Phrase::new("doctor-permissions").with("mode", bits))
        } else {
            let text = Phrase::new("doctor-permissions-open").with("mode", bits);
            Check::new("permissions", State::Warning, text).run(&format!("chmod o-rwx {path}"))
        });
    }
    checks.extend(facts.free.map(|free| disk(free, &facts.path)));
    checks
}

fn disk(free: u64, path: &str) -> Check {
    let free_text = readable(free);
    if free >= NEEDED_DISK {
        return Check::new("disk", State::Ok, Phrase::new("doctor-disk").with("free", free_text));
    }
    let text = Phrase::new("doctor-disk-low").with("free", free_text).with("needed", readable(NEEDED_DISK));
    Check::new("disk", State::Wrong, text).cure(Phrase::new("doctor-disk-cure").with("path", path))
}

/// The configuration file.
pub(super) fn config(path: &str, read: &Result<Option<Config>, ConfigError>) -> Check {
    let error = match read {
        Ok(read) => {
            let key = if read.is_some() { "doctor-config" } else { "doctor-config-none" };
            return Check::new("config", State::Ok, Phrase::new(key).with("path", path));
        }
        Err(error) => error,
    };
    let at = |key: &str, line: usize| {
        let line = i64::try_from(line).unwrap_or(i64::MAX);
        Phrase::new(key).with("path", path).with("line", line)
    };
    let example = Phrase::new("doctor-config-cure");
    let (text, cure) = match error {
        ConfigError::Unreadable { reason } => {
            let text = Phrase::new("doctor-config-unreadable").with("path", path);
            (text.with("reason", reason.as_str()), example)
        }
        ConfigError::Key { line, key, nearest, keys } => {
            let cure = match nearest {
                Some(nearest) => Phrase::new("doctor-config-nearest").with("nearest", nearest.as_str()),
                None => Phrase::new("doctor-config-keys").with("keys", keys.join(", ")),
            };
            (at("doctor-config-key", *line).with("key", key.as_str()), cure)
        }
        ConfigError::Value { line, key, reason } => {
            let key = key.as_ref().map(|key| format!("{key}: ")).unwrap_or_default();
            (at("doctor-config-value", *line).with("reason", format!("{key}{reason}")), example)
        }
        other @ (ConfigError::Bound { .. } | ConfigError::Model { .. }) => {
            let text = Phrase::new("doctor-config-bound").with("path", path);
            (text.with("reason", other.to_string()), example)
        }
    };
    Check::new("config", State::Wrong, text).cure(cure)
}

/// Whether a house runs on the data folder.
pub(super) fn house(lock: &Lock) -> Check {
    match lock {
        Lock::Free => Check::new("house", State::Ok, Phrase::new("doctor-house-none")),
        Lock::Held => Check::new("house", State::Ok, Phrase::new("doctor-house")),
        Lock::Unknown(reason) => {
            let text = Phrase::new("doctor-house-unknown").with("reason", reason.as_str());
            Check::new("house", State::Warning, text).cure(Phrase::new("doctor-folder-cure"))
        }
    }
}

/// A path for a shell.
pub(super) fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if path.chars().all(plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::super::check::speakable;
    use super::*;

    fn states(folder: Folder, free: u64) -> Vec<(&'static str, State)> {
        let checks = ground(&Ground { path: "/d".into(), folder, free: Some(free) });
        speakable(&checks);
        checks.iter().map(|check| (check.name, check.state)).collect()
    }

    #[test]
    fn the_folder_is_there_writable_and_private() {
        use State::{Ok, Warning, Wrong};
        let there = |writable, mode| Folder::There { writable, mode };
        let room = NEEDED_DISK;
        assert_eq!(states(there(true, 0o700), room), [("folder", Ok), ("permissions", Ok), ("disk", Ok)]);
        assert_eq!(states(there(true, 0o750), room)[1], ("permissions", Ok));
        assert_eq!(states(there(true, 0o40_755), room)[1], ("permissions", Warning));
        assert_eq!(states(there(false, 0o700), room)[0], ("folder", Wrong));
        assert_eq!(states(Folder::Missing { makeable: true }, room), [("folder", Ok), ("disk", Ok)]);
        assert_eq!(states(Folder::Missing { makeable: false }, room)[0], ("folder", Wrong));
        assert_eq!(states(Folder::Other, room - 1), [("folder", Wrong), ("disk", Wrong)]);
    }

    #[test]
    fn a_configuration_is_wrong_with_its_cure() {
        let said = |text: &str| config("/d/aisaac.toml", &Config::parse(text).map(Some));
        let [key, far, value, bound, fine] =
            ["[draw]\nmodle = 1", "[draw]\nx = 1", "[draw]\nmodel = 1", "[answer]\nlanes = 0", ""].map(said);
        assert_eq!(key.cure.as_ref().unwrap().args["nearest"], "model".into());
        assert_eq!(far.cure.as_ref().unwrap().key, "doctor-config-keys");
        assert_eq!(value.text.args["line"], 2.into());
        assert_eq!((bound.state, fine.state), (State::Wrong, State::Ok));
        let gone = config("/x", &Err(ConfigError::Unreadable { reason: "no such file".into() }));
        speakable(&[key, far, value, bound, fine, gone, config("/x", &Ok(None))]);
    }

    #[test]
    fn a_running_house_is_no_fault() {
        let checks = [Lock::Free, Lock::Held, Lock::Unknown("denied".into())].map(|lock| house(&lock));
        assert_eq!(checks.each_ref().map(|check| check.state), [State::Ok, State::Ok, State::Warning]);
        speakable(&checks);
    }

    #[test]
    fn a_path_survives_the_shell() {
        assert_eq!(quoted("/a/b-c.d"), "/a/b-c.d");
        assert_eq!(quoted("/it's here"), r"'/it'\''s here'");
    }
}
