"""Judges pairs of a reader's and a writer's schema, and what became of data of the writer's, by PyPI's avro and fastavro.

Each line of the input is

    {"reader": SCHEMA, "writer": SCHEMA, "data": [{"writer": HEX, "reader": HEX or null}, ...]}

with the reader's form of each datum, or null where it was refused. Each line of the output is

    {"compatible": BOOL, "data": [[VERDICT, ...], ...]}

"compatible" is what avro's checker of compatibility says. A verdict is null where an oracle reads the writer's bytes, with
both schemas, as the value that it reads from the reader's form with the reader's schema alone; or refuses what was
refused. Else it is what the oracle says, in words. First fastavro's, then avro's.

The schemas have no logical types. What fastavro does of defaults is set right first, since it is not about resolution: a
default is the JSON that it is, so that the text of bytes is no bytes, and a record lacks fields that have defaults.
"""

import io
import json
import math
import re
import struct
import sys
import warnings

import avro.compatibility
import avro.io
import avro.schema
import fastavro


def main():
    warnings.simplefilter("ignore")  # avro warns of each logical type that it does not know
    for line in sys.stdin:
        json.dump(answer(json.loads(line)), sys.stdout)
        sys.stdout.write("\n")
        sys.stdout.flush()


def answer(question):
    # In a record, for the libraries keep what they know of a schema in records. It has the same bytes.
    reader, writer = ({"type": "record", "name": "Root", "fields": [{"name": "root", "type": question[key]}]} for key in ("reader", "writer"))
    libraries = [Fastavro(reader, writer), Avro(reader, writer)]
    return {
        "compatible": libraries[1].compatible(),
        "data": [[verdict(library, datum) for library in libraries] for datum in question["data"]],
    }


def verdict(library, datum):
    try:
        expected = library.resolve(bytes.fromhex(datum["writer"]))
    except Exception as error:  # the libraries raise nearly anything
        # Whether bytes are text is for the one who reads them to find out.
        is_refused = datum["reader"] is None or library.found(datum) is None
        return None if is_refused else f"refuses: {type(error).__name__}: {words(error)}"
    if datum["reader"] is None:
        return f"reads {words(expected)}"
    found = library.found(datum)
    if same(found, expected):
        return None
    kind = "of another type" if same(found, expected, is_loose=True) else "another"
    return f"reads {kind}: {words(expected)}, and not {words(found)}"


def words(value):
    return re.sub(r" object at 0x[0-9a-f]+", "", str(value))[:400]


def same(left, right, is_loose=False):
    """Whether two values are one. Loosely, a number is one of another type, and text is the same bytes."""
    # Of a named type in a union the name is there where the writer, too, had a union.
    if isinstance(left, tuple) != isinstance(right, tuple):
        left, right = (value[1] if isinstance(value, tuple) else value for value in (left, right))
    if is_loose:
        left, right = loose(left), loose(right)
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key], is_loose) for key in left)
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(same(*pair, is_loose) for pair in zip(left, right))
    if isinstance(left, float) and (left != left or left == 0):
        return math.isnan(left) == math.isnan(right) and (left != left or (right == 0 and math.copysign(1, left) == math.copysign(1, right)))
    return left == right


def loose(value):
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        # As a float has it, which is the least precise.
        return struct.unpack("f", struct.pack("f", value))[0] if abs(value) < 3.4e38 else float(value)
    return value.encode() if isinstance(value, str) else value


def found(read):
    """What is read of the reader's form: nothing where that is not to be read."""
    try:
        return read()
    except UnicodeDecodeError:
        return None


class Fastavro:
    def __init__(self, reader, writer):
        self.reader, self.writer = fastavro.parse_schema(reader), fastavro.parse_schema(writer)
        self.plain = fastavro.parse_schema(reader)
        values_of_defaults(self.reader, named_types(self.reader, {}))

    def resolve(self, datum):
        return self.whole(datum, self.writer, self.reader)

    def found(self, datum):
        return found(lambda: self.whole(bytes.fromhex(datum["reader"]), self.plain, None))

    def whole(self, datum, *schemas):
        stream = io.BytesIO(datum)
        value = fastavro.schemaless_reader(stream, *schemas, return_record_name=True)
        if stream.read():
            raise ValueError("bytes are left over")
        return value


def named_types(schema, named):
    if isinstance(schema, list):
        for branch in schema:
            named_types(branch, named)
    elif isinstance(schema, dict):
        if "name" in schema:
            named[schema["name"]] = schema
        for inner in [schema.get("items"), schema.get("values"), schema["type"]]:
            named_types(inner, named)
        for field in schema.get("fields", []):
            named_types(field["type"], named)
    return named


def values_of_defaults(schema, named):
    for record in named.values():
        for field in record.get("fields", []):
            if "default" in field:
                field["json"] = field["default"]
    for record in named.values():
        for field in record.get("fields", []):
            if "default" in field:
                field["default"] = as_value(field["type"], field["json"], named)


def fits(schema, default, named):
    kind = named[schema]["type"] if isinstance(schema, str) and schema in named else schema
    kind = kind["type"] if isinstance(kind, dict) else kind
    number = (int, float)
    types = {"null": type(None), "boolean": bool, "int": int, "long": int, "float": number, "double": number}
    types |= {"array": list, "map": dict, "record": dict}
    return isinstance(default, types.get(kind, str)) and isinstance(default, bool) == (kind == "boolean")


def as_value(schema, default, named):
    if isinstance(schema, list):
        return as_value(next(branch for branch in schema if fits(branch, default, named)), default, named)
    if isinstance(schema, str) and schema in named:
        schema = named[schema]
    kind = schema["type"] if isinstance(schema, dict) else schema
    if kind == "record":
        given = {field["name"]: default.get(field["name"], field.get("json")) for field in schema["fields"]}
        return {field["name"]: as_value(field["type"], given[field["name"]], named) for field in schema["fields"]}
    if kind == "array":
        return [as_value(schema["items"], item, named) for item in default]
    if kind == "map":
        return {key: as_value(schema["values"], item, named) for key, item in default.items()}
    if kind in ("bytes", "fixed"):
        default = default.encode("latin-1")
    if kind in ("float", "double"):
        default = float(default)
    return default


class Avro:
    def __init__(self, reader, writer):
        self.reader, self.writer = (avro.schema.parse(json.dumps(schema)) for schema in (reader, writer))

    def compatible(self):
        checker = avro.compatibility.ReaderWriterCompatibilityChecker()
        result = checker.get_compatibility(self.reader, self.writer)
        return result.compatibility is avro.compatibility.SchemaCompatibilityType.compatible

    def resolve(self, datum):
        return self.whole(datum, self.writer, self.reader)

    def found(self, datum):
        return found(lambda: self.whole(bytes.fromhex(datum["reader"]), self.reader, self.reader))

    def whole(self, datum, writer, reader):
        stream = io.BytesIO(datum)
        value = avro.io.DatumReader(writer, reader).read(avro.io.BinaryDecoder(stream))
        if stream.read():
            raise ValueError("bytes are left over")
        return value


main()
