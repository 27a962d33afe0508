//! Streams as tools read them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "it is all tests")]

use std::fs;
use std::path::Path;

use cq_events_build::{Stream, generate, read};
use cq_events_schema::{Level, check_compatibility, normalise};

const SHARED: &str = r#"{"type": "enum", "name": "Room", "namespace": "home", "symbols": ["HALL", "ROOF"]}"#;
const LAMP: &str = r#"[
  {"type": "record", "name": "Switched", "namespace": "home.lamp", "fields": [
    {"name": "room", "type": "home.Room"},
    {"name": "on", "type": "boolean"}]},
  {"type": "record", "name": "Broken", "namespace": "home.lamp", "fields": [
    {"name": "room", "type": "home.Room"}]}
]"#;

/// A folder with two streams; `keys` are those of the stream `lamp`.
fn folder(keys: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let streams = format!(
        "shared = [\"common.avsc\"]\n[stream.lamp]\nschema = \"lamp.avsc\"\ntopic = \"home.lamps\"\npartitions = 3\n{keys}\n\
         [stream.door]\nschema = \"door.avsc\"\ntopic = \"home.doors\"\n"
    );
    let door = LAMP.replace("home.lamp", "home.door");
    for (name, text) in
        [("streams.toml", &*streams), ("common.avsc", SHARED), ("lamp.avsc", LAMP), ("door.avsc", &door)]
    {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn lamp(folder: &Path) -> Stream {
    let streams = read(&folder.join("streams.toml"), folder).unwrap();
    assert_eq!(streams.iter().map(|stream| &*stream.name).collect::<Vec<_>>(), ["door", "lamp"]);
    streams[1].clone()
}

#[test]
fn subjects_have_the_names_and_schemas_that_generated_code_has() {
    for (strategy, names) in [
        ("topic", &["home.lamps-value"][..]),
        ("record", &["home.lamp.Switched", "home.lamp.Broken"]),
        ("topic-record", &["home.lamps-home.lamp.Switched", "home.lamps-home.lamp.Broken"]),
    ] {
        let folder = folder(&format!("subject = \"{strategy}\""));
        let stream = lamp(folder.path());
        assert_eq!((&*stream.topic, stream.partitions, stream.level), ("home.lamps", 3, None));
        assert_eq!(stream.subjects.iter().map(|subject| &*subject.name).collect::<Vec<_>>(), names);
        let code = generate(&folder.path().join("streams.toml"), folder.path()).code.unwrap();
        for subject in stream.subjects {
            assert_eq!(normalise(&subject.schema).unwrap(), subject.schema);
            assert!(code.contains(&subject.schema.escape_default().to_string()), "{}", subject.name);
        }
    }
}

#[test]
fn findings_point_into_the_files() {
    let folder = folder("compatibility = \"FULL\"");
    let earlier = lamp(folder.path());
    assert_eq!(earlier.level, Some(Level::Full));
    let changed = LAMP.replace("\"type\": \"boolean\"", "\"type\": \"string\"");
    fs::write(folder.path().join("lamp.avsc"), changed).unwrap();
    let now = lamp(folder.path());
    let [earlier, now] = [&earlier, &now].map(|stream| &stream.subjects[0].schemas);
    let found = check_compatibility(Level::Backward, now, &[earlier]);
    let finding = found[0].findings[0].render(now, earlier);
    assert!(finding.starts_with("lamp.avsc:4:28: Switched.on: "), "{finding}");
}

#[test]
fn mistakes_are_those_of_the_build() {
    let folder = folder("");
    fs::write(folder.path().join("lamp.avsc"), LAMP.replace("boolean", "bolean")).unwrap();
    let path = folder.path().join("streams.toml");
    let mistakes = read(&path, folder.path()).unwrap_err().to_string();
    assert!(mistakes.starts_with("lamp.avsc:4:28: unknown type"), "{mistakes}");
    assert_eq!(generate(&path, folder.path()).code.unwrap_err().to_string(), mistakes);
}
