//! What the oracles say of the committed cases.
//!
//! A file `cases/STREAM.json` has values, each with its datum; data that read as a value but are not written so
//! ("read"); data that are none ("refused"); and the event of defaults ("default"). With each stand the oracles that
//! agree, and the words of those that do not.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value as Json, json};

use crate::answer::{hex, unhex};
use crate::apache::Apache;
use crate::cases::same;
use crate::python::{LIBRARIES, Python, Question};

const APACHE: &str = "apache-avro";

/// The file of a stream's cases.
pub fn path(stream: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("cases").join(format!("{stream}.json"))
}

/// The cases of a stream.
pub fn load(stream: &str) -> Json {
    let text =
        fs::read_to_string(path(stream)).unwrap_or_else(|error| panic!("cases/{stream}.json: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("cases/{stream}.json: {error}"))
}

/// The cases with the verdicts of all oracles, and with each datum that two of them agree on.
pub fn bless(schema: &Json, cases: &Json, python: &mut Python) -> Json {
    let mut cases = cases.clone();
    let list = |key: &str| cases[key].as_array().cloned().unwrap_or_default();
    let (values, read, refused) = (list("values"), list("read"), list("refused"));
    // The value of other data is written too, since that is what they become.
    let write: Vec<Json> = values.iter().chain(&read).map(|case| case["value"].clone()).collect();
    let data: Vec<String> = read.iter().chain(&refused).map(|case| text(&case["datum"])).collect();
    let default = cases.get("default").is_some();
    let answer =
        python.ask(&Question { schema: schema.clone(), write: &write, read: &data, default, other: None });
    let of = |key: &str, index: usize| LIBRARIES.map(|library| (library, part(&answer[library], key, index)));

    for (index, case) in values.iter().enumerate() {
        let case = with_datum(case, "datum", &of("write", index));
        let verdicts = of("write", index).map(|(library, answer)| (library, written(answer, &case)));
        cases["values"][index] = judged(case, verdicts);
    }
    for (index, case) in read.iter().enumerate() {
        let case = with_datum(case, "written", &of("write", values.len() + index));
        let verdicts = of("read", index).map(|(library, answer)| (library, read_as(answer, &case["value"])));
        cases["read"][index] = judged(case, verdicts);
    }
    for (index, case) in refused.iter().enumerate() {
        let verdicts = of("read", read.len() + index).map(|(library, answer)| (library, refuses(answer)));
        cases["refused"][index] = judged(case.clone(), verdicts);
    }
    if default {
        let answers = LIBRARIES.map(|library| (library, &answer[library]["default"]));
        let case = with_datum(&cases["default"], "datum", &answers);
        let verdicts = answers.map(|(library, answer)| (library, read_as(answer, &case["value"])));
        cases["default"] = judged(case, verdicts);
    }
    with_apache(schema, cases)
}

/// The cases with the verdicts of apache-avro, those of the others as they are.
pub fn with_apache(schema: &Json, mut cases: Json) -> Json {
    // What it refuses of a schema's defaults is no matter for values.
    let apache = Apache::without_defaults(schema).unwrap_or_else(|error| panic!("apache-avro: {error}"));
    let read = |case: &Json| match apache.decode(&unhex(&text(&case["datum"]))) {
        Ok(value) => match apache.form(&value) {
            Ok(form) => json!({"json": form}),
            Err(error) => json!({"error": error}),
        },
        Err(error) => json!({"error": error}),
    };
    for case in cases.get_mut("values").and_then(Json::as_array_mut).into_iter().flatten() {
        let verdict = read_as(&read(case), &case["value"]).and_then(|()| {
            let datum = unhex(&text(&case["datum"]));
            let written = apache.decode(&datum).and_then(|value| apache.encode(value))?;
            // Its maps have no order.
            let again = apache.decode(&written).and_then(|value| apache.form(&value))?;
            let is_same = written.len() == datum.len() && same(&again, &case["value"]);
            if is_same { Ok(()) } else { Err(format!("writes {}", hex(&written))) }
        });
        *case = judged(case.take(), [(APACHE, verdict)]);
    }
    for case in cases.get_mut("read").and_then(Json::as_array_mut).into_iter().flatten() {
        let verdict = read_as(&read(case), &case["value"]);
        *case = judged(case.take(), [(APACHE, verdict)]);
    }
    for case in cases.get_mut("refused").and_then(Json::as_array_mut).into_iter().flatten() {
        let verdict = refuses(&read(case));
        *case = judged(case.take(), [(APACHE, verdict)]);
    }
    if let Some(case) = cases.get_mut("default") {
        let verdict = match Apache::new(schema).and_then(|apache| apache.default()) {
            Ok(form) => read_as(&json!({"json": form}), &case["value"]),
            Err(error) => Err(error),
        };
        *case = judged(case.take(), [(APACHE, verdict)]);
    }
    cases
}

/// An answer of a library, or why there is none.
fn part<'a>(answer: &'a Json, key: &str, index: usize) -> &'a Json {
    if answer.get("error").is_some() { answer } else { &answer[key][index] }
}

