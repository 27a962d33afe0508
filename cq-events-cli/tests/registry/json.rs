//! The names in what programs read.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::Bench;

/// The names between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned)
}

/// The names that the documentation has for a command.
fn documented(command: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/registry.md");
    let text = fs::read_to_string(path).unwrap();
    let (_, section) = text.split_once("\n## JSON\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let rows = section.lines().filter_map(|line| {
        let mut cells = line.split('|').skip(1);
        Some((cells.next()?, cells.next()?))
    });
    let of_command = |of: &str| of.trim() == "all" || quoted(of).any(|name| name == command);
    rows.filter(|(_, of)| of_command(of)).flat_map(|(names, _)| quoted(names)).collect()
}

#[test]
fn the_names_of_each_command_are_those_of_the_documentation() {
    let bench = Bench::new();
    for words in [&["check"][..], &["register"], &["status"], &["pull", "--into", "out"]] {
        let rows = bench.run(&[words, &["--json"]].concat()).ok().json();
        assert_eq!(rows.len(), 2, "{words:?}");
        for row in rows {
            let names: BTreeSet<String> = row.as_object().unwrap().keys().cloned().collect();
            assert_eq!(names, documented(words[0]), "{words:?}");
        }
    }
}
