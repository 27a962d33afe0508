//! What each path and method answers: requests in, answers out, without the network.

use serde_json::{Value, json};
use uuid::Uuid;

use super::refusal::Refusal;
use super::request::{Request, subject_name, wanted};
use super::schema::{Candidate, Reference};
use super::state::{Found, Id, Number, State, Stored};

/// What a client is answered: a status and JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let body = json!({ "error_code": refusal.code, "message": refusal.message });
        Self { status: refusal.status(), body: body.to_string() }
    }
}

/// The answer to a request.
pub(super) fn answer(state: &mut State, request: &Request) -> Answer {
    match body(state, request) {
        Ok(body) => Answer { status: 200, body },
        Err(refusal) => refusal.into(),
    }
}

fn body(state: &mut State, request: &Request) -> Result<String, Refusal> {
    let path = request.path();
    let json = match path.as_slice() {
        // The text of a schema is JSON itself.
        ["schemas", "ids", id, "schema"] => {
            get(request)?;
            return Ok(text(state.schema(number(id)?)?, request));
        }
        ["subjects", subject, "versions", version, "schema"] => {
            get(request)?;
            let found = version_of(state, subject, version, request.has("deleted"))?;
            return Ok(text(state.schema(found.id)?, request));
        }
        ["subjects", ..] => subjects(state, request, &path),
        ["schemas", ..] => schemas(state, request, &path),
        ["compatibility", "subjects", subject, "versions", version @ ..] => {
            compatibility(state, request, subject, version)
        }
        ["config"] => config(state, request, None),
        ["config", subject] => config(state, request, Some(&subject_name(subject)?)),
        ["mode"] => mode(state, request, None),
        ["mode", subject] => mode(state, request, Some(&subject_name(subject)?)),
        [""] => get(request).map(|()| json!({})),
        ["contexts"] => get(request).map(|()| json!(["."])),
        ["v1", "metadata", "id"] => get(request).map(|()| {
            let clusters = json!({ "kafka-cluster": "in-memory", "schema-registry-cluster": "cq-events" });
            json!({ "scope": { "path": [], "clusters": clusters }, "id": "" })
        }),
        ["v1", "metadata", "version"] => {
            get(request).map(|()| json!({ "version": env!("CARGO_PKG_VERSION"), "commitId": "cq-events" }))
        }
        // Among them /associations: newer clients ask there first, and take 404 for "there are none".
        _ => Err(Refusal::no_such_path()),
    };
    json.map(|json| json.to_string())
}

fn subjects(state: &mut State, request: &Request, path: &[&str]) -> Result<Value, Refusal> {
    let deleted = request.has("deleted");
    let permanent = request.has("permanent");
    match (request.method.as_str(), path) {
        ("GET", ["subjects"]) => {
            let wanted = state.subjects(deleted).filter(|subject| subject.starts_with(prefix(request)));
            Ok(json!(request.page(wanted)))
        }
        ("POST", ["subjects", subject]) => look_up(state, request, &subject_name(subject)?),
        ("DELETE", ["subjects", subject]) => {
            state.delete_subject(&subject_name(subject)?, permanent).map(|versions| json!(versions))
        }
        ("GET", ["subjects", subject, "versions"]) => {
            let subject = subject_name(subject)?;
            state.check_subject(&subject, deleted)?;
            Ok(json!(request.page(state.versions(&subject, deleted).map(|it| it.version))))
        }
        ("POST", ["subjects", subject, "versions"]) => {
            let subject = subject_name(subject)?;
            let found = state.register(&subject, &request.submission()?)?;
            described(state, None, found, request)
        }
        ("GET", ["subjects", subject, "versions", version]) => {
            let found = version_of(state, subject, version, deleted)?;
            described(state, Some(&subject_name(subject)?), found, request)
        }
        ("DELETE", ["subjects", subject, "versions", version]) => {
            let subject = subject_name(subject)?;
            state.delete_version(&subject, wanted(version)?, permanent).map(|version| json!(version))
        }
        ("GET", ["subjects", subject, "versions", version, "referencedby"]) => {
            let subject = subject_name(subject)?;
            let found = state.version(&subject, wanted(version)?, true)?;
            let referring = state.referring(&subject, found.version);
            let stands = |id: &Id| state.places(*id, deleted).next().is_some();
            Ok(json!(request.page(referring.filter(stands))))
        }
        (
            _,
            ["subjects"] | ["subjects", _] | ["subjects", _, "versions"] | ["subjects", _, "versions", _],
        )
        | (_, ["subjects", _, "versions", _, "referencedby"]) => Err(Refusal::no_such_method()),
        _ => Err(Refusal::no_such_path()),
    }
}

