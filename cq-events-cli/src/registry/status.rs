//! `registry status`: how the schemas here stand in the registry.

use serde::Serialize;

use super::local::Local;
use super::remote::Remote;
use super::rows::{Rows, named};
use super::standing::{Standing, State};
use crate::error::{Error, first_failure};
use crate::screen::{Screen, Style};
use crate::table::{Column, ids, left, right};

#[derive(Serialize)]
struct Json<'a> {
    stream: Option<&'a str>,
    subject: &'a str,
    state: &'static str,
    /// The version that has the schema here.
    version: Option<i32>,
    id: Option<u32>,
    latest: Option<i32>,
    /// The level in the registry.
    registry_level: &'static str,
    /// The level in `streams.toml`.
    streams_level: Option<&'static str>,
    /// Whether registering would change something, or the schema here is not the latest.
    drift: bool,
}

const COLUMNS: [Column; 7] = [
    left("STREAM", Style::Plain),
    left("SUBJECT", Style::Cyan),
    left("STATE", Style::Yellow).holding(State::Unregistered.name()),
    right("VERSION"),
    right("LATEST"),
    ids("ID"),
    left("LEVEL", Style::Plain),
];

/// Shows how subjects stand; with `all`, also the registry's others.
///
/// # Errors
/// When the registry does not answer, or refuses; when the output cannot be written.
pub fn status(local: &[Local], remote: &Remote, all: bool, screen: &mut Screen<'_>) -> Result<(), Error> {
    let mut subjects: Vec<(&str, Option<&Local>)> =
        local.iter().map(|local| (local.subject.as_str(), Some(local))).collect();
    let others = if all { remote.ask(async |registry| registry.subjects().await)? } else { Vec::new() };
    let is_ours = |subject: &String| local.iter().any(|local| local.subject == *subject);
    subjects
        .extend(others.iter().filter(|subject| !is_ours(subject)).map(|subject| (subject.as_str(), None)));
    let foreign = subjects.iter().map(|(subject, _)| named(None, subject).to_vec());
    let ours = local.iter().map(|local| named(local.stream.as_deref(), &local.subject).to_vec());
    let mut rows = Rows::new(&COLUMNS, ours.chain(foreign));
    let mut ended = Ok(());
    for (subject, local) in &subjects {
        let standing = match local {
            Some(local) => Standing::of(local, remote),
            None => Standing::foreign(subject, remote),
        };
        match standing {
            Ok(standing) => {
                let row = Json::of(subject, *local, &standing);
                rows.add(&row, || row.cells(), screen);
            }
            Err(error) => {
                ended = Err(error.into());
                break;
            }
        }
    }
    first_failure([ended, rows.end()])
}

impl<'a> Json<'a> {
    fn of(subject: &'a str, local: Option<&'a Local>, standing: &Standing) -> Self {
        let streams_level = local.and_then(|local| local.level);
        let is_settled = matches!(standing.state, State::Latest | State::Foreign);
        Self {
            stream: local.and_then(|local| local.stream.as_deref()),
            subject,
            state: standing.state.name(),
            version: standing.own.map(|(version, _)| version),
            id: standing.own.map(|(_, id)| id.get()),
            latest: standing.latest,
            registry_level: standing.level.name(),
            streams_level: streams_level.map(cq_events::registry::Level::name),
            drift: !is_settled || streams_level.is_some_and(|level| level != standing.level),
        }
    }

    fn cells(&self) -> Vec<String> {
        let number = |number: Option<String>| number.unwrap_or_else(|| "-".to_owned());
        let level = match self.streams_level {
            Some(wanted) if wanted != self.registry_level => {
                format!("{} (streams.toml: {wanted})", self.registry_level)
            }
            _ => self.registry_level.to_owned(),
        };
        let [stream, subject] = named(self.stream, self.subject);
        vec![
            stream,
            subject,
            self.state.to_owned(),
            number(self.version.map(|version| version.to_string())),
            number(self.latest.map(|latest| latest.to_string())),
            number(self.id.map(|id| id.to_string())),
            level,
        ]
    }
}
