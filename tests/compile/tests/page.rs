//! `docs/mistakes.md`, made of the cases of mistakes and of what is committed as said of them.
//!
//! After a case is added or changed, and blessed by its own test:
//!
//! ```text
//! BLESS=1 cargo test -p cq-events-compile-tests --test page
//! ```
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "it is all tests")]

mod page {
    pub(crate) mod case;
    pub(crate) mod rust;
}

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use page::case::Case;

const INTRODUCTION: &str = "\
# Mistakes, and what you are told

Every mistake below is a test: this is what `cargo build` says of it, word for word. One mistake is one error, at the
smallest wrong token, with what to do; several mistakes are all reported by one build.

Two things are left out to keep the page short: the parts of a program that do not matter, so that line numbers are
those of the whole file, and where rustc goes on to show lines of the library or of generated code.

<!-- Made by tests/compile/tests/page.rs, which says how to make it anew. -->
";

/// A part of the page.
struct Part {
    title: &'static str,
    folders: &'static [&'static str],
    /// A title, and how the names of its cases begin. The first that fits has a case; what fits none comes last.
    groups: &'static [(&'static str, &'static [&'static str])],
}

const PARTS: [Part; 3] = [
    Part {
        title: "In Rust",
        folders: &["tests/compile/cases/fail", "tests/mistakes"],
        groups: &[
            (
                "Events that are not handled",
                &["one_", "two_", "all_", "unknown_", "borrowed_events_", "match_"],
            ),
            ("Methods of a handler", &["event_", "async_", "handler_not_send", "borrowed_event_"]),
            ("Skipped events", &["skip_"]),
            ("Handlers and their streams", &["handles_", "handler_", "stream_without_its", "borrowed_"]),
            ("Closures, and the consumer", &["closure_", "consumer_"]),
            ("Building an event", &["required_", "field_", "builder_"]),
            ("Streams that are written by hand", &["stream_", "view_"]),
        ],
    },
    Part {
        title: "In a schema",
        folders: &["cq-events-build/tests/mistakes"],
        groups: &[
            ("The file", &["file_", "json_", "nested_", "root_", "several_", "record_without", "property_"]),
            ("Streams and events", &["stream_", "event_", "events_", "key_", "role_"]),
            ("Names", &["name_", "names_", "definitions_", "type_has_the_name", "alias"]),
            ("Fields", &["field_", "fields_"]),
            ("Logical types", &["logical_", "decimal_", "duration_", "uuid_"]),
            (
                "Types",
                &["type_", "union_", "enum_", "fixed_", "array_", "map_", "record_", "recursi", "endless_"],
            ),
            ("Defaults", &["default_", "defaults_"]),
        ],
    },
    Part {
        title: "In streams.toml",
        folders: &["cq-events-build/tests/mistakes"],
        groups: &[("Streams", &["toml_"])],
    },
];

#[test]
fn the_page_shows_every_mistake_as_it_is_reported() {
    let repository = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let page = render(repository);
    let path = repository.join("docs/mistakes.md");
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &page).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let differs = page.lines().zip(committed.lines()).find(|(made, committed)| made != committed);
    assert!(
        page == committed,
        "docs/mistakes.md is not what the cases say; the first difference: {differs:?}"
    );
}

fn render(repository: &Path) -> String {
    let (mut contents, mut sections) = (String::new(), String::new());
    for Part { title, folders, groups } in PARTS {
        let mut cases: Vec<Case> =
            folders.iter().flat_map(|folder| Case::all(&repository.join(folder))).collect();
        cases.retain(|case| case.is_toml() == (title == "In streams.toml"));
        assert!(cases.len() >= 8, "only {} cases were found in {folders:?}", cases.len());
        cases.sort_by(|a, b| a.name.cmp(&b.name));
        writeln!(contents, "\n**{title}**\n").unwrap();
        writeln!(sections, "\n## {title}").unwrap();
        for (group, beginnings) in groups.iter().chain([&("Other", [""].as_slice())]) {
            let fits = |case: &Case| beginnings.iter().any(|beginning| case.name.starts_with(beginning));
            let of_group: Vec<Case> = cases.extract_if(.., |case| fits(case)).collect();
            if of_group.is_empty() {
                continue;
            }
            let links: Vec<_> =
                of_group.iter().map(|case| format!("[{}](#{})", case.title(), case.anchor())).collect();
            writeln!(contents, "- {group}: {}", links.join(" · ")).unwrap();
            writeln!(sections, "\n### {group}").unwrap();
            for case in &of_group {
                sections.push_str(&case.section());
            }
        }
    }
    format!("{INTRODUCTION}{contents}{sections}")
}