fn schemas(state: &State, request: &Request, path: &[&str]) -> Result<Value, Refusal> {
    let deleted = request.has("deleted");
    match path {
        ["schemas"] => {
            get(request)?;
            all(state, request)
        }
        ["schemas", "types"] => get(request).map(|()| json!(["AVRO"])),
        ["schemas", "ids", id] => {
            get(request)?;
            let id = number(id)?;
            let mut body = schema(state.schema(id)?, request);
            if let Some((subject, version)) = request.query("subject").and_then(|it| place(state, id, it)) {
                insert(&mut body, "subject", json!(subject));
                insert(&mut body, "version", json!(version));
            }
            Ok(body)
        }
        ["schemas", "ids", id, "subjects"] => {
            get(request)?;
            let id = number(id)?;
            state.schema(id)?;
            let mut subjects: Vec<&str> = state.places(id, deleted).map(|(subject, _)| subject).collect();
            subjects.dedup();
            Ok(json!(request.page(subjects.into_iter())))
        }
        ["schemas", "ids", id, "versions"] => {
            get(request)?;
            let id = number(id)?;
            state.schema(id)?;
            let places = state.places(id, deleted);
            let places = places.map(|(subject, version)| json!({ "subject": subject, "version": version }));
            Ok(json!(request.page(places)))
        }
        ["schemas", "guids", guid] => {
            get(request)?;
            Ok(schema(state.schema(id_of_guid(state, guid)?)?, request))
        }
        ["schemas", "guids", guid, "ids"] => {
            get(request)?;
            let ids = id_of_guid(state, guid).into_iter();
            Ok(ids.map(|id| json!({ "context": ".", "id": id })).collect())
        }
        _ => Err(Refusal::no_such_path()),
    }
}

/// All versions of all subjects, or the latest of each.
fn all(state: &State, request: &Request) -> Result<Value, Refusal> {
    let deleted = request.has("deleted");
    let skipped = |versions: usize| if request.has("latestOnly") { versions.saturating_sub(1) } else { 0 };
    let subjects = state.subjects(deleted).filter(|subject| subject.starts_with(prefix(request)));
    let versions = subjects.flat_map(|subject| {
        let versions: Vec<Found> = state.versions(subject, deleted).collect();
        let skipped = skipped(versions.len());
        versions.into_iter().skip(skipped).map(move |found| (subject, found))
    });
    let page = request.page(versions).into_iter();
    page.map(|(subject, found)| described(state, Some(subject), found, request)).collect()
}

/// What the subjects begin with that are asked for, in all contexts or the default one.
fn prefix(request: &Request) -> &str {
    let prefix = request.query("subjectPrefix").unwrap_or_default();
    prefix.strip_prefix(":*:").or(prefix.strip_prefix(":.:")).unwrap_or(prefix)
}

fn look_up(state: &State, request: &Request, subject: &str) -> Result<Value, Refusal> {
    let deleted = request.has("deleted");
    let candidate = Candidate::new(state, &request.submission()?)?;
    state.check_subject(subject, deleted)?;
    let found = state.find(subject, &candidate, deleted).ok_or_else(Refusal::no_schema)?;
    described(state, Some(subject), found, request)
}

fn compatibility(
    state: &State,
    request: &Request,
    subject: &str,
    version: &[&str],
) -> Result<Value, Refusal> {
    let version = match version {
        [] => None,
        [version] => Some(wanted(version)?),
        _ => return Err(Refusal::no_such_path()),
    };
    if request.method != "POST" {
        return Err(Refusal::no_such_method());
    }
    let verbose = request.has("verbose");
    let messages = match Candidate::new(state, &request.submission()?) {
        Ok(candidate) => state.against(&subject_name(subject)?, &candidate.schemas, version)?,
        // Confluent's answer is a refusal only where no messages are asked for.
        Err(refusal) if verbose => vec![refusal.message],
        Err(refusal) => return Err(refusal),
    };
    let mut body = json!({ "is_compatible": messages.is_empty() });
    if verbose {
        insert(&mut body, "messages", json!(messages));
    }
    Ok(body)
}

