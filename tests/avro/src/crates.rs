//! Crates that are generated from schemas, compiled and asked.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value as Json;

use crate::schema::Schema;

/// How many crates there are to one whose streams have JSON forms, which take the compiler longer than all else.
const FORMS_EVERY: usize = 4;

/// A workspace of generated crates, many schemas each.
pub struct Crates {
    root: PathBuf,
    target: PathBuf,
}

impl Crates {
    /// Writes the crates, each of some of the schemas, in the target folder under this name.
    pub fn write(name: &str, crates: &[&[Schema]]) -> Self {
        let test = std::env::current_exe().expect("a test has a path");
        let folder = test.ancestors().nth(3).expect("target/debug/deps").join("tests").join(name);
        let this = Self { root: folder.join("crates"), target: folder.join("target") };
        let repository =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("it is here");
        // Files stay where they are the same as before, so that cargo does nothing twice.
        write(&this.root.join("Cargo.toml"), WORKSPACE);
        let lock = fs::read_to_string(repository.join("Cargo.lock")).expect("the repository has a lock");
        write(&this.root.join("Cargo.lock"), &lock);
        for old in fs::read_dir(&this.root).expect("it was just made").flatten() {
            let number =
                old.file_name().to_str().and_then(|name| name.strip_prefix('c')?.parse::<usize>().ok());
            if number.is_some_and(|number| number >= crates.len()) {
                fs::remove_dir_all(old.path()).expect("an old crate can be removed");
            }
        }
        for (number, schemas) in crates.iter().enumerate() {
            this.write_crate(number, schemas, &repository);
        }
        this
    }

    fn write_crate(&self, number: usize, schemas: &[Schema], repository: &Path) {
        let folder = self.root.join(crate_name(number));
        let path = |name: &str| repository.join(name).display().to_string();
        write(
            &folder.join("Cargo.toml"),
            &format!(
                "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
                 cq-events = {{ path = {:?}, default-features = false, features = [\"serde\"] }}\n\
                 serde = \"1\"\n\
                 serde_json = {{ version = \"1\", features = [\"float_roundtrip\"] }}\n\n\
                 [build-dependencies]\ncq-events-build = {{ path = {:?} }}\n",
                crate_name(number),
                path("cq-events"),
                path("cq-events-build"),
            ),
        );
        write(&folder.join("build.rs"), "fn main() {\n    cq_events_build::compile(\"streams.toml\");\n}\n");
        let has_forms = has_forms(number);
        write_schemas(&folder, schemas, has_forms);
        let forms = if has_forms { "WithForms" } else { "WithoutForms" };
        let mut arms = String::new();
        for schema in schemas {
            let name = &schema.name;
            let event = format!("{name}::{}Event", name.to_uppercase());
            if let Some(id) = schema.all_defaults {
                let record = &schema.types[id].name;
                arms += &format!(
                    "        (\"{name}\", Question::Default) => \
                     answer::written::<_, answer::{forms}>(&{event}::from({name}::{record}::builder().build())),\n"
                );
            }
            arms += &format!(
                "        (\"{name}\", question) => answer::of::<{event}, answer::{forms}>(&question),\n"
            );
        }
        let answer = path("tests/avro/src/answer.rs");
        write(
            &folder.join("src/main.rs"),
            &format!(
                "#[path = {answer:?}]\nmod answer;\n\nuse answer::Question;\n\ncq_events::include_events!();\n\n\
                 fn main() {{\n    answer::serve(|stream, question| match (stream, question) {{\n{arms}        \
                 _ => panic!(\"there is no {{stream}}\"),\n    }});\n}}\n"
            ),
        );
    }

    /// Compiles them all; [`Building::wait`] tells how it went.
    pub fn build(&self) -> Building {
        let child = Command::new(std::env::var_os("CARGO").expect("cargo runs the tests"))
            .args(["build", "--workspace", "--offline", "--keep-going", "--message-format", "short"])
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_TERM_COLOR", "never")
            .env_remove("RUSTFLAGS")
            .current_dir(&self.root)
            .stderr(Stdio::piped())
            .spawn()
            .expect("cargo runs");
        Building(child)
    }

    /// Asks a crate; the answers are in the order of the questions.
    pub fn ask(&self, number: usize, questions: &[String]) -> Vec<Json> {
        let mut child = Command::new(self.target.join("debug").join(crate_name(number)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the crate was compiled");
        let mut input = child.stdin.take().expect("its input is piped");
        let text: String = questions.iter().map(|line| format!("{line}\n")).collect();
        // It answers while it is asked.
        let asker = std::thread::spawn(move || input.write_all(text.as_bytes()));
        let output = child.wait_with_output().expect("it ends with its input");
        asker.join().expect("no panic").expect("it reads all questions");
        assert!(output.status.success(), "{}: {}", crate_name(number), output.status);
        let answers = String::from_utf8(output.stdout).expect("it answers in text");
        answers.lines().map(|line| serde_json::from_str(line).expect("it answers in JSON")).collect()
    }
}

/// A `cargo build` at work.
pub struct Building(Child);

impl Building {
    /// Waits for its end.
    ///
    /// # Errors
    /// What cargo said, where it failed.
    pub fn wait(self) -> Result<(), String> {
        let output = self.0.wait_with_output().expect("cargo ends");
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }
}

const WORKSPACE: &str = "[workspace]\nresolver = \"3\"\nmembers = [\"c*\"]\n\n\
    # Thousands of types: what is not needed to run them is left out.\n[profile.dev]\ndebug = false\n\
    incremental = false\n";

/// What the generator says against a schema.
pub fn refusal(schema: &Schema) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder can be made");
    write_schemas(folder.path(), std::slice::from_ref(schema), true);
    let generated = cq_events_build::generate(&folder.path().join("streams.toml"), folder.path());
    let mistakes = generated.code.err()?;
    Some(mistakes.rendered().collect::<Vec<_>>().join("\n"))
}

fn write_schemas(folder: &Path, schemas: &[Schema], has_forms: bool) {
    let (mut streams, mut shared) = (String::new(), Vec::new());
    for schema in schemas {
        let name = &schema.name;
        let files = schema.files();
        write(&folder.join(format!("{name}.avsc")), &files.own);
        if let Some(text) = files.shared {
            shared.push(format!("{name}_shared.avsc"));
            write(&folder.join(format!("{name}_shared.avsc")), &text);
        }
        streams += &format!(
            "[stream.{name}]\nschema = \"{name}.avsc\"\ntopic = \"t.{name}\"\nserde = {has_forms}\n\n"
        );
    }
    write(&folder.join("streams.toml"), &format!("shared = {shared:?}\n\n{streams}"));
}

/// Whether the streams of a crate have JSON forms.
pub fn has_forms(number: usize) -> bool {
    number.is_multiple_of(FORMS_EVERY)
}

fn crate_name(number: usize) -> String {
    format!("c{number:02}")
}

fn write(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|present| present == text) {
        return;
    }
    fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder can be made");
    fs::write(path, text).expect("a file can be written");
}
