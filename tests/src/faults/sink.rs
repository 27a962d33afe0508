//! The effects log: one file for all consumer processes. Each appends whole groups of lines by single writes, so that
//! the file has them in one order, and a line counts for its handler only when the disk has it.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use tokio::sync::oneshot;

use super::record::{Effect, Process, now};

/// What became of a group of lines. Several handlers wait for one, and an [`io::Error`] cannot be cloned.
type Answer = Result<(), Arc<io::Error>>;

/// Appends to the effects log. Clones share it.
#[derive(Clone, Debug)]
pub struct Sink {
    lines: Sender<(Effect, oneshot::Sender<Answer>)>,
    process: Process,
}

impl Sink {
    /// Opens the log for a process.
    pub fn open(path: &Path, process: Process) -> io::Result<Self> {
        let file = File::options().append(true).create(true).open(path)?;
        let (lines, receiver) = channel();
        std::thread::Builder::new().name("sink".to_owned()).spawn(move || write(&file, &receiver))?;
        Ok(Self { lines, process })
    }

    /// Appends an effect, and returns when the disk has it.
    pub async fn log(&self, (key, seq): (u32, u32), partition: i32, offset: i64) -> Answer {
        let effect = Effect { key, seq, partition, offset, process: self.process, time: 0 };
        let (answer, answered) = oneshot::channel();
        let ended = || Arc::new(io::Error::other("the thread that writes has ended"));
        self.lines.send((effect, answer)).map_err(|_| ended())?;
        answered.await.unwrap_or_else(|_| Err(ended()))
    }
}

fn write(file: &File, lines: &Receiver<(Effect, oneshot::Sender<Answer>)>) {
    while let Ok(first) = lines.recv() {
        // What came meanwhile shares the trip to the disk.
        let group: Vec<_> = std::iter::once(first).chain(lines.try_iter()).collect();
        let time = now();
        // The empty line ends what a killed process may have left unfinished.
        let mut text = String::from("\n");
        for (effect, _) in &group {
            writeln!(text, "{}", Effect { time, ..*effect }).expect("a string takes everything");
        }
        let answer = append(file, text.as_bytes()).map_err(Arc::new);
        for (_, waiting) in group {
            // A handler that was cut off does not wait any more.
            let _ = waiting.send(answer.clone());
        }
    }
}

fn append(mut file: &File, text: &[u8]) -> io::Result<()> {
    // A second write could come after another process's.
    if file.write(text)? != text.len() {
        return Err(io::Error::other("a part of the lines was written"));
    }
    file.sync_data()
}
