//! How what speaks against schemas is told.

use std::io::Write;

use super::verdict::{Found, Verdict};
use crate::error::Error;
use crate::progress::Progress;
use crate::screen::{Screen, Style};
use crate::text::escape;

/// What speaks against a schema, under the name of its subject: what the registry says, what our checker finds, and whether
/// the two disagree.
pub(super) fn objections(subject: &str, verdict: &Verdict, screen: &mut Screen<'_>) -> Result<(), Error> {
    let subject = screen.paint(Style::Bold, &escape(subject));
    screen.line("")?;
    screen.line(&subject)?;
    if !verdict.accepted && verdict.messages.is_empty() {
        screen.line("  the registry gives no reason")?;
    }
    for message in &verdict.messages {
        screen.line(&format!("  the registry says: {}", escape(message)))?;
    }
    for found in &verdict.findings {
        finding(found, screen)?;
    }
    for reason in &verdict.unreadable {
        screen.line(&format!("  {}", escape(reason)))?;
    }
    match verdict.disagreement() {
        Some(disagreement) => screen.line(&format!("  {disagreement}")),
        None => Ok(()),
    }
}

fn finding(found: &Found, screen: &mut Screen<'_>) -> Result<(), Error> {
    let Found { version, direction, rule, at, path, message } = found;
    let at = screen.paint(Style::Cyan, &escape(at));
    let rule = screen.paint(Style::Red, rule);
    let (path, message) = (escape(path), escape(message));
    screen.line(&format!("  {at}: {path}: {message} [{rule}, {direction}, version {version}]"))
}

/// Does something with each of some things, while a terminal shows how far it is. The first failure ends it; what was done
/// before it is there.
pub(super) fn each<T, R>(
    things: &[T],
    screen: &mut Screen<'_>,
    mut act: impl FnMut(&T) -> Result<R, Error>,
) -> (Vec<R>, Result<(), Error>) {
    let talk = screen.progress.then_some(&mut *screen.talk as &mut dyn Write);
    let mut progress = Progress::new(talk, things.len() as u64);
    let mut done = Vec::with_capacity(things.len());
    for thing in things {
        progress.at(done.len() as u64);
        match act(thing) {
            Ok(result) => done.push(result),
            Err(error) => return (done, Err(error)),
        }
    }
    (done, Ok(()))
}
