//! `docs/your-first-stream.md`, followed by the letter: its files are written into an empty folder, its commands are
//! run there, and what they print is what the page shows. What comes of it is `examples/own_schemas`.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "it is all tests")]

mod page;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use page::Step;

/// Where the page expects the copy of this repository to be, and where it is.
const COPY: &str = "../cq-events/";

#[test]
fn the_page_leads_to_the_example_by_the_letter() {
    let page = fs::read_to_string(repository().join("docs/your-first-stream.md")).unwrap();
    let empty = tempfile::tempdir().unwrap();
    let mut newcomer = Newcomer { folder: empty.path().to_owned() };
    for step in page::steps(&page) {
        match step {
            Step::Write { file, text } => fs::write(newcomer.folder.join(file), text).unwrap(),
            Step::Edit { file, old, new } => newcomer.edit(&file, &old, &new),
            Step::Run { commands, shown } => newcomer.run(&commands, &shown),
        }
    }
    let made = files(&newcomer.folder);
    let example = files(&repository().join("examples/own_schemas"));
    assert!(made.keys().eq(example.keys()), "{:?} and {:?}", made.keys(), example.keys());
    for (name, text) in made {
        assert_eq!(text, example[&name], "the page's {name}, and that of examples/own_schemas");
    }
}

/// Who follows the page, and the folder that they are in.
struct Newcomer {
    folder: PathBuf,
}

impl Newcomer {
    fn edit(&self, file: &str, old: &str, new: &str) {
        let path = self.folder.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(old).count(), 1, "{file} has once:\n{old}");
        fs::write(path, text.replacen(old, new, 1)).unwrap();
    }

    /// Runs the commands; the last one prints what is shown, and fails if that has an error.
    fn run(&mut self, commands: &[String], shown: &str) {
        let mut output = String::new();
        for (index, command) in commands.iter().enumerate() {
            if let Some(folder) = command.strip_prefix("cd ") {
                self.folder.push(folder);
                continue;
            }
            let is_last = index + 1 == commands.len();
            let fails = is_last && shown.lines().any(|line| line.starts_with("error"));
            let (success, printed) = self.cargo(command);
            assert_ne!(success, fails, "{command}:\n{printed}");
            output = printed;
        }
        assert!(page::shows(shown, &output), "the page shows:\n{shown}\nand it is:\n{output}");
    }

    /// Without the network, with the versions of this repository, and with dependencies that are built only once.
    fn cargo(&self, command: &str) -> (bool, String) {
        if self.folder.join("Cargo.toml").exists() {
            fs::copy(repository().join("Cargo.lock"), self.folder.join("Cargo.lock")).unwrap();
        }
        let mut words = command.split_whitespace();
        assert_eq!(words.next(), Some("cargo"), "{command}");
        let copy = format!("{}/", repository().display());
        let output = Command::new(std::env::var_os("CARGO").expect("cargo runs the tests"))
            .args(words.map(|word| word.replace(COPY, &copy)))
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only")
            .env("CARGO_TARGET_DIR", target())
            .env("CARGO_TERM_COLOR", "never")
            .current_dir(&self.folder)
            .output()
            .expect("cargo runs");
        let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (output.status.success(), printed.concat())
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// A folder of the test's own in the target folder.
fn target() -> PathBuf {
    let test = std::env::current_exe().expect("a path");
    test.ancestors().nth(3).expect("target/debug/deps").join("tests/first-stream")
}

/// The files of a package, without what cargo makes by itself. Paths to the crates differ by design: only their last
/// part counts.
fn files(package: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for folder in ["", "src"] {
        for entry in fs::read_dir(package.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(package).unwrap().display().to_string();
            if path.is_dir() || matches!(name.as_str(), "Cargo.lock" | ".gitignore") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            found.insert(name, text.lines().map(without_folder).collect::<Vec<_>>().join("\n"));
        }
    }
    found
}

/// A line of a `Cargo.toml`, with `path = "cq-events"` instead of `path = "somewhere/cq-events"`.
fn without_folder(line: &str) -> String {
    let Some((before, path)) = line.split_once("path = \"") else { return line.to_owned() };
    let (path, after) = path.split_once('"').expect("the path ends");
    let name = path.rsplit('/').next().unwrap_or(path);
    format!("{before}path = \"{name}\"{after}")
}
