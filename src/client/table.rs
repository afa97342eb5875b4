//! Rows in columns, as wide as the terminal. Pure.
//!
//! The widths are those of the first rows, and stay: a stream is shown as it comes, and is never held to be measured.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthChar as _;

use super::escape::plain;

/// Between two columns.
const GAP: usize = 2;
/// No column is made narrower than this.
const NARROWEST: usize = 6;

/// How a row stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Not at all.
    #[default]
    Usual,
    /// Something failed.
    Bad,
    /// Something is not as it should be.
    Warning,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Self::Usual => Style::new(),
            Self::Bad => AnsiColor::Red.on_default(),
            Self::Warning => AnsiColor::Yellow.on_default(),
        }
    }
}

/// One row. What is put into it is made harmless.
#[derive(Debug, Clone, Default)]
pub struct Row {
    cells: Vec<String>,
    tone: Tone,
}

impl Row {
    /// With these cells.
    pub fn new<T: AsRef<str>>(cells: impl IntoIterator<Item = T>) -> Self {
        let cells = cells.into_iter();
        Self {
            cells: cells
                .map(|cell| plain(cell.as_ref()).into_owned())
                .collect(),
            tone: Tone::Usual,
        }
    }

    /// Standing out so.
    pub fn toned(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }
}

/// A table that grows at its end.
#[derive(Debug)]
pub struct Table {
    titles: &'static [&'static str],
    /// How wide it may be; no limit in a pipe.
    limit: Option<usize>,
    /// Known after the first rows.
    widths: Vec<usize>,
}

impl Table {
    /// With these columns.
    pub fn new(titles: &'static [&'static str], limit: Option<usize>) -> Self {
        Self {
            titles,
            limit,
            widths: Vec::new(),
        }
    }

    /// The text of these rows, after the titles if they are the first.
    pub fn text(&mut self, rows: &[Row]) -> String {
        let mut text = String::new();
        if self.widths.is_empty() && !rows.is_empty() {
            self.widths = self.measured(rows);
            self.line(self.titles, Style::new().bold(), &mut text);
        }
        for row in rows {
            self.line(&row.cells, row.tone.style(), &mut text);
        }
        text
    }

    fn measured(&self, rows: &[Row]) -> Vec<usize> {
        let widest = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.cells.get(column));
            cells.map(|cell| width(cell)).max().unwrap_or_default()
        };
        let titles = self.titles.iter().enumerate();
        let widths: Vec<usize> = titles
            .map(|(column, title)| width(title).max(widest(column)))
            .collect();
        match self.limit {
            Some(limit) => fitted(widths, limit),
            None => widths,
        }
    }

    fn line<T: AsRef<str>>(&self, cells: &[T], style: Style, text: &mut String) {
        let mut line = String::new();
        for (cell, room) in cells.iter().zip(&self.widths) {
            let cell = cell.as_ref();
            let shown = match self.limit {
                Some(_) => cut(cell, *room),
                None => cell.to_owned(),
            };
            let padding = (room + GAP).saturating_sub(width(&shown));
            line.push_str(&shown);
            line.extend(std::iter::repeat_n(' ', padding.max(GAP)));
        }
        let line = line.trim_end();
        text.push_str(&format!("{style}{line}{style:#}\n"));
    }
}

/// Takes from the widest columns until all fit.
fn fitted(mut widths: Vec<usize>, limit: usize) -> Vec<usize> {
    let gaps = GAP * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > limit {
        match widths.iter_mut().max() {
            Some(widest) if *widest > NARROWEST => *widest -= 1,
            _ => break,
        }
    }
    widths
}

/// Columns that a terminal takes for it.
fn width(text: &str) -> usize {
    text.chars().filter_map(|c| c.width()).sum()
}

/// Text of at most this width; what was cut is told by the last character.
fn cut(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut used = 1;
    let kept = text.chars().take_while(|c| {
        used += c.width().unwrap_or_default();
        used <= room
    });
    kept.chain(std::iter::once('…')).collect()
}

#[cfg(test)]
mod tests;
