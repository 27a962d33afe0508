//! How what speaks against schemas is told.

use super::verdict::{Found, Verdict};
use crate::error::Error;
use crate::screen::{Screen, Style};
use crate::text::escape;

/// How a word is emphasised.
pub(super) type Paint<'p> = &'p dyn Fn(Style, &str) -> String;

/// What speaks against subjects, under their names. For programs it is in the rows.
pub(super) fn objections<T>(
    against: &[(&str, T)],
    reasons: impl Fn(&T, Paint<'_>) -> Vec<String>,
    screen: &mut Screen<'_>,
) -> Result<(), Error> {
    if screen.json {
        return Ok(());
    }
    for (subject, against) in against {
        let subject = screen.paint(Style::Bold, &escape(subject));
        let reasons = reasons(against, &|style, text| screen.paint(style, text));
        screen.line("")?;
        screen.line(&subject)?;
        reasons.iter().try_for_each(|reason| screen.line(&format!("  {reason}")))?;
    }
    Ok(())
}

/// What speaks against a schema: what the registry says, what our checker finds, and whether the two disagree.
pub(super) fn reasons(verdict: &Verdict, paint: Paint<'_>) -> Vec<String> {
    let mut reasons = Vec::new();
    if !verdict.accepted {
        reasons.extend(refusal("the registry", &verdict.messages));
    }
    reasons.extend(verdict.findings.iter().map(|found| finding(found, paint)));
    reasons.extend(verdict.unreadable.iter().map(|reason| escape(reason)));
    reasons.extend(verdict.disagreement());
    reasons
}

/// What a registry says that refuses something.
pub(super) fn refusal(registry: &str, messages: &[String]) -> Vec<String> {
    match messages {
        [] => vec![format!("{registry} gives no reason")],
        messages => messages.iter().map(|message| format!("{registry} says: {}", escape(message))).collect(),
    }
}

fn finding(found: &Found, paint: Paint<'_>) -> String {
    let Found { version, direction, rule, at, path, message } = found;
    let at = paint(Style::Cyan, &escape(at));
    let rule = paint(Style::Red, rule);
    let (path, message) = (escape(path), escape(message));
    format!("{at}: {path}: {message} [{rule}, {direction}, version {version}]")
}
