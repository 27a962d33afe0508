//! Two questions about a schema of ours and one that is registered: whether ours may follow it, and whether what we write can be
//! passed off as written with it.

use cq_events_schema::{Level, Schemas, check_compatibility};

use crate::registry::{RegistryError, SubjectSchema};

/// Whether a schema goes with the earlier versions of its subject that count, by the level that its stream names, if it does:
/// the registry may have another one, or none.
pub(crate) fn check_level(
    wanted: &SubjectSchema<'_>,
    schema: &str,
    earlier: &[(i32, &str)],
) -> Result<(), RegistryError> {
    let Some(level) = wanted.level else { return Ok(()) };
    let parse = |text: &str| {
        Schemas::parse_text(&wanted.subject, text).map_err(|mistakes| RegistryError::Schema {
            origin: wanted.subject.to_string(),
            reason: mistakes.to_string(),
        })
    };
    let ours = parse(schema)?;
    let theirs = earlier.iter().map(|(_, schema)| parse(schema)).collect::<Result<Vec<_>, _>>()?;
    let found = check_compatibility(level, &ours, &theirs.iter().collect::<Vec<_>>());
    let messages = found.iter().flat_map(|found| {
        let version = earlier.get(found.version).map_or(0, |(version, _)| *version);
        found
            .findings
            .iter()
            .map(move |finding| format!("version {version}: {}: {}", finding.path, finding.message))
    });
    let messages: Box<[String]> = messages.collect();
    if messages.is_empty() {
        return Ok(());
    }
    let (registry, subject) = ("this build".to_owned(), (&*wanted.subject).into());
    Err(RegistryError::Incompatible { registry, subject, level: level.name(), messages })
}

/// What keeps events of our schema from being read as those of a registered one: other bytes, or bytes of another meaning.
/// Nothing where the two differ in what changes no byte, such as documentation. Both are assembled schemas (JSON), normalised.
pub(crate) fn why_bytes_differ(ours: &str, registered: &str) -> Vec<String> {
    if registered == ours {
        return Vec::new();
    }
    let parse =
        |name: &str, text: &str| Schemas::parse_text(name, text).map_err(|error| vec![error.to_string()]);
    let (ours, theirs) =
        match (parse("this build's schema", ours), parse("the registered schema", registered)) {
            (Ok(ours), Ok(theirs)) => (ours, theirs),
            (Err(reasons), _) | (_, Err(reasons)) => return reasons,
        };
    let found = check_compatibility(Level::Full, &ours, &[&theirs]);
    let findings = found.iter().flat_map(|incompatibility| &incompatibility.findings);
    let mut reasons: Vec<String> =
        findings.map(|finding| format!("{}: {}", finding.path, finding.message)).collect();
    let canonical = |schemas: &Schemas| schemas.roots().first().map(|root| schemas.canonical(root));
    if reasons.is_empty() && canonical(&ours) != canonical(&theirs) {
        reasons.push("its types, names or order of fields, branches or symbols are not the same".to_owned());
    }
    reasons
}

#[cfg(test)]
mod tests {
    use cq_events_schema::normalise;

    use super::*;

    fn record(fields: &str) -> String {
        normalise(&format!(r#"{{"type":"record","name":"a.B","fields":[{fields}]}}"#)).unwrap()
    }

    #[test]
    fn a_registered_schema_may_differ_in_what_no_byte_shows() {
        let ours = record(r#"{"name":"x","type":"int"}"#);
        for same in [
            r#"{"name":"x","type":"int","doc":"documented","default":7}"#,
            r#"{"name":"x","type":"int","aliases":["y"]}"#,
            r#"{"name":"x","type":{"type":"int","logicalType":"date"}}"#,
        ] {
            assert_eq!(why_bytes_differ(&ours, &record(same)), Vec::<String>::new(), "{same}");
        }
        for other in [
            r#"{"name":"x","type":"long"}"#,
            r#"{"name":"y","type":"int"}"#,
            r#"{"name":"x","type":"int"},{"name":"y","type":"int","default":1}"#,
        ] {
            assert_ne!(why_bytes_differ(&ours, &record(other)), Vec::<String>::new(), "{other}");
        }
        // The same bytes of another meaning.
        let time = |unit: &str| {
            record(&format!(r#"{{"name":"x","type":{{"type":"long","logicalType":"timestamp-{unit}"}}}}"#))
        };
        assert_ne!(why_bytes_differ(&time("millis"), &time("micros")), Vec::<String>::new());
    }
}
