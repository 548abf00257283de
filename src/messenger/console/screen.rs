//! What the terminal shows: growing answers, a bar for pictures, previews. Colour and bars only on a terminal.

use std::io::{IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::preview;
use crate::message::{Language, Phrase, Show};
use crate::messenger::PartBody;
use crate::phrases::Phrases;

/// The terminal's output side.
pub(super) struct Screen {
    phrases: Arc<Phrases>,
    language: Language,
    alive: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The answer as far as it has been printed.
    streamed: String,
    bar: Option<ProgressBar>,
}

impl Screen {
    pub(super) fn new(phrases: Arc<Phrases>, language: Language) -> Self {
        Self { phrases, language, alive: std::io::stdout().is_terminal(), state: Mutex::default() }
    }

    /// Whether colours may be used.
    pub(super) const fn colour(&self) -> bool {
        self.alive
    }

    /// Prints a part that was delivered. What has been streamed of it already is not printed again.
    pub(super) fn print(&self, body: &PartBody) -> std::io::Result<()> {
        let mut state = self.lock();
        clear(&mut state);
        let mut out = std::io::stdout().lock();
        match body {
            PartBody::Text { plain: text, .. } => {
                let streamed = state.streamed.trim_end();
                match text.strip_prefix(streamed) {
                    Some(rest) => {
                        writeln!(out, "{rest}")?;
                        state.streamed.clear();
                    }
                    // Something else, in the middle of an answer that goes on growing.
                    None => writeln!(out, "\n{text}")?,
                }
            }
            PartBody::Picture { path, caption, .. } => {
                if self.alive
                    && let Ok(bytes) = std::fs::read(path)
                    && let Some(picture) = preview::half_blocks(&bytes)
                {
                    write!(out, "{picture}")?;
                }
                writeln!(out, "{caption}")?;
                let saved = Phrase::new("console-saved").with("file", path.display().to_string());
                writeln!(out, "{}", self.phrases.render(self.language, &saved))?;
            }
            PartBody::Gone => {}
        }
        out.flush()
    }

    /// Shows a notice, on a terminal only.
    pub(super) fn show(&self, show: &Show) {
        if !self.alive {
            return;
        }
        let mut state = self.lock();
        match show {
            Show::Typing => spin(&mut state, "…".to_owned()),
            Show::Draft(text) => grow(&mut state, text),
            Show::Hearing { done, of } => {
                let phrase =
                    Phrase::new("console-hearing").with("done", i64::from(*done)).with("of", i64::from(*of));
                spin(&mut state, self.phrases.render(self.language, &phrase));
            }
            Show::Position { place, left_ms: _ } => {
                let phrase = Phrase::new("console-position").with("place", i64::from(*place));
                spin(&mut state, self.phrases.render(self.language, &phrase));
            }
            Show::Progress { step, of, left_ms, .. } => {
                let left = left_ms.map(|ms| {
                    let seconds = i64::try_from(ms.div_ceil(1000)).unwrap_or(i64::MAX);
                    self.phrases.render(self.language, &Phrase::new("console-left").with("seconds", seconds))
                });
                advance(&mut state, *step, *of, left.unwrap_or_default());
            }
            Show::Clear | Show::Forget => clear(&mut state),
        }
    }

    /// A word to whoever sits at the keyboard.
    pub(super) fn hint(&self, key: &str) {
        let _ = writeln!(std::io::stderr(), "{}", self.phrases.say(self.language, key));
    }

    /// Nothing is under way: the bar goes.
    pub(super) fn rest(&self) {
        // Whoever holds it is writing, perhaps to a terminal that nobody reads; that is not waited for.
        if let Ok(mut state) = self.state.try_lock() {
            clear(&mut state);
            state.streamed.clear();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn clear(state: &mut State) {
    if let Some(bar) = state.bar.take() {
        bar.finish_and_clear();
    }
}

fn spin(state: &mut State, message: String) {
    if state.bar.as_ref().is_none_or(|bar| bar.length().is_some()) {
        clear(state);
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(Duration::from_millis(120));
        state.bar = Some(bar);
    }
    if let Some(bar) = &state.bar {
        bar.set_message(message);
    }
}

fn advance(state: &mut State, step: u32, of: u32, left: String) {
    if state.bar.as_ref().is_none_or(|bar| bar.length() != Some(u64::from(of))) {
        clear(state);
        let bar = ProgressBar::new(u64::from(of));
        if let Ok(style) = ProgressStyle::with_template("{bar:32.cyan/dim} {pos}/{len} {msg}") {
            bar.set_style(style.progress_chars("━━─"));
        }
        state.bar = Some(bar);
    }
    if let Some(bar) = &state.bar {
        bar.set_message(left);
        bar.set_position(u64::from(step));
    }
}

/// Prints what is new of a growing answer.
fn grow(state: &mut State, text: &str) {
    let text = text.trim_start();
    let Some(new) = text.strip_prefix(state.streamed.as_str()) else { return };
    let new = new.to_owned();
    clear(state);
    let mut out = std::io::stdout().lock();
    if write!(out, "{new}").and_then(|()| out.flush()).is_ok() {
        state.streamed.push_str(&new);
    }
}
