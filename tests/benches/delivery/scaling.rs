//! Consumers of one group, each a process of its own, which start at the same moment.
//!
//! They join at the end of a full topic, where there is nothing to do, and go back to its beginning when each has its
//! share of the partitions: so none is ahead of the others by the time that joining takes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use cq_events::consume::{ConsumerHandle, StartAt};
use cq_events::{Consumer, KafkaConfig};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncBufReadExt as _;

use crate::DEADLINE;
use crate::consume::{Seen, plain};
use crate::lab::Lab;
use crate::measure::count;
use crate::process::Job;

/// How often a member says how far it is.
const SAID_EVERY: Duration = Duration::from_millis(10);
const GO: &str = "go";

/// One consumer of the group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Member {
    pub servers: String,
    pub group: String,
}

/// What a member says on standard output: how many partitions it has, and how many messages it has handled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Standing {
    partitions: usize,
    handled: u64,
}

impl Member {
    /// Consumes until its standard input ends.
    pub async fn run(&self) {
        let seen = Arc::new(Seen::new(u64::MAX, 0));
        let config = KafkaConfig::builder().bootstrap_servers(&self.servers).group_id(&self.group);
        let config = config.build().expect("it is valid");
        let builder = Consumer::builder(config).handler(plain::Owned(Arc::clone(&seen)));
        let consumer = builder.start_at(StartAt::Latest).build().await.expect("it can be built");
        let handle = consumer.handle();
        let mut run = tokio::spawn(consumer.run(std::future::pending()));
        let mut orders = tokio::io::BufReader::new(tokio::io::stdin()).lines();
        let mut said = Standing::default();
        loop {
            tokio::select! {
                order = orders.next_line() => match order.expect("standard input").as_deref() {
                    Some(GO) => go_back(&handle).await,
                    _ => break,
                },
                ended = &mut run => panic!("the consumer ended: {ended:?}"),
                () = tokio::time::sleep(SAID_EVERY) => {}
            }
            let standing = Standing { partitions: handle.partitions().await.len(), handled: seen.count() };
            if standing != said {
                println!("{}", serde_json::to_string(&standing).expect("JSON"));
                said = standing;
            }
        }
        handle.shutdown();
        run.await.expect("no panic").expect("an orderly end");
    }
}

async fn go_back(handle: &ConsumerHandle) {
    let moved = handle.seek(StartAt::Earliest).await.expect("the beginning is there");
    assert_eq!(moved, handle.partitions().await.len(), "all of its partitions move");
}

/// Messages per second of so many members together, who consume a topic of so many messages and partitions.
pub fn measure(lab: &Lab, topic: &str, partitions: usize, messages: u64, members: usize, group: &str) -> f64 {
    let (sender, said) = channel();
    let job = Job::Member(Member { servers: lab.servers(), group: group.to_owned() });
    let mut group_of = Group { members: Vec::new(), standings: vec![Standing::default(); members], said };
    for number in 0..members {
        let mut child =
            job.command().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        listen(number, &mut child, sender.clone());
        let orders = child.stdin.take().expect("a pipe");
        group_of.members.push((child, orders));
    }
    group_of.hear_until("all have their share", |standings| {
        standings.iter().all(|standing| standing.partitions == partitions / members)
    });
    for (_, orders) in &mut group_of.members {
        writeln!(orders, "{GO}").expect("it listens");
    }
    group_of.hear_until("the first is handled", |standings| handled(standings) > 0);
    let (begun, before) = (Instant::now(), handled(&group_of.standings));
    group_of.hear_until("all are handled", |standings| handled(standings) >= messages);
    let seconds = begun.elapsed().as_secs_f64();
    assert_eq!(handled(&group_of.standings), messages, "each message once");
    group_of.end();
    lab.assert_consumed(group, topic);
    count(messages - before) / seconds
}

fn handled(standings: &[Standing]) -> u64 {
    standings.iter().map(|standing| standing.handled).sum()
}

/// Passes on what a member says.
fn listen(number: usize, child: &mut Child, sender: Sender<(usize, Standing)>) {
    let output = BufReader::new(child.stdout.take().expect("a pipe"));
    thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            if let Ok(standing) = serde_json::from_str(&line) {
                let _ = sender.send((number, standing));
            }
        }
    });
}

/// The members, and what they said last.
struct Group {
    members: Vec<(Child, ChildStdin)>,
    standings: Vec<Standing>,
    said: Receiver<(usize, Standing)>,
}

impl Group {
    fn hear_until(&mut self, what: &str, holds: impl Fn(&[Standing]) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !holds(&self.standings) {
            let heard = self.said.recv_timeout(deadline.saturating_duration_since(Instant::now()));
            let (number, standing) =
                heard.unwrap_or_else(|_| panic!("waited in vain: {what}: {:?}", self.standings));
            *self.standings.get_mut(number).expect("a member") = standing;
        }
    }

    fn end(self) {
        for (mut child, orders) in self.members {
            drop(orders);
            assert!(child.wait().expect("it ends").success(), "a member failed; it says why above");
        }
    }
}
