//! `cq-events registry`: the schemas of streams, and a schema registry.
//!
//! | module | what it holds |
//! |---|---|
//! | [`local`] | the schemas that are here |
//! | [`remote`] | the registry |
//! | [`standing`], [`verdict`] | how one stands in the other, and whether it may follow what is there |
//! | [`register`], [`check`], [`pull`], [`status`] | the commands |

pub mod check;
pub mod local;
pub mod pull;
pub mod register;
pub mod remote;
mod report;
mod rows;
pub mod standing;
pub mod status;
pub mod verdict;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::args::{Ask, Which};
use crate::error::Error;
use crate::screen::Screen;
use crate::streams;
use local::Local;
use remote::Remote;

/// Does what it is told. `listen` is called when there is something that has to be ended in order.
///
/// # Errors
/// Why it did not.
pub fn run(ask: &Ask, listen: &dyn Fn() -> Arc<AtomicBool>, screen: &mut Screen<'_>) -> Result<(), Error> {
    let local = |which: &Which| Ok::<_, Error>(Local::of_streams(streams::selected(which)?));
    match ask {
        Ask::Register(options) => {
            let local = match (&options.subject, &options.file) {
                (Some(subject), Some(file)) => vec![Local::of_file(subject, file)?],
                _ => local(&options.which)?,
            };
            register::register(&local, &Remote::from_env()?, options.into(), listen, screen)
        }
        Ask::Check { which } => check::check(&local(which)?, &Remote::from_env()?, screen),
        Ask::Pull(options) => {
            let subjects = if options.all {
                None
            } else {
                // Streams may share one.
                let subjects: BTreeSet<_> =
                    local(&options.which)?.into_iter().map(|local| local.subject).collect();
                Some(subjects.into_iter().collect())
            };
            pull::pull(subjects, &Remote::from_env()?, (&options.into, options.force), screen)
        }
        Ask::Status { which, all } => {
            let is_nowhere = which.streams.is_none() && streams::found().is_none();
            let local = if *all && is_nowhere { Vec::new() } else { local(which)? };
            status::status(&local, &Remote::from_env()?, *all, screen)
        }
    }
}
