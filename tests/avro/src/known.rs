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
