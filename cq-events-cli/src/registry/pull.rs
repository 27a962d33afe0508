//! `registry pull`: the registered versions as files.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use cq_events::registry::{Registered, RegistryError};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::remote::Remote;
use super::rows::Rows;
use crate::error::{Error, first_failure};
use crate::screen::{Screen, Style};
use crate::table::{Column, ids, left, right};
use crate::text::escape;

/// What stays as it is in the name of a file.
const IN_NAMES: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// What came of a version.
#[derive(Debug, Serialize)]
struct Pulled {
    result: Deed,
    subject: String,
    version: i32,
    id: Option<u32>,
    /// The path of its file, as far as that is text; None where it is not written for what it is.
    file: Option<String>,
    /// Why it is not.
    reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    /// The file is new.
    Written,
    /// The file had other content, and has that of the version now.
    Overwritten,
    /// The file has the version's content already.
    Unchanged,
    /// The file has other content, and keeps it.
    Differs,
    /// It is no valid schema, or refers to what is not there.
    Unreadable,
    /// It is a schema, and none of Avro.
    Skipped,
}

const COLUMNS: [Column; 5] = [
    left("RESULT", Style::Yellow).holding(Deed::Overwritten.name()),
    left("SUBJECT", Style::Cyan),
    right("VERSION"),
    ids("ID"),
    left("FILE", Style::Plain),
];

/// Writes all versions of subjects (None: of all in the registry) into a folder, and tells of each as soon as it is there.
///
/// # Errors
/// When a file holds something else and is not to be overwritten, or cannot be written; when a version cannot be read, once all
/// others are there; when the registry does not answer, or refuses; when the output cannot be written.
pub fn pull(
    subjects: Option<Vec<String>>,
    remote: &Remote,
    (folder, force): (&Path, bool),
    screen: &mut Screen<'_>,
) -> Result<(), Error> {
    let subjects = match subjects {
        Some(subjects) => subjects,
        None => remote.ask(async |registry| registry.subjects().await)?,
    };
    fs::create_dir_all(folder).map_err(|error| failed("create the folder", folder, &error))?;
    let mut rows = Rows::new(&COLUMNS, subjects.iter().map(|subject| [String::new(), escape(subject)]));
    let (mut pulled, mut empty) = (Vec::new(), Vec::new());
    let ended = subjects.iter().try_for_each(|subject| {
        let history = remote.ask(async |registry| registry.history(subject).await)?;
        if history.is_empty() {
            empty.push(subject.as_str());
        }
        for entry in history {
            let version = keep(subject, entry, folder, force)?;
            rows.add(&version, || version.cells(), screen);
            pulled.push(version);
        }
        Ok(())
    });
    let told = rows.end().and_then(|()| tell(&pulled, screen));
    let nothing = if subjects.is_empty() {
        screen.say("the registry has no subject: nothing is written")
    } else {
        empty
            .iter()
            .try_for_each(|subject| screen.say(&format!("nothing is registered for {}", escape(subject))))
    };
    first_failure([ended, wrong(&pulled), told, nothing])
}

/// What is wrong with what was pulled.
fn wrong(pulled: &[Pulled]) -> Result<(), Error> {
    let said = |deed, what: &str| {
        let count = pulled.iter().filter(|pulled| pulled.result == deed).count();
        (count > 0).then(|| format!("{count} {what}"))
    };
    let wrong: Vec<String> = [
        said(
            Deed::Differs,
            "files hold something else than what is registered, and were left: --force overwrites them",
        ),
        said(Deed::Unreadable, "versions cannot be read, and were not written"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if wrong.is_empty() { Ok(()) } else { Err(Error::Wrong(wrong.join("; "))) }
}

/// Keeps a version in its file.
fn keep(
    subject: &str,
    (version, entry): (i32, Result<Registered, RegistryError>),
    folder: &Path,
    force: bool,
) -> Result<Pulled, Error> {
    let file = folder.join(format!("{}.v{version}.avsc", utf8_percent_encode(subject, IN_NAMES)));
    let pulled = |result, id| {
        let file = Some(file.display().to_string());
        Ok(Pulled { result, subject: subject.to_owned(), version, id, file, reason: None })
    };
    let registered = match entry {
        Ok(registered) => registered,
        Err(error) => {
            let is_another = matches!(error, RegistryError::SchemaType { .. });
            let result = if is_another { Deed::Skipped } else { Deed::Unreadable };
            let (subject, reason) = (subject.to_owned(), Some(error.to_string()));
            return Ok(Pulled { result, subject, version, id: None, file: None, reason });
        }
    };
    let id = Some(registered.id.get());
    let text = format!("{}\n", registered.schema);
    let deed = match fs::read(&file) {
        Ok(present) if present == text.as_bytes() => return pulled(Deed::Unchanged, id),
        Ok(_) if !force => return pulled(Deed::Differs, id),
        Ok(_) => Deed::Overwritten,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Deed::Written,
        Err(error) => return Err(failed("read", &file, &error)),
    };
    write(&file, &text)?;
    pulled(deed, id)
}

/// Whole, or not at all: under another name first.
fn write(file: &Path, text: &str) -> Result<(), Error> {
    let part = file.with_extension("avsc.part");
    let written = File::create(&part).and_then(|mut out| {
        out.write_all(text.as_bytes())?;
        out.sync_all()
    });
    written.and_then(|()| fs::rename(&part, file)).map_err(|error| failed("write", file, &error))
}

fn failed(action: &'static str, path: &Path, error: &io::Error) -> Error {
    Error::File { action, path: path.to_owned(), reason: error.to_string() }
}

impl Deed {
    const fn name(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Overwritten => "overwritten",
            Self::Unchanged => "unchanged",
            Self::Differs => "differs",
            Self::Unreadable => "unreadable",
            Self::Skipped => "skipped",
        }
    }
}

impl Serialize for Deed {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Pulled {
    fn cells(&self) -> Vec<String> {
        let unknown = || "-".to_owned();
        vec![
            self.result.name().to_owned(),
            escape(&self.subject),
            self.version.to_string(),
            self.id.map_or_else(unknown, |id| id.to_string()),
            self.file.as_deref().map_or_else(unknown, escape),
        ]
    }
}

/// Why versions are not written.
fn tell(pulled: &[Pulled], screen: &mut Screen<'_>) -> Result<(), Error> {
    if screen.json {
        return Ok(());
    }
    for Pulled { subject, version, reason, .. } in pulled {
        if let Some(reason) = reason {
            screen.line(&format!("{} version {version}: {}", escape(subject), escape(reason)))?;
        }
    }
    Ok(())
}
