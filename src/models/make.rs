//! Makes one file of a model from what was brought, on the blocking pool: aside, summed, renamed.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::aside::{Aside, Sum, check, place, sum_file};
use super::e5::E5;
use super::gguf::Gguf;
use super::{FormatError, ModelFile, Origin, PullError, ctranslate2, fill, hub, tokenizer};

/// What is happening to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Bytes come over the network.
    Downloading,
    /// Its sum is being taken.
    Checking,
    /// It is unpacked or filled.
    Writing,
}

/// How far a stage is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Package or file.
    pub what: String,
    /// What is happening to it.
    pub stage: Stage,
    /// Bytes done.
    pub done: u64,
    /// Bytes in all.
    pub of: u64,
}

/// Is told how far things are; called often, from any thread.
pub type Watch = Arc<dyn Fn(&Progress) + Send + Sync>;

/// One file to be written.
pub(super) struct Job {
    pub(super) name: String,
    pub(super) target: PathBuf,
    pub(super) file: ModelFile,
    pub(super) watch: Watch,
}

impl Job {
    /// Writes a file aside and puts it in its place when its sum is right.
    pub(super) fn write(
        self,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<Result<(), FormatError>>,
    ) -> Result<Sum, PullError> {
        let told = watching(&self.watch, &self.name, Stage::Writing, self.file.bytes);
        let mut out = Watched { out: Aside::create(&self.target)?, told, done: 0 };
        match fill(&mut out).map_err(|source| PullError::file("write", &self.target, source))? {
            Ok(()) => out.out.finish(&self.file),
            Err(source) => {
                let from = match &self.file.origin {
                    Origin::Fill { from, .. } => from.path.clone(),
                    _ => self.file.path.clone(),
                };
                Err(PullError::Unfit { file: self.name, from, source })
            }
        }
    }

    pub(super) fn copy(self, finished: &Path) -> Result<Sum, PullError> {
        let mut from = File::open(finished).map_err(|source| PullError::file("read", finished, source))?;
        self.write(|out| io::copy(&mut from, out).map(|_| Ok(())))
    }

    /// Puts a download in its place when its sum is right; a wrong one is thrown away.
    pub(super) fn settle(self, part: &Path) -> Result<Sum, PullError> {
        let told = watching(&self.watch, &self.name, Stage::Checking, self.file.bytes);
        let sum = sum_file(part, &mut |bytes| told(bytes))
            .map_err(|source| PullError::file("read", part, source))?;
        let checked = check(&self.target, &self.file, &sum);
        if checked.is_ok() {
            place(part, &self.target)?;
        }
        hub::forget(&self.target);
        checked.map(|()| sum)
    }
}

/// A writer that tells how far it is.
struct Watched {
    out: Aside,
    told: Arc<dyn Fn(u64) + Send + Sync>,
    done: u64,
}

impl Write for Watched {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.done += written as u64;
        (self.told)(self.done);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A file made by one of the readers.
pub(super) fn made(
    reader: &str,
    plan: &[u8],
    source: &[u8],
    out: &mut dyn Write,
) -> io::Result<Result<(), FormatError>> {
    let fill = |tensors: &_, out: &mut dyn Write| match fill::Plan::read(plan) {
        Ok(plan) => plan.write(tensors, out),
        Err(error) => Ok(Err(error)),
    };
    let text = |made: Result<Vec<u8>, FormatError>, out: &mut dyn Write| match made {
        Ok(bytes) => out.write_all(&bytes).map(Ok),
        Err(error) => Ok(Err(error)),
    };
    let failed = |error| Ok(Err(error));
    match reader {
        "e5" => E5::read(source).map_or_else(failed, |read| fill(&read.tensors, out)),
        "ctranslate2" => ctranslate2::read(source).map_or_else(failed, |read| fill(&read, out)),
        "gguf" => Gguf::read(source).map_or_else(failed, |read| fill(&read.tensors, out)),
        "e5_tokenizer" => {
            E5::read(source).map_or_else(failed, |read| text(tokenizer::of_e5(plan, &read), out))
        }
        "gguf_tokenizer" => {
            Gguf::read(source).map_or_else(failed, |read| text(tokenizer::of_gguf(plan, &read), out))
        }
        other => failed(FormatError::Unsupported { what: "reader", found: other.to_owned() }),
    }
}

pub(super) fn watching(watch: &Watch, what: &str, stage: Stage, of: u64) -> Arc<dyn Fn(u64) + Send + Sync> {
    let (watch, what) = (Arc::clone(watch), what.to_owned());
    Arc::new(move |done| watch(&Progress { what: what.clone(), stage, done, of: of.max(done) }))
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PullError> + Send + 'static,
) -> Result<T, PullError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(PullError::Interrupted))
}
