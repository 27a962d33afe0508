//! `registry check`: whether the schemas here may follow what is registered.

use cq_events::registry::Level;
use serde::Serialize;

use super::local::Local;
use super::remote::Remote;
use super::report;
use super::rows::{Rows, named, room};
use super::verdict::{Found, Verdict};
use crate::error::{Error, first_failure};
use crate::screen::{Screen, Style};
use crate::table::{Column, left, right};

#[derive(Serialize)]
struct Json<'a> {
    stream: Option<&'a str>,
    subject: &'a str,
    result: &'static str,
    versions: usize,
    /// How many of the versions count by the level that our checker goes by.
    compared: usize,
    /// The level in the registry.
    registry_level: &'static str,
    /// The level in `streams.toml`.
    streams_level: Option<&'static str>,
    registry_accepts: bool,
    /// None where a version that counts cannot be read.
    checker_accepts: Option<bool>,
    messages: &'a [String],
    findings: &'a [Found],
    unreadable: &'a [String],
    disagreement: Option<String>,
}

const COLUMNS: [Column; 7] = [
    left("RESULT", Style::Yellow).holding(INCOMPATIBLE),
    left("STREAM", Style::Plain),
    left("SUBJECT", Style::Cyan),
    right("COMPARED"),
    left("REGISTRY", Style::Plain),
    left("OURS", Style::Plain).holding(UNKNOWN),
    left("LEVEL", Style::Plain),
];

const INCOMPATIBLE: &str = "incompatible";
const UNKNOWN: &str = "unknown";

/// Checks schemas, and tells what speaks against them.
///
/// # Errors
/// When something speaks against one; when the registry does not answer, or refuses to be asked; when the output cannot be
/// written.
pub fn check(local: &[Local], remote: &Remote, screen: &mut Screen<'_>) -> Result<(), Error> {
    let mut rows = Rows::new(&COLUMNS, local.iter().map(room));
    let mut incompatible = Vec::new();
    let mut ended = Ok(());
    for local in local {
        match Verdict::of(local, local.level, remote) {
            Ok(verdict) => {
                rows.add(&Json::of(local, &verdict), || row(local, &verdict), screen);
                if !verdict.is_compatible() {
                    incompatible.push((local.subject.as_str(), verdict));
                }
            }
            Err(error) => {
                ended = Err(error.into());
                break;
            }
        }
    }
    let told = rows.end().and_then(|()| report::objections(&incompatible, report::reasons, screen));
    let wrong = match (incompatible.len(), local.len()) {
        (0, _) => Ok(()),
        (count, of) => {
            Err(Error::Wrong(format!("{count} of {of} schemas may not follow what is registered")))
        }
    };
    first_failure([ended, wrong, told])
}

fn result(verdict: &Verdict) -> &'static str {
    match (verdict.is_compatible(), verdict.versions) {
        (true, 0) => "new",
        (true, _) => "compatible",
        (false, _) if !verdict.is_refused() && verdict.is_ours().is_none() => UNKNOWN,
        (false, _) => INCOMPATIBLE,
    }
}

fn row(local: &Local, verdict: &Verdict) -> Vec<String> {
    let word = |accepts| if accepts { "yes" } else { "no" };
    let [stream, subject] = named(local.stream.as_deref(), &local.subject);
    vec![
        result(verdict).to_owned(),
        stream,
        subject,
        verdict.compared.to_string(),
        word(verdict.accepted).to_owned(),
        verdict.is_ours().map_or(UNKNOWN, word).to_owned(),
        level(verdict),
    ]
}

fn level(verdict: &Verdict) -> String {
    let (registry, level) = (verdict.registry_level.name(), verdict.level.name());
    match (registry == level, verdict.is_outdated()) {
        (true, _) => level.to_owned(),
        (false, false) => format!("{registry} (streams.toml: {level})"),
        (false, true) => format!("{registry} (streams.toml: {level}, which counts)"),
    }
}

impl<'a> Json<'a> {
    fn of(local: &'a Local, verdict: &'a Verdict) -> Self {
        Self {
            stream: local.stream.as_deref(),
            subject: &local.subject,
            result: result(verdict),
            versions: verdict.versions,
            compared: verdict.compared,
            registry_level: verdict.registry_level.name(),
            streams_level: local.level.map(Level::name),
            registry_accepts: verdict.accepted,
            checker_accepts: verdict.is_ours(),
            messages: &verdict.messages,
            findings: &verdict.findings,
            unreadable: &verdict.unreadable,
            disagreement: verdict.disagreement(),
        }
    }
}

#[cfg(test)]
mod tests {
    use cq_events_schema::Schemas;

    use super::*;

    #[test]
    fn every_word_of_a_row_is_whole_on_a_terminal() {
        let local = Local {
            stream: Some("lamp".to_owned()),
            subject: "home.lamps-value".to_owned(),
            schema: "\"string\"".to_owned(),
            schemas: Schemas::parse_text("lamp.avsc", "\"string\"").unwrap(),
            level: None,
        };
        let verdict = Verdict {
            versions: 1,
            compared: 0,
            accepted: true,
            messages: Vec::new(),
            registry_level: Level::Backward,
            level: Level::Backward,
            findings: Vec::new(),
            unreadable: vec!["version 1 cannot be read: it is broken".to_owned()],
        };
        let (mut out, mut talk) = (Vec::new(), Vec::new());
        let width = Some(100);
        let mut screen =
            Screen { out: &mut out, talk: &mut talk, width, colors: false, progress: false, json: false };
        let mut rows = Rows::new(&COLUMNS, [room(&local)]);
        for accepted in [true, false] {
            let verdict = Verdict { accepted, ..verdict.clone() };
            rows.add(&Json::of(&local, &verdict), || row(&local, &verdict), &mut screen);
        }
        rows.end().unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "RESULT        STREAM  SUBJECT           COMPARED  REGISTRY  OURS     LEVEL\n\
             unknown       lamp    home.lamps-value         0  yes       unknown  BACKWARD\n\
             incompatible  lamp    home.lamps-value         0  no        unknown  BACKWARD\n"
        );
    }
}
