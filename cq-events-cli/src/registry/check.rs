//! `registry check`: whether the schemas here may follow what is registered.

use serde::Serialize;

use super::local::Local;
use super::remote::Remote;
use super::report::{self, each};
use super::verdict::{Found, Verdict};
use crate::error::Error;
use crate::json;
use crate::screen::{Screen, Style};
use crate::table::{Column, Table, left, right};
use crate::text::escape;

#[derive(Serialize)]
struct Json<'a> {
    stream: Option<&'a str>,
    subject: &'a str,
    compatible: bool,
    versions: usize,
    level: &'static str,
    registry: Registry<'a>,
    findings: &'a [Found],
    unreadable: &'a [String],
    disagreement: Option<String>,
}

#[derive(Serialize)]
struct Registry<'a> {
    compatible: bool,
    level: &'static str,
    messages: &'a [String],
}

const COLUMNS: [Column; 7] = [
    left("RESULT", Style::Yellow),
    left("STREAM", Style::Plain),
    left("SUBJECT", Style::Cyan),
    right("VERSIONS"),
    left("REGISTRY", Style::Plain),
    left("OURS", Style::Plain),
    left("LEVEL", Style::Plain),
];

/// Checks schemas, and tells what speaks against them.
///
/// # Errors
/// When something speaks against one; when the registry does not answer, or refuses to be asked; when the output cannot be
/// written.
pub fn check(local: &[Local], remote: &Remote, screen: &mut Screen<'_>) -> Result<(), Error> {
    let (verdicts, ended) = each(local, screen, |local| Ok(Verdict::of(local, local.level, remote)?));
    let mut table = Table::new(&COLUMNS);
    for (local, verdict) in local.iter().zip(&verdicts) {
        if screen.json {
            json::line(&Json::of(local, verdict), screen)?;
        } else {
            table.row(row(local, verdict), screen)?;
        }
    }
    table.end(screen)?;
    let incompatible = local.iter().zip(&verdicts).filter(|(_, verdict)| !verdict.is_compatible());
    let mut count = 0;
    for (local, verdict) in incompatible {
        count += 1;
        if !screen.json {
            report::objections(&local.subject, verdict, screen)?;
        }
    }
    ended?;
    if count == 0 {
        return Ok(());
    }
    let of = verdicts.len();
    Err(Error::Registry(format!("{count} of {of} schemas may not follow what is registered")))
}

fn row(local: &Local, verdict: &Verdict) -> Vec<String> {
    let word = |compatible| if compatible { "yes" } else { "no" }.to_owned();
    let result = match (verdict.is_compatible(), verdict.versions) {
        (true, 0) => "new",
        (true, _) => "compatible",
        (false, _) => "incompatible",
    };
    vec![
        result.to_owned(),
        local.stream.clone().unwrap_or_else(|| "-".to_owned()),
        escape(&local.subject),
        verdict.versions.to_string(),
        word(verdict.accepted),
        word(verdict.is_ours()),
        level(verdict),
    ]
}

fn level(verdict: &Verdict) -> String {
    let (registry, level) = (verdict.registry_level.name(), verdict.level.name());
    if registry == level { level.to_owned() } else { format!("{registry} (streams.toml: {level})") }
}

impl<'a> Json<'a> {
    fn of(local: &'a Local, verdict: &'a Verdict) -> Self {
        Self {
            stream: local.stream.as_deref(),
            subject: &local.subject,
            compatible: verdict.is_compatible(),
            versions: verdict.versions,
            level: verdict.level.name(),
            registry: Registry {
                compatible: verdict.accepted,
                level: verdict.registry_level.name(),
                messages: &verdict.messages,
            },
            findings: &verdict.findings,
            unreadable: &verdict.unreadable,
            disagreement: verdict.disagreement(),
        }
    }
}
