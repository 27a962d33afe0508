//! A workspace with two packages per row, beside the target folder of the tests, and what is done to them.
//!
//! `types-ROW` holds the row's code alone: what is measured there is rustc and cargo. `schema-ROW` has the schemas and
//! their build script as well, as a user's package has: an edit of a schema is measured there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::measure::{self, Costs, Step};
use crate::rows::{self, Row};
use crate::schemas::{self, Version, update};

pub struct Workspace {
    root: PathBuf,
    events: usize,
    first: syn::File,
    edited: syn::File,
    with_serde: bool,
}

impl Workspace {
    /// Generates the code for so many event types, and lays out the packages of all rows that it has.
    pub fn create(events: usize) -> Self {
        let root = folder().join(format!("events-{events}"));
        // The option `serde` of a stream comes with a feature of the runtime of that name.
        let with_serde = cargo_toml(&repository().join("cq-events")).contains("\nserde = ");
        let this = Self {
            first: generate(&root, events, Version::First, with_serde),
            edited: generate(&root, events, Version::Edited, with_serde),
            root,
            events,
            with_serde,
        };
        let rows = Row::ALL.into_iter().filter(|row| this.has(*row));
        let members: Vec<String> =
            rows.clone().flat_map(|row| [package("types", row), package("schema", row)]).collect();
        let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n");
        update(&this.root.join("Cargo.toml"), &manifest);
        fs::copy(repository().join("Cargo.lock"), this.root.join("Cargo.lock")).expect("the lock is copied");
        rows.for_each(|row| this.lay_out(row));
        this
    }

    /// Whether the generator emits what the row is about.
    pub fn has(&self, row: Row) -> bool {
        match row {
            Row::SerdeDerives => true,
            Row::SerdeOption => self.with_serde,
            row => rows::parts(&self.first).contains(&row),
        }
    }

    /// Builds what the measurements take for built: the dependencies, and the packages in which schemas are edited.
    pub fn prepare(&self, rows: &[Row]) {
        self.cargo("build", &package("types", Row::Plain));
        self.cargo("check", &package("types", Row::Plain));
        for row in rows {
            self.cargo("check", &package("schema", *row));
        }
    }

    /// One round: each step once.
    pub fn measure(&self, row: Row, round: usize) -> Costs {
        let types = package("types", row);
        let lib = self.root.join(&types).join("src/lib.rs");
        let mut costs = Costs::default();
        for (verb, step) in [("build", Step::CleanBuild), ("check", Step::CleanCheck)] {
            self.forget(&types);
            touch(&lib);
            costs.push(step, self.cargo(verb, &types));
        }
        // Numbers that no round had before, nor a run of this program.
        let unique = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a time").as_nanos();
        update(&self.root.join(&types).join("src/handler.rs"), &handler(unique));
        costs.push(Step::HandlerEdit, self.cargo("check", &types));

        let version = if round.is_multiple_of(2) { Version::Edited } else { Version::First };
        self.write_schema_package(row, version);
        costs.push(Step::SchemaEdit, self.cargo("check", &package("schema", row)));
        costs
    }

    fn lay_out(&self, row: Row) {
        for kind in ["types", "schema"] {
            let folder = self.root.join(package(kind, row));
            fs::create_dir_all(folder.join("src")).expect("a folder");
            let has_script = kind == "schema";
            update(&folder.join("Cargo.toml"), &self.manifest(&package(kind, row), has_script));
            update(&folder.join("src/lib.rs"), LIB);
            update(&folder.join("src/handler.rs"), &handler(0));
            if has_script {
                update(&folder.join("build.rs"), BUILD);
            } else {
                update(&folder.join("src/events.rs"), &rows::filter(self.first.clone(), row));
            }
        }
        self.write_schema_package(row, Version::First);
    }

