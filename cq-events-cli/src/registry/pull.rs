//! `registry pull`: the registered versions as files.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cq_events::registry::RegistryError;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::remote::{Entry, Remote};
use super::report::each;
use crate::error::Error;
use crate::json;
use crate::screen::{Screen, Style};
use crate::table::{Column, Table, left, right};
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
    file: PathBuf,
    reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Deed {
    /// The file is new.
    Written,
    /// The file had other content, and has that of the version now.
    Overwritten,
    /// The file has the version's content already.
    Unchanged,
    /// The file has other content, and keeps it.
    Differs,
    /// The registry has what is no schema.
    Unreadable,
    /// It is a schema, and none of Avro.
    Skipped,
}

const COLUMNS: [Column; 5] = [
    left("RESULT", Style::Yellow),
    left("SUBJECT", Style::Cyan),
    right("VERSION"),
    right("ID"),
    left("FILE", Style::Plain),
];

/// Writes all versions of subjects (None: of all in the registry) into a folder.
///
/// # Errors
/// When a file holds something else and is not to be overwritten, or cannot be written; when a version cannot be read; when
/// the registry does not answer, or refuses; when the output cannot be written.
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
    let (pulled, ended) = each(&subjects, screen, |subject| {
        let history = remote.history(subject)?;
        history.into_iter().map(|entry| keep(subject, entry, folder, force)).collect::<Result<Vec<_>, _>>()
    });
    let pulled: Vec<Pulled> = pulled.into_iter().flatten().collect();
    tell(&pulled, screen)?;
    ended?;
    let count = |deed| pulled.iter().filter(|pulled| pulled.result == deed).count();
    match (count(Deed::Differs), count(Deed::Unreadable)) {
        (0, 0) => Ok(()),
        (0, unreadable) => Err(Error::Registry(format!("{unreadable} versions are no valid schemas"))),
        (differing, _) => Err(Error::Registry(format!(
            "{differing} files hold something else than what is registered, and were left: --force overwrites them"
        ))),
    }
}

/// Keeps a version in its file.
fn keep(subject: &str, (version, entry): Entry, folder: &Path, force: bool) -> Result<Pulled, Error> {
    let file = folder.join(format!("{}.v{version}.avsc", utf8_percent_encode(subject, IN_NAMES)));
    let pulled = |result, id, reason| {
        Ok(Pulled { result, subject: subject.to_owned(), version, id, file: file.clone(), reason })
    };
    let registered = match entry {
        Ok(registered) => registered,
        Err(error) => {
            let is_another = matches!(error, RegistryError::SchemaType { .. });
            let deed = if is_another { Deed::Skipped } else { Deed::Unreadable };
            return pulled(deed, None, Some(error.to_string()));
        }
    };
    let id = Some(registered.id.get());
    let text = format!("{}\n", registered.schema);
    let deed = match fs::read(&file) {
        Ok(present) if present == text.as_bytes() => return pulled(Deed::Unchanged, id, None),
        Ok(_) if !force => return pulled(Deed::Differs, id, None),
        Ok(_) => Deed::Overwritten,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Deed::Written,
        Err(error) => return Err(failed("read", &file, &error)),
    };
    write(&file, &text)?;
    pulled(deed, id, None)
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

fn tell(pulled: &[Pulled], screen: &mut Screen<'_>) -> Result<(), Error> {
    if screen.json {
        return pulled.iter().try_for_each(|pulled| json::line(pulled, screen));
    }
    let mut table = Table::new(&COLUMNS);
    for Pulled { result, subject, version, id, file, .. } in pulled {
        let word = match result {
            Deed::Written => "written",
            Deed::Overwritten => "overwritten",
            Deed::Unchanged => "unchanged",
            Deed::Differs => "differs",
            Deed::Unreadable => "unreadable",
            Deed::Skipped => "skipped",
        };
        let id = id.map_or_else(|| "-".to_owned(), |id| id.to_string());
        let file = escape(&file.display().to_string());
        table.row(vec![word.to_owned(), escape(subject), version.to_string(), id, file], screen)?;
    }
    table.end(screen)?;
    for pulled in pulled {
        if let Some(reason) = &pulled.reason {
            let (subject, reason) = (escape(&pulled.subject), escape(reason));
            screen.line(&format!("{subject} version {}: {reason}", pulled.version))?;
        }
    }
    Ok(())
}
