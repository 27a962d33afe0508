//! Where an oracle is known to be wrong, or to stop short of what Avro says, and why.

/// A known disagreement of an oracle in a committed case.
pub struct Known {
    /// The stream of the case.
    pub case: &'static str,
    /// The oracle.
    pub oracle: &'static str,
    /// Why it is the oracle that is wrong, or why we go another way.
    pub reason: &'static str,
}

const fn known(case: &'static str, oracle: &'static str, reason: &'static str) -> Known {
    Known { case, oracle, reason }
}

const APACHE: &str = "apache-avro";
const AVRO: &str = "avro";
const FASTAVRO: &str = "fastavro";

const YEARS: &str = "python's calendar has the years 1 to 9999 only";
const TIMES: &str = "reads times that no calendar has, as plain numbers";
const BOOLEAN: &str = "reads any byte as a boolean";
const WIDE_INT: &str = "does not tell int from long";
const BLOCK_SIZE: &str = "uses a block's size for nothing but skipping, so a wrong one goes unnoticed";
const DIGITS: &str = "does not hold a decimal to its precision on reading";
/// Of defaults.
pub const FIRST_BRANCH: &str =
    "fills defaults by the rule before Avro 1.12: of the union's first branch only";
/// Of defaults.
pub const LATIN1: &str =
    "fills a default of bytes with the UTF-8 of its text, where Avro says a byte for a character";
const WHOLE_FLOAT: &str = "takes no whole number as the default of a float or double";
const NO_BYTES: &str =
    "takes no bytes at all for no decimal, where Java's BigInteger refuses them as well: we read 0";
const LEAST: &str = "writes -2^(8n-1) with one byte more than needed";
const ANY_UUID: &str = "leaves a uuid the text that it is";

/// All that are known.
pub const KNOWN: &[Known] = &[
    known("boolean_of_another_byte", AVRO, BOOLEAN),
    known("boolean_of_another_byte", FASTAVRO, BOOLEAN),
    known("date", AVRO, YEARS),
    known("date", FASTAVRO, YEARS),
    known("decimal_bytes", APACHE, DIGITS),
    known("decimal_bytes", AVRO, DIGITS),
    known("decimal_bytes", FASTAVRO, DIGITS),
    known("decimal_bytes", APACHE, NO_BYTES),
    known("decimal_bytes", AVRO, NO_BYTES),
    known("decimal_bytes", AVRO, LEAST),
    known("decimal_bytes", FASTAVRO, LEAST),
    known("default_double", AVRO, WHOLE_FLOAT),
    known("default_escaped", APACHE, LATIN1),
    known("default_escaped", AVRO, LATIN1),
    known("default_float", AVRO, WHOLE_FLOAT),
    known("default_logical", APACHE, "refuses a default of fixed where it has a logical type"),
    known(
        "default_of_enum_type",
        AVRO,
        "reads an index beyond the writer's own symbols as the default, which is for symbols of other schemas",
    ),
    known("default_of_other_branch", APACHE, FIRST_BRANCH),
    known("default_of_other_branch", AVRO, FIRST_BRANCH),
    known("int_extreme", AVRO, WIDE_INT),
    known("int_extreme", FASTAVRO, WIDE_INT),
    known("local_timestamp_micros", AVRO, TIMES),
    known("local_timestamp_micros", FASTAVRO, YEARS),
    known("local_timestamp_millis", AVRO, TIMES),
    known("local_timestamp_millis", FASTAVRO, YEARS),
    known("long_extreme", APACHE, "drops the bits of a tenth byte that do not fit"),
    known("several_blocks", APACHE, BLOCK_SIZE),
    known("several_blocks", AVRO, BLOCK_SIZE),
    known("several_blocks", FASTAVRO, BLOCK_SIZE),
    known("time_micros", FASTAVRO, "reads a negative time of day as one after midnight"),
    known("time_millis", FASTAVRO, "reads a negative time of day as one after midnight"),
    known("timestamp_micros", AVRO, YEARS),
    known("timestamp_micros", FASTAVRO, YEARS),
    known("timestamp_millis", AVRO, YEARS),
    known("timestamp_millis", FASTAVRO, YEARS),
    known("uuid_string", AVRO, ANY_UUID),
];

