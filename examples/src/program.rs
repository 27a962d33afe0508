//! How each of the programs begins and ends.

use std::error::Error;
use std::fmt::Display;
use std::process::ExitCode;

/// Any error that ends a program.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Shows on standard error what the libraries log: warnings, or what `RUST_LOG` asks for.
pub fn show_logs() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

/// Prints what came of the program, or why it failed.
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "programs speak to people")]
pub fn end(name: &str, result: Result<impl Display, Failure>) -> ExitCode {
    match result {
        Ok(outcome) => {
            println!("{outcome}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}
