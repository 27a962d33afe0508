//! The words of `cq-events dev`.

use std::path::PathBuf;

use clap::Args;

pub(super) const HELP: &str = "\
Both listen on 127.0.0.1 alone, keep everything in memory, and end with Ctrl-C or SIGTERM. The
topics of the streams are created, their schemas registered, and what a program has to be told is
printed.";

/// What to run.
#[derive(Clone, Debug, Args)]
pub struct Dev {
    /// The file that names the streams [default: streams.toml, or schemas/streams.toml, where there is one]
    #[arg(long, value_name = "PATH")]
    pub streams: Option<PathBuf>,
    /// The port of the broker; without it, the system chooses one
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    pub kafka_port: u16,
    /// The port of the registry; without it, the system chooses one
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    pub registry_port: u16,
}
