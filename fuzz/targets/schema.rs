//! The text of a schema.
#![no_main]

use cq_events_schema::resolution::{StreamBranch, StreamResolution};
use cq_events_schema::{Kind, Schemas, incompatibilities, normalise};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let schemas = match Schemas::parse_text("schema", text) {
        Ok(schemas) => schemas,
        Err(mistakes) => return assert!(!mistakes.to_string().is_empty()),
    };
    let normal = normalise(text).expect("it was parsed before");
    assert_eq!(normalise(&normal).as_deref().ok(), Some(normal.as_str()), "the normal form has another");
    assert_eq!(incompatibilities(&schemas, &schemas), [], "it does not read itself");
    for branch in StreamResolution::new(&schemas, &schemas).branches {
        assert!(matches!(branch, StreamBranch::Identical { .. } | StreamBranch::Unknown { .. }));
    }
    for root in schemas.roots() {
        schemas.locate(root, text.as_bytes(), text.len());
        assert!(!matches!(&root.kind, Kind::Named(name) if schemas.get(name).is_none()));
    }
});
