//! Members of the group: consumer processes that are started, killed, stopped and ended from outside.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::record::{Micros, Process, now};

/// How consumer processes are started.
#[derive(Clone, Debug)]
pub struct Program {
    /// The program that has the consumer's role.
    pub binary: PathBuf,
    /// Where the trial's files are.
    pub folder: PathBuf,
    /// The consumer's configuration.
    pub environment: Vec<(String, String)>,
    /// More arguments.
    pub arguments: Vec<String>,
}

/// One member: at most one process at a time.
#[derive(Debug)]
pub struct Member {
    number: u32,
    incarnation: u32,
    program: Program,
    environment: Vec<(String, String)>,
    running: Option<Running>,
}

/// The partitions of a member, and since when it has them.
pub type Share = (Micros, Vec<i32>);

#[derive(Debug)]
struct Running {
    child: Child,
    /// Its end is ours.
    _lifeline: Option<ChildStdin>,
    shares: Arc<Mutex<Vec<Share>>>,
}

impl Member {
    /// A member that is not started.
    pub fn new(number: u32, program: Program) -> Self {
        Self { number, incarnation: 0, program, environment: Vec::new(), running: None }
    }

    /// The same with a further setting.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Its process, or the last one.
    pub fn process(&self) -> Process {
        Process { member: self.number, incarnation: self.incarnation }
    }

    /// Starts its next process.
    pub fn start(&mut self) {
        assert!(self.running.is_none(), "member {} runs already", self.number);
        self.incarnation += 1;
        let log = File::create(self.log_path()).expect("a log file");
        let mut child = Command::new(&self.program.binary)
            .arg("consume")
            .arg(&self.program.folder)
            .arg(self.process().to_string())
            .args(&self.program.arguments)
            .envs(self.program.environment.iter().cloned())
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the consumer's program starts");
        let shares = Arc::default();
        let output = child.stdout.take().expect("it is piped");
        let told = Arc::clone(&shares);
        std::thread::spawn(move || listen(output, &told));
        self.running = Some(Running { _lifeline: child.stdin.take(), child, shares });
    }

    /// The partitions that it has now.
    pub fn partitions(&self) -> Vec<i32> {
        self.shares().pop().map(|(_, partitions)| partitions).unwrap_or_default()
    }

    /// The partitions that its process had, and since when.
    pub fn shares(&self) -> Vec<Share> {
        let shares = self.running.as_ref().map(|running| &running.shares);
        shares.map(|shares| shares.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
    }

    /// Ends its process by kill -9.
    pub fn kill(&mut self) {
        let mut running = self.running.take().expect("it runs");
        running.child.kill().expect("it can be killed");
        running.child.wait().expect("it is our child");
    }

    /// Stops its process where it is.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Tells it to end in order.
    pub fn tell_to_end(&self) {
        self.signal("TERM");
    }

    fn signal(&self, name: &str) {
        let id = self.running.as_ref().expect("it runs").child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().expect("kill runs").success());
    }

    /// How its process ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        let status = self.running.as_mut()?.child.try_wait().expect("it is our child")?;
        self.running = None;
        Some(status)
    }

    /// Waits for the end that it was told.
    ///
    /// # Panics
    /// When it does not end in 45 s: a shutdown takes 30 s at most, and then its client has 10 s to close.
    pub async fn end(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(begun.elapsed() < Duration::from_secs(45), "{} does not end", self.process());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The last line that its last process wrote to its log: its error, where it has one.
    pub fn last_words(&self) -> String {
        let log = std::fs::read_to_string(self.log_path()).unwrap_or_default();
        log.lines().last().unwrap_or_default().to_owned()
    }

    /// Where its last process logs to.
    pub fn log_path(&self) -> PathBuf {
        self.program.folder.join(format!("consumer-{}.log", self.process()))
    }
}

impl Drop for Member {
    /// No process outlives the trial; a stopped one would not see that its parent is gone.
    fn drop(&mut self) {
        if let Some(running) = &mut self.running {
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }
}

fn listen(output: ChildStdout, shares: &Mutex<Vec<Share>>) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        let Some(numbers) = line.strip_prefix("partitions") else { continue };
        let partitions = numbers.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        shares.lock().unwrap_or_else(PoisonError::into_inner).push((now(), partitions));
    }
}
