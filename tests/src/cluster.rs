//! The clusters that the end-to-end scenarios run on: each scenario has one of its own.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use cq_events::event::StreamInfo;
use cq_events::kafka::{KafkaConfig, create_topics};
use cq_events::testing::EmbeddedBroker;

/// A cluster without topics.
pub enum Cluster {
    /// In this process.
    Embedded(EmbeddedBroker),
    /// Apache Kafka, in a process of its own.
    Kafka(Kafka),
}

impl Cluster {
    /// An embedded broker.
    pub fn embedded() -> Self {
        show_logs();
        Self::Embedded(EmbeddedBroker::start().expect("the embedded broker starts"))
    }

    /// A real Kafka of one broker, which is fetched first where it is not there yet.
    pub fn kafka() -> Self {
        show_logs();
        Self::Kafka(Kafka::start(1))
    }

    /// Whether a rebalance of a group leaves its members alone. The embedded broker lets a rebalance take all of the
    /// session but a second, so a member that is held up for longer is lost, and what it had not committed is handled
    /// again.
    pub fn keeps_members(&self) -> bool {
        matches!(self, Self::Kafka(_))
    }

    /// A configuration that reaches it.
    pub fn config(&self) -> KafkaConfig {
        match self {
            Self::Embedded(broker) => broker.config(),
            Self::Kafka(kafka) => KafkaConfig::builder()
                .bootstrap_servers(&kafka.servers)
                .build()
                .expect("a valid configuration"),
        }
    }

    /// The same with a consumer group.
    pub fn group(&self, group: &str) -> KafkaConfig {
        self.config().to_builder().group_id(group).build().expect("a valid configuration")
    }

    /// Creates the topics of streams.
    pub async fn create_topics(&self, streams: impl IntoIterator<Item = &'static StreamInfo>) {
        match self {
            Self::Embedded(broker) => broker.create_topics(streams).expect("the topics are created"),
            Self::Kafka(_) => {
                create_topics(&self.config(), streams).await.expect("the topics are created");
            }
        }
    }
}

/// Shows what the library logs beside a test that fails; `RUST_LOG` says how much of it.
pub fn show_logs() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    let _ = tracing_subscriber::fmt().with_test_writer().with_ansi(false).with_env_filter(filter).try_init();
}

/// A real Kafka, started by `services/kafka.sh`. It ends with this value, or with the process, however that ends.
#[derive(Debug)]
pub struct Kafka {
    servers: String,
    sasl_servers: Option<String>,
    folder: String,
}

impl Kafka {
    /// The folder in which a broker, numbered from 1, keeps a folder for each partition.
    pub fn data(&self, broker: u32) -> PathBuf {
        PathBuf::from(&self.folder).join(format!("broker-{broker}/data"))
    }

    /// A cluster of one broker or of three.
    pub fn start(brokers: i32) -> Self {
        Self::start_with(&["--brokers", &brokers.to_string()])
    }

    /// One broker with users (`name:password,...`), who may do what [`Kafka::acls`] allows them. Its other servers let
    /// everybody do everything.
    pub fn with_users(users: &str) -> Self {
        Self::start_with(&["--users", users])
    }

    fn start_with(arguments: &[&str]) -> Self {
        let process = std::process::id().to_string();
        let started = script("kafka.sh")
            .args(["start", "--die-with", &process])
            .args(arguments)
            .stderr(Stdio::inherit())
            .output()
            .expect("tests/services/kafka.sh runs");
        assert!(started.status.success(), "tests/services/kafka.sh start failed; it says why above");
        let output = String::from_utf8(started.stdout).expect("it prints text");
        let value = |name: &str| {
            let line = output.lines().find_map(|line| line.strip_prefix(&format!("export {name}=")));
            line.map(|value| value.trim_matches('\'').to_owned())
        };
        let required = |name: &str| value(name).unwrap_or_else(|| panic!("no {name} in {output}"));
        Self {
            servers: required("KAFKA_BOOTSTRAP_SERVERS"),
            sasl_servers: value("CQ_KAFKA_SASL_SERVERS"),
            folder: required("CQ_KAFKA_DIR"),
        }
    }

    /// Its brokers, as a list of host:port.
    pub fn servers(&self) -> &str {
        &self.servers
    }

    /// Its brokers for users.
    pub fn sasl_servers(&self) -> &str {
        self.sasl_servers.as_deref().expect("it was started with users")
    }

    /// Adds or removes what users may do: Kafka's AclCommand.
    pub fn acls(&self, arguments: &[&str]) {
        let mut command = script("kafka.sh");
        let status = command.args(["acls", &self.folder]).args(arguments).stdout(Stdio::null()).status();
        let done = status.expect("tests/services/kafka.sh runs").success();
        assert!(done, "tests/services/kafka.sh acls {arguments:?} failed; it says why above");
    }

    /// Ends a broker by kill -9.
    pub fn kill(&self, broker: u32) {
        self.command("kill", broker);
    }

    /// Ends a broker in order.
    pub fn terminate(&self, broker: u32) {
        self.command("terminate", broker);
    }

    /// Starts a broker that has ended, and waits until it is back in sync.
    pub fn restart(&self, broker: u32) {
        self.command("restart", broker);
    }

    /// Stops a broker where it is.
    pub fn pause(&self, broker: u32) {
        self.command("pause", broker);
    }

    /// Lets a broker that is stopped go on.
    pub fn resume(&self, broker: u32) {
        self.command("resume", broker);
    }

    fn command(&self, command: &str, broker: u32) {
        let status = script("kafka.sh").args([command, &self.folder, &broker.to_string()]).status();
        let done = status.expect("tests/services/kafka.sh runs").success();
        assert!(done, "tests/services/kafka.sh {command} {broker} failed; it says why above");
    }
}

impl Drop for Kafka {
    fn drop(&mut self) {
        // A failure leaves the cluster to the watcher, which ends it with this process.
        let _ = script("kafka.sh").args(["stop", "--now", &self.folder]).stdout(Stdio::null()).status();
    }
}

/// A script of `tests/services`.
pub fn script(name: &str) -> Command {
    Command::new(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("services").join(name))
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt as _;

    use super::*;

    #[test]
    fn what_a_signal_ends_is_not_tried_again() {
        let services = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("services");
        // Ctrl-C reaches all of a process group, and some make an error of their own of it.
        let polite = "trap 'exit 1' INT; echo try; kill -INT 0; sleep 1";
        for (command, code) in [("echo try; kill -TERM $$", 143), (polite, 130)] {
            let script = "source ./again.sh; again bash -c \"$1\" || exit";
            // What is started in the background may have been told to ignore Ctrl-C, and a shell cannot undo that.
            let mut bash = Command::new("env");
            bash.args(["--default-signal=INT", "bash", "-c", script, "bash", command]);
            bash.current_dir(&services).process_group(0);
            let output = bash.output().unwrap();
            let out = String::from_utf8(output.stdout).unwrap();
            assert_eq!((output.status.code(), &*out), (Some(code), "try\n"), "{command}");
        }
    }
}
