//! Values and their bytes, on which all oracles agree.

use serde_json::Value as Json;

use crate::answer::{hex, unhex};
use crate::apache::Apache;
use crate::python::{LIBRARIES, Python, Question};

/// A value.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its JSON form.
    pub form: Json,
    /// Its bytes, maps in the order of their keys: what PyPI's fastavro and avro write.
    pub datum: Vec<u8>,
    /// Its bytes as apache-avro writes them, whose maps have no order.
    pub unordered: Vec<u8>,
}

/// Asks all oracles what they make of values of a schema: cases where they agree, and in words where they do not.
pub fn judge(schema: &Json, forms: &[Json], python: &mut Python) -> (Vec<Case>, Vec<String>) {
    let mut disagreements = Vec::new();
    let answer = python.ask(&Question { schema: schema.clone(), write: forms, ..Question::default() });
    for library in LIBRARIES {
        if let Some(error) = answer[library].get("error") {
            disagreements.push(format!("{library} does not take the schema: {error}"));
        }
    }
    let apache = Apache::without_defaults(schema);
    if let Err(error) = &apache {
        disagreements.push(format!("apache-avro does not take the schema: {error}"));
    }
    let (Ok(apache), true) = (apache, disagreements.is_empty()) else { return (Vec::new(), disagreements) };
    let mut cases = Vec::new();
    for (index, form) in forms.iter().enumerate() {
        let written = LIBRARIES.map(|library| &answer[library]["write"][index]);
        match judge_one(&apache, form, written) {
            Ok(case) => cases.push(case),
            Err(disagreement) => disagreements.push(disagreement),
        }
    }
    (cases, disagreements)
}

fn judge_one(apache: &Apache, form: &Json, written: [&Json; 2]) -> Result<Case, String> {
    for (library, written) in LIBRARIES.iter().zip(written) {
        if let Some(error) = written.get("error") {
            return Err(format!("{library} does not write {form}: {error}"));
        }
        if !same(&written["json"], form) {
            return Err(format!("{library} reads {}\n          instead of {form}", written["json"]));
        }
    }
    let [fastavro, avro] = written.map(|written| unhex(written["hex"].as_str().unwrap_or_default()));
    if fastavro != avro {
        return Err(format!("fastavro and avro differ on {form}:\n{}\n{}", hex(&fastavro), hex(&avro)));
    }
    let value =
        apache.decode(&fastavro).map_err(|error| format!("apache-avro does not read {form}: {error}"))?;
    let read = apache.form(&value)?;
    if !same(&read, form) {
        return Err(format!("apache-avro reads {read}\n          instead of {form}"));
    }
    let unordered =
        apache.encode(value).map_err(|error| format!("apache-avro does not write {form}: {error}"))?;
    Ok(Case { form: form.clone(), datum: fastavro, unordered })
}

/// What fastavro and avro read as the first event of a schema where the writer wrote none of its fields. (apache-avro is
/// not asked of random schemas: it picks union branches by structure, and may go on so until its stack is full.)
pub fn defaults(schema: &Json, python: &mut Python) -> [Result<Json, String>; 2] {
    let answer = python.ask(&Question { schema: schema.clone(), default: true, ..Question::default() });
    LIBRARIES.map(|library| {
        let answer = &answer[library];
        let verdict = if answer.get("error").is_some() { answer } else { &answer["default"] };
        match verdict.get("error") {
            Some(error) => Err(error.to_string()),
            None => Ok(verdict["json"].clone()),
        }
    })
}

/// Whether two forms are the same, and 0.0 is not -0.0.
pub fn same(left: &Json, right: &Json) -> bool {
    let text = Json::to_string;
    text(left) == text(right)
}
