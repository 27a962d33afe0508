//! The parts of a Rust case, and of rustc's words about it, that a reader wants to see.

use std::collections::BTreeSet;

/// What the case says of itself in its `//!` lines.
pub(crate) fn description(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    lines.map(str::trim).collect::<Vec<_>>().join("\n")
}

/// The source without imports and without what only makes it a program.
pub(crate) fn shortened(source: &str, said: &str) -> String {
    let wrong = lines_with_errors(said);
    let mut kept: Vec<String> = Vec::new();
    for item in blocks(source, |line| !line.starts_with([' ', '}', ')'])) {
        let first = item.lines.first().copied().unwrap_or_default();
        let is_wrong = wrong.range(item.line..item.line + item.lines.len()).next().is_some();
        let only_a_frame = [
            "use ",
            "//!",
            "fn is_handler",
            "macro_rules!",
            "schema!",
            "impl cq_events::event::StreamSchema",
        ];
        let is_main = first.starts_with("fn main") && !is_wrong;
        if is_main || only_a_frame.iter().any(|frame| first.starts_with(frame)) {
            continue;
        }
        kept.push(if first.starts_with("impl") {
            without_right_methods(&item, &wrong)
        } else {
            item.lines.join("\n")
        });
    }
    kept.join("\n\n")
}

/// An `impl` with what is wrong in it; all of it, where that is at its first line.
fn without_right_methods(item: &Block<'_>, wrong: &BTreeSet<usize>) -> String {
    let (Some((head, rest)), true) = (item.lines.split_first(), !wrong.contains(&item.line)) else {
        return item.lines.join("\n");
    };
    let Some((end, methods)) = rest.split_last() else { return (*head).to_owned() };
    let text = methods.join("\n");
    let blocks = blocks(&text, |line| line.starts_with("    ") && !line.starts_with("     "));
    let kept: Vec<_> = blocks
        .iter()
        .filter(|block| {
            let begin = item.line + block.line;
            wrong.range(begin..begin + block.lines.len()).next().is_some()
        })
        .map(|block| block.lines.join("\n"))
        .collect();
    if kept.is_empty() || kept.len() == blocks.len() {
        return item.lines.join("\n");
    }
    format!("{head}\n{}\n\n    // ...\n{end}", kept.join("\n\n"))
}

/// Lines without an empty one between them, from a line that may begin a block.
struct Block<'a> {
    /// The number of the first line, from 1.
    line: usize,
    lines: Vec<&'a str>,
}

fn blocks(text: &str, begins: impl Fn(&str) -> bool) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut after_empty = true;
    for (index, line) in text.lines().enumerate() {
        match blocks.last_mut() {
            Some(block) if !(after_empty && begins(line)) => block.lines.push(line),
            _ if line.is_empty() => {}
            _ => blocks.push(Block { line: index + 1, lines: vec![line] }),
        }
        after_empty = line.is_empty();
    }
    for block in &mut blocks {
        while block.lines.last().is_some_and(|line| line.is_empty()) {
            block.lines.pop();
        }
    }
    blocks
}

/// The lines that errors point at: `--> cases/fail/one_event_unhandled.rs:10:1`.
fn lines_with_errors(said: &str) -> BTreeSet<usize> {
    let place = |line: &str| {
        let (_, place) = line.split_once("--> ")?;
        let (_, numbers) = place.split_once(".rs:")?;
        numbers.split(':').next()?.parse().ok()
    };
    said.lines().filter(|line| is_own(line)).filter_map(place).collect()
}

fn is_own(place: &str) -> bool {
    place.contains("--> cases/") || place.contains("--> tests/mistakes/")
}

/// What rustc says without the lines of the library and of generated code that it shows after it.
pub(crate) fn own_words(said: &str, case: &str) -> String {
    let mut kept: Vec<String> = Vec::new();
    for section in sections(said) {
        let points_elsewhere = section.iter().any(|line| line.contains("--> ") && !is_own(line));
        if points_elsewhere {
            continue;
        }
        for line in section {
            if line.contains("this error originates in") {
                continue;
            }
            kept.push(match line.split_once("--> ") {
                Some((gutter, place)) => {
                    let (_, position) = place.split_once(".rs:").unwrap_or_default();
                    format!("{gutter}--> src/main.rs:{position}")
                }
                None => line.to_owned(),
            });
        }
    }
    let text = kept.join("\n").replace(&format!("$DIR/cases/fail/{case}.rs"), "src/main.rs");
    // Two errors have an empty line between them, whatever ended the first.
    text.replace("\n\nerror", "\nerror").replace("\nerror", "\n\nerror")
}

/// An error begins a section, and so does each note and help that has a place of its own.
fn sections(said: &str) -> Vec<Vec<&str>> {
    let mut sections: Vec<Vec<&str>> = Vec::new();
    for line in said.lines() {
        let begins = ["error", "note: ", "help: "].iter().any(|word| line.starts_with(word));
        match sections.last_mut() {
            Some(section) if !begins => section.push(line),
            _ => sections.push(vec![line]),
        }
    }
    sections
}
