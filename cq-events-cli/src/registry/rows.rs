//! What comes of subjects, a row each, written as soon as it is known: whatever ends a command, what it has done is told.

use serde::Serialize;

use super::local::Local;
use crate::error::Error;
use crate::json;
use crate::screen::Screen;
use crate::table::{Column, Table};
use crate::text::escape;

/// Rows: a table for people, lines of JSON for programs.
pub(super) struct Rows<'c> {
    table: Table<'c>,
    written: Result<(), Error>,
}

impl<'c> Rows<'c> {
    /// None yet, with room for rows that begin like these.
    pub(super) fn new(columns: &'c [Column], room: impl IntoIterator<Item = impl Into<Vec<String>>>) -> Self {
        let room: Vec<Vec<String>> = room.into_iter().map(Into::into).collect();
        Self { table: Table::with_room(columns, &room), written: Ok(()) }
    }

    /// Writes a row. Where that fails, it is told in the end: nothing is left half done for it.
    pub(super) fn add(
        &mut self,
        json: &impl Serialize,
        cells: impl FnOnce() -> Vec<String>,
        screen: &mut Screen<'_>,
    ) {
        if self.written.is_ok() {
            let written =
                if screen.json { json::line(json, screen) } else { self.table.row(cells(), screen) };
            self.written = written.and_then(|()| Ok(screen.out.flush()?));
        }
    }

    /// Whether all rows could be written.
    pub(super) fn end(self) -> Result<(), Error> {
        self.written
    }
}

/// The cells for a stream and its subject.
pub(super) fn named(stream: Option<&str>, subject: &str) -> [String; 2] {
    [stream.unwrap_or("-").to_owned(), escape(subject)]
}

/// The room for the row of a schema, behind what comes of it.
pub(super) fn room(local: &Local) -> [String; 3] {
    let [stream, subject] = named(local.stream.as_deref(), &local.subject);
    [String::new(), stream, subject]
}
