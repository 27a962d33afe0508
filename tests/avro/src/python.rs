//! PyPI's fastavro and avro as oracles, asked through a process that runs a script of the folder `oracle`.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value as Json, json};

/// The libraries' names in the answers.
pub const LIBRARIES: [&str; 2] = ["fastavro", "avro"];

/// The process. Its virtual environment is made on first use.
pub struct Python {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// What to ask of a schema; `oracle.py` says more.
#[derive(Clone, Debug, Default)]
pub struct Question<'a> {
    pub schema: Json,
    /// Values, as JSON forms.
    pub write: &'a [Json],
    /// Bytes, as hexadecimal digits.
    pub read: &'a [String],
    /// Whether to ask for the defaults of the first event.
    pub default: bool,
    /// A schema that is to say the same.
    pub other: Option<Json>,
}

impl Python {
    /// Starts `oracle.py`.
    pub fn start() -> Self {
        Self::start_script("oracle.py")
    }

    /// Starts a script of the folder `oracle`, which answers lines of JSON with lines of JSON.
    pub fn start_script(script: &str) -> Self {
        let tests = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let mut child = Command::new(tests.join("../services/python.sh"))
            .arg(tests.join("oracle").join(script))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests/services/python.sh runs");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("its output is piped"));
        Self { child, input, output }
    }

    /// The answer of `oracle.py`, by library.
    pub fn ask(&mut self, question: &Question<'_>) -> Json {
        let Question { schema, write, read, default, other } = question;
        self.exchange(&json!({
            "schema": schema, "write": write, "read": read, "default": default, "other": other
        }))
    }

    /// The answer to a line of JSON.
    pub fn exchange(&mut self, line: &Json) -> Json {
        let input = self.input.as_mut().expect("it is open until the end");
        let sent = writeln!(input, "{line}").and_then(|()| input.flush());
        let mut answer = String::new();
        let received = self.output.read_line(&mut answer);
        if sent.is_err() || !received.is_ok_and(|bytes| bytes > 0) {
            // What it says is on its standard error, which is ours.
            panic!("the oracles have ended: {:?}", self.child.wait());
        }
        serde_json::from_str(&answer).expect("the oracles answer in JSON")
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // It ends with its input.
        drop(self.input.take());
        _ = self.child.wait();
    }
}
