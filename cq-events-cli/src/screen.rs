//! Where the output goes: how wide it is, and whether it takes colours.

use std::io::{self, IsTerminal, Write};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::error::Error;

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How text is emphasised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Not at all.
    Plain,
    /// A heading.
    Bold,
    /// What matters less.
    Dim,
    /// What went wrong.
    Red,
    /// What has to be known.
    Yellow,
    /// Names.
    Cyan,
}

/// Where a command writes: data to `out`, talk to `talk`.
pub struct Screen<'a> {
    /// Data.
    pub out: &'a mut dyn Write,
    /// What is said beside the data.
    pub talk: &'a mut dyn Write,
    /// How wide `out` is, in columns. None: it is not cut.
    pub width: Option<usize>,
    /// Whether `out` takes colours.
    pub colors: bool,
    /// Whether `talk` shows a line that changes.
    pub progress: bool,
    /// Whether data are JSON, an object a line.
    pub json: bool,
}

impl std::fmt::Debug for Screen<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Screen")
            .field("width", &self.width)
            .field("colors", &self.colors)
            .finish_non_exhaustive()
    }
}

impl Screen<'_> {
    /// Writes a line of data.
    ///
    /// # Errors
    /// When that fails.
    pub fn line(&mut self, text: &str) -> Result<(), Error> {
        Ok(writeln!(self.out, "{text}")?)
    }

    /// Writes what is said beside the data.
    ///
    /// # Errors
    /// When that fails.
    pub fn say(&mut self, text: &str) -> Result<(), Error> {
        Ok(writeln!(self.talk, "{text}")?)
    }

    /// The text in a style, where the output takes colours.
    pub fn paint(&self, style: Style, text: &str) -> String {
        let code = match style {
            _ if !self.colors || text.is_empty() => return text.to_owned(),
            Style::Plain => return text.to_owned(),
            Style::Bold => "1",
            Style::Dim => "2",
            Style::Red => "31",
            Style::Yellow => "33",
            Style::Cyan => "36",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// Whether this process's output takes colours.
pub fn colors(choice: Color) -> bool {
    let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    match choice {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => io::stdout().is_terminal() && !forbidden,
    }
}

/// How wide this process's output is: COLUMNS, or as it is measured; a pipe has no width.
pub fn width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    told.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)))
        .filter(|width| *width > 0)
        .or(Some(80))
}

/// How many columns a text takes.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// At most so many columns of a text; what is cut ends with `…`.
pub fn cut(text: &str, most: usize) -> String {
    if columns(text) <= most {
        return text.to_owned();
    }
    let mut left = most.saturating_sub(1);
    let fits = |character: &char| match left.checked_sub(character.width().unwrap_or_default()) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    let mut out: String = text.chars().take_while(fits).collect();
    if most > 0 {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_fits_its_columns() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("漢字漢字", 5), "漢字…");
        assert_eq!(cut("漢字漢字", 4), "漢…");
        assert_eq!((cut("abc", 1), cut("abc", 0)), ("…".to_owned(), String::new()));
    }
}
