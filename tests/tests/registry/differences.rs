//! What Apicurio Registry 3.3.3 does otherwise than ours, which does as Confluent's registry.

use cq_events_tests::registries::Registry;

/// What, how Apicurio does it, and how ours does.
type Difference = (&'static str, &'static str, &'static str);

/// What the client's tests see.
const OF_THE_CLIENT: &[Difference] = &[
    ("a schema with other documentation", "version 1, id as before", "version 2, id of its own"),
    ("a version's GUID", "none", "one"),
    ("why a check fails", "not said", "said"),
    ("micros after millis", "compatible", "incompatible"),
];

/// What the requests of [`crate::requests`] are answered.
pub(crate) const OF_REQUESTS: &[Difference] = &[
    ("a check against no subject", "404 40401", "200 {is_compatible: true, messages: []}"),
    ("an id of 32 bits", "404 40403", "404 404"),
    ("no GUID", "404 nothing", "404 40403"),
    ("no path", "404 nothing", "404 404"),
    ("associations", "404 nothing", "404 404"),
    ("the level of a subject without one", "404 40401", "404 40408"),
    ("its level or the default", "404 40401", "200 {compatibilityLevel: BACKWARD}"),
    ("the mode of a subject without one", "200 {mode: READWRITE}", "404 40409"),
    ("a registration", "200 {id: 1}", "200 {id: 1, schema: text, version: 1}"),
    ("the same again", "200 {id: 1}", "200 {id: 1, schema: text, version: 1}"),
    ("the same in another form", "200 {id: 1}", "200 {id: 1, schema: text, version: 1}"),
    ("another subject", "200 {id: 2}", "200 {id: 2, schema: \"long\", version: 1}"),
    ("the level of a subject that is there, without one", "200 {compatibilityLevel: BACKWARD}", "404 40408"),
    ("a registration without a schema", "500 0", "422 42201"),
    ("a registration of another type", "500 0", "422 42201"),
    ("a second version", "200 {id: 3}", "200 {id: 3, schema: text, version: 2}"),
    ("subjects with a prefix", "200 [s, t]", "200 [t]"),
    ("version 0", "404 40402", "422 42202"),
    ("a version that is no number", "404 40402", "422 42202"),
    ("an id of a subject", "200 {schema: text}", "200 {schema: text, subject: s, version: 1}"),
    ("types of schemas", "200 [JSON, PROTOBUF, AVRO]", "200 [AVRO]"),
    ("a check", "200 {is_compatible: true}", "200 {is_compatible: true, messages: []}"),
    (
        "a check that fails",
        "200 {is_compatible: false}",
        "200 {is_compatible: false, messages: [text, text, text]}",
    ),
    ("a level", "200 {compatibility: FULL, normalize: false}", "200 {compatibility: FULL}"),
    ("a new default level", "200 {compatibility: NONE, normalize: false}", "200 {compatibility: NONE}"),
    (
        "the default level again",
        "200 {compatibility: BACKWARD, normalize: false}",
        "200 {compatibility: BACKWARD}",
    ),
    (
        "a registration with references",
        "200 {id: 4}",
        "200 {id: 4, references: [{name: shop.Order, subject: s, version: 1}], schema: text, version: 1}",
    ),
    ("a check with references", "422 42201", "200 {is_compatible: true}"),
    ("a registration in a subject that is read only", "200 {id: 5}", "422 42205"),
    ("a mode that is none", "422 42201", "422 42204"),
    ("a subject for good, which was not deleted before", "409 40405", "404 40405"),
    ("a deleted version, registered again", "200 {id: 3}", "200 {id: 3, schema: text, version: 3}"),
    ("the same in another form elsewhere", "200 {id: 7}", "200 {id: 1, schema: text, version: 1}"),
];

/// How this registry does it.
pub(crate) fn of(registry: &Registry, what: &str) -> &'static str {
    let row = OF_THE_CLIENT.iter().chain(OF_REQUESTS).find(|(name, ..)| *name == what);
    let (_, apicurio, ours) = row.unwrap_or_else(|| panic!("no difference is called {what:?}"));
    assert_ne!(apicurio, ours, "{what}: they do the same");
    match registry {
        Registry::Apicurio(_) => apicurio,
        Registry::Ours(_) => ours,
    }
}

/// Checks that this registry does it as the table says.
pub(crate) fn check(registry: &Registry, what: &str, seen: &str) {
    assert_eq!(seen, of(registry, what), "{what}: {}", registry.name());
}
