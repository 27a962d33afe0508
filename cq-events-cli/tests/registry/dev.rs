//! The servers for development, as programs see them that are told what was printed.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chip_quality_events::user::{UserEvent, UserEventProducer, UserLogout};
use cq_events::registry::{HttpRegistry, RegistryConfig};
use cq_events::{Consumer, KafkaConfig, Producer};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};

use crate::common::said;
use crate::support::{Bench, in_folder};

const DEADLINE: Duration = Duration::from_secs(60);

/// The servers; they end with it.
struct Dev {
    child: Child,
    /// What it has written until it was ready.
    printed: String,
    lines: Receiver<String>,
}

impl Dev {
    /// Starts them in a folder, and waits until they have written this.
    fn start(folder: &Path, arguments: &[&str], last: &str) -> Self {
        let arguments: Vec<&str> = ["dev"].iter().chain(arguments).copied().collect();
        let mut command = in_folder(folder, &arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        // It ends with the child's output.
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        // From here on a panic ends the child.
        let mut dev = Self { child, printed: String::new(), lines };
        while !dev.printed.contains(last) {
            let line = dev.lines.recv_timeout(DEADLINE);
            let line = line.unwrap_or_else(|error| panic!("{error}, after: {}", dev.printed));
            dev.printed.push_str(&format!("{line}\n"));
        }
        dev
    }

    /// The value of a variable that is printed to be pasted.
    fn exported(&self, name: &str) -> String {
        let prefix = format!("  export {name}=");
        let line = self.printed.lines().find_map(|line| line.strip_prefix(prefix.as_str()));
        line.unwrap_or_else(|| panic!("{name} is missing:\n{}", self.printed)).to_owned()
    }

    /// Sends a signal, and gives the code that it ends with, and what it said in the end.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let pid = self.child.id().to_string();
        assert!(std::process::Command::new("kill").args([signal, &pid]).status().unwrap().success());
        let begin = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begin.elapsed() < DEADLINE, "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        };
        let mut rest: String = self.lines.iter().map(|line| format!("{line}\n")).collect();
        self.child.stderr.take().unwrap().read_to_string(&mut rest).unwrap();
        (status.code(), rest)
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        // It is gone where the test went well.
        let _ = self.child.kill();
    }
}

fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_with_the_printed_environment_publishes_and_consumes() {
    let streams = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/streams.toml");
    let folder = tempfile::tempdir().unwrap();
    // Ports that somebody has chosen: of a socket that is closed again.
    let [kafka, registry_port] = [free_port(), free_port()];
    let arguments = ["--streams", streams, "--kafka-port", &kafka, "--registry-port", &registry_port];
    let dev = Dev::start(folder.path(), &arguments, "run a real broker");
    assert_eq!(dev.exported("KAFKA_BOOTSTRAP_SERVERS"), format!("127.0.0.1:{kafka}"));
    assert_eq!(dev.exported("SCHEMA_REGISTRY_URL"), format!("http://127.0.0.1:{registry_port}"));
    let session = Duration::from_millis(dev.exported("KAFKA_SESSION_TIMEOUT_MS").parse().unwrap());
    let config = KafkaConfig::builder()
        .bootstrap_servers(dev.exported("KAFKA_BOOTSTRAP_SERVERS"))
        .session_timeout(session)
        .group_id("dev")
        .build()
        .unwrap();
    // What clients are told of the broker is the port that was asked for.
    let servers = config.bootstrap_servers().to_owned();
    let client: BaseConsumer = ClientConfig::new().set("bootstrap.servers", &servers).create().unwrap();
    let metadata = client.fetch_metadata(None, DEADLINE).unwrap();
    assert_eq!(metadata.brokers()[0].port().to_string(), kafka);

    let url = dev.exported("SCHEMA_REGISTRY_URL");
    let registry = || Arc::new(HttpRegistry::new(RegistryConfig::builder(&url).build().unwrap()).unwrap());

    let producer = Producer::connect_with(config.clone(), registry()).await.unwrap();
    let users = UserEventProducer::new(&producer).await.unwrap();
    let session_id = "550e8400-e29b-41d4-a716-446655440000".parse().unwrap();
    let logout = UserLogout::builder().user_id("USR-1").session_id(session_id).session_seconds(7).build();
    users.publish_user_logout(logout.clone()).await.unwrap();

    let handled = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&handled);
    let consumer = Consumer::builder(config)
        .registry(registry())
        .handle(move |event: UserEvent, _| {
            record.lock().unwrap().push(event);
            async { Ok(()) }
        })
        .on_unknown(|_, _| async { Ok(()) })
        .build()
        .await
        .unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(consumer.run(async { _ = stopped.await }));
    let begin = Instant::now();
    while handled.lock().unwrap().is_empty() {
        assert!(begin.elapsed() < DEADLINE, "nothing is handled");
        tokio::task::yield_now().await;
    }
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
    assert_eq!(*handled.lock().unwrap(), [UserEvent::UserLogout(logout)]);

    let mut status = in_folder(folder.path(), &["registry", "status", "--streams", streams]);
    let said = said(status.env("SCHEMA_REGISTRY_URL", &url)).ok();
    said.has_lines(&["user chip-quality.user.events-value latest 1 1 5 BACKWARD_TRANSITIVE"]);
    let (code, rest) = dev.end("-TERM");
    assert_eq!((code, rest.as_str()), (Some(0), "stopped: nothing of it is kept\n"));
}

#[test]
fn programs_read_where_they_are_and_an_interrupt_ends_them() {
    let bench = Bench::new();
    let dev = Dev::start(bench.folder.path(), &["--json"], "}\n");
    let json: serde_json::Value = serde_json::from_str(&dev.printed).unwrap();
    assert!(json["bootstrap_servers"].as_str().unwrap().starts_with("127.0.0.1:"));
    assert!(json["schema_registry_url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    assert_eq!(json["streams"][1]["topic"], "home.lamps");
    assert_eq!(json["streams"][1]["subjects"][0]["subject"], "home.lamps-value");
    assert_eq!(json["streams"][1]["subjects"][0]["id"], 2);
    assert_eq!(dev.end("-INT").0, Some(0));
}

#[test]
fn it_runs_without_streams_and_says_what_the_broker_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let dev = Dev::start(folder.path(), &[], "run a real broker");
    for part in
        ["no streams.toml here", "isolates no transactions", "retention", "SchemaRegistryClient({\"url\": "]
    {
        assert!(dev.printed.contains(part), "{part} is missing:\n{}", dev.printed);
    }
    assert_eq!(dev.end("-TERM").0, Some(0));
}

#[test]
fn what_keeps_them_from_running_is_told() {
    let bench = Bench::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (option, what) in [("--registry-port", "registry"), ("--kafka-port", "broker")] {
        said(&mut in_folder(bench.folder.path(), &["dev", option, &port]))
            .failed(&[&format!("the {what} cannot listen on 127.0.0.1:{port}: ")]);
    }
    bench.change("lamp.avsc", "boolean", "bolean");
    said(&mut in_folder(bench.folder.path(), &["dev"]))
        .failed(&["lamp.avsc:8:30", "did you mean `boolean`?"]);
    said(&mut in_folder(bench.folder.path(), &["dev", "--streams", "none.toml"]))
        .failed(&["cannot read none.toml"]);
}