/// Where an oracle departs from Avro's schema resolution.
pub struct Departure {
    /// The oracle.
    pub oracle: &'static str,
    /// What it is repaired for: `oracle/repairs.py` and `oracle/second_voice.py` say what is right.
    pub repair: &'static str,
    /// A case of evolution that shows it.
    pub case: &'static str,
    /// What it does.
    pub reason: &'static str,
}

const fn departs(
    oracle: &'static str,
    repair: &'static str,
    case: &'static str,
    reason: &'static str,
) -> Departure {
    Departure { oracle, repair, case, reason }
}

const FIRST_MATCH: &str = "takes the first branch of the reader's union that may match; Java, and we, look for the same \
                           type first, then for an alias, the short name, and a promotion";
const MEANINGS: &str = "reads one logical type as another, as Avro allows: our rule is stricter";

/// All of those.
pub const DEPARTURES: &[Departure] = &[
    departs(
        AVRO,
        "defaults",
        "default_of_bytes",
        "fills some defaults in other ways, as the cases above say",
    ),
    departs(AVRO, "enum default", "symbol_removed_with_default", "knows no default of the reader's enum"),
    departs(AVRO, "field aliases", "field_alias", "knows no aliases of fields"),
    departs(AVRO, "first branch", "branches_promoted", FIRST_MATCH),
    departs(AVRO, "fullnames", "namespace_changed", "compares fullnames, and knows no aliases"),
    departs(AVRO, "logical types", "logical_changed", MEANINGS),
    departs(AVRO, "outer elements", "items_of_another_type", "promotes no elements of arrays or maps"),
    departs(
        AVRO,
        "promotion",
        "text_and_bytes",
        "leaves a whole number that is read as a float one, and reads no string as bytes",
    ),
    departs(AVRO, "union as one", "out_of_union", "reads no union as anything but a union"),
    departs(
        FASTAVRO,
        "aliases",
        "type_alias_of_no_namespace",
        "takes an alias without a namespace for that name in every namespace",
    ),
    departs(FASTAVRO, "first branch", "branches_of_one_name", FIRST_MATCH),
    departs(
        FASTAVRO,
        "kinds",
        "kind_changed_to_record",
        "takes a record, an enum and a fixed of one name for the same type",
    ),
    departs(FASTAVRO, "logical types", "logical_changed", MEANINGS),
    departs(
        FASTAVRO,
        "reference",
        "definition_in_a_union",
        "fails where, of the writer and a union of the reader's, one defines a type and the other refers to it",
    ),
    departs(
        FASTAVRO,
        "shallow match",
        "items_of_another_type",
        "judges arrays and maps by their elements' outer types before there is an element, so that empty ones are \
         refused; and looks no deeper when it chooses a branch",
    ),
    departs(
        FASTAVRO,
        "shared field",
        "alias_shared",
        "gives a field of the writer's to one field of the reader's only, and fails where two of the writer's have \
         names of one of the reader's",
    ),
    departs(FASTAVRO, "single precision", "widened_and_rounded", "does not round a number to a float"),
];

/// Disagreements of an oracle in a case of evolution that have to do with the data, and not with another schema.
pub const UNMENDED: &[Known] = &[
    known("blocks_of_wrong_sizes", AVRO, BLOCK_SIZE),
    known("blocks_of_wrong_sizes", FASTAVRO, BLOCK_SIZE),
    known("int_of_too_many_bits", AVRO, WIDE_INT),
    known("int_of_too_many_bits", FASTAVRO, WIDE_INT),
    known(
        "symbol_that_is_none",
        AVRO,
        "reads an index beyond the writer's own symbols as the writer's default",
    ),
    known("symbol_that_is_none", FASTAVRO, "counts a negative index from the end"),
];

/// Cases of evolution on which the oracle's checker of compatibility disagrees.
pub const CHECKER: &[Known] =
    &[known("type_alias_without_namespace", AVRO, "does not give an alias the namespace of its type")];
