//! What is not there, what is wrong, and how it is told.

use std::fs;
use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use cq_events::testing::Fault;

use crate::common::{begun, end, said};
use crate::support::{Bench, in_folder};

const EVERY: [&[&str]; 4] = [&["register"], &["check"], &["status"], &["pull", "--into", "out"]];

#[test]
fn without_a_url_its_variable_is_told() {
    let bench = Bench::new();
    for words in EVERY {
        let words: Vec<&str> = ["registry"].iter().chain(words).copied().collect();
        said(&mut in_folder(bench.folder.path(), &words)).failed(&["SCHEMA_REGISTRY_URL"]);
    }
    let mut command = bench.command(&["registry", "status"]);
    said(command.env("SCHEMA_REGISTRY_URL", "localhost:8081")).failed(&["SCHEMA_REGISTRY_URL", "http"]);
}

#[test]
fn a_registry_that_does_not_answer_is_told_in_time() {
    let bench = Bench::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for words in EVERY {
        let words: Vec<&str> = ["registry"].iter().chain(words).copied().collect();
        let begin = Instant::now();
        let mut command = bench.command(&words);
        command.env("SCHEMA_REGISTRY_URL", format!("http://127.0.0.1:{port}"));
        let said = said(&mut command).failed(&["does not answer", &port.to_string()]);
        assert_eq!(said.out, "");
        assert!(begin.elapsed() < Duration::from_secs(30), "{words:?}: {:?}", begin.elapsed());
    }
}

#[test]
fn a_registry_that_refuses_is_told_with_what_helps_and_without_the_password() {
    let bench = Bench::new();
    bench.server.require_basic("alice", "correct");
    let mut command = bench.command(&["registry", "status"]);
    command.env("SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO", "alice:hunter2");
    let said = said(&mut command).failed(&["401", "SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO"]);
    assert!(!said.err.contains("hunter2") && !said.err.contains("alice"), "{}", said.err);
    assert_eq!(said.out, "");
}

#[test]
fn what_was_done_before_the_registry_went_away_is_told() {
    let bench = Bench::new();
    bench.run(&["register", "door"]).ok();
    // The three look-ups of the first subject go through.
    bench.server.fail_next(3, Fault::Drip(Duration::ZERO));
    bench.server.fail_next(1, Fault::error(403, 403, "no more"));
    let said = bench.run(&["status"]).failed(&["403"]);
    said.has_lines(&["door home.doors-value latest 1 1 1 BACKWARD"]);
}

#[test]
fn what_is_wrong_is_no_success_because_nobody_reads_it() {
    let bench = Bench::new();
    bench.run(&["register"]).ok();
    bench.change("lamp.avsc", "\"type\": \"boolean\"", "\"type\": \"string\"");
    let unread = |words: &[&str]| {
        let mut child = begun(&mut bench.command(words));
        drop(child.stdout.take());
        end(child)
    };
    unread(&["registry", "check"]).wrong(&["1 of 2 schemas may not follow"]);
    unread(&["registry", "check", "--json"]).wrong(&["1 of 2 schemas may not follow"]);
    unread(&["registry", "register"]).wrong(&["1 of 2 schemas are refused"]);
    unread(&["registry", "status"]).ok();
    bench.server.fail(Fault::error(403, 403, "no more"));
    unread(&["registry", "check"]).failed(&["403"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_is_no_verdict() {
    let bench = Bench::new();
    bench.run(&["register"]).ok();
    bench.change("lamp.avsc", "\"type\": \"boolean\"", "\"type\": \"string\"");
    for words in [&["check"][..], &["check", "--json"], &["register"], &["status"]] {
        let mut command = bench.command(&[&["registry"], words].concat());
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        end(command.stdout(full).stderr(Stdio::piped()).spawn().unwrap()).failed(&["cannot write: No space"]);
    }
}

#[test]
fn garbage_is_no_answer() {
    let bench = Bench::new();
    bench.server.fail(Fault::answer(200, "<html>welcome</html>"));
    for words in EVERY {
        bench.run(words).failed(&["answers"]);
    }
}

#[test]
fn streams_that_are_not_there_are_told_with_what_is() {
    let bench = Bench::new();
    bench.run(&["status", "lampp"]).failed(&["streams.toml has no stream `lampp`; did you mean `lamp`?"]);
    bench.run(&["status", "window"]).failed(&["has no stream `window`: there are `door`, `lamp`"]);
    bench.run(&["status", "--streams", "else.toml"]).failed(&["cannot read else.toml", "No such file"]);
    fs::create_dir(bench.path("schemas")).unwrap();
    for name in ["streams.toml", "lamp.avsc", "door.avsc"] {
        fs::rename(bench.path(name), bench.path("schemas").join(name)).unwrap();
    }
    bench.run(&["status"]).ok();
    fs::remove_file(bench.path("schemas/streams.toml")).unwrap();
    bench.run(&["status"]).failed(&["there is no streams.toml in", "--streams"]);
}

#[test]
fn mistakes_in_streams_and_schemas_are_told_as_the_build_does() {
    let bench = Bench::new();
    bench.change("lamp.avsc", "boolean", "bolean");
    for words in EVERY {
        bench.run(words).failed(&[
            "lamp.avsc:8:30: unknown type `home.lamp.bolean`",
            "^^^^^^^^",
            "did you mean `boolean`?",
        ]);
    }
    bench.change("streams.toml", "BACKWARD_TRANSITIVE", "BACKWARDS");
    bench.run(&["status"]).failed(&["streams.toml:4:17", "did you mean \"BACKWARD\"?"]);
}
