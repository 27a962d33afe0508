//! What a page asks its reader to do, step by step.
//!
//! A line `**src/lib.rs**` names the file that the next blocks of code are for: a block is its whole content, or, as
//! `diff`, an edit of it. A block `sh` holds commands, and a block `text` after it what the last of them prints, with
//! `...` for what is left out.

/// One thing to do.
#[derive(Debug, PartialEq)]
pub(crate) enum Step {
    Write { file: String, text: String },
    Edit { file: String, old: String, new: String },
    Run { commands: Vec<String>, shown: String },
}

/// The steps of a page, in order.
pub(crate) fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut file: Option<String> = None;
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("**").and_then(|rest| rest.strip_suffix("**")) {
            file = Some(name.to_owned());
        }
        let Some(language) = line.strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let named = || file.clone().unwrap_or_else(|| panic!("no file is named for the block {block:?}"));
        match language {
            "sh" => {
                let commands = block.iter().map(|line| (*line).to_owned()).collect();
                steps.push(Step::Run { commands, shown: String::new() });
            }
            "text" => match steps.last_mut() {
                Some(Step::Run { shown, .. }) if shown.is_empty() => *shown = text(&block),
                step => panic!("no command printed {block:?}, but {step:?}"),
            },
            "diff" => {
                let (old, new) = (side(&block, '-'), side(&block, '+'));
                steps.push(Step::Edit { file: named(), old, new });
            }
            _ => steps.push(Step::Write { file: named(), text: text(&block) }),
        }
    }
    steps
}

/// Whether the output has what is shown: each piece between two `...` as it stands, in that order.
pub(crate) fn shows(shown: &str, output: &str) -> bool {
    let mut rest = output;
    shown.split("...\n").all(|piece| match rest.split_once(piece) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

/// The lines of a diff before (`-`) or after (`+`) the edit.
fn side(diff: &[&str], sign: char) -> String {
    let lines = diff.iter().filter(|line| line.starts_with([' ', sign]));
    text(&lines.map(|line| line.get(1..).unwrap_or_default()).collect::<Vec<_>>())
}

fn text(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[test]
fn files_edits_and_commands_are_told_apart() {
    let page = "# A\n\n**a.txt**\n\n```rust\none\ntwo\n```\n\n```diff\n one\n-two\n+three\n```\n\n```sh\ncd b\ncargo run\n```\n\n```text\nc\n```\n";
    let (file, text) = ("a.txt".to_owned(), "one\ntwo\n".to_owned());
    let expected = [
        Step::Write { file: file.clone(), text: text.clone() },
        Step::Edit { file, old: text, new: "one\nthree\n".to_owned() },
        Step::Run { commands: vec!["cd b".to_owned(), "cargo run".to_owned()], shown: "c\n".to_owned() },
    ];
    assert_eq!(steps(page), expected);
}

#[test]
fn what_is_left_out_is_left_out_only_there() {
    assert!(shows("a\nb\n...\nd\n", "0\na\nb\nc\nd\n"));
    assert!(!shows("a\nb\n", "a\nc\nb\n"));
    assert!(!shows("d\n...\na\n", "a\nd\n"));
}