/// The level has one name where it is set, and another where it is read.
fn config(state: &mut State, request: &Request, subject: Option<&str>) -> Result<Value, Refusal> {
    let level = match request.method.as_str() {
        "GET" => match subject {
            None => state.levels.global(),
            Some(subject) if request.has("defaultToGlobal") => state.levels.of(subject),
            Some(subject) => state.levels.own(subject).ok_or_else(|| Refusal::no_level(subject))?,
        },
        "PUT" => {
            state.check_writable(subject)?;
            let level = request.level()?;
            state.levels.set(subject, level);
            return Ok(json!({ "compatibility": level.name() }));
        }
        "DELETE" => {
            state.check_writable(subject)?;
            let old = state.levels.unset(subject);
            old.ok_or_else(|| Refusal::no_subject(subject.unwrap_or_default()))?
        }
        _ => return Err(Refusal::no_such_method()),
    };
    Ok(json!({ "compatibilityLevel": level.name() }))
}

fn mode(state: &mut State, request: &Request, subject: Option<&str>) -> Result<Value, Refusal> {
    let mode = match request.method.as_str() {
        "GET" => match subject {
            None => state.modes().global(),
            Some(subject) if request.has("defaultToGlobal") => state.mode(subject),
            Some(subject) => state.modes().own(subject).ok_or_else(|| Refusal::no_mode(subject))?,
        },
        "PUT" => {
            let mode = request.mode()?;
            state.set_mode(subject, mode, request.has("force"))?;
            mode
        }
        "DELETE" => {
            let old = state.unset_mode(subject);
            old.ok_or_else(|| Refusal::no_subject(subject.unwrap_or_default()))?
        }
        _ => return Err(Refusal::no_such_method()),
    };
    Ok(json!({ "mode": mode.name() }))
}

/// A schema by itself.
fn schema(stored: &Stored, request: &Request) -> Value {
    let mut body = json!({ "guid": stored.guid.to_string(), "schema": text(stored, request) });
    insert_references(&mut body, &stored.references);
    body
}

/// One of the places where a schema stands: in this subject, or else in any.
fn place<'a>(state: &'a State, id: Id, subject: &str) -> Option<(&'a str, Number)> {
    let places = || state.places(id, true);
    places().filter(|(place, _)| *place == subject).last().or_else(|| places().next())
}

/// A version with its schema. The type is left out, since it is Avro.
fn described(
    state: &State,
    subject: Option<&str>,
    found: Found,
    request: &Request,
) -> Result<Value, Refusal> {
    let stored = state.schema(found.id)?;
    let mut body = json!({
        "version": found.version, "id": found.id, "guid": stored.guid.to_string(), "schema": text(stored, request),
    });
    if let Some(subject) = subject {
        insert(&mut body, "subject", json!(subject));
    }
    insert_references(&mut body, &stored.references);
    Ok(body)
}

fn insert_references(body: &mut Value, references: &[Reference]) {
    if references.is_empty() {
        return;
    }
    let json = |it: &Reference| json!({ "name": it.name, "subject": it.subject, "version": it.version });
    insert(body, "references", references.iter().map(json).collect());
}

fn insert(body: &mut Value, key: &str, value: Value) {
    if let Value::Object(members) = body {
        members.insert(key.to_owned(), value);
    }
}

/// The text as it was first registered, or with its references inlined.
fn text(stored: &Stored, request: &Request) -> String {
    match request.query("format") {
        Some("resolved") => stored.assembled.to_string(),
        _ => stored.text.to_string(),
    }
}

fn version_of(state: &State, subject: &str, version: &str, deleted: bool) -> Result<Found, Refusal> {
    let version = wanted(version)?;
    state.version(&subject_name(subject)?, version, deleted)
}

/// Where only reading is possible.
fn get(request: &Request) -> Result<(), Refusal> {
    if request.method == "GET" { Ok(()) } else { Err(Refusal::no_such_method()) }
}

/// An id in a path. To Confluent's registry it is a signed number of 32 bits, and a path with anything else is none.
fn number(id: &str) -> Result<Id, Refusal> {
    let number: i32 = id.parse().map_err(|_| Refusal::no_such_path())?;
    Id::try_from(number).map_err(|_| Refusal::no_schema_of(number))
}

fn id_of_guid(state: &State, guid: &str) -> Result<Id, Refusal> {
    let parsed = Uuid::parse_str(guid).map_err(|_| Refusal::no_schema_of(guid))?;
    state.by_guid(parsed).map(|(id, _)| id)
}
