//! The words of the command line.

mod dev;
mod registry;

use std::ops::Range;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use cq_events::dead_letter::ErrorKind;
use jiff::Timestamp;

pub use dev::Dev;
pub use registry::{Ask, Pull, Register, Which};

use crate::filter::{self, Filter};
use crate::replay::Options;
use crate::screen::Color;
use crate::text::unhex;
use crate::time::moment;

const EXIT_CODES: &str = "\
Every command exits with
  0  it is done, and nothing is wrong
  1  it is done, and something is wrong, which was told: a schema may not follow what is
     registered, or is refused; a file does not hold what is registered
  2  the words were not understood
  3  it could not be done, or not to its end: Kafka or the registry does not answer, or refuses; a
     file cannot be read, or has a mistake; `registry register` or `dlq replay` was interrupted
A signal ends `dev` with 0, and any other command as it ends other programs.";

/// Looks after typed events on Apache Kafka.
#[derive(Debug, Parser)]
#[command(name = "cq-events", version, after_help = EXIT_CODES, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How to write it.
    #[command(flatten)]
    pub output: Output,
}

/// What to do.
#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one of it, for the whole run")]
pub enum Command {
    /// Dead letters: messages that could not be handled, kept as they were, and why
    #[command(after_help = DLQ_HELP, disable_help_subcommand = true)]
    Dlq {
        /// What to do with them.
        #[command(subcommand)]
        action: Action,
    },
    /// Schemas in a schema registry: register, check, pull, and see how they stand
    #[command(after_help = registry::HELP, disable_help_subcommand = true)]
    Registry {
        /// What to do with them.
        #[command(subcommand)]
        ask: Ask,
    },
    /// Run a Kafka broker and a schema registry for development, until stopped
    #[command(after_help = dev::HELP)]
    Dev(Dev),
}

const DLQ_HELP: &str = "\
A consumer puts what it cannot handle into the topic <topic>-<group>-dlq. Kafka is reached as
KAFKA_BOOTSTRAP_SERVERS and the library's other variables say; where SCHEMA_REGISTRY_URL is set, the
registry there has the schemas that --schemas has not.

Examples:
  cq-events dlq list                                     topics with dead letters, and how many
  cq-events dlq stats orders-billing-dlq --since 2h      what went wrong lately
  cq-events dlq list orders-billing-dlq --kind rejected  what the handler rejected
  cq-events dlq show orders-billing-dlq 0 42             all there is to know of one
  cq-events dlq replay orders-billing-dlq --dry-run      what a replay would publish
  cq-events dlq replay orders-billing-dlq --kind failed  publish back what failed";

/// What to do with dead letters.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// List topics of dead letters, or the dead letters of one, a line each
    List {
        /// The topic of the dead letters; without it, all topics that end in -dlq
        topic: Option<String>,
        /// Which ones.
        #[command(flatten)]
        filters: Filters,
        /// How to read values.
        #[command(flatten)]
        decoding: Decoding,
    },
    /// Show all there is to know of one dead letter, its value as JSON
    Show {
        /// The topic of the dead letters
        topic: String,
        /// Its partition there
        #[arg(value_parser = clap::value_parser!(i32).range(0..))]
        partition: i32,
        /// Its offset there
        #[arg(value_parser = clap::value_parser!(i64).range(0..))]
        offset: i64,
        /// How to read values.
        #[command(flatten)]
        decoding: Decoding,
        /// Show personal data too: what a schema tags as PII is hidden otherwise
        #[arg(long)]
        reveal: bool,
    },
    /// Count dead letters by error, by event and by time
    Stats {
        /// The topic of the dead letters
        topic: String,
        /// Which ones.
        #[command(flatten)]
        filters: Filters,
        /// How to read values.
        #[command(flatten)]
        decoding: Decoding,
    },
    /// Publish dead letters back to the topic where they failed
    #[command(after_help = REPLAY_HELP)]
    Replay {
        /// The topic of the dead letters
        topic: String,
        /// How to replay.
        #[command(flatten)]
        replay: HowToReplay,
        /// Which ones.
        #[command(flatten)]
        filters: Filters,
        /// How to read values.
        #[command(flatten)]
        decoding: Decoding,
    },
}

const REPLAY_HELP: &str = "\
Key, value and headers go back as they were, in order, into the partition where they failed. A
replay ends where the dead letters ended when it began.

Which letters are done is kept letter by letter with the offsets of a consumer group, once the
broker has acknowledged them. So a later replay does not skip what filters left out, and the same
command goes on after an interruption. It is at least once: after a crash, what was published since
the last commit (there are four a second) is published again.";