    /// The schemas, and what the row keeps of the code that the build script generates from them. The script writes
    /// all of the code, as it does for a user, and the crate has its row's part.
    fn write_schema_package(&self, row: Row, version: Version) {
        let folder = self.root.join(package("schema", row));
        schemas::write(&folder, self.events, version, self.with_serde);
        let file = if version == Version::First { &self.first } else { &self.edited };
        update(&folder.join("src/events.rs"), &rows::filter(file.clone(), row));
    }

    fn manifest(&self, name: &str, has_script: bool) -> String {
        let crates = repository();
        let path = |name: &str| format!("{name} = {{ path = {:?}", crates.join(name).display().to_string());
        let serde = if self.with_serde { ", features = [\"serde\"]" } else { "" };
        let mut text = format!(
            "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n"
        );
        text += &format!("{}, default-features = false{serde} }}\n", path("cq-events"));
        // All rows have the same dependencies, and these are of one kind with those of the runtime.
        text += "jiff = { version = \"1\", default-features = false, features = [\"serde\"] }\n";
        text += "rust_decimal = { version = \"1\", default-features = false, features = [\"serde\"] }\n";
        text += "serde = { version = \"1\", features = [\"derive\"] }\n";
        text += "uuid = { version = \"1\", features = [\"serde\"] }\n";
        if has_script {
            text += &format!("\n[build-dependencies]\n{} }}\n", path("cq-events-build"));
        }
        text
    }

    /// Removes what incremental compilation has stored for a package.
    fn forget(&self, package: &str) {
        let stored = folder().join("target/debug/incremental");
        let prefix = format!("{}-", package.replace('-', "_"));
        let Ok(entries) = fs::read_dir(stored) else { return };
        for entry in entries.map(|entry| entry.expect("an entry")) {
            if entry.file_name().to_string_lossy().starts_with(&prefix) {
                fs::remove_dir_all(entry.path()).expect("the folder is removed");
            }
        }
    }

    /// The CPU seconds of a cargo command for one package.
    fn cargo(&self, verb: &str, package: &str) -> f64 {
        let mut command = Command::new("bash");
        command
            .args(measure::TIMED)
            .arg(std::env::var_os("CARGO").expect("cargo runs the benches"))
            .args([verb, "--offline", "--quiet", "--package", package])
            .env("CARGO_TARGET_DIR", folder().join("target"))
            .current_dir(&self.root);
        measure::cpu_seconds(command)
    }
}

/// What each package's code is included by; the handler is what a user edits beside it.
const LIB: &str = "#![allow(dead_code)]\n\nmod handler;\n\ninclude!(\"events.rs\");\n";

const BUILD: &str = "fn main() {\n    cq_events_build::compile(\"streams.toml\");\n}\n";

/// A function over an event, with a number in it: what is edited.
fn handler(number: u128) -> String {
    format!(
        "use crate::line0::Step0Completed;\n\npub fn handle(event: &Step0Completed) -> u128 {{\n    \
         event.site.len() as u128 + {number}\n}}\n"
    )
}

fn package(kind: &str, row: Row) -> String {
    format!("{kind}-{}", row.name().replace('_', "-"))
}

fn generate(root: &Path, events: usize, version: Version, with_serde: bool) -> syn::File {
    let folder = root.join(if version == Version::First { "schemas-first" } else { "schemas-edited" });
    fs::create_dir_all(&folder).expect("a folder");
    schemas::write(&folder, events, version, with_serde);
    let generated = cq_events_build::generate(&folder.join("streams.toml"), &folder);
    let code = generated.code.unwrap_or_else(|mistakes| panic!("{mistakes}"));
    syn::parse_file(&code).expect("generated code is Rust")
}

fn touch(path: &Path) {
    let file = fs::File::options().append(true).open(path).expect("the file opens");
    file.set_modified(SystemTime::now()).expect("the time is set");
}

fn cargo_toml(package: &Path) -> String {
    fs::read_to_string(package.join("Cargo.toml")).expect("a manifest")
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository")
}

/// A folder of the bench's own in the target folder.
fn folder() -> PathBuf {
    let program = std::env::current_exe().expect("a path");
    program.ancestors().nth(3).expect("target/release/deps").join("bench-codegen")
}
