//! Where answers go. Standard output has answers and nothing else, whoever reads it; all the rest is on standard error.

use std::io::{self, IsTerminal as _, Write as _};

use anstream::{AutoStream, ColorChoice};
use clap::{Args, ValueEnum};
use jiff::tz::TimeZone;

use super::{
    error::ClientError,
    escape::plain,
    json::{Named, Shape, json},
    progress::Progress,
    table::{Row, Table},
};

/// The width of a terminal that does not say how wide it is.
const USUAL_WIDTH: usize = 80;

/// How answers look.
#[derive(Debug, Args)]
#[command(next_help_heading = "How it looks")]
pub struct Display {
    /// A table; or the messages as JSON, as grpcurl prints them; or one JSON object a line for each event, trail, account …
    #[arg(long, short, value_enum, default_value_t = Form::Table, value_name = "FORM", hide_possible_values = true)]
    output: Form,
    /// Times in UTC instead of the local zone (TZ). JSON always has UTC.
    #[arg(long)]
    utc: bool,
    /// Colours: auto, always or never. NO_COLOR is honoured.
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN", hide_possible_values = true)]
    color: Color,
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// Columns for people.
    Table,
    /// Whole messages.
    Json,
    /// One object a line.
    Ndjson,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

/// Both outputs.
pub struct Output {
    out: AutoStream<io::Stdout>,
    width: Option<usize>,
    /// What is asked for.
    pub form: Form,
    /// The zone that times are shown in.
    pub zone: TimeZone,
    /// How far the work is.
    pub progress: Progress,
}

impl Output {
    /// As the arguments and the terminal have it.
    pub fn of(display: &Display) -> Self {
        let stdout = io::stdout();
        let choice = match display.color {
            Color::Auto => AutoStream::choice(&stdout),
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Self {
            width: stdout.is_terminal().then(|| width(&stdout)),
            out: AutoStream::new(stdout, choice),
            form: display.output,
            zone: match display.utc {
                true => TimeZone::UTC,
                false => TimeZone::system(),
            },
            progress: Progress::new(),
        }
    }

    /// A table that fits.
    pub fn table(&self, titles: &'static [&'static str]) -> Table {
        Table::new(titles, self.width)
    }

    /// Rows of a table.
    pub fn rows(&mut self, table: &mut Table, rows: &[Row]) -> Result<(), ClientError> {
        self.say(&table.text(rows))
    }

    /// A message as JSON: indented, or as a line.
    pub fn message<M: Named>(&mut self, message: &M) -> Result<(), ClientError> {
        let shape = match self.form {
            Form::Ndjson => Shape::Line,
            Form::Json | Form::Table => Shape::Indented,
        };
        self.say(&json(message, shape)?)
    }

    /// Text for standard output.
    pub fn say(&mut self, text: &str) -> Result<(), ClientError> {
        let out = &mut self.out;
        let written = self
            .progress
            .aside(|| out.write_all(text.as_bytes()).and_then(|()| out.flush()));
        written.map_err(ClientError::Output)
    }

    /// Lines for standard error, made harmless. If that is closed there is nobody to tell.
    pub fn note(&self, text: &str) {
        self.progress.aside(|| {
            let mut err = io::stderr().lock();
            for line in text.lines() {
                let _ = writeln!(err, "{}", plain(line));
            }
        });
    }

    /// Leaves the terminal as it was.
    pub fn clear(&self) {
        self.progress.clear();
    }
}

fn width(terminal: &io::Stdout) -> usize {
    let size = rustix::termios::tcgetwinsize(terminal);
    let columns = size.map_or(0, |size| usize::from(size.ws_col));
    match columns {
        0 => USUAL_WIDTH,
        columns => columns,
    }
}