/// How to replay.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Replay")]
pub struct HowToReplay {
    /// Publish and remember nothing; count by error what would be published
    #[arg(long)]
    pub dry_run: bool,
    /// Publish to this topic, also what other frameworks have put among the dead letters
    #[arg(long, value_name = "TOPIC")]
    pub to: Option<String>,
    /// Letters that were replayed so often already are refused
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub max_replays: u32,
    /// At most so many a second
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,
    /// The consumer group that remembers what was replayed [default: the topic's name and -replay]
    #[arg(long, value_name = "GROUP")]
    pub replay_group: Option<String>,
    /// Take no notice of what was replayed before, and remember nothing of this
    #[arg(long, conflicts_with = "replay_group")]
    pub again: bool,
}

/// Which dead letters.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Which ones (all that is said has to fit)")]
pub struct Filters {
    /// What went wrong: unframed, unknown-schema, unresolvable, undecodable, failed, rejected, panicked, timed-out
    #[arg(long, requires = "topic", value_name = "KIND", value_delimiter = ',')]
    pub kind: Vec<ErrorKind>,
    /// The event's type: its fullname, or the last part of it
    #[arg(long, requires = "topic", value_name = "EVENT", value_delimiter = ',')]
    pub event: Vec<String>,
    /// The message key; hex:00ff for one that is no text
    #[arg(long, requires = "topic", value_name = "KEY", value_parser = key)]
    pub key: Option<Key>,
    /// Given up at this time or later: 2026-01-31T12:00:00Z, 2026-01-31, or how long ago, such as 2h
    #[arg(long, requires = "topic", value_name = "TIME", value_parser = time)]
    pub since: Option<Timestamp>,
    /// Given up before this time
    #[arg(long, requires = "topic", value_name = "TIME", value_parser = time)]
    pub until: Option<Timestamp>,
    /// In this partition of the dead letters
    #[arg(long, requires = "topic", value_name = "PARTITION", value_delimiter = ',', value_parser = clap::value_parser!(i32).range(0..))]
    pub partition: Vec<i32>,
    /// At these offsets of the dead letters: 7, or 100..200 (without 200), 100.., ..200
    #[arg(long, requires = "topic", value_name = "A..B", value_parser = filter::offsets)]
    pub offset: Option<Range<i64>>,
    /// Given up by this consumer group
    #[arg(long, requires = "topic", value_name = "GROUP")]
    pub group: Option<String>,
    /// At most so many
    #[arg(long, requires = "topic", value_name = "N")]
    pub limit: Option<u64>,
}

/// A message key.
#[derive(Clone, Debug)]
pub struct Key(Vec<u8>);

/// How to read values.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Values")]
pub struct Decoding {
    /// A folder with the schemas that messages were written with (*.avsc, *.json), as the library's LocalRegistry has it;
    /// what it lacks is asked of the registry at SCHEMA_REGISTRY_URL
    #[arg(long, value_name = "DIR", env = "CQ_SCHEMAS")]
    pub schemas: Option<PathBuf>,
}

/// How to write.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// Write JSON, an object a line
    #[arg(long, global = true)]
    pub json: bool,
    /// When to use colours: auto (on a terminal, unless NO_COLOR is set), always, never
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Color::Auto,
          hide_possible_values = true, hide_default_value = true)]
    pub color: Color,
}

fn key(text: &str) -> Result<Key, String> {
    match text.strip_prefix("hex:") {
        None => Ok(Key(text.as_bytes().to_vec())),
        Some(digits) => {
            unhex(digits).map(Key).ok_or_else(|| format!("`{digits}` are no pairs of hexadecimal digits"))
        }
    }
}

fn time(text: &str) -> Result<Timestamp, String> {
    moment(text, Timestamp::now())
}

impl Filters {
    /// All but the limit.
    pub fn filter(&self) -> Filter {
        Filter {
            kinds: self.kind.clone(),
            events: self.event.clone(),
            key: self.key.as_ref().map(|key| key.0.clone()),
            since: self.since,
            until: self.until,
            partitions: self.partition.clone(),
            offsets: self.offset.clone(),
            group: self.group.clone(),
        }
    }
}

impl HowToReplay {
    /// What to replay, and how.
    pub fn options(&self, topic: &str, filters: &Filters) -> Options {
        let group = self.replay_group.clone().unwrap_or_else(|| Options::group_of(topic));
        Options {
            filter: filters.filter(),
            limit: filters.limit,
            to: self.to.clone(),
            max_replays: self.max_replays,
            rate: self.rate,
            group,
            again: self.again,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_words_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_is_said_below_the_options_fits_a_terminal_of_a_hundred_columns() {
        fn check(command: &clap::Command) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let long = help.lines().find(|line| line.chars().count() > 100);
            assert_eq!(long, None, "{}", command.get_name());
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }

    #[test]
    fn keys_are_text_or_digits() {
        assert_eq!(key("INS-1").unwrap().0, b"INS-1");
        assert_eq!(key("hex:ff00").unwrap().0, [0xff, 0]);
        assert!(key("hex:f").is_err());
    }
}
