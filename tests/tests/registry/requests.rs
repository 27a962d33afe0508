//! One script of requests, with none of the library's code: each registry answers them with the same status, code and
//! shape, but for the differences that are listed.

use cq_events_tests::registries::{Answer, Registry};
use serde_json::{Value, json};

use crate::differences;
use crate::lab::{broken, grown, order};

against_each! { each_request_is_answered_as_it_should_be }

/// What stands for the answer to a request that is among the differences.
const DIFFERS: &str = "";

struct Request {
    what: &'static str,
    method: &'static str,
    path: &'static str,
    body: Option<Value>,
    answer: &'static str,
}

fn get(what: &'static str, path: &'static str, answer: &'static str) -> Request {
    Request { what, method: "GET", path, body: None, answer }
}

fn delete(what: &'static str, path: &'static str, answer: &'static str) -> Request {
    Request { what, method: "DELETE", path, body: None, answer }
}

fn post(what: &'static str, path: &'static str, body: Value, answer: &'static str) -> Request {
    Request { what, method: "POST", path, body: Some(body), answer }
}

fn put(what: &'static str, path: &'static str, body: Value, answer: &'static str) -> Request {
    Request { what, method: "PUT", path, body: Some(body), answer }
}

fn schema(text: &str) -> Value {
    json!({ "schema": text })
}

fn reordered() -> Value {
    schema(
        r#"{ "fields": [{"type": "string", "name": "id"}], "name": "Order", "namespace": "shop", "type": "record" }"#,
    )
}

