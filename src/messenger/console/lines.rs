//! Where lines come from: an editor with history at a terminal, or a pipe. Reading happens on a thread of its own.

use std::io::{BufRead as _, Read as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustyline::error::ReadlineError;
use tokio::sync::mpsc;

/// Longest line that is read from a pipe, in bytes; the rest of it is dropped.
const LONGEST: u64 = 1_000_000;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Its text.
    Text(String),
    /// It is not UTF-8.
    Broken,
    /// An empty line at the terminal.
    Nothing,
    /// Ctrl-C at the prompt; a line that was begun is dropped.
    Interrupted,
}

/// Lines on demand.
pub(super) struct Lines {
    wanted: mpsc::Sender<()>,
    lines: mpsc::Receiver<Option<Line>>,
}

impl Lines {
    /// The next line; `None` at the end of input, or when the person leaves.
    pub(super) async fn next(&mut self) -> Option<Line> {
        self.wanted.send(()).await.ok()?;
        self.lines.recv().await.flatten()
    }
}

/// Lines as somebody types them, with history. The thread ends with the process: it waits for a key.
/// `forgotten` is set when the history is to be emptied.
pub(super) fn typed(history: PathBuf, forgotten: Arc<AtomicBool>, colour: bool) -> Lines {
    let prompt = if colour { "\u{1b}[1;36m›\u{1b}[0m " } else { "› " };
    on_a_thread(move |wanted, lines| {
        let Ok(mut editor) = rustyline::DefaultEditor::new() else { return };
        let _ = editor.load_history(&history);
        while wanted.blocking_recv().is_some() {
            if forgotten.swap(false, Ordering::SeqCst) {
                let _ = editor.clear_history();
            }
            let line = match editor.readline(prompt) {
                Ok(text) if text.trim().is_empty() => Some(Line::Nothing),
                Ok(text) => {
                    let _ = editor.add_history_entry(&text);
                    let _ = editor.save_history(&history);
                    Some(Line::Text(text))
                }
                Err(ReadlineError::Interrupted) => Some(Line::Interrupted),
                Err(ReadlineError::Eof) => None,
                Err(error) => {
                    tracing::error!(%error, "the terminal cannot be read");
                    None
                }
            };
            if lines.blocking_send(line).is_err() {
                return;
            }
        }
    })
}

/// Lines from a pipe or a file.
pub(super) fn piped() -> Lines {
    on_a_thread(|wanted, lines| {
        let mut input = std::io::stdin().lock();
        while wanted.blocking_recv().is_some() {
            let mut bytes = Vec::new();
            let read = (&mut input).take(LONGEST).read_until(b'\n', &mut bytes).unwrap_or(0);
            if !bytes.ends_with(b"\n") && read as u64 == LONGEST {
                let _ = input.skip_until(b'\n');
            }
            let line = (read > 0).then(|| match String::from_utf8(bytes) {
                Ok(text) => Line::Text(text.trim_end_matches(['\n', '\r']).to_owned()),
                Err(_) => Line::Broken,
            });
            if lines.blocking_send(line).is_err() {
                return;
            }
        }
    })
}

fn on_a_thread(
    work: impl FnOnce(&mut mpsc::Receiver<()>, &mpsc::Sender<Option<Line>>) + Send + 'static,
) -> Lines {
    let (wanted, mut asks) = mpsc::channel(1);
    let (answers, lines) = mpsc::channel(1);
    let started =
        std::thread::Builder::new().name("console".to_owned()).spawn(move || work(&mut asks, &answers));
    if let Err(error) = started {
        tracing::error!(%error, "no thread for the terminal");
    }
    Lines { wanted, lines }
}
