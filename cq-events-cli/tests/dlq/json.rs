//! The names in what programs read.

use crate::common::{documented, names};
use crate::support::{Bench, DLQ, letters};

#[test]
fn the_names_of_each_command_are_those_of_the_documentation() {
    let bench = Bench::new();
    bench.send(DLQ, letters(1));
    for (command, words) in [
        ("topics", &["list"][..]),
        ("list", &["list", DLQ]),
        ("show", &["show", DLQ, "0", "0"]),
        ("replay", &["replay", DLQ]),
    ] {
        let rows = bench.run(&[words, &["--json"]].concat()).ok().json();
        assert_eq!(
            rows.iter().map(names).collect::<Vec<_>>(),
            [documented("dead-letters.md", command)],
            "{words:?}"
        );
    }
}