/// The requests, in their order.
fn script() -> Vec<Request> {
    let refers = json!({
        "schema": r#"{"type":"record","name":"shop.Cart","fields":[{"name":"order","type":"shop.Order"}]}"#,
        "references": [{ "name": "shop.Order", "subject": "s", "version": 1 }],
    });
    let mut refers_to_none = refers.clone();
    refers_to_none["references"][0]["subject"] = json!("none");
    let level = |name: &str| json!({ "compatibility": name });
    vec![
        get("no subjects", "/subjects", "200 []"),
        get("versions of no subject", "/subjects/s/versions", "404 40401"),
        get("a version of no subject", "/subjects/s/versions/1", "404 40401"),
        get("the latest version of no subject", "/subjects/s/versions/latest", "404 40401"),
        post("a schema under no subject", "/subjects/s", schema(&order()), "404 40401"),
        post(
            "a check against no subject",
            "/compatibility/subjects/s/versions?verbose=true",
            schema(&order()),
            DIFFERS,
        ),
        post(
            "a check against the latest of no subject",
            "/compatibility/subjects/s/versions/latest",
            schema(&order()),
            "200 {is_compatible: true}",
        ),
        get("no id", "/schemas/ids/4711", "404 40403"),
        get("an id of 32 bits", "/schemas/ids/2147483648", DIFFERS),
        get("no GUID", "/schemas/guids/00000000-0000-4000-8000-000000000000", DIFFERS),
        get("no path", "/nothing", DIFFERS),
        get("associations", "/associations/resources/r", DIFFERS),
        delete("a subject that is none", "/subjects/s", "404 40401"),
        get("the default level", "/config", "200 {compatibilityLevel: BACKWARD}"),
        get("the level of a subject without one", "/config/s", DIFFERS),
        get("its level or the default", "/config/s?defaultToGlobal=true", DIFFERS),
        get("the default mode", "/mode", "200 {mode: READWRITE}"),
        get("the mode of a subject without one", "/mode/s", DIFFERS),
        get("its mode or the default", "/mode/s?defaultToGlobal=true", "200 {mode: READWRITE}"),
        post("a registration", "/subjects/s/versions?normalize=true", schema(&order()), DIFFERS),
        post("the same again", "/subjects/s/versions?normalize=true", schema(&order()), DIFFERS),
        post("the same in another form", "/subjects/s/versions?normalize=true", reordered(), DIFFERS),
        post("another subject", "/subjects/t/versions", schema(r#""long""#), DIFFERS),
        get("the level of a subject that is there, without one", "/config/t", DIFFERS),
        get(
            "its level or the default, where it is there",
            "/config/t?defaultToGlobal=true",
            "200 {compatibilityLevel: BACKWARD}",
        ),
        post(
            "a registration that is no Avro",
            "/subjects/s/versions",
            schema("{\"type\":\"recor\"}"),
            "422 42201",
        ),
        post("a registration that is no JSON", "/subjects/s/versions", schema("{"), "422 42201"),
        post("a registration without a schema", "/subjects/s/versions", json!({}), DIFFERS),
        post("a registration that is incompatible", "/subjects/s/versions", schema(&broken()), "409 409"),
        post(
            "a registration of another type",
            "/subjects/s/versions",
            json!({"schemaType": "NONE", "schema": order()}),
            DIFFERS,
        ),
        post("a second version", "/subjects/s/versions", schema(&grown()), DIFFERS),
        post(
            "a look-up",
            "/subjects/s",
            schema(&order()),
            "200 {id: 1, schema: text, subject: s, version: 1}",
        ),
        post(
            "a look-up in another form",
            "/subjects/s?normalize=true",
            reordered(),
            "200 {id: 1, schema: text, subject: s, version: 1}",
        ),
        post("a look-up of what is not there", "/subjects/s", schema(&broken()), "404 40403"),
        get("subjects", "/subjects", "200 [s, t]"),
        get("a page of subjects", "/subjects?offset=1&limit=1", "200 [t]"),
        get("subjects with a prefix", "/subjects?subjectPrefix=t", DIFFERS),
        get("versions", "/subjects/s/versions", "200 [1, 2]"),
        get("a version", "/subjects/s/versions/1", "200 {id: 1, schema: text, subject: s, version: 1}"),
        get(
            "the latest version",
            "/subjects/s/versions/latest",
            "200 {id: 3, schema: text, subject: s, version: 2}",
        ),
        get(
            "the schema of a version",
            "/subjects/s/versions/1/schema",
            "200 {fields: [{name: id, type: string}], name: Order, namespace: shop, type: record}",
        ),
        get("no version", "/subjects/s/versions/9", "404 40402"),
        get("version 0", "/subjects/s/versions/0", DIFFERS),
        get("a version that is no number", "/subjects/s/versions/x", DIFFERS),
        get("an id", "/schemas/ids/1", "200 {schema: text}"),
        get("an id of a subject", "/schemas/ids/1?subject=s", DIFFERS),
        get(
            "the schema of an id",
            "/schemas/ids/1/schema",
            "200 {fields: [{name: id, type: string}], name: Order, namespace: shop, type: record}",
        ),
        get("the subjects of an id", "/schemas/ids/1/subjects", "200 [s]"),
        get("the versions of an id", "/schemas/ids/1/versions", "200 [{subject: s, version: 1}]"),
        get("types of schemas", "/schemas/types", DIFFERS),
        post("a check", "/compatibility/subjects/s/versions?verbose=true", schema(&grown()), DIFFERS),
        post(
            "a check that fails",
            "/compatibility/subjects/s/versions?verbose=true",
            schema(&broken()),
            DIFFERS,
        ),
        post(
            "a check that fails against the latest",
            "/compatibility/subjects/s/versions/latest",
            schema(&broken()),
            "200 {is_compatible: false}",
        ),
        post("a check of no Avro", "/compatibility/subjects/s/versions", schema("{"), "422 42201"),
        post(
            "a check against no version",
            "/compatibility/subjects/s/versions/9",
            schema(&order()),
            "404 40402",
        ),
        put("a level", "/config/s", level("FULL"), DIFFERS),
        get("a subject's level", "/config/s", "200 {compatibilityLevel: FULL}"),
        put("a level that is none", "/config/s", level("SOME"), "422 42203"),
        delete("a subject's level, deleted", "/config/s", "200 {compatibilityLevel: FULL}"),
        put("a new default level", "/config", level("NONE"), DIFFERS),
        get("the new default level", "/config", "200 {compatibilityLevel: NONE}"),
        put("the default level again", "/config", level("BACKWARD"), DIFFERS),
        post("a registration with references", "/subjects/cart/versions", refers.clone(), DIFFERS),
        post(
            "a registration with references to nothing",
            "/subjects/cart/versions",
            refers_to_none,
            "422 42201",
        ),
        get(
            "a version with references",
            "/subjects/cart/versions/1",
            "200 {id: 4, references: [{name: shop.Order, subject: s, version: 1}], schema: text, subject: cart, version: 1}",
        ),
        get("who refers to a version", "/subjects/s/versions/1/referencedby", "200 [4]"),
        post("a check with references", "/compatibility/subjects/cart/versions", refers, DIFFERS),
        put("a mode", "/mode/t", json!({ "mode": "READONLY" }), "200 {mode: READONLY}"),
        get("a subject's mode", "/mode/t", "200 {mode: READONLY}"),
        post(
            "a registration in a subject that is read only",
            "/subjects/t/versions",
            schema(r#""double""#),
            DIFFERS,
        ),
        put("a mode that is none", "/mode/t", json!({ "mode": "SOME" }), DIFFERS),
        delete("a version that is referred to", "/subjects/s/versions/1", "422 42206"),
        delete("a subject for good, which was not deleted before", "/subjects/cart?permanent=true", DIFFERS),
        delete("a subject", "/subjects/cart", "200 [1]"),
        delete("a subject again", "/subjects/cart", "404 40404"),
        get("versions of a deleted subject", "/subjects/cart/versions", "404 40401"),
        get("versions of a deleted subject, all", "/subjects/cart/versions?deleted=true", "200 [1]"),
        get("subjects, with deleted ones", "/subjects?deleted=true", "200 [cart, s, t]"),
        delete("a deleted subject for good", "/subjects/cart?permanent=true", "200 [1]"),
        get("versions of a subject that is gone", "/subjects/cart/versions?deleted=true", "404 40401"),
        delete("a version, deleted", "/subjects/s/versions/2", "200 2"),
        get("versions without a deleted one", "/subjects/s/versions", "200 [1]"),
        get("a deleted version", "/subjects/s/versions/2", "404 40402"),
        post("a deleted version, registered again", "/subjects/s/versions", schema(&grown()), DIFFERS),
        get("versions with one registered again", "/subjects/s/versions", "200 [1, 3]"),
        post(
            "the same in another form elsewhere",
            "/subjects/u/versions?normalize=true",
            reordered(),
            DIFFERS,
        ),
    ]
}

async fn each_request_is_answered_as_it_should_be(registry: &mut Registry) {
    let mut wrong = Vec::new();
    for Request { what, method, path, body, answer } in script() {
        let expected = if answer == DIFFERS { differences::of(registry, what) } else { answer };
        let seen = in_words(&registry.ask(method, path, body.as_ref()).await);
        if seen != expected {
            wrong.push(format!("{what}: {seen:?}, and not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} answers:\n{}", registry.name(), wrong.join("\n"));
}

/// The status with the registry's code, or with the shape of what it answers.
fn in_words(answer: &Answer) -> String {
    match answer.error_code() {
        Some(code) => format!("{} {code}", answer.status),
        None => format!("{} {}", answer.status, shape(&answer.body)),
    }
}

/// The whole, but for long texts, and for the GUIDs that some registries add.
fn shape(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.len() < 20 => text.clone(),
        Value::String(_) => "text".to_owned(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(shape).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(entries) => {
            let mut entries: Vec<String> = entries
                .iter()
                .filter(|(key, _)| *key != "guid")
                .map(|(key, value)| format!("{key}: {}", shape(value)))
                .collect();
            entries.sort();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

#[test]
fn each_difference_is_one_of_a_request() {
    let requests: Vec<_> = script().into_iter().filter(|it| it.answer == DIFFERS).map(|it| it.what).collect();
    let listed: Vec<_> = differences::OF_REQUESTS.iter().map(|(what, ..)| *what).collect();
    assert_eq!(listed, requests, "in the order of the requests");
}
