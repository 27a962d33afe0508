//! The names in what programs read.

use crate::common::{documented, names};
use crate::support::Bench;

#[test]
fn the_names_of_each_command_are_those_of_the_documentation() {
    let bench = Bench::new();
    for words in [&["check"][..], &["register"], &["status"], &["pull", "--into", "out"]] {
        let rows = bench.run(&[words, &["--json"]].concat()).ok().json();
        assert_eq!(rows.len(), 2, "{words:?}");
        rows.iter().for_each(|row| assert_eq!(names(row), documented("registry.md", words[0]), "{words:?}"));
    }
}
