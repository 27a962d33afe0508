//! What the group commits, asked of the brokers by somebody outside of the group.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use super::record::{Committed, now};

/// How often it asks.
const EVERY: Duration = Duration::from_millis(250);

/// Writes down each new offset of a group, until it is dropped.
#[derive(Debug)]
pub struct Observer {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Observer {
    /// Begins to watch.
    pub fn start(servers: &str, group: &str, topic: &str, partitions: i32, file: &Path) -> Self {
        let client: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", servers)
            .set("group.id", group)
            .set_log_level(rdkafka::config::RDKafkaLogLevel::Critical)
            .create()
            .expect("a client");
        let mut asked = TopicPartitionList::new();
        asked.add_partition_range(topic, 0, partitions - 1);
        let file = File::create(file).expect("a file");
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || watch(&client, &asked, &file, &stopped));
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn watch(client: &BaseConsumer, asked: &TopicPartitionList, mut file: &File, stopped: &AtomicBool) {
    let mut known = BTreeMap::new();
    let mut since = now();
    // Looks once more after the end, which has the last commits.
    let mut is_last = false;
    while !is_last {
        is_last = stopped.load(Ordering::Relaxed);
        let begun = now();
        // While a coordinator is down there is no answer; the time since the last one tells.
        if let Ok(answer) = client.committed_offsets(asked.clone(), Duration::from_secs(1)) {
            let seen = now();
            for element in answer.elements() {
                let Offset::Offset(offset) = element.offset() else { continue };
                let partition = element.partition();
                if known.insert(partition, offset) != Some(offset) {
                    writeln!(file, "{}", Committed { since, seen, partition, offset })
                        .expect("it is written");
                }
            }
            since = begun;
        }
        if !is_last {
            std::thread::sleep(EVERY);
        }
    }
}
