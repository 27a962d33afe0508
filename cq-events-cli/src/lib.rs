//! The command line of cq-events, as a library: `main.rs` only gives it the process's arguments and outputs.
//!
//! | module | what it holds |
//! |---|---|
//! | [`args`] | the words of the command line |
//! | [`cluster`], [`read`] | how to reach Kafka; reading a topic from offset to offset |
//! | [`letter`], [`filter`] | a dead letter, and which ones are meant |
//! | [`schemas`], [`decode`] | the schemas of writers; values as JSON, without knowing their types |
//! | [`commands`] | the commands, a file each |
//! | [`replay`] | publishing dead letters back |
//! | [`streams`] | the streams of a `streams.toml` |
//! | [`registry`] | their schemas, and a schema registry |
//! | [`dev`] | a broker and a registry for development |
//! | [`screen`], [`table`], [`progress`], [`histogram`], [`json`], [`text`], [`time`] | how things are written and read |

pub mod args;
pub mod cluster;
pub mod commands;
pub mod decode;
pub mod dev;
mod error;
pub mod filter;
pub mod histogram;
pub mod json;
pub mod letter;
pub mod progress;
pub mod read;
pub mod registry;
pub mod replay;
pub mod schemas;
pub mod screen;
pub mod streams;
pub mod table;
pub mod text;
pub mod time;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use args::{Action, Cli, Command, Decoding};
use cluster::Cluster;
use commands::{list, show, stats};
pub use error::{Error, first_failure};
use read::{Place, Reader};
use registry::remote::Remote;
use schemas::Library;
use screen::Screen;

/// In whose name topics are read; nothing is committed.
const GROUP: &str = "cq-events-cli";

/// Does what it is told. `listen` is called when there is something that has to be ended in order, and ends once what it answers
/// is true: a replay, what is being registered, and the servers for development.
///
/// # Errors
/// Why it did not.
pub fn run(cli: &Cli, listen: &dyn Fn() -> Arc<AtomicBool>, screen: &mut Screen<'_>) -> Result<(), Error> {
    match &cli.command {
        Command::Dlq { action } => dead_letters(action, listen, screen),
        Command::Registry { ask } => registry::run(ask, listen, screen),
        Command::Dev(options) => dev::dev(options, listen, screen),
    }
}

fn dead_letters(
    action: &Action,
    listen: &dyn Fn() -> Arc<AtomicBool>,
    screen: &mut Screen<'_>,
) -> Result<(), Error> {
    let cluster = Cluster::from_env()?;
    let library = |decoding: &Decoding| Library::new(decoding.schemas.as_deref(), Remote::of_env()?);
    let reader = || Reader::new(&cluster, GROUP);
    match action {
        Action::List { topic: None, .. } => list::topics(&reader()?, screen),
        Action::List { topic: Some(topic), filters, decoding } => {
            let mut library = library(decoding)?;
            let which = (&filters.filter(), filters.limit);
            let done = list::letters(&reader()?, topic, which, &mut library, screen);
            and_unasked(done, &library, screen)
        }
        Action::Show { topic, partition, offset, decoding, reveal } => {
            let mut library = library(decoding)?;
            let place = Place { topic: topic.clone(), partition: *partition, offset: *offset };
            show::show(&reader()?, place, &mut library, *reveal, screen)
        }
        Action::Stats { topic, filters, decoding } => {
            let mut library = library(decoding)?;
            let which = (&filters.filter(), filters.limit);
            let done = stats::stats(&reader()?, topic, which, &mut library, screen);
            and_unasked(done, &library, screen)
        }
        Action::Replay { topic, replay, filters, decoding } => {
            let mut library = library(decoding)?;
            let options = (replay.options(topic, filters), replay.dry_run);
            let done = commands::replay::replay(&cluster, topic, options, &mut library, listen, screen);
            and_unasked(done, &library, screen)
        }
    }
}

/// What came of a command; and says, once, why events are what headers say, or are not known. An error that is about that says
/// it itself.
fn and_unasked(done: Result<(), Error>, library: &Library, screen: &mut Screen<'_>) -> Result<(), Error> {
    let told = match library.unasked() {
        Some(reason) if !matches!(done, Err(Error::UnknownEvent { .. })) => screen.say(&format!(
            "warning: events may be missing, or be as headers say, without their schemas: {}",
            text::escape(reason)
        )),
        _ => Ok(()),
    };
    first_failure([done, told])
}
