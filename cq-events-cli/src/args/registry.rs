//! The words of `cq-events registry`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub(super) const HELP: &str = "\
The registry is reached as SCHEMA_REGISTRY_URL and the library's other variables SCHEMA_REGISTRY_*
say. The streams are those of streams.toml, or else schemas/streams.toml.

Examples:
  cq-events registry status                          how the schemas here stand in the registry
  cq-events registry check inspection                whether one may be registered: for CI
  cq-events registry register                        register what is not yet
  cq-events registry register --subject orders-value --file orders.avsc
  cq-events registry pull --into registered          the registered versions, a file each";

/// What to do with the schemas of streams.
#[derive(Debug, Subcommand)]
pub enum Ask {
    /// Register the schemas that are not yet, and set the levels that streams.toml says
    #[command(after_help = REGISTER_HELP)]
    Register(Register),
    /// Check whether the schemas go with what is registered: exits with 1 where one does not
    #[command(after_help = CHECK_HELP)]
    Check {
        /// Which streams.
        #[command(flatten)]
        which: Which,
    },
    /// Write the registered versions into a folder, a file each
    #[command(after_help = PULL_HELP)]
    Pull(Pull),
    /// Show how the schemas stand in the registry
    #[command(after_help = STATUS_HELP)]
    Status {
        /// Which streams.
        #[command(flatten)]
        which: Which,
        /// Show all streams and all subjects of the registry, also those of no stream here; no streams.toml is needed
        #[arg(long, conflicts_with = "names")]
        all: bool,
    },
}

const REGISTER_HELP: &str = "\
A subject's level is set before a version is added to it, so the version is checked by that level.
A first version has nothing to go with, and the level is set after it. What the registry refuses,
and what this library's own checker finds not to go with the versions that are there, is not
registered: it is told why, the other subjects are registered all the same, and the command exits
with 1. With the level NONE nothing is checked.

What is done is told subject by subject. Ctrl-C ends it after the one under way, and the same
command goes on from there. In a dry run no level is set, so where it would be another, the
registry can only be asked by the old one: what it would say by the new one is not known then.";

const CHECK_HELP: &str = "\
Both are asked: the registry, by the level of the subject there, and this library's own checker, by
the level of streams.toml, or else that of the registry. COMPARED says how many versions it looked
at: none with NONE, all with a level that ends in _TRANSITIVE, else the latest. Where streams.toml
says another level than a subject with versions has, register sets it first, so what the registry
says is shown and does not count. Where the two disagree, that is told.

Where either finds that a schema does not go with the versions before it, or one of these cannot be
read, the command exits with 1; where the registry could not be asked, or a file here has a mistake,
with 3.";

const PULL_HELP: &str = "\
A file is named <subject>.v<version>.avsc, with all but letters, digits, dots, hyphens and
underscores percent-encoded, and holds the schema with what it refers to inlined.

What comes of a version:
  written      its file is new
  overwritten  its file held something else (--force)
  unchanged    its file holds it already
  differs      its file holds something else, and is left: the command exits with 1
  skipped      it is no Avro schema, but JSON Schema or Protobuf: nothing is written
  unreadable   it is no valid schema, or refers to what is not there: nothing is written; the
               command goes on, and exits with 1";

const STATUS_HELP: &str = "\
The state of a subject:
  latest        the schema here is its latest version
  older         it is a version of the subject, but not the latest
  changed       it is none of its versions
  unregistered  the subject has no version
  foreign       no stream here has the subject (--all)";

/// Which streams.
#[derive(Clone, Debug, Args)]
pub struct Which {
    /// Streams, by their names in streams.toml; without one, all
    #[arg(value_name = "STREAM")]
    pub names: Vec<String>,
    /// The file that names the streams [default: streams.toml, or schemas/streams.toml]
    #[arg(long, value_name = "PATH")]
    pub streams: Option<PathBuf>,
}

/// How to register.
#[derive(Clone, Debug, Args)]
pub struct Register {
    /// Which streams.
    #[command(flatten)]
    pub which: Which,
    /// Register one file under this subject, which need not be that of a stream
    #[arg(long, requires = "file", conflicts_with_all = ["names", "streams"])]
    pub subject: Option<String>,
    /// The file: an Avro schema that is whole by itself
    #[arg(long, value_name = "PATH", requires = "subject")]
    pub file: Option<PathBuf>,
    /// Leave the levels of the subjects as they are
    #[arg(long)]
    pub keep_level: bool,
    /// Register and set nothing; say what would be done
    #[arg(long)]
    pub dry_run: bool,
}

/// What to pull.
#[derive(Clone, Debug, Args)]
pub struct Pull {
    /// Which streams.
    #[command(flatten)]
    pub which: Which,
    /// Pull all subjects of the registry, of whatever stream; no streams.toml is needed
    #[arg(long, conflicts_with_all = ["names", "streams"])]
    pub all: bool,
    /// The folder; it is created where there is none
    #[arg(long, value_name = "DIR")]
    pub into: PathBuf,
    /// Overwrite files that hold something else
    #[arg(long)]
    pub force: bool,
}
