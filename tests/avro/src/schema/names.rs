//! Names, the odd ones above all.

/// Plain names of fields.
pub(super) const PLAIN: [&str; 12] = [
    "id",
    "count",
    "name",
    "chipId",
    "batch_id",
    "amount2",
    "createdAt",
    "VALUE",
    "x",
    "unit_price",
    "HTTPCode",
    "y1",
];

pub(super) const KEYWORDS: [&str; 16] = [
    "type", "match", "async", "fn", "dyn", "where", "gen", "try", "yield", "box", "union", "static", "loop",
    "abstract", "final", "macro",
];

pub(super) const NOT_RAW: [&str; 4] = ["self", "Self", "super", "crate"];

/// Fields which collide when they are converted, and often with one another's numbers.
pub(super) const COLLISIONS: [&[&str]; 6] = [
    &["fooBar", "foo_bar"],
    &["foo_bar", "fooBar", "FooBar", "foo_bar_2"],
    &["FOO", "foo", "Foo"],
    &["TYPE", "type"],
    &["self", "Self", "SELF", "self_"],
    &["a1", "A1", "a_1"],
];

pub(super) const UNDERSCORES: [&str; 7] = ["_id", "__id", "_", "__", "_1", "_type", "_Id"];

/// Fields with the names of what generated code may use.
pub(super) const INNER: [&str; 18] = [
    "builder",
    "build",
    "encode",
    "decode",
    "input",
    "out",
    "value",
    "key",
    "fullname",
    "event_id",
    "new",
    "default",
    "lifetime_",
    "lifetime",
    "self_",
    "clone",
    "to_owned",
    "event",
];

pub(super) const SHADOWS: [&str; 24] = [
    "Option",
    "Result",
    "String",
    "Vec",
    "Box",
    "Some",
    "None",
    "Ok",
    "Err",
    "Default",
    "Clone",
    "Debug",
    "From",
    "Into",
    "Iterator",
    "Cow",
    "BTreeMap",
    "Encode",
    "Decode",
    "Event",
    "Decimal",
    "Uuid",
    "Timestamp",
    "Sized",
];

/// Plain names of types.
pub(super) const TYPES: [&str; 10] =
    ["Place", "Colour", "HTTPStatus", "money_amount", "Digest", "Node", "Sensor2", "LOT", "_Hidden", "Unit"];

pub(super) const SYMBOLS: [&str; 10] =
    ["RED", "DarkBlue", "dark_green", "A", "B2", "UNKNOWN", "x", "HTTP_ERROR", "Yes", "NO"];

pub(super) const ODD_SYMBOLS: [&str; 12] =
    ["Self", "self", "_", "_1", "__", "type", "None", "Some", "crate", "Ok", "super", "_x"];

pub(super) const SYMBOL_COLLISIONS: [&[&str]; 4] =
    [&["FOO_BAR", "FooBar"], &["ok", "OK", "Ok", "Ok2", "Ok_2"], &["A_1", "A1"], &["self", "Self"]];

/// Types with the names of keywords, or of what may be generated beside others.
pub(super) const ODD_TYPES: [&str; 22] = [
    "Self",
    "self",
    "crate",
    "type",
    "_",
    "_1",
    "__",
    "core",
    "std",
    "gen",
    "i32",
    "str",
    "cq_events",
    "PlaceRef",
    "PlaceBuilder",
    "CreatedARef",
    "CreatedABuilder",
    "CreatedA_fields",
    "CreatedAId",
    "PlaceCount",
    "EventStream",
    "LotSplitAName",
];
