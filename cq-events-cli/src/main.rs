//! The command `cq-events`.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::panic;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Parser;
use cq_events_cli::args::Cli;
use cq_events_cli::first_failure;
use cq_events_cli::letter::is_expected_panic;
use cq_events_cli::screen::{Screen, colors, width};
use cq_events_cli::text::escape;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

fn main() -> ExitCode {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !is_expected_panic() {
            report(panic);
        }
    }));
    let cli = Cli::parse();
    let mut talk = io::stderr();
    let mut out = BufWriter::new(io::stdout().lock());
    let mut screen = Screen {
        out: &mut out,
        talk: &mut talk,
        width: width(),
        colors: colors(cli.output.color),
        progress: io::stderr().is_terminal(),
        json: cli.output.json,
    };
    let done = cq_events_cli::run(&cli, &listen, &mut screen);
    let flushed = out.flush().map_err(Into::into);
    match first_failure([done, flushed]) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has read enough.
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            let text = error.to_string();
            let lines: Vec<String> = text.lines().map(escape).collect();
            _ = writeln!(talk, "error: {}", lines.join("\n"));
            error.exit_code().into()
        }
    }
}

/// Turns the first signal to end into a flag; the second one ends the process at once.
fn listen() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        let registered = flag::register_conditional_default(signal, Arc::clone(&stop))
            .and_then(|_| flag::register(signal, Arc::clone(&stop)));
        if let Err(error) = registered {
            _ = writeln!(io::stderr(), "warning: a signal will end this at once: {error}");
        }
    }
    stop
}
