//! What a schema registry costs a program: calls, look-ups cold and warm, and many misses at once.
//!
//! ```text
//! cargo bench --bench registry                    # against the registry of the test kit
//! cargo bench --bench registry -- --apicurio      # and against Apicurio, which is fetched and started
//! cargo bench --bench registry -- --json          # a line of JSON per row
//! ```
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a program that measures, and not a library"
)]

use std::time::{Duration, Instant};

use chip_quality_events::STREAMS;
use cq_events::registry::{HttpRegistry, RegistryConfig, SchemaId, SchemaRegistry as _};
use cq_events::testing::{MemoryRegistry, RegistryServer};
use cq_events_tests::registries::Registry;

const COLD: usize = 200;
const WARM: usize = 200_000;
const MISSES: usize = 1_000;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let server = RegistryServer::start(MemoryRegistry::new()).await.expect("a port");
    let calls = Calls::of(&server).await;
    let mut rows = measure("the test kit's", &server.url(), Some(&server)).await;
    if has("--apicurio") {
        let apicurio = Registry::apicurio().await;
        rows.extend(measure("Apicurio", &apicurio.url(), None).await);
    }
    if has("--json") {
        println!("{}", serde_json::json!({ "calls": calls.named() }));
        rows.iter().for_each(|row| println!("{}", row.json()));
        return;
    }
    println!("| a program of {} streams | requests |\n|---|--:|", STREAMS.len());
    calls.named().iter().for_each(|(what, count)| println!("| {what} | {count} |"));
    println!("\n| registry | look-up | median | least..most |\n|---|---|--:|--:|");
    rows.iter().for_each(|row| println!("{}", row.line()));
}

fn client(url: &str) -> HttpRegistry {
    HttpRegistry::new(RegistryConfig::builder(url).build().expect("a valid URL")).expect("no files to read")
}

async fn start(url: &str) -> Vec<SchemaId> {
    let client = client(url);
    let mut ids = Vec::new();
    for stream in STREAMS {
        ids.extend(
            client.register_stream(stream).await.expect("it is registered").into_iter().map(|(_, id)| id),
        );
    }
    ids
}

/// How many requests each kind of start makes.
struct Calls {
    first: usize,
    next: usize,
    again: usize,
}

impl Calls {
    async fn of(server: &RegistryServer) -> Self {
        let url = server.url();
        let asked = || server.requests().len();
        start(&url).await;
        let first = asked();
        start(&url).await;
        let next = asked() - first;
        let shared = client(&url);
        for _ in 0..2 {
            for stream in STREAMS {
                shared.register_stream(stream).await.expect("it is registered");
            }
        }
        Self { first, next, again: asked() - first - 2 * next }
    }

    fn named(&self) -> [(&'static str, usize); 3] {
        [
            ("start, where nothing is registered", self.first),
            ("start, where all is registered", self.next),
            ("a second producer or consumer of one configuration", self.again),
        ]
    }
}

/// One kind of look-up, with the times that each took.
struct Row {
    registry: &'static str,
    what: String,
    times: Vec<Duration>,
}

impl Row {
    fn new(registry: &'static str, what: impl Into<String>, mut times: Vec<Duration>) -> Self {
        times.sort();
        Self { registry, what: what.into(), times }
    }

    fn figures(&self) -> (Duration, Duration, Duration) {
        (self.times[self.times.len() / 2], self.times[0], self.times[self.times.len() - 1])
    }

    fn line(&self) -> String {
        let (median, least, most) = self.figures();
        format!("| {} | {} | {median:.1?} | {least:.1?}..{most:.1?} |", self.registry, self.what)
    }

    fn json(&self) -> serde_json::Value {
        let (median, least, most) = self.figures();
        serde_json::json!({
            "registry": self.registry, "what": self.what,
            "median_ns": median.as_nanos(), "least_ns": least.as_nanos(), "most_ns": most.as_nanos(),
        })
    }
}

async fn measure(registry: &'static str, url: &str, server: Option<&RegistryServer>) -> Vec<Row> {
    let mut starts = Vec::new();
    let ids = start(url).await;
    for _ in 0..20 {
        let begun = Instant::now();
        start(url).await;
        starts.push(begun.elapsed());
    }
    let (mut connecting, mut cold) = (Vec::new(), Vec::new());
    for round in 0..COLD {
        let client = client(url);
        // The first pays for the connection, too.
        let begun = Instant::now();
        client.schema_of(ids[round % ids.len()]).await.expect("it is registered");
        connecting.push(begun.elapsed());
        let begun = Instant::now();
        client.schema_of(ids[(round + 1) % ids.len()]).await.expect("it is registered");
        cold.push(begun.elapsed());
    }
    let known = client(url);
    known.schema_of(ids[0]).await.expect("it is registered");
    let warm = (0..20).map(|_| async {
        let begun = Instant::now();
        for _ in 0..WARM / 20 {
            known.schema_of(ids[0]).await.expect("it is known");
        }
        begun.elapsed() / (WARM / 20) as u32
    });
    let mut times = Vec::new();
    for round in warm {
        times.push(round.await);
    }
    let (all, requests) = misses(url, ids[0], server).await;
    let requests = requests.map_or_else(String::new, |requests| format!(", with {requests} request"));
    vec![
        Row::new(registry, format!("start of {} streams that are registered", STREAMS.len()), starts),
        Row::new(registry, "cold, with a new connection", connecting),
        Row::new(registry, "cold", cold),
        Row::new(registry, "warm", times),
        Row::new(registry, format!("{MISSES} misses at once{requests}"), all),
    ]
}

/// Many tasks that want the same unknown schema: how long until all have it, and how often the registry was asked.
async fn misses(url: &str, id: SchemaId, server: Option<&RegistryServer>) -> (Vec<Duration>, Option<usize>) {
    let asked = || server.map(|server| server.requests().len());
    let (mut times, mut requests) = (Vec::new(), None);
    for _ in 0..20 {
        let client = client(url);
        let before = asked();
        let begun = Instant::now();
        let tasks: Vec<_> = (0..MISSES)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { client.schema_of(id).await })
            })
            .collect();
        for task in tasks {
            task.await.expect("no panic").expect("it is registered");
        }
        times.push(begun.elapsed());
        requests = requests.max(asked().zip(before).map(|(after, before)| after - before));
    }
    (times, requests)
}