/// The case with what both libraries write, unless it says by itself what is right.
fn with_datum(case: &Json, key: &str, answers: &[(&str, &Json); 2]) -> Json {
    let mut case = case.clone();
    if case.get(key).is_none() {
        let [first, second] = answers.map(|(_, answer)| answer["hex"].as_str());
        assert!(
            first.is_some() && first == second,
            "the oracles differ, so \"{key}\" has to be given: {answers:?}"
        );
        case[key] = json!(first);
    }
    case
}

fn written(answer: &Json, case: &Json) -> Result<(), String> {
    read_as(answer, &case["value"])?;
    if answer["hex"] == case["datum"] { Ok(()) } else { Err(format!("writes {}", text(&answer["hex"]))) }
}

fn read_as(answer: &Json, value: &Json) -> Result<(), String> {
    match answer.get("error") {
        Some(error) => Err(text(error)),
        None if same(&answer["json"], value) => Ok(()),
        None => Err(format!("reads {}", answer["json"])),
    }
}

fn refuses(answer: &Json) -> Result<(), String> {
    if answer.get("error").is_some() { Ok(()) } else { Err(format!("reads {}", answer["json"])) }
}

fn judged<const N: usize>(mut case: Json, verdicts: [(&str, Result<(), String>); N]) -> Json {
    for (oracle, verdict) in verdicts {
        let mut agree = case["agree"].as_array().cloned().unwrap_or_default();
        agree.retain(|name| name != oracle);
        if let Some(disagree) = case.get_mut("disagree").and_then(Json::as_object_mut) {
            disagree.remove(oracle);
        }
        match verdict {
            Ok(()) => agree.push(json!(oracle)),
            Err(words) => case["disagree"][oracle] = json!(words),
        }
        agree.sort_by_key(|name| name.as_str().map(str::to_owned));
        case["agree"] = json!(agree);
        if case.get("disagree").and_then(Json::as_object).is_some_and(serde_json::Map::is_empty) {
            case.as_object_mut().map(|case| case.remove("disagree"));
        }
    }
    case
}

fn text(json: &Json) -> String {
    json.as_str().unwrap_or_default().to_owned()
}

/// The text of a file of cases: a line for what is short enough.
pub fn pretty(json: &Json) -> String {
    let mut text = String::new();
    lay_out(json, 0, &mut text);
    text + "\n"
}

fn lay_out(json: &Json, indent: usize, text: &mut String) {
    const WIDTH: usize = 110;
    let flat = json.to_string();
    let mut lines = |brackets: [char; 2], items: Vec<(String, &Json)>| {
        text.push(brackets[0]);
        for (index, (key, item)) in items.iter().enumerate() {
            text.push_str(if index == 0 { "\n" } else { ",\n" });
            text.push_str(&" ".repeat(indent + 2));
            text.push_str(key);
            lay_out(item, indent + 2, text);
        }
        text.push('\n');
        text.push_str(&" ".repeat(indent));
        text.push(brackets[1]);
    };
    match json {
        Json::Array(items) if flat.len() + indent > WIDTH => {
            lines(['[', ']'], items.iter().map(|item| (String::new(), item)).collect());
        }
        Json::Object(members) if flat.len() + indent > WIDTH => {
            let key = |key: &String| format!("{}: ", Json::from(key.as_str()));
            lines(['{', '}'], members.iter().map(|(name, item)| (key(name), item)).collect());
        }
        _ => text.push_str(&flat),
    }
}
