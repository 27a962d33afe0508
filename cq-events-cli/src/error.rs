use std::io;
use std::path::PathBuf;

use crate::read::Place;

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The environment does not say how to reach Kafka.
    #[error(transparent)]
    Config(#[from] cq_events::kafka::ConfigError),
    /// librdkafka makes no client of the configuration.
    #[error("cannot create a Kafka client: {0}")]
    Client(String),
    /// No broker answered in time.
    #[error(
        "no broker answers at {servers} within {seconds} s{}; check KAFKA_BOOTSTRAP_SERVERS, the security settings, and \
         that a broker is running and reachable from here",
        because(cause)
    )]
    NoBroker {
        /// The bootstrap servers.
        servers: String,
        /// How long was waited.
        seconds: u64,
        /// What librdkafka says of it.
        cause: String,
    },
    /// A topic does not exist.
    #[error("there is no topic `{topic}` on {servers}{}", instead(alike))]
    NoTopic {
        /// The topic.
        topic: String,
        /// The bootstrap servers.
        servers: String,
        /// Topics with names like it.
        alike: Vec<String>,
    },
    /// Dead letters are to go to topics that do not exist.
    #[error(
        "there is no topic {} on {servers}, where dead letters are to go: nothing was published. Create it, leave its \
         letters out with a filter, or name another with --to",
        quoted(topics)
    )]
    NoTarget {
        /// The topics.
        topics: Vec<String>,
        /// The bootstrap servers.
        servers: String,
    },
    /// A replay into the dead letters themselves would never end.
    #[error("`{0}` is the topic of the dead letters itself: a replay into it would never end")]
    Circle(String),
    /// There is nothing at an offset.
    #[error("there is no message at {place}: {reason}")]
    NoMessage {
        /// Where there is none.
        place: Place,
        /// What there is.
        reason: String,
    },
    /// A partition that does not exist.
    #[error("topic `{topic}` has no partition {partition}: there are 0 to {last}")]
    NoPartition {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The last one.
        last: i32,
    },
    /// A request failed.
    #[error("cannot {action} on {servers}: {cause}")]
    Request {
        /// What was tried.
        action: String,
        /// The bootstrap servers.
        servers: String,
        /// librdkafka's or the broker's words.
        cause: String,
    },
    /// Schemas cannot be read.
    #[error(transparent)]
    Schemas(#[from] cq_events::registry::RegistryError),
    /// A filter asks for the event of a dead letter, and the registry cannot be asked for its schema.
    #[error(
        "the event of the dead letter at partition {partition}, offset {offset} is not known, so --event cannot tell whether \
         it is meant: {reason}. Try again when the registry answers; or leave the letter out by --partition, --offset or \
         --kind; or unset SCHEMA_REGISTRY_URL, so that events are what headers say"
    )]
    UnknownEvent {
        /// The letter's partition.
        partition: i32,
        /// Its offset.
        offset: i64,
        /// Why the registry cannot be asked.
        reason: String,
    },
    /// There is no file that names streams.
    #[error(
        "there is no streams.toml in {folder}, nor in its folder `schemas`: run this where one is, or name it with --streams"
    )]
    NoStreams {
        /// The current folder.
        folder: String,
    },
    /// A file that names streams has none of a name.
    #[error("{file} has no stream `{name}`{}", or_known(alike.as_deref(), known))]
    NoStream {
        /// The name.
        name: String,
        /// The file.
        file: String,
        /// The stream with a name like it.
        alike: Option<String>,
        /// All streams.
        known: Vec<String>,
    },
    /// Something is wrong in `streams.toml`, or in schemas.
    #[error("{0}")]
    Mistakes(String),
    /// A file or folder cannot be used.
    #[error("cannot {action} {}: {reason}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The path.
        path: PathBuf,
        /// The operating system's words.
        reason: String,
    },
    /// It was all done, and found wrong: what is wrong has been told.
    #[error("{0}")]
    Wrong(String),
    /// It ended before its end.
    #[error("interrupted; the same command goes on from here")]
    Interrupted,
    /// A server for development cannot have its port.
    #[error("the {what} cannot listen on 127.0.0.1:{port}: {reason}")]
    Port {
        /// Which server.
        what: &'static str,
        /// The port.
        port: u16,
        /// The operating system's words.
        reason: String,
    },
    /// The embedded broker does not do what it should.
    #[error(transparent)]
    Kafka(#[from] cq_events::kafka::KafkaError),
    /// A replay ended before its end.
    #[error("{0}")]
    Replay(String),
    /// The output cannot be written.
    #[error("cannot write: {0}")]
    Output(#[from] io::Error),
}

impl Error {
    /// Whether whoever read the output has gone, such as `head` after its lines.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The code that a process ends with: 1 where all was done and something is wrong, 3 where it could not be done. (2 is said
    /// of words that are not understood.)
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Wrong(_) => 1,
            _ => 3,
        }
    }
}

/// The failure of several steps that counts most, the first where there are several such: that something could not be done,
/// then that something is wrong. That nobody reads the output any more counts least, and hides neither.
///
/// # Errors
/// That failure.
pub fn first_failure<const N: usize>(steps: [Result<(), Error>; N]) -> Result<(), Error> {
    let weight = |error: &Error| match error {
        error if error.is_closed_pipe() => 2,
        Error::Wrong(_) => 1,
        _ => 0,
    };
    steps.into_iter().filter_map(Result::err).min_by_key(weight).map_or(Ok(()), Err)
}

fn or_known(alike: Option<&str>, known: &[String]) -> String {
    match alike {
        Some(alike) => format!("; did you mean `{alike}`?"),
        None => format!(": there are {}", quoted(known)),
    }
}

fn because(cause: &str) -> String {
    if cause.is_empty() { String::new() } else { format!(": {cause}") }
}

fn quoted(topics: &[String]) -> String {
    format!("`{}`", topics.join("`, `"))
}

fn instead(alike: &[String]) -> String {
    match alike {
        [] => "; `cq-events dlq list` names the topics of dead letters".to_owned(),
        alike => format!("; did you mean {}?", quoted(alike)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_done_counts_most_and_that_nobody_reads_it_least() {
        let closed = || Err(Error::Output(io::ErrorKind::BrokenPipe.into()));
        let wrong = || Err(Error::Wrong("two of three".to_owned()));
        let full = || Err(Error::Output(io::ErrorKind::StorageFull.into()));
        for steps in [[closed(), wrong()], [wrong(), closed()]] {
            assert_eq!(first_failure(steps).unwrap_err().exit_code(), 1);
        }
        for steps in [[closed(), full()], [wrong(), full()], [full(), wrong()]] {
            assert_eq!(first_failure(steps).unwrap_err().exit_code(), 3);
        }
        assert!(first_failure([Ok(()), closed()]).unwrap_err().is_closed_pipe());
        assert!(first_failure([Ok(()), Ok(())]).is_ok());
    }
}
