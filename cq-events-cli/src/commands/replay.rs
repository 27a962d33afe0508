//! `dlq replay`, as it is told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde::Serialize;

use super::stats::by_error;
use crate::cluster::Cluster;
use crate::error::{Error, first_failure};
use crate::json;
use crate::progress::Progress;
use crate::replay::{Options, Outcome, Replay, Survey};
use crate::schemas::Library;
use crate::screen::{Screen, Style};
use crate::text::{escape, thousands};

#[derive(Serialize)]
struct Told<'a> {
    topic: &'a str,
    group: Option<&'a str>,
    dry_run: bool,
    published: u64,
    interrupted: bool,
    /// What was to be published.
    selected: u64,
    replayed_before: u64,
    left_out: u64,
    refused: u64,
    foreign: u64,
    targets: &'a BTreeMap<String, u64>,
}

/// Replays dead letters, or says what a replay would do. `listen` is called before the first is published.
///
/// # Errors
/// See [`Replay::run`]; when it is interrupted before its end.
pub fn replay(
    cluster: &Cluster,
    topic: &str,
    (options, dry_run): (Options, bool),
    library: &mut Library,
    listen: &dyn Fn() -> Arc<AtomicBool>,
    screen: &mut Screen<'_>,
) -> Result<(), Error> {
    let (group, again) = (options.group.clone(), options.again);
    let max_replays = options.max_replays;
    let replay = Replay::new(cluster, topic, options)?;
    let survey = replay.survey(library)?;
    let outcome = if dry_run {
        Outcome::default()
    } else {
        let mut progress = Progress::new(screen.progress.then_some(&mut *screen.talk), survey.publish);
        replay.run(&survey, library, &listen(), &mut |done| progress.at(done))?
    };
    let is_short = outcome.interrupted && outcome.published < survey.publish;
    let told = if screen.json {
        let told = Told {
            topic,
            group: (!again).then_some(&group),
            dry_run,
            published: outcome.published,
            interrupted: is_short,
            selected: survey.publish,
            replayed_before: survey.done,
            left_out: survey.left_out,
            refused: survey.refused,
            foreign: survey.foreign,
            targets: &survey.targets,
        };
        let errors = if dry_run { by_error(&survey.errors, screen) } else { Ok(()) };
        errors.and_then(|()| json::line(&told, screen))
    } else {
        let told = tell(topic, &survey, &outcome, dry_run, max_replays, screen);
        let is_remembered = !again && !dry_run && outcome.published > 0;
        let remembered = format!("group {group} remembers them; --again would publish them once more");
        told.and_then(|()| if is_remembered { screen.say(&remembered) } else { Ok(()) })
    };
    let ended = match (is_short, again) {
        (false, _) => Ok(()),
        (true, false) => Err(Error::Interrupted),
        (true, true) => Err(Error::Replay(
            "interrupted; with --again nothing is remembered, so the same command begins anew".to_owned(),
        )),
    };
    first_failure([ended, told])
}

fn tell(
    topic: &str,
    survey: &Survey,
    outcome: &Outcome,
    dry_run: bool,
    max_replays: u32,
    screen: &mut Screen<'_>,
) -> Result<(), Error> {
    let targets: Vec<String> = survey.targets.keys().map(|topic| escape(topic)).collect();
    let to = if targets.is_empty() { String::new() } else { format!(" to {}", targets.join(", ")) };
    let (published, selected) = (thousands(outcome.published), thousands(survey.publish));
    let head = match (dry_run, outcome.published == survey.publish) {
        (true, _) => format!("would publish {selected} dead letters of {topic}{to}"),
        (false, true) => format!("published {published} dead letters of {topic}{to}"),
        (false, false) => format!("published {published} of {selected} dead letters of {topic}{to}"),
    };
    let head = screen.paint(Style::Bold, &head);
    screen.line(&head)?;
    for (count, why) in [
        (survey.done, "replayed before".to_owned()),
        (survey.left_out, "left out by the filters".to_owned()),
        (survey.refused, format!("refused: replayed {max_replays} times already (--max-replays)")),
        (survey.foreign, "of other frameworks: left, unless --to says where they are to go".to_owned()),
    ] {
        if count > 0 {
            screen.line(&format!("  {} {why}", thousands(count)))?;
        }
    }
    if dry_run && survey.publish > 0 { by_error(&survey.errors, screen) } else { Ok(()) }
}
