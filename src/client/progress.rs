//! How far the work is, on a terminal: a bar or a line on standard error, and nothing at all in a pipe.

use std::{borrow::Cow, io::IsTerminal as _, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often the line moves while nothing is heard.
const BEAT: Duration = Duration::from_millis(120);

/// A bar, or a line, or nothing.
pub struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// On standard error, if that is a terminal.
    pub fn new() -> Self {
        let shown = std::io::stderr().is_terminal();
        let bar = || ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        Self {
            bar: shown.then(bar),
        }
    }

    /// Something is waited for, and nobody knows how long.
    pub fn waiting(&self, text: impl Into<Cow<'static, str>>) {
        if let Some(bar) = &self.bar {
            bar.set_style(style("{spinner} {msg} ({elapsed})"));
            bar.set_message(text);
            bar.enable_steady_tick(BEAT);
        }
    }

    /// So many of so many are done.
    pub fn done(&self, done: impl Into<u64>, total: impl Into<u64>, text: String) {
        if let Some(bar) = &self.bar {
            bar.set_style(style("{bar:24} {pos}/{len} cells  {msg}"));
            bar.set_length(total.into());
            bar.set_position(done.into());
            bar.set_message(text);
        }
    }

    /// Does something with the terminal while nothing of this stands on it.
    pub fn aside<T>(&self, work: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(work),
            None => work(),
        }
    }

    /// Takes it off the terminal.
    pub fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// The templates are ours: one that cannot be read is a plain bar.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .map(|style| style.progress_chars("=> "))
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
