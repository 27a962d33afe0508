//! Rows in columns that are as wide as what the first rows need, or rows that are said beforehand, so that the rest can be
//! written as it comes.

use std::mem;

use crate::error::Error;
use crate::screen::{Screen, Style, columns, cut};

/// How many rows are looked at before the first is written.
const SAMPLE: usize = 200;
/// How wide a column becomes, but for the last.
const WIDEST: usize = 60;
/// The least that is kept of the last column.
const NARROWEST: usize = 10;
const GAP: &str = "  ";

/// A column's heading.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Whether it holds numbers.
    pub right: bool,
    /// How its cells look.
    pub style: Style,
    /// How wide it is at least.
    pub least: usize,
}

impl Column {
    /// The same, wide enough for a word, in ASCII, that a row may hold.
    pub const fn holding(self, word: &str) -> Self {
        Self { least: word.len(), ..self }
    }
}

/// A column of text.
pub const fn left(name: &'static str, style: Style) -> Column {
    Column { name, right: false, style, least: 0 }
}

/// A column of numbers.
pub const fn right(name: &'static str) -> Column {
    Column { name, right: true, style: Style::Plain, least: 0 }
}

/// A column of ids, which have six digits in many registries.
pub const fn ids(name: &'static str) -> Column {
    right(name).holding("123456")
}

/// A table that is written as it grows.
#[derive(Debug)]
pub struct Table<'c> {
    columns: &'c [Column],
    sample: Vec<Vec<String>>,
    widths: Option<Vec<usize>>,
    has_names: bool,
}

impl<'c> Table<'c> {
    /// An empty table.
    pub fn new(columns: &'c [Column]) -> Self {
        Self { columns, sample: Vec::new(), widths: None, has_names: false }
    }

    /// An empty table with room for rows like these: what comes is written at once.
    pub fn with_room(columns: &'c [Column], rows: &[Vec<String>]) -> Self {
        Self { widths: Some(widths(columns, rows)), ..Self::new(columns) }
    }

    /// Adds a row: a text for each column.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn row(&mut self, cells: Vec<String>, screen: &mut Screen<'_>) -> Result<(), Error> {
        if self.widths.is_some() {
            return self.write(&[cells], screen);
        }
        self.sample.push(cells);
        if self.sample.len() >= SAMPLE { self.settle(screen) } else { Ok(()) }
    }

    /// Writes what was not written yet. A table without rows is nothing.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn end(mut self, screen: &mut Screen<'_>) -> Result<(), Error> {
        if self.sample.is_empty() { Ok(()) } else { self.settle(screen) }
    }

    fn settle(&mut self, screen: &mut Screen<'_>) -> Result<(), Error> {
        let sample = mem::take(&mut self.sample);
        self.widths = Some(widths(self.columns, &sample));
        self.write(&sample, screen)
    }

    /// Writes rows, under the names of the columns.
    fn write(&mut self, rows: &[Vec<String>], screen: &mut Screen<'_>) -> Result<(), Error> {
        if !mem::replace(&mut self.has_names, true) {
            let names: Vec<String> = self.columns.iter().map(|column| column.name.to_owned()).collect();
            self.line(&names, screen, Some(Style::Bold))?;
        }
        rows.iter().try_for_each(|row| self.line(row, screen, None))
    }

    fn line(&self, cells: &[String], screen: &mut Screen<'_>, style: Option<Style>) -> Result<(), Error> {
        let widths = self.widths.as_deref().unwrap_or_default();
        let mut line = String::new();
        let mut at = 0;
        let last = self.columns.len().saturating_sub(1);
        for (index, ((cell, column), width)) in cells.iter().zip(self.columns).zip(widths).enumerate() {
            let room = screen.width.map(|width| width.saturating_sub(at).max(NARROWEST));
            let text = match room {
                Some(room) if index == last => cut(cell, room),
                // A number of which the end is missing is another number.
                Some(_) if !column.right => cut(cell, *width),
                _ => cell.clone(),
            };
            let padding = " ".repeat(width.saturating_sub(columns(&text)));
            let painted = screen.paint(style.unwrap_or(column.style), &text);
            match (column.right, index == last) {
                (true, _) => line.extend([padding.as_str(), &painted]),
                (false, true) => line.push_str(&painted),
                (false, false) => line.extend([painted.as_str(), &padding]),
            }
            if index != last {
                line.push_str(GAP);
            }
            at += columns(&text) + padding.len() + GAP.len();
        }
        screen.line(line.trim_end())
    }
}

/// What the columns need for rows.
fn widths(names: &[Column], rows: &[Vec<String>]) -> Vec<usize> {
    let width = |(index, column): (usize, &Column)| {
        let cells = rows.iter().filter_map(|row| row.get(index)).map(|cell| columns(cell));
        cells.max().unwrap_or_default().min(WIDEST).max(columns(column.name)).max(column.least)
    };
    names.iter().enumerate().map(width).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [right("N"), left("NAME", Style::Plain), left("TEXT", Style::Plain)];

    fn written(width: Option<usize>, rows: &[[&str; 3]]) -> String {
        let (mut out, mut talk) = (Vec::new(), Vec::new());
        let mut screen =
            Screen { out: &mut out, talk: &mut talk, width, colors: false, progress: false, json: false };
        let mut table = Table::new(&COLUMNS);
        for row in rows {
            table.row(row.map(str::to_owned).to_vec(), &mut screen).unwrap();
        }
        table.end(&mut screen).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn rows_are_cut_to_a_terminal_and_whole_in_a_pipe() {
        let long = "漢字 and a long text that has no end";
        let rows = [["1", "a", long], ["1,000", "bcd", "short"]];
        let cut = "    N  NAME  TEXT\n    1  a     漢字 and a lon…\n1,000  bcd   short\n";
        assert_eq!(written(Some(28), &rows), cut);
        assert!(cut.lines().all(|line| columns(line) <= 28));
        assert!(written(None, &rows).contains(long));
        assert_eq!(written(None, &[]), "");
    }

    #[test]
    fn a_row_is_there_at_once_where_its_room_is_known_and_numbers_are_whole() {
        let (mut out, mut talk) = (Vec::new(), Vec::new());
        let width = Some(40);
        let mut table = Table::with_room(&COLUMNS, &[["12", "longest", ""].map(str::to_owned).to_vec()]);
        let mut written = |row: [&str; 3]| {
            let mut screen =
                Screen { out: &mut out, talk: &mut talk, width, colors: false, progress: false, json: false };
            table.row(row.map(str::to_owned).to_vec(), &mut screen).unwrap();
            String::from_utf8(mem::take(&mut out)).unwrap()
        };
        assert_eq!(written(["1", "a", "x"]), " N  NAME     TEXT\n 1  a        x\n");
        assert_eq!(written(["1234", "a name that is cut", "y"]), "1234  a name…  y\n");
    }

    #[test]
    fn what_comes_after_the_sample_is_written_at_once() {
        let rows = vec![["1", "a", "x"]; SAMPLE + 1];
        let longer = [&rows[..], &[["123456", "a longer name", "y"]]].concat();
        let written = written(Some(40), &longer);
        assert_eq!(written.lines().count(), SAMPLE + 3);
        assert!(written.lines().all(|line| columns(line) <= 40));
    }
}
